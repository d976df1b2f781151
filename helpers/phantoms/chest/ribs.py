"""Ribs: elliptical bars cut out of the cage's wall by tilted planes.

Every rib lies in a plane that falls from back to front and from the middle to the
side, so its posterior half arches down sideways and its anterior half runs down
towards the breast bone, as on a radiograph. Sizes are chosen for appearance: a
section of 7.5 mm by 9 to 13 mm with 1.25 mm of cortex where a ray crosses it, which
takes some 10 % of the rays in its middle and 20 % at its edges.
"""

from __future__ import annotations

import numpy as np

from helpers.phantoms.chest.bone_shapes import Bones, edge
from helpers.phantoms.chest.cage_wall import RIB_MM, CageWall, within
from helpers.phantoms.chest.posture import Posture
from helpers.phantoms.chest.skeleton import N_RIBS, Skeleton
from helpers.phantoms.chest.thorax import Thorax
from helpers.phantoms.shapes.solids import Interval, Piece, Window
from helpers.phantoms.shapes.tubes import grid_window

CORTEX_MM = 1.25
_CORE = np.float32((1 - 2 * CORTEX_MM / RIB_MM) ** 2)
_CALCIFIED_MM = 34.0  # calcium lies at most so far from the end of the bone
_REACH = (200,) * 10 + (112, 80)  # the floating ribs stop in the back
# depth of the cage's back wall at each rib
_BACK_MM = (58, 66, 74, 82, 88, 93, 97, 98, 98, 98, 97, 96)
_FALL_WITH_BREATH = 0.35


def add_ribs(
    bones: Bones,
    skeleton: Skeleton,
    *,
    thorax: Thorax,
    wall: CageWall,
    posture: Posture,
) -> None:
    """Add all ribs of one wall, and the calcified cartilage of the anterior one."""
    for side in (0, 1):
        for number in range(N_RIBS if wall.way > 0 else 10):
            rib = (side, number)
            window = _window(skeleton, thorax, wall, rib)
            if window is None:
                continue
            outer, inner, above = rib_intervals(
                skeleton, wall, window, rib=rib, posture=posture
            )
            there = _extent(skeleton, wall, window, rib=rib, above=above)
            place = within(wall.whole, window)
            hard = there * np.float32(skeleton.mineral.cortex)
            for part in ((outer[0], inner[0]), (inner[1], outer[1])):
                bones["cortical bone"].append(Piece(*part, hard, place))
            soft = there * np.float32(skeleton.mineral.spongiosa)
            bones["spongiosa"].append(Piece(*inner, soft, place))
            if wall.way < 0 and _has_calcium(skeleton, number):
                grain = _calcified(skeleton, wall, window, rib=rib, above=above)
                bones["cortical bone"].append(Piece(*outer, grain, place))


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
    skeleton: Skeleton, thorax: Thorax, wall: CageWall, rib: tuple[int, int]
) -> Window | None:
    """Return the part of the grid that one half of a rib can touch."""
    number, sign = rib[1], (-1, 1)[rib[0]]
    drop, height = float(skeleton.rib_drop[rib]), float(skeleton.rib_height[rib])
    top, lean = height + 8, 120 * float(sideways_fall(skeleton, number))
    levels = np.array([height, height - 0.5 * drop - 0.8 * lean])
    far = sign * min(float(thorax.cage_width(levels).max()) + 12, _REACH[number] + 8)
    if wall.way > 0:
        high, low = top, top - 22 - 0.55 * drop - lean
        near = float(skeleton.spine.course(levels[:1])[0]) + sign * 12
    else:
        high, low = top - 0.45 * drop - 0.4 * lean, top - 24 - drop - lean
        room = _CALCIFIED_MM + 8 if _has_calcium(skeleton, number) else 12
        near = sign * (float(skeleton.rib_end[rib]) - room)
    return grid_window(wall.x, wall.z, (near, 0, high), (far, 0, low), margin=2)


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


def _has_calcium(skeleton: Skeleton, number: int) -> bool:
    """Return whether the cartilage of a rib holds calcium worth drawing."""
    return number < 8 and skeleton.cartilage > 0.04


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
    there = edge(past, 8.0) * edge(np.float32(_CALCIFIED_MM) - past, 16.0)
    there *= edge(off - 24, 8.0)
    rim = np.minimum(np.abs(above) * np.float32(1 / 5), 1) + np.float32(0.2)
    # grains of 2 mm
    cells = len(skeleton.grains)
    down = (wall.z[window][:, :1] * np.float32(0.5)).astype(int) % cells
    across = (wall.x[window][:1] * np.float32(0.5)).astype(int) % cells
    share = np.float32(skeleton.cartilage * (1.3 if rib[1] == 0 else 0.7))
    return there * np.minimum(skeleton.grains[down, across] * rim * share, 0.6)
