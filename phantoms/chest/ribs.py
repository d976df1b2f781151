"""Ribs: elliptical bars cut out of the bony wall of the cage by tilted planes.

The wall is seen along the rays of a view, behind and in front. Every rib lies in a
plane that falls from back to front and from the middle to the side, so its posterior
half arches down sideways and its anterior half runs down towards the breast bone, as on
a radiograph. Sizes are chosen for appearance: a section of 7.5 mm by 9 to 13 mm with
1.25 mm of cortex where a ray crosses it, which takes some 10 % of the rays in its
middle and 20 % at its edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.patients import Posture
from phantoms.chest.projection import View
from phantoms.chest.skeleton import (
    N_RIBS,
    Bones,
    Skeleton,
    cropped,
    edge,
    midline,
    neck_room,
)
from phantoms.chest.thorax import Thorax
from phantoms.shapes.solids import Interval, Piece, Window

GAP_MM = 1.0  # between the lung and the rib
RIB_MM = 7.5  # thickness of a rib at right angles to the wall
_RISE = np.float32(0.3)  # how much of their fall the ribs rise again in front
_ANTERIOR = np.float32(0.58)  # bone at the front ends against the back


@dataclass(frozen=True)
class CageWall:
    """The posterior (way 1) or anterior (way -1) wall of the cage along the rays.

    Parameters
    ----------
    way : int
    whole : two slices
        The part of the view's grid that the arrays cover.
    x, z : float arrays of shape (rows, columns)
        Reference coordinates where the rays pass the wall.
    inner, last : float arrays
        Distance of its inside and its outside from the mid plane, mm; 0 where the
        rays pass beside it.
    depth, gain : float arrays
        A point ``y`` mm from the mid plane lies ``gain y^2 - depth`` mm outside
        the ribs' middle, at right angles to the wall.
    off, beside : float arrays
        Distance from the midline, or from the spine for the posterior wall, and
        what of it lies beside the spine.
    left : bool array
        Whether the ray passes to the left of the midline or of the spine.
    neck : float array, or 0
        How far the ribs bend forwards to the spine, mm.
    share : float array, or 1
        Bone substance against that of the back.
    """

    way: int
    whole: Window
    x: np.ndarray
    z: np.ndarray
    inner: np.ndarray
    last: np.ndarray
    depth: np.ndarray
    gain: np.ndarray
    off: np.ndarray
    beside: np.ndarray
    left: np.ndarray
    neck: np.ndarray | np.float32
    share: np.ndarray | np.float32


def cage_wall(
    skeleton: Skeleton, thorax: Thorax, view: View, *, way: int
) -> CageWall | None:
    """Return one wall of the cage, seen where the rays pass it, if they do."""
    part = cropped(view, (-160, 0, 118), (160, 0, -235))
    if part is None:
        return None
    view, whole = part
    x, z = view.at_depth(70.0 * way)
    squared, _ = _squared_depth(thorax, x, midline(z))
    x, z = view.at_depth(way * np.sqrt(np.maximum(squared, 0)))
    squared, gain = _squared_depth(thorax, x, z)
    inner = np.sqrt(np.maximum(squared, 0))
    if way > 0:  # near the spine the ribs bend forwards to the vertebrae
        off = x - skeleton.spine.course(midline(z))
        left, off = off > 0, np.abs(off)
        neck, share = neck_room(off), np.float32(1)
        squared = np.where(squared > 0, np.square(np.maximum(inner - neck, 0)), squared)
        inner = np.sqrt(np.maximum(squared, 0))
        beside = np.maximum(off - 18, 0)
    else:  # towards the breast bone the ribs rise less than they fell, and thin out
        left, off, neck = x > 0, np.abs(x), np.float32(0)
        wide = thorax.cage_width(midline(z))
        beside = (1 - _RISE) * (wide - 18) + _RISE * np.maximum(off - 18, 0)
        share = _ANTERIOR + (1 - _ANTERIOR) * edge(off - np.float32(0.8) * wide, 40.0)
    middle = np.float32(GAP_MM + RIB_MM / 2)
    last = np.sqrt(np.maximum(squared + 2 * middle * gain, 0))
    gain = 1 / gain
    depth = squared * gain + middle
    return CageWall(
        way, whole, x, z, inner, last, depth, gain, off, beside, left, neck, share
    )


def _squared_depth(
    thorax: Thorax, x: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared depth of the cage's inside, and its gain outwards."""
    across = np.float32(1) / thorax.cage_width(z)
    deep = np.square(thorax.cage_depth(z))
    share = np.abs(x) * across
    u = np.square(share)
    squared = deep - deep * u * (np.float32(0.45) + np.float32(0.55) * u)
    steep = deep * across * share * (np.float32(0.9) + np.float32(2.2) * u)
    return squared, np.sqrt(4 * np.maximum(squared, 0) + np.square(steep))


