"""The one error that the DICOM helpers raise, and how its text is built."""

from __future__ import annotations

import os
from pathlib import Path


class DicomPixelsError(ValueError):
    """A DICOM object cannot be shown or written, said in one paragraph.

    The text names the file, what was found, what is expected and what to do. The
    whole path is in ``path`` (None for a data set that was never a file).
    """

    def __init__(self, message: str, *, path: str | None = None):
        super().__init__(message)
        self.path = path


def short_name(path: str | os.PathLike | None) -> str:
    """Return the last two parts of a path, enough to find the file again.

    Examples
    --------
    >>> short_name("/archive/2026/patient_7/IM0001")
    'patient_7/IM0001'
    """
    if path is None:
        return "DICOM data set in memory"
    parts = [part for part in Path(os.fspath(path)).parts[-2:] if part not in "/\\"]
    return "/".join(parts) or str(path)


def pixels_error(
    path: str | os.PathLike | None, *, what: str, expected: str, do: str
) -> DicomPixelsError:
    """Build the error for one file from its three sentences.

    Parameters
    ----------
    path : path-like or None
        The file; None for a data set in memory.
    what : str
        What is wrong, with the value found; no full stop at the end.
    expected : str
        What was expected, to be read after the word "Expected"; no full stop.
    do : str
        What the reader can do; whole sentences.
    """
    text = f"{short_name(path)}: {what}. Expected {expected}. {do}"
    whole = None if path is None else str(path)
    return DicomPixelsError(" ".join(text.split()), path=whole)


def reason(error: BaseException, *, limit: int = 160) -> str:
    """Return another library's complaint as one short line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
