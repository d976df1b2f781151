"""Tubes: great vessels and airways, and the pulmonary trees that branch.

A tube is a chain of points with radii in the reference frame. The trees grow
generation by generation with Murray's law: the cubes of the two daughters'
radii sum to the mother's cube.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.phantoms.patients import Patient, random_stream
from helpers.phantoms.solids import Interval
from helpers.phantoms.thorax import Thorax

SMALLEST_RADIUS_MM = 0.42


@dataclass(frozen=True)
class Tube:
    """A chain of round segments.

    Parameters
    ----------
    points : float array of shape (n, 3)
        (x, y, z) in mm.
    radii : float array of shape (n,)
        mm.
    """

    points: np.ndarray
    radii: np.ndarray


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


def _tube(rows: list[tuple[float, float, float, float]], *, factor: float = 1.0) -> Tube:
    """Return a smooth tube through rows of (x, y, z, radius)."""
    from scipy.interpolate import PchipInterpolator

    table = np.asarray(rows, float)
    place = np.arange(len(table))
    fine = np.linspace(0, len(table) - 1, 3 * (len(table) - 1) + 1)
    smooth = PchipInterpolator(place, table)(fine)
    return Tube(smooth[:, :3], smooth[:, 3] * factor)


def great_vessels(patient: Patient) -> dict[str, Tube]:
    """Return the aorta, the vena cava and the central pulmonary arteries."""
    rng = random_stream(patient.seed, "anatomy", visit=2)
    a = patient.aorta_factor
    out = 6 * (a - 1)
    bend = rng.normal(0, 3) + 20 * max(a - 1.05, 0)
    knob = rng.normal(26, 2.5) + out
    top = rng.normal(24, 3) + 2 * out
    descending = [
        (knob - 2, 38, top - 14, 12), (knob - 3 + bend / 2, 48, -30, 11.5),
        (20 + bend, 52, -80, 11), (15 + bend, 52, -130, 10.5), (6, 50, -220, 10),
    ]  # fmt: skip
    ascending = [
        (-2, -22, -48, 15), (-13 - out, -28, -18, 15.5), (-8 - out, -20, top - 6, 14.5),
        (8, 0, top + 3, 13.5), (knob - 4, 22, top + 1, 13), (knob - 2, 38, top - 14, 12),
    ]  # fmt: skip
    return {
        "ascending aorta and arch": _tube(ascending, factor=a),
        "descending aorta": _tube(descending, factor=a),
        "superior vena cava": _tube(
            [(-13, -8, 82, 9), (-17, -12, 45, 10), (-21, -16, 0, 10.5),
             (-22, -18, -40, 11)]  # fmt: skip
        ),
        "pulmonary trunk": _tube(
            [(16, -42, -52, 13), (26, -34, -34, 13), (30, -20, -20, 11.5),
             (22, 0, -14, 8)]  # fmt: skip
        ),
        "right pulmonary artery": _tube(
            [(8, -6, -22, 9), (-18, 0, -22, 9.5), (-36, 6, -26, 8.5),
             (-45, 12, -44, 7.4), (-50, 20, -68, 6)]  # fmt: skip
        ),
        "left pulmonary artery": _tube(
            [(40, 6, -7, 9), (52, 16, -17, 7.6), (60, 24, -38, 6), (66, 30, -62, 4.4)]
        ),
    }


def airways(patient: Patient) -> dict[str, Tube]:
    """Return the lumen of the trachea and the main bronchi."""
    rng = random_stream(patient.seed, "anatomy", visit=3)
    shift = rng.normal(-2, 1.5) - 4 * max(patient.aorta_factor - 1, 0)
    r = rng.normal(9.3, 0.6) * (0.92 if patient.sex == "F" else 1.05)
    return {
        "trachea": _tube(
            [(1, -12, 210, r), (1, -8, 150, r), (shift * 0.6, 2, 90, r),
             (shift, 10, 36, r), (shift * 0.5, 14, 2, r * 1.05)]  # fmt: skip
        ),
        "right main bronchus": _tube(
            [(-2, 14, 2, r * 0.85), (-14, 16, -16, 6.8), (-30, 20, -34, 6),
             (-38, 24, -56, 4.6)]  # fmt: skip
        ),
        "left main bronchus": _tube(
            [(2, 14, 1, r * 0.8), (20, 18, -16, 6), (40, 22, -30, 5.4),
             (48, 28, -48, 4.2)]  # fmt: skip
        ),
    }


def arm_tubes() -> tuple[Tube, Tube]:
    """Return the soft tissue of both upper arms."""
    rows = [(184, 0, 66, 44), (204, 0, 10, 46), (222, -8, -70, 43), (232, -12, -220, 40)]
    right, left = ([(s * x, y, z, r) for x, y, z, r in rows] for s in (-1, 1))
    return _tube(right), _tube(left)


def tube_interval(tube: Tube, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return a tube as an interval of depth; the thickest segment counts.

    Parameters
    ----------
    tube : Tube
    x, z : float arrays of shape (rows, columns)
        Regular grid in mm; ``z`` falls along rows, ``x`` rises along columns.
    """
    half = np.zeros_like(x)
    middle = np.zeros_like(x)
    for k in range(len(tube.radii) - 1):
        a, b = tube.points[k], tube.points[k + 1]
        ra, rb = tube.radii[k], tube.radii[k + 1]
        window = _window(x, z, a, b, margin=max(ra, rb) + 3)
        if window is None:
            continue
        px, pz = x[window] - a[0], z[window] - a[2]
        dx, dy, dz = b - a
        flat = max(dx * dx + dz * dz, 1e-6)
        t = np.clip((px * dx + pz * dz) / flat, 0, 1)
        off = np.square(px - t * dx) + np.square(pz - t * dz)
        slant = min(np.sqrt((flat + dy * dy) / flat), 2.0)
        chord = slant * np.sqrt(np.maximum(np.square(ra + t * (rb - ra)) - off, 0))
        better = chord > half[window]
        half[window] = np.where(better, chord, half[window])
        middle[window] = np.where(better, a[1] + t * dy, middle[window])
    return middle - half, middle + half


