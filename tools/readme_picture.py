"""Draw the picture of the README from the course itself.

::

    python -m tools.readme_picture

A simulated radiograph with the outline of its consolidation, the Grad-CAM of lesson
21's network over it, the scores on the internal test and their ROC curve. The patient
is not the best one: of those with a consolidation that the network flags, the one whose
score is the median.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers import checkpoints, cohorts, figures
from helpers.diagnostic_metrics import area_under_roc, roc_curve
from helpers.intervals import clustered_bootstrap
from helpers.quiet_start import quiet_start

PICTURE = Path(__file__).resolve().parents[1] / "notebooks" / "figures"
PICTURE /= "course_in_one_picture.png"
COHORT, FINDING = "chest_insilico", "consolidation"


def typical_row(test: pd.DataFrame) -> int:
    """Return the row of the flagged patient with the median score."""
    found = test[(test["reference"] == 1) & (test["score"] >= 0.5)]
    ordered = found.sort_values("score", kind="stable")
    return int(ordered.index[len(ordered) // 2])


def draw_map(ax: Axes, image: np.ndarray) -> None:
    """Draw the Grad-CAM of the committed network over its image."""
    with quiet_start():
        from helpers import saliency

        network = checkpoints.trained_network(cohorts.load(COHORT), FINDING)
        heat = saliency.enlarge(saliency.grad_cam(network, image), image.shape)
    heat = np.clip(heat / max(float(np.max(heat)), 1e-9), 0, 1)
    figures.show_image(image, ax=ax, title="Grad-CAM of the network's score")
    colours = plt.get_cmap("inferno")(heat)
    colours[..., 3] = 0.65 * heat
    ax.imshow(colours, interpolation="bilinear")


def draw_scores(ax: Axes, test: pd.DataFrame) -> None:
    """Draw how the scores of both groups are spread."""
    edges = np.linspace(0, 1, 21)
    for value, name, colour in ((0, "without", "blue"), (1, "with", "vermillion")):
        scores = test.loc[test["reference"] == value, "score"]
        ax.hist(
            scores,
            edges,
            histtype="stepfilled" if value else "step",
            color=figures.COLOURS[colour],
            alpha=0.75,
            linewidth=1.8,
            label=f"{name} consolidation ({len(scores)})",
        )
    ax.set(xlabel="score of the network", ylabel="images of the internal test")
    ax.legend(fontsize=8)


def draw_roc(ax: Axes, test: pd.DataFrame) -> None:
    """Draw the ROC curve with its area and a patient-clustered interval."""
    false_alarms, hits, _ = roc_curve(test["reference"], test["score"])
    interval = clustered_bootstrap(
        area_under_roc, test["reference"], test["score"], clusters=test["patient_id"]
    )
    area = area_under_roc(test["reference"], test["score"])
    ax.plot(false_alarms, hits, color=figures.COLOURS["vermillion"])
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle="--")
    people = test["patient_id"].nunique()
    text = f"AUC {area:.2f}\n95 % CI {interval.low:.2f} to {interval.high:.2f}"
    ax.text(0.97, 0.08, f"{text}\n{people} patients", ha="right", fontsize=9)
    ax.set(xlabel="1 - specificity", ylabel="sensitivity", aspect="equal")


def draw() -> plt.Figure:
    """Return the picture."""
    figures.use_course_style()
    scores = checkpoints.predictions(COHORT, FINDING)
    test = scores[scores["split"] == "internal test"].reset_index(drop=True)
    study = test.loc[typical_row(test), "study_id"]
    cohort = cohorts.load(COHORT)
    row = int(np.flatnonzero(cohort.table["study_id"] == study)[0])
    fig, (first, second, third, fourth) = plt.subplots(
        1, 4, figsize=(13, 3.4), layout="constrained"
    )
    image, mask = cohort.images[row], cohort.masks[FINDING][row]
    title = "a simulated patient, consolidation outlined"
    figures.show_image(image, ax=first, title=title, mask=mask)
    draw_map(second, image)
    draw_scores(third, test)
    draw_roc(fourth, test)
    return fig


def main() -> int:
    """Write the picture; return the exit status."""
    fig = draw()
    PICTURE.parent.mkdir(exist_ok=True)
    # without the version of matplotlib in the file, so that equal pictures are equal
    fig.savefig(PICTURE, dpi=110, metadata={"Software": None})
    print(f"Wrote {PICTURE.relative_to(Path(__file__).resolve().parents[1])}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
