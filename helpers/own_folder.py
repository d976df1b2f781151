"""Your own images as a cohort: a CSV, and PNG, JPEG, TIFF, DICOM, npz or npy files.

`helpers.own_table` reads the CSV; here come the files, the patients and the split. What
was made, guessed or left out is said on the card.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage
from tqdm.auto import tqdm

from helpers.cohort_contract import (
    Card,
    Cohort,
    CohortError,
    check_patients,
    validate,
    with_both_classes,
)
from helpers.dicom_pixels import open_dataset
from helpers.files import PROJECT, data_dir, folder_words
from helpers.image_files import read_image
from helpers.own_table import numbers, read_findings, read_table, refuse
from helpers.patient_splits import is_missing, patient_names, split_patients
from helpers.resizing import as_bytes, fit_into_square, half_covered

DEFAULT_SIZE = 128
SPLIT_SEED = 2026
SHARES_OF_TRAIN = {"train": 0.8, "tuning": 0.2}  # where no tuning set is named
SPLIT = folder_words("split")
WHITE = 127  # what a mask of black and white shows as marked
NOISE = 16  # below it lie the traces of lossy compression beside white
LOSSY = (".jpg", ".jpeg")


def from_folder(
    path: str | Path, *, size: int | None = None, findings: Sequence[str] = ()
) -> Cohort:
    """Return the images of a folder and the rows of its CSV as a cohort.

    Parameters
    ----------
    path : str or Path
        Folder with image files (also in subfolders) and labels.csv, or one CSV of
        another name. Columns: file; patient_id, split, site if known; one 0/1 column
        per finding, or a text column label. Other usual names are understood.
    size : int, optional
        Rows and columns in pixels, 8 to 1024. Default: as the files are when all are
        square, of one size and at most 128; otherwise 128.
    findings : sequence of str, optional
        Columns or classes to use, or comparisons such as "grade>=2". Default: all that
        are found, and a comparison in the environment variable FINDING.

    Raises
    ------
    CohortError
        With the line, the column, the value found and what to do.

    Notes
    -----
    COHORT_SPLIT=by_patient splits anew, by patient, whatever the CSV says.

    Examples
    --------
    >>> cohort = from_folder("my_radiographs")  # doctest: +SKIP
    """
    folder = find_folder(path)
    if folder is None or not 8 <= (size or DEFAULT_SIZE) <= 1024:
        raise CohortError(
            f"No folder {str(path)!r} was found from here, the project or "
            f"COURSE_DATA_DIR, or the size {size} is not between 8 and 1024 pixels."
        )
    notes: list[str] = []
    table = read_table(folder, notes)
    files = _image_files(table, folder)
    found = read_findings(table, findings, notes)
    patients, known = _patients(table, files, notes)
    frame = pd.DataFrame({"patient_id": patients, **found}, index=table.index)
    frame["split"] = _splits(table, frame, notes)
    images, shapes = _read_images(table, files, size, notes)
    options = {"shapes": shapes, "size": images.shape[1], "notes": notes}
    masks = _masks(table, found, folder, **options)
    best = with_both_classes(frame, list(found))[:1]
    card = Card(
        title=f"Own folder {folder.name}",
        origin="images of your own; they stay on this machine",
        licence="yours to know",
        citation="the owner of the images",
        findings=tuple(dict.fromkeys([*best, *found])),
        reference_standard="as in the CSV",
        n_patients=frame["patient_id"].nunique() if known else None,
        notes=tuple(notes),
    )
    return validate(Cohort(folder.name, images, _whole(table, frame), masks, card))


def find_folder(path: str | Path) -> Path | None:
    """Return a folder whose path counts from here, the project or COURSE_DATA_DIR."""
    places = (Path.cwd(), PROJECT, data_dir() or PROJECT)
    found = (place / Path(path).expanduser() for place in places)
    return next((folder.resolve() for folder in found if folder.is_dir()), None)


def _files(table: pd.DataFrame, column: str, places: Sequence[Path]) -> pd.Series:
    """Return the file that every cell names; None where the cell is empty."""
    names = table[column].str.replace("\\", "/")  # as Windows writes paths
    found = [next((p / n for p in places if (p / n).is_file()), None) for n in names]
    files = pd.Series(found, index=table.index, dtype=object, name=column)
    where = " or ".join(str(place) for place in places)
    expected = f"a file with its extension in {where}"
    refuse(table, column, files.isna() & (names != ""), expected)
    return files


def _image_files(table: pd.DataFrame, folder: Path) -> pd.Series:
    column = table.attrs["file"]
    files = _files(table, column, (folder, folder / "images"))
    once = "every image in one line, with all its findings"
    refuse(table, column, files.isna() | files.duplicated(), once)
    return files


def _patients(
    table: pd.DataFrame, files: pd.Series, notes: list[str]
) -> tuple[Sequence[str], bool]:
    """Return the patient of every image, and whether that is known."""
    column = table.attrs["patient"]
    cells = table[column] if column else files.map(_dicom_patient)
    missing = cells.map(is_missing)
    if column is None and missing.all():
        notes.append(
            "Patients are not known (no column patient_id or of a like name, no "
            "PatientID in the files): each image counts as one, and one person may be "
            "on both sides of a split. Rename the column that holds them, if any does."
        )
        return [f"unknown-{row:05d}" for row in range(len(files))], False
    expected = "a patient in every line: here, or as PatientID in every file"
    refuse(table, column or table.attrs["file"], missing, expected)
    if column is None:
        notes.append("Patients are those of the DICOM PatientID.")
    return patient_names(cells), True


def _dicom_patient(path: Path) -> str:
    """Return the PatientID of a DICOM file; "" of others, which are read later."""
    try:
        return str(open_dataset(path, stop_before_pixels=True).get("PatientID") or "")
    except ValueError:
        return ""


def _splits(table: pd.DataFrame, frame: pd.DataFrame, notes: list[str]) -> pd.Series:
    """Return the split of every image, made by patient where the table has none."""
    anew, column = os.environ.get("COHORT_SPLIT", ""), table.attrs["split"]
    if anew not in ("", "by_patient"):
        raise CohortError(f"COHORT_SPLIT is {anew!r}; expected by_patient, or unset.")
    if anew or column is None:
        notes.append("The split was made here, by patient.")
        return _dealt(frame)
    split = table[column].str.lower().str.replace("_", " ").map(SPLIT)
    refuse(table, column, split.isna(), "train, tuning (or val), test, external test")
    check_patients(frame.assign(split=split), table.attrs["csv"])
    train = split == "train"
    if train.any() and "tuning" not in set(split):
        split[train] = _dealt(frame[train], SHARES_OF_TRAIN)
        notes.append("A fifth of the patients in train became the tuning set.")
    return split


def _dealt(frame: pd.DataFrame, shares: dict[str, float] | None = None) -> pd.Series:
    """Deal patients, alike in the first finding where there are enough for that."""
    how = {"fractions": shares, "seed": SPLIT_SEED}
    for stratify in (frame.columns[1], None):
        try:
            return split_patients(frame, stratify=stratify, **how)
        except ValueError as error:  # too few patients (with, or without, the finding)
            reason = error
    raise CohortError(
        f"{reason} Give a column patient_id in the CSV, if the patients are wrong."
    )


def _pictures(
    table: pd.DataFrame, files: pd.Series, shapes: dict[int, tuple[int, int]]
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield line and values of every file; name the first that cannot be used.

    `shapes` by line gets those of the images; those of masks must be the same.
    """
    quiet = os.environ.get("COURSE_QUIET") == "1" or len(files) < 100
    bar = {"desc": "Reading", "unit": "file", "leave": False, "disable": quiet}
    for line, path in tqdm(files.items(), total=len(files), **bar):
        try:
            values = read_image(path)
            if values.shape[:2] != shapes.setdefault(line, values.shape[:2]):
                raise CohortError(f"{values.shape} pixels, its image {shapes[line]}")
            yield line, values
        except Exception as error:
            raise CohortError(
                f"{path.name} (line {line} of {table.attrs['csv']}) cannot be used: "
                f"{error}. Export it again, or leave its line out."
            ) from error


