"""Which series lie in a folder, and which of them can become a volume."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from helpers.dicom_pixels.header import text
from helpers.dicom_pixels.reading import guarded
from helpers.dicom_series.choosing import without_localizers
from helpers.dicom_series.examination import examine_geometry
from helpers.dicom_series.headers import SliceHeader, files_of, read_headers

COLUMNS = ["series_uid", "modality", "number", "description", "images", "slices"]
COLUMNS += ["rows", "columns", "spacing_mm", "volume", "problems"]


def list_series(folder: str | os.PathLike) -> pd.DataFrame:
    """Return one row for each series in a folder and its subfolders.

    Returns
    -------
    DataFrame
        series_uid, modality, number, description, images, slices (missing ones
        counted), rows, columns, spacing_mm (between slices, NaN if it is not known),
        volume (True: `read_series` can read it without mending), problems (tuple).
        ``attrs["passed_over"]`` names the files that are no image, and
        ``attrs["damaged"]`` those that cannot be read.

    Raises
    ------
    DicomSeriesError
        If there is no such folder, or it is empty.
    """
    return guarded(_listed, Path(folder))[0]


def _listed(folder: Path) -> pd.DataFrame:
    found = read_headers(files_of(folder))
    series: dict[str, list[SliceHeader]] = {}
    for header in found.slices:
        series.setdefault(header.series_uid, []).append(header)
    rows = [_row(uid, members) for uid, members in series.items()]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.attrs["passed_over"] = [
        f"{path.name}: {why}" for path, why in found.passed_over
    ]
    table.attrs["damaged"] = [str(error) for error in found.damaged]
    return table


def _row(uid: str, members: list[SliceHeader]) -> dict:
    """Return what is known of one series."""
    slices, scouts = without_localizers(members)
    geometry = examine_geometry(slices)
    first = geometry.headers[0]
    spacing = geometry.spacing_mm
    return {
        "series_uid": uid,
        "modality": text(first.dataset, "Modality"),
        "number": first.number("SeriesNumber"),
        "description": text(first.dataset, "SeriesDescription"),
        "images": len(members),
        "slices": geometry.slices,
        "rows": first.size[0],
        "columns": first.size[1],
        "spacing_mm": float("nan") if spacing is None else spacing[0],
        "volume": not geometry.fatal(),
        "problems": (*geometry.problems, *scouts),
    }
