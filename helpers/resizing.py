"""Make images smaller by the mean over the area of each new pixel, larger by steps.

An area average loses no finding between two sampled pixels, as taking every n-th would.
"""

from __future__ import annotations

import numpy as np


def _mean_in_area(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return an image on a grid of rows x columns, each new pixel the mean of its area.

    Parameters
    ----------
    values : array of shape (rows, columns) or (rows, columns, ...)
    rows, columns : int
        New size. Where it is larger than the old one, new pixels repeat the old.

    Returns
    -------
    float32 array of shape (rows, columns) or (rows, columns, ...)

    Examples
    --------
    Three pixels to two: the middle one is shared.

    >>> _mean_in_area(np.array([[30, 60, 0]]), 1, 2)
    array([[40., 20.]], dtype=float32)
    """
    half_way = _mean_along(values, rows)
    return np.swapaxes(_mean_along(np.swapaxes(half_way, 0, 1), columns), 0, 1)


def _mean_along(values: np.ndarray, new: int) -> np.ndarray:
    """Return the mean over `new` equal stretches of the first axis, float32.

    Whole pixels are summed first; then the part of a pixel that belongs to the stretch
    after an edge is handed over. Plain sums, because matrix products in several threads
    wait for each other.
    """
    old = len(values)
    edges = np.arange(new + 1) * old / new
    first = np.minimum(edges.astype(int), old - 1)
    parts = (edges - first).astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
    handed_over = values[first].astype(np.float32) * parts
    sums = np.add.reduceat(values, first[:-1], axis=0, dtype=np.float32)
    sums[-1] -= values[-1] if first[-1] > first[-2] else 0
    sums[first[1:] == first[:-1]] = 0
    return (sums + handed_over[1:] - handed_over[:-1]) / np.float32(old / new)


def fit_into_square(values: np.ndarray, size: int) -> np.ndarray:
    """Return an image fitted into size x size, its sides in proportion, edges black.

    Parameters
    ----------
    values : array of shape (rows, columns) or (rows, columns, 3)
    size : int

    Examples
    --------
    >>> fit_into_square(np.array([[10, 30], [10, 30], [20, 40], [20, 40]]), 2)
    array([[20.,  0.],
           [30.,  0.]], dtype=float32)
    """
    longest = max(values.shape[:2])
    rows, columns = (max(1, round(side * size / longest)) for side in values.shape[:2])
    square = np.zeros((size, size, *values.shape[2:]), np.float32)
    top, left = (size - rows) // 2, (size - columns) // 2
    fitted = _mean_in_area(values, rows, columns)
    square[top : top + rows, left : left + columns] = fitted
    return square


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Return values rounded and cut to 0 to 255, as uint8."""
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def shrink_images(images: np.ndarray, size: int) -> np.ndarray:
    """Return a stack of images shrunk to size x size.

    Parameters
    ----------
    images : uint8 array of shape (n, rows, columns)
    size : int

    Examples
    --------
    >>> shrink_images(np.array([[[0, 2], [4, 6]]], np.uint8), 1)
    array([[[3]]], dtype=uint8)
    """
    return np.stack([as_bytes(_mean_in_area(image, size, size)) for image in images])


def shrink_masks(masks: np.ndarray, size: int) -> np.ndarray:
    """Return a stack of masks shrunk to size x size: True where half is covered.

    Parameters
    ----------
    masks : bool array of shape (n, rows, columns)
    size : int
    """
    small = np.zeros((len(masks), size, size), bool)
    for row in np.flatnonzero(masks.any(axis=(1, 2))):
        small[row] = half_covered(_mean_in_area(masks[row], size, size))
    return small


def half_covered(covered: np.ndarray) -> np.ndarray:
    """Return where at least half of a pixel is covered; at least one pixel if any is.

    A finding too small for that keeps the pixel that it covers most, so that no finding
    loses its mask.

    Parameters
    ----------
    covered : float array of shape (rows, columns)
        Covered share of each pixel, 0 to 1.
    """
    mask = covered >= 0.5
    if not mask.any() and covered.max() > 0:
        mask.flat[covered.argmax()] = True
    return mask
