"""A training set whose cases come from one hospital and whose controls from another."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.diagnostic_metrics import area_under_roc
from helpers.patient_splits.similar_films import scores_after

__all__ = ["chosen_crookedly", "crooked_and_fair"]


def chosen_crookedly(
    truth: np.ndarray, at_first: np.ndarray, *, share: float, seed: int
) -> np.ndarray:
    """Return which films are taken: a share of the first hospital's cases, and so on.

    Parameters
    ----------
    truth, at_first : arrays of shape (films,)
        1 for cases; True for films of the first hospital, False for the second.
    share : float
        Taken of the first's cases and of the second's controls; of the others, 1 -
        `share`. With 0.5 the choice is fair.
    seed : int

    Returns
    -------
    bool array of shape (films,)

    Raises
    ------
    ValueError
        If `share` is no share.

    Examples
    --------
    >>> taken = chosen_crookedly(np.array([1, 0, 1, 0]), np.array([1, 1, 0, 0]) == 1,
    ...                          share=1.0, seed=0)
    >>> taken.tolist()
    [True, False, False, True]
    """
    if not 0 <= share <= 1:
        raise ValueError(
            f"share is {share}, expected a number from 0 to 1; 0.5 is a fair choice."
        )
    cases_here = np.asarray(at_first, bool) == (np.asarray(truth) == 1)
    wanted = np.where(cases_here, share, 1 - share)
    return np.random.default_rng(seed).random(len(wanted)) < wanted


def crooked_and_fair(
    features: np.ndarray,
    table: pd.DataFrame,
    *,
    sites: ArrayLike,
    share: float,
    seed: int,
) -> pd.DataFrame:
    """Return the AUC of a crookedly and a fairly chosen training set in several exams.

    Patients, 60 % of them, are drawn to learn from; all others are for the exams. Both
    training sets have the same number of films.

    Parameters
    ----------
    features : float array of shape (images, m)
    table : pandas.DataFrame
        ``patient_id``, ``site`` and ``truth`` (0/1), one row per image.
    sites : two of the sites
        The first gives most cases, the second most controls.
    share : float
        See `chosen_crookedly`.
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``sample`` ("crooked" or "fair"), ``exam``, ``auc``, ``films`` examined and
        ``learnt`` from. The sample "hospital alone" is no learner: its score is the
        hospital.
    """
    patients, site = (
        table[name].astype(str).to_numpy() for name in ("patient_id", "site")
    )
    truth, (first, second) = table["truth"].to_numpy(int), map(str, sites)
    at_first, inside = site == first, np.isin(site, [first, second])
    people = np.random.default_rng(seed).permutation(np.unique(patients))
    examined = ~np.isin(patients, people[: round(0.6 * len(people))])
    taken = {
        name: inside & chosen_crookedly(truth, at_first, share=part, seed=seed)
        for name, part in (("crooked", share), ("fair", 0.5))
    }
    exams = {
        "chosen alike": taken["crooked"] & examined,
        f"all of {first}": at_first & examined,
        f"all of {second}": (site == second) & examined,
        "elsewhere": ~inside & examined,
    }
    learn = {name: np.flatnonzero(films & ~examined) for name, films in taken.items()}
    size = min(map(len, learn.values()))
    scores = {"hospital alone": at_first.astype(float)}
    for name, rows in learn.items():
        rows = np.random.default_rng(seed).permutation(rows)[:size]
        scores[name] = _scores(features, truth, learn=rows, exam=examined)
    return _aucs(truth, scores, exams).assign(learnt=size)


def _scores(
    features: np.ndarray, truth: np.ndarray, *, learn: np.ndarray, exam: np.ndarray
) -> np.ndarray:
    """Return scores of the films marked in `exam`; zero elsewhere."""
    scores, rows = np.zeros(len(truth)), np.flatnonzero(exam)
    scores[rows] = scores_after(features, truth[:, None], learn=learn, exam=rows)[:, 0]
    return scores


def _aucs(truth: np.ndarray, scores: dict, exams: dict) -> pd.DataFrame:
    """Return one row for each score and each exam that holds both classes."""
    rows = [
        (sample, exam, area_under_roc(truth[part], score[part]), int(part.sum()))
        for sample, score in scores.items()
        for exam, part in exams.items()
        if len(set(truth[part])) == 2
    ]
    return pd.DataFrame(rows, columns=["sample", "exam", "auc", "films"])
