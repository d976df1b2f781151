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

__all__ = ["Interval", "clustered_bootstrap", "mean_interval", "wilson"]

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
        raise ValueError(
            f"confidence is {confidence}, expected a number above 0 and below 1. Write "
            "0.95 for a 95 % interval."
        )


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
    _check_confidence(confidence)
    if int(total) != total or int(successes) != successes:
        raise ValueError(
            f"successes is {successes} and total is {total}, expected whole numbers. "
            "Pass counts of cases, not shares."
        )
    if total < 1 or not 0 <= successes <= total:
        raise ValueError(
            f"successes is {successes} and total is {total}, expected total of at "
            "least 1 and successes between 0 and total. No cases, no interval."
        )
    z = stats.norm.ppf(0.5 + confidence / 2)
    share = successes / total
    centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half_width = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    half_width /= 1 + z**2 / total
    low = 0.0 if successes == 0 else float(centre - half_width)
    high = 1.0 if successes == total else float(centre + half_width)
    return low, high


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
    if repeats.ndim != 1 or repeats.size < 2:
        raise ValueError(
            f"values has shape {repeats.shape}, expected (repeats,) with at least 2 "
            "repeats. One run alone does not show how much runs vary: repeat it with "
            "other seeds."
        )
    if not np.isfinite(repeats).all():
        raise ValueError(
            f"values holds {np.sum(~np.isfinite(repeats))} missing or infinite "
            "value(s), expected one finite number per repeat. Mend or report a "
            "failed run; do not average it."
        )
    mean = float(repeats.mean())
    standard_error = repeats.std(ddof=1) / np.sqrt(repeats.size)
    half_width = stats.t.ppf(0.5 + confidence / 2, repeats.size - 1) * standard_error
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
    if replicates < 100:
        raise ValueError(
            f"replicates is {replicates}, expected at least 100. The limits are read "
            "off the tails, and a handful of resamples has none; 2000 is usual."
        )
    rng = np.random.default_rng(seed)
    n_patients = len(rows_of_patient)
    values = np.full(replicates, np.nan)
    for replicate in range(replicates):
        drawn = rng.integers(n_patients, size=n_patients)
        rows = np.concatenate([rows_of_patient[patient] for patient in drawn])
        if 0 < labels[rows].sum() < len(rows):
            values[replicate] = statistic(labels[rows], scores[rows])
    return _percentile_interval(values, confidence=confidence, n_patients=n_patients)


def _rows_by_cluster(clusters: ArrayLike, *, n_images: int) -> list[np.ndarray]:
    """Return the row numbers of each patient, patients in sorted order."""
    names = np.asarray(clusters)
    if names.shape != (n_images,):
        raise ValueError(
            f"clusters has shape {names.shape}, expected ({n_images},): the patient of "
            "each image. Take it from the same table as reference and score."
        )
    _, patient_of_row = np.unique(names.astype(str), return_inverse=True)
    order = np.argsort(patient_of_row, kind="stable")
    starts = np.flatnonzero(np.diff(patient_of_row[order])) + 1
    rows_of_patient = np.split(order, starts)
    if len(rows_of_patient) < 2:
        raise ValueError(
            f"clusters names one patient only ({names[0]}), expected at least 2. From "
            "one patient nothing can be said about others."
        )
    return rows_of_patient


def _percentile_interval(
    values: np.ndarray, *, confidence: float, n_patients: int
) -> Interval:
    """Read the limits off the replicates, if enough of them have a value."""
    usable = values[np.isfinite(values)]
    undefined = len(values) - len(usable)
    if undefined > LARGEST_SHARE_UNDEFINED * len(values):
        raise ValueError(
            f"The measure was undefined in {undefined} of {len(values)} resamples of "
            f"{n_patients} patients, because they held one class only; expected in at "
            f"most {LARGEST_SHARE_UNDEFINED:.0%} of them. Too few patients have the "
            "finding, or too few lack it: report the counts, and find more patients."
        )
    low, high = np.quantile(usable, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Interval(low=float(low), high=float(high), replicates=len(usable))
