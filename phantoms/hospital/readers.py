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

#: Lowest evidence for the scores 2, 3, 4 and 5, before the reader's own shift.
CUTS = (-0.3, 0.5, 1.2, 1.9)


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

    Returns
    -------
    int array of shape (n, r)
        1 (definitely absent) to 5 (definitely present).

    Raises
    ------
    ValueError
        If ``shared`` is outside 0 to 1.
    """
    if not 0 <= shared <= 1:
        raise ValueError(f"shared is {shared}. Expected a share from 0 to 1.")
    truth = np.asarray(truth, float)
    skill = np.array([reader.skill for reader in readers])
    case = np.sqrt(shared) * rng.standard_normal((len(truth), 1))
    own = np.sqrt(1 - shared) * rng.standard_normal((len(truth), len(readers)))
    evidence = truth[:, None] * skill + case + own
    shifts = np.array([reader.shift for reader in readers])
    cuts = np.array(CUTS)[:, None, None] + shifts
    return 1 + (evidence > cuts).sum(0)


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
    from scipy.stats import multivariate_normal  # slow to load

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
