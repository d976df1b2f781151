"""A linear baseline: gradient directions of an image and a logistic regression.

Histograms of oriented gradients say which way the edges run in each part of an image;
their first principal components go into a ridge-penalised logistic regression. It finds
less than a trained network does. It trains in a second, so that an experiment on labels
can repeat it a hundred times while one watches.

References
----------
Dalal N, Triggs B. Histograms of oriented gradients for human detection. CVPR 2005.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from skimage.feature import hog
from skimage.transform import resize_local_mean
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SIDE = 64  # pixels; larger images are averaged down to this, which removes noise
CELLS = 8  # cells along a side of the image
DIRECTIONS = 8
COMPONENTS = 300
PENALTY = 300.0  # of 10, 30, 100, 300, 1000 the best on the default cohort's tuning set


def hog_features(images: np.ndarray, *, train: np.ndarray) -> np.ndarray:
    """Return a short description of each image, learnt without any label.

    Parameters
    ----------
    images : array of shape (n, rows, columns)
        Grey, at least 16 pixels a side.
    train : bool array of shape (n,)
        The images from which scale and principal components are taken.

    Returns
    -------
    float array of shape (n, components)
        Scaled so that the training images have a standard deviation of 1 over all. At
        most `COMPONENTS`, and one fewer than there are training images.

    Raises
    ------
    ValueError
        If the images are not grey, are too small, hold a value that is not finite, or
        fewer than two are for training.

    Examples
    --------
    >>> images = np.random.default_rng(0).integers(0, 256, (6, 16, 16))
    >>> hog_features(images, train=np.arange(6) < 4).shape
    (6, 3)
    """
    images, train = np.asarray(images), _mask(train, len(images))
    if images.ndim != 3 or min(images.shape[1:]) < 2 * CELLS:
        raise ValueError(
            f"images has shape {images.shape}, expected (n, rows, columns), 16 or up."
        )
    finite = np.isfinite(images).all(axis=(1, 2))
    if not finite.all() or train.sum() < 2:
        raise ValueError(
            f"{(~finite).sum()} of {len(images)} images hold values that are not "
            f"finite and {train.sum()} are for training, expected 0 and at least 2."
        )
    raw = np.stack([_gradients(image) for image in images])
    number = min(COMPONENTS, int(train.sum()) - 1, raw.shape[1])
    axes = make_pipeline(StandardScaler(), PCA(number, svd_solver="full"))
    features = axes.fit(raw[train]).transform(raw)
    return features / features[train].std()


def _mask(train: ArrayLike, images: int) -> np.ndarray:
    mask = np.asarray(train)
    if mask.shape != (images,) or mask.dtype != bool:
        raise ValueError(
            f"train is {mask.dtype} {mask.shape}, expected bool for {images} images."
        )
    return mask


def _gradients(image: np.ndarray) -> np.ndarray:
    image = image.astype(float)  # in float32 a score depends on the processor
    if min(image.shape) > SIDE:
        image = resize_local_mean(image, (SIDE, SIDE))
    cell = min(image.shape) // CELLS
    return hog(image, DIRECTIONS, pixels_per_cell=(cell, cell), cells_per_block=(2, 2))


def scores_after_training(
    features: np.ndarray, labels: ArrayLike, *, train: np.ndarray
) -> np.ndarray:
    """Return the score of every image after training on some of them.

    Parameters
    ----------
    features : float array of shape (n, components)
    labels : array of shape (n,)
        0 or 1; only those of the training images are looked at, and a NaN among them
        leaves its image out.
    train : bool array of shape (n,)

    Returns
    -------
    float array of shape (n,)
        Higher: more suspicious. Not a probability.

    Raises
    ------
    ValueError
        If there is not one label for each image, or the training labels hold anything
        but 0 and 1, or one class only.

    Examples
    --------
    >>> features = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> scores = scores_after_training(features, [0, 0, 1, 1], train=np.ones(4, bool))
    >>> bool(scores[0] < scores[3])
    True
    """
    given = np.asarray(labels, dtype=float)
    rows = _mask(train, len(given)) & ~np.isnan(given)
    classes = np.unique(given[rows]).tolist()
    if len(given) != len(features) or classes != [0, 1]:
        raise ValueError(
            f"There are {len(given)} labels for {len(features)} images, {classes} in "
            "training, expected one for each image and both 0 and 1."
        )
    model = LogisticRegression(C=1 / PENALTY, max_iter=1000)
    model.fit(features[rows], given[rows].astype(int))
    return model.decision_function(features)
