"""How large and how dense a nodule must be to be seen: a contrast-detail curve.

``python -m tools.evidence.contrast_detail`` images chests with and without round
nodules whose place the observer knows, and lets two linear observers tell them apart on
the detector's logarithm, before any display: a channelised Hotelling observer, which
takes the anatomical noise into account, and a non-prewhitening matched filter, which
does not. Both learn on one half of the patients and are tested on the other, and the
reverse.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.figures import COLOURS
from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.layers import optical_depth
from phantoms.chest.patients import draw_examination, draw_patient, random_stream
from phantoms.chest.projection import FIELD_MM
from phantoms.findings.lung_space import places_in_lung
from phantoms.findings.nodule import round_nodule
from phantoms.physics.detector import form_image
from phantoms.physics.scanners import SCANNERS
from phantoms.study.radiograph import Scene, fill_lungs, set_scene, to_pixels
from phantoms.study.study import Study
from tools.evidence import physics_measures as physics
from tools.evidence.pages import EVIDENCE, write_table

DIAMETERS_MM = (4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0)  # reference mm
DENSITIES = (0.25, 0.5, 1.0)  # share of the lung that a nodule replaces; 1 is solid
PATIENTS, PLACES = 80, 4  # nodules of a patient, in places of their own
ROI_MM = 52.0  # side of the square that the observers see
_SEED, _SCANNER = 20, SCANNERS["Alder DR 21"]
LINES = (("blue", "o-"), ("vermillion", "s--"), ("green", "^:"))


def film_squares(
    scene: Scene, places: np.ndarray, *, size: int, stream: np.random.Generator
) -> np.ndarray:
    """Return the squares (places, rows, columns) about some places of one film.

    Values are minus the logarithm of the counts, the mean of each square taken off. A
    place at the border of the film is moved inwards with its square.
    """
    through = to_pixels(np.exp(-optical_depth(scene.paths)), size)
    panel, depth = _SCANNER.detector, -np.log(through)
    exposure = {"pixel_mm": FIELD_MM / size, "detector_ugy": panel.target_ugy}
    counts = form_image(depth, **exposure, detector=panel, rng=stream)
    log, reach = -np.log(counts), int(ROI_MM / 2 * size / FIELD_MM)
    share = size / len(scene.view.x)
    middle = (np.stack(scene.view.points(places)) + 0.5) * share - 0.5
    middle = np.round(middle).astype(int).clip(reach, size - reach - 1)
    squares = np.stack(
        [log[i - reach : i + reach + 1, j - reach : j + reach + 1] for i, j in middle.T]
    )
    return squares - squares.mean(axis=(1, 2), keepdims=True)


def image_pairs(kinds: list[tuple[float, float]], *, patients: int, size: int):
    """Return squares without a nodule, and with one of each (diameter, density).

    Returns
    -------
    float array of shape (patients, places, rows, columns)
    dict of (diameter, density) to float array of that shape
        Films have quantum noise of their own.
    """
    without, found = [], {}
    for number in range(1, patients + 1):
        patient = draw_patient(number, cohort_seed=_SEED)
        rng = np.random.default_rng([_SEED, number])
        places = places_in_lung(build_anatomy(patient), rng, number=PLACES)
        study = Study(patient, draw_examination(patient), _SCANNER)
        scene = set_scene(study, size=size)
        noise = random_stream(patient.seed, "noise", part=900)
        without.append(film_squares(scene, places, size=size, stream=noise))
        true_mm = np.float32(scene.view.stretch[1]) * scene.view.slant()
        for diameter, density in kinds:
            organs = scene.anatomy, scene.paths.solids, scene.view
            nodules = [
                round_nodule(place, diameter_mm=diameter, density=density)
                for place in places
            ]
            fillings = [part for one in nodules for part in one.fillings(*organs)]
            sick = scene._replace(paths=fill_lungs(scene.paths, fillings, true_mm))
            squares = film_squares(sick, places, size=size, stream=noise)
            found.setdefault((diameter, density), []).append(squares)
    return np.stack(without), {key: np.stack(rows) for key, rows in found.items()}


def measure(
    diameters_mm=DIAMETERS_MM, densities=DENSITIES, *, patients=PATIENTS, size=256
) -> pd.DataFrame:
    """Return one row for each observer, diameter and density.

    Returns
    -------
    pandas.DataFrame
        observer, diameter_mm, density, contrast_percent (of the middle of the
        nodule on the film, scatter included), auc, low, high (95 %), n_pairs,
        n_patients.
    """
    kinds = list(product(diameters_mm, densities))
    absent, found = image_pairs(kinds, patients=patients, size=size)
    rows, pixel_mm, side = [], FIELD_MM / size, absent.shape[-1]
    pixels_of_absent = absent.reshape(*absent.shape[:2], -1)
    for (diameter, density), present in found.items():
        middle = float((present - absent).mean((0, 1))[side // 2, side // 2])
        width = 6 + 0.6 * diameter  # the best of those tried, 0.5 to 1.5 diameters
        channels = physics.laguerre_gauss(side, pixel_mm=pixel_mm, width_mm=width)
        pixels = [present.reshape(pixels_of_absent.shape), pixels_of_absent]
        seen = [part @ channels for part in pixels]
        hotelling = physics.cross_fitted_scores(*seen, physics.hotelling_template)
        matched = physics.cross_fitted_scores(*pixels, physics.mean_difference)
        both = {"channelised Hotelling": hotelling, "matched filter": matched}
        for name, scores in both.items():
            row = {"observer": name, "diameter_mm": diameter, "density": density}
            row["contrast_percent"] = round(100 * (1 - np.exp(-middle)), 2)
            row["auc"] = physics.rank_auc(*scores)
            row["low"], row["high"] = physics.auc_interval(*scores)
            rows.append(row | {"n_pairs": scores[0].size, "n_patients": len(scores[0])})
    return pd.DataFrame(rows).round(4)


def draw_figure(table: pd.DataFrame, path: Path) -> None:
    """Save AUC against diameter, a panel an observer, a line a density."""
    observers = table.groupby("observer")
    figure = Figure(figsize=(8.4, 3.8), layout="constrained")
    panels = figure.subplots(1, len(observers), sharey=True)
    for panel, (name, part) in zip(panels, observers, strict=True):
        for number, (density, rows) in enumerate(part.groupby("density")):
            colour, style = LINES[number]
            auc, place = rows["auc"], rows["diameter_mm"] + 0.15 * (number - 1)
            label = f"{density:.0%} of the lung replaced"
            line = {"fmt": style, "color": COLOURS[colour], "label": label}
            error = [auc - rows["low"], rows["high"] - auc]
            panel.errorbar(place, auc, yerr=error, capsize=2, **line)
        panel.set(title=name, xlabel="diameter of the nodule (mm)", ylim=(0.45, 1.02))
    panels[0].set_ylabel("AUC, place known (95 % interval)")
    panels[-1].legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=130)


def main() -> None:
    """Measure, print the table and write table and figure."""
    table = measure()
    print(table.to_string(index=False))
    write_table(table, EVIDENCE / "contrast_detail.csv")
    draw_figure(table, EVIDENCE / "contrast_detail.png")


if __name__ == "__main__":
    main()
