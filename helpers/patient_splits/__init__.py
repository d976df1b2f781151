"""Deal patients, not images, into training, tuning and test sets, and prove it.

A patient with two radiographs must lie wholly on one side of the split: otherwise the
network is examined on people it has already met. `split_patients` deals,
`check_leakage` inspects any split, also one that came with a data set.
"""

from helpers.patient_splits.dealing import split_patients
from helpers.patient_splits.leakage import (
    LeakageError,
    LeakageReport,
    check_leakage,
    exact_duplicates,
)

__all__ = [
    "LeakageError",
    "LeakageReport",
    "check_leakage",
    "exact_duplicates",
    "split_patients",
]
