"""Find patients, and identical images, that lie in more than one split."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from helpers.patient_splits.leakage_report import LeakageReport
from helpers.patient_splits.near_duplicates import near_duplicates


def patient_column(table: pd.DataFrame) -> pd.Series:
    """Return patient identifiers as text, none missing."""
    if "patient_id" not in table.columns:
        raise ValueError(
            "The table has no column patient_id; it has "
            f"{', '.join(map(str, table.columns)) or 'no columns'}. Without it no "
            "split can be shown to be free of leakage: rename the column that names "
            "the patient, or derive it from the file names."
        )
    patients = table["patient_id"]
    if patients.empty:
        raise ValueError(
            "The table has no rows, expected one row per image. The file or the "
            "selection is empty."
        )
    missing = patients.isna() | (patients.astype(str).str.strip() == "")
    if missing.any():
        raise ValueError(
            f"patient_id is missing in {int(missing.sum())} of {len(patients)} rows, "
            f"the first is row {missing.idxmax()}; expected an identifier in each. "
            "Fill them in or leave the images out: two unknown patients may be one."
        )
    return patients.astype(str)


def exact_duplicates(images: np.ndarray) -> list[list[int]]:
    """Return groups of row numbers whose images are equal pixel by pixel.

    Parameters
    ----------
    images : array of shape (images, rows, columns) or (images, rows, columns, channels)
        Any dtype.

    Returns
    -------
    list of list of int
        One list of at least two rows per group, in order of first appearance.

    Raises
    ------
    ValueError
        If `images` is not a stack of images.

    Examples
    --------
    >>> stack = np.zeros((3, 2, 2), dtype="uint8")
    >>> stack[1] = 7
    >>> exact_duplicates(stack)
    [[0, 2]]
    """
    stack = np.asarray(images)
    if stack.ndim < 3:
        raise ValueError(
            f"images has shape {stack.shape}, expected (images, rows, columns) or "
            "(images, rows, columns, channels). Put a single image into a list first."
        )
    rows_of_digest: dict[bytes, list[int]] = {}
    for row, image in enumerate(stack):
        digest = hashlib.sha256(np.ascontiguousarray(image).tobytes()).digest()
        rows_of_digest.setdefault(digest, []).append(row)
    return [rows for rows in rows_of_digest.values() if len(rows) > 1]


def check_leakage(
    table: pd.DataFrame,
    *,
    images: np.ndarray | None = None,
    near_threshold: float | None = None,
) -> LeakageReport:
    """Look for patients, and for copies of images, in more than one split.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per image, with the columns ``patient_id`` and ``split``.
    images : array of shape (images, rows, columns[, channels]), optional
        Rows as in `table`; with them exact duplicates are looked for as well.
    near_threshold : float, optional
        With it changed copies of this similarity are looked for too, which takes some
        seconds for 2,000 images; `COPY_SIMILARITY` is a start.

    Returns
    -------
    LeakageReport
        ``print(report.describe())`` to read it, ``report.require_clean()`` to stop a
        program that would otherwise go on.

    Raises
    ------
    ValueError
        If a column or a value is missing, `images` has another length, or a threshold
        is given without images.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"patient_id": ["A", "A", "B"], "split": ["train", "test", "test"]}
    ... )
    >>> print(check_leakage(table).describe())
    3 images of 2 patients in 2 splits (test, train).
    Patients in more than one split: 1. For example A (2 images: test, train).
    """
    patients = patient_column(table)
    splits = split_column(table)
    by_patient = splits.groupby(patients)
    leaking = by_patient.nunique() > 1
    shared = pd.DataFrame(
        {
            "splits": by_patient.agg(lambda names: ", ".join(sorted(set(names)))),
            "images": by_patient.size(),
        }
    )[leaking]
    shared = shared.rename_axis("patient_id").reset_index()
    groups = [] if images is None else _duplicate_groups(images, n_rows=len(table))
    names = splits.to_numpy()
    across = tuple(tuple(g) for g in groups if len(set(names[g])) > 1)
    within = tuple(tuple(g) for g in groups if len(set(names[g])) == 1)
    return LeakageReport(
        splits=tuple(sorted(set(names))),
        n_patients=patients.nunique(),
        n_images=len(table),
        shared_patients=shared,
        duplicates_within=within,
        duplicates_across=across,
        images_compared=images is not None,
        near_pairs=_near_pairs(images, names, near_threshold),
    )


def _near_pairs(
    images: np.ndarray | None, names: np.ndarray, threshold: float | None
) -> pd.DataFrame | None:
    """Return pairs of changed copies and whether each lies across two splits."""
    if threshold is None:
        return None
    if images is None:
        raise ValueError(
            f"near_threshold is {threshold} and there are no images, expected both or "
            "neither. Pass images=cohort.images."
        )
    pairs = near_duplicates(images, threshold=threshold)
    across = names[pairs["first"]] != names[pairs["second"]]
    return pairs.assign(across=across)


def split_column(table: pd.DataFrame) -> pd.Series:
    """Return split names as text, none missing."""
    if "split" not in table.columns:
        raise ValueError(
            "The table has no column split; it has "
            f"{', '.join(map(str, table.columns))}. Add one, for example with "
            "table['split'] = split_patients(table, seed=1)."
        )
    missing = table["split"].isna()
    if missing.any():
        raise ValueError(
            f"split is missing in {int(missing.sum())} of {len(table)} rows, the first "
            f"is row {missing.idxmax()}; expected a name such as train in each. Leave "
            "unused images out of the table instead."
        )
    return table["split"].astype(str)


def _duplicate_groups(images: np.ndarray, *, n_rows: int) -> list[list[int]]:
    """Return groups of equal images after checking the length."""
    if len(images) != n_rows:
        raise ValueError(
            f"images has {len(images)} images and the table has {n_rows} rows; they "
            "must have the same length and order. Pass cohort.images with cohort.table."
        )
    return exact_duplicates(images)
