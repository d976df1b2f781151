"""The two-by-two table at one threshold, and the shares read off it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from helpers.diagnostic_metrics.reference_standard import check_reference_and_score


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
        return self.tp + self.fp + self.tn + self.fn


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
        raise ValueError(
            "threshold is NaN, expected a number on the scale of the score. Choose it "
            "on the tuning set and pass it here."
        )
    called = scores >= threshold
    return Counts(
        tp=int(np.sum(called & (labels == 1))),
        fp=int(np.sum(called & (labels == 0))),
        tn=int(np.sum(~called & (labels == 0))),
        fn=int(np.sum(~called & (labels == 1))),
    )


def _ratio(part: int, whole: int, *, measure: str, needs: str) -> float:
    """Divide two counts, or say why the measure does not exist."""
    if whole == 0:
        raise ValueError(
            f"{measure} is undefined: there are 0 {needs} in these counts, expected at "
            "least one. Report the counts instead of a ratio."
        )
    return part / whole


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
    return _ratio(
        counts.tp, counts.diseased, measure="Sensitivity", needs="diseased cases"
    )


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
    return _ratio(
        counts.tn, counts.healthy, measure="Specificity", needs="healthy cases"
    )


def accuracy(counts: Counts) -> float:
    """Return the share of all cases that are called rightly, 0 to 1.

    Parameters
    ----------
    counts : Counts
        Two-by-two table from `confusion_counts`.

    Raises
    ------
    ValueError
        If there is no case at all.

    Examples
    --------
    >>> accuracy(Counts(tp=8, fp=1, tn=9, fn=2))
    0.85
    """
    return _ratio(
        counts.tp + counts.tn, counts.total, measure="Accuracy", needs="cases"
    )


def positive_predictive_value(counts: Counts) -> float:
    """Return the share of positive calls that are diseased, 0 to 1 (also: precision).

    Parameters
    ----------
    counts : Counts
        Two-by-two table from `confusion_counts`. The value holds for the prevalence
        of these cases only.

    Raises
    ------
    ValueError
        If no case is called positive.

    Examples
    --------
    >>> positive_predictive_value(Counts(tp=8, fp=2, tn=9, fn=2))
    0.8
    """
    return _ratio(
        counts.tp,
        counts.called_positive,
        measure="Positive predictive value",
        needs="cases called positive",
    )


def negative_predictive_value(counts: Counts) -> float:
    """Return the share of negative calls that are healthy, 0 to 1.

    Parameters
    ----------
    counts : Counts
        Two-by-two table from `confusion_counts`. The value holds for the prevalence
        of these cases only.

    Raises
    ------
    ValueError
        If no case is called negative.

    Examples
    --------
    >>> negative_predictive_value(Counts(tp=8, fp=1, tn=9, fn=1))
    0.9
    """
    return _ratio(
        counts.tn,
        counts.tn + counts.fn,
        measure="Negative predictive value",
        needs="cases called negative",
    )
