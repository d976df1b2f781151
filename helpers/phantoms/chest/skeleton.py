"""Bones as two projected thicknesses: cortical shell and marrow-filled inside.

Ribs are cut out of the cage's wall by tilted surfaces that fall from back to
front, so every rib has a posterior part that slopes down sideways and an
anterior part that slopes down towards the sternum. Sizes chosen for appearance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.phantoms.chest.patients import Patient, random_stream
from helpers.phantoms.chest.spine import Spine, build_spine
from helpers.phantoms.chest.thorax import Thorax, cage_interval
from helpers.phantoms.shapes.solids import Interval
from helpers.phantoms.shapes.tubes import Tube, grid_window, smooth_tube

N_RIBS = 12
_WALL_MM = 8.5
_CORTEX_MM = 1.3
_RIB_DROP = (34, 52, 68, 80, 90, 97, 101, 103, 102, 98, 70, 55)
_RIB_END = (30, 40, 50, 58, 66, 76, 88, 100, 112, 124, 200, 200)  # costal cartilage
_RIB_REACH = (200,) * 10 + (112, 80)  # the floating ribs stop in the back
_RIB_HALF = (8.0, 6.6, 6.4, 6.5, 6.7, 6.9, 7.0, 7.0, 6.8, 6.4, 5.6, 4.6)


@dataclass(frozen=True)
class Skeleton:
    """Bones of one patient.

    Parameters
    ----------
    rib_height : float array of shape (2, 12)
        Height of each rib's plane at the spine; row 0 right, row 1 left.
    rib_drop, rib_half : float arrays of shape (2, 12)
        Fall from back to front and half height of the section, mm.
    spine : Spine
    density : float
        Bone mineral against a young adult.
    clavicles : tuple of Tube
    scapula_shift : tuple of float
        Sideways place of the right and left shoulder blade.
    """

    rib_height: np.ndarray
    rib_drop: np.ndarray
    rib_half: np.ndarray
    spine: Spine
    density: float
    clavicles: tuple[Tube, Tube]
    scapula_shift: tuple[float, float]


def build_skeleton(patient: Patient) -> Skeleton:
    """Return the bones of a patient, the same at every call."""
    rng = random_stream(patient.seed, "anatomy", part=5)
    spacing = 22.6 + 0.55 * np.arange(N_RIBS) + rng.normal(0, 0.4)
    height = 108 + rng.normal(0, 2) - np.concatenate([[0], np.cumsum(spacing[:-1])])
    jitter = rng.normal(0, 1.0, (2, N_RIBS))
    fall = 1 + rng.normal(0, 0.07)
    drop = np.asarray(_RIB_DROP) * fall * (1 + rng.normal(0, 0.02, (2, N_RIBS)))
    half = np.asarray(_RIB_HALF) * (1 + rng.normal(0, 0.05, (2, N_RIBS)))
    bend = rng.normal(0, 3, 4)
    joints = np.concatenate([
        height[0] + np.array([70, 53, 36, 18]), height, height[-1] - np.array([31, 63])
    ])  # fmt: skip
    return Skeleton(
        rib_height=height + jitter,
        rib_drop=drop,
        rib_half=half,
        spine=build_spine(joints, bend_mm=bend),
        density=float(np.clip(1.08 - 0.004 * max(patient.age - 45, 0), 0.8, 1.1))
        * float(np.exp(rng.normal(0, 0.06))),
        clavicles=(_clavicle(rng, -1), _clavicle(rng, 1)),
        scapula_shift=(float(rng.normal(0, 5)), float(rng.normal(0, 5))),
    )


def _clavicle(rng: np.random.Generator, side: int) -> Tube:
    """Return one clavicle: an S from the sternum to the shoulder."""
    medial = 58 + rng.normal(0, 5)
    rise = 30 + rng.normal(0, 8)
    sag = rng.normal(5, 2)
    thick = 1 + rng.normal(0, 0.06)
    rows = [
        (15, -62, medial, 8.0), (32, -66, medial + 2 + 0.08 * rise, 6.8),
        (62, -66, medial + 0.42 * rise + 0.6 * sag, 5.5),
        (95, -50, medial + 0.82 * rise + sag, 5.2),
        (126, -28, medial + 1.02 * rise, 5.8), (150, -14, medial + 0.96 * rise, 7.0),
    ]  # fmt: skip
    return smooth_tube([(side * x, y, z, r) for x, y, z, r in rows], factor=thick)


def ribs(
    skeleton: Skeleton,
    thorax: Thorax,
    x: np.ndarray,
    z: np.ndarray,
    *,
    raised_mm: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return cortical and inner thickness of the 24 ribs, in mm.

    A rib falls evenly from back to front, so a ray meets it over one interval of
    depth, and the path is what this interval shares with the cage's wall.

    Parameters
    ----------
    x, z : float arrays of shape (rows, columns), mm
    raised_mm : float
        Height of the diaphragm above full inspiration; the ribs fall with it.
    """
    inner = cage_interval(thorax, x, z)[1]
    outer = cage_interval(thorax, x, z, wall_mm=_WALL_MM)[1]
    cortex, marrow = np.zeros_like(x), np.zeros_like(x)
    off = np.abs(x)
    left = x > 0
    for number in range(N_RIBS):
        fall, height = _rib_fall(skeleton, number, left, raised_mm)
        for way in (1, -1):  # 1: posterior half, -1: anterior half
            rows = _rows_of_rib(skeleton, z, number, way)
            if rows is None:
                continue
            wall = (inner[rows], outer[rows])
            axis = way * (z[rows] - height[rows] + _sideways(number, off[rows])) / fall
            half = float(skeleton.rib_half[:, number].mean())
            whole = _rib_path(axis, wall, half_mm=half, fall=fall)
            shrunk = (wall[0] + _CORTEX_MM, wall[1] - _CORTEX_MM)
            core = _rib_path(axis, shrunk, half_mm=half - _CORTEX_MM, fall=fall)
            there = _rib_extent(number, off[rows], way)
            cortex[rows] += (whole - core) * there
            marrow[rows] += core * there
    return cortex, marrow


