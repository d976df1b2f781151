"""Simulated readers: skill, threshold, and cases that are hard for everybody.

Each reader sees evidence that is normal with standard deviation 1 and higher by the
reader's d' when the finding is there. Part of its variance belongs to the case and is
shared by all readers, so that they err on the same cases and agree better than chance
errors would allow (the binormal model of multi-reader studies).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import multivariate_normal

#: Lowest evidence for the scores 2, 3, 4 and 5, before the reader's own shift.
CUTS = (-0.3, 0.5, 1.2, 1.9)
MEANING = {
    1: "definitely absent",
    2: "probably absent",
    3: "possible",
    4: "probably present",
    5: "definitely present",
}


@dataclass(frozen=True)
class Reader:
    """One reader.

    Parameters
    ----------
    name : str
    skill : float
        d' of the finding, in standard deviations of the evidence.
    shift : float
        Added to every cut: positive for a cautious reader, negative for one who
        calls more.
    """

    name: str
    skill: float
    shift: float = 0.0

    @property
    def auc(self) -> float:
        """Area under the true ROC curve of this reader's evidence."""
        return float(ndtr(self.skill / np.sqrt(2)))


#: Three residents and two specialists, as invented as the patients.
READERS = (
    Reader("reader_1", 1.2, -0.3),
    Reader("reader_2", 1.4, 0.4),
    Reader("reader_3", 1.6, 0.0),
    Reader("reader_4", 2.2, 0.3),
    Reader("reader_5", 2.6, -0.1),
)
#: Share of the variance that belongs to the case.
SHARED = 0.5


def read_scores(
    truth: np.ndarray,
    readers: Sequence[Reader],
    rng: np.random.Generator,
    *,
    shared: float = SHARED,
    subtlety: np.ndarray | None = None,
) -> np.ndarray:
    """Return the score of every case by every reader.

    Parameters
    ----------
    truth : int array of shape (n,)
        1 where the finding is there.
    readers : sequence of Reader, length r
    rng : numpy.random.Generator
    shared : float
        Share of the variance that all readers have in common, 0 to 1.
    subtlety : float array of shape (n,), optional
        Factor on every reader's d' in a case: 1 is average, 0 invisible.

    Returns
    -------
    int array of shape (n, r)
        1 to 5; see ``MEANING``.

    Raises
    ------
    ValueError
        If ``shared`` is outside 0 to 1.
    """
    _check_shared(shared)
    truth = np.asarray(truth, float)
    visible = truth if subtlety is None else truth * np.asarray(subtlety, float)
    skill = np.array([reader.skill for reader in readers])
    case = np.sqrt(shared) * rng.standard_normal((len(truth), 1))
    own = np.sqrt(1 - shared) * rng.standard_normal((len(truth), len(readers)))
    evidence = visible[:, None] * skill + case + own
    shifts = np.array([reader.shift for reader in readers])
    cuts = np.array(CUTS)[:, None, None] + shifts
    return 1 + (evidence > cuts).sum(0)


def _check_shared(shared: float) -> None:
    if not 0 <= shared <= 1:
        raise ValueError(f"shared is {shared}, but a share lies between 0 and 1.")


def expected_table(
    first: Reader, second: Reader, *, prevalence: float, shared: float = SHARED
) -> np.ndarray:
    """Return the true probability of every pair of scores, shape (5, 5).

    Parameters
    ----------
    first, second : Reader
        Rows and columns.
    prevalence : float
        Share of cases with the finding, 0 to 1.
    shared : float
        As in ``read_scores``; below 1.
    """
    _check_shared(shared)
    normal = multivariate_normal([0, 0], [[1, shared], [shared, 1]])
    # beyond 9 standard deviations nothing is left
    edges = [np.array([-9, *CUTS, 9]) + r.shift for r in (first, second)]
    table = np.zeros((5, 5))
    for present, weight in ((0, 1 - prevalence), (1, prevalence)):
        rows = edges[0] - present * first.skill
        columns = edges[1] - present * second.skill
        grid = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)
        below = normal.cdf(grid)
        table += weight * np.diff(np.diff(below, axis=0), axis=1)
    return table / table.sum()


def kappa_of(table: np.ndarray, *, weighted: bool = False) -> float:
    """Return Cohen's kappa of a table of joint probabilities or counts.

    Parameters
    ----------
    table : float array of shape (k, k)
    weighted : bool
        Quadratic weights, for ordinal scores.

    Examples
    --------
    >>> kappa_of(np.array([[0.5, 0.0], [0.0, 0.5]]))
    1.0

    References
    ----------
    Cohen J. Psychological Bulletin 1968;70:213-220.
    """
    table = np.asarray(table, float) / np.sum(table)
    number = np.arange(len(table))
    distance = np.subtract.outer(number, number)
    penalty = distance**2 if weighted else (distance != 0)
    chance = np.outer(table.sum(1), table.sum(0))
    return float(1 - (penalty * table).sum() / (penalty * chance).sum())
