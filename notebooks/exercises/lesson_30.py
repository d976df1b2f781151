"""Answers expected in lesson 30, sensitivity, specificity and ROC."""

import numpy as np

from helpers.checks import Case, Exercise

EXERCISES = {
    "30.1": Exercise(
        cases=[
            Case(
                expected=(4, 1, 3, 2),
                hint="Positive: score at or above 0.50 (a to e). TP, FP, TN, FN.",
            )
        ],
        hint="Go film by film, and write TP, FP, TN or FN under each.",
    ),
    "30.4": Exercise(
        cases=[
            Case(inputs=(0.8,), expected=16),  # 16 / 19.84 = 0.806, 15 / 18.84 = 0.796
            Case(inputs=(0.95,), expected=73),
            Case(inputs=(0.99,), expected=381),
        ],
        hint="The lower limit of n of n is n / (n + z²), with z = 1.96.",
    ),
    "30.5": Exercise(
        cases=[
            Case(
                inputs=(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1])),
                expected=0.75,
                hint="Four pairs; only 0.7 against 0.8 is lost.",
            ),
            Case(
                inputs=(np.array([1, 1, 0, 0]), np.array([2.0, 3.0, 1.0, 2.0])),
                expected=0.875,
                hint="One of the four pairs is a tie and counts half.",
            ),
            Case(
                inputs=(np.array([1, 0, 0]), np.array([0.1, 0.5, 0.6])),
                expected=0.0,
                hint="The film with the finding loses both contests.",
            ),
        ],
        hint="Wins plus half the ties, divided by the number of pairs.",
    ),
}


def _first(limit, least):
    return next(films for films in range(1, 9999) if limit(films) >= least)


def _lower(films, z=1.959964):
    return films / (films + z**2)


def _pairs(reference, score, tie):
    diseased, healthy = score[reference == 1][:, None], score[reference == 0][None, :]
    return float(np.mean(diseased > healthy) + tie * np.mean(diseased == healthy))


MISTAKES = {
    "30.1": {
        "Film e lies on the threshold: at or above it is positive.": (3, 1, 3, 3),
        "The numbers are right; the order is TP, FP, TN, FN.": (4, 2, 1, 3),
        "These are shares; give the four counts.": (4 / 6, 1 / 4, 3 / 4, 2 / 6),
    },
    "30.4": {
        "The plain formula has no width at n of n: one film would do. Use Wilson.": (
            lambda least: 1
        ),
        "One film short: the limit must reach `least`, so round up.": (
            lambda least: _first(_lower, least) - 1
        ),
        "A two-sided interval of 95 % has z = 1.96; 1.645 is for one side.": (
            lambda least: _first(lambda films: _lower(films, 1.645), least)
        ),
        "Three divided by n is a rule of thumb, and for one side. Use the formula.": (
            lambda least: round(3 / (1 - least))
        ),
    },
    "30.5": {
        "A tie counts half; you count it as lost.": (
            lambda reference, score: _pairs(reference, score, 0)
        ),
        "A tie counts half; you count it as won.": (
            lambda reference, score: _pairs(reference, score, 1)
        ),
        "Turned round: the film with the finding should have the higher score.": (
            lambda reference, score: _pairs(1 - reference, score, 0.5)
        ),
        "That is the accuracy at 0.5; here no threshold is needed.": (
            lambda reference, score: float(np.mean((score >= 0.5) == reference))
        ),
    },
}
