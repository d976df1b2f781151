"""The vessels of the lungs: trees that branch by Murray's law.

They grow generation by generation: the cubes of the two daughters' radii sum to
the mother's cube. Lengths and angles are chosen for appearance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phantoms.chest.patients import Patient, random_stream
from phantoms.chest.thorax import Thorax

SMALLEST_RADIUS_MM = 0.6
_CROWD = 60  # bodies a side

# degrees from straight down, outwards, and radius in mm; larger branches below
_ROOTS = (
    (5, 3.8), (22, 3.6), (36, 3.3), (50, 3.0), (66, 2.9), (84, 2.6), (104, 2.4),
    (126, 2.3), (146, 2.3), (160, 2.1), (14, 3.0), (42, 2.7), (75, 2.2), (118, 2.0),
    (-14, 2.4), (-4, 2.6),
)  # fmt: skip


@dataclass(frozen=True)
class Tree:
    """All segments of a branching tree.

    Parameters
    ----------
    start, end : float arrays of shape (n, 3)
        (x, y, z) of both ends in mm.
    radius : float array of shape (n,)
        mm at the start of each segment.
    """

    start: np.ndarray
    end: np.ndarray
    radius: np.ndarray


def _turn(
    direction: np.ndarray, angle: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a random unit vector across each direction, and the angle's cosine."""
    across = rng.standard_normal(direction.shape)
    across -= np.sum(across * direction, axis=1, keepdims=True) * direction
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return across, np.cos(angle)[:, None]


def grow_tree(
    roots: Tree,
    *,
    inside: Callable[[np.ndarray], np.ndarray],
    rng: np.random.Generator,
) -> Tree:
    """Grow a tree from its roots until the branches are thin or leave the lung.

    Parameters
    ----------
    roots : Tree
        First segments.
    inside : callable
        Points (n, 3) in mm to bool (n,): whether a branch may go there.
    rng : numpy.random.Generator

    References
    ----------
    Murray CD. The physiological principle of minimum work. PNAS 1926;12:207-214.
    """
    levels = [roots]
    while len(levels[-1].radius) and len(levels) < 16:
        mother = levels[-1]
        share = rng.uniform(0.16, 0.5, len(mother.radius))
        big = mother.radius * np.cbrt(1 - share)
        small = mother.radius * np.cbrt(share)
        along = mother.end - mother.start
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        angle_big = rng.uniform(0.08, 0.42, len(share)) * (0.4 + 1.2 * share)
        angle_small = rng.uniform(0.45, 1.0, len(share))
        across, cos_big = _turn(along, angle_big, rng)
        cos_small = np.cos(angle_small)[:, None]
        ways = np.concatenate([
            along * cos_big + across * np.sqrt(1 - cos_big**2),
            along * cos_small - across * np.sqrt(1 - cos_small**2),
        ])  # fmt: skip
        radius = np.concatenate([big, small])
        start = np.concatenate([mother.end, mother.end])
        span = (4.5 + 3.4 * radius) * rng.uniform(0.75, 1.35, len(radius))
        end = start + ways * span[:, None]
        alive = (radius > SMALLEST_RADIUS_MM) & inside(end)
        levels.append(Tree(start[alive], end[alive], radius[alive]))
    return joined(*levels)


def pulmonary_tree(patient: Patient, thorax: Thorax) -> Tree:
    """Return the vessels of both lungs."""
    rng = random_stream(patient.seed, "anatomy", part=4)

    def inside(points: np.ndarray) -> np.ndarray:
        x, y, z = points.T
        width, depth = thorax.cage_width(z) - 7, thorax.cage_depth(z) - 7
        in_cage = np.square(x / width) + np.square(y / depth) < 1
        in_heart = (np.hypot(x - 16, z + 75) < 52) & (y < 26)
        return in_cage & (z < 92) & (np.abs(x) > 22) & ~in_heart

    roots = _hilar_roots(rng, patient.vessel_factor)
    tree = grow_tree(roots, inside=inside, rng=rng)
    return joined(tree, _hilar_crowd(rng))


def joined(*trees: Tree) -> Tree:
    """Return trees as one."""
    parts = ("start", "end", "radius")
    return Tree(*(np.concatenate([getattr(t, part) for t in trees]) for part in parts))


def _hilar_crowd(rng: np.random.Generator) -> Tree:
    """Return the small vessels and nodes that crowd at both hila, as short pieces."""
    middle = np.array([(-42.0, 14, -32), (42.0, 14, -20)]).repeat(_CROWD, axis=0)
    start = middle + rng.normal(0, 1, (2 * _CROWD, 3)) * (13, 12, 22)
    way = rng.normal(0, 1, start.shape) * (1, 0.6, 1.3)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    radius = rng.uniform(1.0, 2.6, len(start))
    return Tree(start, start + way * (6 + 4 * radius)[:, None], radius)


def _hilar_roots(rng: np.random.Generator, factor: float) -> Tree:
    """Return the first segments of arteries and veins at both hila."""
    starts, ways, radii = [], [], []
    for side, x, z in ((-1, 41.0, -22.0), (1, 46.0, -12.0)):
        for angle_deg, radius in _ROOTS:
            angle = np.deg2rad(angle_deg + rng.normal(0, 5))
            down = 46 * max(np.cos(angle), 0) ** 1.5 * rng.uniform(0.2, 1.0)
            beside = side * (x + 0.2 * down + rng.normal(0, 3))
            starts.append((beside, rng.normal(14, 9), z - down + rng.normal(0, 5)))
            ways.append((side * np.sin(angle), rng.normal(0, 0.75), -np.cos(angle)))
            radii.append(radius * factor * np.exp(rng.normal(0, 0.10)))
    start, way, radius = np.array(starts), np.array(ways), np.array(radii)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    return Tree(start, start + way * (8 + 4 * radius)[:, None], radius)
