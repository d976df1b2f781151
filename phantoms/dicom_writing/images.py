"""Check, build and write radiographs, CT series and reports."""

from __future__ import annotations

import os
import tempfile  # noqa: F401  (used by the example)
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from phantoms.dicom_writing.files import (
    SYNTAXES,
    Details,
    code,
    common_checks,
    decimal,
    encode,
    fill,
    identity,
    put_pixels,
    refuse,
    save_file,
    save_folder,
    uid,
)

SHUFFLE_SEED = 2026


@dataclass(frozen=True, kw_only=True)
class Radiograph(Details):
    """What is written beside the pixels of a radiograph; all of it invented.

    Attributes
    ----------
    sex, age_years, study, date, model, institution
        See `Details`.
    view : {"PA", "AP"}
    spacing_mm : float
        Distance of two pixels at the detector.
    kvp : float or None
        Tube voltage.
    """

    view: str = "PA"
    spacing_mm: float = 3.0
    kvp: float | None = None


@dataclass(frozen=True, kw_only=True)
class CtSeries(Details):
    """What is written beside the voxels of a CT; all of it invented.

    Attributes
    ----------
    sex, age_years, study, date, model, institution
        See `Details`.
    origin_mm : (x, y, z)
        Centre of the voxel [0, 0, 0] in the patient's frame of DICOM: x to the
        patient's left, y to the back, z to the head.
    orientation : six numbers
        Image Orientation (Patient): the direction of a row (along the columns), then
        of a column (down the rows). The slices follow their cross product.
    slice_thickness_mm : float or None
        None: as thick as the slices are apart.
    kvp : float
        Tube voltage.
    kernel : str
        Name of the reconstruction kernel, at most 16 characters.
    windows : pairs (centre, width) in HU
        The first is the one that a viewer begins with.
    bits : int
        Bits Stored, 12 to 16.
    signed : bool
        False: stored = HU + 1024, as most scanners do. True: stored = HU.
    series : int
        Series Number, tells the series of one study apart.
    shuffled_names : bool
        True: file names in no order. Otherwise, and always in Instance Number, they
        count from the head to the feet.
    """

    model: str = "In-silico CT"
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    orientation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    slice_thickness_mm: float | None = None
    kvp: float = 120.0
    kernel: str = "STANDARD"
    windows: tuple[tuple[float, float], ...] = ((40.0, 400.0), (-600.0, 1500.0))
    bits: int = 12
    signed: bool = False
    series: int = 1
    shuffled_names: bool = False


def write_radiograph(
    path: str | os.PathLike,
    image: np.ndarray,
    *,
    patient_id: str,
    photometric: str = "MONOCHROME2",
    bits: int = 12,
    transfer_syntax: str = "uncompressed",
    details: Radiograph | None = None,
) -> Path:
    """Write one radiograph as DICOM and return its path.

    Parameters
    ----------
    path : path-like
        File to write; its folder must exist. Nothing half-written is left behind.
    image : uint8 array (rows, columns)
        Display values, 0 black to 255 white. They are spread over all `bits`, so that
        a viewer shows the same image again.
    patient_id : str
        An invented identifier, 1 to 64 characters.
    photometric : {"MONOCHROME2", "MONOCHROME1"}
        MONOCHROME1 stores the negative; a viewer shows the same picture.
    bits : int
        Bits Stored, 8 to 16.
    transfer_syntax : {"uncompressed", "implicit", "deflated", "rle", "jpeg2000"}
    details : Radiograph or None
        Sex, age, view, spacing and study.

    Raises
    ------
    DicomWritingError
        If the image or an argument cannot be written, or the disk refuses.

    Examples
    --------
    >>> folder = tempfile.mkdtemp()
    >>> film = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> path = write_radiograph(f"{folder}/film.dcm", film, patient_id="P0001")
    >>> import pydicom
    >>> int(pydicom.dcmread(path).pixel_array.max())  # 255 in 12 bits
    4095

    References
    ----------
    DICOM PS3.3, A.26 (Digital X-Ray Image IOD).
    """
    image, details = np.asarray(image), details or Radiograph()
    checks = [
        (
            image.ndim == 2 and 0 not in image.shape and max(image.shape) < 65536,
            f"the image has the shape {image.shape}. Expected (rows, columns) of one "
            "grey image, each from 1 to 65535.",
        ),
        (
            image.dtype == np.uint8,
            f"the image has the type {image.dtype}. Expected uint8 display values, 0 "
            "black to 255 white: apply a window first.",
        ),
        (
            photometric in ("MONOCHROME1", "MONOCHROME2"),
            f"photometric is {photometric!r}. Expected 'MONOCHROME1' or 'MONOCHROME2'.",
        ),
        (
            type(bits) is int and 8 <= bits <= 16,
            f"bits is {bits!r}. Expected a whole number from 8 to 16.",
        ),
    ]
    side = min(image.shape, default=0)
    refuse(path, [*checks, *common_checks(patient_id, transfer_syntax, side)])
    stored = stored_values(image, photometric=photometric, bits=bits)
    dataset = identity(
        patient_id,
        details,
        kind="DX",
        content=stored.tobytes(),
    )
    put_pixels(dataset, stored, photometric=photometric, bits=bits)
    _describe_radiograph(dataset, details)
    return save_file(encode(dataset, SYNTAXES[transfer_syntax]), Path(path))


