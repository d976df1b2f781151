"""Your own images as a cohort: a CSV, and PNG, JPEG, DICOM or npz files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.cohorts.card import Card, CohortError
from helpers.cohorts.contract import Cohort
from helpers.cohorts.own_findings import find_findings
from helpers.cohorts.own_images import duplicates_across_splits, read_images
from helpers.cohorts.own_masks import read_masks
from helpers.cohorts.own_splits import first_with_both, patients_of, splits_of
from helpers.cohorts.own_table import FolderTable, image_paths, read_folder_table
from helpers.cohorts.storage import PROJECT, data_dir
from helpers.cohorts.validation import validate

SMALLEST_SIZE, LARGEST_SIZE = 8, 1024


def from_folder(
    path: str | Path,
    *,
    csv: str | Path | None = None,
    size: int | None = None,
    findings: list[str] | None = None,
    split_by_patient: bool | None = None,
) -> Cohort:
    """Return the images of a folder and the rows of its CSV as a cohort.

    Parameters
    ----------
    path : str or Path
        Folder with a CSV and image files (also in subfolders).
    csv : str or Path, optional
        Default: labels.csv, or the only CSV there. Columns: file; patient_id, split,
        site if known; one 0/1 column per finding, or a text column label.
    size : int, optional
        Rows and columns in pixels. Default: as the files are when all are square, of
        one size and at most 128; otherwise 128.
    findings : list of str, optional
        Columns or classes to use, or comparisons such as "grade>=2".
    split_by_patient : bool, optional
        True: split anew, by patient, whatever the CSV says. Default: the environment
        variable COHORT_SPLIT=by_patient.

    Raises
    ------
    CohortError
        With the line, the column, the value found and what to do.

    Examples
    --------
    >>> cohort = from_folder("my_radiographs")  # doctest: +SKIP
    """
    folder = find_folder(path)
    _check_size(size)
    table = read_folder_table(folder, csv)
    _, paths = image_paths(table)
    found = find_findings(table, findings, os.environ.get("FINDING", ""))
    ids, knows_patients, patients_note = patients_of(table, paths)
    frame = pd.DataFrame({"patient_id": ids, **found.columns})
    frame["split"], split_note = splits_of(
        table, frame, stratify=next(iter(found.columns)), anew=_anew(split_by_patient)
    )
    stack = read_images(paths, size=size, where=table.where)
    masks, mask_notes = read_masks(
        table, found.columns, stack.native_shapes, size=stack.images.shape[1]
    )
    notes = [split_note, patients_note, _duplicates_note(stack.images, frame["split"])]
    notes += [*found.notes, *stack.notes, *mask_notes]
    card = _card(folder, frame, list(found.columns), notes, knows_patients)
    whole = _whole_table(table, frame, list(found.columns))
    return validate(Cohort(folder.name, stack.images, whole, masks, card))


def find_folder(path: str | Path) -> Path:
    """Return the folder for a path, which counts from here, the project or the data.

    Raises
    ------
    CohortError
        If there is no such folder.
    """
    given = Path(path).expanduser()
    own = data_dir()
    for start in (Path.cwd(), PROJECT, *([own] if own else [])):
        if (start / given).is_dir():
            return (start / given).resolve()
    raise CohortError(
        f"There is no folder {str(path)!r}. Expected a folder with a CSV and images; a "
        f"path that does not begin at the root counts from {Path.cwd()}, from "
        f"{PROJECT} and from COURSE_DATA_DIR. Check the spelling, or give the whole "
        "path."
    )


def _check_size(size: int | None) -> None:
    if size is not None and not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise CohortError(
            f"The size {size!r} is out of range; expected {SMALLEST_SIZE} to "
            f"{LARGEST_SIZE} pixels, for example size=128."
        )


def _anew(split_by_patient: bool | None) -> bool:
    if split_by_patient is not None:
        return split_by_patient
    setting = os.environ.get("COHORT_SPLIT", "")
    if setting not in ("", "by_patient"):
        raise CohortError(
            f"COHORT_SPLIT is {setting!r}; expected by_patient, or unset for the "
            "splits of the table."
        )
    return setting == "by_patient"


def _duplicates_note(images: np.ndarray, split: pd.Series) -> str:
    copies = duplicates_across_splits(images, split.tolist())
    if not copies:
        return ""
    return (
        f"{copies} images are exact copies of an image in another split: look at them, "
        "because the test set is not independent of them."
    )


def _whole_table(
    table: FolderTable, frame: pd.DataFrame, findings: list[str]
) -> pd.DataFrame:
    """Return the table of the contract, followed by the other columns of the CSV."""
    study = table.column("study_id", "study", "studyid")
    site = table.column("site", "hospital")
    numbers = [f"{row:05d}" for row in range(len(frame))]
    columns: dict[str, object] = {
        "patient_id": frame["patient_id"],
        "study_id": table.rows[study] if study else numbers,
        "site": table.rows[site] if site else "unknown",
        "split": frame["split"],
        **{name: frame[name] for name in findings},
    }
    taken = {name.lower() for name in columns}
    for name in table.rows.columns:
        if name.lower() not in taken:
            columns[name] = _numbers_if_all(table.rows[name])
    return pd.DataFrame(columns)


def _numbers_if_all(cells: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(cells.replace("", np.nan), errors="coerce")
    return numbers if numbers.notna().sum() == (cells != "").sum() > 0 else cells


def _card(
    folder: Path,
    frame: pd.DataFrame,
    findings: list[str],
    notes: list[str],
    knows_patients: bool,
) -> Card:
    return Card(
        title=f"Own folder {folder.name}",
        origin="images of your own; they stay on this machine",
        licence="yours to know",
        citation="the owner of the images",
        findings=tuple(findings),
        reference_standard="as in the CSV",
        n_patients=frame["patient_id"].nunique() if knows_patients else None,
        notes=tuple(note for note in notes if note),
        default_finding=first_with_both(frame, findings),
    )
