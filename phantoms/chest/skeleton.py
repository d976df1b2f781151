"""The bones of one patient as numbers, and what all bones share on an image.

Numbers: heights, falls, bends, wear, old fractures. ``bones.bone_pieces`` puts them
along the rays of a view, each bone as a shell of cortex about an inside of spongiosa.
Sizes and spreads are chosen for appearance.

The vertebral column stands against the back wall of the cage and follows its curve, so
the end plates of the upper and lower vertebrae lean against the rays and only those in
the middle are seen sharply. Its sizes are near those of anatomy books: thoracic bodies
28 to 36 mm wide and 27 mm deep, a canal of 15 mm, 0.5 mm of cortex at the sides and
0.6 to 1.4 mm in the end plates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from phantoms.chest.patients import Patient, random_stream
from phantoms.chest.projection import View
from phantoms.chest.thorax import Thorax
from phantoms.shapes.solids import (
    WHOLE,
    HeightTable,
    Interval,
    Piece,
    Tube,
    Window,
    grid_window,
    squared_chords,
)


class Mineral(NamedTuple):
    """How much of a young adult's bone substance is left, 0 to 1.

    Parameters
    ----------
    cortex, spongiosa : float
        Weight of the two materials; the rest of the space is soft tissue.
    """

    cortex: float
    spongiosa: float


@dataclass(frozen=True)
class Bones:
    """Every bone along the rays of a view: two layers that grow.

    Parameters
    ----------
    mineral : Mineral
    cortex, spongiosa : list of Piece
    """

    mineral: Mineral
    cortex: list[Piece] = field(default_factory=list)
    spongiosa: list[Piece] = field(default_factory=list)

    def add(
        self,
        outer: Interval,
        inner: Interval,
        weight: np.ndarray | float = 1.0,
        window: Window = WHOLE,
    ) -> None:
        """Add one bone: cortex between two nested intervals, spongiosa in the inner.

        Parameters
        ----------
        outer, inner : Interval
            Depths of one window's shape; the inner is cut to the outer, and where it
            is empty the whole bone is cortex.
        weight : float array or float
            Share of the bone that is there, 0 to 1.
        window : tuple of slices
        """
        front = np.minimum(np.maximum(inner[0], outer[0]), outer[1])
        back = np.minimum(np.maximum(inner[1], front), outer[1])
        hard = weight * np.float32(self.mineral.cortex)
        self.cortex.append(Piece(outer[0], front, hard, window))
        self.cortex.append(Piece(back, outer[1], hard, window))
        soft = weight * np.float32(self.mineral.spongiosa)
        self.spongiosa.append(Piece(front, back, soft, window))


def about(middle: np.ndarray, half: np.ndarray) -> Interval:
    """Return the interval of half a length on both sides of its middle."""
    return middle - half, middle + half


def midline(z: np.ndarray) -> np.ndarray:
    """Return the height of the middle of every row, shape (rows, 1)."""
    return z[:, z.shape[1] // 2, None]


def cropped(
    view: View, low: Sequence[float], high: Sequence[float], *, margin: float = 0.0
) -> tuple[View, Window] | None:
    """Return the part of a view that shows a box, and its place on the whole grid.

    Parameters
    ----------
    view : View
    low, high : three numbers each
        Opposite corners of the box, reference mm.
    margin : float
        Extra room on all sides, mm.
    """
    a, b = view.shown(low), view.shown(high)
    window = grid_window(view.x, view.z, a, b, margin=margin)
    if window is None:
        return None
    return replace(view, x=view.x[window], z=view.z[window]), window


def edge(inside_mm: np.ndarray, blur_mm: float) -> np.ndarray:
    """Return 1 inside and 0 outside, over a border as wide as ``blur_mm``.

    Examples
    --------
    >>> edge(np.array([-3.0, 0.0, 3.0]), 2.0).tolist()
    [0.0, 0.5, 1.0]
    """
    share = inside_mm * np.float32(1 / blur_mm) + np.float32(0.5)
    return np.minimum(np.maximum(share, 0), 1)


def add_tube(bones: Bones, tube: Tube, cortex_mm: np.ndarray, view: View) -> None:
    """Add a long bone along a tube.

    Parameters
    ----------
    bones : Bones
    tube : Tube
    cortex_mm : float array of shape (n,)
        Thickness of the cortex at each point of the tube.
    view : View
    """
    tube, x, z = view.seen(tube), view.x, view.z
    low, high = tube.points.min(axis=0), tube.points.max(axis=0)
    window = grid_window(x, z, low, high, margin=float(tube.radii.max()) + 2)
    if window is None:
        return
    hollow = tube.radii - np.minimum(cortex_mm, tube.radii)
    outer, inner, middle = squared_chords(
        tube, x[window], z[window], spare_mm=-3.0, hollow=hollow
    )
    outer, inner = about(middle, np.sqrt(outer)), about(middle, np.sqrt(inner))
    bones.add(outer, inner, window=window)


_BACK_MM = 21.0  # from the back of the bodies to the inside of the cage
_BODY_MM = HeightTable.through([-180, 0, 60, 105, 150], [30, 27, 23, 18, 16])
_NECK_MM = (24.0, 30.0)  # how far, and how wide, the ribs bend forwards to the column


@dataclass(frozen=True)
class Spine:
    """The spine of one patient.

    Parameters
    ----------
    course : HeightTable
        Sideways place of the column in mm.
    centres : float32 array of shape (n,)
        Heights of the vertebral bodies, rising, mm.
    heights, half_widths, plates : float32 arrays of shape (n,)
        Height and half width of each body, thickness of its end plates, mm.
    spurs : float32 array of shape (n, 2)
        Osteophytes at the right and left edges of the end plates, mm.
    wings : float32 array of shape (n,)
        Reach of the transverse processes from the midline, mm.
    """

    course: HeightTable
    centres: np.ndarray
    heights: np.ndarray
    half_widths: np.ndarray
    plates: np.ndarray
    spurs: np.ndarray
    wings: np.ndarray


def build_spine(
    centres_mm: np.ndarray, rng: Generator, *, worn: float, bend_mm: np.ndarray
) -> Spine:
    """Return a spine from the heights of its vertebrae.

    Parameters
    ----------
    centres_mm : float array of shape (n,)
        Heights of the vertebral bodies.
    rng : numpy.random.Generator
    worn : float
        Degenerative change, 0 to 1: narrow discs, dense end plates, osteophytes,
        and now and then a body that has sunk in.
    bend_mm : float array of shape (4,)
        Sideways place at the heights 0, -80, -160 and -260 mm.
    """
    centres = np.sort(np.asarray(centres_mm, float))
    n = len(centres)
    gaps = np.gradient(centres)
    disc = np.clip(0.24 * gaps * (1 - 0.5 * worn * rng.random(n)), 1.6, None)
    sunk = rng.random(n) < 0.05 * max(worn - 0.45, 0)
    heights = (gaps - disc) * np.where(sunk, 0.78, 1.0)
    levels, reach = (-190, -160, -140, 95, 115, 150), (36, 30, 24, 35, 22, 17)
    wings = np.interp(centres, levels, reach)
    spurs = worn * rng.gamma(1.2, 2.6, (n, 2)) * (rng.random((n, 2)) < 0.8 * worn)
    place = [*bend_mm, 0.35 * bend_mm[0], 0.0]
    return Spine(
        course=HeightTable.through([0, -80, -160, -260, 90, 220], place),
        centres=centres.astype(np.float32),
        heights=heights.astype(np.float32),
        half_widths=(15.0 + np.clip(-centres, -90, 200) * 0.017).astype(np.float32),
        plates=(0.55 + 0.9 * worn * rng.random(n)).astype(np.float32),
        spurs=np.minimum(spurs, 7).astype(np.float32),
        wings=wings.astype(np.float32),
    )


def body_depth(z: np.ndarray) -> np.ndarray:
    """Return how deep the vertebral bodies are from front to back, in mm."""
    return _BODY_MM(z)


def column_front(thorax: Thorax, z: np.ndarray) -> np.ndarray:
    """Return the depth of the front of the vertebral bodies at a height, in mm."""
    return column_back(thorax, z) - body_depth(z)


def column_back(thorax: Thorax, z: np.ndarray) -> np.ndarray:
    """Return the depth of the back of the vertebral bodies at a height, in mm."""
    return thorax.cage_depth(z) - np.float32(_BACK_MM)


def neck_room(off: np.ndarray) -> np.ndarray:
    """Return how far the cage's back wall bends forwards beside the spine, in mm."""
    forward, wide = _NECK_MM
    share = np.maximum(1 - np.maximum(off - 17, 0) * np.float32(1 / wide), 0)
    return np.float32(forward) * share * share * (3 - 2 * share)


