"""How well readers agree beyond chance, with intervals; and what they say together.

Kappa compares the agreement of two readers with what their habits alone would give.
Weighted kappa counts a disagreement by its distance, for ordered scores. Neither says
who is right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

Z_95 = 1.959963984540054  # standard normal, two-sided 95 %


class Kappa(NamedTuple):
    """Kappa with its 95 % interval.

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


def agreement_table(
    first: ArrayLike, second: ArrayLike, *, categories: ArrayLike
) -> np.ndarray:
    """Return how often two readers gave each pair of scores.

    Parameters
    ----------
    first, second : array of shape (cases,)
        Scores of the same cases in the same order.
    categories : array of shape (k,)
        All possible scores in their order, also those nobody gave.

    Returns
    -------
    int array of shape (k, k)
        Rows: first reader, columns: second.

    Raises
    ------
    ValueError
        If the lengths differ, nothing is left, or a score is not among the categories.

    Examples
    --------
    >>> agreement_table([0, 1, 1], [0, 1, 0], categories=[0, 1]).tolist()
    [[1, 0], [1, 1]]
    """
    one, other = _places(first, categories), _places(second, categories)
    if one.shape != other.shape or one.ndim != 1 or one.size == 0:
        raise ValueError(
            f"first has shape {one.shape}, second {other.shape}; expected one score."
        )
    table = np.zeros((len(np.asarray(categories)),) * 2, dtype=int)
    np.add.at(table, (one, other), 1)
    return table


def _places(scores: ArrayLike, categories: ArrayLike) -> np.ndarray:
    """Return the place of each score among the categories, counted from 0."""
    given, names = np.asarray(scores), np.asarray(categories)
    strange = given[~np.isin(given, names)]
    if strange.size or len(np.unique(names)) < max(2, len(names)):
        raise ValueError(
            f"categories is {names.tolist()}, expected all once; found {strange[:1]}."
        )
    return (given[..., None] == names).argmax(axis=-1)


def _weights(categories: int, weights: str) -> np.ndarray:
    """Return how much each pair of scores agrees: 1 on the diagonal, 0 at the ends."""
    number = np.arange(categories)
    distance = np.abs(np.subtract.outer(number, number)) / (categories - 1)
    kinds = {"none": distance > 0, "linear": distance, "quadratic": distance**2}
    if weights not in kinds:
        raise ValueError(f"weights is {weights!r}, expected one of {', '.join(kinds)}.")
    return 1.0 - kinds[weights]


