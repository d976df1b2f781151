"""Measure once with two networks what lesson 15 measures with a quick learner.

    python -m tools.evidence.leakage        about ten minutes

For each seed one exam, drawn image by image, and two trainings for it: with and without
the patients of the exam (`helpers.patient_splits.exam_and_training`). Each network has
an output for each finding of the default cohort and for each of two coins
(`with_coins` of the same module). Fixed number of epochs, last weights kept, nothing
selected. The AUCs go into data/evidence/lesson_15_network.csv; what is there already is
kept, so delete the file to measure anew.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from helpers import cohorts, networks, training
from helpers.diagnostic_metrics import area_under_roc
from helpers.networks import keras
from helpers.patient_splits import exam_and_training, with_coins
from tools.evidence.pages import EVIDENCE, record_missing

layers = keras.layers

PATH = EVIDENCE / "lesson_15_network.csv"
COHORT, SIDE, FILTERS = "chest_insilico", 64, (8, 16, 32)  # half the course's width
SEEDS = (15, 16, 17, 18, 19)
EPOCHS, BATCH = 30, 32


def residual(outputs: int, *, side: int) -> keras.Model:
    """Return the course's network at half its width, which averages over places."""
    single = networks.small_residual_network((side, side, 1), filters=FILTERS)
    features = single.get_layer("logit").input
    scores = layers.Dense(outputs, activation="sigmoid")(features)
    return keras.Model(single.input, scores)


def dense(outputs: int, *, side: int) -> keras.Model:
    """Return two convolutions and a dense layer that keeps every place apart."""
    network = keras.Sequential([keras.Input((side, side, 1))])
    network.add(layers.Rescaling(1 / 127.5, offset=-1))
    network.add(layers.AveragePooling2D(side // 32))
    for filters in (16, 32):
        network.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        network.add(layers.MaxPooling2D(2))
    network.add(layers.Flatten())
    network.add(layers.Dense(32, activation="relu"))
    network.add(layers.Dense(outputs, activation="sigmoid"))
    return network


NETWORKS = {"residual": residual, "dense": dense}


def scores_of(
    images: np.ndarray, labels: np.ndarray, *, learn: np.ndarray, name: str, seed: int
) -> np.ndarray:
    """Return the scores of all images after a network has learnt from some rows.

    A last batch that is not full is left out of the learning.
    """
    learn = learn[: len(learn) // BATCH * BATCH]
    keras.utils.clear_session()
    training.set_seed(seed)
    network = NETWORKS[name](labels.shape[1], side=images.shape[1])
    network.compile("adam", "binary_crossentropy", jit_compile=False)
    learning = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0}
    network.fit(images[learn], labels[learn], **learning)
    return network.predict(images, batch_size=250, verbose=0)


def measured(cohort: cohorts.Cohort, seed: int, name: str) -> list[dict]:
    """Return, for each label, the AUC of both trainings on one exam."""
    findings = cohort.table[cohort.findings]
    table = with_coins(findings, cohort.table["patient_id"], seed=seed)
    labels, images = table.to_numpy("float32"), cohort.images[..., None]
    rows = exam_and_training(cohort.table["patient_id"], seed=seed)
    result = [{"network": name, "seed": seed, "label": label} for label in table]
    for kind in ("image_level", "patient_level"):
        learn = getattr(rows, kind)
        scores = scores_of(images, labels, learn=learn, name=name, seed=seed)
        for number, row in enumerate(result):
            for prefix, exam in (("", rows.exam), ("met_", rows.exam[rows.met])):
                truth, score = labels[exam, number].astype(int), scores[exam, number]
                row[prefix + kind] = round(area_under_roc(truth, score), 4)
    sizes = {"n_learn": len(rows.patient_level), "n_exam": len(rows.exam)}
    sizes["n_met"] = int(rows.met.sum())
    return [row | sizes for row in result]


def main() -> None:
    """Measure every seed with both networks and write the table after each."""
    cohort = cohorts.load(COHORT, size=SIDE)
    plan, keys = itertools.product(SEEDS, NETWORKS), ("seed", "network")
    record_missing(PATH, keys, plan, functools.partial(measured, cohort))


if __name__ == "__main__":
    main()
