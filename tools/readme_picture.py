"""Draw the picture of the README from the course itself.

::

    python -m tools.readme_picture

A simulated radiograph with the outline of its consolidation, the Grad-CAM of lesson
21's network over it, the scores on the internal test and their ROC curve. The patient
is not the best one: of those with a consolidation that the network flags, the one whose
score is the median.
"""

from __future__ import annotations

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers import checkpoints, cohorts, figures, saliency
from helpers.diagnostic_metrics import area_under_roc, roc_curve
from helpers.files import written_whole
from helpers.intervals import clustered_bootstrap
from tools.size import ROOT

PICTURE = ROOT / "notebooks" / "figures" / "course_in_one_picture.png"
COHORT, FINDING = "chest_insilico", "consolidation"


def typical_row(test: pd.DataFrame) -> int:
    """Return the row of the flagged patient with the median score."""
    found = test[(test["reference"] == 1) & (test["score"] >= 0.5)]
    ordered = found.sort_values("score", kind="stable")
    return int(ordered.index[len(ordered) // 2])


def draw_scores(ax: Axes, test: pd.DataFrame) -> None:
    """Draw how the scores of both groups are spread."""
    for value, name, colour in ((0, "without", "blue"), (1, "with", "vermillion")):
        scores = test.loc[test["reference"] == value, "score"]
        ax.hist(
            scores,
            np.linspace(0, 1, 21),
            histtype="stepfilled" if value else "step",
            color=figures.COLOURS[colour],
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


def main() -> None:
    """Write the picture."""
    figures.use_course_style()
    scores = checkpoints.predictions(COHORT, FINDING)
    test = scores[scores["split"] == "internal test"].reset_index(drop=True)
    study = test.loc[typical_row(test), "study_id"]
    cohort = cohorts.load(COHORT)
    row = int(np.flatnonzero(cohort.table["study_id"] == study)[0])
    image, mask = cohort.images[row], cohort.masks[FINDING][row]
    network = checkpoints.trained_network(cohort, FINDING)
    heat = saliency.enlarge(saliency.grad_cam(network, image), image.shape)
    fig, axes = plt.subplots(1, 4, figsize=(13.5, 3.2), layout="constrained")
    first, second, third, fourth = axes
    title = "simulated, consolidation outlined"
    figures.show_image(image, ax=first, title=title, mask=mask)
    saliency.show_overlay(image, heat, ax=second)
    second.set_title("Grad-CAM of the network's score")
    draw_scores(third, test)
    draw_roc(fourth, test)
    # without the version of matplotlib in the file, so that equal pictures are equal
    with written_whole(PICTURE) as part:
        fig.savefig(part, dpi=110, metadata={"Software": None})
    print(f"Wrote {PICTURE.name}.")


if __name__ == "__main__":
    main()
