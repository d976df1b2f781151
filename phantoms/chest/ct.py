"""A chest as voxels: the pieces of the radiograph, filled into a volume in HU.

The CT adds what a radiograph cannot resolve, in ways that leave every line
integral from front to back as it was: a texture of the lung with zero mean along
``y``, the weight of the lung that sinks to the back, and bronchi whose walls weigh
what their lumen lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from phantoms.chest.anatomy import (
    Anatomy,
    ChestSolids,
)
from phantoms.chest.ct_detail import (
    Grain,
    grain_of,
    loops_of_gut,
    peripheral_vessels,
)
from phantoms.chest.layers import Layers, tissue_layers
from phantoms.chest.posed import posed_tree
from phantoms.chest.projection import View, flat_view
from phantoms.chest.pulmonary_tree import Tree
from phantoms.chest.tracing import lung_mottle
from phantoms.physics.ct_numbers import CT_ENERGY_KEV, iodine_hu, material_hu
from phantoms.shapes.solids import Piece
from phantoms.shapes.voxel_tubes import Part, tube_coverage
from phantoms.shapes.voxels import VoxelGrid

_SINKING = 0.0008  # of the density a mm, lying: 40 HU over 200 mm (chosen)
_SMALLEST_BRONCHUS_MM = 1.3  # radius of the artery beside it
_HEART_WALL_MM = 9.0


@dataclass(frozen=True)
class Inlay:
    """Pieces that take the place of lung.

    Parameters
    ----------
    pieces : list of Piece
        Where they overlap, no more than all of the lung is replaced.
    hu : float
        What they consist of.
    clears_vessels : bool
        Whether the lung's vessels vanish in them.
    """

    pieces: list[Piece]
    hu: float
    clears_vessels: bool = True


@dataclass(frozen=True)
class Scene:
    """All that is in the voxels of one scan.

    Parameters
    ----------
    grid : VoxelGrid
    body : list of Piece
        Weights are HU against air; they add up.
    lung : list of Piece
        Disjoint, of weight 1.
    lung_above_air : float32 array of shape (slices, columns)
        CT number of the lung plus 1000, before texture.
    grain : Grain
        Texture of the lung.
    branches : list of (Part, float)
        Vessels and bronchi of the lung, with their HU against lung.
    hidden : Part, or None
        Small vessels that leave the mean along every ray as it was.
    blood_above_lung : float
        CT number of blood less that of lung, without contrast medium.
    sinking : float
        Rise of the lung's density a mm towards the back.
    inlays : list of Inlay
        What findings put into the lung, in order of precedence.
    metal : list of (Part, float)
        Devices, with their own HU.
    """

    grid: VoxelGrid
    body: list[Piece]
    lung: list[Piece]
    lung_above_air: np.ndarray
    grain: Grain
    branches: list[tuple[Part, float]]
    hidden: Part | None = None
    blood_above_lung: float = 0.0
    sinking: float = 0.0
    inlays: list[Inlay] = field(default_factory=list)
    metal: list[tuple[Part, float]] = field(default_factory=list)


def grid_view(grid: VoxelGrid) -> View:
    """Return the parallel rays along ``y`` that fill a grid."""
    return flat_view(*grid.rays(), stretch=grid.stretch)


def compose_scene(
    anatomy: Anatomy,
    solids: ChestSolids,
    grid: VoxelGrid,
    *,
    energy_kev: float = CT_ENERGY_KEV,
    iodine_mg_ml: float = 0.0,
) -> Scene:
    """Return the contents of a scan of a healthy chest.

    Parameters
    ----------
    anatomy : Anatomy
    solids : ChestSolids
        Of ``grid_view(grid)``; they carry the posture.
    grid : VoxelGrid
    energy_kev : float
        Effective energy, 50 to 100 keV.
    iodine_mg_ml : float
        Contrast medium in the blood, 0 for none; 10 to 15 in a usual scan.
    """
    view, posture = grid_view(grid), solids.posture
    layers = tissue_layers(anatomy, posture, view, solids=solids)
    layers["adipose"] = [
        part
        for piece in layers["adipose"]
        for part in (
            loops_of_gut(piece, anatomy.soft_texture, view)
            if np.ndim(piece.weight) == 2  # the only fat whose share varies
            else [piece]
        )
    ]
    above = {m: 1000 + material_hu(m, energy_kev=energy_kev) for m in (*layers, "lung")
             if m != "body"}  # fmt: skip
    soft = 1000 + material_hu("soft tissue", energy_kev=energy_kev)
    lung = np.float32(above["lung"]) * lung_mottle(anatomy, posture, view)
    rise = iodine_hu(iodine_mg_ml, energy_kev=energy_kev) if iodine_mg_ml else 0.0
    body = [_weighed(piece, soft) for piece in layers["body"]]
    for material, value in above.items():
        if material != "lung":
            body += [_weighed(p, value - soft) for p in layers[material]]
    body += [p._replace(weight=lung - np.float32(soft)) for p in layers["lung"]]
    if rise:
        body += _contrast(layers, solids, view, rise=rise)
    small = peripheral_vessels(anatomy.patient)
    small = posed_tree(replace(anatomy, tree=small), posture)
    hidden = tube_coverage(small.start, small.end, small.radius, grid=grid)
    branches = _branches(posed_tree(anatomy, posture), grid, energy_kev, rise)
    times = grid.rays_per_slice
    mean = lung.reshape(-1, times, lung.shape[1]).mean(axis=1)[::-1]
    return Scene(
        grid=grid,
        body=body,
        lung=layers["lung"],
        lung_above_air=mean,
        grain=grain_of(mean, spacing_mm=grid.spacing_mm, seed=anatomy.patient.seed),
        branches=[*branches, (hidden, rise)] if rise else branches,
        hidden=hidden,
        blood_above_lung=above["blood"] - above["lung"],
        sinking=_SINKING * grid.spacing_mm[1] if posture.supine else 0.0,
    )


def _weighed(piece: Piece, value: float) -> Piece:
    """Return a piece whose weight is multiplied by a value."""
    return piece._replace(weight=piece.weight * np.float32(value))


def _contrast(
    layers: Layers, solids: ChestSolids, view: View, *, rise: float
) -> list[Piece]:
    """Return the iodine in the great vessels and the heart, less in its wall."""
    pieces = [_weighed(piece, rise) for piece in layers["blood"]]
    front, back = solids.heart
    wall = np.minimum((back - front) / 2, np.float32(_HEART_WALL_MM))
    # muscle takes up a third of what the blood holds (chosen); no muscle above
    ventricles = np.clip((-38 - view.z) / 12, 0, 1) * np.float32(-2 / 3 * rise)
    return [
        *pieces,
        Piece(front, front + wall, ventricles),
        Piece(back - wall, back, ventricles),
    ]


def _branches(
    tree: Tree, grid: VoxelGrid, energy_kev: float, rise: float
) -> list[tuple[Part, float]]:
    """Return the vessels and the bronchi of the lungs, with their HU against lung."""
    lung, soft, blood, air = (
        material_hu(name, energy_kev=energy_kev)
        for name in ("lung", "soft tissue", "blood", "air")
    )
    vessels = tube_coverage(tree.start, tree.end, tree.radius, grid=grid)
    chosen = tree.radius > _SMALLEST_BRONCHUS_MM
    start, end, radius = (part[chosen] for part in (tree.start, tree.end, tree.radius))
    along = end - start
    across = np.stack([along[:, 2], 0 * radius, -along[:, 0]], axis=1)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    lumen = 0.8 * radius
    # the wall weighs what the lumen lacks: no ray notices the bronchus
    outer = lumen * np.sqrt((soft - air) / (soft - lung))
    beside = across * (radius + outer)[:, None]
    walls = tube_coverage(start + beside, end + beside, outer, grid=grid)
    lumens = tube_coverage(start + beside, end + beside, lumen, grid=grid)
    return [(vessels, blood + rise - lung), (walls, soft - lung), (lumens, air - soft)]
