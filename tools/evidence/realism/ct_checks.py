"""Checks 15 to 17: CT numbers of tissues, texture of the noise, noise against dose."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import binary_erosion

from phantoms.chest.anatomy import build_anatomy, chest_solids
from phantoms.chest.ct import (
    Acquisition,
    compose_scene,
    grid_view,
    reconstruct,
    scanned,
)
from phantoms.chest.layers import tissue_layers
from phantoms.chest.patients import Posture, draw_patient
from phantoms.physics.ct_noise import KERNELS
from phantoms.shapes.voxels import VoxelGrid, fill_pieces, whole_box
from tools.evidence.realism.rows import Row

_NAMED_ENERGY_KEV = 60.0
_SEED = 2026
_TARGETS = {
    "air": ("-1000", -1015, -985),
    "lung": ("-700 to -900", -900, -700),
    "fat": ("-117 at 60 keV", -132, -102),
    "muscle": ("+40 to +60", 40, 60),
}
_NPS_SOURCE = "Riederer 1978; PMC2871306"


def ct_checks() -> list[Row]:
    """Return checks 15 to 17 as rows of the realism report."""
    rows = [
        Row(
            15,
            f"CT number of {tissue}, {_NAMED_ENERGY_KEV:.0f} keV",
            tissue_numbers()[tissue],
            words,
            low,
            high,
            "HU",
            "mu of FIELD 4.2, xraylib 4.3.0",
        )
        for tissue, (words, low, high) in _TARGETS.items()
    ]
    for name in KERNELS:
        rows.append(
            Row(
                16,
                f"slope of the CT noise power at low frequency, {name} kernel",
                low_frequency_slope(name),
                "1 (proportional to f)",
                0.85,
                1.15,
                "",
                _NPS_SOURCE,
                "against filtered back projection in test_ct_noise.py",
            )
        )
    ratio = noise_sd(mas=400.0) / noise_sd(mas=100.0)
    rows.append(Row(17, "CT noise when the dose is x 4", ratio, "0.50", 0.47, 0.53))
    return rows


@lru_cache(maxsize=1)
def tissue_numbers() -> dict[str, float]:
    """Return the median HU of tissues in a simulated scan at 60 keV.

    Measured in voxels that lie wholly in one tissue, one voxel off its border.
    """
    anatomy = build_anatomy(draw_patient(1, cohort_seed=_SEED))
    grid = VoxelGrid(
        (-190, -140, -80), (5, 1.5, 1.5), (12, 190, 256), anatomy.patient.stretch, 2
    )
    view, posture = grid_view(grid), Posture(supine=True, recline_deg=90.0)
    solids = chest_solids(anatomy, view, posture=posture)
    scene = compose_scene(anatomy, solids, grid, energy_kev=_NAMED_ENERGY_KEV)
    acquisition = Acquisition(energy_kev=_NAMED_ENERGY_KEV)
    hu = reconstruct(scene, acquisition=acquisition, seed=[_SEED])
    layers = tissue_layers(anatomy, posture, view, solids=solids)
    box = whole_box(grid)
    share = {name: fill_pieces(part, grid, box) for name, part in layers.items()}
    others = sum(part for name, part in share.items() if name != "body")
    inside = {
        "air": share["air"] > 0.999,
        "lung": share["lung"] > 0.999,
        "fat": share["adipose"] > 0.999,
        "muscle": (share["body"] > 0.999) & (np.abs(others) < 1e-3),
    }
    return {
        tissue: float(np.median(hu[_away_from_border(mask)]))
        for tissue, mask in inside.items()
    }


def _away_from_border(mask: np.ndarray) -> np.ndarray:
    """Return a mask without the voxels that a blur in plane reaches."""
    core = binary_erosion(mask, np.ones((1, 5, 5), bool))
    return core if core.any() else mask


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
    volume = np.broadcast_to(hu, grid.shape).copy()
    acquisition = Acquisition(kernel=kernel, mas=mas)
    return scanned(
        volume,
        grid,
        acquisition=acquisition,
        rng=np.random.default_rng([_SEED, round(mas)]),
    )


def noise_sd(*, mas: float) -> float:
    """Return the standard deviation of HU in the middle of the water cylinder."""
    return float(water_slices(24, mas=mas)[:, 96:160, 96:160].std())


def low_frequency_slope(kernel: str) -> float:
    """Return d log(noise power) / d log(frequency) from 0.03 to 0.12 per mm."""
    frequency, power = radial_power(
        water_slices(96, mas=100.0, kernel=kernel)[:, 64:192, 64:192], pixel_mm=1.5
    )
    low = (frequency > 0.03) & (frequency < 0.12)
    transfer = KERNELS[kernel].transfer(frequency[low])
    # the kernel's own fall is divided out: what is left is the ramp
    power = power[low] / np.square(transfer)
    return float(np.polyfit(np.log(frequency[low]), np.log(power), 1)[0])


def radial_power(
    slices: np.ndarray, *, pixel_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency in 1/mm and the noise power averaged over slices and angles.

    Parameters
    ----------
    slices : float array of shape (n, size, size)
        Noise; each slice's mean is taken off and a Hann window laid over it.
    pixel_mm : float
    """
    size = slices.shape[-1]
    hann = np.hanning(size)
    flat = slices - slices.mean(axis=(1, 2), keepdims=True)
    power = np.square(np.abs(np.fft.fft2(flat * np.outer(hann, hann)))).mean(axis=0)
    side = np.fft.fftfreq(size, pixel_mm)
    ring = np.rint(np.hypot(side[:, None], side) * size * pixel_mm).astype(int)
    mean = np.bincount(ring.ravel(), power.ravel()) / np.bincount(ring.ravel())
    rings = np.arange(1, size // 2)
    return rings / (size * pixel_mm), mean[rings]
