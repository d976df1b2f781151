"""Your own images as a cohort: a CSV, and PNG, JPEG, TIFF, DICOM, npz or npy files.

The CSV is read as text, so that a missing value stays missing in whichever word it is
written and identifiers keep their zeros. The words that are understood stand in
``data/folder_words.csv``; what was made, guessed or left out is said on the card.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
from tqdm.auto import tqdm

from helpers.cohort_contract import (
    Card,
    Cohort,
    CohortError,
    check_patients,
    validate,
    with_both_classes,
)
from helpers.files import DATA, PROJECT, data_dir
from helpers.image_files import read_image
from helpers.patient_splits import DEFAULT_FRACTIONS, split_patients
from helpers.resizing import as_bytes, fit_into_square, half_covered

DEFAULT_SIZE = 128
SPLIT_SEED = 2026
SHARES_OF_TRAIN = {"train": 0.8, "tuning": 0.2}  # where no tuning set is named
MOST_CLASSES = 30
NUMBER = r"[-+]?[.\d]+"
COMPARISON = re.compile(rf"(.+?)\s*(>=|<=|=|>|<)\s*({NUMBER})")
SIGNS = {">=": "ge", "<=": "le", ">": "gt", "<": "lt", "=": "eq"}  # of a Series
WORDS = pd.read_csv(DATA / "folder_words.csv", dtype=str, keep_default_na=False)
# by kind: word to meaning; names of columns stand without blanks and signs
COLUMN, SPLIT, CELL, CLASS, MISSING = (
    WORDS[WORDS["kind"] == kind].set_index("word")["meaning"].to_dict()
    for kind in ("column", "split", "cell", "class", "missing")
)


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
    table, notes = _read_table(folder), []
    files = _image_files(table, folder)
    found = _findings(table, findings, notes)
    patients, known = _patients(table, files, notes)
    frame = pd.DataFrame({"patient_id": patients, **found}, index=table.index)
    frame["split"] = _splits(table, frame, notes)
    images, shapes = _read_images(table, files, size, notes)
    masks = _masks(table, found, shapes, (folder / "masks", folder), images.shape[1])
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


def _read_table(folder: Path) -> pd.DataFrame:
    """Return the CSV as text, numbered by its lines; `attrs` name its columns."""
    found = sorted(folder.glob("*.csv"))
    found = [path for path in found if path.name.lower() == "labels.csv"] or found
    if len(found) != 1:
        raise CohortError(
            f"{folder} holds {len(found)} CSV files; expected labels.csv, or only one."
        )
    raw = found[0].read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")  # as spreadsheets write it
    sep = max(",;\t", key=text.split("\n", 1)[0].count)
    plain = {"header": None, "dtype": str, "keep_default_na": False}
    cells = pd.read_csv(io.StringIO(text), sep=sep, skip_blank_lines=False, **plain)
    cells = cells.fillna("").apply(lambda column: column.str.strip())
    cells.index += 1
    table = cells.iloc[1:].set_axis([*cells.iloc[0]], axis=1)
    table = table[(table != "").any(axis=1)]
    if not len(table) or table.columns.str.lower().duplicated().any():
        raise CohortError(
            f"{found[0].name} has no row, or a column twice: {', '.join(table)}."
        )
    by_name = {_plain(column): column for column in table}
    roles = dict.fromkeys(COLUMN.values())
    for name, role in COLUMN.items():
        roles[role] = roles[role] or by_name.get(name)
    table.attrs = {"csv": found[0].name, "sep": sep, **roles}
    return table


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _role(column: str) -> str | None:
    name = _plain(column)
    return "mask" if name.endswith("mask") else COLUMN.get(name)


def _refuse(table: pd.DataFrame, column: str, bad: pd.Series, expected: str) -> None:
    """Refuse the first line whose cell is bad."""
    if bad.any():
        line, cell = bad.idxmax(), table.loc[bad.idxmax(), column]
        no_value = ", which is no value" * (cell.lower() in MISSING)
        raise CohortError(
            f"In line {line} of {table.attrs['csv']}, column {column!r}: found "
            f"{cell!r}{no_value}; expected {expected}. {bad.sum()} of {len(bad)} lines "
            "are so. Correct them, or leave these images out of the table."
        )


def _files(table: pd.DataFrame, column: str, places: Sequence[Path]) -> pd.Series:
    """Return the file that every cell names; None where the cell is empty."""
    names = table[column].str.replace("\\", "/")  # as Windows writes paths
    found = [next((p / n for p in places if (p / n).is_file()), None) for n in names]
    files = pd.Series(found, index=table.index, dtype=object)
    where = " or ".join(str(place) for place in places)
    expected = f"a file with its extension in {where}"
    _refuse(table, column, files.isna() & (names != ""), expected)
    return files


def _image_files(table: pd.DataFrame, folder: Path) -> pd.Series:
    column = table.attrs["file"]
    if column is None:
        raise CohortError(
            f"No column called file in {table.attrs['csv']}: {', '.join(table)}."
        )
    files = _files(table, column, (folder, folder / "images"))
    once = "every image in one line, with all its findings"
    _refuse(table, column, files.isna() | files.duplicated(), once)
    return files


def _missing(cells: pd.Series) -> pd.Series:
    return cells.str.lower().isin(MISSING)


def _numbers(table: pd.DataFrame, column: str) -> pd.Series:
    """Return numbers, NaN where there is none; "1,5" is one unless commas separate."""
    comma = "," if table.attrs["sep"] == "," else "."
    return pd.to_numeric(table[column].str.replace(",", comma), errors="coerce")


def _findings(
    table: pd.DataFrame, wanted: Sequence[str], notes: list[str]
) -> dict[str, np.ndarray]:
    """Return 0 or 1 per image for every finding that was asked for, or is found."""
    setting = os.environ.get("FINDING", "")
    asked = {}
    for wish in wanted or [setting] * bool(COMPARISON.fullmatch(setting)):
        asked |= _asked(table, wish)
    found = asked if wanted else _detected(table) | asked
    constant = [name for name, values in found.items() if len({*values}) == 1]
    if len(constant) == len(found) or asked.keys() & {*constant}:
        raise CohortError(
            f"{table.attrs['csv']} has no finding to learn: expected columns of 0 and "
            "1, or a text column label. Of a grade say where: FINDING='grade>=2'. "
            f"One value: {', '.join(constant) or 'none'}. All: {', '.join(table)}."
        )
    notes += [f"{name} is {found[name][0]} in every image." for name in constant]
    found = {name: found[name] for name in found if name not in constant}
    others = [c for c in table if c not in found and _role(c) in (None, "no finding")]
    if others:
        notes.append(f"Kept in the table, but no finding: {', '.join(others)}.")
    return found


def _detected(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the 0/1 columns and the classes of a label column, normal ones last."""
    candidates = [column for column in table if _role(column) in (None, "label")]
    found = {c: _zero_one(table, c) for c in candidates if _is_zero_one(table[c])}
    label = table.attrs["label"]
    if label is not None and label not in found:
        classes = _classes(table, label)
        found = {name: classes[name] for name in classes if name not in found} | found
    normal_last = sorted(found, key=lambda name: CLASS.get(name.lower()) == "normal")
    return {name: found[name] for name in normal_last}


