"""Detail that only a CT resolves, and that no ray from the front notices.

A radiograph knows the density along a ray, not where along it the density lies.
Small vessels and lumps in the lung, and loops of gut in their fat, are put here in
such a way that the mean along every ray stays what it was. Chosen for appearance.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from phantoms.chest.patients import Patient
from phantoms.chest.projection import View
from phantoms.chest.pulmonary_tree import Tree, grow_tree
from phantoms.chest.thorax import build_thorax
from phantoms.shapes.solids import Piece
from phantoms.shapes.texture import look_up

_BLOCK = (32, 128, 128)  # voxels, repeated through the lung
_TEXTURE = 0.05  # standard deviation of the density, relative
_LUMPINESS = 1.8
_SMOOTH_MM = 14.0
_GUT_SLABS, _GUT_LOOPS = 15, 2
_ROOTS = 700
_HILUM_MM = (44.0, 14.0, -20.0)


@dataclass(frozen=True)
class Grain:
    """Texture of the lung in a grid of voxels.

    Parameters
    ----------
    fine : float32 array of shape (slices, rows, columns)
        Periodic; relative density less 1, mean 0.
    lumps : float32 array of the same shape
        Periodic; how the fluctuation of a ray is shared out along it, mean about 1.
    fluctuation : float32 array of shape (slices, columns)
        Relative density of each ray against its surroundings.
    """

    fine: np.ndarray
    lumps: np.ndarray
    fluctuation: np.ndarray


def grain_of(
    density: np.ndarray,
    *,
    spacing_mm: tuple[float, float, float],
    seed: tuple[int, int],
) -> Grain:
    """Return the texture of a patient's lung.

    Parameters
    ----------
    density : float array of shape (slices, columns)
        Of the lung along each ray, in any unit.
    spacing_mm : tuple of float
        Between slices, rows and columns.
    seed : tuple of int
        Of the patient.
    """
    field = _random_block(seed, spacing_mm)
    width = [_SMOOTH_MM / spacing_mm[0], _SMOOTH_MM / spacing_mm[2]]
    fluctuation = density / gaussian_filter(density, width, mode="nearest") - 1
    lumps = np.exp(_LUMPINESS * field - _LUMPINESS**2 / 2)
    return Grain(np.float32(_TEXTURE) * field, lumps, fluctuation.astype(np.float32))


@functools.lru_cache(maxsize=4)
def _random_block(
    seed: tuple[int, int], spacing_mm: tuple[float, float, float]
) -> np.ndarray:
    """Return a periodic random field of mean 0 and standard deviation 1."""
    rng = np.random.default_rng([*seed, 77])
    sides = [np.fft.fftfreq(n, d) for n, d in zip(_BLOCK, spacing_mm, strict=True)]
    frequency = np.sqrt(sum(np.square(side) for side in np.ix_(*sides)))
    gain = np.maximum(frequency, 1 / 12) ** -1.2
    gain[0, 0, 0] = 0
    field = np.fft.ifftn(np.fft.fftn(rng.standard_normal(_BLOCK)) * gain).real
    return (field / field.std()).astype(np.float32)


@functools.lru_cache(maxsize=4)
def peripheral_vessels(patient: Patient) -> Tree:
    """Return small vessels that fan out from the hila in all directions.

    The radiograph's tree holds the vessels that a radiograph shows; these are the
    ones that a CT adds, in front and behind above all.

    Parameters
    ----------
    patient : Patient
    """
    thorax, rng = build_thorax(patient), np.random.default_rng([*patient.seed, 78])
    way = rng.standard_normal((_ROOTS, 3)) * (1.0, 1.3, 1.4)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    side = np.sign(way[:, :1] + 1e-6)
    hilum = np.asarray(_HILUM_MM) * np.hstack([side, np.ones((_ROOTS, 2))])
    far = rng.uniform(22, 130, (_ROOTS, 1))
    radius = 1.9 * np.exp(-far[:, 0] / 110) * rng.uniform(0.6, 1.0, _ROOTS)
    start = hilum + far * way

    def inside(points: np.ndarray) -> np.ndarray:
        x, y, z = points.T
        width, depth = thorax.cage_width(z) - 4, thorax.cage_depth(z) - 4
        return (np.square(x / width) + np.square(y / depth) < 1) & (z < 98)

    kept = inside(start)
    end = start + way * (5 + 4 * radius)[:, None]
    roots = Tree(start[kept], end[kept], radius[kept])
    return grow_tree(roots, inside=inside, rng=rng)


def loops_of_gut(piece: Piece, field: np.ndarray, view: View) -> list[Piece]:
    """Return fat of one density along a ray as fat between the loops of the gut.

    Parameters
    ----------
    piece : Piece
        Its weight is an array.
    field : float32 array of shape (256, 256)
        Texture of the patient's soft tissues; it bends the loops.
    view : View

    Returns
    -------
    list of Piece
        Slabs of equal thickness whose weights lie between 0 and 1 and have the
        piece's own weight as their mean.
    """
    x, z = view.x[piece.window], view.z[piece.window]
    # the field is stretched, so that loops are some centimetres wide
    bent = np.float32(4.5) * look_up(field, 0.35 * x, 0.35 * z + 60)
    swing = np.minimum(piece.weight, 1 - piece.weight)
    step = (piece.back - piece.front) / np.float32(_GUT_SLABS)
    slabs = []
    for number in range(_GUT_SLABS):
        turn = np.float32(2 * np.pi * _GUT_LOOPS * number / _GUT_SLABS)
        weight = piece.weight + swing * np.cos(turn + bent)
        front = piece.front + np.float32(number) * step
        slabs.append(Piece(front, front + step, weight, piece.window))
    return slabs
