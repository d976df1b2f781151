"""Measure once what lessons 16 and 18 quote: five seeds of each training.

    python -m tools.evidence.augmentation trainings    an hour or more
    python -m tools.evidence.augmentation scores       a minute, after the trainings
    python -m tools.evidence.augmentation real         six minutes, PneumoniaMNIST

Every training is alike: the course's network at half its width and 64 pixels, `STEPS`
updates, last weights kept, nothing selected. Only what happens to the training films
differs. All write into data/evidence; finished trainings are kept when the command is
started again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers import augmentation, cohorts, input_pipeline, networks, training
from helpers.diagnostic_metrics import area_under_roc
from helpers.files import cache_dir
from helpers.networks import keras
from helpers.resizing import shrink_images, shrink_masks
from phantoms import twin_films
from tools.evidence.pages import EVIDENCE, record_missing, run_job, write_table

tf = input_pipeline.tf

TRAININGS, SCORES = "lesson_18_trainings.csv", "lesson_18_intensity.csv"
REAL_COHORT, REAL = "pneumoniamnist", "lesson_18_pneumoniamnist.csv"
REAL_CHANGES = (
    *("none", "shift", "rotation", "exposure", "all three", "flip left-right"),
    *("all three and flip", "flip up-down"),
)
ORDERS = ("sorted, buffer of 32", "sorted, batches shuffled")
SEEDS = (16, 17, 18, 19, 20)
STEPS, BATCH, FILTERS = 400, 32, (8, 16, 32)
SIDE = 64  # rows and columns, pixels
SPECIFICITY = 0.95  # on healthy tuning films, sets the threshold
CROPPED = 0.3  # share of the film's area that a crop leaves
VISIBLE = 0.25  # part of a finding that must be left for the label to stay
COLLAPSE = (0.15, 0.60)  # share of the lung's volume, drawn evenly
DRAWN_WITH = 16  # seed of sides and sizes
KEYS = ("seed", "task", "change")
SCORED = "pneumothorax", "none"  # task and change of the networks that are scored
PLAN = (  # task and changes, the most important first
    ("consolidation", ("none", "all three", "flip left-right", "all three and flip")),
    ("consolidation", (*ORDERS, "crop, old label", "crop, label by mask")),
    ("pneumothorax", ("none", "black patch")),
    ("side of the pneumothorax", ("none", "flip left-right")),
    ("consolidation", ("flip up-down", "shift", "rotation", "exposure")),
    ("pneumothorax", ("blur", "exposure", "strong exposure")),
    ("mirrored or not", ("none", "flip left-right")),
)


class Films(NamedTuple):
    """Images (n, rows, columns), labels, splits, and masks where there are any."""

    images: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    masks: np.ndarray | None = None

    def part(self, rows: np.ndarray | str) -> Films:
        """Return some rows, or one split."""
        rows = self.split == rows if isinstance(rows, str) else rows
        return Films(*(None if one is None else one[rows] for one in self))


@functools.cache
def task(name: str) -> Films:
    """Return the films of a task."""
    if "pneumothorax" in name:
        films, side = pneumothorax_twins()
        ill = films._replace(labels=side).part(side >= 0)
        return films if name == "pneumothorax" else ill
    real = name == REAL_COHORT
    cohort = cohorts.load(name) if real else cohorts.load("chest_insilico", size=SIDE)
    split = cohort.table["split"].to_numpy(dtype=str)
    if name == "mirrored or not":
        healthy = (cohort.table[cohort.findings].sum(axis=1) == 0).to_numpy()
        images = cohort.images[healthy].copy()
        images[1::2] = images[1::2, :, ::-1]
        return Films(images, np.arange(len(images)) % 2, split[healthy])
    masks = None if real else cohort.masks[cohort.finding()]
    return Films(cohort.images, cohort.labels(), split, masks)


@functools.cache
def pneumothorax_twins() -> tuple[Films, np.ndarray]:
    """Return each patient's first film healthy and with a pneumothorax, and its side.

    Nothing else differs between the two: no other finding, no drain. Two minutes.

    Returns
    -------
    films : Films
        Healthy and ill films in turn.
    side : int array of shape (n,)
        0 right, 1 left, -1 for the healthy ones.
    """
    cohort, rng = cohorts.load("chest_insilico"), np.random.default_rng(DRAWN_WITH)
    table = cohort.table.drop_duplicates("patient_id")
    images, masks, side = [], [], []
    for study_id in table["study_id"]:
        collapse, left = rng.uniform(*COLLAPSE), int(rng.integers(2))
        where = {"side": ("right", "left")[left], "collapse": collapse}
        healthy, ill, mask = twin_films(study_id, **where)
        images += [healthy, ill]
        masks += [np.zeros_like(mask), mask]
        side += [-1, left]
    split, side = np.repeat(table["split"].to_numpy(dtype=str), 2), np.array(side)
    small = shrink_images(np.array(images), SIDE), (side >= 0).astype(int), split
    return Films(*small, shrink_masks(np.array(masks), SIDE)), side


def layers_of(name: str, seed: int) -> list[keras.layers.Layer]:
    """Return the layers that make the change of a name, in their order."""
    random = keras.layers
    shift = random.RandomTranslation(0.08, 0.08, fill_mode="nearest", seed=seed)
    rotation = random.RandomRotation(8 / 360, fill_mode="nearest", seed=seed)
    contrast, brightness = random.RandomContrast, random.RandomBrightness
    exposure = [contrast(0.2, seed=seed), brightness(20 / 255, seed=seed)]
    strong = [contrast(0.6, seed=seed), brightness(60 / 255, seed=seed)]
    flip = random.RandomFlip("horizontal", seed=seed)
    erase = random.RandomErasing(1.0, (0.02, 0.1), fill_value=0, seed=seed)
    return {
        "shift": [shift],
        "rotation": [rotation],
        "exposure": exposure,
        "strong exposure": strong,
        "all three": [shift, rotation, *exposure],
        "flip left-right": [flip],
        "all three and flip": [shift, rotation, *exposure, flip],
        "flip up-down": [random.RandomFlip("vertical", seed=seed)],
        "blur": [random.RandomGaussianBlur(1.0, 9, (0.0, 3.0), seed=seed)],
        "black patch": [erase],
    }[name]


def change_of(name: str, seed: int) -> Callable:
    """Return the change of batches (images, labels) of a name."""
    if name.startswith("crop"):
        return cropped(by_mask=name == "crop, label by mask", seed=seed)
    layers = layers_of(name, seed)

    def change(images, labels):
        images = tf.cast(images, "float32")
        for layer in layers:
            images = layer(images, training=True)
        return images, labels

    return change


def cropped(*, by_mask: bool, seed: int) -> Callable:
    """Return a map that crops and enlarges; images hold the mask as second channel.

    The label stays (`by_mask` False), or it becomes 0 where less than `VISIBLE` of the
    finding is left. Both draw the same boxes.
    """
    side, random = np.sqrt(CROPPED), keras.random.SeedGenerator(seed)

    def change(both, labels):
        both = tf.cast(both, "float32")
        count = tf.shape(both)[0]
        corner = keras.random.uniform((count, 2), 0, 1 - side, seed=random)
        boxes = tf.concat([corner, corner + side], axis=1)
        cut = tf.image.crop_and_resize(both, boxes, tf.range(count), both.shape[1:3])
        if by_mask:
            # an enlarged crop shows what it kept 1 / CROPPED times as large
            left = CROPPED * tf.reduce_sum(cut[..., 1], axis=(1, 2))
            whole = tf.maximum(tf.reduce_sum(both[..., 1], axis=(1, 2)), 1)
            seen = tf.cast(left / whole >= VISIBLE, labels.dtype)
            labels = labels * seen[:, None]
        return cut[..., :1], labels

    return change


def batches_of(some: Films, change: str, seed: int) -> tf.data.Dataset:
    """Return endless batches of films with one change, or in one order."""
    images = some.images[..., None]
    if change in ORDERS:  # films lie sorted by label, as folders named by it do
        rows = np.argsort(some.labels, kind="stable")
        labels = some.labels[rows].astype("float32")[:, None]
        data = tf.data.Dataset.from_tensor_slices((images[rows], labels))
        if change == ORDERS[0]:
            return data.shuffle(32, seed=seed).batch(BATCH, True).repeat().prefetch(2)
        batches = data.batch(BATCH, drop_remainder=True)
        return batches.shuffle(len(rows), seed=seed).repeat().prefetch(2)
    if change.startswith("crop"):
        masks = some.masks[..., None].astype("uint8")
        images = np.concatenate([images, masks], axis=-1)
    settings = {"batch_size": BATCH, "seed": seed}
    batches = input_pipeline.make_dataset(images, some.labels, **settings).repeat()
    if change == "none":
        return batches
    return batches.map(change_of(change, seed)).prefetch(2)


def train(some: Films, change: str, seed: int) -> keras.Model:
    """Return the course's network, half as wide, trained on films with one change."""
    keras.utils.clear_session()
    training.set_seed(seed)
    shape = (*some.images.shape[1:], 1)
    network = networks.small_residual_network(shape, filters=FILTERS)
    training.compile_network(network, steps=STEPS)
    batches = batches_of(some, change, seed)
    network.fit(batches, steps_per_epoch=STEPS, epochs=1, shuffle=False, verbose=0)
    return network


