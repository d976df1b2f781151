"""Measure whether the simulated machines and chests are as real as they should be.

    python -m tools.evidence.realism            measure and print, about ten seconds
    python -m tools.evidence.realism --write    and write table and page

Each check is a measured number beside its target (realism_targets.csv; data/realism.md
says what it means and where the target comes from). The command ends with an error
where a check is not inside. Each function takes the detector, so that a test can hand
in a broken one and see the check fail. Real films are the NIH ChestX-ray14 copies in
COURSE_DATA_DIR.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
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
from phantoms.physics import detector as panels
from phantoms.physics.attenuation import attenuation_per_mm
from phantoms.physics.detector import Detector
from phantoms.physics.scanners import SCANNERS, Technique, take_radiograph
from phantoms.shapes.solids import length, total_length
from phantoms.study.radiograph import image_study
from tools.evidence import pages
from tools.evidence import physics_measures as measures
from tools.evidence.real_films import SETS, real_films
from tools.evidence.realism_ct import ct_values

TARGETS = Path(__file__).with_name("realism_targets.csv")
TABLE = pages.EVIDENCE / "insilico_realism.csv"
REAL_SET = SETS[1]
SIDE_PX = 128
SITES = "AAAAABBBCC"  # shares of the hospitals in the cohort
_SEED = 2026
_DOSE_UGY, _PIXEL_MM, _FLAT_SIDE = 2.5, 0.15, 768
_NODULE_MM = 10.0


def flat_field(
    detector: Detector, seed: int, side: int, **changed: float
) -> np.ndarray:
    """Return the counts of a uniform exposure without a patient.

    ``pixel_mm`` and ``detector_ugy`` can be changed from 0.15 mm and 2.5 uGy.
    """
    physics = {"pixel_mm": _PIXEL_MM, "detector_ugy": _DOSE_UGY} | changed
    rng, empty = np.random.default_rng(seed), np.zeros((side, side), np.float32)
    return panels.form_image(empty, detector=detector, rng=rng, **physics)


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
    quanta = np.float32(1e9 * _PIXEL_MM**2) * (0.02 + 0.98 * bright)
    panel, rng = replace(detector, pitch_mm=_PIXEL_MM), np.random.default_rng(4)
    return panels.read_out(quanta, pixel_mm=_PIXEL_MM, detector=panel, rng=rng)


def dose_values(detector: Detector) -> dict[str, float]:
    """Return checks 1 and 2: noise against dose, variance against mean."""
    doses = np.array([0.6, 1.25, 2.5, 5.0, 10.0])
    fields = [
        flat_field(detector, int(10 * dose), 512, pixel_mm=3.0, detector_ugy=dose)
        for dose in doses
    ]
    noise = [field.std() / field.mean() for field in fields]
    slope = float(np.polyfit(np.log(doses), np.log(noise), 1)[0])
    flat = np.ones((_FLAT_SIDE, _FLAT_SIDE), np.float32)
    exposure = {"detector_ugy": _DOSE_UGY, "pixel_mm": _PIXEL_MM}
    expected = panels.absorbed_quanta(flat, **exposure, detector=detector)
    counts = panels.count_quanta(expected, swank=1.0, rng=np.random.default_rng(2))
    ratio = float(counts.var(dtype=float) / counts.mean(dtype=float))
    return {"dose_slope": slope, "variance": ratio}


def panel_values(detector: Detector) -> dict[str, float]:
    """Return checks 3, 4 and 5 in the calibration beam: noise power, MTF50 and DQE."""
    panel = replace(detector, beam="RQA5")
    flat = flat_field(panel, 3, _FLAT_SIDE)
    frequency, power = measures.normalised_noise_power(flat, pixel_mm=_PIXEL_MM)
    nnps = float(np.interp(0.5, frequency, power))
    at, mtf = measures.slanted_edge_mtf(slanted_edge(panel), pixel_mm=_PIXEL_MM)
    quanta_per_mm2 = _DOSE_UGY * panel.spectrum.photons_per_mm2_ugy
    dqe = float(np.interp(0.5, at, mtf) ** 2 / (nnps * quanta_per_mm2))
    return {"nnps": nnps, "mtf50": measures.frequency_at_half(at, mtf), "dqe": dqe}


def pixel_values(detector: Detector) -> dict[str, float]:
    """Return noise of 3 mm pixels drawn directly against averaged, and the index."""
    fine = flat_field(detector, 5, 1280)
    coarse = flat_field(detector, 6, 512, pixel_mm=20 * _PIXEL_MM)
    averaged = fine.reshape(64, 20, 64, 20).sum((1, 3), dtype=float)
    direct = coarse.astype(float)
    ratio = (direct.std() / direct.mean()) / (averaged.std() / averaged.mean())
    panel = replace(detector, beam="RQA5")
    flat = flat_field(panel, 7, 256)
    index = panels.exposure_index(flat, pixel_mm=_PIXEL_MM, detector=panel)
    return {"pixel_noise": float(ratio), "exposure_index": index}


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
    lung = total_length(paths.solids.lungs) > 110
    mediastinum = length(paths.solids.mediastinum) > 90
    depth = optical_depth(paths, energy_kev=energy_kev)
    return ChestSample(depth, lung, mediastinum, view.pixel_mm)


def behind_grid(
    depth: np.ndarray, pixel_mm: float, detector: Detector
) -> tuple[np.ndarray, np.ndarray]:
    """Return primary and scatter behind the grid, in units of the open beam."""
    primary = np.exp(-depth)
    scattered = panels.scatter(primary, pixel_mm=pixel_mm, detector=detector)
    return detector.grid_primary * primary, detector.grid_scatter * scattered


def scatter_fraction(sample: ChestSample, *, detector: Detector) -> np.ndarray:
    """Return the share of scatter in what passes the grid, 0 to 1, per pixel."""
    primary, scattered = behind_grid(sample.depth, sample.pixel_mm, detector)
    return scattered / (scattered + primary)


def nodule_contrast(
    sample: ChestSample, *, place: tuple[int, int], detector: Detector
) -> tuple[float, float]:
    """Return the contrast of 10 mm of soft tissue in lung, before and after scatter."""
    energy_kev = detector.energy_kev
    soft = attenuation_per_mm("soft tissue", energy_kev=energy_kev)
    lung = attenuation_per_mm("lung", energy_kev=energy_kev)
    seen = []
    for added_mm in (0.0, _NODULE_MM):
        depth = sample.depth.astype(float)
        depth[place] += added_mm * (soft - lung)
        parts = behind_grid(depth, sample.pixel_mm, detector)
        seen.append([part[place] for part in parts])
    before, after = seen
    return float(1 - after[0] / before[0]), float(1 - sum(after) / sum(before))


def chest_values(detector: Detector, *, patients: Sequence[int]) -> dict[str, float]:
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
        found.append({
            "scatter_mediastinum": np.median(fraction[sample.mediastinum]),
            "scatter_lungs": np.median(fraction[sample.lung]),
            "shown_with_grid": 1 - np.median(with_grid[sample.mediastinum]),
            "contrast_primary": 100 * before,
            "contrast_scatter": after / (before * (1 - fraction[place])),
        })  # fmt: skip
    return pd.DataFrame(found).mean().to_dict()


def heart_values(*, patients: Sequence[int]) -> dict[str, float]:
    """Return check 8: cardiothoracic ratios of healthy patients in inspiration."""
    people = [draw_patient(number, cohort_seed=_SEED) for number in patients]
    ratios = np.array([cardiothoracic_ratio(build_anatomy(one)) for one in people])
    large = 100 * float(np.mean(ratios > 0.5))
    return {"heart_median": float(np.median(ratios)), "heart_large": large}


def films_of(name: str, *, patients: Sequence[int]) -> np.ndarray:
    """Return the same healthy chests on one scanner, in its habitual technique."""
    scanner, films = SCANNERS[name], []
    for number in patients:
        sample = chest_sample(number, energy_kev=scanner.detector.energy_kev)
        physics = {"pixel_mm": sample.pixel_mm, "scanner": scanner}
        physics |= {"technique": Technique(), "rng": np.random.default_rng(number)}
        films.append(take_radiograph(np.exp(-sample.depth), **physics))
    return np.array(films)


def grey_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far a pixel's grey must move to turn one set into the other."""
    return float(wasserstein_distance(one.ravel(), other.ravel()))


