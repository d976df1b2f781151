"""Wide Gaussian blurs, made on a grid as coarse as the blur allows.

Scatter spreads over centimetres and displays compress structures as wide: at full
resolution such blurs cost more than the rest of the imaging together.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array

#: Coarse pixels in one standard deviation of the blur.
_PIXELS_A_SIGMA = 2.0
_WORTH_IT = 4.0


def broad_blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return a Gaussian blur of an image; beyond the border the edge goes on.

    Parameters
    ----------
    image : float32 array of shape (rows, columns)
    sigma : float
        Standard deviation in pixels. From 4 pixels on the image is averaged over
        larger pixels, blurred there and interpolated; what averaging and
        interpolation blur by themselves is taken off the blur.

    Examples
    --------
    >>> broad_blur(np.ones((32, 32), np.float32), 8.0).round(3).min().item()
    1.0
    """
    if sigma < _WORTH_IT:
        return gaussian_filter(image, sigma, mode="nearest", truncate=2.5)
    down, across = (_area_means(n, _coarse_pixels(n, sigma)) for n in image.shape)
    coarse = (across @ (down @ image).T).T
    # a box is step^2 / 12 wide in variance, straight interpolation step^2 / 6
    left = [
        np.sqrt(max(np.square(sigma * small / large) - 0.25, 0.01))
        for small, large in zip(coarse.shape, image.shape, strict=True)
    ]
    blurred = gaussian_filter(coarse, left, mode="nearest", truncate=3)
    up, sideways = (
        _interpolation(large, small)
        for small, large in zip(coarse.shape, image.shape, strict=True)
    )
    return np.ascontiguousarray((sideways @ (up @ blurred).T).T)


def _coarse_pixels(pixels: int, sigma: float) -> int:
    """Return how many coarse pixels stand for a row of fine ones."""
    return max(int(np.ceil(_PIXELS_A_SIGMA * pixels / sigma)), 4)


# sparse products add up in one order, whatever the number of threads
@lru_cache(maxsize=64)
def _area_means(pixels: int, coarse: int) -> csr_array:
    """Return the matrix that averages over coarse pixels, (coarse, fine)."""
    edges = np.linspace(0, pixels, coarse + 1)
    fine = np.arange(pixels)
    covered = np.minimum(edges[1:, None], fine + 1) - np.maximum(edges[:-1, None], fine)
    means = np.maximum(covered, 0) * coarse / pixels
    return csr_array(means.astype(np.float32))


@lru_cache(maxsize=64)
def _interpolation(pixels: int, coarse: int) -> csr_array:
    """Return the matrix that draws straight lines between coarse pixels' centres."""
    place = (np.arange(pixels) + 0.5) * coarse / pixels - 0.5
    place = np.clip(place, 0, coarse - 1)
    near = np.maximum(1 - np.abs(place[:, None] - np.arange(coarse)), 0)
    return csr_array(near.astype(np.float32))
