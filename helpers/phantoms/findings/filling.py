"""How much lung a finding fills along every ray, and its exact mask."""

from __future__ import annotations

import numpy as np

from helpers.phantoms.chest.anatomy import Anatomy
from helpers.phantoms.chest.projection import View
from helpers.phantoms.chest.pulmonary_tree import Tree
from helpers.phantoms.chest.tracing import Paths, tree_thickness
from helpers.phantoms.findings.airspace import Finding
from helpers.phantoms.shapes.solids import ellipsoid, intersect, length
from helpers.phantoms.shapes.texture import look_up
from helpers.phantoms.shapes.tubes import grid_window

#: A pixel belongs to a finding from this thickness of soft tissue on.
#: 4 mm take 6 % of the primary beam at 60 keV, 2 mm take 3 %.
MASK_THRESHOLD_MM = {"consolidation": 4.0, "nodule": 2.0}


def filled_thickness(
    finding: Finding, anatomy: Anatomy, *, paths: Paths, view: View
) -> np.ndarray:
    """Return the lung that a finding replaces by soft tissue, in mm.

    Parameters
    ----------
    finding : Finding
    anatomy : Anatomy
    paths : Paths
        Of the same anatomy and view.
    view : View

    Returns
    -------
    float array of shape (rows, columns)
        Between 0 and the lung's own thickness.
    """
    x, z = view.at_depth(0.0)
    total = np.zeros_like(x)
    for centre, radius in zip(finding.centres, finding.radii, strict=True):
        # rotation and tilt displace a ball as a whole
        place = view.shown(centre)
        window = grid_window(x, z, place, place, margin=float(radius))
        if window is None:
            continue
        ball = ellipsoid(x[window], z[window], centre=place, radii=(float(radius),) * 3)
        if finding.fissure is not None:
            ball = _cut_by_fissure(ball, z[window], finding.fissure)
        inside = sum(
            length(intersect(ball, (front[window], back[window])))
            for front, back in paths.solids.lungs
        )
        if finding.kind == "consolidation":
            inside = inside * (0.25 + 0.375 / float(radius) * inside)
        total[window] += inside
    total *= np.float32(view.stretch[1] * finding.fill)
    if finding.kind == "nodule":
        return np.minimum(total, paths.lung)
    mottle = 0.30 * look_up(anatomy.soft_texture, 1.6 * x, 1.6 * z)
    mottle += 0.08 * look_up(anatomy.lung_texture, x, z)
    total *= np.maximum(1 + mottle, 0.2)
    lung = np.maximum(paths.lung, 1)
    share = 1 - np.exp(-total / lung)
    air = 0.7 * _bronchogram(finding, anatomy, view)
    return np.maximum(paths.lung - air, 0) * share


def _cut_by_fissure(
    ball: tuple[np.ndarray, np.ndarray],
    z: np.ndarray,
    fissure: tuple[float, float, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the part of a ball on its own side of a fissure."""
    height, rise, side = fissure
    depth = (z - height) / rise  # where the ray meets the fissure
    front, back = ball
    if side * rise > 0:
        return front, np.minimum(back, depth)
    return np.maximum(front, depth), back


def _bronchogram(finding: Finding, anatomy: Anatomy, view: View) -> np.ndarray:
    """Return the air in the bronchi that run through a finding, in mm."""
    tree = anatomy.tree
    middle = finding.centres.mean(axis=0)
    reach = 2 * finding.centres.std() + finding.radii.max() + 10
    near = np.linalg.norm(tree.start - middle, axis=1) < reach
    near &= tree.radius > 0.9
    part = Tree(tree.start[near], tree.end[near], tree.radius[near])
    return tree_thickness(view, part, sideways=2.0)


def finding_mask(filled_mm: np.ndarray, kind: str) -> np.ndarray:
    """Return the pixels in which a finding is at least as thick as its threshold."""
    return filled_mm >= MASK_THRESHOLD_MM[kind]
