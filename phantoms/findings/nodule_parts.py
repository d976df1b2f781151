"""The parts of a nodule as pieces: its body with lobes, its strands, its calcium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.anatomy import ChestSolids
from phantoms.chest.projection import View
from phantoms.findings.lung_space import clip_to_lungs
from phantoms.findings.strands import strand_pieces
from phantoms.shapes.solids import Piece, ellipsoid, hull
from phantoms.shapes.tubes import Tube, grid_window


@dataclass(frozen=True, eq=False)
class Body:
    """One nodule.

    Parameters
    ----------
    centre : float array of shape (3,)
        (x, y, z) in mm, reference frame.
    radius : float
        mm.
    lobes : float array of shape (n, 4)
        Balls beside the middle one: place in radii (x, y, z) and radius in radii.
    spicules : float array of shape (n, 4)
        Directions (x, y, z) and length in radii.
    """

    centre: np.ndarray
    radius: float
    lobes: np.ndarray
    spicules: np.ndarray


def solid_pieces(
    body: Body, density: float, *, solids: ChestSolids, view: View
) -> list[Piece]:
    """Return a body with its lobes: one interval, since all hold the middle."""
    x, z = view.at_depth(0.0)
    place = np.asarray(view.shown(body.centre))
    window = grid_window(x, z, place, place, margin=1.6 * body.radius)
    if window is None:
        return []
    x, z = x[window], z[window]
    whole = ellipsoid(x, z, centre=place, radii=(body.radius,) * 3)
    for *way, size in body.lobes:
        lobe = ellipsoid(
            x,
            z,
            centre=place + body.radius * np.asarray(way),
            radii=(body.radius * size,) * 3,
        )
        whole = hull(whole, lobe)
    return clip_to_lungs(whole, solids, window=window, weight=np.float32(density))


def spicule_pieces(body: Body, *, solids: ChestSolids, view: View) -> list[Piece]:
    """Return the strands that run from a body into the lung, tapering."""
    pieces = []
    share = np.linspace(0, 1, 3)[:, None]
    for *way, span in body.spicules:
        start = body.centre + 0.8 * body.radius * np.asarray(way)
        end = body.centre + span * body.radius * np.asarray(way)
        strand = Tube(start + share * (end - start), np.array([0.95, 0.6, 0.3]))
        pieces += strand_pieces(strand, solids=solids, view=view)
    return pieces


# place in radii and radius in radii of the calcified part, and share of calcium
_CALCIUM = {
    "central": (0.0, 0.45, 0.22),
    "diffuse": (0.0, 0.92, 0.12),
    "eccentric": (0.55, 0.28, 0.25),
}


def calcium_pieces(
    body: Body, pattern: str, *, solids: ChestSolids, view: View
) -> list[Piece]:
    """Return the calcified part of a body."""
    if pattern == "none":
        return []
    off, size, share = _CALCIUM[pattern]
    x, z = view.at_depth(0.0)
    way = body.lobes[0, :3] if len(body.lobes) else np.array([0.8, 0.0, 0.6])
    place = np.asarray(view.shown(body.centre + off * body.radius * way))
    radius = size * body.radius
    window = grid_window(x, z, place, place, margin=radius)
    if window is None:
        return []
    ball = ellipsoid(x[window], z[window], centre=place, radii=(radius,) * 3)
    return clip_to_lungs(ball, solids, window=window, weight=np.float32(share))
