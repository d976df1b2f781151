"""Measure whether the simulated machines and chests are as real as they should be.

    python -m tools.evidence.realism            measure and print, about ten seconds
    python -m tools.evidence.realism --write    and write table and page

Each check is a measured number beside its target (data/realism.md says what it means
and where the target comes from). The command ends with an error where a check is not
inside. Each function takes the detector, so that a test can hand in a broken one and
see the check fail. Real films are the NIH ChestX-ray14 copies in COURSE_DATA_DIR.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.layers import optical_depth, trace_paths
from phantoms.chest.patients import draw_examination, draw_patient, posture_of
from phantoms.chest.projection import make_view
from phantoms.findings.cardiac import cardiothoracic_ratio
from phantoms.hospital.hospitals import HOSPITALS, draw_study
from phantoms.physics.attenuation import attenuation_per_mm
from phantoms.physics.detector import (
    Detector,
    absorbed_quanta,
    count_quanta,
    exposure_index,
    form_image,
    read_out,
    scatter,
)
from phantoms.physics.scanners import SCANNERS, Technique, take_radiograph
from phantoms.shapes.solids import length, total_length
from phantoms.study.radiograph import image_study
from tools.evidence.pages import (
    EVIDENCE,
    missing_data,
    put_into_page,
    real_data,
    write_table,
)
from tools.evidence.physics_measures import (
    Row,
    frequency_at_half,
    normalised_noise_power,
    slanted_edge_mtf,
)
from tools.evidence.real_films import SETS, real_films
from tools.evidence.realism_ct import ct_rows

TABLE = EVIDENCE / "insilico_realism.csv"
REAL_SET = SETS[1]
SIDE_PX = 128
SITES = "AAAAABBBCC"  # shares of the hospitals in the cohort
_SEED = 2026
_DOSE_UGY, _PIXEL_MM, _FLAT_SIDE = 2.5, 0.15, 768
_NODULE_MM = 10.0
_MARSHALL = "Marshall 2011, doi:10.1088/0031-9155/56/4/007"
_NIKLASON = "Niklason 1981, doi:10.1118/1.595027"
_NOTES = "from memory in the course's field notes"
_OWN = "own design: a learnable shift between sites"


def flat_field(
    detector: Detector,
    seed: int,
    *,
    side: int,
    pixel_mm: float = _PIXEL_MM,
    dose_ugy: float = _DOSE_UGY,
) -> np.ndarray:
    """Return the counts of a uniform exposure without a patient."""
    return form_image(
        np.zeros((side, side), np.float32),
        pixel_mm=pixel_mm,
        detector_ugy=dose_ugy,
        detector=detector,
        rng=np.random.default_rng(seed),
    )


def slanted_edge(detector: Detector, *, degrees: float = 3.0) -> np.ndarray:
    """Return counts behind a lead edge that touches the panel, almost noiseless.

    Pixels hold the exact mean over their area in the horizontal direction; the
    exposure is so high that the quantum noise does not matter.
    """
    rows, columns = 256, 192
    down = (np.arange(rows)[:, None] + (np.arange(16) + 0.5) / 16 - rows / 2).ravel()
    place = columns / 2 + down * np.tan(np.deg2rad(degrees))
    covered = np.clip(np.arange(columns) + 1 - place[:, None], 0, 1)
    bright = covered.reshape(rows, 16, columns).mean(1).astype(np.float32)
    return read_out(
        np.float32(1e9 * _PIXEL_MM**2) * (0.02 + 0.98 * bright),
        pixel_mm=_PIXEL_MM,
        detector=replace(detector, pitch_mm=_PIXEL_MM),
        rng=np.random.default_rng(4),
    )


def dose_rows(detector: Detector) -> list[Row]:
    """Return checks 1 and 2: noise against dose, variance against mean."""
    doses = np.array([0.6, 1.25, 2.5, 5.0, 10.0])
    fields = [
        flat_field(detector, int(10 * dose), side=512, pixel_mm=3.0, dose_ugy=dose)
        for dose in doses
    ]
    noise = [field.std() / field.mean() for field in fields]
    slope = float(np.polyfit(np.log(doses), np.log(noise), 1)[0])
    flat = np.ones((_FLAT_SIDE, _FLAT_SIDE), np.float32)
    expected = absorbed_quanta(
        flat, detector_ugy=_DOSE_UGY, pixel_mm=_PIXEL_MM, detector=detector
    )
    counts = count_quanta(expected, swank=1.0, rng=np.random.default_rng(2))
    ratio = float(counts.var(dtype=float) / counts.mean(dtype=float))
    steeper = "electronic noise makes it a little steeper"
    name = "slope of log noise on log dose, flat field"
    counted = "variance / mean of absorbed quanta"
    return [
        Row(1, name, slope, "-0.50", -0.52, -0.48, "", "Poisson", steeper),
        Row(2, counted, ratio, "1", 0.97, 1.03, "", "Poisson"),
    ]


def panel_rows(detector: Detector) -> list[Row]:
    """Return checks 3, 4 and 5 in the calibration beam: noise power, MTF50 and DQE."""
    panel = replace(detector, beam="RQA5")
    flat = flat_field(panel, 3, side=_FLAT_SIDE)
    nnps = float(np.interp(0.5, *normalised_noise_power(flat, pixel_mm=_PIXEL_MM)))
    at, mtf = slanted_edge_mtf(slanted_edge(panel), pixel_mm=_PIXEL_MM)
    quanta_per_mm2 = _DOSE_UGY * panel.spectrum.photons_per_mm2_ugy
    dqe = float(np.interp(0.5, at, mtf) ** 2 / (nnps * quanta_per_mm2))
    low, high, half = 1.4e-5 / 1.5, 1.4e-5 * 1.5, frequency_at_half(at, mtf)
    name, edge = "NNPS at 0.5/mm and 2.5 uGy", "MTF50 of a slanted edge"
    return [
        Row(3, name, nnps, "1.4e-5 mm2", low, high, "mm2", _MARSHALL),
        Row(4, edge, half, "1.29/mm", 1.161, 1.419, "/mm", _MARSHALL),
        Row(5, "DQE at 0.5/mm", dqe, "0.60", 0.5, 0.7, "", _MARSHALL),
    ]


def pixel_rows(detector: Detector) -> list[Row]:
    """Return noise of 3 mm pixels drawn directly against averaged, and the index."""
    fine = flat_field(detector, 5, side=1280)
    coarse = flat_field(detector, 6, side=512, pixel_mm=20 * _PIXEL_MM)
    averaged = fine.reshape(64, 20, 64, 20).sum((1, 3), dtype=float)
    direct = coarse.astype(float)
    ratio = (direct.std() / direct.mean()) / (averaged.std() / averaged.mean())
    panel = replace(detector, beam="RQA5")
    flat = flat_field(panel, 7, side=256)
    index = exposure_index(flat, pixel_mm=_PIXEL_MM, detector=panel)
    drawn = "noise of 3 mm pixels, drawn directly / averaged from 0.15 mm"
    exposed = "exposure index of 2.5 uGy"
    return [
        Row(0, drawn, float(ratio), "1", 0.94, 1.06, "", "own check"),
        Row(0, exposed, index, "250", 240.0, 260.0, "", "IEC 62494-1"),
    ]


class ChestSample(NamedTuple):
    """One healthy chest at 96 x 96 pixels: optical depth, and where its organs lie."""

    depth: np.ndarray
    lung: np.ndarray  # bool: at least 110 mm of lung are crossed
    mediastinum: np.ndarray  # bool: at least 90 mm of mediastinum are crossed
    pixel_mm: float


@cache
def chest_sample(number: int, *, energy_kev: float) -> ChestSample:
    """Return a healthy invented patient, PA."""
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


def behind_grid(
    depth: np.ndarray, pixel_mm: float, detector: Detector
) -> tuple[np.ndarray, np.ndarray]:
    """Return primary and scatter behind the grid, in units of the open beam."""
    primary = np.exp(-depth)
    scattered = scatter(primary, pixel_mm=pixel_mm, detector=detector)
    return detector.grid_primary * primary, detector.grid_scatter * scattered


def scatter_fraction(sample: ChestSample, *, detector: Detector) -> np.ndarray:
    """Return the share of scatter in what passes the grid, 0 to 1, per pixel."""
    primary, scattered = behind_grid(sample.depth, sample.pixel_mm, detector)
    return scattered / (scattered + primary)


def nodule_contrast(
    sample: ChestSample, *, place: tuple[int, int], detector: Detector
) -> tuple[float, float]:
    """Return the contrast of 10 mm of soft tissue in lung, before and after scatter."""
    soft, lung = (
        attenuation_per_mm(tissue, energy_kev=detector.energy_kev)
        for tissue in ("soft tissue", "lung")
    )
    depth = sample.depth.astype(float)
    with_it = depth.copy()
    with_it[place] += _NODULE_MM * (soft - lung)
    before, after = (
        [part[place] for part in behind_grid(each, sample.pixel_mm, detector)]
        for each in (depth, with_it)
    )
    return float(1 - after[0] / before[0]), float(1 - sum(after) / sum(before))


def chest_rows(detector: Detector, *, patients: Sequence[int]) -> list[Row]:
    """Return checks 6 and 7: scatter, and the contrast that it leaves."""
    bare = replace(detector, grid_primary=1.0, grid_scatter=1.0)
    found = []
    for number in patients:
        sample = chest_sample(number, energy_kev=detector.energy_kev)
        fraction = scatter_fraction(sample, detector=bare)
        with_grid = scatter_fraction(sample, detector=detector)
        places = np.argwhere(sample.lung)
        place = tuple(places[len(places) // 2])
        before, after = nodule_contrast(sample, place=place, detector=bare)
        found.append((
            np.median(fraction[sample.mediastinum]),
            np.median(fraction[sample.lung]),
            1 - np.median(with_grid[sample.mediastinum]),
            100 * before,
            after / (before * (1 - fraction[place])),
        ))  # fmt: skip
    heart, lungs, shown, primary, ratio = np.mean(found, axis=0).tolist()
    free, nodule = "scatter fraction without grid", "contrast of a 10 mm nodule in lung"
    left = "the same after scatter / (primary contrast x primary fraction)"
    behind = "primary contrast shown behind the mediastinum with a 12:1 grid"
    xraylib = "attenuation of xraylib 4.3"
    return [
        Row(6, f"{free}, mediastinum", heart, "0.90", 0.85, 0.95, "", _NIKLASON),
        Row(6, f"{free}, lungs", lungs, "0.50 to 0.65", 0.50, 0.65, "", _NOTES),
        Row(0, behind, shown, "below one half", 0.2, 0.5, "", _NIKLASON),
        Row(7, f"{nodule}, primary beam", primary, "14 %", 13.0, 15.0, "%", xraylib),
        Row(7, left, ratio, "1", 0.95, 1.05, "", "definition"),
    ]


def heart_rows(*, patients: Sequence[int]) -> list[Row]:
    """Return check 8: cardiothoracic ratios of healthy patients in inspiration."""
    people = [draw_patient(number, cohort_seed=_SEED) for number in patients]
    ratios = np.array([cardiothoracic_ratio(build_anatomy(one)) for one in people])
    middle, large = float(np.median(ratios)), 100 * float(np.mean(ratios > 0.5))
    name = "cardiothoracic ratio of healthy patients, median"
    share = "the same, share of patients above 0.50"
    return [
        Row(8, name, middle, "about 0.45", 0.42, 0.48, "", _NOTES),
        Row(8, share, large, "hardly any", 0.0, 10.0, "%", _NOTES),
    ]


def films_of(name: str, *, patients: Sequence[int]) -> np.ndarray:
    """Return the same healthy chests on one scanner, in its habitual technique."""
    scanner, films = SCANNERS[name], []
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


def grey_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far a pixel's grey must move to turn one set into the other."""
    return float(wasserstein_distance(one.ravel(), other.ravel()))


