"""The one error of `dicom_series`, and the problems that a series can have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.dicom_pixels.errors import short_name

MENDABLE = ("gap", "tilt")
"""Problems that `read_series` can mend when it is told to."""


@dataclass(frozen=True)
class Problem:
    """Something about a series that whoever uses it should know.

    Attributes
    ----------
    kind : str
        A short name, such as "gap", "duplicate", "tilt", "oblique", "reversed".
    text : str
        Which slice and how many mm, and what can be done; whole sentences.
    fatal : bool
        True: no volume can be trusted until this is settled.
    """

    kind: str
    text: str
    fatal: bool = False

    def __str__(self) -> str:
        """Return the name and the sentences."""
        return f"{self.kind}: {self.text}"


class DicomSeriesError(ValueError):
    """A folder, or a list of files, cannot become a volume; said in one paragraph.

    Attributes
    ----------
    path : str or None
        The folder or the file.
    problems : tuple of Problem
        Everything that was found, the fatal ones too; empty if no image was found.
    """

    def __init__(
        self, message: str, *, path: str | None = None, problems: Sequence = ()
    ):
        super().__init__(message)
        self.path = path
        self.problems = tuple(problems)


def series_error(
    path: str | os.PathLike | None, what: str, *, expected: str, do: str
) -> DicomSeriesError:
    """Build the error from its three sentences (no full stop after the first two)."""
    where = "these files" if path is None else short_name(path)
    text = f"{where}: {what}. Expected {expected}. {do}"
    whole = None if path is None else os.fspath(path)
    return DicomSeriesError(" ".join(text.split()), path=whole)


def fatal_error(
    path: str | os.PathLike | None, problems: Sequence[Problem]
) -> DicomSeriesError:
    """Build the error for the fatal ones among some problems."""
    where = "these files" if path is None else short_name(path)
    fatal = [str(problem) for problem in problems if problem.fatal]
    text = f"{where}: no volume can be trusted. {' '.join(fatal)}"
    whole = None if path is None else os.fspath(path)
    return DicomSeriesError(text, path=whole, problems=problems)
