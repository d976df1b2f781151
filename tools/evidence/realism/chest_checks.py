"""Checks 6 to 8: scatter, contrast and heart size of simulated healthy chests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.layers import optical_depth, trace_paths
from phantoms.chest.patients import draw_examination, draw_patient, posture_of
from phantoms.chest.projection import make_view
from phantoms.findings.cardiac import cardiothoracic_ratio
from phantoms.physics.attenuation import attenuation_per_mm
from phantoms.physics.detector import Detector, scatter
from phantoms.shapes.solids import length, total_length
from tools.evidence.realism.rows import Row

_NIKLASON = "Niklason 1981, doi:10.1118/1.595027"
_NODULE_MM = 10.0
_SEED = 2026


@dataclass(frozen=True)
class ChestSample:
    """Transmission of one healthy chest, and where its organs lie.

    Parameters
    ----------
    depth : float array of shape (rows, columns)
        Optical depth along every ray.
    lung, mediastinum : bool array of shape (rows, columns)
        Where at least 110 mm of lung, or 90 mm of mediastinum, are crossed.
    pixel_mm : float
    """

    depth: np.ndarray
    lung: np.ndarray
    mediastinum: np.ndarray
    pixel_mm: float


@lru_cache(maxsize=64)
def chest_sample(number: int, *, energy_kev: float) -> ChestSample:
    """Return a healthy invented patient, PA, at 96 x 96 pixels."""
    patient = draw_patient(number, cohort_seed=_SEED)
    examination = draw_examination(patient)
    view = make_view(patient, examination, size=96)
    paths = trace_paths(build_anatomy(patient), posture_of(examination), view)
    return ChestSample(
        depth=optical_depth(paths, energy_kev=energy_kev),
        lung=total_length(paths.solids.lungs) > 110,
        mediastinum=length(paths.solids.mediastinum) > 90,
        pixel_mm=view.pixel_mm,
    )


def scatter_fraction(sample: ChestSample, *, detector: Detector) -> np.ndarray:
    """Return the share of scatter in what passes the grid, 0 to 1, per pixel."""
    primary = np.exp(-sample.depth)
    scattered = scatter(primary, pixel_mm=sample.pixel_mm, detector=detector)
    scattered = scattered * detector.grid_scatter
    return scattered / (scattered + detector.grid_primary * primary)


def _without_grid(detector: Detector) -> Detector:
    """Return the same machine with the grid taken out."""
    return replace(detector, grid_primary=1.0, grid_scatter=1.0)


def scatter_rows(detector: Detector, *, patients: Sequence[int]) -> list[Row]:
    """Return check 6, and what the grid does to the contrast at the mediastinum."""
    bare = _without_grid(detector)
    heart, lung, behind_grid = [], [], []
    for number in patients:
        sample = chest_sample(number, energy_kev=detector.energy_kev)
        fraction = scatter_fraction(sample, detector=bare)
        heart.append(np.median(fraction[sample.mediastinum]))
        lung.append(np.median(fraction[sample.lung]))
        grid = scatter_fraction(sample, detector=detector)
        behind_grid.append(1 - np.median(grid[sample.mediastinum]))
    return [
        Row(
            6, "scatter fraction without grid, mediastinum", float(np.mean(heart)),
            "0.90", 0.85, 0.95, "", _NIKLASON,
        ),
        Row(
            6, "scatter fraction without grid, lungs", float(np.mean(lung)),
            "0.50 to 0.65", 0.50, 0.65, "", "from memory in the course's field notes",
        ),
        Row(
            0, "primary contrast shown behind the mediastinum with a 12:1 grid",
            float(np.mean(behind_grid)), "below one half", 0.2, 0.5, "", _NIKLASON,
        ),
    ]  # fmt: skip


def nodule_contrast(
    sample: ChestSample, *, place: tuple[int, int], detector: Detector
) -> tuple[float, float]:
    """Return the contrast of a 10 mm nodule, before and after scatter.

    The nodule is 10 mm of soft tissue in place of lung in one pixel of the sample;
    the chest around it is left as it is.

    Parameters
    ----------
    sample : ChestSample
    place : tuple of int
        Row and column.
    detector : Detector
    """
    energy = detector.energy_kev
    soft = attenuation_per_mm("soft tissue", energy_kev=energy)
    lung = attenuation_per_mm("lung", energy_kev=energy)
    depth = sample.depth.astype(float).copy()
    depth[place] += _NODULE_MM * (soft - lung)
    shown = []
    for each in (sample.depth.astype(float), depth):
        primary = np.exp(-each)
        scattered = scatter(primary, pixel_mm=sample.pixel_mm, detector=detector)
        total = (
            detector.grid_primary * primary[place]
            + detector.grid_scatter * scattered[place]
        )
        shown.append((primary[place], total))
    (before, all_before), (after, all_after) = shown
    return float(1 - after / before), float(1 - all_after / all_before)


def contrast_rows(detector: Detector, *, patients: Sequence[int]) -> list[Row]:
    """Return check 7: contrast of a nodule before scatter, and what scatter leaves."""
    bare = _without_grid(detector)
    primary, ratio = [], []
    for number in patients:
        sample = chest_sample(number, energy_kev=detector.energy_kev)
        rows, columns = np.nonzero(sample.lung)
        middle = len(rows) // 2
        place = (int(rows[middle]), int(columns[middle]))
        before, after = nodule_contrast(sample, place=place, detector=bare)
        fraction = scatter_fraction(sample, detector=bare)[place]
        primary.append(before)
        ratio.append(after / (before * (1 - fraction)))
    source = "attenuation of xraylib 4.3"
    return [
        Row(
            7, "contrast of a 10 mm nodule in lung, primary beam",
            100 * float(np.mean(primary)), "14 %", 13.0, 15.0, "%", source,
        ),
        Row(
            7, "the same after scatter / (primary contrast x primary fraction)",
            float(np.mean(ratio)), "1", 0.95, 1.05, "", "definition",
        ),
    ]  # fmt: skip


def heart_rows(*, patients: Sequence[int]) -> list[Row]:
    """Return check 8: cardiothoracic ratios of healthy patients in inspiration."""
    ratios = np.array(
        [
            cardiothoracic_ratio(build_anatomy(draw_patient(n, cohort_seed=_SEED)))
            for n in patients
        ]
    )
    source = "from memory in the course's field notes"
    return [
        Row(
            8, "cardiothoracic ratio of healthy patients, median",
            float(np.median(ratios)), "about 0.45", 0.42, 0.48, "", source,
        ),
        Row(
            8, "the same, share of patients above 0.50",
            100 * float(np.mean(ratios > 0.5)), "hardly any", 0.0, 10.0, "%", source,
        ),
    ]  # fmt: skip
