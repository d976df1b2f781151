"""Organs as intervals of depth, tubes and textures: the geometry under every phantom.

The reference frame is the patient's own, in millimetres: ``x`` towards the
patient's left (the image's right), ``y`` from front to back, ``z`` from feet
to head, with the carina at the origin of ``x`` and ``z``. Seen from the front
a solid is one or more intervals ``(front, back)`` of ``y`` for every ``(x, z)``.
Its projected thickness is the sum of their lengths, and a voxel belongs to it
when its ``y`` lies in one of them, so one description serves a radiograph
and a volume.

Tubes are round organs along a chain of points. Random fields stand for what is too
small to model: they are drawn once a patient on a fixed 1.5 mm grid of the reference
frame and looked up wherever a view needs them, so a second visit shows the same texture
displaced. Their amplitudes are chosen for appearance.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from scipy import fft
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
    x: np.ndarray, z: np.ndarray, *, centre: Sequence[float], radii: Sequence[float]
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


@dataclass(frozen=True)
class Tube:
    """A chain of round segments.

    Parameters
    ----------
    points : float array of shape (n, 3)
        (x, y, z) in mm.
    radii : float array of shape (n,)
        mm.
    """

    points: np.ndarray
    radii: np.ndarray


def smooth_tube(
    rows: Sequence[tuple[float, float, float, float]],
    *,
    factor: float = 1.0,
    smooth: bool = True,
) -> Tube:
    """Return a tube through rows of (x, y, z, radius), in mm.

    Parameters
    ----------
    rows : sequence of tuple
    factor : float
        Factor on the radii.
    smooth : bool
        Put one more point between each two, on a Catmull-Rom curve.

    Examples
    --------
    >>> smooth_tube([(0, 0, 0, 2), (8, 0, 0, 2)]).points[:, 0].tolist()
    [0.0, 4.0, 8.0]
    """
    table = np.asarray(rows, float)
    if smooth:
        before = np.vstack([2 * table[0] - table[1], table])
        after = np.vstack([table, 2 * table[-1] - table[-2]])
        middle = (9 * (table[:-1] + table[1:]) - before[:-2] - after[2:]) / 16
        curve = np.empty((2 * len(table) - 1, 4))
        curve[::2], curve[1::2] = table, middle
        table = curve
    return Tube(table[:, :3], table[:, 3] * factor)


def tube_interval(tube: Tube, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return a tube as an interval of depth; the thickest segment counts.

    Parameters
    ----------
    tube : Tube
    x, z : float arrays of shape (rows, columns)
        Regular grid in mm; ``z`` falls along rows, ``x`` rises along columns.
    """
    front, back = np.zeros(x.shape, x.dtype), np.zeros(x.shape, x.dtype)
    low, high = tube.points.min(axis=0), tube.points.max(axis=0)
    reach = float(tube.radii.max()) + 3
    whole = grid_window(x, z, low.tolist(), high.tolist(), margin=reach)
    if whole is not None:
        # the window itself adds 5.4 mm
        spare = min(_lean(x, z) - 5.3, 3)
        squared, middle = squared_chords(tube, x[whole], z[whole], spare_mm=spare)[::2]
        half = np.sqrt(squared, out=squared)
        np.subtract(middle, half, out=front[whole])
        np.add(middle, half, out=back[whole])
    return front, back


