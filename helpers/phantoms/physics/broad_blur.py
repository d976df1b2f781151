"""Wide Gaussian blurs, made on a grid as coarse as the blur allows.

Scatter spreads over centimetres and displays compress structures as wide: at full
resolution such blurs cost more than the rest of the imaging together.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d

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
    down, across = (_shrink_and_blur(n, sigma) for n in image.shape)
    coarse = down @ image @ across.T
    upright = _interpolation(image.shape[0], len(down))
    sideways = _interpolation(image.shape[1], len(across))
    return upright @ coarse @ sideways.T


@lru_cache(maxsize=64)
def _shrink_and_blur(pixels: int, sigma: float) -> np.ndarray:
    """Return the matrix that averages over coarse pixels and blurs, (coarse, fine)."""
    coarse = max(int(np.ceil(_PIXELS_A_SIGMA * pixels / sigma)), 4)
    edges = np.linspace(0, pixels, coarse + 1)
    fine = np.arange(pixels)
    covered = np.minimum(edges[1:, None], fine + 1) - np.maximum(edges[:-1, None], fine)
    step = pixels / coarse
    # a box is step^2 / 12 wide in variance, straight interpolation step^2 / 6
    left = np.sqrt(max(np.square(sigma / step) - 0.25, 0.01))
    means = np.maximum(covered, 0) / step
    matrix = gaussian_filter1d(means, left, axis=0, mode="nearest", truncate=3)
    return matrix.astype(np.float32)


@lru_cache(maxsize=64)
def _interpolation(pixels: int, coarse: int) -> np.ndarray:
    """Return the matrix that draws straight lines between coarse pixels' centres."""
    place = (np.arange(pixels) + 0.5) * coarse / pixels - 0.5
    place = np.clip(place, 0, coarse - 1)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(coarse)), 0).astype(
        np.float32
    )
