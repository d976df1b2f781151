"""Cohorts: images with patients, splits, findings and a card, from three sources.

`load(name)` reads the in-silico chest cohort, a MedMNIST data set or a folder of your
own; `list_cohorts()` shows what there is.
"""

from helpers.cohorts.contract import SPLITS, Card, Cohort, CohortError, DownloadError
from helpers.cohorts.medmnist import load_medmnist
from helpers.cohorts.storage import cache_dir, data_dir
from helpers.cohorts.validation import validate

__all__ = [
    "SPLITS",
    "Card",
    "Cohort",
    "CohortError",
    "DownloadError",
    "cache_dir",
    "data_dir",
    "load",
    "validate",
]


def load(name, *, size=None):
    """Temporary."""
    return load_medmnist(name, size=size)
