"""Voxels filled with the pieces of depth that also make a radiograph, and branches.

A voxel's value is exact along ``y``: every piece is a box function of depth, whose
derivative is scattered at its two ends (four weighted additions) and summed up
along ``y``. Along ``x`` and ``z`` pieces are sampled at the grid's rays. Round branches
are vessels, bronchi and wires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from phantoms.shapes.solids import Piece, divided

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class VoxelGrid:
    """A regular grid of voxels about a patient.

    Parameters
    ----------
    origin_mm : tuple of float
        True (x, y, z) of the centre of the first voxel: right, front, feet.
    spacing_mm : tuple of float
        Between slices (z), rows (y) and columns (x).
    shape : tuple of int
        Slices from feet to head, rows from front to back, columns from the
        patient's right to the left.
    stretch : tuple of float
        The patient's factors (x, y, z) from the reference frame.
    rays_per_slice : int
        How many heights within a slice are averaged.
    """

    origin_mm: tuple[float, float, float]
    spacing_mm: tuple[float, float, float]
    shape: tuple[int, int, int]
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)
    rays_per_slice: int = 1

    def rays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return reference coordinates (x, z) of the rays along ``y``.

        Both have the shape (slices * rays_per_slice, columns), from head to feet.
        """
        slices, _, columns = self.shape
        step = self.spacing_mm[0] / self.rays_per_slice
        low = self.origin_mm[2] - self.spacing_mm[0] / 2 + step / 2
        z = low + step * np.arange(slices * self.rays_per_slice)[::-1]
        x = self.origin_mm[0] + self.spacing_mm[2] * np.arange(columns)
        x, z = np.meshgrid(x / self.stretch[0], z / self.stretch[2])
        return x.astype(np.float32), z.astype(np.float32)

    def index_of(self, points: np.ndarray) -> np.ndarray:
        """Return fractional (slice, row, column) of reference points (n, 3)."""
        true = points * np.asarray(self.stretch) - np.asarray(self.origin_mm)
        return true[:, ::-1] / np.asarray(self.spacing_mm)

    def reference_step(self) -> np.ndarray:
        """Return the spacing (z, y, x) in the reference frame, mm."""
        return np.asarray(self.spacing_mm) / np.asarray(self.stretch)[::-1]


def whole_box(grid: VoxelGrid) -> Box:
    """Return the box of all voxels."""
    return tuple(slice(0, n) for n in grid.shape)


def fill_pieces(pieces: Sequence[Piece], grid: VoxelGrid, box: Box) -> np.ndarray:
    """Return the weighted share of each voxel that lies in the pieces.

    Parameters
    ----------
    pieces : sequence of Piece
        Over the rays of the grid, reference mm. Overlaps count twice.
    grid : VoxelGrid
    box : tuple of three slices
        Voxels that are wanted.

    Returns
    -------
    float32 array of the box's shape

    Examples
    --------
    >>> grid = VoxelGrid((0, 0.5, 0), (1, 1, 1), (1, 4, 1))
    >>> piece = Piece(np.array([[0.5]]), np.array([[2.25]]))
    >>> fill_pieces([piece], grid, whole_box(grid))[0, :, 0].tolist()
    [0.5, 1.0, 0.25, 0.0]
    """
    slices, depth, columns = (part.stop - part.start for part in box)
    times = grid.rays_per_slice
    first = (grid.shape[0] - box[0].stop) * times  # rays fall from head to feet
    above = np.arange(slices * times)[::-1] // times
    start = above[:, None] * ((depth + 2) * columns) + np.arange(columns)
    corner = (first, box[2].start)
    places, shares = [], []
    for piece in pieces:
        for place, share in _edges(piece, grid, box, (start.astype(np.int32), corner)):
            places += [place, place + columns]
            shares += [share[0], share[1]]
    size = slices * (depth + 2) * columns
    if not places:
        return np.zeros((slices, depth, columns), np.float32)
    steps = np.bincount(np.concatenate(places), np.concatenate(shares), size)
    volume = steps.astype(np.float32).reshape(slices, depth + 2, columns)
    for row in range(1, depth):
        volume[:, row] += volume[:, row - 1]
    return volume[:, :depth]


