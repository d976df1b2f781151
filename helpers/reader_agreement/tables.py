"""Pairs of scores: how often each occurs, and how much each counts as agreement."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

WEIGHTS = ("none", "linear", "quadratic")


def agreement_table(
    first: ArrayLike, second: ArrayLike, *, categories: ArrayLike
) -> np.ndarray:
    """Return how often two readers gave each pair of scores.

    Parameters
    ----------
    first, second : array of shape (cases,)
        Scores of the same cases in the same order.
    categories : array of shape (k,)
        All possible scores in their order, also those nobody gave.

    Returns
    -------
    int array of shape (k, k)
        Rows: first reader, columns: second.

    Raises
    ------
    ValueError
        If the lengths differ, nothing is left, or a score is not among the categories.

    Examples
    --------
    >>> agreement_table([0, 1, 1], [0, 1, 0], categories=[0, 1]).tolist()
    [[1, 0], [1, 1]]
    """
    one, other = np.asarray(first), np.asarray(second)
    names = np.asarray(categories)
    if one.shape != other.shape or one.ndim != 1 or one.size == 0:
        raise ValueError(
            f"first has shape {one.shape} and second {other.shape}, expected one score "
            "of the same cases from each reader. Take two columns of one table and "
            "leave out cases that either reader did not read."
        )
    strange = np.setdiff1d(np.concatenate([one, other]), names)
    if strange.size:
        raise ValueError(
            f"The score {strange[0]} is not among the categories {names.tolist()}. "
            "List every possible score in order; a missing score is no category."
        )
    table = np.zeros((len(names), len(names)), dtype=int)
    place = {name: number for number, name in enumerate(names.tolist())}
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        table[place[a], place[b]] += 1
    return table


def agreement_weights(categories: int, *, weights: str) -> np.ndarray:
    """Return how much each pair of scores agrees, 0 to 1.

    Parameters
    ----------
    categories : int
        At least 2.
    weights : {"none", "linear", "quadratic"}
        1 on the diagonal; elsewhere 0, or 1 less the distance (squared) as a share of
        the largest.

    Raises
    ------
    ValueError
        If the kind of weights is unknown, or there are fewer than two categories.

    Examples
    --------
    >>> agreement_weights(3, weights="linear").tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    if weights not in WEIGHTS or categories < 2:
        raise ValueError(
            f"weights is {weights!r} for {categories} categories, expected one of "
            f"{', '.join(WEIGHTS)} and at least 2 categories. Quadratic is usual for "
            "ordered scores, none for names."
        )
    number = np.arange(categories)
    distance = np.abs(np.subtract.outer(number, number)) / (categories - 1)
    power = {"none": None, "linear": 1, "quadratic": 2}[weights]
    return 1 - distance**power if power else (distance == 0).astype(float)