def _is_zero_one(cells: pd.Series) -> bool:
    """Return True when every filled cell says 0 or 1, and most cells are filled."""
    filled = cells[~_missing(cells)].str.lower()
    return len(filled) > len(cells) / 2 and filled.isin(CELL).all()


def _zero_one(table: pd.DataFrame, column: str) -> np.ndarray:
    values = table[column].str.lower().map(CELL)
    expected = f"0 (absent) or 1 (present); of a grade, say where: '{column}>=2'"
    _refuse(table, column, values.isna(), expected)
    return values.to_numpy(dtype=int)


def _classes(table: pd.DataFrame, column: str) -> dict[str, np.ndarray]:
    """Return one 0/1 column per value of a text column but the normal ones."""
    missing = _missing(table[column]) & ~table[column].str.lower().isin(CLASS)
    _refuse(table, column, missing, "the name of a class")
    cells = [[part.strip() for part in re.split("[|;]", c)] for c in table[column]]
    alone = {part for parts in cells for part in parts}
    cells = [{one for part in parts for one in _apart(part, alone)} for parts in cells]
    counts = Counter(value for parts in cells for value in parts)
    meaning = {value: CLASS.get(value.lower(), "") for value in counts}
    if all(re.fullmatch(NUMBER, value) for value in counts):
        return {}  # a grade or a measurement, not classes
    if len(counts) > MOST_CLASSES:
        raise CohortError(
            f"{column!r} has {len(counts)} values, expected at most {MOST_CLASSES}."
        )
    values = sorted(counts, key=lambda v: (meaning[v] == "last", -counts[v], v))
    named = [value for value in values if meaning[value] != "normal"]
    if len(values) == len(named) == 2 and meaning[named[1]] == "last":
        named = named[:1]  # benign is then what is not malignant
    return {v: np.array([v in parts for parts in cells], dtype=int) for v in named}


def _apart(value: str, alone: set[str]) -> list[str]:
    """Take "nodule, mass" apart where one of its parts also stands alone somewhere."""
    parts = [part.strip() for part in value.split(",")]
    return parts if alone.intersection(parts) else [value]