def stored_values(image: np.ndarray, *, photometric: str, bits: int) -> np.ndarray:
    """Return display values 0..255 as stored values of so many bits.

    uint8 for 8 bits, else uint16; for MONOCHROME1 the largest value is black.

    Examples
    --------
    >>> film = np.array([[0, 255]], dtype=np.uint8)
    >>> stored_values(film, photometric="MONOCHROME1", bits=12).tolist()
    [[4095, 0]]
    """
    largest = 2**bits - 1
    stored = np.rint(image.astype(np.float64) * largest / 255.0)
    if photometric == "MONOCHROME1":
        stored = largest - stored
    return stored.astype(np.uint8 if bits == 8 else np.uint16)


def _describe_radiograph(dataset: Dataset, details: Radiograph) -> None:
    """Add the DX modules; those of the display follow from the stored values."""
    inverse = dataset.PhotometricInterpretation == "MONOCHROME1"
    view = code("399348003", "SCT", "antero-posterior")
    if details.view == "PA":
        view = code("272479007", "SCT", "postero-anterior")
    values = {
        "AnatomicRegionSequence": [code("51185008", "SCT", "Thorax")],
        "ViewPosition": details.view,
        "ViewCodeSequence": [view],
        "ImagerPixelSpacing": [decimal(details.spacing_mm)] * 2,
        "AcquisitionContextSequence": Sequence(),
        "PixelIntensityRelationshipSign": 1 if inverse else -1,
        "PresentationLUTShape": "INVERSE" if inverse else "IDENTITY",
        "WindowCenter": 2 ** (dataset.BitsStored - 1),
        "WindowWidth": 2**dataset.BitsStored,
    }
    if details.kvp is not None:
        values["KVP"] = decimal(details.kvp)
    fill(dataset, values)


