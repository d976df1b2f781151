"""Read the CSV of an own folder: which image, whose, and what else is known."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.cohorts.card import CohortError

IMAGE_COLUMNS = ("file", "image", "path", "filename", "file_name", "image_path")


@dataclass(frozen=True)
class FolderTable:
    """The rows of a CSV as text, with the line each of them came from.

    Parameters
    ----------
    folder : Path
        Folder that image paths count from.
    csv_name : str
        File name, for messages.
    rows : DataFrame of str
        Cells without surrounding blanks; an empty cell is "".
    lines : list of int
        Line of the CSV (the header is line 1) of every row.
    """

    folder: Path
    csv_name: str
    rows: pd.DataFrame
    lines: list[int]

    def column(self, *names: str) -> str | None:
        """Return the column with one of these names, in any case, or None."""
        by_lower_case = {str(column).lower(): column for column in self.rows.columns}
        return next((by_lower_case[n] for n in names if n in by_lower_case), None)

    def where(self, row: int) -> str:
        """Return "line 5 of labels.csv" for a row number."""
        return f"line {self.lines[row]} of {self.csv_name}"


def read_folder_table(folder: Path, csv_name: str | Path | None) -> FolderTable:
    """Return the CSV of a folder as text.

    Parameters
    ----------
    folder : Path
    csv_name : str, Path or None
        None: labels.csv, or the only CSV there.

    Raises
    ------
    CohortError
        If there is no CSV, more than one, no row in it, or a row of another length.
    """
    path = _find_csv(folder, csv_name)
    text = _decoded(path)
    first_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    header = [name.strip() for name in next(reader, [])]
    rows, lines = [], []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise CohortError(
                f"Line {reader.line_num} of {path.name} has {len(cells)} cells; "
                f"expected {len(header)}, as the header has. Put text that holds a "
                f"{delimiter!r} in quotation marks."
            )
        rows.append([cell.strip() for cell in cells])
        lines.append(reader.line_num)
    names = [name.lower() for name in header]
    if repeated := [name for name in header if names.count(name.lower()) > 1]:
        raise CohortError(
            f"{path.name} has the column {repeated[-1]!r} twice; expected every name "
            "once. Rename or remove one of them."
        )
    if not rows:
        raise CohortError(
            f"{path.name} in {folder.name} has a header but no row; expected one row "
            "per image with its file name and its findings."
        )
    return FolderTable(folder, path.name, pd.DataFrame(rows, columns=header), lines)


def _find_csv(folder: Path, csv_name: str | Path | None) -> Path:
    if csv_name is not None:
        given = Path(csv_name)
        path = given if given.is_absolute() or given.is_file() else folder / given
        if path.is_file():
            return path
        raise CohortError(f"There is no file {csv_name} in {folder}. Check its name.")
    found = sorted(path for path in folder.glob("*.csv") if path.is_file())
    usual = [path for path in found if path.name.lower() == "labels.csv"] or found
    if len(usual) == 1:
        return usual[0]
    several = f"several CSV files ({', '.join(path.name for path in found)})"
    raise CohortError(
        f"The folder {folder} holds {several if found else 'no CSV'}; expected "
        "labels.csv with one row per image: a column file, and one 0/1 column per "
        "finding. Name the one to use: cohorts.from_folder(path, csv='...')."
    )


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")  # as spreadsheets write it


def image_paths(table: FolderTable) -> list[Path]:
    """Return the path of every image.

    Raises
    ------
    CohortError
        If there is no such column, a cell is empty, a file is missing (the message
        says how many are), or one file stands in two rows.
    """
    column = table.column(*IMAGE_COLUMNS)
    if column is None:
        raise CohortError(
            f"{table.csv_name} names no image: expected a column called "
            f"{', '.join(IMAGE_COLUMNS)}; it has {', '.join(table.rows.columns)}. "
            "Rename the column that holds the file names."
        )
    names = table.rows[column]
    places = (table.folder, table.folder / "images")
    paths = [find_file(name, *places) for name in names]
    missing = [row for row, path in enumerate(paths) if path is None]
    if missing:
        raise CohortError(
            f"The image {names[missing[0]]!r} ({table.where(missing[0])}, column "
            f"{column!r}) is not in {table.folder} nor in its subfolder images/. "
            f"{len(missing)} of {len(paths)} images are missing. Expected file names "
            "with their extension, which count from the folder of the CSV."
        )
    repeated = np.flatnonzero(pd.Series(paths).duplicated())
    if len(repeated):
        row, first = repeated[0], paths.index(paths[repeated[0]])
        raise CohortError(
            f"The image {names[row]!r} stands in two rows of {table.csv_name}: lines "
            f"{table.lines[first]} and {table.lines[row]}. Expected one row per image: "
            "put all findings of an image in one row."
        )
    return paths


def find_file(name: str, *places: Path) -> Path | None:
    """Return the file of that name in the first place that has it, or None.

    Windows' backslashes are understood.
    """
    for place in places:
        for spelling in (name, name.replace("\\", "/")):
            if name and (place / spelling).is_file():
                return place / spelling
    return None
