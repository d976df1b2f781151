"""Measure once what lesson 16 quotes and does not compute again: five seeds of each.

::

    python -m tools.evidence.augmentation trainings    about 40 minutes
    python -m tools.evidence.augmentation scores       a minute, after the trainings
    python -m tools.evidence.augmentation real         six minutes, PneumoniaMNIST

Every training is alike: the course's network at half its width and 64 pixels, `STEPS`
updates, last weights kept, nothing selected. Only what happens to the training films
differs. All write into data/evidence; finished trainings are kept when the command is
started again.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import augmentation, input_pipeline, networks, training
from helpers.diagnostic_metrics import area_under_roc
from helpers.files import cache_dir, written_whole
from helpers.networks import keras
from helpers.quiet_start import quiet_start
from tools.evidence.augmenting import changes, films
from tools.evidence.augmenting.films import Films

with quiet_start():
    import tensorflow as tf

DATA = Path(__file__).resolve().parents[2] / "data"
TRAININGS, SCORES = "lesson_16_trainings.csv", "lesson_16_intensity.csv"
REAL_COHORT, REAL = "pneumoniamnist", "lesson_16_pneumoniamnist.csv"
REAL_CHANGES = (
    "none", "shift", "rotation", "exposure", "all three", "flip left-right",
    "all three and flip", "flip up-down",
)  # fmt: skip
ORDERS = ("sorted, buffer of 32", "sorted, batches shuffled")
SEEDS = (16, 17, 18, 19, 20)
STEPS, BATCH, FILTERS = 400, 32, (8, 16, 32)
SPECIFICITY = 0.95  # on healthy tuning films, sets the threshold
TESTS = {"internal": "internal test", "external": "external test"}
SCORED = {"pneumothorax": "none", "consolidation": "all three"}

PLAN = (  # task and changes, the most important first
    (
        "consolidation",
        ("none", "all three", "flip left-right", "all three and flip", *ORDERS),
    ),
    ("consolidation", ("crop, old label", "crop, label by mask")),
    ("pneumothorax", ("none", "black patch")),
    ("side of the pneumothorax", ("none", "flip left-right")),
    ("consolidation", ("flip up-down", "shift", "rotation", "exposure")),
    ("pneumothorax", ("blur", "exposure", "strong exposure")),
    ("mirrored or not", ("none", "flip left-right")),
)


@functools.cache
def task(name: str) -> Films:
    """Return the films of a task."""
    if name == "consolidation":
        return films.of_cohort("chest_insilico", size=films.SIDE)
    if name == REAL_COHORT:
        return films.of_cohort(REAL_COHORT)
    if name == "mirrored or not":
        return films.half_mirrored()
    twins, side = films.pneumothorax_twins()
    if name == "pneumothorax":
        return twins
    with_side = Films(twins.images, side, twins.split)
    return with_side.part(side >= 0)


def train(films_to_learn: Films, change: str, seed: int) -> keras.Model:
    """Return a network trained on films with one change."""
    network = untrained(seed, (*films_to_learn.images.shape[1:], 1))
    batches = batches_of(films_to_learn, change, seed)
    network.fit(batches, steps_per_epoch=STEPS, epochs=1, shuffle=False, verbose=0)
    return network


def untrained(seed: int, shape: tuple[int, int, int]) -> keras.Model:
    """Return the one network of this process with the first weights of a seed.

    It is built and compiled once: its first weights and its optimiser's memory are put
    back instead, which saves half of the time of so short a training.
    """
    training.set_seed(seed)
    fresh = networks.small_residual_network(shape, filters=FILTERS)
    network = compiled_once(shape)
    network.set_weights(fresh.get_weights())
    for variable in network.optimizer.variables:
        variable.assign(np.zeros(variable.shape))
    return network


@functools.cache
def compiled_once(shape: tuple[int, int, int]) -> keras.Model:
    """Return a compiled network whose optimiser is ready."""
    network = networks.small_residual_network(shape, filters=FILTERS)
    training.compile_network(network, steps=STEPS)
    network.optimizer.build(network.trainable_variables)
    return network


def batches_of(some: Films, change: str, seed: int) -> tf.data.Dataset:
    """Return endless batches of films with one change, or in one order."""
    if change in ORDERS:
        return badly_shuffled(some, change, seed)
    images = some.images[..., None]
    if change.startswith("crop"):
        masks = some.masks[..., None].astype("uint8")
        images = np.concatenate([images, masks], axis=-1)
    batches = input_pipeline.make_dataset(
        images, some.labels, batch_size=BATCH, seed=seed
    ).repeat()
    applied = changes.of_name(change, seed)
    return batches if applied is None else batches.map(applied).prefetch(2)


def badly_shuffled(some: Films, order: str, seed: int) -> tf.data.Dataset:
    """Return batches of films that lie sorted by label, as folders named by it do."""
    rows = np.argsort(some.labels, kind="stable")
    labels = some.labels[rows].astype("float32")[:, None]
    data = tf.data.Dataset.from_tensor_slices((some.images[rows][..., None], labels))
    if order == ORDERS[0]:
        return data.shuffle(32, seed=seed).batch(BATCH, True).repeat().prefetch(2)
    batches = data.batch(BATCH, drop_remainder=True)
    return batches.shuffle(len(rows), seed=seed).repeat().prefetch(2)


def aucs(network: keras.Model, all_films: Films) -> dict[str, float | int]:
    """Return the AUC and the number of films of each test that there is."""
    found: dict[str, float | int] = {}
    for short, split in TESTS.items():
        test = all_films.part(split)
        if not len(test.labels):
            continue
        scores = training.predict_scores(network, test.images)
        found[f"n_{short}"] = len(test.labels)
        found[f"auc_{short}"] = round(area_under_roc(test.labels, scores), 4)
    return found


def planned() -> Iterator[tuple[int, str, str]]:
    """Yield seed, task and change in the order of `PLAN`."""
    for name, made in PLAN:
        for change in made:
            for seed in SEEDS:
                yield seed, name, change


def trainings(most: int) -> None:
    """Write data/evidence/lesson_16_trainings.csv, anew after each training."""
    record(planned(), TRAININGS, most)


def real(most: int) -> None:
    """Write data/evidence/lesson_16_pneumoniamnist.csv, the same on real patients."""
    record(product(SEEDS, (REAL_COHORT,), REAL_CHANGES), REAL, most)


def record(plan: Iterable[tuple[int, str, str]], file_name: str, most: int) -> None:
    """Train what is planned and not yet recorded, and record it."""
    path = DATA / "evidence" / file_name
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    done = {(row["seed"], row["task"], row["change"]) for row in rows}
    wanted = [one for one in plan if one not in done]
    for seed, name, change in wanted[:most]:
        network = train(task(name).part("train"), change, seed)
        if SCORED.get(name) == change:
            network.save(kept_network(name, seed))
        row = {"task": name, "change": change, "seed": seed}
        rows.append(row | aucs(network, task(name)))
        with written_whole(path) as part:
            pd.DataFrame(rows).to_csv(part, index=False, lineterminator="\n")
        print(rows[-1], flush=True)


def kept_network(name: str, seed: int) -> Path:
    """Return where a network whose scores will be asked for is kept meanwhile."""
    folder = cache_dir() / "networks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"lesson_16_{name}_{seed}.keras"


def flagged(network: keras.Model, test: Films, threshold: float) -> pd.DataFrame:
    """Return, for each change and strength, which films of a test are flagged."""
    rows = []
    for name, (change, nothing, strengths) in augmentation.INTENSITY_CHANGES.items():
        for strength in (nothing, *strengths):
            scores = training.predict_scores(network, change(test.images, strength))
            above = scores > threshold
            rows.append(
                {
                    "change": name,
                    "strength": strength,
                    "healthy": int((test.labels == 0).sum()),
                    "healthy_flagged": int(above[test.labels == 0].sum()),
                    "ill": int((test.labels == 1).sum()),
                    "ill_flagged": int(above[test.labels == 1].sum()),
                }
            )
    return pd.DataFrame(rows)


def threshold_of(network: keras.Model, tuning: Films) -> float:
    """Return the score that `SPECIFICITY` of the healthy tuning films stay below."""
    scores = training.predict_scores(network, tuning.images[tuning.labels == 0])
    return float(np.quantile(scores, SPECIFICITY))


def scores(_: int) -> None:
    """Write data/evidence/lesson_16_intensity.csv from the networks that were kept."""
    tables = []
    for name in SCORED:
        all_films = task(name)
        for seed in SEEDS:
            network = keras.saving.load_model(kept_network(name, seed))
            threshold = threshold_of(network, all_films.part("tuning"))
            table = flagged(network, all_films.part("internal test"), threshold)
            tables.append(table.assign(task=name, seed=seed))
            print(name, seed, f"threshold {threshold:.3f}", flush=True)
    with written_whole(DATA / "evidence" / SCORES) as part:
        pd.concat(tables).to_csv(part, index=False, lineterminator="\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.evidence.augmentation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = {"trainings": trainings, "scores": scores, "real": real}
    parser.add_argument("what", choices=steps)
    parser.add_argument("--most", type=int, default=1000, help="trainings this time")
    options = parser.parse_args(arguments)
    steps[options.what](options.most)
    return 0


if __name__ == "__main__":
    sys.exit(main())
