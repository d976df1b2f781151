"""What lesson 12 says about a real series: order, spacing, what slices leave out.

    COURSE_DATA_DIR=path/to/data python -m tools.evidence.series

reads the series Lung_Dx-A0002 of TCIA Lung-PET-CT-Dx (Li 2020, CC BY 4.0), then every
other DICOM file alone, and writes data/evidence/series_real.csv, one fact a row.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK

from helpers.dicom_series import (
    DicomSeriesError,
    SeriesVolume,
    list_series,
    read_series,
)
from helpers.volumes import resample_values
from tools.evidence.pages import EVIDENCE, count_refused, real_data, write_table

SERIES = "dicom/ct_series_lung_dx_a0002"
BODY_HU = -500  # a voxel above it, in either of two volumes, is body


def measure_series(folder: Path) -> pd.DataFrame:
    """Return measure and value of the real series.

    Parameters
    ----------
    folder : Path
        With the DICOM files and annotations.csv (boxes about the tumour, in pixels).
    """
    volume = read_series(folder)
    (problems,) = list_series(folder)["problems"]
    facts = {
        "slices": len(volume.values),
        "spacing, mm": volume.spacing_mm[0],
        "pixel, mm": volume.spacing_mm[1],
        "reversed": float("reversed" in {problem.kind for problem in problems}),
        **against_simpleitk(volume),
        **tumour_of(folder, volume),
        **left_out(volume),
        **other_files(folder),
    }
    rows = [(name, round(float(value), 4)) for name, value in facts.items()]
    return pd.DataFrame(rows, columns=["measure", "value"])


def against_simpleitk(volume: SeriesVolume) -> dict[str, float]:
    """Compare voxels and the places of two corners with SimpleITK's own reading."""
    image = SimpleITK.ReadImage([str(path) for path in volume.paths])
    other = SimpleITK.GetArrayFromImage(image)
    last = np.array(volume.values.shape) - 1
    ours = volume.to_patient_mm([[0, 0, 0], last])
    ends = [(0, 0, 0), tuple(int(n) for n in last[::-1])]  # column, row, slice
    theirs = [image.TransformIndexToPhysicalPoint(end) for end in ends]
    return {
        "voxels against SimpleITK, HU": np.abs(volume.values - other).max(),
        "corners against SimpleITK, mm": np.abs(ours - np.array(theirs)).max(),
    }


def tumour_of(folder: Path, volume: SeriesVolume) -> dict[str, float]:
    """Return the size of the box about the tumour in mm."""
    marked = pd.read_csv(folder / "annotations.csv").query("tumour_box == 1")
    _, row_mm, column_mm = volume.spacing_mm
    columns, rows = marked[["xmin", "xmax"]], marked[["ymin", "ymax"]]
    return {
        "slices with tumour": len(marked),
        "tumour, right to left, mm": np.ptp(columns.to_numpy()) * column_mm,
        "tumour, front to back, mm": np.ptp(rows.to_numpy()) * row_mm,
        "tumour, first to last slice, mm": np.ptp(marked.z_mm),
    }


def left_out(volume: SeriesVolume) -> dict[str, float]:
    """Leave out every second slice, interpolate it, and compare with what was there."""
    values = volume.values[: len(volume.values) // 2 * 2 - 1]
    kept, hidden = values[::2], values[1::2]
    slice_mm, row_mm, column_mm = volume.spacing_mm
    thick, thin = (2 * slice_mm, row_mm, column_mm), volume.spacing_mm
    made = resample_values(kept, thick, thin)[1::2]
    error = (made - hidden)[(hidden > BODY_HU) | (made > BODY_HU)]
    return {
        "slices left out": len(hidden),
        "interpolated, median error, HU": np.median(np.abs(error)),
        "interpolated, above 100 HU, share": np.mean(np.abs(error) > 100),
        "interpolated, largest error, HU": np.abs(error).max(),
    }


def other_files(folder: Path) -> dict[str, float]:
    """Give every file beside the series to `read_series`; count what became of it."""
    files = folder.parent.rglob("*.dcm")
    paths = [path for path in files if folder not in path.parents]
    refused = count_refused(paths, read_series, DicomSeriesError)
    return {
        "other files": len(paths),
        "other files refused": refused,
        "other files read": len(paths) - refused,
    }


def main() -> None:
    """Measure, write the table and print it."""
    table = measure_series(real_data(SERIES) / SERIES)
    print(table.to_string(index=False))
    write_table(table, EVIDENCE / "series_real.csv")


if __name__ == "__main__":
    main()
