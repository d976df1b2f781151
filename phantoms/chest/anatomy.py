"""All organs of one patient, and the lungs with everything else taken out of them.

The vessels of the lungs are trees that branch by Murray's law: they grow generation by
generation, and the cubes of the two daughters' radii sum to the mother's cube. Lengths
and angles are chosen for appearance. A posture moves the tubes of the mediastinum and
these vessels.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from phantoms.chest.patients import UPRIGHT, Patient, Posture, random_stream
from phantoms.chest.projection import View
from phantoms.chest.skeleton import Skeleton, build_skeleton, spine_room
from phantoms.chest.thorax import (
    APEX_DEPTH_MM,
    DOME_DEPTH_MM,
    HEART_DEPTH_MM,
    Thorax,
    airways,
    apex_interval,
    build_thorax,
    cage_interval,
    dome_interval,
    great_vessels,
    heart_interval,
)
from phantoms.shapes.solids import (
    Interval,
    Tube,
    hull,
    intersect,
    random_field,
    subtract,
    tube_interval,
)

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
    direction: np.ndarray, angle: np.ndarray, rng: Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a random unit vector across each direction, and the angle's cosine."""
    across = rng.standard_normal(direction.shape)
    across -= np.sum(across * direction, axis=1, keepdims=True) * direction
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return across, np.cos(angle)[:, None]


