"""A CT volume written as DICOM in eight ways that go wrong, or only look wrong.

For lessons and tests: what arrives from an archive or an export, made from a volume
whose geometry is known. Pixels and headers agree in each: planes that lean are cut out
of the volume at that angle.
"""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileDataset
from pydicom.uid import UID, generate_uid
from scipy.ndimage import affine_transform

from phantoms.dicom_writing import CtSeries, slice_normal, write_series
from phantoms.study.scan import CtScan

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
AIR_HU = -1000
COARSER = 1.6  # the lower half of "uneven spacing", not a multiple
KINDS = ("gap", "duplicate", "uneven spacing", "tilt")
KINDS += ("oblique", "reversed", "overlap", "several series")
FEWEST_SLICES = 40


def write_damaged(
    folder: Path, scan: CtScan, *, thin: int = 4, lean_deg: float = 15.0
) -> dict[str, Path]:
    """Write a scan as eight folders, file names counting upwards in each.

    Parameters
    ----------
    folder : Path
        Gets a folder for each of `KINDS`.
    scan : CtScan
        At least 40 slices.
    thin : int
        Every how many rows and columns are kept, to save time.
    lean_deg : float
        Lean of the planes of "tilt" and "oblique", in degrees.

    Returns
    -------
    dict of str to Path
        The folder of each kind.

    Raises
    ------
    ValueError
        If the scan has too few slices.
    """
    n = len(scan.hu)
    if n < FEWEST_SLICES:
        raise ValueError(
            f"The scan has {n} slices. Expected at least {FEWEST_SLICES}, so that a "
            "damaged series is still one. Scan with a smaller slice_mm."
        )
    series = _damaged(scan, thin, leaning_back(lean_deg))
    folders = {kind: folder / kind for kind in KINDS}
    for kind, place in folders.items():
        place.mkdir(parents=True)
        for number, header in enumerate(series[kind]):
            header.save_as(place / f"IM{number:04}.dcm")
    return folders


def _damaged(scan, thin, leaning) -> dict[str, list[FileDataset]]:
    """Return the files of each kind, in the order of their names."""
    slice_mm, half = scan.spacing_mm[0], len(scan.hu) // 2
    along_table = np.array([0, 0, slice_mm])
    plain = _series(scan, thin, AXIAL, along_table)
    oblique = _series(scan, thin, leaning, slice_normal(leaning) * slice_mm)
    coarse = _series(scan, thin, AXIAL, COARSER * along_table)
    other_uid = generate_uid(entropy_srcs=["damaged"])
    return {
        "gap": plain[:half] + plain[half + 3 :],
        "duplicate": _twice(plain, half + 8),
        "uneven spacing": coarse[: int((half - 1) / COARSER) + 1] + plain[half:],
        "tilt": _series(scan, thin, leaning, along_table),
        "oblique": oblique,
        "reversed": plain[::-1],
        "overlap": _changed(plain, SliceThickness=2 * slice_mm),
        "several series": plain[:half] + _changed(oblique, SeriesInstanceUID=other_uid),
    }


def leaning_back(degrees: float) -> tuple[float, ...]:
    """Return the orientation of axial planes that lean back by an angle."""
    lean = np.radians(degrees)
    return (1.0, 0.0, 0.0, 0.0, float(np.cos(lean)), float(np.sin(lean)))


def cut_planes(
    scan: CtScan, orientation: tuple[float, ...], step_mm: np.ndarray, *, thin: int = 1
) -> np.ndarray:
    """Return a scan as a scanner with other planes would have imaged it.

    Parameters
    ----------
    scan : CtScan
    orientation : six numbers
        Image Orientation (Patient) of the new planes, which start at the same place.
    step_mm : (x, y, z)
        From one plane to the next.
    thin : int
        Every how many rows and columns are kept.

    Returns
    -------
    int16 array of shape (slices, rows, columns)
        HU; -1000 outside the scan.
    """
    hu = scan.hu[:, ::thin, ::thin].astype(np.float32)
    pixel = (scan.spacing_mm[1] * thin, scan.spacing_mm[2] * thin)
    old = _affine(scan.origin_mm, AXIAL, pixel, (0, 0, scan.spacing_mm[0]))
    new = _affine(scan.origin_mm, orientation, pixel, step_mm)
    matrix = np.linalg.inv(old[:, :3]) @ new[:, :3]
    return np.rint(affine_transform(hu, matrix, order=1, cval=AIR_HU)).astype(np.int16)


def _affine(position, orientation, pixel_mm, step_mm) -> np.ndarray:
    """Return the 3 x 4 matrix from voxel (slice, row, column, 1) to patient mm."""
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    return np.column_stack([step_mm, column * pixel_mm[0], row * pixel_mm[1], position])


def _series(scan, thin, orientation, step_mm) -> list[FileDataset]:
    """Return the files of a series, from the first position on, in memory."""
    spacing = (
        float(np.linalg.norm(step_mm)),
        *(thin * mm for mm in scan.spacing_mm[1:]),
    )
    details = CtSeries(origin_mm=scan.origin_mm, orientation=orientation)
    with tempfile.TemporaryDirectory() as scratch:
        paths = write_series(
            Path(scratch) / "ct",
            cut_planes(scan, orientation, step_mm, thin=thin),
            spacing_mm=spacing,
            patient_id=scan.study.patient.patient_id,
            details=details,
        )
        series = [pydicom.dcmread(path) for path in paths]
    for number, header in enumerate(series):
        place = np.add(scan.origin_mm, number * step_mm)
        header.ImagePositionPatient = [round(float(mm), 4) for mm in place]
        header.InstanceNumber = number + 1
        header.SOPInstanceUID = _uid(header.SOPInstanceUID, step_mm)
    return series


def _uid(*parts: object) -> UID:
    """Return a UID that is the same for the same parts."""
    return generate_uid(entropy_srcs=["damaged", *map(str, parts)])


def _twice(series: list[FileDataset], number: int) -> list[FileDataset]:
    """Return a series in which one place holds two different images."""
    other = copy.deepcopy(series[number + 8])
    other.ImagePositionPatient = series[number].ImagePositionPatient
    other.SOPInstanceUID = _uid(other.SOPInstanceUID, "twice")
    return [*series[: number + 1], other, *series[number + 1 :]]


def _changed(series: list[FileDataset], **attributes) -> list[FileDataset]:
    """Return copies of files with some attributes changed."""
    series = copy.deepcopy(series)
    for header in series:
        for keyword, value in attributes.items():
            setattr(header, keyword, value)
    return series
