"""All organs of one patient, and the lungs with everything else taken out of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from phantoms.chest.heart import HEART_DEPTH_MM, heart_interval
from phantoms.chest.patients import Patient, random_stream
from phantoms.chest.posed import mediastinal_share, posed_tube
from phantoms.chest.posture import UPRIGHT, Posture
from phantoms.chest.projection import View
from phantoms.chest.pulmonary_tree import Tree, pulmonary_tree
from phantoms.chest.skeleton import Skeleton, build_skeleton
from phantoms.chest.spine import spine_room
from phantoms.chest.thorax import (
    APEX_DEPTH_MM,
    DOME_DEPTH_MM,
    Thorax,
    apex_interval,
    build_thorax,
    cage_interval,
    dome_interval,
)
from phantoms.chest.vessels import airways, great_vessels
from phantoms.shapes.solids import Interval, hull, intersect, subtract
from phantoms.shapes.texture import random_field
from phantoms.shapes.tubes import Tube, tube_interval

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
