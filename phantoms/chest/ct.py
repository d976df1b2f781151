"""A chest as voxels: the pieces of the radiograph, filled into a volume in HU.

The CT adds what a radiograph cannot resolve, in ways that leave every line integral
from front to back as it was, since a radiograph knows the density along a ray, not
where along it the density lies: a texture of the lung with zero mean along ``y``, small
vessels, loops of gut in their fat, the weight of the lung that sinks to the back, and
bronchi whose walls weigh what their lumen lacks. This detail is chosen for appearance.

``reconstruct`` fills slabs of slices one by one and gives them a scanner's blur and
noise.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from phantoms.chest.anatomy import Anatomy, ChestSolids, Tree, grow_tree, posed_tree
from phantoms.chest.layers import Layers, lung_mottle, tissue_layers
from phantoms.chest.patients import Patient
from phantoms.chest.projection import View, flat_view
from phantoms.chest.thorax import build_thorax
from phantoms.physics.attenuation import (
    CT_ENERGY_KEV,
    attenuation_per_mm,
    iodine_hu,
    material_hu,
)
from phantoms.physics.ct_noise import (
    REFERENCE_WATER_MM,
    find_kernel,
    noise_fields,
    noise_sigma_hu,
    relative_sigma,
)
from phantoms.shapes.solids import Piece, look_up
from phantoms.shapes.voxels import (
    Box,
    Part,
    VoxelGrid,
    extent,
    fill_pieces,
    overlap,
    tube_coverage,
)

_BLOCK = (32, 128, 128)  # voxels, repeated through the lung
_TEXTURE = 0.05  # standard deviation of the density, relative
_LUMPINESS = 1.8
_SMOOTH_MM = 14.0
_GUT_SLABS, _GUT_LOOPS = 15, 2
_ROOTS = 700
_HILUM_MM = (44.0, 14.0, -20.0)


@dataclass(frozen=True)
class Grain:
    """Texture of the lung in a grid of voxels.

    Parameters
    ----------
    fine : float32 array of shape (slices, rows, columns)
        Periodic; relative density less 1, mean 0.
    lumps : float32 array of the same shape
        Periodic; how the fluctuation of a ray is shared out along it, mean about 1.
    fluctuation : float32 array of shape (slices, columns)
        Relative density of each ray against its surroundings.
    """

    fine: np.ndarray
    lumps: np.ndarray
    fluctuation: np.ndarray


def grain_of(
    density: np.ndarray,
    *,
    spacing_mm: tuple[float, float, float],
    seed: tuple[int, int],
) -> Grain:
    """Return the texture of a patient's lung.

    Parameters
    ----------
    density : float array of shape (slices, columns)
        Of the lung along each ray, in any unit.
    spacing_mm : tuple of float
        Between slices, rows and columns.
    seed : tuple of int
        Of the patient.
    """
    field = _random_block(seed, spacing_mm)
    width = [_SMOOTH_MM / spacing_mm[0], _SMOOTH_MM / spacing_mm[2]]
    fluctuation = density / gaussian_filter(density, width, mode="nearest") - 1
    lumps = np.exp(_LUMPINESS * field - _LUMPINESS**2 / 2)
    return Grain(np.float32(_TEXTURE) * field, lumps, fluctuation.astype(np.float32))


@functools.lru_cache(maxsize=4)
def _random_block(
    seed: tuple[int, int], spacing_mm: tuple[float, float, float]
) -> np.ndarray:
    """Return a periodic random field of mean 0 and standard deviation 1."""
    rng = np.random.default_rng([*seed, 77])
    sides = [np.fft.fftfreq(n, d) for n, d in zip(_BLOCK, spacing_mm, strict=True)]
    frequency = np.sqrt(sum(np.square(side) for side in np.ix_(*sides)))
    gain = np.maximum(frequency, 1 / 12) ** -1.2
    gain[0, 0, 0] = 0
    field = np.fft.ifftn(np.fft.fftn(rng.standard_normal(_BLOCK)) * gain).real
    return (field / field.std()).astype(np.float32)


@functools.lru_cache(maxsize=4)
def peripheral_vessels(patient: Patient) -> Tree:
    """Return small vessels that fan out from the hila in all directions.

    The radiograph's tree holds the vessels that a radiograph shows; these are the
    ones that a CT adds, in front and behind above all.

    Parameters
    ----------
    patient : Patient
    """
    thorax, rng = build_thorax(patient), np.random.default_rng([*patient.seed, 78])
    way = rng.standard_normal((_ROOTS, 3)) * (1.0, 1.3, 1.4)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    side = np.sign(way[:, :1] + 1e-6)
    hilum = np.asarray(_HILUM_MM) * np.hstack([side, np.ones((_ROOTS, 2))])
    far = rng.uniform(22, 130, (_ROOTS, 1))
    radius = 1.9 * np.exp(-far[:, 0] / 110) * rng.uniform(0.6, 1.0, _ROOTS)
    start = hilum + far * way

    def inside(points: np.ndarray) -> np.ndarray:
        x, y, z = points.T
        width, depth = thorax.cage_width(z) - 4, thorax.cage_depth(z) - 4
        return (np.square(x / width) + np.square(y / depth) < 1) & (z < 98)

    kept = inside(start)
    end = start + way * (5 + 4 * radius)[:, None]
    roots = Tree(start[kept], end[kept], radius[kept])
    return grow_tree(roots, inside=inside, rng=rng)


def loops_of_gut(piece: Piece, field: np.ndarray, view: View) -> list[Piece]:
    """Return fat of one density along a ray as fat between the loops of the gut.

    Parameters
    ----------
    piece : Piece
        Its weight is an array.
    field : float32 array of shape (256, 256)
        Texture of the patient's soft tissues; it bends the loops.
    view : View

    Returns
    -------
    list of Piece
        Slabs of equal thickness whose weights lie between 0 and 1 and have the
        piece's own weight as their mean.
    """
    x, z = view.x[piece.window], view.z[piece.window]
    # the field is stretched, so that loops are some centimetres wide
    bent = np.float32(4.5) * look_up(field, 0.35 * x, 0.35 * z + 60)
    swing = np.minimum(piece.weight, 1 - piece.weight)
    step = (piece.back - piece.front) / np.float32(_GUT_SLABS)
    slabs = []
    for number in range(_GUT_SLABS):
        turn = np.float32(2 * np.pi * _GUT_LOOPS * number / _GUT_SLABS)
        weight = piece.weight + swing * np.cos(turn + bent)
        front = piece.front + np.float32(number) * step
        slabs.append(Piece(front, front + step, weight, piece.window))
    return slabs


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
    fat = []
    for piece in layers["adipose"]:
        varied = np.ndim(piece.weight) == 2  # the guts' fat alone
        fat += loops_of_gut(piece, anatomy.soft_texture, view) if varied else [piece]
    layers["adipose"] = fat
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
    inflated = float(lung.mean())
    blood = above["blood"] - inflated
    values = (soft - inflated, blood + rise, above["air"] - soft)
    branches = _branches(posed_tree(anatomy, posture), grid, values)
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
        blood_above_lung=blood,
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
    pieces.append(Piece(front, front + wall, ventricles))
    return [*pieces, Piece(back - wall, back, ventricles)]


def _branches(
    tree: Tree, grid: VoxelGrid, values: tuple[float, float, float]
) -> list[tuple[Part, float]]:
    """Return the vessels and the bronchi of the lungs, with their HU against lung.

    ``values`` are the HU of wall and blood against lung and of air against wall.
    """
    wall, blood, air = values
    vessels = tube_coverage(tree.start, tree.end, tree.radius, grid=grid)
    chosen = tree.radius > _SMALLEST_BRONCHUS_MM
    start, end, radius = (part[chosen] for part in (tree.start, tree.end, tree.radius))
    along = end - start
    across = np.stack([along[:, 2], 0 * radius, -along[:, 0]], axis=1)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    lumen = 0.8 * radius
    # the wall weighs what the lumen lacks: no ray notices the bronchus
    outer = lumen * np.sqrt(-air / wall)
    beside = across * (radius + outer)[:, None]
    walls = tube_coverage(start + beside, end + beside, outer, grid=grid)
    lumens = tube_coverage(start + beside, end + beside, lumen, grid=grid)
    return [(vessels, blood), (walls, wall), (lumens, air)]


_SLAB = 8
_LOWEST_HU, _HIGHEST_HU = -1024, 3071


@dataclass(frozen=True)
class Acquisition:
    """How a CT is taken and reconstructed.

    Parameters
    ----------
    kernel : str
        "soft" or "sharp".
    mas : float
        Tube current times time; 0 for an image without noise and blur.
    energy_kev : float
        Effective energy, 50 to 100 keV.
    iodine_mg_ml : float
        Contrast medium in the blood, 0 for none; 10 to 15 in a usual scan.
    water_mm : float or None
        Water-equivalent diameter for the noise, where the voxels hold a part of the
        body only; None measures it in every slice.
    """

    kernel: str = "soft"
    mas: float = 100.0
    energy_kev: float = CT_ENERGY_KEV
    iodine_mg_ml: float = 0.0
    water_mm: float | None = None


def reconstruct(
    scene: Scene, *, acquisition: Acquisition, seed: Sequence[int]
) -> np.ndarray:
    """Return the volume of a scene with the blur and the noise of a scanner.

    Parameters
    ----------
    scene : Scene
    acquisition : Acquisition
    seed : sequence of int
        Entropy of the noise; each slab of slices has a stream of its own, so the
        volume does not depend on the number of processors.

    Returns
    -------
    int16 array of shape (slices, rows, columns)
        HU, feet first, -1024 to 3071.
    """
    volume = np.empty(scene.grid.shape, np.int16)
    find_kernel(acquisition.kernel)

    def work(first: int) -> None:
        part = slice(first, min(first + _SLAB, len(volume)))
        hu = slab_hu(scene, part)
        if acquisition.mas:
            rng = np.random.default_rng([*seed, first])
            hu = scanned(hu, scene.grid, acquisition=acquisition, rng=rng)
        volume[part] = np.clip(np.rint(hu), _LOWEST_HU, _HIGHEST_HU)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(0, len(volume), _SLAB)))
    return volume


def scanned(
    hu: np.ndarray, grid: VoxelGrid, *, acquisition: Acquisition, rng: Generator
) -> np.ndarray:
    """Return slices as a scanner shows them: blurred in plane, and noisy.

    Parameters
    ----------
    hu : float32 array of shape (slices, rows, columns)
    grid : VoxelGrid
    acquisition : Acquisition
    rng : numpy.random.Generator
    """
    kernel = find_kernel(acquisition.kernel)
    slice_mm, row_mm, column_mm = grid.spacing_mm
    blurred = hu
    for axis, step in ((1, row_mm), (2, column_mm)):
        sigma = kernel.sigma_mm / step
        if sigma > 0.25:
            blurred = gaussian_filter1d(blurred, sigma, axis=axis, truncate=3)
    noise = noise_fields(
        rng, count=len(hu), shape=hu.shape[1:], pixel_mm=column_mm, kernel=kernel
    )
    if acquisition.water_mm is None:
        water = attenuation_per_mm("water", energy_kev=acquisition.energy_kev)
        front, side = (
            (hu.mean(axis) / 1000 + 1) * (step * hu.shape[axis])
            for axis, step in ((1, row_mm), (2, column_mm))
        )
        noise *= relative_sigma(front, side, water_per_mm=water)
    size = noise_sigma_hu(
        acquisition.mas,
        slice_mm=slice_mm,
        kernel=kernel,
        water_mm=acquisition.water_mm or REFERENCE_WATER_MM,
    )
    return blurred + np.float32(size) * noise


def slab_hu(scene: Scene, part: slice) -> np.ndarray:
    """Return HU of some slices before the scanner's blur and noise, float32."""
    rows, columns = (slice(0, n) for n in scene.grid.shape[1:])
    whole = (part, rows, columns)
    hu = fill_pieces(scene.body, scene.grid, whole)
    hu -= 1000
    box = extent(scene.lung, scene.grid, part)
    if box is not None:
        _fill_lung(scene, hu[:, box[1], box[2]], box)
    for metal, value in scene.metal:
        common = overlap(metal.box, whole)
        if common is not None:
            local, target = common
            hu[target] += metal.values[local] * (np.float32(value) - hu[target])
    return hu


