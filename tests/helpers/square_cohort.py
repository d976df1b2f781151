"""A cohort that a network learns in seconds: noise, with a bright square or without."""

import numpy as np
import pandas as pd

from helpers.cohorts import Card, Cohort


def square_cohort(
    n: int = 120, *, rows: int = 28, columns: int = 28, channels: int = 0, seed: int = 0
) -> Cohort:
    """Return n images; half of each split carries a square, ids keep leading zeros."""
    rng = np.random.default_rng(seed)
    shape = (n, rows, columns, channels) if channels else (n, rows, columns)
    images = rng.integers(60, 120, shape).astype("uint8")
    labels = np.arange(n) % 2
    top = rng.integers(4, rows - 12, n)
    for number in np.flatnonzero(labels):
        images[number, top[number] : top[number] + 8, 6:14] += 80
    split = np.array(["train"] * n, dtype=object)
    split[n // 2 : n // 2 + n // 4] = "tuning"
    split[n // 2 + n // 4 :] = "internal test"
    table = pd.DataFrame(
        {
            "patient_id": [f"{number:04d}" for number in range(n)],
            "study_id": [f"{number:04d}-1" for number in range(n)],
            "site": "A",
            "split": split,
            "square": labels,
        }
    )
    card = Card("Squares", "tests", "CC0", "none", ("square",), n_patients=n)
    return Cohort("squares", images, table, None, card)
