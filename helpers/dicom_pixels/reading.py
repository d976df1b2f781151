"""Open a DICOM file, or say in words why it is not one.

Nothing is decoded here. `open_dataset` finds out what kind of file it was given,
reads the header with pydicom and notes every liberty it had to take (no preamble, no
transfer syntax in the header).
"""

from __future__ import annotations

import io
import os
import stat
import struct
import warnings
import zlib
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID

from helpers.dicom_pixels.errors import DicomPixelsError, pixels_error, reason

DEFLATED = b"1.2.840.10008.1.2.1.99"
FEW_BYTES = 2**20  # a larger file is not copied into memory as a whole first
DIRECTORY = "1.2.840.10008.1.3.10"
SIGNATURES = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"BM": "a BMP picture",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive: unpack it first",
    b"\x1f\x8b": "a gzip file: unpack it first",
    b"\x93NUMPY": "a numpy array",
    b"NRRD": "an NRRD volume",
    b"\x5c\x01\x00\x00": "a NIfTI volume",
    b"<": "an XML or HTML page",
}


def open_dataset(
    source: str | os.PathLike | Dataset, *, max_bytes: int
) -> tuple[Dataset, str | None, list[str]]:
    """Return the data set, its path (None: it was in memory) and what is to be noted.

    Parameters
    ----------
    source : path-like or pydicom Dataset
        One DICOM file, or a data set that was read already.
    max_bytes : int
        Largest size of an inflated (deflated transfer syntax) data set, in bytes.

    Raises
    ------
    DicomPixelsError
        If there is no such file, or it is a folder, empty, not DICOM or damaged.
    """
    if isinstance(source, Dataset):
        return source, getattr(source, "filename", None) or None, []
    if not isinstance(source, str | os.PathLike):
        raise pixels_error(
            None,
            what=f"a {type(source).__name__} was given as DICOM file",
            expected="the path of a file, or a pydicom Dataset",
            do="Pass one path; for a whole folder, loop over its files.",
        )
    path = os.fspath(source)
    _check_plain_file(path)
    try:
        with open(path, "rb", buffering=0) as plain, BoundedReader(plain) as stream:
            return _parse(stream, path, max_bytes)
    except OSError as error:
        raise _cannot_open(path, error) from error


class BoundedReader(io.BufferedReader):
    """A file of which no more is read (and no more memory taken) than is there."""

    def read(self, size: int | None = -1) -> bytes:
        """Return at most `size` bytes."""
        if size is not None and size > FEW_BYTES:
            size = min(size, os.fstat(self.fileno()).st_size)
        return super().read(size)


def _parse(stream: io.BufferedReader, path: str, max_bytes: int):
    """Find where the data set begins and read it."""
    head = stream.read(1024)
    start, forced, notes = _where_the_dataset_begins(path, head)
    few = os.fstat(stream.fileno()).st_size <= FEW_BYTES
    if few or start or DEFLATED in head:  # from memory: many small pieces
        content = head + stream.read()
        if DEFLATED in head:
            _check_inflated_size(path, content, max_bytes)
        stream = io.BytesIO(content[start:] if start else content)
    else:
        stream.seek(0)
    try:
        return pydicom.dcmread(stream, force=forced), path, notes
    except Exception as error:
        raise pixels_error(
            path,
            what=f"the header cannot be read ({reason(error)})",
            expected="a whole DICOM file",
            do="The file is probably damaged or cut off: fetch it again and compare "
            "its size with the original.",
        ) from error


def is_big_endian(dataset: Dataset) -> bool:
    """Tell whether numbers are stored with the most significant byte first."""
    uid = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    if uid is not None and not UID(uid).is_private and UID(uid).is_transfer_syntax:
        return not UID(uid).is_little_endian
    return dataset.original_encoding[1] is False


def is_compressed(dataset: Dataset) -> bool:
    """Tell whether the header states a transfer syntax with encapsulated pixels."""
    meta = getattr(dataset, "file_meta", None)
    uid = UID(str(getattr(meta, "TransferSyntaxUID", None) or ""))
    return uid.is_transfer_syntax and uid.is_encapsulated


