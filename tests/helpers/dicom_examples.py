"""Small DICOM data sets for the tests, built by hand."""

import os
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

WHEEL = Path(pydicom.__file__).parent / "data"


def make_dataset(stored, *, syntax=ExplicitVRLittleEndian, **attributes) -> FileDataset:
    """Return an image data set around an array (rows, columns) or with frames first."""
    stored = np.asarray(stored)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = "OT"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = stored.shape[-2:]
    if stored.ndim == 3:
        dataset.NumberOfFrames = len(stored)
    bits = 8 * stored.dtype.itemsize
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    order = "<" if syntax.is_little_endian else ">"
    content = stored.astype(stored.dtype.newbyteorder(order)).tobytes()
    dataset.PixelData = content + b"\0" * (len(content) % 2)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def item(**attributes) -> Dataset:
    """Return one sequence item."""
    one = Dataset()
    for keyword, value in attributes.items():
        setattr(one, keyword, value)
    return one


def write(dataset, path) -> Path:
    """Write a data set as a file."""
    dataset.save_as(path, enforce_file_format=True)
    return Path(path)


def wheel_files() -> list[Path]:
    """Return every file that pydicom ships, but its own code and lists."""
    own = {".py", ".pyc", ".json"}
    return [p for p in sorted(WHEEL.rglob("*")) if p.is_file() and p.suffix not in own]


def course_files() -> list[Path]:
    """Return the DICOM files in COURSE_DATA_DIR, or nothing."""
    folder = Path(os.environ.get("COURSE_DATA_DIR") or "/nonexistent") / "dicom"
    return sorted(folder.rglob("*.dcm"))


def a_study(folder) -> None:
    """Write two CT slices, a SEG that points to them, an SR and a PDF of one study."""
    folder.mkdir()
    kinds = {"ct": "2", "ct1": "2", "seg": "66.4", "sr": "88.33", "pdf": "104.1"}
    references = []
    for number, (name, kind) in enumerate(kinds.items()):
        one = make_dataset(np.zeros((2, 2), np.uint8), PatientID="P1")
        one.SOPClassUID = f"1.2.840.10008.5.1.4.1.1.{kind}"
        one.SOPInstanceUID, one.StudyInstanceUID = f"1.2.3.{number}", "1.2.3"
        one.ContentDescription = one.DocumentTitle = "SALT: no table lists it"
        one.Modality = name.rstrip("1").upper()
        if one.Modality == "CT":
            reference = item(ReferencedSOPInstanceUID=one.SOPInstanceUID)
            reference.ReferencedSOPClassUID = one.SOPClassUID
            references.append(reference)
        elif name == "seg":
            series = item(ReferencedInstanceSequence=references)
            derived = item(SourceImageSequence=references)
            one.ReferencedSeriesSequence, one.SourceImageSequence = [series], references
            frame = item(DerivationImageSequence=[derived])
            one.PerFrameFunctionalGroupsSequence = [frame]
        else:
            del one.PixelData
        write(one, folder / f"{name}.dcm")


def instances(datasets, modality) -> set:
    """Return (class, instance) of the data sets of a modality."""
    some = [one for one in datasets if one.Modality == modality]
    return {(one.SOPClassUID, one.SOPInstanceUID) for one in some}


def targets_of(datasets) -> set:
    """Return (class, instance) of everything that data sets refer to, at any depth."""
    found = set()

    def look(parent, element):
        if element.keyword == "ReferencedSOPInstanceUID":
            found.add((parent.ReferencedSOPClassUID, element.value))

    for one in datasets:
        one.walk(look)
    return found
