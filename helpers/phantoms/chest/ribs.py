"""Ribs: elliptical bars cut out of the cage's wall by tilted planes.

Every rib lies in a plane that falls from back to front and from the middle to the
side, so its posterior half arches down sideways and its anterior half runs down
towards the breast bone, as on a radiograph. Sizes are chosen for appearance: a
section of 7.5 mm by 10 to 14 mm with 1.2 mm of cortex where a ray crosses it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.phantoms.chest.bone_shapes import Bones, cropped, edge
from helpers.phantoms.chest.posture import Posture
from helpers.phantoms.chest.projection import View
from helpers.phantoms.chest.skeleton import N_RIBS, Skeleton
from helpers.phantoms.chest.spine import neck_room
from helpers.phantoms.chest.thorax import Thorax
from helpers.phantoms.shapes.solids import Interval, Piece, Window
from helpers.phantoms.shapes.tubes import grid_window

GAP_MM = 1.0  # between the lung and the rib
RIB_MM = 7.5
CORTEX_MM = 1.25
_CORE = np.float32((1 - 2 * CORTEX_MM / RIB_MM) ** 2)
_RISE = np.float32(0.3)
_ANTERIOR = np.float32(0.58)  # bone at the front ends against the back
_REACH = (200,) * 10 + (112, 80)  # the floating ribs stop in the back
# depth of the cage's back wall at each rib
_BACK_MM = (58, 66, 74, 82, 88, 93, 97, 98, 98, 98, 97, 96)
_FALL_WITH_BREATH = 0.35


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
        Distance of its inside and of the ribs' middle from the mid plane, mm; 0
        where the rays pass beside it.
    depth, gain : float arrays
        A point ``y`` mm from the mid plane lies ``gain y^2 - depth`` mm outside
        the ribs' middle, at right angles to the wall.
    off, beside : float arrays
        Distance from the midline, or from the spine for the posterior wall, and
        what of it lies beside the spine.
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
    neck: np.ndarray | np.float32
    share: np.ndarray | np.float32


def cage_wall(
    skeleton: Skeleton, thorax: Thorax, view: View, *, way: int
) -> CageWall | None:
    """Return one wall of the cage, seen where the rays pass it, if they do."""
    part = cropped(view, (-148, 0, 118), (148, 0, -235))
    if part is None:
        return None
    view, whole = part
    x, z = view.at_depth(70.0 * way)
    squared, _ = _squared_depth(thorax, x, _rows(z))
    x, z = view.at_depth(way * np.sqrt(np.maximum(squared, 0)))
    squared, gain = _squared_depth(thorax, x, z)
    inner = np.sqrt(np.maximum(squared, 0))
    if way > 0:  # near the spine the ribs bend forwards to the vertebrae
        off = np.abs(x - skeleton.spine.course(_rows(z)))
        neck, share = neck_room(off), np.float32(1)
        squared = np.where(squared > 0, np.square(np.maximum(inner - neck, 0)), squared)
        inner = np.sqrt(np.maximum(squared, 0))
        beside = np.maximum(off - 18, 0)
    else:  # towards the breast bone the ribs rise less than they fell, and thin out
        off, neck = np.abs(x), np.float32(0)
        wide = thorax.cage_width(_rows(z))
        beside = (1 - _RISE) * (wide - 18) + _RISE * np.maximum(off - 18, 0)
        share = _ANTERIOR + (1 - _ANTERIOR) * edge(off - np.float32(0.8) * wide, 40.0)
    middle = np.float32(GAP_MM + RIB_MM / 2)
    last = np.sqrt(np.maximum(squared + 2 * middle * gain, 0))
    gain = 1 / gain
    depth = squared * gain + middle
    return CageWall(
        way, whole, x, z, inner, last, depth, gain, off, beside, neck, share
    )


def _rows(z: np.ndarray) -> np.ndarray:
    """Return the height of every row on the midline, shape (rows, 1)."""
    return z[:, z.shape[1] // 2, None]


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


def add_ribs(
    bones: Bones, skeleton: Skeleton, wall: CageWall, *, posture: Posture
) -> None:
    """Add all ribs of one wall, and the calcified cartilage of the anterior one."""
    for side in (0, 1):
        for number in range(N_RIBS):
            if wall.way < 0 and number >= 10:
                continue
            window = _window(skeleton, wall, side, number)
            if window is None:
                continue
            rib = (side, number)
            outer, inner, above = rib_intervals(
                skeleton, wall, window, rib=rib, posture=posture
            )
            there = _extent(skeleton, wall, window, rib=rib, above=above)
            place = _within(wall.whole, window)
            hard = there * np.float32(skeleton.mineral.cortex)
            bones["cortical bone"] += [
                Piece(outer[0], inner[0], hard, place),
                Piece(inner[1], outer[1], hard, place),
            ]
            soft = there * np.float32(skeleton.mineral.spongiosa)
            bones["spongiosa"].append(Piece(*inner, soft, place))
            if wall.way < 0 and number < 8 and skeleton.cartilage > 0.04:
                grain = _calcified(skeleton, wall, window, rib=rib, above=above)
                bones["cortical bone"].append(Piece(*outer, grain, place))


def _within(whole: Window, window: Window) -> Window:
    """Return a window of a part of the grid as a window of the grid."""
    down, across = whole[0].start, whole[1].start
    rows, columns = window
    return (
        slice(rows.start + down, rows.stop + down),
        slice(columns.start + across, columns.stop + across),
    )


def rib_intervals(
    skeleton: Skeleton,
    wall: CageWall,
    window: Window,
    *,
    rib: tuple[int, int],
    posture: Posture,
) -> tuple[Interval, Interval, np.ndarray]:
    """Return a rib and its marrow as intervals of depth, and the height above it.

    With the distance through the wall linear in depth about the rib's axis, the
    section is an ellipse, and a ray meets it between two roots of a quadratic.

    Parameters
    ----------
    skeleton : Skeleton
    wall : CageWall
    window : two slices
    rib : (side, number)
        0 right or 1 left; 0 to 11.
    posture : Posture
    """
    slope, height = rib_plane(skeleton, rib, posture.raised_mm[rib[0]])
    axis = wall.beside[window] * sideways_fall(skeleton, rib[1])
    axis += wall.z[window]
    axis -= height
    axis *= np.float32(wall.way / slope)
    if wall.way > 0:  # the neck bends forwards without falling
        axis -= wall.neck[window]
    swell = _swelling(skeleton, wall, window, rib)
    thin = np.float32(2 / RIB_MM) / swell
    tight = np.square(np.float32(slope / skeleton.rib_half[rib]) / swell)
    # the distance through the wall, linear about the point next to the axis
    near = np.minimum(np.maximum(axis, wall.inner[window]), wall.last[window])
    rise = near * wall.gain[window]
    away = (rise * near - wall.depth[window]) * thin
    rise *= 2 * thin
    apart = near - axis
    flat = 1 / (np.square(rise) + tight)
    pull = apart * tight
    shift = away * rise + pull
    least = np.square(away) + apart * pull - np.square(shift) * flat
    centre = near - shift * flat
    outer = np.sqrt(np.maximum(1 - least, 0) * flat)
    inner = np.sqrt(np.maximum(_CORE - least, 0) * flat)
    above = apart * np.float32(-wall.way * slope)
    return _placed(centre, outer, wall.way), _placed(centre, inner, wall.way), above


def _placed(
    centre: np.ndarray, half: np.ndarray, way: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return an interval of depth that stays in its own half of the chest."""
    if way > 0:
        return np.maximum(centre - half, 0), np.maximum(centre + half, 0)
    return np.minimum(-centre - half, 0), np.minimum(half - centre, 0)


