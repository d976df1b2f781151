"""A learner that compares films: quick enough to be trained a hundred times.

Each film is described by the directions of its edges. A new film is scored by a
weighted sum over the films learnt from, the alike ones weighing most. What leaks
through patients or hospitals can leak here as in a network, and is measured in seconds.
"""

from __future__ import annotations

import numpy as np
from skimage.feature import hog
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.patient_splits.image_detail import checked_stack, small_grey

__all__ = ["outlines", "scores_after"]


def outlines(images: np.ndarray) -> np.ndarray:
    """Return the directions of the edges of each image, as one row of numbers.

    Parameters
    ----------
    images : array of shape (n, rows, columns) or (n, rows, columns, 3)
        Any size; they are brought to 64 x 64 pixels first.

    Returns
    -------
    float array of shape (n, 1568)
        Histograms of oriented gradients: 8 directions in cells of 8 x 8 pixels.

    Raises
    ------
    ValueError
        If the images are no stack of grey or colour images, or hold missing values.

    Examples
    --------
    >>> outlines(np.zeros((3, 128, 128), dtype="uint8")).shape
    (3, 1568)

    References
    ----------
    Dalal N, Triggs B. CVPR 2005:886-893. doi:10.1109/CVPR.2005.177
    """
    cells = {"orientations": 8, "pixels_per_cell": (8, 8), "cells_per_block": (2, 2)}
    return np.stack([hog(one, **cells) for one in small_grey(checked_stack(images))])


def scores_after(
    features: np.ndarray, labels: np.ndarray, *, learn: np.ndarray, exam: np.ndarray
) -> np.ndarray:
    """Return the scores of some films after learning from others.

    Kernel ridge regression on standardised features, all labels at once. Nothing of the
    exam is looked at but its features, and these only to be scored.

    Parameters
    ----------
    features : float array of shape (n, m)
    labels : array of shape (n, labels)
        0 or 1.
    learn, exam : int arrays
        Rows to learn from and rows to score.

    Returns
    -------
    float array of shape (len(exam), labels)
        Higher: more likely 1. Not a probability.

    Raises
    ------
    ValueError
        If labels and features have another number of rows, or rows are in both sets.

    Examples
    --------
    >>> features, labels = np.array([[0.0], [1.0], [0.1], [0.9]]), np.array([[0], [1]])
    >>> labels = np.tile(labels, (2, 1))
    >>> scores = scores_after(features, labels, learn=[0, 1], exam=[2, 3])
    >>> bool(scores[0, 0] < scores[1, 0])
    True
    """
    if len(features) != len(labels) or np.ndim(labels) != 2:
        raise ValueError(
            f"labels has shape {np.shape(labels)} and features {np.shape(features)}; "
            "expected two dimensions each and equally many rows. Use table[[finding]]."
        )
    if both := set(np.asarray(learn).tolist()) & set(np.asarray(exam).tolist()):
        raise ValueError(
            f"{len(both)} rows are in learn and in exam, expected 0; the first is "
            f"{min(both)}. Take the rows of the exam out of those to learn from."
        )
    features, labels = np.asarray(features), np.asarray(labels, dtype=float)
    learner = make_pipeline(StandardScaler(), KernelRidge(kernel="rbf", alpha=0.1))
    learner.fit(features[learn], labels[learn] - labels[learn].mean(axis=0))
    return learner.predict(features[exam])
