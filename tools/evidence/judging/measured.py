"""One measured AUC with its interval and counts, and the tables that hold them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from helpers import checkpoints, training
from helpers.cohorts import Cohort
from helpers.diagnostic_metrics import area_under_roc
from helpers.files import written_whole
from helpers.intervals import clustered_bootstrap

FEWEST = 8
"""Patients with a finding, and without it, below which an AUC is not worth its name."""
REPLICATES = 500
SETTINGS = training.TrainingSettings()
"""Those of lesson 21; only the films are smaller here."""


def auc_row(
    reference: np.ndarray, score: np.ndarray, patients: np.ndarray, **facts: object
) -> dict:
    """Return an AUC with its 95 % interval (whole patients resampled) and counts.

    Parameters
    ----------
    reference : int array of shape (n,), 0 or 1
    score : float array of shape (n,)
    patients : array of shape (n,)
        Whose image it is.
    **facts
        Further columns, put first.

    Returns
    -------
    dict
        facts, n_images, n_with, n_patients, auc, low, high; the last three are NaN
        where fewer than `FEWEST` patients have the finding, or lack it.

    Examples
    --------
    >>> row = auc_row(np.repeat([0, 1], 9), np.arange(18.0), range(18), finding="x")
    >>> row["finding"], row["n_with"], row["auc"], row["low"]
    ('x', 9, 1.0, 1.0)
    """
    reference, patients = np.asarray(reference), np.asarray(patients)
    present = int(reference.sum())
    row = facts | {
        "n_images": len(reference),
        "n_with": present,
        "n_patients": len(np.unique(patients)),
        "auc": np.nan,
        "low": np.nan,
        "high": np.nan,
    }
    owners = [len(np.unique(patients[reference == value])) for value in (0, 1)]
    if min(owners) < FEWEST:
        return row
    interval = clustered_bootstrap(
        area_under_roc,
        reference,
        score,
        clusters=patients,
        replicates=REPLICATES,
        seed=7,
    )
    row["auc"] = round(float(area_under_roc(reference, score)), 3)
    return row | {"low": round(interval.low, 3), "high": round(interval.high, 3)}


def trained(cohort: Cohort, finding: str):
    """Return the small network for a finding, from the cache or trained now."""
    path = checkpoints.cached_path(cohort, finding, settings=SETTINGS)
    if not path.exists():
        print(f"Training for {finding} on {cohort.name}", flush=True)
        network, _ = training.train_small_network(
            cohort, finding=finding, settings=SETTINGS
        )
        checkpoints.save(network, cohort, finding=finding, settings=SETTINGS)
    return checkpoints.load_network(path)


def merge_into(path: Path, rows: pd.DataFrame, *, keys: list[str]) -> pd.DataFrame:
    """Replace or add rows of a CSV file, whole or not at all; return the whole table.

    Parameters
    ----------
    path : Path
    rows : DataFrame
        What was measured now.
    keys : column names
        Rows equal in these are the same measurement.
    """
    if path.exists():
        old = pd.read_csv(path)
        if list(old.columns) == list(rows.columns):
            rows = pd.concat([old, rows]).drop_duplicates(keys, keep="last")
    rows = rows.sort_values(keys, kind="stable").reset_index(drop=True)
    with written_whole(path) as part:
        rows.to_csv(part, index=False, lineterminator="\n")
    return rows
