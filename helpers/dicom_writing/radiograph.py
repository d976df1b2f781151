"""Check, build and write one radiograph; the whole file or nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from helpers.dicom_pixels.errors import pixels_error
from helpers.dicom_writing.attributes import (
    Radiograph,
    describe_acquisition,
    describe_pixels,
    identity,
)

SYNTAXES = {"uncompressed": ExplicitVRLittleEndian, "rle": RLELossless}


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
        Sex, age, view, spacing and study.

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
    details = details or Radiograph()
    _check(path, image, patient_id, photometric, bits, transfer_syntax)
    stored = stored_values(image, photometric=photometric, bits=bits)
    dataset = identity(patient_id, details, stored)
    describe_acquisition(dataset, details)
    describe_pixels(dataset, stored, photometric, bits)
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
    name = patient_id if isinstance(patient_id, str) else ""
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
        (
            1 <= len(name.strip()) <= 64 and name.isprintable() and "\\" not in name,
            f"the patient_id is {patient_id!r}",
            "an invented identifier of 1 to 64 printable characters, no backslash",
            "Use for example 'P0001'.",
        ),
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
        (
            transfer_syntax in SYNTAXES,
            f"transfer_syntax is {transfer_syntax!r}",
            f"one of {', '.join(SYNTAXES)}",
            "Other compressions need an encoder that the course does not install.",
        ),
    ]
    for passed, what, expected, do in checks:
        if not passed:
            raise pixels_error(path, what=what, expected=expected, do=do)


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