def squared_chords(
    tube: Tube,
    x: np.ndarray,
    z: np.ndarray,
    *,
    spare_mm: float,
    hollow: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a tube's longest chords in depth: half of them squared, and their middle.

    Parameters
    ----------
    tube : Tube
    x, z : float arrays of shape (rows, columns)
    spare_mm : float
        Width beside a segment that is looked at; the window adds 5.4 mm.
    hollow : float array of shape (n,), optional
        Radii of the inside.

    Returns
    -------
    outer, inner, middle : float arrays of shape (rows, columns)
        The chord through the inside is that of the segment whose outer one is longest.
    """
    outer, inner, middle = (np.zeros(x.shape, x.dtype) for _ in range(3))
    for k in range(len(tube.radii) - 1):
        a, b = tube.points[k].tolist(), tube.points[k + 1].tolist()
        reach = float(max(tube.radii[k : k + 2])) + spare_mm
        window = grid_window(x, z, a, b, margin=reach)
        if window is None:
            continue
        px, pz = x[window] - a[0], z[window] - a[2]
        dx, dy, dz = (stop - start for start, stop in zip(a, b, strict=True))
        flat = max(dx * dx + dz * dz, 1e-6)
        t = px * (dx / flat)
        t += pz * (dz / flat)
        np.minimum(np.maximum(t, 0, out=t), 1, out=t)
        px -= t * dx
        pz -= t * dz
        off = np.square(px, out=px)
        off += np.square(pz, out=pz)
        slant = min((flat + dy * dy) / flat, 4.0)  # squared
        chord = _squared_chord(tube.radii, k, t, off=off, slant=slant)
        longer = chord > outer[window]
        np.maximum(outer[window], chord, out=outer[window])
        if hollow is not None:
            chord = _squared_chord(hollow, k, t, off=off, slant=slant)
            np.copyto(inner[window], chord, where=longer)
        t *= dy
        t += a[1]
        np.copyto(middle[window], t, where=longer)
    return outer, np.maximum(inner, 0, out=inner), middle


def _squared_chord(
    radii: np.ndarray, k: int, t: np.ndarray, *, off: np.ndarray, slant: float
) -> np.ndarray:
    """Return half the chord of segment ``k`` squared, below 0 beside it."""
    first, second = radii[k : k + 2].tolist()
    chord = t * (second - first)
    chord += first
    np.square(chord, out=chord)
    chord -= off
    chord *= slant
    return chord


def divided(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each part of many divided things its owner and its place there.

    Parameters
    ----------
    number : int array of shape (n,)
        Equal parts of each thing.

    Returns
    -------
    owner : int array of shape (number.sum(),)
    share : float array
        Place of the part's middle, 0 to 1.

    Examples
    --------
    >>> [part.tolist() for part in divided(np.array([1, 2]))]
    [[0, 1, 1], [0.5, 0.25, 0.75]]
    """
    owner = np.repeat(np.arange(len(number)), number)
    first = (np.cumsum(number) - number).take(owner)
    return owner, (np.arange(len(owner)) - first + 0.5) / number.take(owner)


def _lean(x: np.ndarray, z: np.ndarray) -> float:
    """Return how far a rolled grid departs from its middle row and column, in mm."""
    across = np.abs(x[[0, -1], 0] - x[len(x) // 2, 0])
    along = np.abs(z[0, [0, -1]] - z[0, z.shape[1] // 2])
    return float(max(across.max(), along.max()))


def grid_window(
    x: np.ndarray,
    z: np.ndarray,
    a: Sequence[float],
    b: Sequence[float],
    *,
    margin: float,
) -> tuple[slice, slice] | None:
    """Return the slices of the grid near the segment a-b, or None when outside."""
    # the grid may be rolled by a few degrees: the margin covers it
    rows, columns = x.shape
    x_start, x_stop = float(x[rows // 2, 0]), float(x[rows // 2, -1])
    z_start, z_stop = float(z[0, columns // 2]), float(z[-1, columns // 2])
    lean = margin + 5.4
    across = (columns - 1) / (x_stop - x_start)
    down = (rows - 1) / (z_start - z_stop)
    low = max(int((min(a[0], b[0]) - lean - x_start) * across), 0)
    high = min(int((max(a[0], b[0]) + lean - x_start) * across) + 2, columns)
    top = max(int((z_start - max(a[2], b[2]) - lean) * down), 0)
    bottom = min(int((z_start - min(a[2], b[2]) + lean) * down) + 2, rows)
    if high - low < 2 or bottom - top < 2:  # a line has no steps of its own
        return None
    return slice(top, bottom), slice(low, high)


_CELLS = 256
_STEP_MM = 1.5


@functools.lru_cache(maxsize=4)
def _power_law_gain(exponent: float, longest_mm: float) -> np.ndarray:
    """Return the amplitude of each spatial frequency, shaped for ``irfft2``."""
    fy = np.fft.fftfreq(_CELLS, _STEP_MM)[:, None]
    fx = np.fft.rfftfreq(_CELLS, _STEP_MM)[None, :]
    frequency = np.hypot(fx, fy)
    gain = np.maximum(frequency, 1 / longest_mm) ** (-exponent / 2)
    gain[0, 0] = 0
    return gain.astype(np.float32)


def random_field(rng: Generator, *, exponent: float, longest_mm: float) -> np.ndarray:
    """Return a float32 field (256, 256) of mean 0 and standard deviation 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    exponent : float
        The power spectrum falls as frequency to the minus ``exponent``.
    longest_mm : float
        Wavelength above which the spectrum is flat.
    """
    noise = rng.standard_normal((_CELLS, _CELLS), dtype=np.float32)
    spectrum = fft.rfft2(noise) * _power_law_gain(exponent, longest_mm)
    field = fft.irfft2(spectrum, s=(_CELLS, _CELLS))
    return (field / field.std()).astype(np.float32)


def look_up(field: np.ndarray, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return a field at reference coordinates, bilinear, repeating at its borders."""
    column = x * np.float32(1 / _STEP_MM) + np.float32(_CELLS / 2)
    row = np.float32(_CELLS / 2 - 34 / _STEP_MM) - z * np.float32(1 / _STEP_MM)
    left, top = np.floor(column), np.floor(row)
    right, down = column - left, row - top
    i, j = top.astype(np.intp), left.astype(np.intp)
    # the number of cells is a power of two
    above, below = (i & _CELLS - 1) * _CELLS, (i + 1 & _CELLS - 1) * _CELLS
    j, j2 = j & _CELLS - 1, j + 1 & _CELLS - 1
    flat = field.ravel()
    upper, lower = (
        _between(flat.take(line + j), flat.take(line + j2), right)
        for line in (above, below)
    )
    return _between(upper, lower, down)


def _between(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the straight line from a first value to a second; the second is lost."""
    second -= first
    step = share * second
    step += first
    return step
