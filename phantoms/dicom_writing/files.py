"""What every object that is written shares: an invented identity, and a whole file."""

from __future__ import annotations

import csv
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
    generate_uid,
)
from pydicom.valuerep import DSfloat

SYNTAXES = {
    "uncompressed": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg2000": JPEG2000Lossless,
}
"""All of them lossless."""
SMALLEST_JPEG2000 = 32
SOP_CLASSES = {
    "DX": DigitalXRayImageStorageForPresentation,
    "CT": CTImageStorage,
    "SR": BasicTextSRStorage,
}


class DicomWritingError(ValueError):
    """Something cannot be written as DICOM: what, where, and what is expected."""


@dataclass(frozen=True, kw_only=True)
class Details:
    """What is written beside the pixels of any object; all of it invented.

    Attributes
    ----------
    sex : {"F", "M", "O"}
    age_years : int, 0 to 120, or None
    study : str
        Tells the studies of a patient apart; equal texts give equal UIDs, and a
        radiograph and a CT of equal text belong to one study.
    date : str
        Study date, YYYYMMDD.
    model : str
        Name of the machine, at most 64 characters.
    institution : str
        Name of the hospital; empty: the attribute is left out.
    """

    sex: str = "O"
    age_years: int | None = None
    study: str = "1"
    date: str = "20260101"
    model: str = "In-silico radiograph"
    institution: str = ""


def rows_of(table: str) -> list[dict[str, str]]:
    """Return the rows of one of the tables that lie beside this module."""
    path = Path(__file__).with_name(table)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def refuse(where: str | os.PathLike, checks: Iterable[tuple[bool, str]]) -> None:
    """Raise on the first thing that cannot be written.

    Parameters
    ----------
    where : path-like
        What was to be written.
    checks : pairs of bool and str
        Whether all is well, and what to say if not.

    Raises
    ------
    DicomWritingError
        If something is not well.
    """
    for well, text in checks:
        if not well:
            raise DicomWritingError(f"{Path(where).name}: {text}")


def common_checks(
    patient_id: object, transfer_syntax: str = "uncompressed", side: int = 65535
) -> list[tuple[bool, str]]:
    """Return the checks of an identifier and of a transfer syntax, for `refuse`.

    Parameters
    ----------
    patient_id, transfer_syntax
        As given to the function that writes.
    side : int
        The shorter of rows and columns.
    """
    name = patient_id if isinstance(patient_id, str) else ""
    return [
        (
            1 <= len(name.strip()) <= 64 and name.isprintable() and "\\" not in name,
            f"the patient_id is {patient_id!r}. Expected an invented identifier of 1 "
            "to 64 printable characters without a backslash, such as 'P0001'.",
        ),
        (
            transfer_syntax in SYNTAXES,
            f"transfer_syntax is {transfer_syntax!r}. Expected one of "
            f"{', '.join(SYNTAXES)}.",
        ),
        (
            transfer_syntax != "jpeg2000" or side >= SMALLEST_JPEG2000,
            f"an image of {side} rows or columns is too small for JPEG 2000. Expected "
            f"at least {SMALLEST_JPEG2000}, or transfer_syntax='rle'.",
        ),
    ]


def identity(
    patient_id: str,
    details: Details,
    *,
    kind: str,
    series: tuple[str, ...] = (),
    content: bytes,
) -> FileDataset:
    """Return a data set with patient, study, series, equipment and UIDs.

    Parameters
    ----------
    patient_id : str
    details : Details
    kind : {"DX", "CT", "SR"}
        What it will be; ``attributes.csv`` has what is the same in all of a kind.
    series : texts
        What tells this series from others of the study.
    content : bytes
        The image or text; another one gets another SOP Instance UID.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SOP_CLASSES[kind]
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    patient_id = patient_id.strip()
    # of a CT the number of the slice tells equal images apart, but not the series
    of_series, further = series[:2], series[1:]
    image = ("image", hashlib.sha256(content).hexdigest(), *further)
    same = [row for row in rows_of("attributes.csv") if row["object"] in ("all", kind)]
    values = {row["keyword"]: row["value"] for row in same} | {
        "SOPClassUID": SOP_CLASSES[kind],
        "SOPInstanceUID": uid(patient_id, details.study, *image),
        "StudyInstanceUID": uid(patient_id, details.study, "study"),
        "SeriesInstanceUID": uid(patient_id, details.study, "series", *of_series),
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
    fill(dataset, values)
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def fill(dataset: Dataset, values: dict[str, object]) -> Dataset:
    """Set attributes by their keywords, and return the data set."""
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
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
    keywords = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
    return fill(Dataset(), dict(zip(keywords, (value, scheme, meaning), strict=True)))


def put_pixels(
    dataset: Dataset, stored: np.ndarray, *, photometric: str, bits: int
) -> None:
    """Set the Image Pixel module: an integer array (rows, columns) of so many bits."""
    dataset.set_pixel_data(stored, photometric, bits, generate_instance_uid=False)


def encode(dataset: FileDataset, syntax: UID) -> FileDataset:
    """Give an uncompressed data set its transfer syntax, in place."""
    if syntax.is_encapsulated:
        dataset.compress(syntax, generate_instance_uid=False)
    else:
        dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def read_uncompressed(path: str | os.PathLike) -> tuple[FileDataset, UID]:
    """Return a file with uncompressed pixels, and the transfer syntax that it had.

    Raises
    ------
    DicomWritingError
        If it cannot be read.
    """
    try:
        dataset = pydicom.dcmread(path)
        syntax = dataset.file_meta.TransferSyntaxUID
        if syntax.is_encapsulated:
            dataset.decompress(generate_instance_uid=False)
    except Exception as error:
        raise DicomWritingError(
            f"{path} cannot be read ({error}). Expected a file of write_radiograph or "
            "a folder of write_series."
        ) from error
    return dataset, syntax


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend another name beside a file or folder; rename when all is written.

    Raises
    ------
    DicomWritingError
        If the parent is missing or the disk refuses; then nothing is left behind, and
        an older file is as it was.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".part.", dir=path.parent) as room:
            draft = Path(room) / path.name
            yield draft
            os.replace(draft, path)
    except OSError as error:
        raise DicomWritingError(
            f"{path} cannot be written ({error}). Expected an existing folder with "
            "free space that you may write to. Nothing was left behind."
        ) from error


def save_file(dataset: FileDataset, path: Path) -> Path:
    """Write one file: whole, or not at all."""
    with whole(path) as draft:
        dataset.save_as(draft, enforce_file_format=True)
    return path


def save_folder(folder: Path, named: Iterable[tuple[str, FileDataset]]) -> None:
    """Write a folder that is not there yet: whole, or not at all.

    Parameters
    ----------
    folder : Path
    named : pairs (file name, data set)
        Taken one by one, so that a generator needs little memory.
    """
    with whole(folder) as draft:
        draft.mkdir()
        for name, dataset in named:
            dataset.save_as(draft / name, enforce_file_format=True)
