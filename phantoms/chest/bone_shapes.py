"""What all bones share: a shell of cortex about an inside of spongiosa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from phantoms.chest.projection import View
from phantoms.shapes.solids import WHOLE, Interval, Piece, Window
from phantoms.shapes.tubes import Tube, grid_window

Bones = dict[str, list[Piece]]


class Mineral(NamedTuple):
    """How much of a young adult's bone substance is left, 0 to 1.

    Parameters
    ----------
    cortex, spongiosa : float
        Weight of the two materials; the rest of the space is soft tissue.
    """

    cortex: float
    spongiosa: float


def no_bones() -> Bones:
    """Return the two empty layers."""
    return {"cortical bone": [], "spongiosa": []}


def add_shell(
    bones: Bones,
    outer: Interval,
    inner: Interval,
    *,
    mineral: Mineral,
    weight: np.ndarray | float = 1.0,
    window: Window = WHOLE,
) -> None:
    """Add one bone: cortex between two nested intervals, spongiosa in the inner.

    Parameters
    ----------
    bones : dict of str to list of Piece
        Both layers; grows in place.
    outer, inner : Interval
        Depths of one window's shape; the inner is cut to the outer, and where it
        is empty the whole bone is cortex.
    mineral : Mineral
    weight : float array or float
        Share of the bone that is there, 0 to 1.
    window : tuple of slices
    """
    front = np.minimum(np.maximum(inner[0], outer[0]), outer[1])
    back = np.minimum(np.maximum(inner[1], front), outer[1])
    hard = weight * np.float32(mineral.cortex)
    bones["cortical bone"] += [
        Piece(outer[0], front, hard, window),
        Piece(back, outer[1], hard, window),
    ]
    soft = weight * np.float32(mineral.spongiosa)
    bones["spongiosa"].append(Piece(front, back, soft, window))


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


def add_tube(
    bones: Bones,
    tube: Tube,
    cortex_mm: np.ndarray,
    x: np.ndarray,
    z: np.ndarray,
    *,
    mineral: Mineral,
) -> None:
    """Add a long bone along a tube.

    Parameters
    ----------
    bones : dict of str to list of Piece
    tube : Tube
        As it is seen on the grid.
    cortex_mm : float array of shape (n,)
        Thickness of the cortex at each point of the tube.
    x, z : float arrays of shape (rows, columns)
    mineral : Mineral
    """
    low, high = tube.points.min(axis=0), tube.points.max(axis=0)
    window = grid_window(x, z, low, high, margin=float(tube.radii.max()) + 2)
    if window is None:
        return
    outer, inner, middle = _squared_chords(tube, cortex_mm, x[window], z[window])
    outer, inner = np.sqrt(outer), np.sqrt(inner)
    add_shell(
        bones,
        (middle - outer, middle + outer),
        (middle - inner, middle + inner),
        mineral=mineral,
        window=window,
    )


def _squared_chords(
    tube: Tube, cortex_mm: np.ndarray, x: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return squared half chords of the tube and its inside, and its mid depth."""
    outer, inner, middle = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    hollow_radii = tube.radii - np.minimum(cortex_mm, tube.radii)
    for k in range(len(tube.radii) - 1):
        a, b = tube.points[k].tolist(), tube.points[k + 1].tolist()
        reach = float(max(tube.radii[k : k + 2])) - 3  # the window adds 5 mm
        window = grid_window(x, z, a, b, margin=reach)
        if window is None:
            continue
        dx, dy, dz = (stop - start for start, stop in zip(a, b, strict=True))
        flat = max(dx * dx + dz * dz, 1e-6)
        px, pz = x[window] - np.float32(a[0]), z[window] - np.float32(a[2])
        t = px * np.float32(dx / flat)
        t += pz * np.float32(dz / flat)
        np.minimum(np.maximum(t, 0, out=t), 1, out=t)
        px -= t * np.float32(dx)
        pz -= t * np.float32(dz)
        off = np.square(px, out=px)
        off += np.square(pz, out=pz)
        slant = np.float32(min((flat + dy * dy) / flat, 4.0))
        chord = _between(tube.radii, k, t)
        np.square(chord, out=chord)
        chord -= off
        chord *= slant
        thicker = chord > outer[window]
        np.maximum(outer[window], chord, out=outer[window])
        chord = _between(hollow_radii, k, t)
        np.square(chord, out=chord)
        chord -= off
        chord *= slant
        np.copyto(inner[window], chord, where=thicker)
        np.copyto(middle[window], np.float32(a[1]) + t * np.float32(dy), where=thicker)
    return outer, np.maximum(inner, 0), middle


def _between(values: np.ndarray, k: int, t: np.ndarray) -> np.ndarray:
    """Return the straight line from point ``k`` to the next."""
    return np.float32(values[k]) + t * np.float32(values[k + 1] - values[k])
