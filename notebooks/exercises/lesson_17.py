"""Answers expected in lesson 17, readers and label noise."""

import numpy as np

from helpers.checks import Case, Exercise

EXERCISES = {
    "17.1": Exercise(
        cases=[
            Case(
                inputs=(np.array([[20, 5], [10, 15]]),),
                expected=0.4,
                hint="Observed 35/50 = 0.7; by chance 0.5*0.6 + 0.5*0.4 = 0.5.",
            ),
            Case(
                inputs=(np.array([[5, 0, 0], [0, 3, 0], [0, 0, 2]]),),
                expected=1.0,
                hint="Perfect agreement gives 1, whatever the habits.",
            ),
            Case(
                inputs=(np.array([[0.36, 0.24], [0.24, 0.16]]),),
                expected=0.0,
                hint="Here the table is what chance alone would make.",
            ),
            Case(
                inputs=(np.array([[2, 1, 1], [3, 4, 1], [0, 2, 6]]),), expected=0.384615
            ),
        ],
        hint="(p_o - p_e) / (1 - p_e), both from the diagonal.",
        tolerance=1e-4,
    ),
    "17.3": Exercise(
        cases=[
            Case(
                inputs=(np.array([[1, 1, 0, 0], [1, 0, 0, 1], [0, 1, 1, 1]]), 0),
                expected=np.array([0, 0, 1]),
                hint="In the first film the others say 1, 0, 0.",
            ),
            Case(
                inputs=(np.array([[0, 1, 1], [1, 1, 0]]), 2),
                expected=np.array([0, 1]),
                hint="Two others, one yes and one no: a tie counts as 0.",
            ),
            Case(
                inputs=(np.array([[0, 1, 1, 0], [1, 0, 0, 1]]), 0),
                expected=np.array([1, 0]),
                hint="Of the three others two say yes in the first film.",
            ),
            Case(
                inputs=(np.array([[0, 0, 1, 1, 1], [1, 1, 0, 0, 1]]), 4),
                expected=np.array([0, 0]),
                hint="Without the last reader both films are ties.",
            ),
        ],
        hint="Leave out the column of the reader, then ask for more than half.",
    ),
}


def _others(calls, reader, *, axis=1, tie=0):
    """Return what most of the others say; without a row instead of a reader: axis 0."""
    share = np.delete(calls, reader, axis=axis).mean(axis=1)
    return np.where(share == 0.5, tie, share > 0.5).astype(int)


def _kappa(table, by_chance, *, rescaled=True):
    gain = np.trace(table) / np.sum(table) - by_chance
    return gain / (1 - by_chance) if rescaled else gain


def _chance(table, *, second):
    """Return the agreement by chance of the habits along two axes."""
    share = np.asarray(table) / np.sum(table)
    return share.sum(axis=1) @ share.sum(axis=second)


MISTAKES = {
    "17.1": {
        "This is the share of equal calls. What would chance alone give?": (
            lambda table: np.trace(table) / np.sum(table)
        ),
        "Is every category equally usual? Take the habits from rows and columns.": (
            lambda table: _kappa(table, 1 / len(table))
        ),
        "Divide by what chance leaves to agree on.": (
            lambda table: _kappa(table, _chance(table, second=0), rescaled=False)
        ),
        "Rows belong to one reader, columns to the other: were both sums used?": (
            lambda table: _kappa(table, _chance(table, second=1))
        ),
    },
    "17.3": {
        "The reader under test still sits in the panel. Take the column out.": (
            lambda calls, reader: (calls.mean(axis=1) > 0.5).astype(int)
        ),
        "What does the task say of a tie? More than half is needed for a 1.": (
            lambda calls, reader: _others(calls, reader, tie=1)
        ),
        "A film was taken out, not a reader: which axis holds the readers?": (
            lambda calls, reader: _others(calls, reader, axis=0)
        ),
        "This is the call of the reader under test. What do the others say?": (
            lambda calls, reader: calls[:, reader]
        ),
    },
}