def _window(
    x: np.ndarray, z: np.ndarray, a: np.ndarray, b: np.ndarray, *, margin: float
) -> tuple[slice, slice] | None:
    """Return the slices of the grid near the segment a-b, or None when outside."""
    # a tilt of the grid moves its corners; the margin below covers up to 5 degrees
    rows, columns = x.shape
    x_mid, z_mid = x[rows // 2], z[:, columns // 2]
    lean = margin + 0.09 * 60
    low = np.searchsorted(x_mid, min(a[0], b[0]) - lean)
    high = np.searchsorted(x_mid, max(a[0], b[0]) + lean)
    top = np.searchsorted(-z_mid, -(max(a[2], b[2]) + lean))
    bottom = np.searchsorted(-z_mid, -(min(a[2], b[2]) - lean))
    if low >= high or top >= bottom:
        return None
    return slice(top, bottom), slice(low, high)


def _turn(
    direction: np.ndarray, angle: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a random unit vector across each direction, and the turned pair's cosine."""
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
    return Tree(*(np.concatenate([getattr(level, part) for level in levels])
                  for part in ("start", "end", "radius")))  # fmt: skip


def pulmonary_tree(patient: Patient, thorax: Thorax) -> Tree:
    """Return the vessels of both lungs."""
    rng = random_stream(patient.seed, "anatomy", visit=4)

    def inside(points: np.ndarray) -> np.ndarray:
        x, y, z = points.T
        width, depth = thorax.cage_width(z) - 7, thorax.cage_depth(z) - 7
        in_cage = np.square(x / width) + np.square(y / depth) < 1
        in_heart = (np.hypot(x - 16, z + 75) < 52) & (y < 26)
        return in_cage & (z < 92) & (np.abs(x) > 22) & ~in_heart

    roots = _hilar_roots(rng, patient.vessel_factor)
    return grow_tree(roots, inside=inside, rng=rng)


def _hilar_roots(rng: np.random.Generator, factor: float) -> Tree:
    """Return the first segments of arteries and veins at both hila."""
    starts, ways, radii = [], [], []
    for side, x, z in ((-1, 41.0, -22.0), (1, 46.0, -12.0)):
        # angle from straight down, outwards; more and larger branches below
        for angle_deg, radius in zip(
            (5, 22, 36, 50, 66, 84, 104, 126, 146, 160, 14, 42, 75, 118),
            (3.8, 3.6, 3.3, 3.0, 2.9, 2.6, 2.4, 2.3, 2.3, 2.1, 3.0, 2.7, 2.2, 2.0),
            strict=True,
        ):
            angle = np.deg2rad(angle_deg + rng.normal(0, 5))
            down = 46 * max(np.cos(angle), 0) ** 1.5 * rng.uniform(0.2, 1.0)
            starts.append((side * (x + 0.2 * down + rng.normal(0, 3)),
                           rng.normal(14, 9), z - down + rng.normal(0, 5)))  # fmt: skip
            ways.append((side * np.sin(angle), rng.normal(0.05, 0.33), -np.cos(angle)))
            radii.append(radius * factor * np.exp(rng.normal(0, 0.10)))
    start, way, radius = np.array(starts), np.array(ways), np.array(radii)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    return Tree(start, start + way * (8 + 4 * radius)[:, None], radius)