def grey_rows(*, patients: Sequence[int], n_films: int = 100) -> list[Row]:
    """Return how far vendors, and simulated and real films, lie apart in grey."""
    names = ("Alder DR 21", "Birch Vista", "Cedar One")
    alder, birch, cedar = (films_of(name, patients=patients) for name in names)
    near, far = grey_distance(alder, birch), grey_distance(alder, cedar)
    same, unit = "greys of the same chests, Alder to", "greys"
    rows = [
        Row(0, f"{same} Birch", near, "similar", 0.0, 6.0, unit, _OWN),
        Row(0, f"{same} Cedar", far, "different", 9.0, 40.0, unit, _OWN),
    ]
    if missing_data(REAL_SET):
        return rows
    real, owners = real_films(REAL_SET, SIDE_PX)
    simulated = []
    for number in range(1, n_films + 1):
        hospital = HOSPITALS[SITES[number % len(SITES)]]
        patient = draw_patient(number, cohort_seed=_SEED, people=hospital.people)
        study = draw_study(patient, hospital)
        simulated.append(image_study(study, size=SIDE_PX).image)
    value = grey_distance(np.array(simulated), real)
    halves = distance_of_halves(real, owners)
    name = "grey histogram, simulated to real films (Wasserstein)"
    remark = f"two halves of the real patients differ by {halves:.1f}; limit chosen"
    source = "NIH ChestX-ray14, a small sample"
    return [*rows, Row(0, name, value, "0", 0.0, 10.0, unit, source, remark)]


