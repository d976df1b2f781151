"""What a training depends on, and what it comes to for a cohort of a given size."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

MAXIMUM_EPOCHS = 60
"""With few images: more passes than this only teach the images by heart."""

LOOKS_AT_LEAST = 8
"""A very large cohort is cut into this many stretches, not whole passes."""


class TrainingError(ValueError):
    """A cohort or setting that cannot be trained with; the message says what to do."""


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
        if n_images < 2:
            raise TrainingError(
                f"There are {n_images} training images; at least 2, one of each class, "
                "are needed. Look at cohort.table['split'].value_counts()."
            )
        batch_size = self.batch_size or _batch_size_for(n_images)
        batch_size = min(batch_size, n_images)
        steps_per_epoch = n_images // batch_size
        if self.epochs is not None:
            return TrainingPlan(batch_size, steps_per_epoch, self.epochs)
        # a very large cohort: look at the tuning set more often than once per pass
        steps_per_epoch = min(steps_per_epoch, max(1, self.steps // LOOKS_AT_LEAST))
        epochs = min(round(self.steps / steps_per_epoch), MAXIMUM_EPOCHS)
        return TrainingPlan(batch_size, steps_per_epoch, epochs)


@dataclass(frozen=True)
class TrainingPlan:
    """Batch size, steps per epoch and epochs that settings mean for a cohort."""

    batch_size: int
    steps_per_epoch: int
    epochs: int


def _batch_size_for(n_images: int) -> int:
    """Return the power of two, 4 to 64, that gives 32 steps an epoch or a few more."""
    return int(np.clip(2 ** int(np.log2(max(n_images / 32, 4))), 4, 64))
