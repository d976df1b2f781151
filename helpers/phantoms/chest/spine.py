"""The vertebral column: bodies with their shells, arches, and all processes.

The column stands against the back wall of the cage and follows its curve, so the
end plates of the upper and lower vertebrae lean against the rays and only those
in the middle are seen sharply. Sizes are chosen for appearance, near those of
anatomy books: thoracic bodies 28 to 36 mm wide and 27 mm deep, a canal of 15 mm,
0.6 mm of cortex at the sides and 1 mm in the end plates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.phantoms.chest.bone_shapes import Bones, Mineral, add_shell, edge
from helpers.phantoms.chest.projection import View
from helpers.phantoms.chest.thorax import Thorax
from helpers.phantoms.shapes.solids import HeightTable, Interval, Piece, Window
from helpers.phantoms.shapes.tubes import grid_window

FRONT_MM = 48.0  # from the front of the bodies back to the inside of the cage
BODY_MM = 27.0
CANAL_MM = 15.0
_SHELL_MM = 0.6
_LEAST_LEAN = 0.12
_NECK_MM = (24.0, 30.0)  # how far, and how wide, the ribs bend forwards to the column
_ROOM_MM = 3.0  # soft tissue about the column


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
    centres_mm: np.ndarray,
    rng: np.random.Generator,
    *,
    worn: float,
    bend_mm: np.ndarray,
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
    disc = np.clip(0.21 * gaps * (1 - 0.5 * worn * rng.random(n)), 1.6, None)
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


def column_front(thorax: Thorax, z: np.ndarray) -> np.ndarray:
    """Return the depth of the front of the vertebral bodies at a height, in mm."""
    return thorax.cage_depth(z) - np.float32(FRONT_MM)


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
    half = np.float32(15 + _ROOM_MM) + np.clip(-z, -90, 200) * np.float32(0.017)
    u = np.square(off / half)
    round_front = np.sqrt(np.maximum(1 - u * (0.25 + 0.75 * u), 0))
    side = cage - neck_room(off)
    front = np.where(u < 1, side - (FRONT_MM - 22) * round_front, side)
    return np.where(off < 46, front, cage + 1), cage + np.where(off < 46, 20, 0)


@dataclass(frozen=True)
class _Column:
    """The grid near the spine.

    Parameters
    ----------
    window : two slices
    off, z : float arrays of shape (rows, columns)
        Distance from the column's middle (left positive) and height, mm.
    front, tips : float arrays of shape (rows, 1)
        Depth of the front of the bodies and of the tips of the processes, mm.
    blur_mm : float
        Width of a pixel in the reference frame.
    bones, mineral
        Where the parts go, and their substance.
    """

    spine: Spine
    thorax: Thorax
    window: Window
    off: np.ndarray
    z: np.ndarray
    front: np.ndarray
    tips: np.ndarray
    blur_mm: float
    bones: Bones
    mineral: Mineral

    @property
    def rows(self) -> np.ndarray:
        """Height of the middle of every row, shape (rows, 1)."""
        return self.z[:, self.z.shape[1] // 2, None]


def add_spine(
    bones: Bones, spine: Spine, thorax: Thorax, *, view: View, mineral: Mineral
) -> None:
    """Add the vertebral column along the rays of a view."""
    parts = ((13.0, 28.0, _add_bodies), (36.0, 40.0, _add_arch))
    for behind, reach, add in (*parts, (46.0, 4.0, _add_processes)):
        rows = view.at_depth(50.0)[1]
        rows = rows[:, rows.shape[1] // 2, None]
        x, z = view.at_depth(column_front(thorax, rows) + np.float32(behind))
        bend = spine.course(rows)
        low, high = float(bend.min()) - reach, float(bend.max()) + reach
        window = grid_window(x, z, (low, 0, 400), (high, 0, -400), margin=0)
        if window is None:
            return
        x, z, rows = x[window], z[window], rows[window[0]]
        front = column_front(thorax, rows)
        tips = np.minimum(front + 62, thorax.body_depth(rows) - 4)
        blur = view.pixel_mm / view.stretch[2]
        add(
            _Column(
                spine, thorax, window, x - spine.course(rows), z, front, tips,
                blur, bones, mineral,
            )
        )  # fmt: skip


def _nearest(here: _Column, beyond: int) -> np.ndarray:
    """Return for each row the vertebra below (0) or above (1) its middle pixel."""
    middle = here.rows[:, 0]
    below = np.searchsorted(here.spine.centres, middle) - 1
    return np.clip(below + beyond, 0, len(here.spine.centres) - 1)


def _lean(spine: Spine, thorax: Thorax, index: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return how the chosen vertebrae lean backwards and sideways, mm a mm."""
    centre = spine.centres[index]
    ends = centre + 12, centre - 12
    back = (column_front(thorax, ends[0]) - column_front(thorax, ends[1])) / 24
    across = (spine.course(ends[0]) - spine.course(ends[1])) / 24
    return back[:, None], across[:, None]


