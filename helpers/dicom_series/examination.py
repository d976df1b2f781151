"""Put slices in order and say what is wrong with them, before a pixel is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from helpers.dicom_series.errors import MENDABLE, Problem
from helpers.dicom_series.geometry import affine_of
from helpers.dicom_series.headers import SliceHeader
from helpers.dicom_series.likeness import unlike
from helpers.dicom_series.remarks import remarks
from helpers.dicom_series.stacking import (
    Stack,
    duplicates,
    gaps,
    sideways,
    stacked,
    without_copies,
)


@dataclass(frozen=True, eq=False)
class SeriesGeometry:
    """Where the slices of a series lie, and what is wrong with them.

    Attributes
    ----------
    headers : tuple of SliceHeader
        In the order of their positions along the normal, each image once.
    places : int array of shape (n,)
        Number of each slice in the volume; missing slices leave a number out.
    spacing_mm : (slices, rows, columns), or None if it is not known
    affine : float array of shape (3, 4), or None
        From voxel (slice, row, column, 1) to patient mm (left, back, head).
    problems : tuple of Problem
    copies : dict
        For each image left out as a copy, the one that stays.
    """

    headers: tuple[SliceHeader, ...]
    places: np.ndarray
    spacing_mm: tuple[float, float, float] | None
    affine: np.ndarray | None
    problems: tuple[Problem, ...]
    copies: dict[SliceHeader, SliceHeader] = field(default_factory=dict, repr=False)

    @property
    def slices(self) -> int:
        """Number of slices of the volume, the missing ones counted."""
        return int(self.places[-1]) + 1 if len(self.places) else 0

    def fatal(self, *, mend: Collection[str] = ()) -> list[Problem]:
        """Return what keeps the slices from being a volume."""
        return [p for p in self.problems if p.fatal and p.kind not in mend]

    def describe(self) -> str:
        """Return the size, the spacing and one line for each problem."""
        rows, columns = self.headers[0].size
        size = f"{self.slices} slices of {rows} x {columns} pixels"
        if self.spacing_mm is not None:
            between, row, column = self.spacing_mm
            size += f", {between:.2f} mm apart, pixels of {row:.2f} x {column:.2f} mm"
        return "\n".join([size] + [f"- {problem}" for problem in self.problems])


def examine_geometry(headers: Sequence[SliceHeader]) -> SeriesGeometry:
    """Put the slices of one series in order and name what is wrong with them.

    Parameters
    ----------
    headers : sequence of SliceHeader
        At least one, from `read_headers`, in any order.

    Returns
    -------
    SeriesGeometry
        Its `problems` are fatal ("mixed size", "no position", "single slice",
        "duplicate", "gap", "uneven spacing", "tilt", "shifted" ...) or not
        ("reversed", "shuffled", "oblique", "overlap", "unseen", "copies" ...).

    Raises
    ------
    ValueError
        If there is no header at all.
    """
    if not headers:
        raise ValueError(
            "There is no slice to examine. Expected at least one SliceHeader. "
            "read_headers returns none for objects without an image."
        )
    apart = list(unlike(headers))
    if apart:
        places = np.arange(len(headers))
        return SeriesGeometry(tuple(headers), places, None, None, tuple(apart))
    stack, problems, copies = without_copies(stacked(headers))
    if len(stack.headers) == 1:
        problems += unlike(stack.headers)
        places = np.arange(1)
        return SeriesGeometry(
            stack.headers, places, None, None, tuple(problems), copies
        )
    problems += duplicates(stack)
    if problems and problems[-1].fatal:
        places = np.arange(len(stack.headers))
        return SeriesGeometry(
            stack.headers, places, None, None, tuple(problems), copies
        )
    return _spaced(stack, problems, copies)


def _spaced(stack: Stack, problems: list[Problem], copies: dict) -> SeriesGeometry:
    """Return the geometry of slices that lie at different places."""
    apart, places = gaps(stack)
    spacing = float(np.ptp(stack.along_mm) / places[-1])
    problems = [*problems, *apart, *sideways(stack), *remarks(stack, spacing)]
    kinds = {problem.kind for problem in problems if problem.fatal}
    if kinds - set(MENDABLE):
        return SeriesGeometry(
            stack.headers, places, None, None, tuple(problems), copies
        )
    first = stack.headers[0]
    pixel = first.pixel_spacing_mm
    step = stack.normal * spacing
    affine = affine_of(first.position, first.orientation.ravel(), pixel, step)
    return SeriesGeometry(
        stack.headers,
        places,
        (spacing, *pixel),
        affine,
        tuple(problems),
        copies,
    )
