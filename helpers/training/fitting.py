"""Compile, train, choose the best epoch, compute scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers import input_pipeline, networks
from helpers.quiet_start import quiet_start
from helpers.training.data import images_and_labels, input_shape
from helpers.training.progress import KeepBest
from helpers.training.settings import TrainingError, TrainingSettings

with quiet_start():
    import keras


EVALUATION_BATCH = 64
"""Images per batch when scores are computed; the result does not depend on it."""


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and Keras: THE seed helper of the course.

    Call it before a network is built. On one machine and with one number of threads
    the same seed then gives the same weights, digit for digit. Another machine rounds
    otherwise, and after some hundred steps its weights differ as another seed's would.

    Parameters
    ----------
    seed : int
        0 to 2**32 - 1.
    """
    keras.utils.set_random_seed(seed)


def compile_network(
    network: keras.Model, *, steps: int, settings: TrainingSettings | None = None
) -> None:
    """Give the network its loss, its optimiser and its learning rate over ``steps``.

    Parameters
    ----------
    network : keras.Model
        With one score 0..1 per image.
    steps : int
        Updates in all: steps per epoch x epochs.
    settings : TrainingSettings or None
        None: the defaults.
    """
    settings = settings or TrainingSettings()
    warm_up_steps = max(1, round(settings.warm_up * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        decay_steps=max(1, steps - warm_up_steps),
        warmup_target=settings.learning_rate,
        warmup_steps=warm_up_steps,
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=settings.label_smoothing),
        metrics=[keras.metrics.AUC(name="auc")],
        jit_compile=False,
    )


def train(
    network: keras.Model,
    train_cohort,
    tuning_cohort,
    *,
    finding: str | None = None,
    settings: TrainingSettings | None = None,
) -> pd.DataFrame:
    """Train a network and leave in it the weights of the best epoch.

    Parameters
    ----------
    network : keras.Model
        Trained in place.
    train_cohort, tuning_cohort : Cohort
        For instance ``cohort.split("train")`` and ``cohort.split("tuning")``.
    finding : str or None
        Column with the reference standard, 0 or 1. None: the cohort's first finding.
    settings : TrainingSettings or None
        None: the defaults.

    Returns
    -------
    pandas.DataFrame
        One row per epoch: epoch, loss, auc (both while training, augmented images),
        tuning_loss, tuning_auc. ``best_epoch`` finds the row that was kept.

    Raises
    ------
    TrainingError
        If a split is empty or holds one class only, labels are not 0/1, the images do
        not fit the network, or the loss is no number any more.
    """
    settings = settings or TrainingSettings()
    finding = train_cohort.finding(finding)
    shape = tuple(network.input_shape[1:])
    images, labels = images_and_labels(
        train_cohort, finding, what="training set", shape=shape
    )
    tuning = images_and_labels(tuning_cohort, finding, what="tuning set", shape=shape)
    plan = settings.plan(len(images))
    batches = input_pipeline.make_dataset(
        images,
        labels,
        batch_size=plan.batch_size,
        augment=settings.augment,
        seed=settings.seed,
    )
    compile_network(
        network, steps=plan.steps_per_epoch * plan.epochs, settings=settings
    )
    progress = KeepBest(plan.epochs)
    network.fit(
        batches.repeat(),
        steps_per_epoch=plan.steps_per_epoch,
        epochs=plan.epochs,
        validation_data=input_pipeline.make_dataset(
            *tuning, batch_size=EVALUATION_BATCH
        ),
        callbacks=[progress],
        shuffle=False,
        verbose=0,
    )
    return progress.history_table()


def train_small_network(
    cohort, *, finding: str | None = None, settings: TrainingSettings | None = None
) -> tuple[keras.Model, pd.DataFrame]:
    """Build the small residual network for a cohort and train it, in one call.

    Parameters
    ----------
    cohort : Cohort
        A whole cohort; its splits "train" and "tuning" are used and nothing else.
    finding : str or None
        None: the cohort's first finding.
    settings : TrainingSettings or None
        None: the defaults. Its seed also decides the first weights.

    Returns
    -------
    network : keras.Model
        With the weights of the best epoch.
    history : pandas.DataFrame
        As ``train`` returns it.
    """
    settings = settings or TrainingSettings()
    finding = cohort.finding(finding)
    set_seed(settings.seed)
    network = networks.small_residual_network(input_shape(cohort))
    history = train(
        network,
        cohort.split("train"),
        cohort.split("tuning"),
        finding=finding,
        settings=settings,
    )
    return network, history


def best_epoch(history: pd.DataFrame) -> int:
    """Return the epoch with the lowest tuning loss; of equal ones the first."""
    return int(history.loc[history["tuning_loss"].idxmin(), "epoch"])


def predict_scores(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return one score per image.

    Parameters
    ----------
    network : keras.Model
        With one output per image.
    images : array of shape (n, rows, columns) or (n, rows, columns, channels)
        Display values 0..255.

    Returns
    -------
    float32 array of shape (n,)
        Scores 0..1, not calibrated: 0.9 does not mean that nine of ten have it.

    Raises
    ------
    TrainingError
        If the images do not have the size the network was built for.
    """
    images = images[..., None] if images.ndim == 3 else images
    if tuple(network.input_shape[1:]) != images.shape[1:]:
        raise TrainingError(
            f"The network reads images of {network.input_shape[1:]}, these are "
            f"{images.shape[1:]}. Load the cohort at the network's size, or build and "
            "train a network for this one."
        )
    starts = range(0, len(images), EVALUATION_BATCH)
    scores = [
        keras.ops.convert_to_numpy(
            network(images[start : start + EVALUATION_BATCH], training=False)
        )
        for start in starts
    ]
    return np.concatenate([*scores, np.empty((0, 1))])[:, 0].astype("float32")
