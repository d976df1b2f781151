"""Measure saliency maps: whether they add up, and whether they point at the finding.

A map that looks right proves nothing. These functions put numbers on it: the gap of
integrated gradients, the hit rate (is the map's maximum inside the reference mask?),
the area under the precision-recall curve over pixels, and three trivial maps that any
serious map has to beat, because they do not look at what the network has learned.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.metrics import average_precision_score

from helpers.intervals import wilson


class HitRate(NamedTuple):
    """How many maps point into their mask, with a 95 % Wilson interval."""

    hits: int
    total: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Share of hits, 0..1."""
        return self.hits / self.total

    def __str__(self) -> str:
        """Return the result as a reader needs it: share, counts, interval."""
        return (
            f"{self.rate:.2f} ({self.hits} of {self.total}), "
            f"95 % CI {self.low:.2f} to {self.high:.2f}"
        )


def is_hit(saliency_map: np.ndarray, mask: np.ndarray) -> bool:
    """Return whether the largest value of the map lies inside the mask.

    Parameters
    ----------
    saliency_map : float array of shape (rows, columns)
        Larger: more important. Of a signed map, pass the sign that you mean.
    mask : bool array of shape (rows, columns)
        Reference outline of the finding, filled.

    Returns
    -------
    bool
        With several equal maxima: True only if all of them lie inside, so that a map
        that is the same everywhere never hits.

    Raises
    ------
    ValueError
        If the shapes differ, the mask is empty or the map is not finite.

    Examples
    --------
    >>> is_hit(np.array([[0.1, 0.9]]), np.array([[False, True]]))
    True

    References
    ----------
    Zhang J et al. Top-down neural attention by excitation backprop ("pointing game").
    Int J Comput Vis 2018;126:1084-1102.
    """
    _check_pair(saliency_map, mask)
    return bool(np.all(mask[saliency_map == saliency_map.max()]))


def hit_rate(saliency_maps: np.ndarray, masks: np.ndarray) -> HitRate:
    """Return the share of maps that hit, with its 95 % Wilson interval.

    The interval takes the images as independent: pass one image per patient.

    Parameters
    ----------
    saliency_maps : float array of shape (n, rows, columns)
    masks : bool array of shape (n, rows, columns)

    Raises
    ------
    ValueError
        If there is no map, or a pair does not fit (see `is_hit`).

    Examples
    --------
    >>> print(hit_rate(np.eye(2)[:, None, :], np.array([[[True, False]]] * 2)))
    0.50 (1 of 2), 95 % CI 0.09 to 0.91
    """
    if len(saliency_maps) != len(masks) or len(masks) == 0:
        raise ValueError(
            f"hit_rate needs one mask per map and at least one pair, got "
            f"{len(saliency_maps)} maps and {len(masks)} masks."
        )
    pairs = zip(saliency_maps, masks, strict=True)
    hits = sum(is_hit(one_map, mask) for one_map, mask in pairs)
    return HitRate(hits, len(masks), *wilson(hits, len(masks)))


def pixel_average_precision(saliency_map: np.ndarray, mask: np.ndarray) -> float:
    """Return the area under the precision-recall curve of the map's pixels.

    Parameters
    ----------
    saliency_map, mask
        As for `is_hit`.

    Returns
    -------
    float
        1: every pixel of the finding ranks above every other pixel. A map without any
        information gets the share of the image that the finding covers.

    Raises
    ------
    ValueError
        As for `is_hit`.

    Examples
    --------
    >>> pixel_average_precision(np.array([[0.1, 0.9]]), np.array([[False, True]]))
    1.0
    """
    _check_pair(saliency_map, mask)
    return float(average_precision_score(mask.ravel(), saliency_map.ravel()))


def mean_mask(masks: np.ndarray) -> np.ndarray:
    """Return how often each pixel is part of the finding: a map that sees no image.

    Parameters
    ----------
    masks : bool array of shape (n, rows, columns)
        Of the *training* set; empty masks are left out.

    Raises
    ------
    ValueError
        If all masks are empty.

    Examples
    --------
    >>> mean_mask(np.array([[[True, False]], [[True, True]]])).tolist()
    [[1.0, 0.5]]
    """
    present = masks[masks.any(axis=(1, 2))]
    if len(present) == 0:
        raise ValueError(
            f"All {len(masks)} masks are empty, so they have no mean. Pass the masks "
            "of images that show the finding."
        )
    return present.mean(axis=0, dtype="float32")


def centre_gaussian(shape: tuple[int, int], *, width: float = 0.25) -> np.ndarray:
    """Return a hill in the middle of the image: a map that sees no image.

    Parameters
    ----------
    shape : (rows, columns)
    width : float
        Standard deviation as a share of the image's side.

    Examples
    --------
    >>> centre_gaussian((3, 3)).argmax()
    np.int64(4)
    """
    rows, columns = (
        (np.arange(length) - (length - 1) / 2) / (width * length) for length in shape
    )
    return np.exp(-(rows[:, None] ** 2 + columns[None, :] ** 2) / 2).astype("float32")


def completeness_gap(
    attributions: np.ndarray, *, logit_image: float, logit_baseline: float
) -> float:
    """Return how far attributions are from adding up, as a share of the logit's rise.

    Parameters
    ----------
    attributions : float array of any shape
        From `integrated_gradients`, in logits.
    logit_image, logit_baseline : float
        The logit of the image and of the baseline.

    Returns
    -------
    float
        |sum of attributions - rise| / |rise|; 0 is perfect, 0.01 is one per cent.

    Raises
    ------
    ValueError
        If image and baseline have the same logit: there is no rise to share out.

    Examples
    --------
    >>> completeness_gap(np.array([1.0, 0.5]), logit_image=2.0, logit_baseline=0.0)
    0.25
    """
    rise = float(logit_image) - float(logit_baseline)
    if rise == 0:
        raise ValueError(
            f"Image and baseline have the same logit ({float(logit_image):.4g}), so "
            "there is no rise to share out and the gap is undefined. Choose another "
            "baseline."
        )
    return abs(float(np.sum(attributions, dtype="float64")) - rise) / abs(rise)


def _check_pair(saliency_map: np.ndarray, mask: np.ndarray) -> None:
    if saliency_map.shape != mask.shape or saliency_map.ndim != 2:
        raise ValueError(
            f"Map and mask must both be (rows, columns), got {saliency_map.shape} and "
            f"{mask.shape}. Stretch a coarse map with `enlarge` first."
        )
    if mask.dtype != bool or not mask.any():
        raise ValueError(
            f"The mask must be a bool array with at least one True pixel, got "
            f"{mask.dtype} with {int(np.count_nonzero(mask))} pixels set. A hit is "
            "defined only where the finding is present."
        )
    if not np.isfinite(saliency_map).all():
        raise ValueError(
            "The saliency map holds values that are not finite (NaN or infinite), so "
            "its maximum is undefined. Look at the image and the network it came from."
        )
