"""Training of one network for one finding: settings, progress, the best epoch kept.

The recipe: AdamW with a short warm-up and a cosine decay, label smoothing, a shift and
contrast augmentation, and at the end the weights of the epoch with the lowest loss on
the *tuning set* (Keras calls that set ``validation_data``). No test set is used here.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from helpers import input_pipeline, networks
from helpers.quiet_start import quiet_start

with quiet_start():
    import keras

if TYPE_CHECKING:
    from helpers.cohorts import Cohort

MAXIMUM_EPOCHS = 60
"""With few images: more passes than this only teach the images by heart."""

LOOKS_AT_LEAST = 8
"""A very large cohort is cut into this many stretches, not whole passes."""

EVALUATION_BATCH = 64
"""Images per batch when scores are computed; the result does not depend on it."""

BAR = "{desc} |{bar:20}| step {n_fmt}/{total_fmt}, {elapsed}<{remaining}{postfix}"


class TrainingError(ValueError):
    """A cohort or setting that cannot be trained with; the message says what to do."""


class TrainingPlan(NamedTuple):
    """What settings come to for a cohort of a given size."""

    batch_size: int
    steps_per_epoch: int
    epochs: int


@dataclass(frozen=True)
class TrainingSettings:
    """What a training depends on, besides the network and the images.

    Parameters
    ----------
    epochs : int or None
        Passes through the training set. None: as many as fit into ``steps``.
    steps : int
        Updates of the weights in all, when ``epochs`` is None. A small cohort so gets
        more epochs than a large one, and both take about the same time.
    batch_size : int or None
        Images per update. None: 64, or less for fewer than 2,048 training images.
    learning_rate : float
        Its highest value, reached at the end of the warm-up.
    weight_decay : float
        AdamW's pull of the weights towards zero, per step and learning rate.
    label_smoothing : float
        0.05 asks for scores of 0.025 and 0.975 instead of 0 and 1.
    warm_up : float
        Part of the steps, 0..1, in which the learning rate rises from 0.
    augment : bool
        Shift and contrast changes (see ``helpers.input_pipeline``).
    seed : int
        Of the order of the images and of their augmentation. The first weights follow
        ``set_seed``, called before the network is built.

    Examples
    --------
    >>> TrainingSettings().plan(4708)
    TrainingPlan(batch_size=64, steps_per_epoch=73, epochs=11)
    """

    epochs: int | None = None
    steps: int = 800
    batch_size: int | None = None
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    label_smoothing: float = 0.05
    warm_up: float = 0.1
    augment: bool = True
    seed: int = 7

    def as_dict(self) -> dict:
        """Return the settings as plain values, to be written beside a checkpoint."""
        return asdict(self)

    def plan(self, n_images: int) -> TrainingPlan:
        """Return batch size, steps per epoch and epochs for ``n_images`` images."""
        if n_images < 2 or self.steps < 1:
            found = f"{n_images} training images and {self.steps} steps"
            raise TrainingError(f"There are {found}; expected at least 2 and 1.")
        batch_size = min(self.batch_size or _batch_size_for(n_images), n_images)
        steps_per_epoch = n_images // batch_size
        if self.epochs is not None:
            return TrainingPlan(batch_size, steps_per_epoch, self.epochs)
        # a very large cohort: look at the tuning set more often than once per pass
        steps_per_epoch = min(steps_per_epoch, max(1, self.steps // LOOKS_AT_LEAST))
        epochs = min(round(self.steps / steps_per_epoch), MAXIMUM_EPOCHS)
        return TrainingPlan(batch_size, steps_per_epoch, epochs)


def _batch_size_for(n_images: int) -> int:
    """Return the power of two, 4 to 64, that gives 32 steps an epoch or a few more."""
    return int(np.clip(2 ** int(np.log2(max(n_images / 32, 4))), 4, 64))


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and Keras: THE seed helper of the course.

    Call it before a network is built. On one machine and with one number of threads
    the same seed then gives the same weights, digit for digit. Another machine rounds
    otherwise, and after some hundred steps its weights differ as another seed's would.

    Parameters
    ----------
    seed : int
        0 to 2**32 - 1.

    Examples
    --------
    >>> set_seed(7)
    >>> first = np.random.random()
    >>> set_seed(7)
    >>> bool(np.random.random() == first)
    True
    """
    keras.utils.set_random_seed(seed)


