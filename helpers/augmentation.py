"""Changes of grey values, of a set strength, that lesson 18 puts to a network.

Whether a change keeps the label is no property of the change alone: it depends on what
the label asks. The rule of the course: *the label must be a function of what is left
in the picture*. Random changes for training, and changes of place, come from
``keras.layers`` (``RandomContrast``, ``RandomTranslation``, ...).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.exposure import equalize_adapthist


def gamma(films: np.ndarray, exponent: float) -> np.ndarray:
    """Return uint8 films with each grey value, as a share of 255, raised to a power.

    Above 1 the lungs grow darker, below 1 brighter; black and white stay.

    Examples
    --------
    >>> gamma(np.array([0, 127, 255], np.uint8), 2.0).tolist()
    [0, 63, 255]
    """
    grey = np.arange(256) / 255
    return np.rint(255 * grey**exponent).astype(np.uint8)[films]


def contrast(films: np.ndarray, factor: float) -> np.ndarray:
    """Return uint8 films with grey values spread about the middle grey by a factor.

    Examples
    --------
    >>> contrast(np.array([0, 100, 255], np.uint8), 2.0).tolist()
    [0, 72, 255]
    """
    grey = (np.arange(256) - 127.5) * factor + 127.5
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)[films]


def brightness(films: np.ndarray, levels: float) -> np.ndarray:
    """Return uint8 films brighter (or, below 0, darker) by so many grey levels.

    Examples
    --------
    >>> brightness(np.array([0, 100, 255], np.uint8), -30).tolist()
    [0, 70, 225]
    """
    grey = np.arange(256) + float(levels)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)[films]


def blur(films: np.ndarray, share: float) -> np.ndarray:
    """Return uint8 films blurred by a Gaussian.

    Parameters
    ----------
    films : uint8 array of shape (n, rows, columns) or (n, rows, columns, channels)
    share : float
        Standard deviation as a share of the rows; 0 changes nothing.
    """
    sigma = share * films.shape[1]
    smooth = gaussian_filter(films.astype(np.float32), sigma, axes=(1, 2))
    return np.rint(smooth).astype(np.uint8)


def local_equalisation(films: np.ndarray, clip_limit: float) -> np.ndarray:
    """Return uint8 films after contrast-limited adaptive equalisation (CLAHE).

    Parameters
    ----------
    films : uint8 array of shape (n, rows, columns)
    clip_limit : float
        0 changes nothing; scikit-image's default is 0.01, and more means harsher. Its
        tiles have an eighth of the rows: below 64 / rows squared, rounded up, a limit
        makes no difference any more.
    """
    if clip_limit == 0:
        return films.copy()
    equal = [equalize_adapthist(film, clip_limit=clip_limit) for film in films]
    return np.rint(255 * np.array(equal)).astype(np.uint8)


def black_patch(films: np.ndarray, side: float) -> np.ndarray:
    """Return films with a black square over the upper outer field at the image's left.

    Parameters
    ----------
    films : array of shape (n, rows, columns)
    side : float
        Side of the square as a share of the rows. Its middle lies at 0.35 of the rows
        and 0.25 of the columns: in the right lung of a film hung as usual.
    """
    changed = films.copy()
    rows, columns = films.shape[1:3]
    top, left = (0.35 - side / 2) * rows, (0.25 - side / 2) * columns
    size = round(side * rows)
    top, left = max(0, round(top)), max(0, round(left))
    changed[:, top : top + size, left : left + size] = 0
    return changed


INTENSITY_CHANGES: dict[str, tuple[Callable, float, tuple[float, ...]]] = {
    "gamma": (gamma, 1.0, (0.5, 0.7, 1.4, 2.0)),
    "contrast": (contrast, 1.0, (0.5, 0.8, 1.2, 2.0)),
    "brightness": (brightness, 0.0, (-60, -20, 20, 60)),
    "blur": (blur, 0.0, (0.01, 0.02, 0.03, 0.05)),
    "local equalisation": (local_equalisation, 0.0, (0.02, 0.05, 0.1, 0.2)),
    "black patch": (black_patch, 0.0, (0.1, 0.15, 0.2, 0.25)),
}
"""Name: function of (films, strength), the strength that changes nothing, strengths."""