def _fill_lung(scene: Scene, here: np.ndarray, box: Box) -> None:
    """Put texture, findings and branches into the lung of a box, in place."""
    lung = fill_pieces(scene.lung, scene.grid, box)
    density = scene.lung_above_air[box[0], None, box[2]]
    aerated, carries_vessels = lung.copy(), lung
    for inlay in scene.inlays:
        own = extent(inlay.pieces, scene.grid, box[0])
        common = None if own is None else overlap(own, box)
        if common is None:
            continue
        local, at = common
        own = tuple(
            slice(side.start + part.start, side.start + part.stop)
            for side, part in zip(own, local, strict=True)
        )
        share = np.clip(fill_pieces(inlay.pieces, scene.grid, own), 0, aerated[at])
        here[at] += share * (np.float32(inlay.hu + 1000) - density[:, :, at[2]])
        aerated[at] -= share
        if inlay.clears_vessels:
            carries_vessels = np.minimum(carries_vessels, aerated)
    here += aerated * density * _grain(scene, aerated, box)
    for branch, value in scene.branches:
        common = overlap(branch.box, box)
        if common is not None:
            local, target = common
            room = carries_vessels[target] * branch.values[local]
            here[target] += np.float32(value) * room


def _grain(scene: Scene, aerated: np.ndarray, box: Box) -> np.ndarray:
    """Return the lung's relative density less 1, with mean 0 along every ray."""
    wrapped = np.ix_(*(
        np.arange(side.start, side.stop) % n
        for side, n in zip(box, scene.grain.fine.shape, strict=True)
    ))  # fmt: skip
    ray = (box[0], None, box[2])
    grain = scene.grain.fine[wrapped]
    grain += scene.grain.fluctuation[ray] * scene.grain.lumps[wrapped]
    depth = np.arange(box[1].start, box[1].stop, dtype=np.float32)
    grain += (np.float32(scene.sinking) * depth)[:, None]
    common = overlap(scene.hidden.box, box) if scene.hidden is not None else None
    if common is not None:
        local, target = common
        rise = np.float32(scene.blood_above_lung) / scene.lung_above_air[ray]
        rise = np.broadcast_to(rise, grain.shape)[target]
        grain[target] += rise * scene.hidden.values[local]
    path = np.maximum(aerated.sum(axis=1), np.float32(1e-3))
    mean = np.einsum("zyx,zyx->zx", grain, aerated) / path
    grain -= mean[:, None]
    return grain
