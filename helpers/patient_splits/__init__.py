"""Deal patients, not images, into training, tuning and test sets, and prove it.

A patient with two radiographs must lie wholly on one side of the split: otherwise the
network is examined on people it has already met. `split_patients` deals,
`check_leakage` inspects any split, also one that came with a data set,
`near_duplicates` finds changed copies of an image, and `write_split` keeps the split
in a file with a hash. What a leak is worth is measured by `optimism` (patients),
`hospitals` and `years`, with the quick learner of `similar_films`.
"""

from helpers.patient_splits.comparison import ExamAndTraining, exam_and_training
from helpers.patient_splits.dealing import split_patients
from helpers.patient_splits.image_detail import similarity_of_pairs
from helpers.patient_splits.leakage import check_leakage, exact_duplicates
from helpers.patient_splits.leakage_report import LeakageError, LeakageReport
from helpers.patient_splits.near_duplicates import COPY_SIMILARITY, near_duplicates
from helpers.patient_splits.split_file import (
    SplitFileError,
    read_split,
    split_hash,
    write_split,
)

__all__ = [
    "COPY_SIMILARITY",
    "ExamAndTraining",
    "LeakageError",
    "LeakageReport",
    "SplitFileError",
    "check_leakage",
    "exact_duplicates",
    "exam_and_training",
    "near_duplicates",
    "read_split",
    "similarity_of_pairs",
    "split_hash",
    "split_patients",
    "write_split",
]
