"""Paths of rays: from an anatomy and an examination to attenuation along every ray."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.anatomy import (
    Anatomy,
    ChestSolids,
    chest_solids,
)
from phantoms.chest.layers import tissue_layers
from phantoms.chest.posed import posed_tree
from phantoms.chest.posture import Posture
from phantoms.chest.projection import View, splat
from phantoms.chest.pulmonary_tree import Tree
from phantoms.physics.attenuation import (
    EFFECTIVE_ENERGY_KEV,
    attenuation_per_mm,
)
from phantoms.shapes.solids import path_length
from phantoms.shapes.texture import look_up

# share of the lungs' volume that one mm of both domes displaces
_EMPTIED_PER_MM = 0.0055


@dataclass(frozen=True)
class Paths:
    """Path lengths along the rays of a view, in true mm.

    Parameters
    ----------
    tissue : dict of str to float array of shape (rows, columns)
        Path through each material of ``attenuation``; they add up to the body.
    lung : float array of shape (rows, columns)
        Path through aerated lung.
    vessels : float array of shape (rows, columns)
        Blood in pulmonary vessels, which displaces lung.
    lung_mottle : float array of shape (rows, columns)
        Density of the lung against the material "lung".
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
    step = np.maximum(0.7 * tree.radius, view.cell()[0])
    pieces = np.ceil(span / step).astype(int)
    owner = np.repeat(np.arange(len(span)), pieces)
    first = (np.cumsum(pieces) - pieces).take(owner)
    share = (np.arange(len(owner)) - first + 0.5) / pieces.take(owner)
    place = along.take(owner, axis=0)
    place *= share[:, None]
    place += tree.start.take(owner, axis=0)
    if sideways:
        across = np.stack([along[:, 2], 0 * span, -along[:, 0]], axis=1)
        across *= (sideways * tree.radius / span)[:, None]
        place += across.take(owner, axis=0)
    volume = np.pi * np.square(tree.radius) * span / pieces
    volume, radius = volume.take(owner), tree.radius.take(owner)
    return splat(view, place, volume=volume, radius=radius)


def trace_paths(anatomy: Anatomy, posture: Posture, view: View) -> Paths:
    """Return path lengths through every tissue of a healthy chest.

    Parameters
    ----------
    anatomy : Anatomy
    posture : Posture
    view : View
    """
    solids = chest_solids(anatomy, view, posture=posture)
    layers = tissue_layers(anatomy, posture, view, solids=solids)
    shape = view.x.shape
    length = {name: path_length(part, shape=shape) for name, part in layers.items()}
    body, lung = length.pop("body"), length.pop("lung")
    soft = np.maximum(body - lung - sum(length.values()), 0)
    x, z = view.at_depth(0.0)
    soft *= 1 + np.float32(0.018) * look_up(anatomy.soft_texture, x, z)
    true_mm = np.float32(view.stretch[1]) * view.slant()
    tissue = {name: true_mm * path for name, path in length.items()}
    tissue["soft tissue"] = true_mm * soft
    vessels = _lung_vessels(posed_tree(anatomy, posture), view, lung=lung)
    mottle = lung_mottle(anatomy, posture, view)
    return Paths(tissue, true_mm * lung, true_mm * vessels, mottle, solids)


def lung_mottle(anatomy: Anatomy, posture: Posture, view: View) -> np.ndarray:
    """Return the density of the lungs against the material "lung" along each ray.

    A person's own density rises as the lungs empty, because their tissue stays;
    the bases are denser than the apices, and a texture stands for what is small.
    """
    x, z = view.at_depth(0.0)
    mottle = 1 + np.float32(0.04) * look_up(anatomy.lung_texture, x, z)
    dense = np.float32(0.10 + 0.008 * posture.breath_mm)
    mottle *= 1 + dense * np.clip(-(z + 20) / 100, -0.6, 1.2)
    emptied = 1 / (1 - _EMPTIED_PER_MM * np.clip(posture.breath_mm, -20, 60))
    return mottle * np.float32(anatomy.patient.lung_density * emptied)


def _lung_vessels(tree: Tree, view: View, *, lung: np.ndarray) -> np.ndarray:
    """Return the blood in the vessels of the lungs, in mm."""
    room = np.clip(lung / 30, 0, 1)
    vessels = tree_thickness(view, tree) * room
    return np.minimum(vessels, lung)


def optical_depth(
    paths: Paths, *, energy_kev: float = EFFECTIVE_ENERGY_KEV
) -> np.ndarray:
    """Return the line integral of attenuation, without unit.

    Parameters
    ----------
    paths : Paths
    energy_kev : float
        Of the beam.
    """

    def mu(material: str) -> np.float32:
        return np.float32(attenuation_per_mm(material, energy_kev=energy_kev))

    total = sum(mu(material) * path for material, path in paths.tissue.items())
    total = total + mu("lung") * paths.lung * paths.lung_mottle
    return total + (mu("blood") - mu("lung")) * paths.vessels
