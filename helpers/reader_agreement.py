"""What several readers say together: majority, and a consensus that weighs them.

Agreement of two readers is measured in lesson 17: kappa by statsmodels, and a recipe
with an interval over patients. Neither says who is right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


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
