"""Patients and splits of an own folder: taken from the table, or made by patient."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pydicom

from helpers.cohorts.card import CohortError
from helpers.cohorts.own_folder.image_files import is_dicom
from helpers.cohorts.own_folder.images import in_threads
from helpers.cohorts.own_folder.table import FolderTable
from helpers.cohorts.validation import check_no_patient_in_two_splits
from helpers.patient_splits import split_patients

SPLIT_SEED = 2026
TUNING_SHARE = 0.2  # of the training patients, where a table names no tuning set
SYNONYMS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("tuning", "val", "valid", "validation", "dev"), "tuning"),
    **dict.fromkeys(("test", "testing", "internal test"), "internal test"),
    **dict.fromkeys(("external test", "external"), "external test"),
}


def patients_of(
    table: FolderTable, paths: list[Path], notes: list[str]
) -> tuple[list[str], bool]:
    """Return the patient of every image, and whether that is known.

    Parameters
    ----------
    table : FolderTable
        Its column patient_id comes first.
    paths : list of Path
        DICOM files are asked for their PatientID when there is no such column.
    notes : list of str
        Gets a sentence when there is something to say.

    Raises
    ------
    CohortError
        If the table has a patient column with an empty cell.
    """
    column = table.column("patient_id", "patient")
    if column is not None:
        ids = table.rows[column].tolist()
        if "" in ids:
            raise CohortError(
                f"In {table.where(ids.index(''))}, column {column!r}: found no value; "
                "expected the patient's identifier. Fill it in, or remove the whole "
                "column if patients are not known."
            )
        return ids, True
    from_dicom = in_threads(
        lambda row: _dicom_patient(paths[row]),
        paths,
        where=table.where,
        doing="Reading patients",
    )
    if all(from_dicom):
        notes.append("Patients are those of the DICOM PatientID.")
        return from_dicom, True
    notes.append(
        "Patients are not known (no column patient_id, no PatientID in the files), so "
        "each image is counted as a patient of its own: a patient with several images "
        "may be on both sides of a split, and intervals may be too narrow."
    )
    return [f"unknown-{row:05d}" for row in range(len(paths))], False


def _dicom_patient(path: Path) -> str:
    """Return the PatientID of a DICOM file, "" for others (also damaged ones)."""
    with path.open("rb") as file:
        if not is_dicom(file.read(132)):
            return ""
    try:
        header = pydicom.dcmread(
            path, stop_before_pixels=True, specific_tags=["PatientID"]
        )
        return str(header.get("PatientID", "")).strip()
    except Exception:  # noqa: BLE001 - read_images says what is wrong with the file
        return ""


def splits_of(
    table: FolderTable, frame: pd.DataFrame, notes: list[str], *, anew: bool
) -> pd.Series:
    """Return the split of every image, made by patient where the table has none.

    Parameters
    ----------
    table : FolderTable
        May have a column split; its words are understood in several spellings.
    frame : DataFrame
        patient_id, then the findings; the share of the first is kept alike in splits
        that are made here.
    notes : list of str
        Gets a sentence on what was made.
    anew : bool
        Split by patient whatever the table says.

    Raises
    ------
    CohortError
        If a word is not understood, a patient is in two splits, or too few patients
        are there.
    """
    column = None if anew else table.column("split")
    if column is None:
        split = _made(frame, None)
        notes.append(f"The split was made here, by patient: {_shares(split)}.")
        return split
    split = _from_column(table, column)
    name = f"{table.folder.name}/{table.csv_name}"
    checked = frame.assign(split=split)
    check_no_patient_in_two_splits(checked, name, lines=table.lines)
    in_train = split == "train"
    if "tuning" not in set(split) and in_train.any():
        fractions = {"train": 1 - TUNING_SHARE, "tuning": TUNING_SHARE}
        split[in_train] = _made(frame[in_train], fractions)
        notes.append(
            f"{table.csv_name} names no tuning set: one was taken from train, by "
            f"patient: {_shares(split)}."
        )
    return split


def _from_column(table: FolderTable, column: str) -> pd.Series:
    words = table.rows[column].str.lower().str.replace("_", " ")
    split = words.map(SYNONYMS)
    for row in split.index[split.isna()]:
        raise CohortError(
            f"In {table.where(row)}, column {column!r}: found "
            f"{table.rows[column][row]!r}; expected train, tuning (or val), test (or "
            "internal test), or external test. Correct it, or set "
            "COHORT_SPLIT=by_patient to split anew."
        )
    return split


def _made(frame: pd.DataFrame, fractions: dict[str, float] | None) -> pd.Series:
    """Split by patient, alike in the finding where there are patients enough for it."""
    stratify = next(name for name in frame if name not in ("patient_id", "split"))
    try:
        return split_patients(
            frame, fractions=fractions, stratify=stratify, seed=SPLIT_SEED
        )
    except ValueError:
        pass  # too few patients with, or without, the finding
    try:
        return split_patients(frame, fractions=fractions, seed=SPLIT_SEED)
    except ValueError as error:
        n_patients = frame["patient_id"].nunique()
        raise CohortError(
            f"{len(frame)} images of {n_patients} patient(s) cannot be split by "
            f"patient: {error} If the patients are wrong (de-identified DICOM files "
            "often share one PatientID), give a column patient_id in the CSV."
        ) from error


def _shares(split: pd.Series) -> str:
    counts = split.value_counts()
    ordered = [name for name in dict.fromkeys(SYNONYMS.values()) if name in counts]
    return ", ".join(f"{counts[name]} {name}" for name in ordered)