def input_shape(cohort: Cohort) -> tuple[int, int, int]:
    """Return (rows, columns, channels) of the images of a cohort.

    Raises
    ------
    TrainingError
        If the images are volumes or have neither 1 nor 3 channels.
    """
    shape = tuple(cohort.images.shape)
    if len(shape) == 3:
        return (*shape[1:], 1)
    if len(shape) == 4 and shape[-1] in (1, 3):
        return shape[1:]
    raise TrainingError(
        f"The images of {cohort.name!r} have the shape {shape}; the network reads "
        "(n, rows, columns) or (n, rows, columns, 3). Of volumes take one slice each."
    )


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


class KeepBest(keras.callbacks.Callback):
    """Show the progress of a training, keep the best epoch, stop at a loss of NaN.

    Put ``fit`` into its ``with`` block. A training that is stopped then closes its bar,
    gets the best weights so far and keeps its history, as one does that ends.

    Attributes
    ----------
    finished : bool
        False until the last epoch has ended: do not save such a network as trained.

    Examples
    --------
    >>> with KeepBest() as progress:  # doctest: +SKIP
    ...     network.fit(batches, validation_data=tuning_batches, callbacks=[progress])
    """

    def __init__(self):
        super().__init__()
        self.rows, self.lowest, self.weights = [], np.inf, None
        self.finished, self.bar = False, tqdm(disable=True)

    def __enter__(self):
        """Begin a training that will be tidied up in any case."""
        return self

    def __exit__(self, *stopped):
        """Close the bar and put the best weights back."""
        self.bar.close()
        if self.weights is not None:
            self.model.set_weights(self.weights)

    def on_train_begin(self, logs=None):
        """Open the bar; refuse a network whose learning rate has run out."""
        if int(self.model.optimizer.iterations):
            raise TrainingError(
                "This network was trained already, and its learning rate has sunk to "
                "zero. A new training needs a new network: build, compile, then fit."
            )
        # no bar where COURSE_QUIET is set; stdout, as notebooks show stderr in red
        quiet = bool(os.environ.get("COURSE_QUIET"))
        look = {"bar_format": BAR, "desc": "compiling", "file": sys.stdout}
        look["mininterval"] = 1  # seconds; a saved notebook keeps every redrawing
        steps = self.params["epochs"] * self.params["steps"]
        self.bar = tqdm(total=steps, disable=quiet, **look)

    def on_train_batch_end(self, batch, logs=None):
        """Count the step; stop when the loss is no number."""
        epoch = len(self.rows) + 1
        if not np.isfinite(logs["loss"]):
            raise TrainingError(
                f"The loss became {logs['loss']} in epoch {epoch}, step {batch + 1}: "
                "the updates were too large. Lower learning_rate."
            )
        if batch == 0:
            text = f"epoch {epoch}/{self.params['epochs']}"
            self.bar.set_description_str(text, refresh=False)
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        """Note the losses and keep the weights if the tuning loss is the lowest."""
        row = {"epoch": epoch + 1, "loss": logs["loss"], "auc": logs["auc"]}
        row |= {"tuning_loss": logs["val_loss"], "tuning_auc": logs["val_auc"]}
        self.rows.append(row)
        if row["tuning_loss"] < self.lowest:
            self.lowest, self.weights = row["tuning_loss"], self.model.get_weights()
        text = f"loss {row['loss']:.3f}, tuning loss {row['tuning_loss']:.3f}, "
        text += f"tuning AUC {row['tuning_auc']:.3f}"
        self.bar.set_postfix_str(text, refresh=False)

    def on_train_end(self, logs=None):
        """Note that the training came to its end."""
        self.finished = True
        self.__exit__()

    def history_table(self) -> pd.DataFrame:
        """Return one row per epoch that has ended.

        Raises
        ------
        TrainingError
            If none has.
        """
        if not self.rows:
            raise TrainingError("No epoch has ended. Run the training again.")
        return pd.DataFrame(self.rows)


