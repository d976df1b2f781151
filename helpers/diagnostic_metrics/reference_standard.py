"""Check that a reference standard and a score can be compared at all.

The measures of `helpers.diagnostic_metrics` and `helpers.intervals` all begin here, so
that bad input gets one clear message instead of a wrong number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def check_reference_and_score(
    reference: ArrayLike, score: ArrayLike, *, both_classes: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return both inputs as arrays, or say in one paragraph what is wrong with them.

    Parameters
    ----------
    reference : array of shape (cases,)
        Reference standard, 0 or 1.
    score : array of shape (cases,)
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
    labels = _as_one_column(reference, name="reference")
    scores = _as_one_column(score, name="score")
    if len(labels) != len(scores):
        raise ValueError(
            f"reference has {len(labels)} cases and score has {len(scores)}; they must "
            "have one value per case, in the same order. Take both columns from the "
            "same table."
        )
    _check_no_missing(labels, name="reference")
    _check_no_missing(scores, name="score")
    strange = np.setdiff1d(labels, [0, 1])
    if strange.size:
        raise ValueError(
            f"reference holds the value {strange[0]:g}, expected only 0 (healthy) and "
            "1 (diseased). Turn grades or class numbers into one 0/1 finding first, "
            "and check that reference and score are not exchanged."
        )
    if both_classes and (labels == labels[0]).all():
        raise ValueError(
            f"reference has one class only: all {len(labels)} cases are "
            f"{int(labels[0])}. This measure compares diseased with healthy cases and "
            "needs at least one of each; use a larger split or another finding."
        )
    return labels.astype(int), scores


def _as_one_column(values: ArrayLike, *, name: str) -> np.ndarray:
    """Return float values of shape (cases,), never empty."""
    try:
        column = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must hold numbers, and could not be read as such ({error}). "
            "Pass one number per case."
        ) from None
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        raise ValueError(
            f"{name} has shape {column.shape}, expected (cases,): one value per case. "
            "Pass one column, for example table['consolidation']."
        )
    if column.size == 0:
        raise ValueError(
            f"{name} is empty, expected one value per case. The split has no cases: "
            "check the name of the split."
        )
    return column


def _check_no_missing(column: np.ndarray, *, name: str) -> None:
    """Raise if a value is NaN or infinite."""
    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        raise ValueError(
            f"{name} holds {bad.size} missing or infinite value(s), the first at "
            f"position {bad[0]} ({column[bad[0]]}); expected a finite number for every "
            "case. Find out why they are missing before leaving cases out: cases that "
            "fail are rarely a random sample."
        )
