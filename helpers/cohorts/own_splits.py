"""Patients and splits of an own folder: taken from the table, or made by patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pydicom

from helpers.cohorts.card import CohortError
from helpers.cohorts.image_files import is_dicom
from helpers.cohorts.own_images import in_threads
from helpers.cohorts.own_table import FolderTable
from helpers.cohorts.validation import check_no_patient_in_two_splits
from helpers.patient_splits import split_patients

SPLIT_SEED = 2026
TUNING_SHARE = 0.2  # of the training patients, where a table names no tuning set
SPLIT_COLUMNS = ("split", "set", "subset", "partition")
PATIENT_COLUMNS = ("patient_id", "patientid", "patient", "patient id")
SYNONYMS = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("tuning", "tune", "val", "valid", "validation", "dev"), "tuning"),
    **dict.fromkeys(("test", "testing", "tst", "hold-out", "holdout"), "internal test"),
    **dict.fromkeys(("internal test", "internal_test"), "internal test"),
    **dict.fromkeys(("external test", "external_test", "external"), "external test"),
}


def patients_of(table: FolderTable, paths: list[Path]) -> tuple[list[str], bool, str]:
    """Return the patient of every image, whether that is known, and a sentence.

    Parameters
    ----------
    table : FolderTable
        Its column patient_id comes first.
    paths : list of Path
        DICOM files are asked for their PatientID when there is no such column.

    Raises
    ------
    CohortError
        If the table has a patient column with an empty cell.
    """
    column = table.column(*PATIENT_COLUMNS)
    if column is not None:
        ids = table.rows[column].tolist()
        if "" in ids:
            row = ids.index("")
            raise CohortError(
                f"{table.where(row).capitalize()}, column {column!r}: found no value; "
                "expected the patient's identifier. Fill it in, or remove the whole "
                "column if patients are not known."
            )
        return ids, True, ""
    from_dicom = in_threads(
        lambda row: _dicom_patient(paths[row]),
        paths,
        where=table.where,
        doing="Reading patients",
    )
    if all(from_dicom):
        return from_dicom, True, "Patients are those of the DICOM PatientID."
    ids = [f"unknown-{row:05d}" for row in range(len(table.rows))]
    return (
        ids,
        False,
        (
            f"{table.csv_name} has no column patient_id, so each image is counted as a "
            "patient of its own: a patient with several images may be on both sides of "
            "a split, and intervals may be too narrow."
        ),
    )


def _dicom_patient(path: Path) -> str | None:
    """Return the PatientID of a DICOM file; None for other files or an empty one."""
    with path.open("rb") as file:
        if not is_dicom(file.read(132)):
            return None
    try:
        header = pydicom.dcmread(
            path, stop_before_pixels=True, specific_tags=["PatientID"]
        )
        return str(header.get("PatientID", "")).strip() or None
    except Exception:  # noqa: BLE001 - read_images gives the message for a bad file
        return None


def splits_of(
    table: FolderTable, frame: pd.DataFrame, *, stratify: str, anew: bool
) -> tuple[pd.Series, str]:
    """Return the split of every image and a sentence on where it comes from.

    Parameters
    ----------
    table : FolderTable
        May have a column split; its words are understood in several spellings.
    frame : DataFrame
        patient_id and the findings.
    stratify : str
        Finding whose share is kept alike in splits that are made here.
    anew : bool
        Split by patient whatever the table says.

    Raises
    ------
    CohortError
        If a word is not understood, a patient is in two splits, or too few patients
        are there.
    """
    column = None if anew else table.column(*SPLIT_COLUMNS)
    if column is None:
        split = _made(frame, None, stratify)
        return split, f"The split was made here, by patient: {_shares(split)}"
    split = _from_column(table, column)
    checked = frame.assign(split=split)
    name = f"{table.folder.name}/{table.csv_name}"
    check_no_patient_in_two_splits(checked, name, lines=table.lines)
    found = set(split)
    for needed in ("train", "internal test"):
        if needed not in found:
            raise CohortError(
                f"The column {column!r} of {table.csv_name} puts no image into "
                f"{needed}; it has {', '.join(sorted(found))}. Expected train and test "
                "at least. Name some patients so, or let the course split by patient: "
                "COHORT_SPLIT=by_patient."
            )
    if "tuning" in found:
        return split, ""
    in_train = split == "train"
    shares = {"train": 1 - TUNING_SHARE, "tuning": TUNING_SHARE}
    split[in_train] = _made(frame[in_train], shares, stratify)
    return split, (
        f"{table.csv_name} names no tuning set: one was taken from train, by patient: "
        + _shares(split)
    )


def _from_column(table: FolderTable, column: str) -> pd.Series:
    words = []
    for row, cell in enumerate(table.rows[column]):
        word = SYNONYMS.get(cell.lower())
        if word is None:
            raise CohortError(
                f"{table.where(row).capitalize()}, column {column!r}: found "
                f"{cell or 'no value'!r}; expected train, tuning (or val), test "
                "(or internal test), or external test. Correct it, or set "
                "COHORT_SPLIT=by_patient to split anew."
            )
        words.append(word)
    return pd.Series(words, name="split")


def _made(
    frame: pd.DataFrame, fractions: dict[str, float] | None, stratify: str
) -> pd.Series:
    """Split by patient, alike in the finding where there are patients enough for it."""
    try:
        return split_patients(
            frame, fractions=fractions, stratify=stratify, seed=SPLIT_SEED
        )
    except ValueError:
        try:
            return split_patients(frame, fractions=fractions, seed=SPLIT_SEED)
        except ValueError as error:
            n_patients = frame["patient_id"].nunique()
            raise CohortError(
                f"{len(frame)} images of {n_patients} patient(s) cannot be split by "
                f"patient: {error} If the patients are wrong (de-identified DICOM "
                "files often share one PatientID), give a column patient_id in the CSV."
            ) from error


def _shares(split: pd.Series) -> str:
    counts = split.value_counts()
    ordered = [name for name in dict.fromkeys(SYNONYMS.values()) if name in counts]
    return ", ".join(f"{counts[name]} {name}" for name in ordered) + " images."


def first_with_both(frame: pd.DataFrame, findings: list[str]) -> str:
    """Return the first finding that both occurs and is absent in every split."""
    means = frame.groupby("split")[findings].mean()
    good = [name for name in findings if np.all((means[name] > 0) & (means[name] < 1))]
    return (good or findings)[0]
