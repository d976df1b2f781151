"""Inputs for the functions that lesson 15 teaches and helpers keep."""

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
}
