"""Paths of rays: from an anatomy and an examination to attenuation along every ray."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.phantoms.chest.anatomy import Anatomy, ChestSolids, chest_solids
from helpers.phantoms.chest.patients import Examination
from helpers.phantoms.chest.projection import View, splat
from helpers.phantoms.chest.pulmonary_tree import Tree
from helpers.phantoms.chest.shoulder import shoulders
from helpers.phantoms.chest.skeleton import ribs
from helpers.phantoms.chest.spine import spine_thickness
from helpers.phantoms.chest.thorax import body_interval, breast_thickness
from helpers.phantoms.chest.vessels import arm_tubes
from helpers.phantoms.physics.attenuation import attenuation_per_mm
from helpers.phantoms.shapes.solids import ellipsoid, intersect, length, total_length
from helpers.phantoms.shapes.texture import look_up
from helpers.phantoms.shapes.tubes import tube_interval

_BONE_DEPTH_MM = {"spine": 78.0, "shoulder": 0.0}


@dataclass(frozen=True)
class Paths:
    """Path lengths of a view in mm (already stretched to the patient).

    Parameters
    ----------
    tissue : dict of str to float array of shape (rows, columns)
        Path through each material of ``attenuation``; they add up to the body.
    lung : float array of shape (rows, columns)
        Path through aerated lung.
    vessels : float array of shape (rows, columns)
        Blood in pulmonary vessels, which displaces lung.
    lung_mottle : float array of shape (rows, columns)
        Relative density of the lung, mean 1.
    solids : ChestSolids
        The intervals from which findings are cut.
    """

    tissue: dict[str, np.ndarray]
    lung: np.ndarray
    vessels: np.ndarray
    lung_mottle: np.ndarray
    solids: ChestSolids


def tree_thickness(view: View, tree: Tree, *, sideways: float = 0.0) -> np.ndarray:
    """Return the projected thickness of a branching tree, in mm.

    Parameters
    ----------
    view : View
    tree : Tree
    sideways : float
        Displacement in units of each branch's radius: 0 for the vessels, about
        2 for the bronchi that run beside them.
    """
    along = tree.end - tree.start
    span = np.linalg.norm(along, axis=1)
    step = np.maximum(0.7 * tree.radius, view.pixel_mm / view.stretch[0])
    pieces = np.ceil(span / step).astype(int)
    owner = np.repeat(np.arange(len(span)), pieces)
    first = np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = (np.arange(len(owner)) - first + 0.5) / pieces[owner]
    place = tree.start[owner] + share[:, None] * along[owner]
    if sideways:
        across = np.stack([along[:, 2], 0 * span, -along[:, 0]], axis=1)
        across *= (sideways * tree.radius / span)[:, None]
        place += across[owner]
    volume = np.pi * np.square(tree.radius) * span / pieces
    return splat(view, place, volume=volume[owner], radius=tree.radius[owner])


def trace_paths(anatomy: Anatomy, examination: Examination, view: View) -> Paths:
    """Return path lengths through every tissue of a healthy chest.

    Parameters
    ----------
    anatomy : Anatomy
    examination : Examination
    view : View
    """
    x, z = view.at_depth(0.0)
    raised = examination.inspiration_mm
    solids = chest_solids(anatomy, x, z, raised_mm=raised)
    lung = total_length(solids.lungs)
    parts = _soft_parts(anatomy, view)
    air = _gas(anatomy, examination, view)
    cortex, marrow = _bones(anatomy, examination, view)
    soft = np.maximum(parts["soft tissue"] - lung - air - cortex - marrow, 0)
    soft = soft * (1 + 0.018 * look_up(anatomy.soft_texture, x, z))
    blood = np.minimum(length(solids.mediastinum) + length(solids.aorta), soft)
    # the order is part of the pixels: depths are added up in it, in single precision
    tissue = {
        "soft tissue": soft - blood,
        "blood": blood,
        "adipose": parts["adipose"],
        "gland": parts["gland"],
        "cortical bone": cortex * np.float32(anatomy.skeleton.density),
        "spongiosa": marrow,
        "air": air,
    }
    sy = np.float32(view.stretch[1])
    tissue = {name: sy * path for name, path in tissue.items()}
    mottle = 1 + 0.05 * look_up(anatomy.lung_texture, x, z)
    mottle *= 1 + (0.10 + 0.012 * raised) * np.clip(-(z + 20) / 100, -0.6, 1.2)
    vessels = _lung_vessels(anatomy, view, solids)
    return Paths(tissue, sy * lung, sy * vessels, mottle.astype(np.float32), solids)


def _soft_parts(anatomy: Anatomy, view: View) -> dict[str, np.ndarray]:
    """Return the body inside the fat, as if it were solid, with fat and breasts."""
    x, z = view.at_depth(0.0)
    body = length(body_interval(anatomy.thorax, x, z))
    lean = length(body_interval(anatomy.thorax, x, z, inset_mm=anatomy.patient.fat_mm))
    arms = sum(length(tube_interval(arm, x, z)) for arm in arm_tubes())
    body, lean = np.maximum(body, arms), np.maximum(lean, 0.85 * arms)
    breast = breast_thickness(anatomy.thorax, *view.at_depth(-110.0))
    gland = anatomy.patient.gland_fraction * breast
    adipose = np.maximum(body - lean, 0) + breast - gland
    return {"soft tissue": lean, "adipose": adipose, "gland": gland}


def _lung_vessels(anatomy: Anatomy, view: View, solids: ChestSolids) -> np.ndarray:
    """Return the blood in the vessels of the lungs, in mm."""
    lung = total_length(solids.lungs)
    room = np.clip(lung / 30, 0, 1)
    vessels = tree_thickness(view, anatomy.tree) * room
    vessels += 14 * _hilar_haze(*view.at_depth(0.0)) * room
    for artery in solids.hilar:
        vessels += sum(length(intersect(artery, piece)) for piece in solids.lungs)
    return np.minimum(vessels, lung)


def _hilar_haze(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the share of small vessels and nodes crowded at both hila, 0 to 1."""
    height = np.where(x > 0, np.float32(-20), np.float32(-32))
    off = np.square((np.abs(x) - 42) / 17) + np.square((z - height) / 26)
    return np.exp(-0.5 * off)