def _edges(
    piece: Piece, grid: VoxelGrid, box: Box, rays: tuple[np.ndarray, tuple[int, int]]
) -> list[tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]]:
    """Return where a piece begins and ends, with the shares of two voxels each."""
    start, corner = rays
    shape = (grid.shape[0] * grid.rays_per_slice, grid.shape[2])
    own, cut = [], []
    for window, size, low, count in zip(
        piece.window, shape, corner, start.shape, strict=True
    ):
        begin, stop, _ = window.indices(size)
        high = min(stop, low + count)
        low_cut = max(begin, low)
        if low_cut >= high:
            return []
        own.append(slice(low_cut - begin, high - begin))
        cut.append(slice(low_cut - low, high - low))
    own, cut = tuple(own), tuple(cut)
    scale = grid.stretch[1] / grid.spacing_mm[1]
    shift = 0.5 - grid.origin_mm[1] / grid.spacing_mm[1] - box[1].start
    depth = box[1].stop - box[1].start
    front, back, weight = (part[own] for part in np.broadcast_arrays(*piece[:3]))
    front = np.clip(front * scale + shift, 0, depth)
    back = np.clip(back * scale + shift, 0, depth)
    keep = back > front
    if not keep.any():
        return []
    weight = weight[keep].astype(np.float32) / np.float32(grid.rays_per_slice)
    found = []
    for edge, sign in ((front[keep], 1), (back[keep], -1)):
        voxel = edge.astype(np.int32)
        part = (edge - voxel) * weight
        place = start[cut][keep] + voxel * np.int32(start.shape[1])
        found.append((place, (sign * (weight - part), sign * part)))
    return found


def extent(pieces: Sequence[Piece], grid: VoxelGrid, part: slice) -> Box | None:
    """Return the voxels of some slices that pieces touch, or None for none.

    Parameters
    ----------
    pieces : sequence of Piece
        Over the rays of the grid.
    grid : VoxelGrid
    part : slice
        Which slices.
    """
    times, slices = grid.rays_per_slice, grid.shape[0]
    rays = slice((slices - part.stop) * times, (slices - part.start) * times)
    shape = (slices * times, grid.shape[2])
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for piece in pieces:
        own, columns = (
            range(*window.indices(n))
            for window, n in zip(piece.window, shape, strict=True)
        )
        first, last = max(own.start, rays.start), min(own.stop, rays.stop)
        if first >= last:
            continue
        cut = slice(first - own.start, last - own.start)
        front, back = (part[cut] for part in np.broadcast_arrays(*piece[:2]))
        solid = back > front
        if not solid.any():
            continue
        place = np.flatnonzero(solid.any(axis=0)) + columns.start
        ends = front[solid].min(), back[solid].max()
        scale = grid.stretch[1] / grid.spacing_mm[1]
        y = [end * scale - grid.origin_mm[1] / grid.spacing_mm[1] for end in ends]
        low = np.minimum(low, (0, np.floor(y[0]), place[0]))
        high = np.maximum(high, (0, np.ceil(y[1]) + 1, place[-1] + 1))
    if not np.isfinite(low).all():
        return None
    low, high = np.maximum(low, 0).astype(int), high.astype(int)
    rows, columns = (
        slice(low[axis], min(high[axis], grid.shape[axis])) for axis in (1, 2)
    )
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return None
    return part, rows, columns


def overlap(first: Box, second: Box) -> tuple[Box, Box] | None:
    """Return the common voxels of two boxes, counted in each of them."""
    local, target = [], []
    for own, wanted in zip(first, second, strict=True):
        low, high = max(own.start, wanted.start), min(own.stop, wanted.stop)
        if low >= high:
            return None
        local.append(slice(low - own.start, high - own.start))
        target.append(slice(low - wanted.start, high - wanted.start))
    return tuple(local), tuple(target)


# branches thinner than the last of these are laid into the voxels as small balls
_THIN_CLASSES_MM = (0.0, 0.55, 0.7, 1.0)


class Part(NamedTuple):
    """Values of a box of voxels.

    Parameters
    ----------
    values : float32 array of shape (slices, rows, columns)
        Of the box alone.
    box : tuple of three slices
        Where it lies in the volume.
    """

    values: np.ndarray
    box: Box


