"""Training of one network for one finding: settings, progress, the best epoch kept.

The recipe: AdamW with a short warm-up and a cosine decay, label smoothing, a shift and
contrast augmentation, and at the end the weights of the epoch with the lowest loss on
the *tuning set* (Keras calls that set ``validation_data``). No test set is used here.
"""

from helpers.training.data import input_shape
from helpers.training.fitting import (
    best_epoch,
    compile_network,
    predict_scores,
    set_seed,
    train,
    train_small_network,
)
from helpers.training.progress import KeepBest
from helpers.training.settings import TrainingError, TrainingPlan, TrainingSettings

__all__ = [
    "KeepBest",
    "TrainingError",
    "TrainingPlan",
    "TrainingSettings",
    "best_epoch",
    "compile_network",
    "input_shape",
    "predict_scores",
    "set_seed",
    "train",
    "train_small_network",
]
