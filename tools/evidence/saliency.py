"""Measure once what lesson 40 quotes and does not compute again.

    python -m tools.evidence.saliency five-trainings    about 6 minutes
    python -m tools.evidence.saliency pneumoniamnist    real patients, about a minute

The first trains lesson 21's network with five seeds on the default cohort and counts
hits for each. The second explains the network of another cohort, whose films must lie
in COURSE_DATA_DIR. Both write into data/evidence, with the settings of the lesson.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd

from helpers import checkpoints, cohorts, saliency, training
from tools.evidence.pages import EVIDENCE, write_table

SEEDS = (7, 8, 9, 10, 11)
SPECIFICITY, STEPS, MOST_FILMS = 0.90, 64, 60
EDGE = 0.1  # outer part of rows and columns that counts as the edge of the film


def explained(network, cohort, finding: str) -> tuple[float, np.ndarray, np.ndarray]:
    """Return threshold, scores of the internal test, and the films to explain.

    The films: finding present, flagged, mask known where there are masks, the first of
    each patient, at most `MOST_FILMS`.
    """
    test, tuning = cohort.split("internal test"), cohort.split("tuning")
    healthy = tuning.labels(finding) == 0
    tuning_scores = training.predict_scores(network, tuning.images)
    threshold = float(np.quantile(tuning_scores[healthy], SPECIFICITY))
    scores = training.predict_scores(network, test.images)
    wanted = (test.labels(finding) == 1) & (scores > threshold)
    if not cohort.lacks("masks"):
        wanted &= test.masks[finding].any(axis=(1, 2))
    films = np.flatnonzero(wanted)
    first = ~test.table["patient_id"].iloc[films].duplicated().to_numpy()
    return threshold, scores, films[first][:MOST_FILMS]


def maps_of(network, images: np.ndarray, baseline: np.ndarray) -> dict:
    """Return the maps of grey films, each (n, rows, columns)."""
    cells = saliency.grad_cam(network, images)
    path = {"baseline": baseline, "steps": STEPS}
    return {
        "gradient (size)": np.abs(saliency.gradient(network, images)),
        "integrated gradients": saliency.integrated_gradients(network, images, **path),
        "Grad-CAM": saliency.enlarge(cells, images.shape[1:3]),
    }


def healthy_mean(cohort, finding: str) -> np.ndarray:
    """Return the mean of the training films without the finding."""
    train = cohort.split("train")
    return train.images[train.labels(finding) == 0].mean(axis=0)


def counts_of(network, cohort, finding: str) -> pd.DataFrame:
    """Return hits for each map and rival, and films still flagged when covered."""
    threshold, _, chosen = explained(network, cohort, finding)
    films = cohort.split("internal test").select(chosen)
    masks, baseline = films.masks[finding], healthy_mean(cohort, finding)
    maps = maps_of(network, films.images, baseline)
    average = saliency.mean_mask(cohort.split("train").masks[finding])
    maps["mean training mask"] = np.broadcast_to(average, masks.shape)
    maps["film minus healthy mean"] = films.images - baseline
    rows = []
    for name, some in maps.items():
        rate = saliency.hit_rate(some, masks)
        rows.append((f"hit: {name}", rate.hits, rate.total))
    mirrored = masks[:, :, ::-1]
    apart = ~(masks & mirrored).any(axis=(1, 2))
    patches = {"the finding": masks, "its mirror image": mirrored}
    for name, patch in patches.items():
        images = saliency.cover(films.images, patch, fill=baseline)[apart]
        flagged = training.predict_scores(network, images) > threshold
        rows.append((f"flagged, covered: {name}", flagged.sum(), len(flagged)))
    return pd.DataFrame(rows, columns=["measure", "count", "films"])


def five_trainings() -> None:
    """Write data/evidence/lesson_40_five_trainings.csv, anew after each training."""
    cohort = cohorts.load("chest_insilico")
    finding, path = cohort.finding(), EVIDENCE / "lesson_40_five_trainings.csv"
    tables = []
    for seed in SEEDS:
        chosen = {"finding": finding, "settings": training.TrainingSettings(seed=seed)}
        network, _ = training.train_small_network(cohort, **chosen)
        tables.append(counts_of(network, cohort, finding).assign(seed=seed))
        write_table(pd.concat(tables)[["seed", "measure", "count", "films"]], path)


def real_patients(name: str) -> None:
    """Write data/evidence/lesson_40_<cohort>.json."""
    cohort = cohorts.load(name)
    finding = cohort.finding()
    network = checkpoints.trained_network(cohort, finding)
    threshold, scores, films = explained(network, cohort, finding)
    test, baseline = cohort.split("internal test"), healthy_mean(cohort, finding)
    present, images = test.labels(finding) == 1, test.images[films]
    scorer = saliency.logit_model(network)

    def logits(stack: np.ndarray) -> np.ndarray:
        shape = (-1, *scorer.input_shape[1:])
        return scorer.predict(np.reshape(stack, shape), verbose=0)[:, 0]

    maps, nothing = maps_of(network, images, baseline), logits(baseline)[0]
    rises = logits(images) - nothing
    gaps = completeness_gaps(maps["integrated gradients"], rises)
    flagged = scores > threshold
    record = {
        "cohort": cohort.name,
        "finding": finding,
        "films_in_test": len(test),
        "with_finding": int(present.sum()),
        "flagged_with_finding": int((present & flagged).sum()),
        "flagged_without_finding": int((~present & flagged).sum()),
        "explained": len(films),
        "steps": STEPS,
        "complete_to_1_percent": int((gaps <= 0.01).sum()),
        "logit_of_black": round(float(logits(np.zeros_like(baseline))[0]), 1),
        "logit_of_healthy_mean": round(float(nothing), 1),
        "grad_cam_maximum_at_edge": int(at_edge(maps["Grad-CAM"]).sum()),
    }
    path = EVIDENCE / f"lesson_40_{cohort.name}.json"
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))


def completeness_gaps(attributions: np.ndarray, rises: np.ndarray) -> np.ndarray:
    """Return the completeness gap of each film, as a share of its rise."""
    sums = attributions.reshape(len(attributions), -1).sum(axis=1, dtype="float64")
    return np.abs(sums - rises) / np.abs(rises)


def at_edge(maps: np.ndarray) -> np.ndarray:
    """Return for each map whether its maximum lies in the outer tenth of the film."""
    side = np.array(maps.shape[1:])
    flat = maps.reshape(len(maps), -1).argmax(axis=1)
    place = np.stack(np.unravel_index(flat, maps.shape[1:]), axis=1)
    edge = np.round(EDGE * side)
    return ((place < edge) | (place >= side - edge)).any(axis=1)


if __name__ == "__main__":
    (what,) = sys.argv[1:]
    five_trainings() if what == "five-trainings" else real_patients(what)