def _add_bodies(here: _Column) -> None:
    """Add the vertebral bodies: the one below and the one above every row."""
    spine, done = here.spine, np.full(len(here.z), -1)
    for beyond in (0, 1):
        index = _nearest(here, beyond)
        fresh = (index != done)[:, None].astype(np.float32)
        done = index
        back, across = _lean(spine, here.thorax, index)
        centre = spine.centres[index][:, None]
        up = here.z - centre + across * here.off
        half = spine.heights[index][:, None] / 2
        outer, inner = _body(here, spine, index=index, up=up, half=half)
        middle = here.thorax.cage_depth(centre) - np.float32(FRONT_MM - BODY_MM / 2)
        plate = spine.plates[index][:, None]
        between = _between_plates(up, half, middle, lean=back, blur=here.blur_mm)
        marrow = _between_plates(up, half - plate, middle, lean=back, blur=here.blur_mm)
        outer = np.maximum(outer[0], between[0]), np.minimum(outer[1], between[1])
        inner = np.maximum(inner[0], marrow[0]), np.minimum(inner[1], marrow[1])
        add_shell(
            here.bones, outer, inner,
            mineral=here.mineral, weight=fresh, window=here.window,
        )  # fmt: skip


def _body(
    here: _Column, spine: Spine, *, index: np.ndarray, up: np.ndarray, half: np.ndarray
) -> tuple[Interval, Interval]:
    """Return the bodies without their end plates: rounded in front, flat behind."""
    rest = np.minimum(np.abs(up) / half, 1)
    right, left = spine.spurs[index].T[:, :, None]
    spur = np.where(here.off > 0, left, right)
    wide = spine.half_widths[index][:, None] - np.float32(1.6) * (1 - rest * rest)
    wide = wide + spur * np.square(np.square(rest) * rest)
    found = []
    for less in (0.0, _SHELL_MM):
        u = np.square(here.off / (wide - np.float32(less)))
        room = np.sqrt(np.maximum(1 - u * (np.float32(0.25) + np.float32(0.75) * u), 0))
        middle = here.front + np.float32(0.6 * BODY_MM)
        front = middle - np.float32(0.6 * BODY_MM - less) * room
        behind = np.float32(0.4 * BODY_MM - less) * np.minimum(1.3 * room, 1)
        found.append((front, middle + behind))
    return found[0], found[1]


def _between_plates(
    up: np.ndarray,
    half: np.ndarray,
    middle: np.ndarray,
    *,
    lean: np.ndarray,
    blur: float,
) -> Interval:
    """Return where a ray runs between two end plates that lean by ``lean``."""
    # no plate lies wholly along the rays: it is bowed, and met over a pixel or more
    steep = np.maximum(np.abs(lean), np.float32(max(0.8 * blur / BODY_MM, _LEAST_LEAN)))
    up = np.where(lean < 0, -up, up)
    return middle - (half + up) / steep, middle + (half - up) / steep


