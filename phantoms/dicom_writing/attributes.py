"""The attributes that a radiograph and a CT share: patient, study, machine, pixels."""

from __future__ import annotations

import hashlib

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import DSfloat

from phantoms.dicom_writing.records import CtSeries, Radiograph

INVENTED = {
    "SpecificCharacterSet": "ISO_IR 192",
    "PatientBirthDate": "",
    "PatientComments": "Invented for a course. Not a patient. Not for clinical use.",
    "AccessionNumber": "",
    "ReferringPhysicianName": "",
    "StudyID": "1",
    "SeriesNumber": 1,
    "InstanceNumber": 1,
    "Manufacturer": "Deep Learning in Radiology (course)",
    "SoftwareVersions": "1",
    "BodyPartExamined": "CHEST",
}


def patient_problem(patient_id: object) -> tuple[bool, str, str, str]:
    """Return whether an identifier can be used, and what to say if not."""
    name = patient_id if isinstance(patient_id, str) else ""
    return (
        1 <= len(name.strip()) <= 64 and name.isprintable() and "\\" not in name,
        f"the patient_id is {patient_id!r}",
        "an invented identifier of 1 to 64 printable characters, no backslash",
        "Use for example 'P0001'.",
    )


def identity(
    patient_id: str,
    details: Radiograph | CtSeries,
    *,
    sop_class: UID,
    series: tuple[str, ...],
    stored: np.ndarray,
) -> FileDataset:
    """Return a data set with patient, study, series, equipment and UIDs.

    Parameters
    ----------
    series : texts
        What tells this series from others of the study.
    stored : array
        The image; another image gets another SOP Instance UID.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    pixels = hashlib.sha256(stored.tobytes()).hexdigest()
    patient_id = patient_id.strip()
    values = INVENTED | {
        "SOPClassUID": sop_class,
        "SOPInstanceUID": uid(patient_id, details.study, "image", pixels, *series[1:]),
        "StudyInstanceUID": uid(patient_id, details.study, "study"),
        "SeriesInstanceUID": uid(patient_id, details.study, "series", *series),
        "PatientName": f"Invented^{patient_id}"[:64],
        "PatientID": patient_id,
        "PatientSex": details.sex,
        "ManufacturerModelName": details.model,
    }
    for what in ("Study", "Series", "Content", "Acquisition"):
        values |= {f"{what}Date": details.date, f"{what}Time": "120000"}
    if details.age_years is not None:
        values["PatientAge"] = f"{int(details.age_years):03d}Y"
    if details.institution:
        values["InstitutionName"] = details.institution
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def uid(*parts: str) -> UID:
    """Return a UID that is the same for the same texts."""
    return generate_uid(entropy_srcs=["deep-learning-in-radiology", *parts])


def decimal(value: float) -> DSfloat:
    """Return a number that fits into the 16 characters of a Decimal String.

    Examples
    --------
    >>> str(decimal(1 / 3))
    '0.33333333333333'
    """
    return DSfloat(float(value), auto_format=True)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return one item of a code sequence."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def put_pixels(
    dataset: Dataset, stored: np.ndarray, *, photometric: str, bits: int
) -> None:
    """Add the Image Pixel module: an integer array (rows, columns) of so many bits."""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = photometric
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated = 8 if bits == 8 else 16
    dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    signed = stored.dtype.kind == "i"
    dataset.PixelRepresentation = int(signed)
    cell = np.uint8 if bits == 8 else ("<i2" if signed else "<u2")
    content = stored.astype(cell).tobytes()
    dataset.PixelData = content + b"\0" * (len(content) % 2)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
