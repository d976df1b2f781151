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
    if one.shape != other.shape or one.ndim != 1 or one.size == 0:
        raise ValueError(
            f"first has shape {one.shape} and second {other.shape}, expected one score "
            "of the same cases from each reader. Take two columns of one table and "
            "leave out cases that either reader did not read."
        )
    rows, columns = places_of(one, categories), places_of(other, categories)
    number = len(np.asarray(categories))
    table = np.zeros((number, number), dtype=int)
    np.add.at(table, (rows, columns), 1)
    return table


def places_of(scores: ArrayLike, categories: ArrayLike) -> np.ndarray:
    """Return the place of each score among the categories, counted from 0.

    Parameters
    ----------
    scores : array of any shape
    categories : array of shape (k,)
        All possible scores in their order, at least 2, each once.

    Returns
    -------
    int array of the shape of `scores`

    Raises
    ------
    ValueError
        If a score is not among the categories, or they are too few or repeat.

    Examples
    --------
    >>> places_of(["yes", "no"], ["no", "yes"]).tolist()
    [1, 0]
    """
    given, names = np.asarray(scores), np.asarray(categories)
    if names.ndim != 1 or len(names) < 2 or len(np.unique(names)) < len(names):
        raise ValueError(
            f"categories is {names.tolist()}, expected every possible score once, in "
            "order, at least 2. Scores from 1 to 5 are range(1, 6)."
        )
    strange = given[~np.isin(given, names)]
    if strange.size:
        raise ValueError(
            f"The score {strange[0]} is not among the categories {names.tolist()}. "
            "List every possible score in order; a missing score is no category."
        )
    return (given[..., None] == names).argmax(axis=-1)


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
