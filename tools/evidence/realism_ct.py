"""Checks 15 to 17 of the realism page: the simulated CT scanner."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion

from phantoms.chest import ct
from phantoms.chest.anatomy import Anatomy, build_anatomy, chest_solids
from phantoms.chest.layers import tissue_layers
from phantoms.chest.patients import Posture, draw_patient
from phantoms.physics.ct_noise import KERNELS
from phantoms.shapes.voxels import VoxelGrid, fill_pieces, whole_box
from tools.evidence.physics_measures import radial_power

_SEED = 2026
_KEV = 60.0


def ct_values() -> dict[str, float]:
    """Return checks 15 to 17: CT numbers, texture of the noise, noise against dose."""
    found = tissue_numbers()
    values = {f"ct_{name}": found[name] for name in ("air", "lung", "fat", "muscle")}
    for name in KERNELS:
        values[f"ct_slope_{name}"] = low_frequency_slope(name)
    low, high = (water_slices(24, mas=mas)[:, 96:160, 96:160] for mas in (100.0, 400.0))
    return values | {"ct_dose": float(high.std() / low.std())}


def tissue_numbers() -> dict[str, float]:
    """Return the median HU of tissues in a simulated scan at 60 keV.

    Measured in voxels that lie wholly in one tissue, off the border that a blur in
    plane reaches.
    """
    anatomy = build_anatomy(draw_patient(1, cohort_seed=_SEED))
    stretch = anatomy.patient.stretch
    grid = VoxelGrid((-190, -140, -80), (5, 1.5, 1.5), (12, 190, 256), stretch, 2)
    posture = Posture(supine=True, recline_deg=90.0)
    solids = chest_solids(anatomy, ct.grid_view(grid), posture=posture)
    scene = ct.compose_scene(anatomy, solids, grid, energy_kev=_KEV)
    hu = ct.reconstruct(
        scene, acquisition=ct.Acquisition(energy_kev=_KEV), seed=[_SEED]
    )
    numbers = {}
    for tissue, mask in pure_tissues(anatomy, posture, grid).items():
        core = binary_erosion(mask, np.ones((1, 5, 5)))
        numbers[tissue] = float(np.median(hu[core if core.any() else mask]))
    return numbers


def pure_tissues(
    anatomy: Anatomy, posture: Posture, grid: VoxelGrid
) -> dict[str, np.ndarray]:
    """Return where each tissue fills its voxels."""
    view = ct.grid_view(grid)
    solids = chest_solids(anatomy, view, posture=posture)
    layers = tissue_layers(anatomy, posture, view, solids=solids)
    box = whole_box(grid)
    share = {name: fill_pieces(part, grid, box) for name, part in layers.items()}
    others = sum(part for name, part in share.items() if name != "body")
    return {
        "air": share["air"] > 0.999,
        "lung": share["lung"] > 0.999,
        "blood": share["blood"] > 0.999,
        "fat": share["adipose"] > 0.999,
        "muscle": (share["body"] > 0.999) & (np.abs(others) < 1e-3),
    }


def water_slices(count: int, *, mas: float, kernel: str = "soft") -> np.ndarray:
    """Return slices of a water cylinder of 300 mm as a scanner shows them.

    Returns
    -------
    float32 array of shape (count, 256, 256)
        HU, 1.5 mm pixels, 5 mm slices.
    """
    grid = VoxelGrid((0, 0, 0), (5, 1.5, 1.5), (count, 256, 256))
    place = (np.arange(256) - 127.5) * 1.5
    inside = np.hypot(*np.meshgrid(place, place)) < 150
    hu = np.where(inside, 0, -1000).astype(np.float32)
    return ct.scanned(
        np.broadcast_to(hu, grid.shape).copy(),
        grid,
        acquisition=ct.Acquisition(kernel=kernel, mas=mas),
        rng=np.random.default_rng([_SEED, round(mas)]),
    )


def low_frequency_slope(kernel: str) -> float:
    """Return d log(noise power) / d log(frequency) from 0.03 to 0.12 per mm."""
    slices = water_slices(96, mas=100.0, kernel=kernel)[:, 64:192, 64:192]
    window = np.hanning(slices.shape[-1])
    _, power = radial_power(slices, pixel_mm=1.5, window=window)
    frequency = np.arange(1, len(power) + 1) / (len(window) * 1.5)
    low = (frequency > 0.03) & (frequency < 0.12)
    # the kernel's own fall is divided out: what is left is the ramp
    power = power[low] / np.square(KERNELS[kernel].transfer(frequency[low]))
    return float(np.polyfit(np.log(frequency[low]), np.log(power), 1)[0])