def _rib_path(
    axis: np.ndarray, wall: Interval, *, half_mm: float, fall: float
) -> np.ndarray:
    """Return the path through a rib whose axis is met at depth ``axis``."""
    reach = half_mm / fall
    path = np.minimum(axis + reach, wall[1]) - np.maximum(axis - reach, wall[0])
    nearest = np.minimum(np.maximum(axis, wall[0]), wall[1])
    off = (nearest - axis) / reach
    return np.maximum(path, 0) * np.sqrt(np.maximum(1 - off * off, 0))


def _rows_of_rib(
    skeleton: Skeleton, z: np.ndarray, number: int, way: int
) -> slice | None:
    """Return the rows that one half of a rib can touch."""
    top = skeleton.rib_height[:, number].max() + 14
    drop = skeleton.rib_drop[:, number].max()
    if way > 0:
        high, low = top, top - 0.55 * drop - 58
    else:
        high, low = top - 0.40 * drop, top - drop - 72
    middle = -z[:, z.shape[1] // 2]
    first, last = np.searchsorted(middle, [-high - 12, -low + 12])
    return slice(first, last) if last > first else None


def _rib_fall(
    skeleton: Skeleton, number: int, left: np.ndarray, raised_mm: float
) -> tuple[float, np.ndarray]:
    """Return a rib's fall in mm a mm forwards, and its height at mid depth."""
    drop = float(skeleton.rib_drop[:, number].mean()) + 0.35 * raised_mm
    right_mm, left_mm = skeleton.rib_height[:, number] - drop / 2
    height = np.where(left, np.float32(left_mm), np.float32(right_mm))
    return drop / 196.0, height


def _sideways(number: int, off: np.ndarray) -> np.ndarray:
    """Return how far a rib has sunk at a distance ``off`` from the midline, in mm."""
    beside = np.maximum(off - 18, 0)
    neck = 5.0 * np.exp(-np.square((beside - 14) / 14))
    return 0.17 * min(1, (number + 2) / 5) * beside - neck


def _rib_extent(number: int, off: np.ndarray, way: int) -> np.ndarray:
    """Return 1 where a rib is bone, falling to 0 at its ends."""
    if way > 0:
        start = np.clip((off - 14) / 6, 0, 1)
        return start * np.clip((_RIB_REACH[number] - off) / 6 + 0.5, 0, 1)
    return np.clip((off - _RIB_END[number]) / 7 + 0.5, 0, 1)


def tube_bone(
    tube: Tube, x: np.ndarray, z: np.ndarray, *, cortex_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return cortical and inner thickness of a long bone, in mm."""
    outer, inner = np.zeros_like(x), np.zeros_like(x)
    for k in range(len(tube.radii) - 1):
        a, b = tube.points[k].tolist(), tube.points[k + 1].tolist()
        ra, rb = tube.radii[k : k + 2].tolist()
        window = grid_window(x, z, a, b, margin=max(ra, rb) + 2)
        if window is None:
            continue
        dx, dz = b[0] - a[0], b[2] - a[2]
        px, pz = x[window] - a[0], z[window] - a[2]
        t = np.clip((px * dx + pz * dz) / (dx * dx + dz * dz), 0, 1)
        off = np.square(px - t * dx) + np.square(pz - t * dz)
        radius = ra + t * (rb - ra)
        for target, less in ((outer, 0.0), (inner, cortex_mm)):
            chord = 2 * np.sqrt(np.maximum(np.square(radius - less) - off, 0))
            np.maximum(target[window], chord, out=target[window])
    return outer - inner, inner
