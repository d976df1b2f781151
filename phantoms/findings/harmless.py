"""Harmless things that look like findings: scars, calcifications, nipples, fat.

They are there so that a bright spot alone does not give the answer away.
All chosen for appearance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.chest.examinations import Examination
from phantoms.chest.patients import random_stream
from phantoms.chest.projection import View
from phantoms.findings.lung_space import places_in_lung
from phantoms.shapes.tubes import Tube, grid_window, tube_interval


@dataclass(frozen=True)
class Variants:
    """Harmless variants of one patient on one day.

    Parameters
    ----------
    bands : tuple of Tube
        Scars and plates of collapsed lung: soft tissue.
    calcified : float array of shape (n, 4)
        Calcified granulomas: (x, y, z, radius) in mm.
    nipple_mm : float
        Thickness of the nipple shadows, 0 when they are not seen.
    fat_pad : tuple of float
        Thickness of the fat beside the heart, right and left, in mm.
    """

    bands: tuple[Tube, ...]
    calcified: np.ndarray
    nipple_mm: float
    fat_pad: tuple[float, float]


def draw_variants(anatomy: Anatomy, examination: Examination) -> Variants:
    """Return the variants of a patient; plates of collapse change from day to day."""
    life = random_stream(anatomy.patient.seed, "anatomy", part=8)
    which = 10 + examination.visit
    day = random_stream(anatomy.patient.seed, "examination", part=which)
    bands = [_band(anatomy, life, low=-0.6) for _ in range(life.binomial(2, 0.22))]
    plates = 0.10 + 0.012 * examination.inspiration_mm
    bands += [_band(anatomy, day, low=2.0) for _ in range(day.binomial(2, plates))]
    grains = [
        [
            *places_in_lung(anatomy, life, low=-0.1, rough=True)[0],
            life.uniform(1.3, 3.2),
        ]
        for _ in range(life.binomial(3, 0.12))
    ]
    seen = life.random() < (0.22 if anatomy.patient.sex == "M" else 0.16)
    return Variants(
        bands=tuple(bands),
        calcified=np.array(grains, float).reshape(-1, 4),
        nipple_mm=float(life.uniform(4, 9)) if seen else 0.0,
        fat_pad=(float(life.gamma(2, 4)), float(life.gamma(2, 6))),
    )


def _band(anatomy: Anatomy, rng: np.random.Generator, low: float) -> Tube:
    """Return a thin, slightly bent band of soft tissue in the lung."""
    middle = places_in_lung(anatomy, rng, low=low, rough=True)[0]
    half = rng.uniform(9, 24)
    lean = rng.normal(0, 0.45)
    share = np.linspace(-1, 1, 7)
    points = middle + half * np.stack(
        [share, 0.2 * share, lean * share + rng.normal(0, 0.12) * share**2], axis=1
    )
    return Tube(points, rng.uniform(1.6, 3.4) * (1.1 - share**2))


def variant_thickness(
    variants: Variants, *, view: View, lung: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return thickness of soft tissue in the lung, in front of it, and of calcium.

    Parameters
    ----------
    variants : Variants
    view : View
    lung : float array of shape (rows, columns)
        Path through the lung in mm; bands cannot be thicker.
    """
    x, z = view.at_depth(0.0)
    in_lung, outside, calcium = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for band in variants.bands:
        front, back = tube_interval(band, *view.at_depth(float(band.points[3, 1])))
        in_lung += np.maximum(1.5 * (back - front), 0)
    for *place, radius in variants.calcified:
        shown = view.shown(place)
        window = grid_window(x, z, shown, shown, margin=radius)
        if window is not None:
            off = np.square(x[window] - shown[0]) + np.square(z[window] - shown[2])
            calcium[window] += 1.2 * np.sqrt(np.maximum(radius**2 - off, 0))
    if variants.nipple_mm:
        off = np.square((np.abs(x) - 88) / 5.5) + np.square((z + 88) / 5.0)
        outside += variants.nipple_mm * np.sqrt(np.maximum(1 - off, 0))
    for side, pad, place in zip((-1, 1), variants.fat_pad, (-42, 80), strict=True):
        off = np.square((x - place) / 15) + np.square((z + 116) / 12)
        in_lung += pad * np.exp(-off) * (side * x > 0)
    return np.minimum(in_lung, lung), outside, calcium
