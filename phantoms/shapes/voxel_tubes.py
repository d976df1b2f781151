"""Voxels filled with round branches: vessels, bronchi, wires."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from phantoms.shapes.voxels import Box, VoxelGrid

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
    owner = np.repeat(np.arange(len(span)), number)
    first = np.repeat(np.cumsum(number) - number, number)
    share = (np.arange(len(owner)) - first + 0.5) / number[owner]
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