def train(
    network: keras.Model,
    train_cohort: Cohort,
    tuning_cohort: Cohort,
    *,
    finding: str,
    settings: TrainingSettings,
) -> pd.DataFrame:
    """Train a network and leave in it the weights of the best epoch.

    A training that is interrupted leaves the best weights so far, and raises.

    Parameters
    ----------
    network : keras.Model
        Trained in place.
    train_cohort, tuning_cohort : Cohort
        For instance ``cohort.split("train")`` and ``cohort.split("tuning")``.
    finding : str
        Column with the reference standard, 0 or 1.
    settings : TrainingSettings

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
    shape = tuple(network.input_shape[1:])
    _check(train_cohort, finding, what="training set", shape=shape)
    _check(tuning_cohort, finding, what="tuning set", shape=shape)
    plan = settings.plan(len(train_cohort))
    batches = input_pipeline.make_dataset(
        train_cohort.images,
        train_cohort.labels(finding),
        batch_size=plan.batch_size,
        augment=settings.augment,
        seed=settings.seed,
    )
    tuning_batches = input_pipeline.make_dataset(
        tuning_cohort.images, tuning_cohort.labels(finding), batch_size=EVALUATION_BATCH
    )
    steps = plan.steps_per_epoch * plan.epochs
    compile_network(network, steps=steps, settings=settings)
    with KeepBest() as progress:
        network.fit(
            batches.repeat(),
            steps_per_epoch=plan.steps_per_epoch,
            epochs=plan.epochs,
            validation_data=tuning_batches,
            callbacks=[progress],
            shuffle=False,
            verbose=0,
        )
    return progress.history_table()


def _check(
    cohort: Cohort, finding: str, *, what: str, shape: tuple[int, int, int]
) -> None:
    """Refuse images of another shape, and labels that are not both 0 and 1."""
    if input_shape(cohort) != shape:
        raise TrainingError(
            f"The network reads images of {shape}, those of the {what} are "
            f"{input_shape(cohort)}. Build it with training.input_shape(cohort)."
        )
    values = np.unique(cohort.labels(finding)).tolist()
    if values != [0, 1]:
        raise TrainingError(
            f"{finding!r} has the values {values[:6]} in the {len(cohort)} images of "
            f"the {what}; expected both 0 and 1. Choose another finding or split."
        )


def train_small_network(
    cohort: Cohort,
    *,
    finding: str | None = None,
    settings: TrainingSettings | None = None,
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
    set_seed(settings.seed)
    network = networks.small_residual_network(input_shape(cohort))
    history = train(
        network,
        cohort.split("train"),
        cohort.split("tuning"),
        finding=cohort.finding(finding),
        settings=settings,
    )
    return network, history


def best_epoch(history: pd.DataFrame) -> int:
    """Return the epoch with the lowest tuning loss; of equal ones the first.

    Examples
    --------
    >>> best_epoch(pd.DataFrame({"epoch": [1, 2, 3], "tuning_loss": [0.6, 0.4, 0.4]}))
    2
    """
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
            f"{images.shape[1:]}. Load the cohort at the network's size."
        )
    scores = [np.empty((0, 1), "float32")]
    for start in range(0, len(images), EVALUATION_BATCH):
        batch = images[start : start + EVALUATION_BATCH]
        scores.append(keras.ops.convert_to_numpy(network(batch, training=False)))
    return np.concatenate(scores)[:, 0]