def aucs(network: keras.Model, all_films: Films) -> dict[str, float | int]:
    """Return the AUC and the number of films of each test that there is."""
    found: dict[str, float | int] = {}
    for name in ("internal", "external"):
        test = all_films.part(f"{name} test")
        if len(test.labels):
            scores = training.predict_scores(network, test.images)
            found[f"n_{name}"] = len(test.labels)
            found[f"auc_{name}"] = round(area_under_roc(test.labels, scores), 4)
    return found


def planned() -> list[tuple[int, str, str]]:
    """Return seed, task and change of every training, in the order of `PLAN`."""
    return [(s, name, c) for name, made in PLAN for c in made for s in SEEDS]


def measured(seed: int, name: str, change: str) -> list[dict]:
    """Train once and return the row of its AUCs; keep a network that is asked again."""
    network = train(task(name).part("train"), change, seed)
    if (name, change) == SCORED:
        network.save(kept_network(seed))
    row = {"task": name, "change": change, "seed": seed}
    return [row | aucs(network, task(name))]


def kept_network(seed: int) -> Path:
    """Return where a network whose scores will be asked for is kept meanwhile."""
    folder = cache_dir() / "networks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"lesson_18_{seed}.keras"


def flagged(network: keras.Model, test: Films, threshold: float) -> pd.DataFrame:
    """Return, for each change and strength, which films of a test are flagged."""
    rows, ill = [], test.labels == 1
    for name, (change, nothing, strengths) in augmentation.INTENSITY_CHANGES.items():
        for strength in (nothing, *strengths):
            scores = training.predict_scores(network, change(test.images, strength))
            above = scores > threshold
            counts = {"healthy": ~ill, "healthy_flagged": ~ill & above}
            counts |= {"ill": ill, "ill_flagged": ill & above}
            row = {"change": name, "strength": strength}
            rows.append(row | {key: int(some.sum()) for key, some in counts.items()})
    return pd.DataFrame(rows)


def threshold_of(network: keras.Model, tuning: Films) -> float:
    """Return the score that `SPECIFICITY` of the healthy tuning films stay below."""
    scores = training.predict_scores(network, tuning.images[tuning.labels == 0])
    return float(np.quantile(scores, SPECIFICITY))


def record_scores() -> None:
    """Write lesson_18_intensity.csv from the networks that were kept."""
    films, tables = task(SCORED[0]), []
    for seed in SEEDS:
        network = keras.saving.load_model(kept_network(seed))
        threshold = threshold_of(network, films.part("tuning"))
        table = flagged(network, films.part("internal test"), threshold)
        tables.append(table.assign(seed=seed))
    write_table(pd.concat(tables), EVIDENCE / SCORES)


if __name__ == "__main__":
    trainings = EVIDENCE / TRAININGS, KEYS, planned(), measured
    real = EVIDENCE / REAL, KEYS, product(SEEDS, [REAL_COHORT], REAL_CHANGES), measured
    jobs = {"scores": record_scores}
    jobs["trainings"] = functools.partial(record_missing, *trainings)
    jobs["real"] = functools.partial(record_missing, *real)
    run_job(jobs)
