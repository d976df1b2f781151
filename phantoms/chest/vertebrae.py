"""The vertebrae along the rays: bodies with end plates, arches and processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.projection import View
from phantoms.chest.skeleton import (
    Bones,
    Spine,
    about,
    body_depth,
    column_back,
    column_front,
    cropped,
    edge,
    midline,
)
from phantoms.chest.thorax import Thorax
from phantoms.shapes.solids import Interval, Piece, Window, intersect

CANAL_MM = 15.0
SHELL_MM = 0.5
_LEAST_LEAN = 0.12


@dataclass(frozen=True)
class _Column:
    """The grid near the spine.

    Parameters
    ----------
    window : two slices
    off, z : float arrays of shape (rows, columns)
        Distance from the column's middle (left positive) and height, mm.
    front, back, tips : float arrays of shape (rows, 1)
        Depth of the front and back of the bodies and of the processes' tips, mm.
    blur_mm : float
        Width of a pixel in the reference frame.
    leans : two float32 arrays of shape (n,)
        How each vertebra leans backwards and sideways, mm a mm.
    bones : Bones
        Where the parts go.
    """

    spine: Spine
    thorax: Thorax
    window: Window
    off: np.ndarray
    z: np.ndarray
    front: np.ndarray
    back: np.ndarray
    tips: np.ndarray
    blur_mm: float
    leans: tuple[np.ndarray, np.ndarray]
    bones: Bones


def add_spine(bones: Bones, spine: Spine, thorax: Thorax, *, view: View) -> None:
    """Add the vertebral column along the rays of a view."""
    leans = _leans(spine, thorax)
    parts = ((13.0, 28.0, _add_bodies), (36.0, 40.0, _add_arch))
    for behind, reach, add in (*parts, (46.0, 4.0, _add_processes)):
        line = np.linspace(-240, 200, 12)
        bend, deep = spine.course(line), float(thorax.cage_depth(0.0)) - 40 + behind
        low, high = float(bend.min()) - reach, float(bend.max()) + reach
        part = cropped(view, (low, deep, 400), (high, deep, -400))
        if part is None:
            return
        near, window = part
        rows = near.at_depth(deep)[1]
        depth = column_front(thorax, midline(rows))
        x, z = near.at_depth(depth + np.float32(behind))
        rows = midline(z)
        front, back = column_front(thorax, rows), column_back(thorax, rows)
        tips = np.minimum(back + 35, thorax.body_depth(rows) - 4)
        blur = view.pixel_mm / view.stretch[2]
        add(
            _Column(
                spine, thorax, window, x - spine.course(rows), z, front, back, tips,
                blur, leans, bones,
            )
        )  # fmt: skip


def _nearest(here: _Column, beyond: int) -> np.ndarray:
    """Return for each row the vertebra below (0) or above (1) its middle pixel."""
    middle = midline(here.z)[:, 0]
    below = np.searchsorted(here.spine.centres, middle) - 1
    return np.clip(below + beyond, 0, len(here.spine.centres) - 1)


def _leans(spine: Spine, thorax: Thorax) -> tuple[np.ndarray, np.ndarray]:
    """Return how the vertebrae lean backwards and sideways, mm a mm."""
    ends = spine.centres + 12, spine.centres - 12
    back = (column_front(thorax, ends[0]) - column_front(thorax, ends[1])) / 24
    across = (spine.course(ends[0]) - spine.course(ends[1])) / 24
    return back, across


def _add_bodies(here: _Column) -> None:
    """Add the vertebral bodies: the one below and the one above every row."""
    spine, done = here.spine, np.full(len(here.z), -1)
    for beyond in (0, 1):
        index = _nearest(here, beyond)
        fresh = (index != done)[:, None].astype(np.float32)
        done = index
        back, across = (lean[index][:, None] for lean in here.leans)
        centre = spine.centres[index][:, None]
        up = here.z - centre + across * here.off
        half = spine.heights[index][:, None] / 2
        outer, inner = _body(here, spine, index=index, up=up, half=half)
        middle = column_back(here.thorax, centre) - body_depth(centre) / 2
        plate = spine.plates[index][:, None]
        between = _between_plates(up, half, middle, lean=back, blur=here.blur_mm)
        marrow = _between_plates(up, half - plate, middle, lean=back, blur=here.blur_mm)
        outer, inner = intersect(outer, between), intersect(inner, marrow)
        here.bones.add(outer, inner, fresh, here.window)


def _body(
    here: _Column, spine: Spine, *, index: np.ndarray, up: np.ndarray, half: np.ndarray
) -> tuple[Interval, Interval]:
    """Return the bodies without their end plates: rounded in front, flat behind."""
    rest = np.minimum(np.abs(up) / half, 1)
    right, left = spine.spurs[index].T[:, :, None]
    spur = np.where(here.off > 0, left, right)
    wide = spine.half_widths[index][:, None] - np.float32(2.8) * (1 - rest * rest)
    wide = wide + spur * np.square(np.square(rest) * rest)
    found = []
    for less in (0.0, SHELL_MM):
        u = np.square(here.off / (wide - np.float32(less)))
        room = np.sqrt(np.maximum(1 - u * (np.float32(0.5) + np.float32(0.5) * u), 0))
        deep = here.back - here.front
        middle = here.front + np.float32(0.6) * deep
        front = middle - (np.float32(0.6) * deep - np.float32(less)) * room
        behind = np.float32(0.4) * deep - np.float32(less)
        behind = behind * np.minimum(np.float32(1.3) * room, 1)
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
    steep = np.maximum(np.abs(lean), np.float32(max(0.03 * blur, _LEAST_LEAN)))
    up = np.where(lean < 0, -up, up)
    return middle - (half + up) / steep, middle + (half - up) / steep


def _add_arch(here: _Column) -> None:
    """Add pedicles, laminae and transverse processes."""
    spine = here.spine
    below, above = _nearest(here, 0), _nearest(here, 1)
    middle = midline(here.z)[:, 0]
    closer = spine.centres[above] - middle < middle - spine.centres[below]
    index = np.where(closer, above, below)
    back, across = (lean[index][:, None] for lean in here.leans)
    up = here.z - spine.centres[index][:, None] + across * here.off
    up = up + back * 21 - 2
    side, behind = np.abs(here.off), here.back
    _add_pedicles(here, side, up, behind, index)
    soft = edge(8.5 - np.abs(up + 3), here.blur_mm) * edge(11 - side, here.blur_mm)
    roof = behind + np.float32(CANAL_MM) - np.float32(0.28) * side
    lamina, marrow = (roof, roof + 5), (roof + np.float32(0.7), roof + np.float32(4.3))
    here.bones.add(lamina, marrow, soft, here.window)
    wing = spine.wings[index][:, None]
    along = behind + 12 + np.float32(0.45) * (side - 9)
    there = edge(side - 9, 2.0) * edge(wing - side, 9.0)
    high = np.square(up + 2)
    outer = np.float32(4.4) * np.sqrt(np.maximum(1 - high * np.float32(1 / 25), 0))
    inner = np.float32(3.7) * np.sqrt(np.maximum(1 - high * np.float32(1 / 18.5), 0))
    here.bones.add(about(along, outer), about(along, inner), there, here.window)


def _add_pedicles(
    here: _Column,
    side: np.ndarray,
    up: np.ndarray,
    behind: np.ndarray,
    index: np.ndarray,
) -> None:
    """Add the pedicles, which run along the rays and are seen as rings."""
    place = np.maximum(np.float32(0.64) * here.spine.half_widths[index][:, None], 10.5)
    across, along = side - place, np.square(up - 2)
    outer = 1 - np.sqrt(np.square(across / 3.4) + along * np.float32(1 / 33))
    inner = 1 - np.sqrt(np.square(across / 2.7) + along * np.float32(1 / 25))
    blur = max(here.blur_mm, 1.5)
    whole, soft = edge(4.2 * outer, blur), edge(3.5 * inner, blur)
    hard = np.maximum(whole - soft, 0) * np.float32(here.bones.mineral.cortex)
    root = behind + np.float32(CANAL_MM - 7)
    here.bones.cortex.append(Piece(behind, root, hard, here.window))
    soft = np.minimum(soft, whole) * np.float32(here.bones.mineral.spongiosa)
    here.bones.spongiosa.append(Piece(behind, root, soft, here.window))


def _add_processes(here: _Column) -> None:
    """Add the spinous processes, which slope down over the next vertebra."""
    spine, done = here.spine, np.full(len(here.z), -1)
    start = here.back + np.float32(CANAL_MM + 4)
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
            for high, less in ((np.float32(6), 0), (np.float32(5.2), np.float32(0.8)))
        )
        inner = inner[0], np.where(side < 2.2, inner[1], inner[0])
        weight = fresh * edge(2.8 - side, max(here.blur_mm, 1.6))
        here.bones.add(outer, inner, weight, here.window)
