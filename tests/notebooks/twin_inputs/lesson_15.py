"""Inputs for the functions that lesson 15 teaches and helpers keep."""

import numpy as np
import pandas as pd

_SHARES = {"train": 0.60, "tuning": 0.15, "internal test": 0.25}
_TWO_FILMS = pd.DataFrame({"patient_id": [f"P{row % 20:03d}" for row in range(33)]})
_NUMBERS = pd.DataFrame({"patient_id": [7, 7, 12, 3, 40]}, index=[9, 8, 7, 6, 5])

TWIN_INPUTS = {
    "helpers.patient_splits.split_patients": [
        ((_TWO_FILMS,), {"fractions": _SHARES, "seed": 1}),
        ((_TWO_FILMS[::-1],), {"fractions": _SHARES, "seed": 2}),
        ((_NUMBERS,), {"fractions": {"a": 0.25, "b": 0.75}, "seed": 3}),
    ],
    "helpers.patient_splits.exam_and_training": [
        ((_TWO_FILMS["patient_id"],), {"seed": 1}),
        ((np.arange(40) % 25,), {"test_fraction": 0.1, "seed": 2}),
    ],
}


def _same_rows(taught, helper):
    """Compare arrays in order; the helper gives them names as well."""
    return all(np.array_equal(*pair) for pair in zip(taught, helper, strict=True))


TWIN_SAME = {"helpers.patient_splits.exam_and_training": _same_rows}
