"""Compress and write a data set or a folder of them: whole, or not there at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydicom.dataset import FileDataset
from pydicom.pixels import get_encoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from phantoms.dicom_writing.errors import writing_error

SYNTAXES = {
    "uncompressed": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg2000": JPEG2000Lossless,
    "jpeg-ls": JPEGLSLossless,
}
"""All of them lossless. The course's environment has no encoder for JPEG-LS."""

SMALLEST_JPEG2000 = 32


def check_syntax(
    path: str | os.PathLike, transfer_syntax: str, shape: tuple[int, ...]
) -> None:
    """Raise unless this transfer syntax is known and can be encoded for such an image.

    Raises
    ------
    DicomWritingError
        Naming the known ones, or the package that is missing.
    """
    if transfer_syntax not in SYNTAXES:
        raise writing_error(
            path,
            what=f"transfer_syntax is {transfer_syntax!r}",
            expected=f"one of {', '.join(SYNTAXES)}",
            do="Other compressions need an encoder that the course does not install.",
        )
    syntax = SYNTAXES[transfer_syntax]
    if syntax.is_encapsulated and not get_encoder(syntax).is_available:
        raise writing_error(
            path,
            what=f"no encoder is installed for {syntax.name!r}",
            expected="one of the encoders that pydicom can use",
            do="Choose 'rle' or 'jpeg2000', which are lossless too, or install one "
            "yourself (for JPEG-LS: pip install pyjpegls).",
        )
    if transfer_syntax == "jpeg2000" and min(shape) < SMALLEST_JPEG2000:
        raise writing_error(
            path,
            what=f"an image of {' x '.join(map(str, shape))} pixels is too small for "
            "JPEG 2000, whose encoder halves it five times",
            expected=f"at least {SMALLEST_JPEG2000} rows and columns",
            do="Choose 'rle' for so small an image.",
        )


def encode(dataset: FileDataset, syntax: UID) -> None:
    """Give an uncompressed data set its transfer syntax, in place."""
    if syntax.is_encapsulated:
        dataset.compress(syntax, generate_instance_uid=False)
    else:
        dataset.file_meta.TransferSyntaxUID = syntax


def save_file(dataset: FileDataset, path: Path) -> Path:
    """Write beside the target, then rename: the whole file or nothing.

    Raises
    ------
    DicomWritingError
        If the folder is missing or the disk refuses; an older file is still there.
    """
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
        raise _cannot_write(path, "the file", error) from error
    return path


def save_folder(
    folder: Path, named: Iterable[tuple[str, FileDataset]], *, replace: bool = False
) -> None:
    """Write a folder of data sets under another name, then rename it.

    Parameters
    ----------
    folder : Path
        Must not exist unless `replace`; its parent must.
    named : pairs (file name, data set)
        Taken one by one, so that a generator needs little memory.
    replace : bool
        True: the folder exists and gives way at the very end.

    Raises
    ------
    DicomWritingError
        If the folder is there already, its parent is missing, or the disk refuses;
        then nothing is left behind and an older folder is as it was.
    """
    if os.path.lexists(folder) and not replace:
        raise writing_error(
            folder,
            what="the folder exists already",
            expected="a folder that is not there yet, so that no two series mix",
            do="Choose another name, or remove the old folder first.",
        )
    draft = None
    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        for name, dataset in named:
            dataset.save_as(draft / name, enforce_file_format=True)
        os.chmod(draft, 0o755)
        if replace:
            _swap(draft, folder)
        else:
            os.rename(draft, folder)
    except Exception as error:
        if draft:
            shutil.rmtree(draft, ignore_errors=True)
        raise _cannot_write(folder, "the series", error) from error


def _swap(draft: Path, folder: Path) -> None:
    """Put the draft in the place of the folder, or leave the folder as it was."""
    aside = draft.with_name(draft.name + ".old")
    os.rename(folder, aside)
    try:
        os.rename(draft, folder)
    except OSError:
        os.rename(aside, folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _cannot_write(path: Path, what: str, error: Exception):
    """Return the error for a disk that refuses."""
    return writing_error(
        path,
        what=f"{what} cannot be written ({error})",
        expected="an existing folder with free space that this user may write to",
        do="Make the folder, free some space, or choose another place; nothing was "
        "left behind.",
    )
