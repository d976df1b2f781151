"""What a posture moves: the tubes of the mediastinum and the pulmonary vessels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phantoms.chest.posture import Posture
from phantoms.chest.pulmonary_tree import Tree
from phantoms.shapes.tubes import Tube

if TYPE_CHECKING:
    from phantoms.chest.anatomy import Anatomy


def mediastinal_share(z: np.ndarray) -> np.ndarray:
    """Return how far the middle moves at a height, 1 at the heart, less at the neck."""
    up = np.clip((np.asarray(z, np.float32) - 30) / 110, 0, 1)
    return 1 - 0.85 * up * up * (3 - 2 * up)


def posed_tube(tube: Tube, posture: Posture) -> Tube:
    """Return a tube of the mediastinum where a posture puts it."""
    if not posture.mediastinum_mm:
        return tube
    points = tube.points.copy()
    points[:, 0] += posture.mediastinum_mm * mediastinal_share(points[:, 2])
    return Tube(points, tube.radii)


def posed_tree(anatomy: Anatomy, posture: Posture) -> Tree:
    """Return the pulmonary vessels moved by the domes and the mediastinum.

    The hila go with the mediastinum, the periphery stays; below the hila the
    vessels are crowded together by a high dome.
    """
    tree, thorax = anatomy.tree, anatomy.thorax

    def moved(points: np.ndarray) -> np.ndarray:
        x, y, z = points.T
        left = (x > 0).astype(int)
        floor = np.asarray(thorax.dome_top)[left]
        depth = np.clip((z + 10) / (floor + 10), 0, 1.3)
        outside = np.clip((np.abs(x) - 40) / 80, 0, 1)
        shift = posture.mediastinum_mm * mediastinal_share(z) * (1 - outside)
        return np.stack([x + shift, y, z + depth * np.take(posture.raised_mm, left)], 1)

    return Tree(moved(tree.start), moved(tree.end), tree.radius)
