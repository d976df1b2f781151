"""Count, rank and summarise how well a score agrees with the reference standard.

Every function takes two arrays of the same length: the reference standard (0 healthy,
1 diseased) and the score of the network. A case is called positive when its score is
equal to or above the threshold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import sklearn.metrics
from numpy.typing import ArrayLike


def check_reference_and_score(
    reference: ArrayLike, score: ArrayLike, *, both_classes: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return both inputs as arrays, or say what is wrong with them.

    The measures here and in `helpers.intervals` all begin with this check, so that bad
    input gets one clear message instead of a wrong number.

    Parameters
    ----------
    reference : array of shape (cases,) or (cases, 1)
        Reference standard, 0 or 1.
    score : array of shape (cases,) or (cases, 1)
        Score of the network, any finite number; higher means more suspicious.
    both_classes : bool
        Whether at least one diseased and one healthy case are needed.

    Returns
    -------
    reference : int array of shape (cases,)
    score : float array of shape (cases,)

    Raises
    ------
    ValueError
        If the lengths differ, nothing is left, a value is missing, a label is
        neither 0 nor 1, or only one class is there though both are needed.

    Examples
    --------
    >>> check_reference_and_score([0, 1], [0.2, 0.9])
    (array([0, 1]), array([0.2, 0.9]))
    """
    labels = _column(reference, name="reference")
    scores = _column(score, name="score")
    if len(labels) != len(scores):
        raise ValueError(
            f"reference has {len(labels)} cases, score {len(scores)}; expected as many."
        )
    strange = labels[~np.isin(labels, (0, 1))]
    if strange.size:
        raise ValueError(
            f"reference holds the value {strange[0]:g}, expected only 0 (healthy) and "
            "1 (diseased). Say where grades begin; do not exchange it with the score."
        )
    if both_classes and (labels == labels[0]).all():
        raise ValueError(
            f"reference has one class only: all {len(labels)} cases are "
            f"{labels[0]:g}, expected both 0 and 1. Use a larger split."
        )
    return labels.astype(int), scores


def _column(values: ArrayLike, *, name: str) -> np.ndarray:
    """Return finite float values of shape (cases,), never empty."""
    try:
        column = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers: {error}.") from None
    if column.ndim == 2 and column.shape[1] == 1:  # as Keras returns it
        column = column[:, 0]
    if column.ndim != 1 or not column.size:
        raise ValueError(
            f"{name} has shape {column.shape}, expected (cases,), one case or more."
        )
    missing = np.flatnonzero(~np.isfinite(column))
    if missing.size:
        raise ValueError(
            f"{name} holds {missing.size} missing or infinite value(s), the first at "
            f"position {missing[0]}; expected a number for every case."
        )
    return column


class Counts(NamedTuple):
    """The four cells of the two-by-two table at one threshold.

    Attributes
    ----------
    tp, fp, tn, fn : int
        True positive, false positive, true negative and false negative cases.
    """

    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def diseased(self) -> int:
        """Cases that have the finding by the reference standard."""
        return self.tp + self.fn

    @property
    def healthy(self) -> int:
        """Cases that do not have the finding by the reference standard."""
        return self.tn + self.fp

    @property
    def called_positive(self) -> int:
        """Cases at or above the threshold."""
        return self.tp + self.fp

    @property
    def total(self) -> int:
        """All cases."""
        return sum(self)


def confusion_counts(
    reference: ArrayLike, score: ArrayLike, *, threshold: float
) -> Counts:
    """Count the two-by-two table at one threshold (positive: score >= threshold).

    Parameters
    ----------
    reference : array of shape (cases,)
        Reference standard, 0 or 1.
    score : array of shape (cases,)
        Score of the network.
    threshold : float
        Same scale as the score; infinite values are allowed.

    Raises
    ------
    ValueError
        If the inputs disagree (see `check_reference_and_score`) or the threshold is
        not a number.

    Examples
    --------
    >>> confusion_counts([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], threshold=0.5)
    Counts(tp=1, fp=1, tn=1, fn=1)
    """
    labels, scores = check_reference_and_score(reference, score, both_classes=False)
    if np.isnan(threshold):
        raise ValueError("threshold is NaN. Choose one on the tuning set.")
    called, diseased = scores >= threshold, labels == 1
    return Counts(
        tp=int(np.sum(called & diseased)),
        fp=int(np.sum(called & ~diseased)),
        tn=int(np.sum(~called & ~diseased)),
        fn=int(np.sum(~called & diseased)),
    )


def sensitivity(counts: Counts) -> float:
    """Return the share of diseased cases that are called positive, 0 to 1.

    Parameters
    ----------
    counts : Counts
        Two-by-two table from `confusion_counts`.

    Raises
    ------
    ValueError
        If there is no diseased case.

    Examples
    --------
    >>> sensitivity(Counts(tp=8, fp=1, tn=9, fn=2))
    0.8
    """
    return _share(counts.tp, counts.diseased, of="diseased cases")


def specificity(counts: Counts) -> float:
    """Return the share of healthy cases that are called negative, 0 to 1.

    Parameters
    ----------
    counts : Counts
        Two-by-two table from `confusion_counts`.

    Raises
    ------
    ValueError
        If there is no healthy case.

    Examples
    --------
    >>> specificity(Counts(tp=8, fp=1, tn=9, fn=2))
    0.9
    """
    return _share(counts.tn, counts.healthy, of="healthy cases")


def _share(part: int, whole: int, *, of: str) -> float:
    """Divide two counts, or say why the measure does not exist."""
    if whole == 0:
        raise ValueError(
            f"The share is undefined: there are 0 {of}, expected at least one. Report "
            "the counts instead."
        )
    return part / whole


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
    return sklearn.metrics.roc_curve(labels, scores, drop_intermediate=False)


def area_under_roc(reference: ArrayLike, score: ArrayLike) -> float:
    """Return the area under the ROC curve, 0 to 1 (0.5: the score knows nothing).

    It is the share of all pairs (one diseased, one healthy case) in which the diseased
    case has the higher score; a tie counts half. Computed from ranks (Mann-Whitney),
    many times faster than scikit-learn, since a bootstrap asks for it 2,000 times.

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
    diseased = int(labels.sum())
    healthy = len(labels) - diseased
    _, position, ties = np.unique(scores, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(ties) - (ties - 1) / 2
    rank_sum = middle_rank[position][labels == 1].sum()
    return float((rank_sum - diseased * (diseased + 1) / 2) / (diseased * healthy))
