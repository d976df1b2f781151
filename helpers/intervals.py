"""Confidence intervals of shares, of means over repeats, and by resampling patients.

They tell how far a number may be from the one that very many patients *of the same
kind* would give. They do not cover other hospitals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from helpers.diagnostic_metrics import check_reference_and_score
from helpers.patient_splits import patient_names

LARGEST_SHARE_UNDEFINED = 0.05


class Interval(NamedTuple):
    """A two-sided bootstrap interval.

    Attributes
    ----------
    low, high : float
        Limits, in the unit of the measure.
    """

    low: float
    high: float


def wilson(successes: int, total: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share such as a sensitivity.

    Parameters
    ----------
    successes, total : int
        For a sensitivity: the true positives, and all diseased cases (at least 1).

    Returns
    -------
    low, high : float
        Unlike p +- 1.96 SE they stay within 0 and 1 and never collapse to a point.

    Raises
    ------
    ValueError
        If the counts are not whole numbers, contradict each other, or `total` is 0.

    Examples
    --------
    >>> low, high = wilson(18, 20)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.699 to 0.972

    References
    ----------
    Wilson EB. J Am Stat Assoc 1927;22:209-212.
    """
    whole = int(total) == total and int(successes) == successes
    if not whole or total < 1 or not 0 <= successes <= total:
        raise ValueError(
            f"successes is {successes}, total {total}; expected counts of cases."
        )
    found = stats.binomtest(int(successes), int(total)).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def mean_interval(values: ArrayLike) -> tuple[float, float, float]:
    """Return the mean of a few repeats and its 95 % Student t interval.

    Parameters
    ----------
    values : array of shape (repeats,)
        One number for each of at least 2 repeats, for example of each seed.

    Returns
    -------
    mean, low, high : float
        In the unit of `values`. The interval covers what varies between the repeats,
        and nothing that all repeats share (the same cohort, for example).

    Raises
    ------
    ValueError
        If there are fewer than 2 values, or one is missing.

    Examples
    --------
    >>> mean, low, high = mean_interval([0.02, 0.04, 0.03])
    >>> print(f"{mean:.3f} ({low:.3f} to {high:.3f})")
    0.030 (0.005 to 0.055)
    """
    repeats = np.asarray(values, dtype=float)
    if repeats.ndim != 1 or repeats.size < 2 or not np.isfinite(repeats).all():
        raise ValueError(
            f"values is {repeats}, expected at least 2 finite numbers. Repeat the run "
            "with other seeds; report a failed run, do not average it."
        )
    mean = float(repeats.mean())
    student = stats.t.ppf(0.975, repeats.size - 1)
    half_width = stats.sem(repeats) * student
    return mean, float(mean - half_width), float(mean + half_width)


def clustered_bootstrap(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    reference: ArrayLike,
    score: ArrayLike,
    *,
    clusters: ArrayLike,
    replicates: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return a 95 % percentile interval found by resampling whole patients.

    Each replicate draws as many patients as there are, with replacement, and takes all
    images of each: two images of one patient are not two independent witnesses.

    Parameters
    ----------
    statistic : callable
        Takes (reference, score) and returns one number, for example `area_under_roc`.
    reference, score : array of shape (images,)
        Reference standard (0 or 1) and score.
    clusters : array of shape (images,)
        Patient of each image. ``numpy.arange(images)`` gives the image-level bootstrap.
    replicates, seed : int
        At least 100 resamples; the same seed gives the same limits.

    Returns
    -------
    Interval
        ``low`` and ``high``.

    Raises
    ------
    ValueError
        If the inputs disagree, a patient is missing, there is one only, or more than
        5 % of the replicates hold one class only.

    Examples
    --------
    >>> from helpers.diagnostic_metrics import area_under_roc
    >>> reference, score = [0, 0, 0, 1, 1, 1] * 4, [1, 2, 5, 4, 6, 7] * 4
    >>> patients = list(range(24))
    >>> clustered_bootstrap(area_under_roc, reference, score, clusters=patients).high
    1.0

    References
    ----------
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap. 1993, chapters 8 and 13.
    """
    labels, scores = check_reference_and_score(reference, score)
    rows_of_patient = _rows_by_cluster(clusters, n_images=len(labels))
    rng = np.random.default_rng(seed)
    n_patients = len(rows_of_patient)
    values = []
    for _ in range(replicates):
        drawn = rng.integers(n_patients, size=n_patients)
        rows = np.concatenate([rows_of_patient[patient] for patient in drawn])
        if 0 < labels[rows].sum() < len(rows):
            values.append(statistic(labels[rows], scores[rows]))
    usable = np.asarray(values)[np.isfinite(values)]
    if replicates < 100 or len(usable) < (1 - LARGEST_SHARE_UNDEFINED) * replicates:
        raise ValueError(
            f"{len(usable)} of {replicates} resamples of {n_patients} patients gave a "
            f"value, the others hold one class only; expected at least 100 resamples "
            f"and {1 - LARGEST_SHARE_UNDEFINED:.0%} with a value. Report the counts."
        )
    low, high = np.quantile(usable, [0.025, 0.975])
    return Interval(low=float(low), high=float(high))


def _rows_by_cluster(clusters: ArrayLike, *, n_images: int) -> list[np.ndarray]:
    """Return the row numbers of each patient, patients in sorted order."""
    names = patient_names(clusters, called="clusters")
    rows = pd.Series(names).groupby(names).indices
    if len(names) != n_images or len(rows) < 2:
        raise ValueError(
            f"clusters has {len(names)} values and names {len(rows)} patient(s), "
            f"expected the patient of each of {n_images} images, 2 at least."
        )
    return [rows[name] for name in sorted(rows)]