def spine_room(spine: Spine, thorax: Thorax, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return the space of the spine and the necks of the ribs: no lung enters it.

    Parameters
    ----------
    spine : Spine
    thorax : Thorax
    x, z : float arrays of shape (rows, columns), mm

    Returns
    -------
    Interval
        From the front of the bodies and of the ribs' necks to behind the cage.
    """
    off = np.abs(x - spine.course(z))
    cage = thorax.cage_depth(z)
    # the oesophagus, veins and fat round the edges off
    bulge = np.float32(31) * np.exp(-np.square(off * np.float32(1 / 21)))
    near = off < 50
    round_wall = cage - np.float32(0.0014) * np.square(off)
    front = np.where(near, round_wall - neck_room(off) - bulge, cage + 1)
    return front, cage + np.where(near, np.float32(20), np.float32(0))


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
        mineral=_mineral(wear, patient),
        cartilage=_cartilage(wear, patient),
        grains=_grains(wear),
        fractures=_old_fractures(wear, patient.age),
        clavicles=clavicles,
        blade_shift=shift,
        blade_turn=turn,
        sternum=tuple(map(float, sternum)),
    )


def _bend(rng: Generator) -> np.ndarray:
    """Return the sideways course of the spine: nearly straight, or a scoliosis."""
    bend = rng.normal(0, 3.2, 4)
    size = rng.gamma(4, 3.2) * rng.choice([-1, 1])
    high = rng.random() < 0.5
    if rng.random() < 0.12:
        shape = (0.5, 1.0, 0.55, -0.1) if high else (-0.45, 0.2, 1.0, 0.5)
        bend = bend + size * np.asarray(shape)
    return np.clip(bend, -22, 22)


def _mineral(rng: Generator, patient: Patient) -> Mineral:
    """Return what age leaves of the bones, a little less in women after 50."""
    loss = 0.0045 * max(patient.age - 45, 0)
    loss *= 1.35 if patient.sex == "F" and patient.age > 50 else 1.0
    cortex = float(np.clip(0.96 - 0.8 * loss + rng.normal(0, 0.05), 0.6, 1.0))
    spongy = float(np.clip(0.92 - 1.6 * loss + rng.normal(0, 0.07), 0.4, 1.0))
    return Mineral(cortex, spongy)


def _cartilage(rng: Generator, patient: Patient) -> float:
    """Return the calcium in the costal cartilages: from 30 on, more with age."""
    grown = max(patient.age - 30, 0) / 60
    return float(0.4 * np.clip(grown * rng.gamma(2.0, 0.5), 0, 1))


def _grains(rng: Generator) -> np.ndarray:
    """Return a field of grains of calcium in clumps, 0 to 2."""
    field = rng.random((64, 64), dtype=np.float32)
    clumps = np.kron(rng.random((8, 8), dtype=np.float32), np.ones((8, 8), np.float32))
    return field * clumps * np.float32(2) * (field > 0.4)


def _old_fractures(rng: Generator, age: int) -> tuple[Callus, ...]:
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


def _clavicle(rng: Generator, side: int) -> np.ndarray:
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
