"""Changes of films that a training may make, and what they do to the finding.

Whether a change keeps the label is no property of the change alone: it depends on what
the label asks. The rule of the course: *the label must be a function of what is left
in the picture*. `share_lost` decides it for crops from masks; for the rest one asks a
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


def random_boxes(
    count: int, area_share: float, *, rng: np.random.Generator
) -> np.ndarray:
    """Return boxes of one size at random places, wholly inside the film.

    Parameters
    ----------
    count : int
    area_share : float
        Area of the box over that of the film, above 0 to 1; its sides are in the
        proportion of the film's.
    rng : numpy Generator

    Returns
    -------
    float array of shape (count, 4)
        Top, left, bottom, right, as shares of rows and columns from 0 to 1.

    Raises
    ------
    ValueError
        If `area_share` is not a share.

    Examples
    --------
    >>> random_boxes(2, 1.0, rng=np.random.default_rng(0)).tolist()
    [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]
    """
    if not 0 < area_share <= 1:
        raise ValueError(
            f"area_share is {area_share}; expected a share above 0 and at most 1. "
            "0.5 keeps half of the film's area."
        )
    side = np.sqrt(area_share)
    corners = rng.random((count, 2)) * (1 - side)
    return np.concatenate([corners, corners + side], axis=1)


def share_lost(masks: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return which part of each finding a crop cuts away.

    Parameters
    ----------
    masks : bool array of shape (n, rows, columns)
        Each with at least one pixel.
    boxes : array of shape (n, 4)
        Top, left, bottom, right as shares, as `random_boxes` gives them. A pixel is
        kept if its centre lies in the box.

    Returns
    -------
    float array of shape (n,), 0 (all kept) to 1 (all lost)

    Raises
    ------
    ValueError
        If numbers differ, or a mask is empty (nothing can be lost of nothing).

    Examples
    --------
    >>> mask = np.array([[[True, True], [False, False]]])
    >>> share_lost(mask, np.array([[0, 0, 1, 0.5]])).tolist()
    [0.5]
    """
    masks, boxes = np.asarray(masks, bool), np.asarray(boxes, float)
    if masks.ndim != 3 or boxes.shape != (len(masks), 4):
        raise ValueError(
            f"masks have the shape {masks.shape} and boxes {boxes.shape}; expected "
            "(n, rows, columns) and (n, 4): one box for each mask."
        )
    sizes = masks.sum(axis=(1, 2))
    if (sizes == 0).any():
        raise ValueError(
            f"{np.sum(sizes == 0)} of {len(masks)} masks are empty. Expected films "
            "with the finding: select them with masks.any(axis=(1, 2))."
        )
    rows = (np.arange(masks.shape[1]) + 0.5) / masks.shape[1]
    columns = (np.arange(masks.shape[2]) + 0.5) / masks.shape[2]
    top, left, bottom, right = boxes.T[:, :, None]
    row_kept = (rows >= top) & (rows < bottom)
    column_kept = (columns >= left) & (columns < right)
    kept = (masks & row_kept[:, :, None] & column_kept[:, None, :]).sum(axis=(1, 2))
    return 1 - kept / sizes


def films_lost(
    masks: np.ndarray, area_share: float, *, rng: np.random.Generator
) -> tuple[int, int]:
    """Count the films whose finding one random crop each takes away.

    Parameters
    ----------
    masks : bool array of shape (n, rows, columns)
        Films without the finding have empty masks and are passed over.
    area_share : float
        As in `random_boxes`.
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
    if len(found) == 0:
        raise ValueError(
            f"All {len(masks)} masks are empty; expected films with the finding. Take "
            "the masks of a finding that the films show."
        )
    boxes = random_boxes(len(found), area_share, rng=rng)
    return int(np.sum(share_lost(found, boxes) > 1 - LEAST_LEFT)), len(found)


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


def black_border(films: np.ndarray, width: float) -> np.ndarray:
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
    "black border": (black_border, 0.0, (0.03, 0.06, 0.09, 0.12)),
}
"""Name: function of (films, strength), the strength that changes nothing, strengths."""
