"""The bones of one patient as numbers: heights, falls, bends, wear, old fractures.

Nothing is drawn here: ``bones.bone_pieces`` puts them along the rays of a view.
Sizes and spreads are chosen for appearance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.bone_shapes import Mineral
from phantoms.chest.patients import Patient, random_stream
from phantoms.chest.spine import Spine, build_spine

N_RIBS = 12
_RIB_DROP = (48, 62, 73, 82, 90, 97, 101, 103, 102, 98, 70, 55)
_RIB_END = (34, 43, 52, 60, 68, 79, 91, 103, 114, 125, 200, 200)  # costal cartilage
_RIB_HALF = (5.6, 5.6, 5.7, 5.9, 6.1, 6.3, 6.4, 6.4, 6.2, 5.9, 5.2, 4.4)
_JOINTS_ABOVE = (88, 70, 53, 36, 18)
_JOINTS_BELOW = (31, 63, 96)


@dataclass(frozen=True)
class Callus:
    """One healed fracture of a rib.

    Parameters
    ----------
    rib : tuple of int
        Side (0 right, 1 left) and number counted from 0.
    off_mm : float
        Distance from the spine, in the posterior half.
    size : float
        Thickening as a share of the rib.
    """

    rib: tuple[int, int]
    off_mm: float
    size: float


@dataclass(frozen=True)
class Skeleton:
    """Bones of one patient.

    Parameters
    ----------
    rib_height : float array of shape (2, 12)
        Height of each rib's plane at the back; row 0 right, row 1 left.
    rib_drop, rib_half, rib_end : float arrays of shape (2, 12)
        Fall from back to front, half height of the section, and distance from
        the midline where bone turns into cartilage, mm.
    rib_lean : float
        Fall in mm for each mm sideways.
    spine : Spine
    worn : float
        Degenerative change, 0 to 1.
    mineral : Mineral
    cartilage : float
        Calcium in the costal cartilages, 0 to about 0.4.
    grains : float32 array of shape (64, 64)
        Where in the cartilages the calcium lies, 0 to 2.
    fractures : tuple of Callus
    clavicles : tuple of array of shape (6, 4)
        Rows of (x, y, z, radius) of the right and left clavicle, mm.
    blade_shift, blade_turn : tuple of float
        Sideways place (mm) and turn (radians) of the right and left blade.
    sternum : tuple of float
        Factor on the width, height in mm, and sideways place in mm.
    """

    rib_height: np.ndarray
    rib_drop: np.ndarray
    rib_half: np.ndarray
    rib_end: np.ndarray
    rib_lean: float
    spine: Spine
    worn: float
    mineral: Mineral
    cartilage: float
    grains: np.ndarray
    fractures: tuple[Callus, ...]
    clavicles: tuple[np.ndarray, np.ndarray]
    blade_shift: tuple[float, float]
    blade_turn: tuple[float, float]
    sternum: tuple[float, float, float]


def build_skeleton(patient: Patient) -> Skeleton:
    """Return the bones of a patient, the same at every call."""
    rng = random_stream(patient.seed, "anatomy", part=5)
    spacing = 22.6 + 0.55 * np.arange(N_RIBS) + rng.normal(0, 0.4)
    height = 108 + rng.normal(0, 2) - np.concatenate([[0], np.cumsum(spacing[:-1])])
    jitter = rng.normal(0, 1.4, (2, N_RIBS))
    fall = 1 + rng.normal(0, 0.10)
    drop = np.asarray(_RIB_DROP) * fall * (1 + rng.normal(0, 0.025, (2, N_RIBS)))
    half = np.asarray(_RIB_HALF) * (1 + rng.normal(0, 0.06, (2, N_RIBS)))
    lean = 0.17 + float(np.clip(rng.normal(0, 0.035), -0.08, 0.08))
    end = np.asarray(_RIB_END) + rng.normal(0, 3.5, (2, N_RIBS)) + rng.normal(0, 2.5)
    worn = float(np.clip((patient.age - 38) / 50 + rng.normal(0, 0.15), 0, 1))
    above, below = np.asarray(_JOINTS_ABOVE), np.asarray(_JOINTS_BELOW)
    joints = np.concatenate([height[0] + above, height, height[-1] - below])
    clavicles = _clavicle(rng, -1), _clavicle(rng, 1)
    shift = (float(rng.normal(0, 7)), float(rng.normal(0, 7)))
    turn = (float(rng.normal(0, 0.07)), float(rng.normal(0, 0.07)))
    sternum = (1 + rng.normal(0, 0.07), rng.normal(0, 4), rng.normal(0, 1.5))
    wear = random_stream(patient.seed, "anatomy", part=15)
    return Skeleton(
        rib_height=height + jitter,
        rib_drop=drop,
        rib_half=half,
        rib_end=end,
        rib_lean=lean,
        spine=build_spine(joints - 4, wear, worn=worn, bend_mm=_bend(wear)),
        worn=worn,
        mineral=_mineral(wear, patient),
        cartilage=_cartilage(wear, patient),
        grains=_grains(wear),
        fractures=_old_fractures(wear, patient.age),
        clavicles=clavicles,
        blade_shift=shift,
        blade_turn=turn,
        sternum=(float(sternum[0]), float(sternum[1]), float(sternum[2])),
    )


def _bend(rng: np.random.Generator) -> np.ndarray:
    """Return the sideways course of the spine: nearly straight, or a scoliosis."""
    bend = rng.normal(0, 3.2, 4)
    size = rng.gamma(4, 3.2) * rng.choice([-1, 1])
    high = rng.random() < 0.5
    if rng.random() < 0.12:
        shape = (0.5, 1.0, 0.55, -0.1) if high else (-0.45, 0.2, 1.0, 0.5)
        bend = bend + size * np.asarray(shape)
    return np.clip(bend, -22, 22)


def _mineral(rng: np.random.Generator, patient: Patient) -> Mineral:
    """Return what age leaves of the bones, a little less in women after 50."""
    loss = 0.0045 * max(patient.age - 45, 0)
    loss *= 1.35 if patient.sex == "F" and patient.age > 50 else 1.0
    cortex = float(np.clip(0.96 - 0.8 * loss + rng.normal(0, 0.05), 0.6, 1.0))
    spongy = float(np.clip(0.92 - 1.6 * loss + rng.normal(0, 0.07), 0.4, 1.0))
    return Mineral(cortex, spongy)


def _cartilage(rng: np.random.Generator, patient: Patient) -> float:
    """Return the calcium in the costal cartilages: from 30 on, more with age."""
    grown = max(patient.age - 30, 0) / 60
    return float(0.4 * np.clip(grown * rng.gamma(2.0, 0.5), 0, 1))


def _grains(rng: np.random.Generator) -> np.ndarray:
    """Return a field of grains of calcium in clumps, 0 to 2."""
    field = rng.random((64, 64), dtype=np.float32)
    clumps = np.kron(rng.random((8, 8), dtype=np.float32), np.ones((8, 8), np.float32))
    return field * clumps * np.float32(2) * (field > 0.4)


def _old_fractures(rng: np.random.Generator, age: int) -> tuple[Callus, ...]:
    """Return healed fractures of neighbouring ribs, in few and mostly older people."""
    drawn = rng.random() < 0.03 + 0.0012 * max(age - 40, 0)
    side, first = int(rng.integers(2)), int(rng.integers(3, 9))
    number = int(rng.integers(1, 4))
    place = rng.uniform(85, 122)
    sizes = rng.uniform(0.2, 0.5, 3)
    if not drawn:
        return ()
    return tuple(
        Callus((side, first + k), float(place + 2 * k), float(sizes[k]))
        for k in range(number)
        if first + k < 10
    )


def _clavicle(rng: np.random.Generator, side: int) -> np.ndarray:
    """Return one clavicle: from the sternum forwards, then back to the shoulder."""
    medial = 56 + rng.normal(0, 3.5)
    rise = 30 + rng.normal(0, 8)
    sag = rng.normal(3, 2.5)
    thick = 1 + rng.normal(0, 0.07)
    rows = np.array([
        (17, -87, medial, 8.5), (30, -88, medial + 1 + 0.10 * rise, 7.4),
        (60, -81, medial + 0.42 * rise + 0.6 * sag, 5.6),
        (95, -52, medial + 0.80 * rise + sag, 5.1),
        (126, -22, medial + 1.00 * rise, 5.8), (149, -4, medial + 0.98 * rise, 6.6),
    ])  # fmt: skip
    return rows * (side, 1, 1, thick)
