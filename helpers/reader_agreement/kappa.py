"""Kappa of two readers and of several, with intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from helpers.reader_agreement.tables import (
    agreement_table,
    agreement_weights,
    places_of,
)


class Kappa(NamedTuple):
    """Kappa with its interval.

    Attributes
    ----------
    value : float
        1 for perfect agreement, 0 for what chance would give; may be negative.
    low, high : float
        Limits of the interval.
    """

    value: float
    low: float
    high: float


def cohen_kappa(table: ArrayLike, *, weights: str = "none") -> float:
    """Return Cohen's kappa of a table of pairs, plain or weighted.

    Parameters
    ----------
    table : array of shape (k, k)
        Counts or shares, from `agreement_table`.
    weights : {"none", "linear", "quadratic"}

    Raises
    ------
    ValueError
        If the table is not square, holds a negative number or nothing at all, or both
        readers gave one and the same score throughout.

    Examples
    --------
    >>> round(cohen_kappa([[20, 5], [10, 15]]), 2)
    0.4

    References
    ----------
    Cohen J. Educ Psychol Meas 1960;20:37-46; Psychol Bull 1968;70:213-220.
    """
    share = _shares(table)
    agree = agreement_weights(len(share), weights=weights)
    by_chance = (agree * np.outer(share.sum(axis=1), share.sum(axis=0))).sum()
    return float(((agree * share).sum() - by_chance) / (1 - by_chance))


def _shares(table: ArrayLike) -> np.ndarray:
    counts = np.asarray(table, dtype=float)
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1]
    if not square or not np.inf > counts.sum() > 0 or (counts < 0).any():
        raise ValueError(
            f"table has shape {counts.shape} and the sum {counts.sum():g}, expected "
            "counts of pairs in k rows and k columns. Make it with agreement_table."
        )
    share = counts / counts.sum()
    used = (share.sum(axis=0) > 0) | (share.sum(axis=1) > 0)
    if used.sum() < 2:
        raise ValueError(
            "Both readers gave one and the same score to every case, so that chance "
            "alone explains their agreement and kappa does not exist. Report the "
            "counts, or add cases of the other kind."
        )
    return share


def kappa_interval(
    table: ArrayLike, *, weights: str = "none", confidence: float = 0.95
) -> Kappa:
    """Return kappa with its large-sample interval.

    Parameters
    ----------
    table : int array of shape (k, k)
        Counts of pairs; each case once, so that cases are independent. For several
        films of a patient use `bootstrap_kappa`.
    weights : {"none", "linear", "quadratic"}
    confidence : float
        0.95 for a 95 % interval.

    Raises
    ------
    ValueError
        As `cohen_kappa`, or if the table holds shares instead of counts, or the
        confidence lies outside 0 to 1.

    Examples
    --------
    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*kappa_interval([[20, 5], [10, 15]])))
    0.40 (0.15 to 0.65)

    References
    ----------
    Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327.
    """
    share = _shares(table)
    if not 0 < confidence < 1 or np.any(np.asarray(table) % 1):
        raise ValueError(
            f"confidence is {confidence} and the table sums to {np.sum(table):g}, "
            "expected a share between 0 and 1 and whole counts: the width of the "
            "interval comes from the number of cases."
        )
    agree = agreement_weights(len(share), weights=weights)
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    value = cohen_kappa(table, weights=weights)
    by_chance = (agree * np.outer(rows, columns)).sum()
    habit = np.add.outer(agree @ columns, rows @ agree)
    spread = (share * (agree - habit * (1 - value)) ** 2).sum()
    spread -= (value - by_chance * (1 - value)) ** 2
    error = np.sqrt(max(spread, 0) / np.sum(table)) / (1 - by_chance)
    z = stats.norm.ppf(0.5 + confidence / 2)
    return Kappa(value, float(value - z * error), float(value + z * error))


def bootstrap_kappa(
    scores: np.ndarray,
    *,
    categories: ArrayLike,
    clusters: ArrayLike,
    weights: str = "none",
    seed: int = 0,
) -> Kappa:
    """Return kappa of two readers and its 95 % interval from resampled patients.

    Parameters
    ----------
    scores : array of shape (cases, 2)
        One column a reader.
    categories : array of shape (k,)
        All possible scores in their order.
    clusters : array of shape (cases,)
        Patient of each case.
    weights : {"none", "linear", "quadratic"}
    seed : int
        2,000 resamples; the same seed gives the same limits.

    Raises
    ------
    ValueError
        As `agreement_table` and `cohen_kappa`, or if there is one patient only.

    Examples
    --------
    >>> scores = np.array([[1, 1], [2, 2], [1, 2], [2, 2], [1, 1], [2, 1]] * 5)
    >>> found = bootstrap_kappa(scores, categories=[1, 2], clusters=range(30))
    >>> found.low < found.value < found.high
    True

    References
    ----------
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap. 1993.
    """
    scores, names = np.asarray(scores), np.asarray(categories)
    if scores.ndim != 2 or scores.shape[1] != 2:
        raise ValueError(
            f"scores has shape {scores.shape}, expected (cases, 2): one column for "
            "each of two readers. For more readers take pairs, or fleiss_kappa."
        )
    value = cohen_kappa(agreement_table(*scores.T, categories=names), weights=weights)
    patients, member = np.unique(np.asarray(clusters).astype(str), return_inverse=True)
    if len(member) != len(scores) or len(patients) < 2:
        raise ValueError(
            f"clusters names {len(patients)} patients for {len(member)} of "
            f"{len(scores)} cases, expected the patient of each case and at least 2."
        )
    place = places_of(scores, names) @ [len(names), 1]
    counts = np.zeros((len(patients), len(names) ** 2))
    np.add.at(counts, (member, place), 1)
    rng, values = np.random.default_rng(seed), []
    for _ in range(2000):
        drawn = np.bincount(rng.integers(len(patients), size=len(patients)))
        table = (drawn @ counts[: len(drawn)]).reshape(len(names), -1)
        if (table.sum(axis=0) + table.sum(axis=1) > 0).sum() > 1:
            values.append(cohen_kappa(table, weights=weights))
    low, high = np.quantile(values, [0.025, 0.975])
    return Kappa(value, float(low), float(high))


def fleiss_kappa(scores: ArrayLike, *, categories: ArrayLike) -> float:
    """Return Fleiss' kappa of several readers who all read every case.

    Parameters
    ----------
    scores : array of shape (cases, readers)
        At least 2 readers.
    categories : array of shape (k,)
        All possible scores; their order plays no part.

    Raises
    ------
    ValueError
        If there are fewer than 2 readers, a score is unknown, or only one occurs.

    Examples
    --------
    >>> round(fleiss_kappa([[1, 1, 1], [0, 0, 0], [1, 0, 0]], categories=[0, 1]), 2)
    0.55

    References
    ----------
    Fleiss JL. Psychol Bull 1971;76:378-382.
    """
    given, names = np.asarray(scores), np.asarray(categories)
    if given.ndim != 2 or given.shape[1] < 2 or len(given) == 0:
        raise ValueError(
            f"scores has shape {given.shape}, expected (cases, readers) with at least "
            "2 readers. Put one column for each reader side by side."
        )
    places, readers = places_of(given, names), given.shape[1]
    counts = (places[:, :, None] == np.arange(len(names))).sum(axis=1)
    if (counts.sum(axis=0) > 0).sum() < 2:
        raise ValueError(
            f"Every score is {given[0, 0]}: chance alone explains the agreement, "
            "and kappa does not exist. Report the counts, or add cases of the other "
            "kind."
        )
    pairs = ((counts * (counts - 1)).sum(axis=1) / (readers * (readers - 1))).mean()
    by_chance = ((counts.sum(axis=0) / counts.sum()) ** 2).sum()
    return float((pairs - by_chance) / (1 - by_chance))
