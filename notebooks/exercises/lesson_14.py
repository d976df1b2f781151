"""Answers expected in lesson 14, labels from reports."""

import re

import numpy as np
import pandas as pd

from helpers.checks import Case, Exercise

SAID = np.array(["positive", "uncertain", "negated", "not mentioned", "negated"])
ONES = {"positive": 1, "uncertain": 1, "negated": 0, "not mentioned": 0}
SILENT = ONES | {"not mentioned": np.nan}
DOUBTFUL = ONES | {"uncertain": np.nan}

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
                inputs=("no effusion, but a small nodule.", "effusion"),
                expected=True,
                hint="What comes after the name takes nothing back.",
            ),
            Case(
                inputs=("no effusion but no nodule.", "nodule"),
                expected=True,
                hint="After the 'but' a new 'no' begins.",
            ),
            Case(
                inputs=("no perihilar distribution of oedema.", "oedema"),
                expected=True,
                hint="'distribution' holds the letters of 'but'. Look for whole words.",
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
    "14.7": Exercise(
        cases=[
            Case(
                inputs=(SAID, np.array([1, 0, 0, 1, 0]), ONES),
                expected=(5, 0.4),
                hint="All five films keep a label, and two of them are wrong.",
            ),
            Case(
                inputs=(SAID, np.array([1, 1, 0, 1, 0]), SILENT),
                expected=(4, 0.0),
                hint="The film without a label is neither right nor wrong.",
            ),
            Case(
                inputs=(SAID, np.array([0, 1, 0, 0, 0]), DOUBTFUL),
                expected=(4, 0.25),
                hint="Four films keep a label, one of these four is wrong.",
            ),
        ],
        hint="Map, find the kept ones with notna(), and compare only these.",
    ),
}


NO = r"\b(no|without)\b"


def _reach(sentence, name, *, ends=r"\bbut\b|;"):
    """Return the words before the name, as far back as a denial reaches."""
    return re.split(ends, sentence.split(name)[0])[-1]


def _cost(said, truth, policy, *, left_out=None, of_all=False, right=False):
    """Return films kept and share wrong; what is left out becomes a label if given."""
    given = pd.Series(said).map(policy)
    kept = given.notna()
    if left_out is not None:
        given = given.fillna(left_out)
        kept = kept | True
    hits = (given == truth) if right else (given != truth)
    return kept.sum(), (hits & kept).sum() / (len(kept) if of_all else kept.sum())


def _nan_is_wrong(said, truth, policy):
    given = pd.Series(said).map(policy)
    return given.notna().sum(), np.mean(given != truth)


MISTAKES = {
    "14.2": {
        "Do words behind the name, or before a 'but' or ';', reach it? Cut there.": (
            lambda text, name: bool(re.search(NO, text))
        ),
        "Does 'nodule' deny anything? Ask for whole words: \\bno\\b.": (
            lambda text, name: bool(re.search("no|without", _reach(text, name)))
        ),
        "How far does a 'no' reach? Further than to the next word.": (
            lambda text, name: bool(re.search(rf"{NO}( \w+)? {name}", text))
        ),
        "Does the 'no' still reach the name when a 'but' or ';' stands in between?": (
            lambda text, name: bool(re.search(NO, text.split(name)[0]))
        ),
        "There is a second word that denies. Which one does the task name?": (
            lambda text, name: bool(re.search(r"\bno\b", _reach(text, name)))
        ),
        "The letters of 'but' also stand in longer words. Split at whole words.": (
            lambda text, name: bool(re.search(NO, _reach(text, name, ends="but|;")))
        ),
        "A look ahead to the end of the sentence sees too much: stop at the name.": (
            lambda text, name: bool(re.search(rf"{NO}(?!.*(\bbut\b|;)).*{name}", text))
        ),
        "After a 'but' a new 'no' can stand. Keep the part behind the last 'but'.": (
            lambda text, name: (
                bool(re.search(NO, text.split(name)[0]))
                and not re.search(r"\bbut\b|;", text.split(name)[0])
            )
        ),
    },
    "14.7": {
        "NaN differs from everything: were films without a label counted as wrong?": (
            _nan_is_wrong
        ),
        "Of which films is the second number a share: of all, or of those kept?": (
            lambda *case: _cost(*case, of_all=True)
        ),
        "Left out is not 0. Which films keep a label at all?": (
            lambda *case: _cost(*case, left_out=0)
        ),
        "Is this the share of the right labels? The wrong ones are asked for.": (
            lambda *case: _cost(*case, right=True)
        ),
    },
}
