"""All organs of one patient, and the lungs with everything else taken out of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from helpers.phantoms.chest.patients import Patient
from helpers.phantoms.chest.posture import UPRIGHT, Posture
from helpers.phantoms.chest.projection import View
from helpers.phantoms.chest.pulmonary_tree import Tree, pulmonary_tree
from helpers.phantoms.chest.skeleton import Skeleton, build_skeleton
from helpers.phantoms.chest.spine import spine_room
from helpers.phantoms.chest.thorax import (
    APEX_DEPTH_MM,
    DOME_DEPTH_MM,
    HEART_DEPTH_MM,
    Thorax,
    apex_interval,
    build_thorax,
    cage_interval,
    dome_interval,
    heart_interval,
)
from helpers.phantoms.chest.vessels import airways, great_vessels
from helpers.phantoms.shapes.solids import Interval, hull, intersect, subtract
from helpers.phantoms.shapes.texture import lung_and_soft_textures
from helpers.phantoms.shapes.tubes import Tube, tube_interval

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
    >>> from helpers.phantoms import draw_patient
    >>> build_anatomy(draw_patient(1, cohort_seed=2026)).skeleton.rib_height.shape
    (2, 12)
    """
    thorax = build_thorax(patient)
    fine, broad = lung_and_soft_textures(patient)
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

    def tube(name: str) -> Interval:
        found = anatomy.vessels.get(name) or anatomy.airways[name]
        return tube_interval(view.seen(posed_tube(found, posture)), view.x, view.z)

    heart = heart_interval(
        thorax,
        *_shifted(view, HEART_DEPTH_MM, posture),
        raised_mm=posture.raised_mm[1],
        factor=posture.heart_factor,
    )
    for name in _MIDDLE_VESSELS:
        heart = hull(heart, tube(name))
    core = _core(anatomy, *_shifted(view, _CORE_DEPTH_MM, posture))
    wedge = _front_wedge(thorax, *_shifted(view, _WEDGE_DEPTH_MM, posture))
    middle = hull(heart, core)
    cage = cage_interval(thorax, *view.at_depth(0.0))
    abdomen = dome_interval(
        thorax, *view.at_depth(DOME_DEPTH_MM), raised_mm=posture.raised_mm
    )
    aorta = tube("descending aorta")
    spine = spine_room(anatomy.skeleton.spine, thorax, *view.at_depth(_SPINE_DEPTH_MM))
    apex = apex_interval(thorax, *view.at_depth(APEX_DEPTH_MM))
    cavity = intersect(cage, apex)
    hilar = [tube(name) for name in _HILAR_VESSELS]
    airway = functools.reduce(hull, [tube(name) for name in anatomy.airways])
    wall = (airway[0] - AIRWAY_WALL_MM, airway[1] + AIRWAY_WALL_MM)
    wall = (wall[0], np.where(airway[1] > airway[0], wall[1], wall[0]))
    lungs = [cavity]
    for hole in (abdomen, middle, aorta, spine, wedge, wall, *hilar):
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
        front_fat=wedge,
        posture=posture,
    )


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
    upper = 9 / (1 + np.exp(-(z + 22) / 13))
    width = anatomy.thorax.core_width * (16 + upper) + inlet
    off = x - 1 - 0.6 * anatomy.skeleton.spine.course(z) - 2.5 * np.sin(z / 23)
    # thin at its sides, so that its edges are soft where no vessel makes them sharp
    room = np.maximum(1 - np.square(off / width), 0)
    half = anatomy.thorax.core_mm * np.power(room, 0.7)
    return _CORE_DEPTH_MM - half, _CORE_DEPTH_MM + half


def _front_wedge(thorax: Thorax, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return the fat behind the sternum that parts the two lungs in front."""
    low = 1 / (1 + np.exp((z + 52) / 14))
    u = np.square((x - 4 - 6 * low) / (13 + 22 * low))
    deep = (18 + 26 * low) * np.square(np.maximum(1 - u, 0))
    front = -thorax.cage_depth(z)
    return front, front + deep