def grow_tree(
    roots: Tree, *, inside: Callable[[np.ndarray], np.ndarray], rng: Generator
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


def _hilar_crowd(rng: Generator) -> Tree:
    """Return the small vessels and nodes that crowd at both hila, as short pieces."""
    middle = np.array([(-42.0, 14, -32), (42.0, 14, -20)]).repeat(_CROWD, axis=0)
    start = middle + rng.normal(0, 1, (2 * _CROWD, 3)) * (13, 12, 22)
    way = rng.normal(0, 1, start.shape) * (1, 0.6, 1.3)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    radius = rng.uniform(1.0, 2.6, len(start))
    return Tree(start, start + way * (6 + 4 * radius)[:, None], radius)


def _hilar_roots(rng: Generator, factor: float) -> Tree:
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


#: Thickness of the walls of the trachea and the main bronchi.
AIRWAY_WALL_MM = 1.5

_CORE_DEPTH_MM = 4.0
_SPINE_DEPTH_MM = 88.0
_WEDGE_DEPTH_MM = -70.0
_HILAR_VESSELS = ("right pulmonary artery", "left pulmonary artery")
_MIDDLE_VESSELS = (
    "ascending aorta and arch",
    "pulmonary trunk",
    "superior vena cava",
    "brachiocephalic trunk",
    "left subclavian artery",
)


@dataclass(frozen=True)
class Anatomy:
    """Everything that is inside one patient for life.

    Parameters
    ----------
    patient : Patient
    thorax : Thorax
    skeleton : Skeleton
    vessels, airways : dict of str to Tube
    tree : Tree
        Pulmonary vessels.
    lung_texture, soft_texture : float32 arrays of shape (256, 256)
    """

    patient: Patient
    thorax: Thorax
    skeleton: Skeleton
    vessels: dict[str, Tube]
    airways: dict[str, Tube]
    tree: Tree
    lung_texture: np.ndarray
    soft_texture: np.ndarray


@dataclass(frozen=True)
class ChestSolids:
    """The chest's inner organs along the rays of one view.

    Parameters
    ----------
    lungs : list of Interval
        Disjoint pieces of both lungs, sorted from front to back.
    cavity : Interval
        Inside of the rib cage under the apices: both lungs with all between them.
    heart : Interval
        The heart with the ascending aorta, the vena cava and the pulmonary trunk.
    mediastinum : Interval
        The heart with the tissue about the trachea and oesophagus.
    aorta : Interval
        The descending aorta.
    abdomen, spine : Interval
        What lies under the diaphragm; the vertebral column with its muscles.
    hilar : list of Interval
        The large pulmonary arteries.
    airway : Interval
        The lumen of the trachea and the main bronchi.
    core : Interval
        Fat and connective tissue about the trachea, oesophagus and great vessels.
    front_fat : Interval
        The fat behind the sternum that parts the lungs in front.
    posture : Posture
        What the organs lie in.
    """

    lungs: list[Interval]
    cavity: Interval
    heart: Interval
    mediastinum: Interval
    aorta: Interval
    abdomen: Interval
    spine: Interval
    hilar: list[Interval]
    airway: Interval
    core: Interval
    front_fat: Interval
    posture: Posture


@functools.lru_cache(maxsize=16)
def build_anatomy(patient: Patient) -> Anatomy:
    """Return the organs of a patient, the same at every call.

    Examples
    --------
    >>> from phantoms import draw_patient
    >>> build_anatomy(draw_patient(1, cohort_seed=2026)).skeleton.rib_height.shape
    (2, 12)
    """
    thorax = build_thorax(patient)
    rng = random_stream(patient.seed, "anatomy", part=6)
    fine = random_field(rng, exponent=2.2, longest_mm=14)
    broad = random_field(rng, exponent=3.0, longest_mm=90)
    return Anatomy(
        patient=patient,
        thorax=thorax,
        skeleton=build_skeleton(patient),
        vessels=great_vessels(patient),
        airways=airways(patient),
        tree=pulmonary_tree(patient, thorax),
        lung_texture=fine,
        soft_texture=broad,
    )


def chest_solids(
    anatomy: Anatomy, view: View, *, posture: Posture = UPRIGHT
) -> ChestSolids:
    """Return the inner organs as intervals of depth along the rays of a view.

    Each organ is met where the rays pass its own mean depth.

    Parameters
    ----------
    anatomy : Anatomy
    view : View
    posture : Posture
        Upright in full inspiration by default.
    """
    thorax = anatomy.thorax
    tubes = _tubes(anatomy, view, posture)
    heart = _heart_with_vessels(anatomy, view, posture, tubes)
    core = _core(anatomy, *_shifted(view, _CORE_DEPTH_MM, posture))
    middle = hull(heart, core)
    front_fat = _front_wedge(thorax, *_shifted(view, _WEDGE_DEPTH_MM, posture))
    airway = functools.reduce(hull, [tubes[name] for name in anatomy.airways])
    hilar = [tubes[name] for name in _HILAR_VESSELS]
    cage = cage_interval(thorax, *view.at_depth(0.0))
    abdomen = dome_interval(
        thorax, *view.at_depth(DOME_DEPTH_MM), raised_mm=posture.raised_mm
    )
    spine = spine_room(anatomy.skeleton.spine, thorax, *view.at_depth(_SPINE_DEPTH_MM))
    cavity = intersect(cage, apex_interval(thorax, *view.at_depth(APEX_DEPTH_MM)))
    lungs, aorta = [cavity], tubes["descending aorta"]
    wall = walled(airway)
    for hole in (abdomen, middle, aorta, spine, front_fat, wall, *hilar):
        lungs = subtract(lungs, hole)
    return ChestSolids(
        lungs=lungs,
        cavity=cavity,
        heart=heart,
        mediastinum=middle,
        aorta=aorta,
        abdomen=intersect(abdomen, cage),
        spine=spine,
        hilar=hilar,
        airway=airway,
        core=core,
        front_fat=front_fat,
        posture=posture,
    )


def _tubes(anatomy: Anatomy, view: View, posture: Posture) -> dict[str, Interval]:
    """Return all vessels and airways where the rays of a view meet them."""
    return {
        name: tube_interval(view.seen(posed_tube(tube, posture)), view.x, view.z)
        for name, tube in (anatomy.vessels | anatomy.airways).items()
    }


def _heart_with_vessels(
    anatomy: Anatomy, view: View, posture: Posture, tubes: dict[str, Interval]
) -> Interval:
    """Return the heart with the vessels that rise from it."""
    heart = heart_interval(
        anatomy.thorax,
        *_shifted(view, HEART_DEPTH_MM, posture),
        raised_mm=posture.raised_mm[1],
        factor=posture.heart_factor,
    )
    return functools.reduce(hull, [heart, *(tubes[name] for name in _MIDDLE_VESSELS)])


def walled(airway: Interval) -> Interval:
    """Return the airways with their walls."""
    front, back = airway
    wall = np.where(back > front, np.float32(AIRWAY_WALL_MM), np.float32(0))
    return front - wall, back + wall


def _shifted(
    view: View, depth: float, posture: Posture
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rays' coordinates at a depth, as a shifted mediastinum meets them."""
    x, z = view.at_depth(depth)
    if posture.mediastinum_mm:
        x = x - np.float32(posture.mediastinum_mm) * mediastinal_share(z)
    return x, z


def _core(anatomy: Anatomy, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return the tissue about the trachea, oesophagus and great vessels."""
    inlet = 16 / (1 + np.exp(-(z - 94) / 7))
    upper = 1 / (1 + np.exp(-(z + 22) / 13))
    width = anatomy.thorax.core_width * (15 + 10 * upper) + inlet
    off = x - 1 - 0.6 * anatomy.skeleton.spine.course(z) - 2.5 * np.sin(z / 23)
    off = off - 7 * (1 - upper)
    # thin at its sides, so that its edges are soft where no vessel makes them sharp;
    # behind the heart the lungs reach far in
    room = np.maximum(1 - np.square(off / width), 0)
    half = anatomy.thorax.core_mm * np.power(room, 1.3 - 0.6 * upper)
    return _CORE_DEPTH_MM - half, _CORE_DEPTH_MM + half


def _front_wedge(thorax: Thorax, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return the fat behind the sternum and about the heart that parts the lungs."""
    low = 1 / (1 + np.exp((z + 52) / 14))
    u = np.square((x - 4 - 14 * low) / (13 + 36 * low))
    deep = (18 + 26 * low) * np.square(np.maximum(1 - u, 0))
    front = -thorax.cage_depth(z)
    return front, front + deep
