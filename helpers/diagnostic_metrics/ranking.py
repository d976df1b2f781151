"""Measures over all thresholds: ROC curve, precision-recall curve and their areas.

They judge the order that a score puts the cases in, not its scale.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from helpers.diagnostic_metrics.reference_standard import check_reference_and_score


def _running_counts(
    labels: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return true positives and false positives at each distinct score, falling."""
    order = np.argsort(-scores, kind="stable")
    labels, scores = labels[order], scores[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    true_positives = np.cumsum(labels)[last_of_tie]
    false_positives = last_of_tie + 1 - true_positives
    return true_positives, false_positives, scores[last_of_tie]


def roc_curve(
    reference: ArrayLike, score: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the ROC curve: one point per distinct score.

    Parameters
    ----------
    reference : array of shape (cases,)
        Reference standard, 0 or 1; both must occur.
    score : array of shape (cases,)
        Score of the network.

    Returns
    -------
    fpr : float array of shape (points,)
        1 - specificity, rising from 0 to 1.
    tpr : float array of shape (points,)
        Sensitivity, rising from 0 to 1.
    thresholds : float array of shape (points,)
        Falling, the first is infinite (nobody is called positive).

    Raises
    ------
    ValueError
        See `check_reference_and_score`.

    Examples
    --------
    >>> fpr, tpr, thresholds = roc_curve([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1])
    >>> fpr
    array([0. , 0. , 0.5, 0.5, 1. ])
    >>> tpr
    array([0. , 0.5, 0.5, 1. , 1. ])
    """
    labels, scores = check_reference_and_score(reference, score)
    true_positives, false_positives, thresholds = _running_counts(labels, scores)
    tpr = np.append(0, true_positives) / labels.sum()
    fpr = np.append(0, false_positives) / (len(labels) - labels.sum())
    return fpr, tpr, np.append(np.inf, thresholds)


def area_under_roc(reference: ArrayLike, score: ArrayLike) -> float:
    """Return the area under the ROC curve, 0 to 1 (0.5: the score knows nothing).

    It is the share of all pairs (one diseased, one healthy case) in which the diseased
    case has the higher score; a tie counts half. Computed from ranks (Mann-Whitney).

    Parameters
    ----------
    reference : array of shape (cases,)
        Reference standard, 0 or 1; both must occur.
    score : array of shape (cases,)
        Score of the network.

    Raises
    ------
    ValueError
        See `check_reference_and_score`.

    Examples
    --------
    >>> area_under_roc([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1])
    0.75

    References
    ----------
    Hanley JA, McNeil BJ. Radiology 1982;143:29-36.
    """
    labels, scores = check_reference_and_score(reference, score)
    _, position, ties = np.unique(scores, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(ties) - (ties - 1) / 2
    diseased = int(labels.sum())
    healthy = len(labels) - diseased
    rank_sum = middle_rank[position][labels == 1].sum()
    return float((rank_sum - diseased * (diseased + 1) / 2) / (diseased * healthy))


def precision_recall_curve(
    reference: ArrayLike, score: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return recall, precision and threshold at each distinct score.

    Parameters
    ----------
    reference : array of shape (cases,)
        Reference standard, 0 or 1; both must occur.
    score : array of shape (cases,)
        Score of the network.

    Returns
    -------
    recall : float array of shape (points,)
        Sensitivity, rising to 1.
    precision : float array of shape (points,)
        Positive predictive value; the last one is the prevalence.
    thresholds : float array of shape (points,)
        Falling.

    Raises
    ------
    ValueError
        See `check_reference_and_score`.

    Examples
    --------
    >>> recall, precision, thresholds = precision_recall_curve([1, 0, 1], [3, 2, 1])
    >>> recall
    array([0.5, 0.5, 1. ])
    >>> precision.round(2)
    array([1.  , 0.5 , 0.67])
    """
    labels, scores = check_reference_and_score(reference, score)
    true_positives, false_positives, thresholds = _running_counts(labels, scores)
    precision = true_positives / (true_positives + false_positives)
    return true_positives / labels.sum(), precision, thresholds


def average_precision(reference: ArrayLike, score: ArrayLike) -> float:
    """Return the area under the precision-recall steps, prevalence-dependent, 0 to 1.

    Parameters
    ----------
    reference : array of shape (cases,)
        Reference standard, 0 or 1; both must occur.
    score : array of shape (cases,)
        Score of the network.

    Raises
    ------
    ValueError
        See `check_reference_and_score`.

    Examples
    --------
    >>> average_precision([1, 0, 1], [3, 2, 1]).__round__(3)
    0.833
    """
    recall, precision, _ = precision_recall_curve(reference, score)
    return float(np.sum(np.diff(recall, prepend=0) * precision))