def tube_coverage(
    start: np.ndarray, end: np.ndarray, radius: np.ndarray, *, grid: VoxelGrid
) -> Part:
    """Return the share of each voxel that lies in a set of round branches.

    Thick branches have sharp walls; thin ones are rows of small balls that keep
    their volume, however small against a voxel.

    Parameters
    ----------
    start, end : float arrays of shape (n, 3)
        Reference (x, y, z) in mm.
    radius : float array of shape (n,)
        Reference mm.
    grid : VoxelGrid
    """
    low, high = grid.index_of(start), grid.index_of(end)
    reach = radius[:, None] / grid.reference_step() + 2
    bottom = np.floor(np.minimum(low, high) - reach).astype(int)
    top = np.ceil(np.maximum(low, high) + reach).astype(int) + 1
    near = ((top > 0) & (bottom < grid.shape)).all(axis=1)
    if not near.any():
        return Part(np.zeros((0, 0, 0), np.float32), (slice(0, 0),) * 3)
    bottom = np.maximum(bottom, 0)
    top = np.minimum(top, grid.shape)
    corner, far = bottom[near].min(axis=0), top[near].max(axis=0)
    values = np.zeros(far - corner, np.float32)
    for least, most in pairwise(_THIN_CLASSES_MM):
        thin = near & (radius >= least) & (radius < most)
        _lay_balls(values, low[thin] - corner, high[thin] - corner, radius[thin], grid)
    for k in np.flatnonzero(near & (radius >= _THIN_CLASSES_MM[-1])):
        window = tuple(slice(a, b) for a, b in zip(bottom[k], top[k], strict=True))
        share = _capsule(window, (low[k], high[k], float(radius[k])), grid)
        part = values[
            tuple(slice(a, b) for a, b in zip(bottom[k] - corner, top[k] - corner,
                                              strict=True))
        ]  # fmt: skip
        np.maximum(part, share, out=part)
    np.minimum(values, 1, out=values)
    return Part(values, tuple(slice(a, b) for a, b in zip(corner, far, strict=True)))


def _capsule(
    window: Box, branch: tuple[np.ndarray, np.ndarray, float], grid: VoxelGrid
) -> np.ndarray:
    """Return the share of each voxel of a window in one branch with round ends."""
    low, high, radius = branch
    step = grid.reference_step()
    times = max(int(np.ceil(step[0] / step[2])), 1)
    inner = (np.arange(times) + 0.5) / times - 0.5
    z = np.arange(window[0].start, window[0].stop)[:, None] + inner
    sides = [z.ravel(), *(np.arange(w.start, w.stop) for w in window[1:])]
    away = [
        ((side - a) * s).astype(np.float32)
        for side, a, s in zip(sides, low, step, strict=True)
    ]
    dz, dy, dx = np.ix_(*away)
    way = ((high - low) * step).astype(np.float32)
    along = dz * way[0] + dy * way[1] + dx * way[2]
    t = np.clip(along / max(float(way @ way), 1e-6), 0, 1)
    off = np.sqrt((dz - t * way[0]) ** 2 + (dy - t * way[1]) ** 2
                  + (dx - t * way[2]) ** 2)  # fmt: skip
    share = np.clip((radius - off) / np.float32(step[2]) + np.float32(0.5), 0, 1)
    return share.reshape(-1, times, *share.shape[1:]).mean(axis=1)


def _lay_balls(
    values: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    radius: np.ndarray,
    grid: VoxelGrid,
) -> None:
    """Add thin branches to a box of voxels as small Gaussian balls."""
    if not len(radius):
        return
    step = grid.reference_step()
    span = np.linalg.norm((high - low) * step, axis=1)
    number = np.ceil(span / np.maximum(radius, 0.6 * step[2])).astype(int)
    owner, share = divided(number)
    place = low[owner] + share[:, None] * (high - low)[owner]
    volume = (np.pi * np.square(radius) * span / number)[owner] / step.prod()
    voxel = np.rint(place).astype(int)
    sides, total = [], volume.astype(np.float32)
    for axis in range(3):
        sigma = (radius / 2 / step[axis])[owner]
        reach = int(np.ceil(2 * sigma.max()))
        edge = np.arange(-reach, reach + 2) - 0.5
        off = (edge - (place - voxel)[:, axis, None]) / sigma[:, None]
        part = np.diff(ndtr(off.astype(np.float32)), axis=1)
        sides.append(part / part.sum(axis=1, keepdims=True))
        total = total[..., None] * sides[-1].reshape(-1, *(1,) * axis, part.shape[1])
    places = [
        voxel[:, axis, None] + np.arange(part.shape[1]) - part.shape[1] // 2
        for axis, part in enumerate(sides)
    ]
    inside = np.ones(total.shape, bool)
    flat = np.zeros(total.shape, np.int64)
    for axis, place_1d in enumerate(places):
        side = [slice(None), None, None, None]
        side[axis + 1] = slice(None)
        inside &= ((place_1d >= 0) & (place_1d < values.shape[axis]))[tuple(side)]
        flat = flat * values.shape[axis] + place_1d[tuple(side)]
    added = np.bincount(flat[inside], total[inside], values.size)
    values += added.reshape(values.shape).astype(np.float32)
