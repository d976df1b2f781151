"""The contract, checked: a breach names the row, the column, the value and the mend."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.cohorts.card import CohortError
from helpers.cohorts.contract import REQUIRED_COLUMNS, SPLITS, Cohort
from helpers.cohorts.packed_masks import PackedMasks

NEEDED_SPLITS = ("train", "tuning", "internal test")


def validate(cohort: Cohort) -> Cohort:
    """Return the cohort unchanged when it keeps the contract.

    Raises
    ------
    CohortError
        At the first breach: pixel type, lengths, columns, labels, splits, masks, or a
        patient in two splits.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from helpers.cohorts.contract import Card
    >>> table = pd.DataFrame({"patient_id": ["P1"], "study_id": ["S1"], "site": "A",
    ...                       "split": ["train"], "nodule": [2]})
    >>> card = Card("One square", "this example", "CC0", "none", ("nodule",))
    >>> squares = Cohort("squares", np.zeros((1, 8, 8), np.uint8), table, None, card)
    >>> validate(squares)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    helpers.cohorts.card.CohortError: Row 0 of squares, column 'nodule': found 2...
    """
    _check_images(cohort)
    _check_columns(cohort)
    _check_identities(cohort)
    _check_labels(cohort)
    _check_splits(cohort)
    _check_masks(cohort)
    return cohort


def _check_images(cohort: Cohort) -> None:
    images = cohort.images
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        found = getattr(images, "dtype", type(images).__name__)
        raise CohortError(
            f"The images of {cohort.name} have the type {found}; expected uint8 "
            "display values, 0 black to 255 white. Window or scale them first "
            "(helpers.dicom_pixels and helpers.windowing do so for DICOM)."
        )
    if images.ndim not in (3, 4):
        raise CohortError(
            f"The images of {cohort.name} have the shape {images.shape}; expected "
            "(n, rows, columns), (n, rows, columns, 3) or (n, slices, rows, columns). "
            "Remove or add an axis."
        )
    if len(images) != len(cohort.table):
        raise CohortError(
            f"{cohort.name} has {len(images)} images but {len(cohort.table)} rows in "
            "its table; expected one row per image, in the same order. Look for images "
            "without a row, or rows without an image."
        )
    if len(images) == 0:
        raise CohortError(
            f"{cohort.name} holds no image at all; expected at least one in each of "
            f"{', '.join(NEEDED_SPLITS)}. Check the file or folder it was read from."
        )


def _check_columns(cohort: Cohort) -> None:
    if not cohort.card.findings:
        raise CohortError(
            f"The card of {cohort.name} names no finding; expected at least one 0/1 "
            f"column of the table ({', '.join(map(str, cohort.table.columns))})."
        )
    needed = [*REQUIRED_COLUMNS, *cohort.card.findings]
    missing = [name for name in needed if name not in cohort.table.columns]
    if missing:
        raise CohortError(
            f"The table of {cohort.name} lacks the column(s) {', '.join(missing)}; it "
            f"has {', '.join(map(str, cohort.table.columns))}. Add or rename them."
        )
    if not cohort.table.index.equals(pd.RangeIndex(len(cohort.table))):
        raise CohortError(
            f"The table of {cohort.name} must be numbered 0 to n - 1 so that row i "
            "belongs to image i. Call table.reset_index(drop=True)."
        )


def _check_identities(cohort: Cohort) -> None:
    for column in ("patient_id", "study_id"):
        values = cohort.table[column]
        bad = [not (isinstance(value, str) and value.strip()) for value in values]
        if any(bad):
            row = int(np.flatnonzero(bad)[0])
            raise CohortError(
                f"Row {row} of {cohort.name}, column {column!r}: found "
                f"{values.iloc[row]!r}; expected a text that is not empty. "
                f"{sum(bad)} row(s) are so. Fill them in, or make them text."
            )


def _check_labels(cohort: Cohort) -> None:
    for finding in cohort.card.findings:
        values = pd.to_numeric(cohort.table[finding], errors="coerce")
        bad = ~values.isin([0, 1]).to_numpy()
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            found = cohort.table[finding].iloc[row]
            shown = "no value (NaN)" if pd.isna(found) else str(found)
            raise CohortError(
                f"Row {row} of {cohort.name}, column {finding!r}: found {shown}; "
                f"expected 0 (absent) or 1 (present). {int(bad.sum())} of {len(bad)} "
                "rows are so. Leave such rows out, or decide on a value and say why."
            )


def _check_splits(cohort: Cohort) -> None:
    unknown = ~cohort.table["split"].isin(SPLITS).to_numpy()
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise CohortError(
            f"Row {row} of {cohort.name}, column 'split': found "
            f"{cohort.table['split'].iloc[row]!r}; expected one of {', '.join(SPLITS)}."
        )
    if not cohort.is_part:
        for split in NEEDED_SPLITS:
            if split not in cohort.splits:
                raise CohortError(
                    f"The split {split!r} of {cohort.name} is empty; expected images "
                    f"in {', '.join(NEEDED_SPLITS)}, found {', '.join(cohort.splits)}. "
                    "Move some patients there; in an own folder "
                    "COHORT_SPLIT=by_patient splits anew."
                )
    check_no_patient_in_two_splits(cohort.table, cohort.name)


def check_no_patient_in_two_splits(
    table: pd.DataFrame, name: str, *, lines: list[int] | None = None
) -> None:
    """Raise a CohortError when a patient is in two splits.

    Parameters
    ----------
    table : DataFrame with patient_id and split
    name : str
        What to call the cohort in the message.
    lines : list of int, optional
        Lines of the file that the rows came from.

    Raises
    ------
    CohortError
        Names one such patient, the splits, the rows, and how many there are.
    """
    n_splits = table.groupby("patient_id")["split"].nunique()
    shared = n_splits[n_splits > 1]
    if shared.empty:
        return
    patient = shared.index[0]
    rows = table[table["patient_id"] == patient]
    splits = " and ".join(split for split in SPLITS if split in set(rows["split"]))
    per_split = rows.drop_duplicates("split").index
    numbers = [lines[row] for row in per_split] if lines else list(per_split)
    places = f"{'lines' if lines else 'rows'} {', '.join(map(str, numbers))}, ..."
    raise CohortError(
        f"Patient {patient} of {name} is in two splits: {splits} ({places}). "
        f"{len(shared)} of {len(n_splits)} "
        f"patients are so, with {int(table['patient_id'].isin(shared.index).sum())} "
        "images. Expected every patient in one split: otherwise the test measures "
        "recognition of patients. Mend the split column, or let the course split anew "
        "by patient: set COHORT_SPLIT=by_patient (from_folder: split_by_patient=True)."
    )


def _check_masks(cohort: Cohort) -> None:
    shape = cohort.images.shape if cohort.is_volume else cohort.images.shape[:3]
    for finding in cohort.masks or {}:
        if finding not in cohort.card.findings:
            raise CohortError(
                f"{cohort.name} has a mask for {finding!r}, which is not a finding; "
                f"expected one of {', '.join(cohort.card.findings)}."
            )
        found, kind = _form_of_mask(cohort, finding)
        if found != shape or kind != np.dtype(bool):
            raise CohortError(
                f"The mask of {finding!r} in {cohort.name} has the shape {found} "
                f"and type {kind}; expected {shape} and bool, as the images "
                "have. Resize it together with its image (nearest pixel, or half "
                "covered)."
            )


def _form_of_mask(cohort: Cohort, finding: str) -> tuple[tuple[int, ...], object]:
    """Return shape and type of a mask; packed ones stay packed."""
    if isinstance(cohort.masks, PackedMasks):
        return cohort.masks.shape, np.dtype(bool)
    return cohort.masks[finding].shape, cohort.masks[finding].dtype