def grey_values(*, patients: Sequence[int], n_films: int = 100) -> dict[str, float]:
    """Return how far vendors, and simulated and real films, lie apart in grey.

    The last only where there are real films, with the distance of their halves.
    """
    names = ("Alder DR 21", "Birch Vista", "Cedar One")
    alder, birch, cedar = (films_of(name, patients=patients) for name in names)
    values = {"greys_birch": grey_distance(alder, birch)}
    values["greys_cedar"] = grey_distance(alder, cedar)
    if pages.missing_data(REAL_SET):
        return values
    real, owners = real_films(REAL_SET, SIDE_PX)
    simulated = [simulated_film(number) for number in range(1, n_films + 1)]
    values["greys_real"] = grey_distance(np.array(simulated), real)
    return values | {"halves": distance_of_halves(real, owners)}


def simulated_film(number: int) -> np.ndarray:
    """Return the film of one invented patient of the three hospitals."""
    hospital = HOSPITALS[SITES[number % len(SITES)]]
    patient = draw_patient(number, cohort_seed=_SEED, people=hospital.people)
    return image_study(draw_study(patient, hospital), size=SIDE_PX).image


def distance_of_halves(films: np.ndarray, patients: np.ndarray) -> float:
    """Return the mean distance between random halves of the patients, 20 times."""
    rng, names = np.random.default_rng(8), np.unique(patients)
    found = []
    for _ in range(20):
        half = np.isin(patients, rng.permutation(names)[: len(names) // 2])
        found.append(grey_distance(films[half], films[~half]))
    return float(np.mean(found))


def measure() -> dict[str, float]:
    """Return every measured number by its key; about ten seconds on one core."""
    panel, few = Detector(), range(1, 13)
    values = dose_values(panel) | panel_values(panel) | pixel_values(panel)
    values |= chest_values(panel, patients=few) | heart_values(patients=range(1, 61))
    return values | ct_values() | grey_values(patients=few)


def beside_targets(values: dict[str, float]) -> pd.DataFrame:
    """Return the measured numbers beside their targets, and whether they are inside."""
    table = pd.read_csv(TARGETS, keep_default_na=False)
    table = table[table["key"].isin(values)]
    table.insert(2, "value", table.pop("key").map(values))
    table["remark"] = [remark.format(**values) for remark in table["remark"]]
    return table.assign(inside=table["value"].between(table["low"], table["high"]))


def shown(table: pd.DataFrame) -> pd.DataFrame:
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
        for row in table.itertuples()
    )


def main(*, write: bool = False) -> int:
    """Measure, print, write on demand; return 1 where a check is not inside."""
    if write:
        pages.real_data(REAL_SET)
    table = beside_targets(measure())
    print(shown(table).to_string(index=False))
    print(f"{table['inside'].sum()} of {len(table)} inside.")
    if write:
        table["value"] = [float(f"{value:.4g}") for value in table["value"]]
        pages.put_into_page("checks", shown(table))
        pages.write_table(table, TABLE)
    return 0 if table["inside"].all() else 1


if __name__ == "__main__":
    sys.exit(main(write="--write" in sys.argv))
