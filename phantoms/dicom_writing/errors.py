"""The error that writing raises: what is wrong, what is expected, what to do."""

from __future__ import annotations

import os
from pathlib import Path


class DicomWritingError(ValueError):
    """Something cannot be written as DICOM, said in one paragraph."""


def writing_error(
    path: str | os.PathLike | None, *, what: str, expected: str, do: str
) -> DicomWritingError:
    """Build the error for one file or folder from its three sentences."""
    where = "/".join(Path(path).parts[-2:]) if path else "DICOM data set in memory"
    text = f"{where}: {what}. Expected {expected}. {do}"
    return DicomWritingError(" ".join(text.split()))
