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

import warnings

import numpy as np
from numpy.typing import ArrayLike
from skimage.feature import hog
from skimage.transform import resize_local_mean
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

SIDE = 64  # pixels; larger images are averaged down to this, which removes noise
CELLS = 8  # cells along a side of the image
DIRECTIONS = 8


def hog_features(
    images: np.ndarray, *, train: np.ndarray, components: int = 300
) -> np.ndarray:
    """Return a short description of each image, learnt without any label.

    Parameters
    ----------
    images : array of shape (n, rows, columns)
        Grey, at least 16 pixels a side.
    train : bool array of shape (n,)
        The images from which scale and principal components are taken.
    components : int
        At most; fewer if there are fewer training images.

    Returns
    -------
    float array of shape (n, components)
        Scaled so that the training images have a standard deviation of 1 over all.

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
    images = np.asarray(images)
    if images.ndim != 3 or min(images.shape[1:]) < 2 * CELLS:
        raise ValueError(
            f"images has shape {images.shape}, expected (n, rows, columns) with at "
            f"least {2 * CELLS} pixels a side. Average the colours, or load a larger "
            "size."
        )
    if not np.isfinite(images).all():
        broken = np.flatnonzero(~np.isfinite(images).all(axis=(1, 2)))
        raise ValueError(
            f"{len(broken)} of {len(images)} images hold values that are not finite, "
            f"the first at position {broken[0]}. Leave them out, or mend the reading."
        )
    train = _mask(train, len(images))
    if train.sum() < 2:
        raise ValueError(
            f"train marks {train.sum()} images, expected at least 2. Pass the mask of "
            "the training set, such as table['split'] == 'train'."
        )
    raw = np.stack([_gradients(image) for image in images])
    scaled = StandardScaler().fit(raw[train]).transform(raw)
    number = min(components, int(train.sum()) - 1, raw.shape[1])
    axes = PCA(number, svd_solver="full").fit(scaled[train])
    features = axes.transform(scaled)
    return features / features[train].std()


def _mask(train: ArrayLike, images: int) -> np.ndarray:
    mask = np.asarray(train)
    if mask.shape != (images,) or mask.dtype != bool:
        raise ValueError(
            f"train has shape {mask.shape} and type {mask.dtype}, expected one True or "
            f"False for each of {images} images. Write table['split'] == 'train'."
        )
    return mask


def _gradients(image: np.ndarray) -> np.ndarray:
    image = image.astype(float)  # in float32 a score depends on the processor
    if min(image.shape) > SIDE:
        image = resize_local_mean(image, (SIDE, SIDE))
    cell = min(image.shape) // CELLS
    return hog(
        image,
        orientations=DIRECTIONS,
        pixels_per_cell=(cell, cell),
        cells_per_block=(2, 2),
    )


def scores_after_training(
    features: np.ndarray,
    labels: ArrayLike,
    *,
    train: np.ndarray,
    penalty: float = 300.0,
) -> np.ndarray:
    """Return the score of every image after training on some of them.

    Parameters
    ----------
    features : float array of shape (n, components)
    labels : array of shape (n,)
        0 or 1; only those of the training images are looked at, and a NaN among them
        leaves its image out.
    train : bool array of shape (n,)
    penalty : float
        Strength of the ridge penalty. Of 10, 30, 100, 300 and 1000 the default was best
        on the tuning set of the default cohort.

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
    if given.shape != (len(features),):
        raise ValueError(
            f"labels has shape {given.shape}, expected one label for each of "
            f"{len(features)} images. Take both from one table."
        )
    rows = _mask(train, len(features)) & ~np.isnan(given)
    classes = np.unique(given[rows])
    if not np.array_equal(classes, [0, 1]):
        raise ValueError(
            f"The {rows.sum()} training labels hold {classes.tolist()}, expected 0 and "
            "1. Choose another finding, or a smaller rate of wrong labels."
        )
    model = LogisticRegression(C=1 / penalty, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features[rows], given[rows].astype(int))
    return model.decision_function(features)
