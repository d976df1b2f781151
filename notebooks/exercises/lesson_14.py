"""Answers expected in lesson 14, labels and reference standard."""

import re

import numpy as np

from helpers.checks import Case, Exercise

EXERCISES = {
    "14.2": Exercise(
        cases=[
            Case(inputs=("no pleural effusion.", "effusion"), expected=True),
            Case(inputs=("small effusion on the left.", "effusion"), expected=False),
            Case(
                inputs=("no effusion, but a small nodule.", "nodule"),
                expected=False,
                hint="The word 'but' ends the reach of the 'no'.",
            ),
            Case(
                inputs=("no effusion or pneumothorax.", "pneumothorax"),
                expected=True,
                hint="An 'or' does not end the reach: both are denied.",
            ),
            Case(
                inputs=("effusion; no pneumothorax.", "effusion"),
                expected=False,
                hint="Only words before the name count.",
            ),
            Case(
                inputs=("nodule and effusion.", "effusion"),
                expected=False,
                hint="'nodule' begins with the letters n and o. Look for whole words.",
            ),
            Case(
                inputs=("the lungs are without consolidation.", "consolidation"),
                expected=True,
                hint="'without' denies, too.",
            ),
            Case(
                inputs=("nodule seen; no effusion but consolidation.", "consolidation"),
                expected=False,
            ),
        ],
        hint="Cut the sentence at the name first, then at 'but' and ';'.",
    ),
    "14.5": Exercise(
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
    "14.6": Exercise(
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
                inputs=(np.array([[0, 0, 1, 1, 1], [1, 1, 0, 0, 1]]), 4),
                expected=np.array([0, 0]),
                hint="Without the last reader both films are ties.",
            ),
        ],
        hint="Leave out the column of the reader, then ask for more than half.",
    ),
}


NO = r"\b(no|without)\b"


def _reach(sentence, name):
    """Return the words before the name, as far back as a denial reaches."""
    return re.split(r"\bbut\b|;", sentence.split(name)[0])[-1]


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
    "14.2": {
        "the whole sentence": lambda text, name: bool(re.search(NO, text)),
        "letters inside a word": lambda text, name: bool(
            re.search("no|without", _reach(text, name))
        ),
        "the next word only": lambda text, name: bool(
            re.search(rf"{NO}( \w+)? {name}", text)
        ),
        "through a 'but'": lambda text, name: bool(re.search(NO, text.split(name)[0])),
        "'no' alone": lambda text, name: bool(re.search(r"\bno\b", _reach(text, name))),
    },
    "14.5": {
        "agreement without chance": lambda table: np.trace(table) / np.sum(table),
        "every category equally usual": lambda table: _kappa(table, 1 / len(table)),
        "not divided by what is left": lambda table: _kappa(
            table, _chance(table, second=0), rescaled=False
        ),
        "one reader's habits twice": lambda t: _kappa(t, _chance(t, second=1)),
    },
    "14.6": {
        "all readers": lambda calls, reader: (calls.mean(axis=1) > 0.5).astype(int),
        "a tie counts as 1": lambda calls, reader: _others(calls, reader, tie=1),
        "a row left out": lambda calls, reader: _others(calls, reader, axis=0),
        "the reader alone": lambda calls, reader: calls[:, reader],
    },
}
