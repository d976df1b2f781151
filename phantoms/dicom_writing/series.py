"""Check, build and write a CT series, one file a slice; the whole folder or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from pydicom.dataset import FileDataset
from pydicom.uid import CTImageStorage

from phantoms.dicom_writing.attributes import (
    decimal,
    identity,
    patient_problem,
    put_pixels,
    uid,
)
from phantoms.dicom_writing.errors import writing_error
from phantoms.dicom_writing.records import CtSeries
from phantoms.dicom_writing.saving import SYNTAXES, check_syntax, encode, save_folder

SHUFFLE_SEED = 2026


def write_series(
    folder: str | os.PathLike,
    hu: np.ndarray,
    *,
    spacing_mm: tuple[float, float, float],
    patient_id: str,
    details: CtSeries | None = None,
    transfer_syntax: str = "uncompressed",
    positions_mm: ArrayLike | None = None,
) -> list[Path]:
    """Write a CT volume as one DICOM file a slice and return their paths.

    Parameters
    ----------
    folder : path-like
        A folder that does not exist yet, in one that does. It appears when every
        slice is written, or not at all.
    hu : int16 array of shape (slices, rows, columns)
        CT numbers. With the usual orientation: slices from the feet to the head, rows
        from front to back, columns from the patient's right to left.
    spacing_mm : (slice, row, column)
        Distance of the slices, of the rows, of the columns.
    patient_id : str
        An invented identifier, 1 to 64 characters.
    details : CtSeries or None
        Origin, orientation, patient, kernel, windows, stored bits.
    transfer_syntax : {"uncompressed", "implicit", "deflated", "rle", "jpeg2000"}
    positions_mm : array of shape (slices, 3) or None
        Image Position (Patient) of every slice where it is known; it must agree with
        origin, orientation and spacing within 0.01 mm. None: computed from them.

    Returns
    -------
    list of Path
        In the order of `hu`, which is not the order of the file names.

    Raises
    ------
    DicomWritingError
        If the volume, the geometry or an argument cannot be written, the folder
        exists, or the disk refuses.

    References
    ----------
    DICOM PS3.3, A.3 (CT Image IOD) and C.7.6.2 (Image Plane Module).
    """
    folder, hu, details = Path(folder), np.asarray(hu), details or CtSeries()
    _check_volume(folder, hu, patient_id, details)
    _check_geometry(folder, spacing_mm, details)
    check_syntax(folder, transfer_syntax, hu.shape[1:])
    positions = slice_positions(len(hu), spacing_mm, details)
    _check_positions(folder, positions, positions_mm)
    names = _file_names(len(hu), details.shuffled_names)
    slices = _slices(hu, positions, spacing_mm, patient_id, details)
    save_folder(folder, _encoded(slices, names, transfer_syntax))
    return [folder / name for name in names]


def slice_positions(
    slices: int, spacing_mm: tuple[float, float, float], details: CtSeries
) -> np.ndarray:
    """Return Image Position (Patient) of every slice, shape (slices, 3), in mm.

    Examples
    --------
    >>> slice_positions(2, (2.5, 1, 1), CtSeries(origin_mm=(-9, -8, 7))).tolist()
    [[-9.0, -8.0, 7.0], [-9.0, -8.0, 9.5]]
    """
    along = slice_normal(details.orientation) * spacing_mm[0]
    return np.asarray(details.origin_mm, float) + np.arange(slices)[:, None] * along


def slice_normal(orientation: ArrayLike) -> np.ndarray:
    """Return the direction in which the slices follow: row x column."""
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    return np.cross(row, column)


def _slices(hu, positions, spacing_mm, patient_id, details) -> Iterator[FileDataset]:
    """Yield one data set a slice, not yet compressed."""
    for number, (plane, position) in enumerate(zip(hu, positions, strict=True)):
        stored = plane if details.signed else (plane.astype(np.int32) + 1024)
        stored = stored.astype(np.int16 if details.signed else np.uint16)
        dataset = identity(
            patient_id,
            details,
            sop_class=CTImageStorage,
            series=("CT", str(details.series), str(number)),
            stored=stored,
        )
        dataset.SeriesInstanceUID = uid(
            patient_id.strip(), details.study, "series", "CT", str(details.series)
        )
        dataset.InstanceNumber = len(hu) - number
        _describe_series(dataset, details, patient_id)
        _describe_plane(dataset, position, spacing_mm, details)
        put_pixels(dataset, stored, photometric="MONOCHROME2", bits=details.bits)
        yield dataset


def _encoded(slices, names, transfer_syntax) -> Iterator[tuple[str, FileDataset]]:
    for name, dataset in zip(names, slices, strict=True):
        encode(dataset, SYNTAXES[transfer_syntax])
        yield name, dataset


def _file_names(slices: int, shuffled: bool) -> list[str]:
    """Return one file name a slice of the volume, head first or in no order."""
    numbers = np.arange(slices, 0, -1)
    if shuffled:
        numbers = np.random.default_rng(SHUFFLE_SEED).permutation(numbers)
    return [f"IM{number:04d}.dcm" for number in numbers]


def _describe_series(dataset: FileDataset, details: CtSeries, patient_id: str) -> None:
    """Add the CT Image, Frame of Reference and VOI LUT modules."""
    dataset.Modality = "CT"
    dataset.SeriesNumber = details.series
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = uid(patient_id.strip(), details.study, "frame")
    dataset.PositionReferenceIndicator = ""
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.AcquisitionNumber = 1
    dataset.KVP = decimal(details.kvp)
    dataset.ConvolutionKernel = details.kernel
    if details.contrast:
        dataset.ContrastBolusAgent = details.contrast
    dataset.RescaleIntercept = 0 if details.signed else -1024
    dataset.RescaleSlope = 1
    dataset.RescaleType = "HU"
    dataset.WindowCenter = [decimal(center) for center, _ in details.windows]
    dataset.WindowWidth = [decimal(width) for _, width in details.windows]


def _describe_plane(dataset, position, spacing_mm, details: CtSeries) -> None:
    """Add the Image Plane module: where the slice lies and how large its pixels are."""
    between, row, column = spacing_mm
    dataset.ImagePositionPatient = [decimal(value) for value in position]
    dataset.ImageOrientationPatient = [decimal(v) for v in details.orientation]
    dataset.PixelSpacing = [decimal(row), decimal(column)]
    dataset.SliceThickness = decimal(details.slice_thickness_mm or between)
    dataset.SpacingBetweenSlices = decimal(between)
    dataset.SliceLocation = decimal(position @ slice_normal(details.orientation))


def _check_volume(folder: Path, hu: np.ndarray, patient_id, details: CtSeries) -> None:
    """Raise on voxels that cannot be written."""
    shaped = hu.ndim == 3 and 0 not in hu.shape and max(hu.shape) < 65536
    whole = isinstance(details.bits, int) and 12 <= details.bits <= 16
    checks = [
        (
            shaped,
            f"the volume has the shape {hu.shape}",
            "(slices, rows, columns), each from 1 to 65535",
            "For one slice write hu[None].",
        ),
        (
            hu.dtype == np.int16,
            f"the volume has the type {hu.dtype}",
            "int16 CT numbers in HU",
            "Round first: np.rint(hu).astype('int16').",
        ),
        patient_problem(patient_id),
        (
            whole,
            f"bits is {details.bits!r}",
            "a whole number from 12 to 16",
            "Most scanners store 12, or 16 where metal exceeds 3071 HU.",
        ),
    ]
    for passed, what, expected, do in checks:
        if not passed:
            raise writing_error(folder, what=what, expected=expected, do=do)
    smallest = -(2 ** (details.bits - 1)) if details.signed else -1024
    largest = smallest + 2**details.bits - 1
    if hu.min() < smallest or hu.max() > largest:
        raise writing_error(
            folder,
            what=f"the CT numbers go from {hu.min()} to {hu.max()} HU",
            expected=f"{smallest} to {largest} HU, which {details.bits} bits hold here",
            do="Clip them, or use CtSeries(bits=16, signed=True).",
        )


def _check_geometry(folder: Path, spacing_mm, details: CtSeries) -> None:
    """Raise on spacing, orientation or origin that no scanner has."""
    spacing = np.asarray(spacing_mm, dtype=float)
    origin = np.asarray(details.origin_mm, dtype=float)
    axes = np.asarray(details.orientation, dtype=float)
    right_angled = False
    if axes.shape == (6,):
        product = axes.reshape(2, 3) @ axes.reshape(2, 3).T
        right_angled = bool(np.allclose(product, np.eye(2), atol=1e-4))
    checks = [
        (
            spacing.shape == (3,) and bool((spacing > 0).all() & (spacing < 1e4).all()),
            f"spacing_mm is {spacing_mm!r}",
            "three lengths above 0: between slices, between rows, between columns",
            "Slices must be evenly spaced: resample them first if they are not.",
        ),
        (
            origin.shape == (3,) and bool(np.isfinite(origin).all()),
            f"origin_mm is {details.origin_mm!r}",
            "the centre of voxel [0, 0, 0] as (x, y, z) in mm",
            "Use (0, 0, 0) if the place in space does not matter.",
        ),
        (
            right_angled,
            f"orientation is {details.orientation!r}",
            "two directions of length 1 at a right angle, as six numbers",
            "(1, 0, 0, 0, 1, 0) is an axial slice seen from the feet.",
        ),
    ]
    for passed, what, expected, do in checks:
        if not passed:
            raise writing_error(folder, what=what, expected=expected, do=do)


def _check_positions(folder: Path, computed: np.ndarray, given) -> None:
    """Raise if the slices do not lie where an even spacing puts them."""
    if given is None:
        return
    found = np.asarray(given, dtype=float)
    if found.shape != computed.shape:
        raise writing_error(
            folder,
            what=f"positions_mm has the shape {found.shape}",
            expected=f"{computed.shape}: x, y and z of every slice",
            do="Leave it out to have the positions computed.",
        )
    off = np.linalg.norm(found - computed, axis=1)
    worst = int(off.argmax())
    if off[worst] > 0.01:
        raise writing_error(
            folder,
            what=f"slice {worst} lies {off[worst]:.2f} mm from its place "
            f"({np.round(found[worst], 2).tolist()} instead of "
            f"{np.round(computed[worst], 2).tolist()})",
            expected="slices evenly spaced along their normal",
            do="A slice is missing or twice there, the gantry was tilted, or "
            "spacing_mm is wrong: resample to an even spacing first.",
        )
