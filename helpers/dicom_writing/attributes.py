"""The attributes of a radiograph: an invented patient, study and machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)

INVENTED = {
    "SpecificCharacterSet": "ISO_IR 192",
    "SOPClassUID": DigitalXRayImageStorageForPresentation,
    "PatientBirthDate": "",
    "PatientComments": "Invented for a course. Not a patient. Not for clinical use.",
    "AccessionNumber": "",
    "ReferringPhysicianName": "",
    "StudyID": "1",
    "SeriesNumber": 1,
    "InstanceNumber": 1,
    "Manufacturer": "Deep Learning in Radiology (course)",
    "ManufacturerModelName": "In-silico radiograph",
    "SoftwareVersions": "1",
}


@dataclass(frozen=True)
class Radiograph:
    """What is written beside the pixels; all of it invented.

    Attributes
    ----------
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

    sex: str = "O"
    age_years: int | None = None
    view: str = "PA"
    spacing_mm: float = 3.0
    study: str = "1"
    date: str = "20260101"


def identity(patient_id: str, details: Radiograph, stored: np.ndarray) -> FileDataset:
    """Return a data set with patient, study, series and equipment."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    pixels = hashlib.sha256(stored.tobytes()).hexdigest()
    values = INVENTED | {
        "SOPInstanceUID": _uid(patient_id, details.study, "image", pixels),
        "StudyInstanceUID": _uid(patient_id, details.study, "study"),
        "SeriesInstanceUID": _uid(patient_id, details.study, "series"),
        "PatientName": f"Invented^{patient_id.strip()}"[:64],
        "PatientID": patient_id.strip(),
        "PatientSex": details.sex,
    }
    for what in ("Study", "Series", "Content", "Acquisition"):
        values |= {f"{what}Date": details.date, f"{what}Time": "120000"}
    if details.age_years is not None:
        values["PatientAge"] = f"{int(details.age_years):03d}Y"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _uid(*parts: str) -> UID:
    """Return a UID that is the same for the same texts."""
    return generate_uid(entropy_srcs=["deep-learning-in-radiology", *parts])


def describe_acquisition(dataset: Dataset, details: Radiograph) -> None:
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


def describe_pixels(
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
