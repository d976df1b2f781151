"""Cover parts of films and see whether the network still flags them.

A map only looks. Covering interferes: if a film is no longer flagged once a patch is
gone, and still flagged when another patch of the same size is, the network used it.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

EDGE_PIXELS = 1.5  # standard deviation of the soft edge of a covered patch


def cover(images: np.ndarray, patches: np.ndarray, *, fill: np.ndarray) -> np.ndarray:
    """Replace patches of films by another film, with an edge soft over a few pixels.

    Parameters
    ----------
    images : array of shape (n, rows, columns[, channels])
    patches : bool array of shape (n, rows, columns)
        True where the film is covered.
    fill : array that broadcasts to one image
        What is shown instead, for example the mean film without the finding.

    Returns
    -------
    float64 array of the shape of `images`

    Examples
    --------
    >>> cover(np.zeros((1, 8, 8)), np.ones((1, 8, 8), bool), fill=9.0).max()
    np.float64(9.0)
    """
    share = gaussian_filter(patches.astype(float), (0, EDGE_PIXELS, EDGE_PIXELS))
    share = share.reshape(*share.shape, *[1] * (images.ndim - 3))
    return (1 - share) * images + share * fill


def strongest_pixels(saliency_map: np.ndarray, count: int) -> np.ndarray:
    """Return a bool mask of the map's `count` largest values (fewer if some are equal).

    Examples
    --------
    >>> strongest_pixels(np.array([[3, 1], [2, 0]]), 2).tolist()
    [[True, False], [True, False]]
    """
    limit = np.sort(saliency_map, axis=None)[-count - 1]
    return saliency_map > limit
