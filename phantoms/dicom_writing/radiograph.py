"""Check, build and write one radiograph; the whole file or nothing."""

from __future__ import annotations

import os
import tempfile  # noqa: F401  (used by the example)
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DigitalXRayImageStorageForPresentation

from phantoms.dicom_writing.attributes import (
    code,
    decimal,
    identity,
    patient_problem,
    put_pixels,
)
from phantoms.dicom_writing.errors import writing_error
from phantoms.dicom_writing.records import Radiograph
from phantoms.dicom_writing.saving import SYNTAXES, check_syntax, encode, save_file


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
        "jpeg-ls" too where an encoder is installed.
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
    """
    image = np.asarray(image)
    details = details or Radiograph()
    _check(path, image, patient_id, photometric, bits)
    check_syntax(path, transfer_syntax, image.shape)
    stored = stored_values(image, photometric=photometric, bits=bits)
    dataset = identity(
        patient_id,
        details,
        sop_class=DigitalXRayImageStorageForPresentation,
        series=(),
        stored=stored,
    )
    _describe_acquisition(dataset, details)
    put_pixels(dataset, stored, photometric=photometric, bits=bits)
    _describe_display(dataset)
    encode(dataset, SYNTAXES[transfer_syntax])
    return save_file(dataset, Path(path))


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


def _check(path, image, patient_id, photometric, bits) -> None:
    """Raise on the first thing that cannot be written."""
    whole = isinstance(bits, int) and not isinstance(bits, bool)
    checks = [
        (
            image.ndim == 2 and 0 not in image.shape and max(image.shape) < 65536,
            f"the image has the shape {image.shape}",
            "(rows, columns) of a grey image, each from 1 to 65535",
            "Write one image at a time; a radiograph has no colours.",
        ),
        (
            image.dtype == np.uint8,
            f"the image has the type {image.dtype}",
            "uint8 display values, 0 black to 255 white",
            "Apply a window first: windowing.to_bytes(apply_window(...)).",
        ),
        patient_problem(patient_id),
        (
            photometric in ("MONOCHROME1", "MONOCHROME2"),
            f"photometric is {photometric!r}",
            "'MONOCHROME1' or 'MONOCHROME2'",
            "MONOCHROME2 (0 is black) is the usual one.",
        ),
        (
            whole and 8 <= bits <= 16,
            f"bits is {bits!r}",
            "a whole number from 8 to 16",
            "Use 12.",
        ),
    ]
    for passed, what, expected, do in checks:
        if not passed:
            raise writing_error(path, what=what, expected=expected, do=do)


def _describe_acquisition(dataset: Dataset, details: Radiograph) -> None:
    """Add the DX Series, Anatomy, Positioning and Detector modules."""
    dataset.Modality = "DX"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.ImageLaterality = "U"
    dataset.AnatomicRegionSequence = [code("51185008", "SCT", "Thorax")]
    dataset.ViewPosition = details.view
    dataset.ViewCodeSequence = [
        code("272479007", "SCT", "postero-anterior")
        if details.view == "PA"
        else code("399348003", "SCT", "antero-posterior")
    ]
    dataset.PatientOrientation = ["L", "F"]
    dataset.PositionerType = "NONE"
    dataset.DetectorType = "DIRECT"
    dataset.DetectorID = "COURSE"
    dataset.ImagerPixelSpacing = [decimal(details.spacing_mm)] * 2
    dataset.AcquisitionContextSequence = Sequence()
    if details.kvp is not None:
        dataset.KVP = decimal(details.kvp)


def _describe_display(dataset: Dataset) -> None:
    """Add the DX Image and VOI LUT modules, which follow from the stored values."""
    inverse = dataset.PhotometricInterpretation == "MONOCHROME1"
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1 if inverse else -1
    dataset.RescaleIntercept = 0
    dataset.RescaleSlope = 1
    dataset.RescaleType = "US"
    dataset.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"
    dataset.LossyImageCompression = "00"
    dataset.BurnedInAnnotation = "NO"
    dataset.WindowCenter = 2 ** (dataset.BitsStored - 1)
    dataset.WindowWidth = 2**dataset.BitsStored