def distance_of_halves(films: np.ndarray, patients: np.ndarray) -> float:
    """Return the mean distance between random halves of the patients, 20 times."""
    rng, names = np.random.default_rng(8), np.unique(patients)
    found = []
    for _ in range(20):
        half = np.isin(patients, rng.permutation(names)[: len(names) // 2])
        found.append(grey_distance(films[half], films[~half]))
    return float(np.mean(found))


def measure() -> list[Row]:
    """Return every row of the report; about ten seconds on one core."""
    panel, few = Detector(), range(1, 13)
    rows = [*dose_rows(panel), *panel_rows(panel), *chest_rows(panel, patients=few)]
    rows += [*heart_rows(patients=range(1, 61)), *ct_rows(), *pixel_rows(panel)]
    rows += grey_rows(patients=few)
    return sorted(rows, key=lambda row: row.number or 99)


def shown(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the rows as words for the page."""
    return pd.DataFrame(
        {
            "check": f"{row.number}. {row.name}" if row.number else row.name,
            "measured": f"{row.value:.3g} {row.unit}".strip(),
            "target": row.target,
            "tolerated": f"{row.low:.3g} to {row.high:.3g}",
            "inside": "yes" if row.inside else "**no**",
            "source and remark": "; ".join(filter(None, (row.source, row.remark))),
        }
        for row in rows
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write on demand; return 1 where a check is not inside."""
    parser = argparse.ArgumentParser(prog="python -m tools.evidence.realism")
    parser.add_argument("--write", action="store_true", help="write the page and table")
    if write := parser.parse_args(arguments).write:
        real_data(REAL_SET)
    rows = measure()
    table = pd.DataFrame(rows).assign(inside=[row.inside for row in rows])
    print(shown(rows).to_string(index=False))
    print(f"{table['inside'].sum()} of {len(rows)} inside.")
    if write:
        for column in ("value", "low", "high"):
            table[column] = [float(f"{value:.4g}") for value in table[column]]
        write_table(table, TABLE)
        put_into_page("checks", shown(rows))
    return 0 if table["inside"].all() else 1


if __name__ == "__main__":
    sys.exit(main())
