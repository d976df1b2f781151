"""Say of every file in a folder whether it can be read, and as what.

::

    python -m helpers.dicom_pixels.report FOLDER

prints one line a file and the reasons for those that are refused. It looks at a set
before anything is trained on it: units, polarities, lossy files, refused files.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pandas as pd

from helpers.dicom_pixels.errors import DicomPixelsError
from helpers.dicom_pixels.header import text
from helpers.dicom_pixels.image import DicomPixels, read_pixels
from helpers.dicom_pixels.polarity import looks_negative

OTHER_FILES = {".csv", ".txt", ".json", ".md", ".png", ".jpg", ".npz", ".xml"}


def report(folder: str | Path) -> pd.DataFrame:
    """Read every file of a folder and its subfolders.

    Parameters
    ----------
    folder : path-like
        Files named like tables, texts or pictures are passed over.

    Returns
    -------
    DataFrame
        One row a file, sorted by name: file, size ("512 x 512"), unit, photometric,
        transfer_syntax, low and high (displayed range), notes, refused (the message,
        empty if the file was read).

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"There is no folder {folder.name!r}. Expected a folder of DICOM files. "
            "Check the spelling."
        )
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    rows = [
        {"file": path.relative_to(folder).as_posix(), **_one(path)}
        for path in files
        if path.suffix.lower() not in OTHER_FILES
    ]
    columns = ["file", "size", "unit", "photometric", "transfer_syntax"]
    columns += ["low", "high", "notes", "refused"]
    return pd.DataFrame(rows, columns=columns)


def _one(path: Path) -> dict:
    """Return what came out of one file."""
    try:
        pixels = read_pixels(path)
        low, high = pixels.display_range
        shown = pixels.display()
    except DicomPixelsError as error:
        return {"refused": str(error)}
    notes = list(pixels.notes)
    if _is_chest_film(pixels) and looks_negative(shown):
        notes.append("Looks like a negative: is the Photometric Interpretation true?")
    return {
        "size": " x ".join(map(str, pixels.values.shape)),
        "unit": pixels.unit,
        "photometric": pixels.photometric,
        "transfer_syntax": pixels.transfer_syntax,
        "low": low,
        "high": high,
        "notes": " ".join(notes),
        "refused": "",
    }


def _is_chest_film(pixels: DicomPixels) -> bool:
    header = pixels.dataset
    film = text(header, "Modality") in ("CR", "DX") and pixels.values.ndim == 2
    return film and text(header, "BodyPartExamined") == "CHEST"


def main(arguments: list[str]) -> int:
    """Print the report of one folder; 2 if it was called wrongly."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("Usage: python -m helpers.dicom_pixels.report FOLDER", file=sys.stderr)
        return 2
    table = report(arguments[0])
    read = table[table.refused == ""]
    for row in read.itertuples():
        print(
            f"{row.file}: {row.size}, {row.unit}, {row.photometric}, "
            f"{row.transfer_syntax}, shown from {row.low:g} to {row.high:g}"
        )
        if row.notes:
            print(textwrap.indent(textwrap.fill(row.notes, 84), "    "))
    for message in table[table.refused != ""].refused:
        print(textwrap.fill(f"REFUSED {message}", 88, subsequent_indent="    "))
    print(f"{len(read)} of {len(table)} files read, {len(table) - len(read)} refused.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