CORTEX_MM = 1.25
_CORE = np.float32((1 - 2 * CORTEX_MM / RIB_MM) ** 2)
_CALCIFIED_MM = 34.0  # calcium lies at most so far from the end of the bone
_REACH = (200,) * 10 + (112, 80)  # the floating ribs stop in the back
# depth of the cage's back wall at each rib
_BACK_MM = (58, 66, 74, 82, 88, 93, 97, 98, 98, 98, 97, 96)
_FALL_WITH_BREATH = 0.35


@dataclass(frozen=True)
class RibTable:
    """The planes and sections of all ribs on one day, right 0 to 11, left 12 to 23.

    Parameters
    ----------
    height : float32 array of shape (24,)
        Height of each plane at mid depth, mm.
    slope, fall : float32 arrays
        Fall in mm for each mm forwards and sideways.
    half : float32 array
        Half height of the section, mm.
    end, reach : float32 arrays
        Where bone ends in front and, of the floating ribs, at the side, mm.
    """

    height: np.ndarray
    slope: np.ndarray
    fall: np.ndarray
    half: np.ndarray
    end: np.ndarray
    reach: np.ndarray


def rib_table(skeleton: Skeleton, posture: Posture) -> RibTable:
    """Return the ribs of a skeleton; they fall with the domes of the diaphragm."""
    drop = skeleton.rib_drop + _FALL_WITH_BREATH * np.array(posture.raised_mm)[:, None]
    number = np.arange(N_RIBS)
    # the upper ribs lie flatter
    fall = skeleton.rib_lean * np.minimum(1, (number + 2) / 5)
    columns = (
        skeleton.rib_height - drop / 2,
        drop / (2 * np.array(_BACK_MM)),
        np.tile(fall, (2, 1)),
        skeleton.rib_half,
        skeleton.rib_end,
        np.tile(_REACH, (2, 1)),
    )
    return RibTable(*(column.astype(np.float32).ravel() for column in columns))


def add_ribs(
    bones: Bones, skeleton: Skeleton, wall: CageWall, *, posture: Posture
) -> None:
    """Add all ribs of one wall, and the calcified cartilage of the anterior one.

    A ray meets the wall between two ribs, and no other rib of the same wall can
    touch it: the whole wall is two layers, the ribs above and the ribs below.
    """
    table = rib_table(skeleton, posture)
    above_ray = ribs_above(wall, table)
    left = wall.left * N_RIBS
    for number in (above_ray - 1, above_ray):
        index = np.minimum(np.maximum(number, 0), N_RIBS - 1)
        there = index == number
        index += left
        outer, inner, above = rib_intervals(skeleton, wall, table, index)
        bone = there * rib_extent(wall, table, index, above=above)
        bones.add(outer, inner, bone, wall.whole)
        if wall.way < 0 and skeleton.cartilage > 0.04:
            grain = there * _calcified(skeleton, wall, table, index=index, above=above)
            bones.cortex.append(Piece(*outer, grain, wall.whole))


def ribs_above(wall: CageWall, table: RibTable) -> np.ndarray:
    """Return how many ribs, 0 to 12, cross the wall above each ray."""
    depth = (wall.inner + wall.last) * np.float32(0.5 * wall.way)
    if wall.way > 0:
        depth = depth + wall.neck
    height, slope = (
        (column[:N_RIBS] + column[N_RIBS:]) / 2
        for column in (table.height, table.slope)
    )
    count = np.zeros(depth.shape, np.intp)
    for number in range(N_RIBS):
        if number < 4:  # from the fourth on all ribs fall alike
            level = wall.z + wall.beside * table.fall[number]
        count += depth * slope[number] > level - height[number]
    return count


