"""Write a grey image as a valid DICOM radiograph with an invented identity.

The object is a Digital X-Ray Image - For Presentation (PS3.3, A.26). Every name, number
and date in it is made up; the patient's comments say that it is not for clinical use.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from helpers.dicom_errors import DicomPixelsError, pixels_error

SYNTAXES = {"uncompressed": ExplicitVRLittleEndian, "rle": RLELossless}
NOT_CLINICAL = "Invented for a course. Not a patient. Not for clinical use."


@dataclass(frozen=True)
class Radiograph:
    """What is written beside the pixels; all of it invented.

    Attributes
    ----------
    patient_id : str
        1 to 64 characters; the patient's name is derived from it.
    sex : {"F", "M", "O"}
    age_years : int, 0 to 120, or None
    view : {"PA", "AP"}
    spacing_mm : float
        Distance of two pixels at the detector.
    study : str
        Tells the studies of a patient apart; equal texts give equal UIDs.
    date : str
        Study date, YYYYMMDD.
    """

    patient_id: str
    sex: str = "O"
    age_years: int | None = None
    view: str = "PA"
    spacing_mm: float = 3.0
    study: str = "1"
    date: str = "20260101"
    extra: dict = field(default_factory=dict)


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
        `read_pixels(path).display()` returns the same image again.
    patient_id : str
        An invented identifier, 1 to 64 characters.
    photometric : {"MONOCHROME2", "MONOCHROME1"}
        MONOCHROME1 stores the negative; a viewer shows the same picture.
    bits : int
        Bits Stored, 8 to 16.
    transfer_syntax : {"uncompressed", "rle"}
    details : Radiograph or None
        Sex, age, view, spacing, study and further attributes.

    Raises
    ------
    DicomPixelsError
        If the image or an argument cannot be written, or the disk refuses.

    Examples
    --------
    >>> folder = tempfile.mkdtemp()
    >>> film = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> path = write_radiograph(f"{folder}/film.dcm", film, patient_id="P0001")
    >>> from helpers.dicom_pixels import read_pixels
    >>> bool((read_pixels(path).display() == film).all())
    True
    """
    image = np.asarray(image)
    details = details or Radiograph(patient_id)
    _check(path, image, patient_id, photometric, bits, transfer_syntax)
    stored = stored_values(image, photometric=photometric, bits=bits)
    dataset = _identity(patient_id, details, stored)
    _describe_acquisition(dataset, details)
    _describe_pixels(dataset, stored, photometric, bits)
    for keyword, value in details.extra.items():
        setattr(dataset, keyword, value)
    if transfer_syntax != "uncompressed":
        dataset.compress(SYNTAXES[transfer_syntax], generate_instance_uid=False)
    return _save(dataset, Path(path))


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


def _check(path, image, patient_id, photometric, bits, transfer_syntax) -> None:
    """Raise on the first thing that cannot be written."""

    def error(what: str, expected: str, do: str) -> DicomPixelsError:
        return pixels_error(path, what=what, expected=expected, do=do)

    if image.ndim != 2 or 0 in image.shape or max(image.shape) > 65535:
        raise error(
            f"the image has the shape {image.shape}",
            "(rows, columns) of a grey image, each from 1 to 65535",
            "Write one image at a time; a radiograph has no colours.",
        )
    if image.dtype != np.uint8:
        raise error(
            f"the image has the type {image.dtype}",
            "uint8 display values, 0 black to 255 white",
            "Apply a window first: windowing.to_bytes(apply_window(...)).",
        )
    if not isinstance(patient_id, str) or not 1 <= len(patient_id.strip()) <= 64:
        raise error(
            f"the patient_id is {patient_id!r}",
            "an invented identifier of 1 to 64 characters",
            "Use for example 'P0001'.",
        )
    if "\\" in patient_id or not patient_id.isprintable():
        raise error(
            f"the patient_id {patient_id!r} has a backslash or a control character",
            "printable characters without a backslash",
            "Replace them: a backslash separates values in DICOM.",
        )
    if photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise error(
            f"photometric is {photometric!r}",
            "'MONOCHROME1' or 'MONOCHROME2'",
            "MONOCHROME2 (0 is black) is the usual one.",
        )
    if isinstance(bits, bool) or not isinstance(bits, int) or not 8 <= bits <= 16:
        raise error(f"bits is {bits!r}", "a whole number from 8 to 16", "Use 12.")
    if transfer_syntax not in SYNTAXES:
        raise error(
            f"transfer_syntax is {transfer_syntax!r}",
            f"one of {', '.join(SYNTAXES)}",
            "Other compressions need an encoder that the course does not install.",
        )


