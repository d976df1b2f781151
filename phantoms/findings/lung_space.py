"""Where findings can lie in the lungs, and the thin things that lie there.

Points, sides and volumes of the lungs; then bands of scar, septal lines, hollow balls
and bronchi seen end on, each cut to the lungs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy, ChestSolids, build_anatomy, chest_solids
from phantoms.chest.patients import Patient, Posture
from phantoms.chest.projection import View, flat_view
from phantoms.chest.thorax import (
    APEX_DEPTH_MM,
    apex_interval,
    cage_interval,
    dome_interval,
    heart_interval,
)
from phantoms.shapes.solids import (
    Interval,
    Piece,
    Tube,
    Window,
    ellipsoid,
    grid_window,
    hull,
    intersect,
    tube_interval,
)

SIDES = {"right": -1, "left": 1}
_COARSE_MM = 7.0


def in_lung(
    anatomy: Anatomy, points: np.ndarray, *, margin_mm: float = 6.0
) -> np.ndarray:
    """Return which points (n, 3) lie in lung, a margin away from its borders.

    The lung is that of an upright patient, the domes 18 mm above full inspiration.
    """
    inside = _inside_cage(anatomy, points, margin_mm)
    for step in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)):
        near = points + margin_mm * np.array([step[0], 0, step[1]])
        inside &= _in_coarse_lung(anatomy.patient, near, margin_mm)
    return inside


def _inside_cage(
    anatomy: Anatomy, points: np.ndarray, margin_mm: float = 6.0
) -> np.ndarray:
    """Return which points lie beside the middle, above the domes and in the cage."""
    x, y, z = np.asarray(points, float).T
    thorax = anatomy.thorax
    front, back = cage_interval(thorax, x, z, wall_mm=-margin_mm)
    inside = (y > front) & (y < back) & (np.abs(x) > 24)
    front, back = apex_interval(thorax, x, z + margin_mm)
    inside &= (y > front) & (y < back)
    for front, back in (
        dome_interval(thorax, x, z, raised_mm=18.0),
        heart_interval(thorax, x, z, raised_mm=0.0),
    ):
        inside &= ~((y > front - margin_mm) & (y < back + margin_mm) & (back > front))
    return inside


def _in_coarse_lung(
    patient: Patient, points: np.ndarray, margin_mm: float
) -> np.ndarray:
    """Return which points lie in a piece of the coarse lungs, off front and back."""
    view, _, pieces = _coarse_solids(patient)
    row, column = (np.round(part).astype(int) for part in view.points(points))
    rows, columns = view.x.shape
    known = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    front, back = pieces[:, :, row.clip(0, rows - 1), column.clip(0, columns - 1)]
    y = points[:, 1]
    return known & ((y > front + margin_mm) & (y < back - margin_mm)).any(axis=0)


def places_in_lung(
    anatomy: Anatomy,
    rng: Generator,
    *,
    number: int = 1,
    low: float = 0.0,
    rough: bool = False,
) -> np.ndarray:
    """Return points in the lungs.

    Parameters
    ----------
    anatomy : Anatomy
    rng : numpy.random.Generator
    number : int
    low : float
        Above 0 pulls them to the bases, below 0 to the apices.
    rough : bool
        Without looking up the patient's own lungs: faster, and some points lie in
        the mediastinum.

    Returns
    -------
    float array of shape (number, 3)
        (x, y, z) in mm, reference frame.
    """
    trial = rng.uniform((-125, -85, -150), (125, 90, 85), (max(800, 4 * number), 3))
    trial = trial[(_inside_cage if rough else in_lung)(anatomy, trial)]
    weight = np.exp(-low * trial[:, 2] / 60)
    chosen = rng.choice(
        len(trial), number, replace=number > len(trial), p=weight / weight.sum()
    )
    return trial[chosen]


def on_side(x: np.ndarray, side: str, *, midline_mm: float = 0.0) -> np.ndarray:
    """Return 1 on one side of the midline and 0 on the other, soft over 6 mm."""
    return np.clip(SIDES[side] * (x - midline_mm) / 6 + 0.5, 0, 1)


def clip_to_lungs(
    interval: Interval,
    solids: ChestSolids,
    *,
    window: Window,
    weight: np.ndarray | float = 1.0,
) -> list[Piece]:
    """Return the parts of a solid that lie in the lungs.

    Parameters
    ----------
    interval : Interval
        Arrays of the window's shape.
    solids : ChestSolids
        Of the whole grid.
    window : Window
    weight : float array of the window's shape, or float
    """
    pieces = []
    for front, back in solids.lungs:
        part = intersect(interval, (front[window], back[window]))
        if (part[1] > part[0]).any():
            pieces.append(Piece(*part, weight, window))
    return pieces


def inner_lung(
    anatomy: Anatomy,
    view: View,
    *,
    inset_mm: np.ndarray | float,
    drop_mm: np.ndarray | float = 0.0,
) -> Interval:
    """Return the cavity less a margin along the wall and another under the apex."""
    thorax = anatomy.thorax
    inside = cage_interval(thorax, *view.at_depth(0.0), wall_mm=-inset_mm)
    x, z = view.at_depth(APEX_DEPTH_MM)
    return intersect(inside, apex_interval(thorax, x, z + drop_mm))


def outside(
    piece: Interval, hole: Interval, weight: np.ndarray | float = 1.0
) -> list[Piece]:
    """Return the parts of a piece before and behind a hole; all of it where no hole."""
    front, back = piece
    solid = hole[1] > hole[0]
    stop = np.where(solid, np.minimum(back, hole[0]), back)
    start = np.where(solid, np.maximum(front, hole[1]), back)
    return [Piece(front, stop, weight), Piece(start, back, weight)]


@dataclass(frozen=True, eq=False)
class CoarseLung:
    """One lung over a coarse grid, for volumes.

    Parameters
    ----------
    anatomy : Anatomy
    view : View
        Parallel rays, reference frame.
    solids : ChestSolids
    pieces : float array of shape (2, n, rows, columns)
        Front and back of the lungs' pieces.
    side : str
        "right" or "left".
    """

    anatomy: Anatomy
    view: View
    solids: ChestSolids
    pieces: np.ndarray
    side: str

    def volume_ml(self) -> float:
        """Return the volume of the lung in the patient."""
        front, back = self.pieces
        return self._total_ml(np.maximum(back - front, 0))

    def outside_ml(self, hole: Interval) -> float:
        """Return the volume of the lung that a hole leaves."""
        front, back = self.pieces
        shared = np.minimum(back, hole[1]) - np.maximum(front, hole[0])
        left = np.maximum(back - front, 0) - np.maximum(shared, 0)
        return self._total_ml(left)

    def _total_ml(self, length_mm: np.ndarray) -> float:
        """Return the volume of lengths over the side."""
        side = on_side(self.view.x, self.side)
        volume = _COARSE_MM**2 * np.prod(self.anatomy.patient.stretch)
        return float((length_mm.sum(axis=0) * side).sum() * volume / 1000)


def coarse_lung(anatomy: Anatomy, side: str) -> CoarseLung:
    """Return one lung of an upright patient in full inspiration over a 7 mm grid."""
    view, solids, pieces = _coarse_solids(anatomy.patient)
    return CoarseLung(anatomy, view, solids, pieces, side)


@functools.lru_cache(maxsize=16)
def _coarse_solids(patient: Patient) -> tuple[View, ChestSolids, np.ndarray]:
    """Return both lungs of a patient over a coarse grid."""
    line = np.arange(-147, 147.1, _COARSE_MM, np.float32)
    height = np.arange(105, -220.1, -_COARSE_MM, np.float32)
    view = flat_view(*np.meshgrid(line, height))
    solids = chest_solids(build_anatomy(patient), view, posture=Posture())
    lungs = [lung for lung in solids.lungs if (lung[1] > lung[0]).any()]
    return view, solids, np.stack(lungs, axis=1)


def solve(
    target: float, measure: Callable[[float], float], *, low: float, high: float
) -> float:
    """Return where a rising function reaches a target, by halving 14 times.

    Parameters
    ----------
    target : float
    measure : callable
        float to float, rising.
    low, high : float
        Ends of the search; the nearer end is returned for a target out of reach.

    Examples
    --------
    >>> round(solve(9.0, lambda v: v * v, low=0.0, high=10.0), 2)
    3.0
    """
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if measure(middle) < target else (low, middle)
    return (low + high) / 2


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
    rays = view.x[window], view.z[window]
    shape = {"radius": shell.radius, "lobes": shell.lobes}
    outer = knobbly(rays, place, **shape)
    away = place + shell.wall_mm * shell.hole
    inner = intersect(outer, knobbly(rays, away, **shape, thin_mm=shell.wall_mm))
    middle = np.where(inner[1] > inner[0], inner[0], outer[1])
    behind = np.where(inner[1] > inner[0], inner[1], outer[1])
    wall = [
        *clip_to_lungs((outer[0], middle), solids, window=window),
        *clip_to_lungs((behind, outer[1]), solids, window=window),
    ]
    return wall, clip_to_lungs(inner, solids, window=window)


def knobbly(
    rays: tuple[np.ndarray, np.ndarray],
    place: np.ndarray,
    *,
    radius: float,
    lobes: np.ndarray,
    thin_mm: float = 0.0,
) -> Interval:
    """Return a ball with its lobes, all smaller by ``thin_mm``.

    Parameters
    ----------
    rays : two float arrays of one shape
        (x, z) in mm.
    place : float array of shape (3,)
        Middle of the ball, mm.
    radius : float
        mm.
    lobes : float array of shape (n, 4)
        Balls that bulge: place in radii (x, y, z) and radius in radii.
    thin_mm : float
    """
    x, z = rays
    whole = ellipsoid(x, z, centre=place, radii=(max(radius - thin_mm, 0.1),) * 3)
    for *way, size in lobes:
        where = place + radius * np.asarray(way)
        radii = (max(radius * size - thin_mm, 0.1),) * 3
        whole = hull(whole, ellipsoid(x, z, centre=where, radii=radii))
    return whole
