"""Organs as intervals of depth: the geometry under every phantom.

The reference frame is the patient's own, in millimetres: ``x`` towards the
patient's left (the image's right), ``y`` from front to back, ``z`` from feet
to head, with the carina at the origin of ``x`` and ``z``. Seen from the front
a solid is one or more intervals ``(front, back)`` of ``y`` for every ``(x, z)``.
Its projected thickness is the sum of their lengths, and a voxel belongs to it
when its ``y`` lies in one of them, so one description serves a radiograph
and a volume.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

Interval = tuple[np.ndarray, np.ndarray]
Window = tuple[slice, slice]

#: The window of a piece that covers the whole grid.
WHOLE: Window = (slice(None), slice(None))


class Piece(NamedTuple):
    """A part of a layer: an interval of depth over a window of the grid.

    Parameters
    ----------
    front, back : float arrays of the window's shape
        Depth ``y`` in mm; empty where ``back <= front``.
    weight : float array of the window's shape, or float
        Share of the interval that the material takes, 0 to 1.
    window : tuple of two slices
        Rows and columns of the grid that the arrays cover.
    """

    front: np.ndarray
    back: np.ndarray
    weight: np.ndarray | float = 1.0
    window: Window = WHOLE


_TABLE_STEP_MM = 0.5
_TABLE_LOW_MM = -320.0
_TABLE_HIGH_MM = 320.0


@dataclass(frozen=True)
class HeightTable:
    """A smooth function of height ``z``, stored every 0.5 mm for fast look-up.

    Parameters
    ----------
    values : float32 array of shape (1281,)
        Values at z = -320, -319.5, ... 320 mm.
    """

    values: np.ndarray

    @classmethod
    def through(
        cls, heights_mm: Sequence[float], values: Sequence[float]
    ) -> HeightTable:
        """Return the monotone cubic through the points, constant beyond them.

        Examples
        --------
        >>> table = HeightTable.through([0, 100], [10.0, 20.0])
        >>> float(table(np.array([50.0]))[0])
        15.0
        """
        order = np.argsort(heights_mm)
        x, y = np.asarray(heights_mm, float)[order], np.asarray(values, float)[order]
        grid = np.arange(_TABLE_LOW_MM, _TABLE_HIGH_MM + _TABLE_STEP_MM, _TABLE_STEP_MM)
        curve = PchipInterpolator(x, y)(np.clip(grid, x[0], x[-1]))
        return cls(curve.astype(np.float32))

    def __call__(self, z: np.ndarray) -> np.ndarray:
        """Return the table at heights ``z`` in mm, in the shape of ``z``."""
        index = np.asarray(z) - (_TABLE_LOW_MM - _TABLE_STEP_MM / 2)
        index /= _TABLE_STEP_MM
        return self.values.take(index.astype(np.intp), mode="clip")


def length(interval: Interval) -> np.ndarray:
    """Return the length of an interval in mm, 0 where it is empty.

    Examples
    --------
    >>> length((np.array([0.0, 5.0]), np.array([30.0, 2.0]))).tolist()
    [30.0, 0.0]
    """
    front, back = interval
    long = back - front
    return np.maximum(long, 0, out=long)


def total_length(pieces: Sequence[Interval]) -> np.ndarray:
    """Return the summed length of disjoint intervals in mm."""
    return sum(length(piece) for piece in pieces)


def path_length(pieces: Sequence[Piece], *, shape: tuple[int, int]) -> np.ndarray:
    """Return the summed length of pieces over a grid in mm, overlaps counted twice.

    Examples
    --------
    >>> front, back = np.zeros((1, 2)), np.full((1, 2), 8.0)
    >>> half = Piece(front, back, weight=0.5)
    >>> path_length([half, half], shape=(1, 2)).tolist()
    [[8.0, 8.0]]
    """
    total = np.zeros(shape, np.float32)
    for piece in pieces:
        long = length((piece.front, piece.back))
        if isinstance(piece.weight, np.ndarray) or piece.weight != 1:
            long = long * piece.weight
        total[piece.window] += long
    return total


def crop(solid: Interval, window: Window) -> Interval:
    """Return a solid over some rows and columns of its grid."""
    return solid[0][window], solid[1][window]


def intersect(first: Interval, second: Interval) -> Interval:
    """Return the part that lies in both intervals."""
    return np.maximum(first[0], second[0]), np.minimum(first[1], second[1])


def hull(first: Interval, second: Interval) -> Interval:
    """Return the smallest interval that holds both; an empty one adds nothing."""
    first_empty, second_empty = first[1] <= first[0], second[1] <= second[0]
    front, back = np.minimum(first[0], second[0]), np.maximum(first[1], second[1])
    for side, one, other in zip((front, back), first, second, strict=True):
        np.copyto(side, other, where=first_empty)
        np.copyto(side, one, where=second_empty)
    return front, back


def subtract(pieces: Sequence[Interval], hole: Interval) -> list[Interval]:
    """Return sorted disjoint pieces without the hole: at most one piece more.

    A hole can split only one piece, so the right rest of a piece and the left
    rest of the next are never both there and share one place in the list.

    Parameters
    ----------
    pieces : sequence of Interval
        Disjoint and sorted from front to back, arrays of one shape.
    hole : Interval
        Of the same shape; empty where its back is not behind its front.

    Examples
    --------
    >>> lung = [(np.array([0.0]), np.array([100.0]))]
    >>> float(total_length(subtract(lung, (np.array([40.0]), np.array([60.0]))))[0])
    80.0
    """
    window = extent(hole)
    if window is None:
        return list(pieces)
    cropped = [crop(piece, window) for piece in pieces]
    rest = _cut(cropped, crop(hole, window))
    done = []
    for piece, part in zip(pieces, rest[:-1], strict=True):
        front, back = piece[0].copy(), piece[1].copy()
        front[window], back[window] = part
        done.append((front, back))
    if (rest[-1][1] > rest[-1][0]).any():
        front, back = np.zeros_like(pieces[0][0]), np.zeros_like(pieces[0][1])
        front[window], back[window] = rest[-1]
        done.append((front, back))
    return done


def extent(*solids: Interval) -> Window | None:
    """Return the rows and columns that hold all of some solids, None if all are empty.

    Examples
    --------
    >>> front, back = np.zeros((3, 3)), np.diag([0.0, 1, 1])
    >>> extent((front, back))
    (slice(1, 3, None), slice(1, 3, None))
    """
    there = solids[0][1] > solids[0][0]
    for front, back in solids[1:]:
        there = there | (back > front)
    if there.ndim != 2:
        return (slice(None),) if there.any() else None
    rows = there.any(1)
    if not rows.any():
        return None
    down = _ends(rows)
    return down, _ends(there[down].any(0))


def _ends(there: np.ndarray) -> slice:
    """Return the slice from the first to the last true value."""
    return slice(int(there.argmax()), len(there) - int(there[::-1].argmax()))


def _cut(pieces: Sequence[Interval], hole: Interval) -> list[Interval]:
    """Return pieces without a hole: exactly one piece more than before."""
    empty = hole[1] <= hole[0]
    start, stop = hole[0].copy(), hole[1].copy()
    np.copyto(start, np.inf, where=empty)
    np.copyto(stop, -np.inf, where=empty)
    left = [(a, np.minimum(b, start)) for a, b in pieces]
    right = [(np.maximum(a, stop), b.copy()) for a, b in pieces]
    for front, back in right:  # an empty hole would leave each piece twice
        np.copyto(back, front, where=empty)
    merged = [left[0]]
    for rest, following in zip(right[:-1], left[1:], strict=True):
        unused = rest[1] <= rest[0]
        if unused.all():
            merged.append(following)
            continue
        for side, other in zip(rest, following, strict=True):
            np.copyto(side, other, where=unused)
        merged.append(rest)
    return [*merged, right[-1]]


def ellipsoid(
    x: np.ndarray,
    z: np.ndarray,
    *,
    centre: Sequence[float],
    radii: Sequence[float],
) -> Interval:
    """Return an axis-aligned ellipsoid as an interval of depth.

    Parameters
    ----------
    x, z : float arrays of one shape, mm
    centre, radii : three numbers each, (x, y, z) in mm

    Examples
    --------
    >>> zero = np.zeros(1)
    >>> ball = ellipsoid(zero, zero, centre=(0, 10, 0), radii=(5, 5, 5))
    >>> [float(side[0]) for side in ball]
    [5.0, 15.0]
    """
    u = (x - centre[0]) / radii[0]
    v = (z - centre[2]) / radii[2]
    half = radii[1] * np.sqrt(np.maximum(1 - u * u - v * v, 0))
    return centre[1] - half, centre[1] + half
