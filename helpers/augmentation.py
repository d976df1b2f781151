"""Changes of films that a training may make, and what they do to the finding.

Whether a change keeps the label is no property of the change alone: it depends on what
the label asks. The rule of the course: *the label must be a function of what is left
in the picture*. `films_lost` decides it for crops from masks; for the rest one asks a
trained network, or a reader (lesson 16).

Geometric changes for training come from ``keras.layers`` (``RandomFlip``,
``RandomTranslation``, ...), which move masks along when they are given a dictionary.
Here are those whose *strength* is to be set, not drawn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.exposure import equalize_adapthist

LEAST_LEFT = 0.25
"""Part of a finding that must be left in a crop for the label to stay; chosen."""


def mirror(films: np.ndarray) -> np.ndarray:
    """Return films with left and right exchanged.

    Parameters
    ----------
    films : array of shape (n, rows, columns) or (n, rows, columns, channels)

    Examples
    --------
    >>> mirror(np.array([[[1, 2, 3]]])).tolist()
    [[[3, 2, 1]]]
    """
    return films[:, :, ::-1]


def films_lost(
    masks: np.ndarray, area_share: float, *, rng: np.random.Generator
) -> tuple[int, int]:
    """Count the films whose finding one random crop each takes away.

    The crop lies anywhere inside the film, its sides are in the proportion of the
    film's, and it keeps the pixels whose centres lie in it.

    Parameters
    ----------
    masks : bool array of shape (n, rows, columns)
        Films without the finding have empty masks and are passed over.
    area_share : float
        Area of the crop over that of the film, above 0 to 1.
    rng : numpy Generator

    Returns
    -------
    lost : int
        Films in which less than a quarter of the finding is left.
    films : int
        Films with the finding.

    Raises
    ------
    ValueError
        If no mask holds anything, or `area_share` is not a share.

    Examples
    --------
    >>> masks = np.zeros((3, 8, 8), bool)
    >>> masks[:2] = True  # a finding as large as the film is lost where little is kept
    >>> films_lost(masks, 0.1, rng=np.random.default_rng(0))
    (2, 2)
    """
    found = masks[np.any(masks, axis=(1, 2))]
    if len(found) == 0 or not 0 < area_share <= 1:
        raise ValueError(
            f"{len(found)} of {len(masks)} masks show the finding, and area_share is "
            f"{area_share}. Expected at least one, and a share above 0 and at most 1."
        )
    side = np.sqrt(area_share)
    corners = rng.random((len(found), 2)) * (1 - side)
    rows, columns = (
        _inside(corner, corner + side, count)
        for corner, count in zip(corners.T, found.shape[1:], strict=True)
    )
    kept = (found & rows[:, :, None] & columns[:, None, :]).sum(axis=(1, 2))
    return int(np.sum(kept < LEAST_LEFT * found.sum(axis=(1, 2)))), len(found)


def _inside(start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """Say for each crop which of `count` rows, or columns, have their centre in it."""
    centres = (np.arange(count) + 0.5) / count
    return (centres >= start[:, None]) & (centres < end[:, None])


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
    films : uint8 array of shape (n, rows, columns)
    share : float
        Standard deviation as a share of the rows; 0 changes nothing.
    """
    sigma = share * films.shape[1]
    smooth = gaussian_filter(films.astype(np.float32), (0, sigma, sigma))
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


def _black_border(films: np.ndarray, width: float) -> np.ndarray:
    """Return films with a black frame of a width given as a share of the rows."""
    changed = films.copy()
    frame = round(width * films.shape[1])
    if frame:
        changed[:, :frame] = changed[:, -frame:] = 0
        changed[:, :, :frame] = changed[:, :, -frame:] = 0
    return changed


INTENSITY_CHANGES: dict[str, tuple[Callable, float, tuple[float, ...]]] = {
    "gamma": (gamma, 1.0, (0.5, 0.7, 1.4, 2.0)),
    "contrast": (contrast, 1.0, (0.5, 0.8, 1.2, 2.0)),
    "brightness": (brightness, 0.0, (-60, -20, 20, 60)),
    "blur": (blur, 0.0, (0.01, 0.02, 0.03, 0.05)),
    "local equalisation": (local_equalisation, 0.0, (0.02, 0.05, 0.1, 0.2)),
    "black patch": (black_patch, 0.0, (0.1, 0.15, 0.2, 0.25)),
    "black border": (_black_border, 0.0, (0.03, 0.06, 0.09, 0.12)),
}
"""Name: function of (films, strength), the strength that changes nothing, strengths."""
