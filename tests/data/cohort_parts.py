"""Small cohorts and files worked by hand, for the tests of helpers.cohorts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.cohorts import Card, Cohort


def tiny_table() -> pd.DataFrame:
    """Return six images of four patients: P1 and P2 have two visits each."""
    return pd.DataFrame(
        {
            "patient_id": ["P1", "P1", "P2", "P2", "P3", "P4"],
            "study_id": ["P1-1", "P1-2", "P2-1", "P2-2", "P3-1", "P4-1"],
            "site": "A",
            "split": ["train"] * 2 + ["tuning"] * 2 + ["internal test"] * 2,
            "nodule": [0, 1, 1, 0, 1, 0],
            "effusion": [0, 1, 0, 1, 0, 0],
        }
    )


def tiny_cohort(**changes: object) -> Cohort:
    """Return a cohort that keeps the contract; `changes` replace its parts."""
    parts: dict = {
        "name": "tiny",
        "images": np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4),
        "table": tiny_table(),
        "masks": {"nodule": np.zeros((6, 4, 4), bool)},
        "card": Card(
            title="Six squares",
            origin="this test",
            licence="CC0",
            citation="none",
            findings=("nodule", "effusion"),
            n_patients=4,
            pixel_spacing_mm=2.5,
        ),
    }
    return Cohort(**{**parts, **changes})
