"""Confidence intervals of shares, of means over repeats, and by resampling patients.

They tell how far a number may be from the one that very many patients *of the same
kind* would give. They do not cover other hospitals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from helpers.diagnostic_metrics import check_reference_and_score

LARGEST_SHARE_UNDEFINED = 0.05


class Interval(NamedTuple):
    """A two-sided bootstrap interval.

    Attributes
    ----------
    low, high : float
        Limits, in the unit of the measure.
    replicates : int
        Resamples that gave a value, and from which the limits were taken.
    """

    low: float
    high: float
    replicates: int


def _check_confidence(confidence: float) -> None:
    """Raise unless the confidence lies between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}, expected a share like 0.95.")


def wilson(
    successes: int, total: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the Wilson score interval of a share such as a sensitivity.

    Parameters
    ----------
    successes, total : int
        For a sensitivity: the true positives, and all diseased cases (at least 1).
    confidence : float
        0.95 for a 95 % interval.

    Returns
    -------
    low, high : float
        Unlike p +- 1.96 SE they stay within 0 and 1 and never collapse to a point.

    Raises
    ------
    ValueError
        If the counts are not whole numbers, contradict each other, or `total` is 0, or
        the confidence is no share.

    Examples
    --------
    >>> low, high = wilson(18, 20)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.699 to 0.972

    References
    ----------
    Wilson EB. J Am Stat Assoc 1927;22:209-212.
    """
    _check_confidence(confidence)
    whole = int(total) == total and int(successes) == successes
    if not whole or total < 1 or not 0 <= successes <= total:
        raise ValueError(
            f"successes is {successes}, total {total}; expected counts of cases."
        )
    test = stats.binomtest(int(successes), int(total))
    found = test.proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)


def mean_interval(
    values: ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return the mean of a few repeats and its Student t interval.

    Parameters
    ----------
    values : array of shape (repeats,)
        One number for each of at least 2 repeats, for example of each seed.
    confidence : float
        0.95 for a 95 % interval.

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
    _check_confidence(confidence)
    repeats = np.asarray(values, dtype=float)
    if repeats.ndim != 1 or repeats.size < 2 or not np.isfinite(repeats).all():
        raise ValueError(
            f"values is {repeats}, expected at least 2 finite numbers. Repeat the run "
            "with other seeds; report a failed run, do not average it."
        )
    mean = float(repeats.mean())
    student = stats.t.ppf(0.5 + confidence / 2, repeats.size - 1)
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
    confidence: float = 0.95,
) -> Interval:
    """Return a percentile interval found by resampling whole patients.

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
    confidence : float
        0.95 for a 95 % interval.

    Returns
    -------
    Interval
        ``low``, ``high`` and the number of replicates that gave a value.

    Raises
    ------
    ValueError
        If the inputs disagree, there is one patient only, or more than 5 % of the
        replicates hold one class only.

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
    _check_confidence(confidence)
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
    low, high = np.quantile(usable, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Interval(low=float(low), high=float(high), replicates=len(usable))


def _rows_by_cluster(clusters: ArrayLike, *, n_images: int) -> list[np.ndarray]:
    """Return the row numbers of each patient, patients in sorted order."""
    names = np.asarray(clusters)
    if names.shape != (n_images,) or len(np.unique(names)) < 2:
        raise ValueError(
            f"clusters has shape {names.shape} and names {len(np.unique(names))} "
            f"patient(s), expected that of each of {n_images} images, 2 at least."
        )
    _, patient_of_row = np.unique(names.astype(str), return_inverse=True)
    order = np.argsort(patient_of_row, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(patient_of_row[order])) + 1)
