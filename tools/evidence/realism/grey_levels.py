"""Grey values: simulated against real films, and vendor against vendor.

Real films are the NIH ChestX-ray14 copies in COURSE_DATA_DIR; they are read, never
stored. Distances are Wasserstein distances of pooled histograms, in grey levels: how
far, on average, a pixel's grey must move to turn one histogram into the other.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from phantoms.chest.patients import draw_patient
from phantoms.hospital.hospitals import HOSPITALS, draw_study
from phantoms.physics.scanners import SCANNERS, Technique, take_radiograph
from phantoms.study.radiograph import image_study
from tools.evidence.realism.chest_checks import chest_sample
from tools.evidence.realism.rows import Row

_SET = "cxr_nih14_256px"
_SIZE = 128
_SEED = 2026
_SHARES = {"A": 5, "B": 3, "C": 2}


def real_films() -> tuple[np.ndarray, np.ndarray] | None:
    """Return real films (n, 128, 128) and their patients, or None without data."""
    folder = Path(os.environ.get("COURSE_DATA_DIR", "")) / _SET
    files = sorted(folder.rglob("*.png")) if "COURSE_DATA_DIR" in os.environ else []
    if not files:
        return None
    films = [
        np.asarray(Image.open(file).convert("L").resize((_SIZE, _SIZE), Image.BOX))
        for file in files
    ]
    return np.array(films), np.array([file.name.split("_")[0] for file in files])


def simulated_films(number: int) -> np.ndarray:
    """Return radiographs of invented patients, hospitals mixed as in the cohort."""
    sites = [site for site, share in _SHARES.items() for _ in range(share)]
    films = []
    for n in range(1, number + 1):
        hospital = HOSPITALS[sites[n % len(sites)]]
        patient = draw_patient(n, cohort_seed=_SEED, people=hospital.people)
        films.append(image_study(draw_study(patient, hospital), size=_SIZE).image)
    return np.array(films)


def grey_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the Wasserstein distance of two sets of 8-bit greys, in grey levels.

    Examples
    --------
    >>> grey_distance(np.array([0, 10]), np.array([5, 25]))
    10.0
    """
    share = [
        np.cumsum(np.bincount(np.ravel(greys), minlength=256)) / np.size(greys)
        for greys in (one, other)
    ]
    return float(np.abs(share[0] - share[1]).sum())


def distance_of_halves(films: np.ndarray, patients: np.ndarray) -> float:
    """Return the mean distance between random halves of the patients, 20 times."""
    rng = np.random.default_rng(8)
    names = np.unique(patients)
    found = []
    for _ in range(20):
        half = np.isin(patients, rng.permutation(names)[: len(names) // 2])
        found.append(grey_distance(films[half], films[~half]))
    return float(np.mean(found))


def histogram_rows(*, number: int = 100) -> list[Row]:
    """Return the distance to real films, or a row that says why there is none."""
    name = "grey histogram, simulated to real films (Wasserstein)"
    real = real_films()
    if real is None:
        reason = f"not measured: COURSE_DATA_DIR has no folder {_SET}"
        return [Row(0, name, np.nan, "0", 0.0, 10.0, "greys", remark=reason)]
    distance = grey_distance(simulated_films(number), real[0])
    halves = distance_of_halves(*real)
    remark = f"two halves of the real patients differ by {halves:.1f}; limit chosen"
    source = "NIH ChestX-ray14, a small sample"
    return [Row(0, name, distance, "0", 0.0, 10.0, "greys", source, remark)]


def films_of(name: str, *, patients: Sequence[int]) -> np.ndarray:
    """Return the same healthy chests on one scanner, in its habitual technique."""
    scanner = SCANNERS[name]
    films = []
    for number in patients:
        sample = chest_sample(number, energy_kev=scanner.detector.energy_kev)
        film = take_radiograph(
            np.exp(-sample.depth),
            pixel_mm=sample.pixel_mm,
            scanner=scanner,
            technique=Technique(),
            rng=np.random.default_rng(number),
        )
        films.append(film)
    return np.array(films)


def vendor_rows(*, patients: Sequence[int]) -> list[Row]:
    """Return how far the displays of the vendors lie apart on the same chests."""
    alder, birch, cedar = (
        films_of(name, patients=patients)
        for name in ("Alder DR 21", "Birch Vista", "Cedar One")
    )
    source = "own design: a learnable shift between sites"
    return [
        Row(
            0, "greys of the same chests, Alder to Birch", grey_distance(alder, birch),
            "similar", 0.0, 6.0, "greys", source,
        ),
        Row(
            0, "greys of the same chests, Alder to Cedar", grey_distance(alder, cedar),
            "different", 9.0, 40.0, "greys", source,
        ),
    ]  # fmt: skip