def _add_arch(here: _Column) -> None:
    """Add pedicles, laminae and transverse processes."""
    spine = here.spine
    below, above = _nearest(here, 0), _nearest(here, 1)
    middle = here.rows[:, 0]
    closer = spine.centres[above] - middle < middle - spine.centres[below]
    index = np.where(closer, above, below)
    back, across = _lean(spine, here.thorax, index)
    up = here.z - spine.centres[index][:, None] + across * here.off
    up = up + back * np.float32(BODY_MM / 2 + 8) - 2
    side, behind = np.abs(here.off), here.front + np.float32(BODY_MM)
    _add_pedicles(here, side, up, behind, index)
    soft = edge(8.5 - np.abs(up + 3), here.blur_mm) * edge(11 - side, here.blur_mm)
    roof = behind + np.float32(CANAL_MM) - np.float32(0.28) * side
    lamina, marrow = (roof, roof + 5), (roof + 1, roof + 4)
    add_shell(
        here.bones, lamina, marrow, mineral=here.mineral, weight=soft,
        window=here.window,
    )  # fmt: skip
    wing = spine.wings[index][:, None]
    along = behind + 12 + np.float32(0.45) * (side - 9)
    there = edge(side - 9, 2.0) * edge(wing - side, 9.0)
    high = np.square(up + 2)
    outer = np.float32(4.4) * np.sqrt(np.maximum(1 - high * np.float32(1 / 25), 0))
    inner = np.float32(3.5) * np.sqrt(np.maximum(1 - high * np.float32(1 / 17), 0))
    add_shell(
        here.bones, (along - outer, along + outer), (along - inner, along + inner),
        mineral=here.mineral, weight=there, window=here.window,
    )  # fmt: skip


def _add_pedicles(
    here: _Column,
    side: np.ndarray,
    up: np.ndarray,
    behind: np.ndarray,
    index: np.ndarray,
) -> None:
    """Add the pedicles, which run along the rays and are seen as rings."""
    place = np.float32(0.64) * here.spine.half_widths[index][:, None]
    across, along = side - place, np.square(up - 2)
    outer = 1 - np.sqrt(np.square(across / 3.4) + along * np.float32(1 / 33))
    inner = 1 - np.sqrt(np.square(across / 2.7) + along * np.float32(1 / 25))
    blur = max(here.blur_mm, 1.5)
    whole, soft = edge(4.2 * outer, blur), edge(3.5 * inner, blur)
    hard = np.maximum(whole - soft, 0) * np.float32(here.mineral.cortex)
    root = behind + np.float32(CANAL_MM - 6)
    here.bones["cortical bone"].append(Piece(behind, root, hard, here.window))
    soft = np.minimum(soft, whole) * np.float32(here.mineral.spongiosa)
    here.bones["spongiosa"].append(Piece(behind, root, soft, here.window))


def _add_processes(here: _Column) -> None:
    """Add the spinous processes, which slope down over the next vertebra."""
    spine, done = here.spine, np.full(len(here.z), -1)
    start = here.front + np.float32(BODY_MM + CANAL_MM + 4)
    side = np.abs(here.off)
    for beyond in (1, 2):
        index = _nearest(here, beyond)
        fresh = (index != done)[:, None].astype(np.float32)
        done = index
        centre = spine.centres[index][:, None]
        slope = np.interp(centre, [-170, -120, 40, 110], [0.25, 1.3, 1.3, 0.5])
        slope = slope.astype(np.float32)
        down = centre - 5 - here.z
        thin = np.sqrt(np.maximum(1 - np.square(side * np.float32(1 / 3.4)), 0))
        outer, inner = (
            (
                np.maximum(start, start + (down - high * thin) / slope),
                np.minimum(here.tips - less, start + (down + high * thin) / slope),
            )
            for high, less in ((np.float32(6), 0), (np.float32(4.6), np.float32(1)))
        )
        inner = inner[0], np.where(side < 1.7, inner[1], inner[0])
        weight = fresh * edge(2.8 - side, max(here.blur_mm, 1.6))
        add_shell(
            here.bones, outer, inner,
            mineral=here.mineral, weight=weight, window=here.window,
        )  # fmt: skip