def rib_plane(
    skeleton: Skeleton, rib: tuple[int, int], raised_mm: float
) -> tuple[float, np.float32]:
    """Return a rib's fall in mm a mm forwards, and its height at mid depth."""
    drop = float(skeleton.rib_drop[rib]) + _FALL_WITH_BREATH * raised_mm
    middle = np.float32(skeleton.rib_height[rib] - drop / 2)
    return drop / (2 * _BACK_MM[rib[1]]), middle


def sideways_fall(skeleton: Skeleton, number: int) -> np.float32:
    """Return a rib's fall in mm a mm sideways; the upper ribs lie flatter."""
    return np.float32(skeleton.rib_lean * min(1, (number + 2) / 5))


def _window(
    skeleton: Skeleton, wall: CageWall, side: int, number: int
) -> Window | None:
    """Return the part of the grid that one half of a rib can touch."""
    drop = skeleton.rib_drop[side, number]
    top = skeleton.rib_height[side, number] + 8
    lean = 120 * float(sideways_fall(skeleton, number))
    if wall.way > 0:
        high, low = top, top - 22 - 0.55 * drop - lean
    else:
        high, low = top - 0.45 * drop - 0.4 * lean, top - 24 - drop - lean
    sign = (-1, 1)[side]
    near = 12.0 if wall.way > 0 else min(20.0, skeleton.rib_end[side, number] - 10)
    far = min(148, _REACH[number] + 8)
    return grid_window(
        wall.x, wall.z, (sign * near, 0, high), (sign * far, 0, low), margin=2
    )


def _extent(
    skeleton: Skeleton,
    wall: CageWall,
    window: Window,
    *,
    rib: tuple[int, int],
    above: np.ndarray,
) -> np.ndarray:
    """Return 1 where a rib is bone, falling to 0 at its ends."""
    off = wall.off[window]
    if wall.way < 0:  # a round end at right angles to the rib, and a thinner cortex
        past = off - np.float32(skeleton.rib_end[rib]) + np.float32(0.6) * above
        past -= np.square(above) * np.float32(1 / 14)
        return edge(past, 8.0) * wall.share[window]
    there = edge(off - 18, 4.0)
    return there * edge(_REACH[rib[1]] - off, 6.0) if rib[1] > 9 else there


def _swelling(
    skeleton: Skeleton, wall: CageWall, window: Window, rib: tuple[int, int]
) -> np.ndarray | np.float32:
    """Return the factor on a rib's section: thicker about a healed fracture."""
    factor = np.float32(1)
    for callus in skeleton.fractures:
        if callus.rib == rib and wall.way > 0:
            off = (wall.off[window] - np.float32(callus.off_mm)) * np.float32(1 / 7)
            factor = factor + np.float32(callus.size) * np.exp(-np.square(off))
    return factor


def _calcified(
    skeleton: Skeleton,
    wall: CageWall,
    window: Window,
    *,
    rib: tuple[int, int],
    above: np.ndarray,
) -> np.ndarray:
    """Return the share of calcium in a costal cartilage: grains, most at its edges."""
    off = wall.off[window]
    past = np.float32(skeleton.rib_end[rib]) - off - np.float32(0.6) * above
    there = edge(past, 8.0) * edge(off - 24, 8.0)
    rim = np.minimum(np.abs(above) * np.float32(1 / 5), 1) + np.float32(0.2)
    # grains of 2 mm
    cells = len(skeleton.grains)
    down = (wall.z[window][:, :1] * np.float32(0.5)).astype(int) % cells
    across = (wall.x[window][:1] * np.float32(0.5)).astype(int) % cells
    share = np.float32(skeleton.cartilage * (1.3 if rib[1] == 0 else 0.7))
    return there * np.minimum(skeleton.grains[down, across] * rim * share, 0.6)
