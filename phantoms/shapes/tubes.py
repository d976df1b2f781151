"""Tubes: round organs along a chain of points, in the reference frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from phantoms.shapes.solids import Interval


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
        middle, half = _chords(tube, x[whole], z[whole])
        np.subtract(middle, half, out=front[whole])
        np.add(middle, half, out=back[whole])
    return front, back


def _chords(tube: Tube, x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle and half the length of the longest chord in depth."""
    squared, middle = np.zeros(x.shape, x.dtype), np.zeros(x.shape, x.dtype)
    spare = min(_lean(x, z) - 5.3, 3)  # the window itself adds 5.4 mm
    for k in range(len(tube.radii) - 1):
        a, b = tube.points[k].tolist(), tube.points[k + 1].tolist()
        ra, rb = tube.radii[k : k + 2].tolist()
        window = grid_window(x, z, a, b, margin=max(ra, rb) + spare)
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
        chord = np.multiply(t, rb - ra, out=pz)
        chord += ra
        np.square(chord, out=chord)
        chord -= off
        chord *= slant
        longest, depth = squared[window], middle[window]  # views: written in place
        better = chord > longest
        np.maximum(longest, chord, out=longest)
        t *= dy
        t += a[1]
        np.copyto(depth, t, where=better)
    return middle, np.sqrt(squared, out=squared)


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