def write_series(
    folder: str | os.PathLike,
    hu: np.ndarray,
    *,
    spacing_mm: tuple[float, float, float],
    patient_id: str,
    details: CtSeries | None = None,
    transfer_syntax: str = "uncompressed",
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
    side = min(hu.shape[1:], default=0)
    new = (
        not os.path.lexists(folder),
        "the folder exists already. Choose another name, or remove the old folder "
        "first, so that no two series mix.",
    )
    refuse(folder, [new, *common_checks(patient_id, transfer_syntax, side)])
    refuse(folder, _volume_checks(hu, details))
    refuse(folder, _geometry_checks(spacing_mm, details))
    numbers = np.arange(len(hu), 0, -1)
    if details.shuffled_names:
        numbers = np.random.default_rng(SHUFFLE_SEED).permutation(numbers)
    names = [f"IM{number:04d}.dcm" for number in numbers]
    slices = (
        encode(dataset, SYNTAXES[transfer_syntax])
        for dataset in _slices(hu, spacing_mm, patient_id, details)
    )
    save_folder(folder, zip(names, slices, strict=True))
    return [folder / name for name in names]


def slice_normal(orientation: ArrayLike) -> np.ndarray:
    """Return the direction in which the slices follow: row x column.

    Parameters
    ----------
    orientation : six numbers
        Image Orientation (Patient): the direction of a row, then of a column.

    Examples
    --------
    >>> slice_normal((1, 0, 0, 0, 1, 0)).tolist()
    [0.0, 0.0, 1.0]
    """
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    return np.cross(row, column)


def _volume_checks(hu: np.ndarray, details: CtSeries) -> Iterator[tuple[bool, str]]:
    """Yield the checks of voxels and stored bits."""
    yield (
        hu.ndim == 3 and 0 not in hu.shape and max(hu.shape) < 65536,
        f"the volume has the shape {hu.shape}. Expected (slices, rows, columns), each "
        "from 1 to 65535.",
    )
    yield (
        hu.dtype == np.int16,
        f"the volume has the type {hu.dtype}. Expected int16 CT numbers in HU: round "
        "first, np.rint(hu).astype('int16').",
    )
    yield (
        type(details.bits) is int and 12 <= details.bits <= 16,
        f"bits is {details.bits!r}. Expected a whole number from 12 to 16.",
    )
    smallest = -(2 ** (details.bits - 1)) if details.signed else -1024
    largest = smallest + 2**details.bits - 1
    yield (
        hu.min() >= smallest and hu.max() <= largest,
        f"the CT numbers go from {hu.min()} to {hu.max()} HU. Expected {smallest} to "
        f"{largest} HU, which {details.bits} bits hold here: clip them, or use "
        "CtSeries(bits=16, signed=True).",
    )


def _geometry_checks(spacing_mm, details: CtSeries) -> Iterator[tuple[bool, str]]:
    """Yield the checks of spacing, origin and orientation."""
    spacing = np.asarray(spacing_mm, dtype=float)
    yield (
        spacing.shape == (3,) and bool((spacing > 0).all() & (spacing < 1e4).all()),
        f"spacing_mm is {spacing_mm!r}. Expected three lengths above 0: between "
        "slices, between rows, between columns.",
    )
    origin = np.asarray(details.origin_mm, dtype=float)
    yield (
        origin.shape == (3,) and bool(np.isfinite(origin).all()),
        f"origin_mm is {details.origin_mm!r}. Expected the centre of voxel [0, 0, 0] "
        "as (x, y, z) in mm.",
    )
    axes = np.asarray(details.orientation, dtype=float)
    square = axes.reshape(2, 3) if axes.shape == (6,) else np.zeros((2, 3))
    yield (
        np.allclose(square @ square.T, np.eye(2), atol=1e-4),
        f"orientation is {details.orientation!r}. Expected two directions of length 1 "
        "at a right angle, as six numbers.",
    )


def _slices(hu, spacing_mm, patient_id, details) -> Iterator[FileDataset]:
    """Yield one data set a slice, not yet compressed."""
    along = slice_normal(details.orientation) * spacing_mm[0]
    positions = (
        np.asarray(details.origin_mm, float) + np.arange(len(hu))[:, None] * along
    )
    for number, (plane, position) in enumerate(zip(hu, positions, strict=True)):
        stored = plane if details.signed else (plane.astype(np.int32) + 1024)
        stored = stored.astype(np.int16 if details.signed else np.uint16)
        dataset = identity(
            patient_id,
            details,
            kind="CT",
            series=("CT", str(details.series), str(number)),
            content=stored.tobytes(),
        )
        frame = uid(patient_id.strip(), details.study, "frame")
        dataset.FrameOfReferenceUID = frame
        dataset.InstanceNumber = len(hu) - number
        _describe_slice(dataset, position, spacing_mm, details)
        put_pixels(dataset, stored, photometric="MONOCHROME2", bits=details.bits)
        yield dataset


def _describe_slice(dataset, position, spacing_mm, details: CtSeries) -> None:
    """Add the CT Image, VOI LUT and Image Plane modules."""
    between, row, column = spacing_mm
    values = {
        "SeriesNumber": details.series,
        "KVP": decimal(details.kvp),
        "ConvolutionKernel": details.kernel,
        "RescaleIntercept": 0 if details.signed else -1024,
        "WindowCenter": [decimal(center) for center, _ in details.windows],
        "WindowWidth": [decimal(width) for _, width in details.windows],
        "ImagePositionPatient": [decimal(value) for value in position],
        "ImageOrientationPatient": [decimal(value) for value in details.orientation],
        "PixelSpacing": [decimal(row), decimal(column)],
        "SliceThickness": decimal(details.slice_thickness_mm or between),
        "SpacingBetweenSlices": decimal(between),
        "SliceLocation": decimal(position @ slice_normal(details.orientation)),
    }
    fill(dataset, values)


def write_report(
    path: str | os.PathLike,
    text: str,
    *,
    patient_id: str,
    details: Details | None = None,
) -> Path:
    """Write one report as a DICOM structured report and return its path.

    Parameters
    ----------
    path : path-like
        File to write; its folder must exist. Nothing half-written is left behind.
    text : str
        The report; one text item for each paragraph (an empty line between them).
    patient_id : str
        As given to `write_radiograph` or `write_series`.
    details : Radiograph, CtSeries or None
        Those of the images that are reported: equal `study`, one DICOM study.

    Raises
    ------
    DicomWritingError
        If the text is empty, the identifier cannot be used, or the disk refuses.

    References
    ----------
    DICOM PS3.3, A.35.1 (Basic Text SR IOD).
    """
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    told = (bool(paragraphs), "the report has no text. Expected at least one sentence.")
    refuse(path, [told, *common_checks(patient_id)])
    dataset = identity(
        patient_id,
        details or Details(),
        kind="SR",
        series=("SR",),
        content="\n\n".join(paragraphs).encode(),
    )
    for keyword in ("BodyPartExamined", "AcquisitionDate", "AcquisitionTime"):
        delattr(dataset, keyword)
    values = {
        "ReferencedPerformedProcedureStepSequence": Sequence(),
        "PerformedProcedureCodeSequence": Sequence(),
        "ConceptNameCodeSequence": [code("18748-4", "LN", "Diagnostic imaging report")],
        "ContentSequence": [_paragraph(part) for part in paragraphs],
    }
    return save_file(fill(dataset, values), Path(path))


def _paragraph(text: str) -> Dataset:
    """Return one text item of the document."""
    values = {
        "RelationshipType": "CONTAINS",
        "ValueType": "TEXT",
        "ConceptNameCodeSequence": [code("121071", "DCM", "Finding")],
        "TextValue": text,
    }
    return fill(Dataset(), values)