def cohen_kappa(table: ArrayLike, *, weights: str = "none") -> float:
    """Return Cohen's kappa of a table of pairs, plain or weighted.

    Parameters
    ----------
    table : array of shape (k, k)
        Counts or shares, from `agreement_table`.
    weights : {"none", "linear", "quadratic"}
        A pair counts 1 on the diagonal; elsewhere 0, or 1 less its distance (squared)
        as a share of the largest.

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
    agree = _weights(len(share), weights)
    by_chance = (agree * np.outer(share.sum(axis=1), share.sum(axis=0))).sum()
    return float(((agree * share).sum() - by_chance) / (1 - by_chance))


def _shares(table: ArrayLike) -> np.ndarray:
    counts = np.asarray(table, dtype=float)
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1]
    given = counts.sum(axis=0) + counts.sum(axis=-1) > 0 if square else ()
    if sum(given) < 2 or not counts.sum() < np.inf or (counts < 0).any():
        raise ValueError(
            f"table has shape {counts.shape} and the sum {counts.sum():g}, expected "
            "counts in k rows and k columns, and two different scores at least."
        )
    return counts / counts.sum()


def kappa_interval(table: ArrayLike, *, weights: str = "none") -> Kappa:
    """Return kappa with its large-sample 95 % interval.

    Parameters
    ----------
    table : int array of shape (k, k)
        Counts of pairs; each case once, so that cases are independent. For several
        films of a patient use `bootstrap_kappa`.
    weights : {"none", "linear", "quadratic"}

    Raises
    ------
    ValueError
        As `cohen_kappa`, or if the table holds shares instead of counts.

    Examples
    --------
    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*kappa_interval([[20, 5], [10, 15]])))
    0.40 (0.15 to 0.65)

    References
    ----------
    Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327.
    """
    value, share = cohen_kappa(table, weights=weights), _shares(table)
    if np.any(np.asarray(table) % 1):
        raise ValueError(f"The table sums to {np.sum(table):g}, of no whole counts.")
    agree = _weights(len(share), weights)
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    by_chance = (agree * np.outer(rows, columns)).sum()
    habit = np.add.outer(agree @ columns, rows @ agree)
    spread = (share * (agree - habit * (1 - value)) ** 2).sum()
    spread -= (value - by_chance * (1 - value)) ** 2
    error = np.sqrt(max(spread, 0) / np.sum(table)) / (1 - by_chance)
    return Kappa(value, float(value - Z_95 * error), float(value + Z_95 * error))


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
    places = _places(scores, categories)
    patients, member = np.unique(np.asarray(clusters).astype(str), return_inverse=True)
    if places.shape != (len(member), 2) or len(patients) < 2:
        raise ValueError(
            f"scores has shape {places.shape}, clusters {len(patients)} patients of "
            f"{len(member)} cases, expected (cases, 2) and at least 2 patients."
        )
    k = len(np.asarray(categories))
    counts = np.zeros((len(patients), k, k))  # one table for each patient
    np.add.at(counts, (member, *places.T), 1)
    value = cohen_kappa(counts.sum(axis=0), weights=weights)
    rng, values = np.random.default_rng(seed), []
    for _ in range(2000):
        drawn = np.bincount(rng.integers(len(patients), size=len(patients)))
        table = np.tensordot(drawn, counts[: len(drawn)], axes=1)
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
    places = _places(scores, categories)
    if places.ndim != 2 or places.shape[1] < 2 or len(np.unique(places)) < 2:
        raise ValueError(
            f"scores has shape {places.shape}, expected (cases, readers), at least 2 "
            "readers and 2 different scores."
        )
    readers = places.shape[1]
    counts = (places[:, :, None] == np.arange(len(np.asarray(categories)))).sum(axis=1)
    pairs = ((counts * (counts - 1)).sum(axis=1) / (readers * (readers - 1))).mean()
    by_chance = ((counts.sum(axis=0) / counts.sum()) ** 2).sum()
    return float((pairs - by_chance) / (1 - by_chance))


class Consensus(NamedTuple):
    """What Dawid and Skene's model makes of binary calls by several readers.

    Attributes
    ----------
    probability : float array of shape (cases,)
        That the finding is there, as the model believes.
    sensitivity, specificity : float array of shape (readers,)
        Of each reader, as the model believes.
    prevalence : float
        As the model believes.
    """

    probability: np.ndarray
    sensitivity: np.ndarray
    specificity: np.ndarray
    prevalence: float


def majority(calls: ArrayLike) -> np.ndarray:
    """Return the call that most readers made; a tie becomes 0.

    Parameters
    ----------
    calls : array of shape (cases, readers)
        0 or 1.

    Raises
    ------
    ValueError
        If a call is neither 0 nor 1, or there is none.

    Examples
    --------
    >>> majority([[1, 1, 0], [1, 0, 0]]).tolist()
    [1, 0]
    """
    return (_checked_calls(calls, at_least=1).mean(axis=1) > 0.5).astype(int)


def _checked_calls(calls: ArrayLike, *, at_least: int) -> np.ndarray:
    votes = np.asarray(calls, dtype=float)
    strange = votes[~np.isin(votes, (0, 1))]
    if votes.ndim != 2 or not len(votes) or votes.shape[1] < at_least or strange.size:
        found = f" and the value {strange[0]:g}" if strange.size else ""
        raise ValueError(
            f"calls has shape {votes.shape}{found}, expected (cases, readers) with 0 "
            f"or 1 from at least {at_least} reader(s). Leave out cases not read by all."
        )
    return votes


def dawid_skene(calls: ArrayLike) -> Consensus:
    """Return a consensus that weighs each reader by how the others bear them out.

    Expectation and maximisation in turn, a hundred times: from the present belief about
    each case the sensitivity and specificity of each reader, and from these the belief.
    It takes the readers' errors as independent given the truth; where all stumble over
    the same cases, it believes them too much.

    Parameters
    ----------
    calls : array of shape (cases, readers)
        0 or 1, at least 3 readers.

    Raises
    ------
    ValueError
        If there are fewer than 3 readers, a call is neither 0 nor 1, or all calls are
        the same.

    Examples
    --------
    >>> found = dawid_skene([[1, 1, 1]] * 4 + [[0, 0, 0]] * 5 + [[1, 1, 0]])
    >>> found.probability.round().tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]

    References
    ----------
    Dawid AP, Skene AM. J R Stat Soc C 1979;28:20-28.
    """
    votes = _checked_calls(calls, at_least=3)
    if votes.min() == votes.max():
        raise ValueError(
            f"All {votes.size} calls are {votes.min():g}, expected both 0 and 1: from "
            "one answer nobody's skill can be told."
        )
    belief, edge = votes.mean(axis=1), 1e-6
    for _ in range(100):
        found = np.clip(belief @ votes / belief.sum(), edge, 1 - edge)
        cleared = (1 - belief) @ (1 - votes) / (1 - belief).sum()
        cleared = np.clip(cleared, edge, 1 - edge)
        there = np.log(found) @ votes.T + np.log(1 - found) @ (1 - votes).T
        absent = np.log(1 - cleared) @ votes.T + np.log(cleared) @ (1 - votes).T
        prevalence = np.clip(belief.mean(), edge, 1 - edge)
        odds = np.log(prevalence / (1 - prevalence)) + there - absent
        belief = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    return Consensus(belief, found, cleared, float(belief.mean()))
