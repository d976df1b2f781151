"""How large and how dense a nodule must be to be seen: a contrast-detail curve.

``python -m tools.evidence.contrast_detail`` images chests with and without
round nodules whose place the observer knows, and lets two linear observers tell
them apart on the detector's logarithm, before any display:

* a channelised Hotelling observer with Laguerre-Gauss channels, which takes the
  anatomical noise into account, and
* a non-prewhitening matched filter, which does not.

Both learn on one half of the patients and are tested on the other, and the reverse.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.examinations import draw_examination
from phantoms.chest.patients import draw_patient, random_stream
from phantoms.chest.projection import FIELD_MM
from phantoms.chest.tracing import optical_depth
from phantoms.findings.lung_space import places_in_lung
from phantoms.findings.nodule import round_nodule
from phantoms.physics.detector import form_image
from phantoms.physics.scanners import SCANNERS
from phantoms.study.scene import Scene, fill_lungs, set_scene, to_pixels
from phantoms.study.study import Study
from tools.evidence.pages import EVIDENCE, write_table
from tools.evidence.physics_measures import (
    auc_interval,
    hotelling_scores,
    matched_filter_scores,
    rank_auc,
)

_SCANNER = SCANNERS["Alder DR 21"]
_COLOURS = ("#0072B2", "#D55E00", "#009E73")  # Okabe and Ito: told apart by everyone


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Parameters
    ----------
    diameters_mm : tuple of float
        Reference mm.
    densities : tuple of float
        Share of the lung that a nodule replaces; 1 is solid.
    n_patients : int
        At least 4; half of them teach the observers.
    n_places : int
        Nodules of each patient, in places of their own.
    size : int
        Rows and columns of the films.
    roi_mm : float
        Side of the square that the observers see.
    seed : int
    """

    diameters_mm: tuple[float, ...] = (4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0)
    densities: tuple[float, ...] = (0.25, 0.5, 1.0)
    n_patients: int = 80
    n_places: int = 4
    size: int = 256
    roi_mm: float = 52.0
    seed: int = 20

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel."""
        return FIELD_MM / self.size

    @property
    def reach(self) -> int:
        """Pixels from the middle of a square to its border."""
        return int(self.roi_mm / 2 / self.pixel_mm)


def film_squares(
    scene: Scene, places: np.ndarray, plan: Plan, *, stream: np.random.Generator
) -> np.ndarray:
    """Return the squares (places, rows, columns) about some places of one film.

    Values are minus the logarithm of the counts, the mean of each square taken off.
    """
    through = to_pixels(np.exp(-optical_depth(scene.paths)), plan.size)
    counts = form_image(
        -np.log(through),
        pixel_mm=plan.pixel_mm,
        detector_ugy=_SCANNER.detector.target_ugy,
        detector=_SCANNER.detector,
        rng=stream,
    )
    log = -np.log(counts)
    row, column = scene.view.points(places)
    share = plan.size / len(scene.view.x)
    middle = np.round((np.stack([row, column]) + 0.5) * share - 0.5).astype(int)
    reach = plan.reach
    # a place at the border of the film is moved inwards with its square
    middle = middle.clip(reach, plan.size - reach - 1)
    squares = np.stack(
        [log[i - reach : i + reach + 1, j - reach : j + reach + 1] for i, j in middle.T]
    )
    return squares - squares.mean(axis=(1, 2), keepdims=True)


def image_pairs(plan: Plan) -> tuple[np.ndarray, dict[tuple[float, float], np.ndarray]]:
    """Return squares without a nodule, and with one of each size and density.

    Returns
    -------
    float array of shape (patients, places, rows, columns)
    dict of (diameter, density) to float array of that shape
        Films have quantum noise of their own.
    """
    without, found = [], {}
    for number in range(1, plan.n_patients + 1):
        patient = draw_patient(number, cohort_seed=plan.seed)
        anatomy = build_anatomy(patient)
        rng = np.random.default_rng([plan.seed, number])
        places = places_in_lung(anatomy, rng, number=plan.n_places)
        study = Study(patient, draw_examination(patient), _SCANNER)
        scene = set_scene(study, size=plan.size)
        noise = random_stream(patient.seed, "noise", part=900)
        without.append(film_squares(scene, places, plan, stream=noise))
        for diameter in plan.diameters_mm:
            for density in plan.densities:
                sick = _with_nodules(
                    scene, places, diameter_mm=diameter, density=density
                )
                squares = film_squares(sick, places, plan, stream=noise)
                found.setdefault((diameter, density), []).append(squares)
    return np.stack(without), {key: np.stack(rows) for key, rows in found.items()}


def _with_nodules(
    scene: Scene, places: np.ndarray, *, diameter_mm: float, density: float
) -> Scene:
    """Return the scene with a round nodule in each place."""
    true_mm = np.float32(scene.view.stretch[1]) * scene.view.slant()
    fillings = []
    for place in places:
        nodule = round_nodule(place, diameter_mm=diameter_mm, density=density)
        fillings += nodule.fillings(scene.anatomy, scene.paths.solids, scene.view)
    return scene._replace(paths=fill_lungs(scene.paths, fillings, true_mm))


def measure(plan: Plan) -> pd.DataFrame:
    """Return one row for each observer, diameter and density.

    Returns
    -------
    pandas.DataFrame
        observer, diameter_mm, density, contrast_percent (of the middle of the
        nodule on the film, scatter included), auc, low, high (95 %), n_pairs,
        n_patients.
    """
    absent, found = image_pairs(plan)
    rows = []
    for (diameter, density), present in found.items():
        middle = (present - absent).mean((0, 1))[plan.reach, plan.reach]
        width = 6 + 0.6 * diameter  # the best of those tried, 0.5 to 1.5 diameters
        both = {
            "channelised Hotelling": hotelling_scores(
                present, absent, pixel_mm=plan.pixel_mm, width_mm=width
            ),
            "matched filter": matched_filter_scores(present, absent),
        }
        for name, (with_it, without) in both.items():
            low, high = auc_interval(with_it, without)
            rows.append({
                "observer": name, "diameter_mm": diameter, "density": density,
                "contrast_percent": round(100 * (1 - np.exp(-float(middle))), 2),
                "auc": round(rank_auc(with_it, without), 4),
                "low": round(low, 4), "high": round(high, 4),
                "n_pairs": with_it.size, "n_patients": len(with_it),
            })  # fmt: skip
    return pd.DataFrame(rows)


def draw_figure(table: pd.DataFrame, path: Path) -> None:
    """Save AUC against diameter, a panel an observer, a line a density."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    names = list(table["observer"].unique())
    figure, panels = plt.subplots(
        1, len(names), figsize=(8.4, 3.8), sharey=True, layout="constrained"
    )
    for panel, name in zip(np.atleast_1d(panels), names, strict=True):
        part = table[table["observer"] == name]
        for number, (density, rows) in enumerate(part.groupby("density")):
            auc = rows["auc"]
            panel.errorbar(
                rows["diameter_mm"] + 0.15 * (number - 1),
                auc,
                yerr=[auc - rows["low"], rows["high"] - auc],
                color=_COLOURS[number],
                marker="os^"[number],
                linestyle=("-", "--", ":")[number],
                capsize=2,
                label=f"{density:.0%} of the lung replaced",
            )
        panel.axhline(0.5, color="0.6", linewidth=0.8)
        panel.set(title=name, xlabel="diameter of the nodule (mm)", ylim=(0.45, 1.02))
        panel.grid(alpha=0.3)
    np.atleast_1d(panels)[0].set_ylabel("AUC, place known (95 % interval)")
    np.atleast_1d(panels)[-1].legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def main() -> None:
    """Measure, print the table and write table and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=Plan().n_patients)
    parser.add_argument("--folder", type=Path, default=EVIDENCE)
    chosen = parser.parse_args()
    table = measure(replace(Plan(), n_patients=chosen.patients))
    print(table.to_string(index=False))
    write_table(table, chosen.folder / "contrast_detail.csv")
    draw_figure(table, chosen.folder / "contrast_detail.png")


if __name__ == "__main__":
    main()