def _asked(table: pd.DataFrame, wish: str) -> dict[str, np.ndarray]:
    """Return the column that a wish such as "nodule" or "grade>=2" stands for."""
    comparison = COMPARISON.fullmatch(wish)
    name = (comparison[1] if comparison else wish).lower()
    column = next((column for column in table if column.lower() == name), None)
    if column and comparison:
        values = _numbers(table, column)
        _refuse(table, column, ~np.isfinite(values), "a number, none of them missing")
        compare = getattr(values, SIGNS[comparison[2]])
        return {wish: compare(float(comparison[3])).to_numpy(dtype=int)}
    if column:
        return {column: _zero_one(table, column)}
    label = table.attrs["label"]
    classes = _classes(table, label) if label else {}
    if wish not in classes:
        raise CohortError(
            f"{table.attrs['csv']} has no column and no class {wish!r}. Columns: "
            f"{', '.join(table)}. Classes: {', '.join(classes) or 'none'}."
        )
    return {wish: classes[wish]}


def _patients(
    table: pd.DataFrame, files: pd.Series, notes: list[str]
) -> tuple[Sequence[str], bool]:
    """Return the patient of every image, and whether that is known."""
    column = table.attrs["patient"]
    if column is not None:
        expected = "the patient. Remove the column if patients are not known"
        _refuse(table, column, _missing(table[column]), expected)
        return table[column].str.replace(r"^(\d+)\.0$", r"\1", regex=True), True
    from_dicom = [_dicom_patient(path) for path in files]
    if all(from_dicom):
        notes.append("Patients are those of the DICOM PatientID.")
        return from_dicom, True
    notes.append(
        "Patients are not known (no column patient_id, no PatientID in the files), so "
        "each image counts as one: a patient may be on both sides of a split."
    )
    return [f"unknown-{row:05d}" for row in range(len(files))], False


def _dicom_patient(path: Path) -> str:
    """Return the PatientID of a DICOM file; "" of others, which are read later."""
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True)
        patient = str(header.get("PatientID", "")).strip()
    except Exception:
        return ""
    return "" if patient.lower() in MISSING else patient


def _splits(table: pd.DataFrame, frame: pd.DataFrame, notes: list[str]) -> pd.Series:
    """Return the split of every image, made by patient where the table has none."""
    anew, column = os.environ.get("COHORT_SPLIT", ""), table.attrs["split"]
    if anew not in ("", "by_patient"):
        raise CohortError(f"COHORT_SPLIT is {anew!r}; expected by_patient, or unset.")
    if anew or column is None:
        notes.append("The split was made here, by patient.")
        return _dealt(frame, DEFAULT_FRACTIONS)
    split = table[column].str.lower().str.replace("_", " ").map(SPLIT)
    _refuse(table, column, split.isna(), "train, tuning (or val), test, external test")
    check_patients(frame.assign(split=split), table.attrs["csv"])
    train = split == "train"
    if train.any() and "tuning" not in set(split):
        split[train] = _dealt(frame[train], SHARES_OF_TRAIN)
        notes.append("A fifth of the patients in train became the tuning set.")
    return split


def _dealt(frame: pd.DataFrame, shares: dict[str, float]) -> pd.Series:
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
    table: pd.DataFrame,
    findings: dict[str, np.ndarray],
    shapes: dict[int, tuple[int, int]],
    places: Sequence[Path],
    size: int,
) -> dict[str, np.ndarray] | None:
    """Return masks from `<finding>_mask`, or from `mask` for every finding present."""
    by_name = {column.lower(): column for column in table}
    masks = {}
    for finding, present in findings.items():
        own = by_name.get(f"{finding}_mask".lower())
        column = own or table.attrs["mask"]
        if column is None:
            continue
        files = _files(table, column, places)
        masks[finding] = np.zeros((len(table), size, size), bool)
        use = files.notna() & (own is not None or present == 1)
        for line, values in _pictures(table, files[use], shapes):
            grey = values if values.ndim == 2 else values.max(axis=2)
            least = 127 if grey.max() >= 127 else 1  # white, or labels 1, 2, ...
            row = table.index.get_loc(line)
            masks[finding][row] = half_covered(fit_into_square(grey >= least, size))
    return masks or None


def _whole(table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table of the contract, followed by the other columns of the CSV."""
    study, site, whole = table.attrs["study"], table.attrs["site"], frame.copy()
    numbers = [f"{row:05d}" for row in range(len(table))]
    whole.insert(1, "study_id", table[study] if study else numbers)
    whole.insert(2, "site", table[site] if site else "unknown")
    whole.insert(3, "split", whole.pop("split"))
    taken = set(whole.columns.str.lower())
    for name in table:
        if name.lower() not in taken:
            values = _numbers(table, name)
            all_numbers = (values.notna() | _missing(table[name])).all()
            whole[name] = values if all_numbers else table[name]
    return whole.reset_index(drop=True)
