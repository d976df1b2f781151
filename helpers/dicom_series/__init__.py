"""Read a DICOM series into a volume: ordered, spaced, in its place; or refuse it.

`read_series` takes a folder or a list of files and returns a `SeriesVolume`: voxels
(slices, rows, columns), their unit, their spacing in mm and the affine matrix to
patient coordinates. Slices are ordered by position and orientation alone. What cannot
be trusted (a gap, two images at one place, mixed orientations, a tilted gantry) is a
`DicomSeriesError`; what a user should know is in `problems`.

The steps: `headers` (files to headers), `choosing` (one series), `likeness` and
`stacking` (what is wrong), `remarks` (what a header claims and positions deny),
`examination` (all of that), `geometry` (positions, spacing, affine matrix), `reading`,
`straightening` and `volume` (voxels).
``python -m helpers.dicom_series FOLDER`` looks at a whole folder.
"""

from helpers.dicom_series.choosing import find_series
from helpers.dicom_series.errors import DicomSeriesError, Problem
from helpers.dicom_series.examination import SeriesGeometry, examine_geometry
from helpers.dicom_series.geometry import (
    affine_of,
    slice_normal,
    slice_position_mm,
    spacing_from_positions,
)
from helpers.dicom_series.headers import SliceHeader, read_headers
from helpers.dicom_series.listing import list_series
from helpers.dicom_series.reading import read_series
from helpers.dicom_series.volume import SeriesVolume

__all__ = [
    "DicomSeriesError",
    "Problem",
    "SeriesGeometry",
    "SeriesVolume",
    "SliceHeader",
    "affine_of",
    "examine_geometry",
    "find_series",
    "list_series",
    "read_headers",
    "read_series",
    "slice_normal",
    "slice_position_mm",
    "spacing_from_positions",
]
