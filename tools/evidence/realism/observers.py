"""Linear model observers: channels, templates learnt on half, and their AUC."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import eval_laguerre
from scipy.stats import rankdata

Scores = tuple[np.ndarray, np.ndarray]

_CHANNELS = 6


def laguerre_gauss(size: int, *, pixel_mm: float, width_mm: float) -> np.ndarray:
    """Return six round channels (6, size, size), each of norm 1.

    Parameters
    ----------
    size : int
        Rows and columns, an odd number.
    pixel_mm : float
    width_mm : float
        The Gaussian's width parameter a in exp(-pi r^2 / a^2).

    References
    ----------
    Gallas BD, Barrett HH. J Opt Soc Am A 2003;20:1725-1738.
    """
    line = (np.arange(size) - size // 2) * pixel_mm
    square = 2 * np.pi * np.add.outer(line**2, line**2) / width_mm**2
    rows = [np.exp(-square / 2) * eval_laguerre(n, square) for n in range(_CHANNELS)]
    return np.stack([row / np.linalg.norm(row) for row in rows])


def rank_auc(present: np.ndarray, absent: np.ndarray) -> float:
    """Return the share of pairs in which the score is higher with the signal.

    Examples
    --------
    >>> rank_auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    n, m = present.size, absent.size
    ranks = rankdata(np.concatenate([present.ravel(), absent.ravel()]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def hotelling_scores(
    present: np.ndarray, absent: np.ndarray, *, pixel_mm: float, width_mm: float
) -> Scores:
    """Return scores of the channelised Hotelling observer.

    Parameters
    ----------
    present, absent : float arrays of shape (patients, places, rows, columns)
    pixel_mm, width_mm : float
        As in ``laguerre_gauss``.

    Returns
    -------
    two float arrays of shape (patients, places)
    """
    size = present.shape[-1]
    channels = laguerre_gauss(size, pixel_mm=pixel_mm, width_mm=width_mm)

    def learn(with_it: np.ndarray, without: np.ndarray) -> np.ndarray:
        spread = np.cov(with_it, rowvar=False) + np.cov(without, rowvar=False)
        return np.linalg.solve(spread / 2, with_it.mean(0) - without.mean(0))

    flat = channels.reshape(_CHANNELS, -1).T
    return _cross_fitted(_flat(present) @ flat, _flat(absent) @ flat, learn)


def matched_filter_scores(present: np.ndarray, absent: np.ndarray) -> Scores:
    """Return scores of the mean difference as a template, not prewhitened."""
    return _cross_fitted(
        _flat(present), _flat(absent), lambda a, b: a.mean(0) - b.mean(0)
    )


def _flat(squares: np.ndarray) -> np.ndarray:
    """Return the squares as rows of pixels."""
    return squares.reshape(*squares.shape[:2], -1)


def _cross_fitted(
    present: np.ndarray,
    absent: np.ndarray,
    learn: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Scores:
    """Return scores of templates learnt on the other half of the patients."""
    scores = np.empty(present.shape[:2]), np.empty(absent.shape[:2])
    odd = np.arange(len(present)) % 2 == 1
    for half in (odd, ~odd):
        taught = [x[~half].reshape(-1, x.shape[-1]) for x in (present, absent)]
        template = learn(*taught)
        # both halves on one scale: that of what the template was learnt from
        known = taught[1] @ template
        for score, seen in zip(scores, (present, absent), strict=True):
            score[half] = (seen[half] @ template - known.mean()) / known.std()
    return scores


def auc_interval(present: np.ndarray, absent: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the AUC, each patient left out once (jackknife).

    A bootstrap would draw a patient twice and so count pairs of one and the same
    place, which are easier, too often.
    """
    n = len(present)
    rest = [np.arange(n) != out for out in range(n)]
    without = np.array([rank_auc(present[keep], absent[keep]) for keep in rest])
    error = np.sqrt((n - 1) / n * np.square(without - without.mean()).sum())
    middle = rank_auc(present, absent)
    return float(max(middle - 1.96 * error, 0)), float(min(middle + 1.96 * error, 1))