def _check_plain_file(path: str) -> None:
    """Raise unless this is a plain, filled file (a pipe would wait for ever)."""
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise _cannot_open(path, error) from error
    if stat.S_ISDIR(found.st_mode):
        files = sum(1 for entry in os.scandir(path) if entry.is_file())
        raise pixels_error(
            path,
            what=f"this is a folder ({files} files directly in it)",
            expected="one DICOM file",
            do="Loop over its files; cohorts.from_folder reads a folder with a table.",
        )
    if not stat.S_ISREG(found.st_mode):
        raise _cannot_open(path, OSError("it is a device or a pipe, not a file"))
    if not found.st_size:
        raise pixels_error(
            path,
            what="the file is empty (0 bytes)",
            expected="a DICOM file",
            do="A copy or a download was probably broken off: fetch it again.",
        )


def _cannot_open(path: str, error: Exception) -> DicomPixelsError:
    """Return the error for a file that is not there or not readable."""
    why = getattr(error, "strerror", None) or reason(error)
    return pixels_error(
        path,
        what=f"the file cannot be opened ({why})",
        expected="a DICOM file that exists and that this user may read",
        do=f"Check the spelling; the working directory is {Path.cwd().name!r}.",
    )


def _where_the_dataset_begins(path: str, head: bytes):
    """Return the bytes to skip, whether pydicom must be forced, and the notes."""
    if head[128:132] == b"DICM":
        return 0, False, []
    if _looks_like_elements(head):
        return 0, True, ["The 128-byte preamble with the letters DICM is missing."]
    if head[:4] == b"DICM" and _looks_like_elements(head[4:]):
        skip, note = 4, "The 128 bytes before the letters DICM are missing."
    elif _looks_like_elements(head[128:]):
        skip, note = 128, "The letters DICM are missing after the 128-byte preamble."
    else:
        raise pixels_error(
            path,
            what=f"this is not a DICOM file: {_kind_of_file(head)}",
            expected="the letters DICM at byte 128, or DICOM data elements from the "
            "first byte",
            do="Give the original DICOM object, not an exported picture or a list.",
        )
    return skip, True, [note]


def _looks_like_elements(data: bytes) -> bool:
    """Tell whether DICOM data elements of group 2 or 8 begin here."""
    if len(data) < 12:
        return False
    if data[:2] in (b"\x00\x02", b"\x00\x08"):  # big endian
        return data[4:6].isalpha() and data[4:6].isupper()
    if data[:2] not in (b"\x02\x00", b"\x08\x00"):
        return False
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    return explicit or struct.unpack("<I", data[4:8])[0] < 10_000


def _kind_of_file(head: bytes) -> str:
    """Say in words what the first bytes look like."""
    for signature, kind in SIGNATURES.items():
        if head.startswith(signature):
            return f"it looks like {kind}"
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return "it looks like a text file"
    return "the letters DICM are not at byte 128"


def _check_inflated_size(path: str, data: bytes, max_bytes: int) -> None:
    """Raise when a deflated data set would inflate to more than `max_bytes`."""
    if data[128:132] != b"DICM" or len(data) < 144:
        return  # dcmread finds the meta group without a preamble, and its errors
    start = 144 + struct.unpack("<I", data[140:144])[0]
    engine, rest, size = zlib.decompressobj(-zlib.MAX_WBITS), data[start:], 0
    try:
        while rest and size <= max_bytes:
            size += len(engine.decompress(rest, 1 << 20))
            rest = engine.unconsumed_tail
    except zlib.error:
        return
    if size > max_bytes:
        raise pixels_error(
            path,
            what="the deflated data set inflates to more than "
            f"{max_bytes / 1e6:.0f} MB",
            expected="an image that fits into memory",
            do="If the file is trusted, pass a larger max_bytes.",
        )


def guarded(function, *arguments, **options):
    """Call a function of pydicom; return its result and its warnings as short lines.

    Only UserWarning, which is what pydicom and its decoders give: a ResourceWarning or
    a DeprecationWarning that falls into the same moment says nothing about the file.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        result = function(*arguments, **options)
    lines = dict.fromkeys(reason(entry.message) for entry in caught)
    new = [line for line in lines if "excess padding" not in line]  # has its own note
    return result, [f"pydicom: {line}" for line in new[:3]]