def _identity(patient_id: str, details: Radiograph, stored: np.ndarray) -> FileDataset:
    """Return a data set with patient, study, series and equipment."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    pixels = hashlib.sha256(stored.tobytes()).hexdigest()
    dataset.SOPInstanceUID = _uid(patient_id, details.study, "image", pixels)
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.StudyInstanceUID = _uid(patient_id, details.study, "study")
    dataset.SeriesInstanceUID = _uid(patient_id, details.study, "series")
    for keyword in ("StudyDate", "SeriesDate", "ContentDate", "AcquisitionDate"):
        setattr(dataset, keyword, details.date)
    for keyword in ("StudyTime", "SeriesTime", "ContentTime", "AcquisitionTime"):
        setattr(dataset, keyword, "120000")
    dataset.PatientName = f"Invented^{patient_id.strip()}"[:64]
    dataset.PatientID = patient_id.strip()
    dataset.PatientBirthDate = ""
    dataset.PatientSex = details.sex
    if details.age_years is not None:
        dataset.PatientAge = f"{int(details.age_years):03d}Y"
    dataset.PatientComments = NOT_CLINICAL
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = "1"
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.Manufacturer = "Deep Learning in Radiology (course)"
    dataset.ManufacturerModelName = "In-silico radiograph"
    dataset.SoftwareVersions = "1"
    return dataset


def _uid(*parts: str) -> UID:
    """Return a UID that is the same for the same texts."""
    return generate_uid(entropy_srcs=["deep-learning-in-radiology", *parts])


def _describe_acquisition(dataset: Dataset, details: Radiograph) -> None:
    """Add the DX Series, Anatomy, Positioning and Detector modules."""
    dataset.Modality = "DX"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.BodyPartExamined = "CHEST"
    dataset.ImageLaterality = "U"
    dataset.AnatomicRegionSequence = [_code("51185008", "SCT", "Thorax")]
    dataset.ViewPosition = details.view
    dataset.ViewCodeSequence = [
        _code("272479007", "SCT", "postero-anterior")
        if details.view == "PA"
        else _code("399348003", "SCT", "antero-posterior")
    ]
    dataset.PatientOrientation = ["L", "F"]
    dataset.PositionerType = "NONE"
    dataset.DetectorType = "DIRECT"
    dataset.DetectorID = "COURSE"
    dataset.ImagerPixelSpacing = [details.spacing_mm, details.spacing_mm]
    dataset.AcquisitionContextSequence = Sequence()


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return one item of a code sequence."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def _describe_pixels(
    dataset: Dataset, stored: np.ndarray, photometric: str, bits: int
) -> None:
    """Add the Image Pixel, DX Image and VOI LUT modules and the pixels."""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = photometric
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated = 8 if bits == 8 else 16
    dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = 0
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1 if photometric == "MONOCHROME1" else -1
    dataset.RescaleIntercept = 0
    dataset.RescaleSlope = 1
    dataset.RescaleType = "US"
    inverse = photometric == "MONOCHROME1"
    dataset.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"
    dataset.LossyImageCompression = "00"
    dataset.BurnedInAnnotation = "NO"
    dataset.WindowCenter = 2 ** (bits - 1)
    dataset.WindowWidth = 2**bits
    content = stored.astype("<u2" if bits > 8 else np.uint8).tobytes()
    dataset.PixelData = content + b"\0" * (len(content) % 2)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"


def _save(dataset: FileDataset, path: Path) -> Path:
    """Write beside the target, then rename: the whole file or nothing."""
    handle, draft = None, None
    try:
        handle, draft = tempfile.mkstemp(suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            dataset.save_as(stream, enforce_file_format=True)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except Exception as error:
        if draft and os.path.exists(draft):
            os.unlink(draft)
        raise pixels_error(
            path,
            what=f"the file cannot be written ({error})",
            expected="an existing folder with free space that this user may write to",
            do="Make the folder, free some space, or choose another place; nothing "
            "was left behind.",
        ) from error
    return path