def _gas(anatomy: Anatomy, examination: Examination, view: View) -> np.ndarray:
    """Return the air in the trachea, the bronchi and the stomach, in mm."""
    x, z = view.at_depth(5.0)
    air = np.zeros_like(x)
    for tube in anatomy.airways.values():
        np.maximum(air, length(tube_interval(tube, x, z)), out=air)
    radius = examination.gas_mm
    if radius:
        top = anatomy.thorax.dome_top[1] + examination.inspiration_mm
        place = anatomy.thorax.dome_lean[1] - 18 + 0.5 * radius
        centre = (place, -20.0, top - 5 - 0.6 * radius)
        bubble = ellipsoid(
            x, z, centre=centre, radii=(1.25 * radius, 0.9 * radius, 0.6 * radius)
        )
        air += length(bubble) * np.clip((z - centre[2] + 0.3 * radius) / 2, 0, 1)
    return air


def _bones(
    anatomy: Anatomy, examination: Examination, view: View
) -> tuple[np.ndarray, np.ndarray]:
    """Return cortical and inner thickness of all bones, in mm."""
    skeleton = anatomy.skeleton
    cortex, marrow = ribs(
        skeleton,
        anatomy.thorax,
        *view.at_depth(0.0),
        raised_mm=examination.inspiration_mm,
    )
    for hard, inside in (
        spine_thickness(skeleton.spine, *view.at_depth(_BONE_DEPTH_MM["spine"])),
        shoulders(skeleton, *view.at_depth(0.0), arm_mm=examination.arm_mm),
    ):
        cortex += hard
        marrow += inside
    return cortex, marrow


def optical_depth(paths: Paths, *, filled: np.ndarray | None = None) -> np.ndarray:
    """Return the line integral of attenuation, without unit.

    Parameters
    ----------
    paths : Paths
    filled : float array of shape (rows, columns), optional
        Lung replaced by fluid or tissue along each ray, in mm.
    """
    mu = attenuation_per_mm
    total = sum(
        np.float32(mu(material)) * path for material, path in paths.tissue.items()
    )
    lung, blood = np.float32(mu("lung")), np.float32(mu("blood"))
    total = total + lung * paths.lung * paths.lung_mottle
    aerated = 1.0
    if filled is not None:
        soft = np.float32(mu("soft tissue"))
        total = total + (soft - lung) * filled
        aerated = 1 - np.minimum(filled / np.maximum(paths.lung, 1), 1)
    return total + (blood - lung) * paths.vessels * aerated
