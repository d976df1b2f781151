"""Where findings can lie: points, sides and shells of the lungs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.phantoms.chest.anatomy import Anatomy, ChestSolids, chest_solids
from helpers.phantoms.chest.posture import Posture
from helpers.phantoms.chest.projection import View, flat_view
from helpers.phantoms.chest.thorax import (
    APEX_DEPTH_MM,
    apex_interval,
    cage_interval,
    dome_interval,
    heart_interval,
)
from helpers.phantoms.shapes.solids import Interval, Piece, Window, intersect, length

SIDES = {"right": -1, "left": 1}
_COARSE_MM = 6.0


def in_lung(
    anatomy: Anatomy, points: np.ndarray, *, margin_mm: float = 6.0
) -> np.ndarray:
    """Return which points (n, 3) lie in aerated lung, away from its borders."""
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


def places_in_lung(
    anatomy: Anatomy, rng: np.random.Generator, *, number: int = 1, low: float = 0.0
) -> np.ndarray:
    """Return points (number, 3) in the lungs; ``low`` pulls them to the bases."""
    trial = rng.uniform((-125, -85, -150), (125, 90, 85), (max(800, 4 * number), 3))
    trial = trial[in_lung(anatomy, trial)]
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


@dataclass(frozen=True)
class CoarseLung:
    """One lung over a coarse grid, for volumes.

    Parameters
    ----------
    anatomy : Anatomy
    view : View
        Parallel rays, reference frame.
    solids : ChestSolids
    side : str
        "right" or "left".
    """

    anatomy: Anatomy
    view: View
    solids: ChestSolids
    side: str

    def volume_ml(self, pieces: list[Piece] | None = None) -> float:
        """Return the volume of pieces in the patient, by default of the lung."""
        if pieces is None:
            side = on_side(self.view.x, self.side)
            pieces = [Piece(front, back, side) for front, back in self.solids.lungs]
        area = _COARSE_MM**2 * np.prod(self.anatomy.patient.stretch)
        total = sum(float((length(p[:2]) * p.weight).sum()) for p in pieces)
        return total * area / 1000


def coarse_lung(anatomy: Anatomy, side: str, *, supine: bool = False) -> CoarseLung:
    """Return one lung in full inspiration over a 6 mm grid."""
    line = np.arange(-150, 150.1, _COARSE_MM, np.float32)
    height = np.arange(108, -220.1, -_COARSE_MM, np.float32)
    view = flat_view(*np.meshgrid(line, height))
    solids = chest_solids(anatomy, view, posture=Posture(supine=supine))
    return CoarseLung(anatomy, view, solids, side)


def solve(
    target: float, measure: Callable[[float], float], *, low: float, high: float
) -> float:
    """Return where a rising function reaches a target, by halving 18 times.

    Parameters
    ----------
    target : float
    measure : callable
        float to float, rising.
    low, high : float
        Ends of the search; the nearer end is returned for a target out of reach.

    Examples
    --------
    >>> round(solve(9.0, lambda v: v * v, low=0.0, high=10.0), 3)
    3.0
    """
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (middle, high) if measure(middle) < target else (low, middle)
    return (low + high) / 2
