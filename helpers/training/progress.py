"""What happens between two epochs: show the progress, keep the best weights."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
from tqdm import tqdm

from helpers.quiet_start import quiet_start
from helpers.training.settings import TrainingError

with quiet_start():
    import keras

BAR = "epoch {n_fmt}/{total_fmt} |{bar:20}| {elapsed}<{remaining}{postfix}"


class KeepBest(keras.callbacks.Callback):
    """Show the progress of a training, keep the best epoch, stop at a loss of NaN.

    Parameters
    ----------
    epochs : int
        Length of the progress bar. It is not drawn where ``COURSE_QUIET`` is set.
    """

    def __init__(self, epochs: int):
        super().__init__()
        self.epochs, self.rows, self.lowest, self.weights = epochs, [], np.inf, None

    def on_train_begin(self, logs=None):
        """Open the bar."""
        quiet = bool(os.environ.get("COURSE_QUIET"))
        self.bar = tqdm(
            total=self.epochs, disable=quiet, bar_format=BAR, dynamic_ncols=True
        )

    def on_batch_end(self, batch, logs=None):
        """Stop when the loss is no number."""
        if not np.isfinite(logs["loss"]):
            self.bar.close()
            raise TrainingError(
                f"The loss became {logs['loss']} in epoch {len(self.rows) + 1}, step "
                f"{batch + 1}: the updates of the weights were too large. Lower "
                "learning_rate (2e-3 is the default) or lengthen warm_up."
            )

    def on_epoch_end(self, epoch, logs=None):
        """Note the losses and keep the weights if the tuning loss is the lowest."""
        row = {"epoch": epoch + 1, "loss": logs["loss"], "auc": logs["auc"]}
        row |= {"tuning_loss": logs["val_loss"], "tuning_auc": logs["val_auc"]}
        self.rows.append(row)
        if row["tuning_loss"] < self.lowest:
            self.lowest, self.weights = row["tuning_loss"], self.model.get_weights()
        self.bar.set_postfix_str(
            f"loss {row['loss']:.3f}, tuning loss {row['tuning_loss']:.3f}, "
            f"tuning AUC {row['tuning_auc']:.3f}",
            refresh=False,
        )
        self.bar.update()

    def on_train_end(self, logs=None):
        """Close the bar and put the best weights back."""
        self.bar.close()
        if self.weights is not None:
            self.model.set_weights(self.weights)

    def history_table(self) -> pd.DataFrame:
        """Return one row per epoch."""
        return pd.DataFrame(self.rows)