def _read_images(
    table: pd.DataFrame, files: pd.Series, size: int | None, notes: list[str]
) -> tuple[np.ndarray, dict[int, tuple[int, int]]]:
    """Return the images, all of one size and kind, and their shapes in the files."""
    fit, images, shapes, tops = size or DEFAULT_SIZE, [], {}, []
    for line, values in _pictures(table, files, shapes):
        rows, columns = shapes[line]
        tops += [values.max()] * (values.dtype != np.uint8)
        keep = size is None and rows == columns <= DEFAULT_SIZE
        images.append(values if keep else _fitted(values, fit))
    if len({image.shape[:2] for image in images}) > 1:
        images = [_fitted(image, fit) for image in images]
    if tops:
        white = next(2**bits - 1 for bits in (8, 10, 12, 14, 16) if max(tops) < 2**bits)
        notes.append(f"In {len(tops)} files of 16 bits, 0 is black and {white} white.")
        scale = {"uint8": 1, "float32": 255 / white}
        images = [as_bytes(image * scale[image.dtype.name]) for image in images]
    if len({image.ndim for image in images}) > 1:
        notes.append("Some images are in colour: grey ones got three equal channels.")
        images = [i if i.ndim == 3 else np.stack([i] * 3, axis=2) for i in images]
    side = len(images[0])
    if {*shapes.values()} != {(side, side)}:
        sizes = f"{min(shapes.values())} to {max(shapes.values())}"
        notes.append(f"Images of {sizes} pixels were fitted into {side} x {side}.")
    return np.stack(images), shapes


