"""All organs of one patient, and the lungs with everything else taken out of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.phantoms.chest.patients import Patient
from helpers.phantoms.chest.pulmonary_tree import Tree, pulmonary_tree
from helpers.phantoms.chest.skeleton import Skeleton, build_skeleton
from helpers.phantoms.chest.thorax import (
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

_AORTA = ("ascending aorta and arch", "descending aorta")
_HILAR_VESSELS = ("right pulmonary artery", "left pulmonary artery")


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
    """The chest's inner organs over one grid.

    Parameters
    ----------
    lungs : list of Interval
        Disjoint pieces of both lungs, sorted from front to back.
    mediastinum : Interval
        Heart, central veins and arteries, and the tissue between them.
    aorta : Interval
    abdomen : Interval
        What lies under the diaphragm.
    hilar : list of Interval
        The large pulmonary arteries inside the lungs.
    """

    lungs: list[Interval]
    mediastinum: Interval
    aorta: Interval
    abdomen: Interval
    hilar: list[Interval]


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


def chest_solids(
    anatomy: Anatomy, x: np.ndarray, z: np.ndarray, *, raised_mm: float
) -> ChestSolids:
    """Return the inner organs as intervals of depth over a grid.

    Parameters
    ----------
    anatomy : Anatomy
    x, z : float arrays of shape (rows, columns)
        Reference coordinates, mm.
    raised_mm : float
        Height of the diaphragm above its place in full inspiration.
    """
    thorax = anatomy.thorax
    heart = heart_interval(thorax, x, z, raised_mm=raised_mm)
    abdomen = dome_interval(thorax, x, z, raised_mm=raised_mm)
    middle = hull(heart, _core(anatomy, x, z))
    for name in ("superior vena cava", "pulmonary trunk"):
        middle = hull(middle, tube_interval(anatomy.vessels[name], x, z))
    aorta = hull(*(tube_interval(anatomy.vessels[name], x, z) for name in _AORTA))
    cavity = intersect(cage_interval(thorax, x, z), apex_interval(thorax, x, z))
    lungs = [cavity]
    for hole in (abdomen, middle, aorta, _spine_body(anatomy, x, z)):
        lungs = subtract(lungs, hole)
    hilar = [tube_interval(anatomy.vessels[name], x, z) for name in _HILAR_VESSELS]
    return ChestSolids(lungs, middle, aorta, abdomen, hilar)


def _core(anatomy: Anatomy, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return the tissue about the trachea, oesophagus and great vessels."""
    inlet = 14 / (1 + np.exp(-(z - 80) / 9))
    upper = 9 / (1 + np.exp(-(z - 6) / 16))
    width = 15 + upper + 5 * np.exp(-np.square((z + 20) / 26)) + inlet
    off = x - 1 - 0.6 * anatomy.skeleton.spine.course(z) - 2.5 * np.sin(z / 23)
    u = np.square(off / width)
    half = 54 * np.sqrt(np.maximum(1 - u * (0.3 + 0.7 * u), 0))
    return 4 - half, 4 + half


def _spine_body(anatomy: Anatomy, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return the vertebral column with its muscles, against the back wall."""
    off = x - anatomy.skeleton.spine.course(z) - 1.5 * np.sin(z / 31 + 1)
    half = 36 * np.sqrt(np.maximum(1 - np.square(off / (22 - z / 60)), 0))
    return 94 - half, 94 + half
