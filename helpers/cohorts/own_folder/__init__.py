"""Your own images as a cohort: a CSV, and PNG, JPEG, DICOM or npz files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.cohorts.card import Card, CohortError
from helpers.cohorts.contract import Cohort
from helpers.cohorts.own_folder.findings import find_findings
from helpers.cohorts.own_folder.images import read_images
from helpers.cohorts.own_folder.masks import read_masks
from helpers.cohorts.own_folder.splits import patients_of, splits_of
from helpers.cohorts.own_folder.table import (
    FolderTable,
    image_paths,
    read_folder_table,
)
from helpers.cohorts.validation import validate
from helpers.files import PROJECT, data_dir
from helpers.patient_splits import exact_duplicates

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
    anew = _split_anew() if split_by_patient is None else split_by_patient
    if size is not None and not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise CohortError(
            f"The size {size!r} is out of range; expected {SMALLEST_SIZE} to "
            f"{LARGEST_SIZE} pixels, for example size=128."
        )
    table = read_folder_table(folder, csv)
    paths = image_paths(table)
    found, notes = find_findings(table, findings, os.environ.get("FINDING", ""))
    ids, knows_patients = patients_of(table, paths, notes)
    frame = pd.DataFrame({"patient_id": ids, **found})
    frame["split"] = splits_of(table, frame, notes, anew=anew)
    images, native_shapes = read_images(paths, notes, size=size, where=table.where)
    masks = read_masks(table, found, native_shapes, size=images.shape[1])
    _note_duplicates(images, frame["split"], notes)
    card = _card(folder, frame, tuple(found), notes, knows_patients=knows_patients)
    whole = _whole_table(table, frame)
    return validate(Cohort(folder.name, images, whole, masks, card))


def find_folder(path: str | Path) -> Path:
    """Return the folder for a path, which counts from here, the project or the data.

    Raises
    ------
    CohortError
        If there is no such folder.
    """
    given = Path(path).expanduser()
    for start in (Path.cwd(), PROJECT, data_dir() or PROJECT):
        if (start / given).is_dir():
            return (start / given).resolve()
    raise CohortError(
        f"There is no folder {str(path)!r}. Expected a folder with a CSV and images; "
        f"the path counts from here ({Path.cwd()}), from the project and from "
        "COURSE_DATA_DIR. Check the spelling, or give the whole path."
    )


def _split_anew() -> bool:
    setting = os.environ.get("COHORT_SPLIT", "")
    if setting not in ("", "by_patient"):
        raise CohortError(
            f"COHORT_SPLIT is {setting!r}; expected by_patient, or unset for the "
            "splits of the table."
        )
    return setting == "by_patient"


def _note_duplicates(images: np.ndarray, split: pd.Series, notes: list[str]) -> None:
    groups = [group for group in exact_duplicates(images) if split[group].nunique() > 1]
    if groups:
        notes.append(
            f"{sum(map(len, groups))} images have an exact copy in another split: look "
            "at them, because the test set is not independent of them."
        )


def _whole_table(table: FolderTable, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table of the contract, followed by the other columns of the CSV."""
    study, site = table.column("study_id"), table.column("site")
    columns: dict[str, object] = {
        "patient_id": frame["patient_id"],
        "study_id": table.rows[study]
        if study
        else [f"{row:05d}" for row in frame.index],
        "site": table.rows[site] if site else "unknown",
        "split": frame["split"],
        **{name: frame[name] for name in frame if name not in ("patient_id", "split")},
    }
    taken = {name.lower() for name in columns}
    for name in table.rows.columns:
        if name.lower() not in taken:
            columns[name] = _numbers_if_all(table.rows[name])
    return pd.DataFrame(columns)


def _numbers_if_all(cells: pd.Series) -> pd.Series:
    try:
        return pd.to_numeric(cells.replace("", np.nan))
    except ValueError:
        return cells


def _card(
    folder: Path,
    frame: pd.DataFrame,
    findings: tuple[str, ...],
    notes: list[str],
    *,
    knows_patients: bool,
) -> Card:
    """Return the card; the default finding has both classes in every split."""
    shares = frame.groupby("split")[list(findings)].mean()
    good = [name for name in findings if shares[name].between(0, 1, "neither").all()]
    return Card(
        title=f"Own folder {folder.name}",
        origin="images of your own; they stay on this machine",
        licence="yours to know",
        citation="the owner of the images",
        findings=findings,
        reference_standard="as in the CSV",
        n_patients=frame["patient_id"].nunique() if knows_patients else None,
        notes=tuple(notes),
        default_finding=(good or findings)[0],
    )