def _fitted(values: np.ndarray, size: int) -> np.ndarray:
    fitted = fit_into_square(values, size)
    return as_bytes(fitted) if values.dtype == np.uint8 else fitted


def _masks(
    table: pd.DataFrame, findings: dict[str, np.ndarray], folder: Path, **options
) -> dict[str, np.ndarray] | None:
    """Return masks from `<finding>_mask`, or from `mask` for every finding present."""
    by_name = {column.lower(): column for column in table}
    masks = {}
    for finding, present in findings.items():
        own = by_name.get(f"{finding}_mask".lower())
        column = own or table.attrs["mask"]
        if column is not None:
            files = _files(table, column, (folder / "masks", folder))
            files = files[files.notna() & (own is not None or present == 1)]
            masks[finding] = _marked(table, files, **options)
    return masks or None


def _marked(
    table: pd.DataFrame,
    files: pd.Series,
    *,
    shapes: dict[int, tuple[int, int]],
    size: int,
    notes: list[str],
) -> np.ndarray:
    """Return what mask files mark: white, or labels 1, 2, ... where no file has white.

    Which of the two is decided by all files together: an empty mask with the traces of
    lossy compression looks like one of labels. Grey that does not count is noted.
    """
    white, labels = np.zeros((2, len(table), size, size), bool)
    has_white, has_labels, greys = False, False, []
    for line, values in _pictures(table, files, shapes):
        grey = values if values.ndim == 2 else values.max(axis=2)
        row, brightest = table.index.get_loc(line), grey.max()
        white[row] = half_covered(fit_into_square(grey >= WHITE, size))
        labels[row] = half_covered(fit_into_square(grey > 0, size))
        has_white |= brightest >= WHITE or files[line].suffix.lower() in LOSSY
        has_labels |= _has_area(grey > 0)
        between = (grey >= NOISE) & (grey < WHITE)
        if 0 < brightest < WHITE or _has_area(between):
            greys.append(line)
    if has_labels and not has_white:
        return labels
    if greys:
        notes.append(
            f"In {len(greys)} masks of {files.name}, the first in line {greys[0]}, "
            f"grey below {WHITE} of 255 does not count as marked."
        )
    return white


def _has_area(mask: np.ndarray) -> bool:
    """Return whether some 3 x 3 pixels are all marked, unlike edges and noise."""
    return bool(ndimage.binary_erosion(mask, np.ones((3, 3))).any())


def _whole(table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table of the contract, followed by the other columns of the CSV."""
    study, site, whole = table.attrs["study"], table.attrs["site"], frame.copy()
    row_numbers = [f"{row:05d}" for row in range(len(table))]
    whole.insert(1, "study_id", table[study] if study else row_numbers)
    whole.insert(2, "site", table[site] if site else "unknown")
    whole.insert(3, "split", whole.pop("split"))
    taken = set(whole.columns.str.lower())
    for name in table:
        if name.lower() not in taken:
            values = numbers(table, name)
            all_numbers = (values.notna() | table[name].map(is_missing)).all()
            whole[name] = values if all_numbers else table[name]
    return whole.reset_index(drop=True)
