"""From the contents of a scan to its voxels: slabs of slices, filled one by one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from phantoms.chest.ct import Scene
from phantoms.physics.attenuation import attenuation_per_mm
from phantoms.physics.ct_noise import (
    find_kernel,
    noise_fields,
    noise_sigma_hu,
    relative_sigma,
)
from phantoms.physics.ct_numbers import CT_ENERGY_KEV
from phantoms.shapes.voxels import Box, VoxelGrid, extent, fill_pieces, overlap

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
    hu: np.ndarray,
    grid: VoxelGrid,
    *,
    acquisition: Acquisition,
    rng: np.random.Generator,
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
    if acquisition.water_mm is not None:
        size = noise_sigma_hu(
            acquisition.mas,
            slice_mm=slice_mm,
            kernel=kernel,
            water_mm=acquisition.water_mm,
        )
        return blurred + np.float32(size) * noise
    water = attenuation_per_mm("water", energy_kev=acquisition.energy_kev)
    paths = [(hu.mean(axis) / 1000 + 1) * n for axis, n in (
        (1, row_mm * hu.shape[1]), (2, column_mm * hu.shape[2]))]  # fmt: skip
    size = noise_sigma_hu(acquisition.mas, slice_mm=slice_mm, kernel=kernel)
    noise *= relative_sigma(paths[0], paths[1], water_per_mm=water)
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
