"""Thin things in the lung: bands of scar, septal lines and bronchi seen end on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from phantoms.chest.anatomy import ChestSolids
from phantoms.chest.projection import View
from phantoms.findings.lung_space import clip_to_lungs
from phantoms.shapes.solids import Interval, Piece, ellipsoid, hull, intersect
from phantoms.shapes.tubes import Tube, grid_window, tube_interval


def strand_pieces(tube: Tube, *, solids: ChestSolids, view: View) -> list[Piece]:
    """Return a round strand; one thinner than a pixel is drawn wider and fainter."""
    pixel = view.cell()[0]
    wide = np.maximum(tube.radii, 0.6 * pixel)
    share = np.float32(np.mean(np.square(tube.radii / wide)))
    shown = view.seen(Tube(tube.points, wide))
    low, high = shown.points.min(axis=0), shown.points.max(axis=0)
    window = grid_window(view.x, view.z, low, high, margin=float(wide.max()))
    if window is None:
        return []
    solid = tube_interval(shown, view.x[window], view.z[window])
    return clip_to_lungs(solid, solids, window=window, weight=share)


@dataclass(frozen=True, eq=False)
class Plates:
    """Thin level plates, such as thickened septa seen edge on.

    Parameters
    ----------
    ends : float array of shape (n, 2, 3)
        Both ends of the edge (x, y, z) in mm.
    depth_mm : float array of shape (n,)
        Extent from front to back.
    thick_mm : float
    """

    ends: np.ndarray
    depth_mm: np.ndarray
    thick_mm: float


def plate_pieces(plates: Plates, *, solids: ChestSolids, view: View) -> list[Piece]:
    """Return plates as pieces whose weight spreads each edge over a pixel."""
    pixel = view.cell()[0]
    wide = max(plates.thick_mm, pixel)
    faint = plates.thick_mm / wide
    pieces = []
    for (start, stop), deep in zip(plates.ends, plates.depth_mm, strict=True):
        a, b = np.asarray(view.shown(start)), np.asarray(view.shown(stop))
        window = grid_window(view.x, view.z, a, b, margin=wide)
        if window is None:
            continue
        x, z = view.x[window], view.z[window]
        along = np.array([b[0] - a[0], b[2] - a[2]])
        span = max(float(np.hypot(*along)), 1e-3)
        along /= span
        t = (x - a[0]) * along[0] + (z - a[2]) * along[1]
        off = np.abs((z - a[2]) * along[0] - (x - a[0]) * along[1])
        edge = np.clip((wide - off) / pixel, 0, 1) * np.clip(1 + t / pixel, 0, 1)
        edge *= np.clip(1 + (span - t) / pixel, 0, 1) * faint
        middle = np.full_like(x, (a[1] + b[1]) / 2)
        solid = (middle - np.float32(deep / 2), middle + np.float32(deep / 2))
        pieces += clip_to_lungs(
            solid, solids, window=window, weight=edge.astype(np.float32)
        )
    return pieces


@dataclass(frozen=True, eq=False)
class Shell:
    """A hollow, slightly knobbly ball.

    Parameters
    ----------
    centre : float array of shape (3,)
        mm, reference frame.
    radius, wall_mm : float
        Outer radius, and mean thickness of the wall.
    lobes : float array of shape (n, 4)
        Balls that bulge: place in radii (x, y, z) and radius in radii.
    hole : float array of shape (3,)
        Displacement of the hole in walls: the wall is thicker on the other side.
    """

    centre: np.ndarray
    radius: float
    wall_mm: float
    lobes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    hole: np.ndarray = field(default_factory=lambda: np.zeros(3))


def shell_pieces(
    shell: Shell, *, solids: ChestSolids, view: View
) -> tuple[list[Piece], list[Piece]]:
    """Return the wall of a hollow ball, and what is inside it."""
    place = np.asarray(view.shown(shell.centre))
    reach = 1.6 * shell.radius
    window = grid_window(view.x, view.z, place, place, margin=reach)
    if window is None:
        return [], []
    x, z = view.x[window], view.z[window]
    outer = _knobbly(x, z, place, shell, thin_mm=0.0)
    away = place + shell.wall_mm * shell.hole
    inner = intersect(outer, _knobbly(x, z, away, shell, thin_mm=shell.wall_mm))
    middle = np.where(inner[1] > inner[0], inner[0], outer[1])
    behind = np.where(inner[1] > inner[0], inner[1], outer[1])
    wall = [
        *clip_to_lungs((outer[0], middle), solids, window=window),
        *clip_to_lungs((behind, outer[1]), solids, window=window),
    ]
    return wall, clip_to_lungs(inner, solids, window=window)


def _knobbly(
    x: np.ndarray, z: np.ndarray, place: np.ndarray, shell: Shell, *, thin_mm: float
) -> Interval:
    """Return a ball with its lobes, all smaller by ``thin_mm``."""
    radius = shell.radius
    whole = ellipsoid(x, z, centre=place, radii=(max(radius - thin_mm, 0.1),) * 3)
    for *way, size in shell.lobes:
        where = place + radius * np.asarray(way)
        radii = (max(radius * size - thin_mm, 0.1),) * 3
        whole = hull(whole, ellipsoid(x, z, centre=where, radii=radii))
    return whole