def rib_intervals(
    skeleton: Skeleton, wall: CageWall, table: RibTable, index: np.ndarray | int
) -> tuple[Interval, Interval, np.ndarray]:
    """Return a rib and its marrow as intervals of depth, and the height above it.

    With the distance through the wall linear in depth about the rib's axis, the
    section is an ellipse, and a ray meets it between two roots of a quadratic.

    Parameters
    ----------
    skeleton : Skeleton
    wall : CageWall
    table : RibTable
    index : int array of the wall's shape, or int
        The rib that is sought along each ray, 0 to 23.
    """
    axis = wall.beside * table.fall[index]
    axis += wall.z
    axis -= table.height[index]
    axis *= (np.float32(wall.way) / table.slope)[index]
    if wall.way > 0:  # the neck bends forwards without falling
        axis -= wall.neck
    swell = _swelling(skeleton, wall, index)
    thin = np.float32(2 / RIB_MM) / swell
    tight = np.square(table.slope / table.half)[index] / np.square(swell)
    # the distance through the wall, linear about the point next to the axis
    near = np.minimum(np.maximum(axis, wall.inner), wall.last)
    apart = near - axis
    rise = near * wall.gain
    away = rise * near
    away -= wall.depth
    away *= thin
    rise *= 2 * thin
    pull = apart * tight
    flat = np.square(rise, out=axis)
    flat += tight
    np.reciprocal(flat, out=flat)
    shift = away * rise
    shift += pull
    pull *= apart
    least = np.square(away, out=away)
    least += pull
    least -= np.square(shift) * flat
    shift *= flat
    centre = np.subtract(near, shift, out=near)
    outer, inner = (
        np.sqrt(np.maximum(full - least, 0) * flat) for full in (np.float32(1), _CORE)
    )
    above = apart
    above *= (np.float32(-wall.way) * table.slope)[index]
    return _placed(centre, outer, wall.way), _placed(centre, inner, wall.way), above


def _placed(
    centre: np.ndarray, half: np.ndarray, way: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return an interval of depth that stays in its own half of the chest."""
    if way > 0:
        return np.maximum(centre - half, 0), np.maximum(centre + half, 0)
    return np.minimum(-centre - half, 0), np.minimum(half - centre, 0)


def rib_extent(
    wall: CageWall, table: RibTable, index: np.ndarray | int, *, above: np.ndarray
) -> np.ndarray:
    """Return 1 where a rib is bone, falling to 0 at its ends."""
    if wall.way > 0:
        return edge(wall.off - 18, 4.0) * edge(table.reach[index] - wall.off, 6.0)
    # a round end at right angles to the rib, and a thinner cortex
    past = wall.off - table.end[index] + np.float32(0.6) * above
    past -= np.square(above) * np.float32(1 / 14)
    return edge(past, 8.0) * wall.share


def _swelling(
    skeleton: Skeleton, wall: CageWall, index: np.ndarray | int
) -> np.ndarray | np.float32:
    """Return the factor on a rib's section: thicker about a healed fracture."""
    factor = np.float32(1)
    for callus in skeleton.fractures:
        if wall.way > 0:
            off = (wall.off - np.float32(callus.off_mm)) * np.float32(1 / 7)
            bump = np.float32(callus.size) * np.exp(-np.square(off))
            factor = factor + bump * (index == callus.rib[0] * N_RIBS + callus.rib[1])
    return factor


def _calcified(
    skeleton: Skeleton,
    wall: CageWall,
    table: RibTable,
    *,
    index: np.ndarray,
    above: np.ndarray,
) -> np.ndarray:
    """Return the share of calcium in a costal cartilage: grains, most at its edges."""
    past = table.end[index] - wall.off - np.float32(0.6) * above
    there = edge(past, 8.0) * edge(np.float32(_CALCIFIED_MM) - past, 16.0)
    there *= edge(wall.off - 24, 8.0)
    rim = np.minimum(np.abs(above) * np.float32(1 / 5), 1) + np.float32(0.2)
    # grains of 2 mm
    cells = len(skeleton.grains)
    down = (wall.z[:, :1] * np.float32(0.5)).astype(int) % cells
    across = (wall.x[:1] * np.float32(0.5)).astype(int) % cells
    first = np.isin(np.arange(2 * N_RIBS), (0, N_RIBS))
    share = np.where(first, 1.3, 0.7) * (np.arange(2 * N_RIBS) % N_RIBS < 8)
    share = (skeleton.cartilage * share).astype(np.float32)[index]
    return there * np.minimum(skeleton.grains[down, across] * rim * share, 0.6)
