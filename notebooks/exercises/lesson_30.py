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
    "30.3": Exercise(
        cases=[
            Case(
                inputs=(18, 20),
                expected=(0.69898, 0.97213),
                hint="Both limits lie inside 0 and 1, and not evenly about 18/20.",
            ),
            Case(
                inputs=(20, 20),
                expected=(0.83887, 1.0),
                hint="The lower limit does not collapse to 1: keep z²/(4n²).",
            ),
            Case(inputs=(150, 300), expected=(0.44378, 0.55622)),
        ],
        hint="Centre and half width are both divided by 1 + z²/n.",
        tolerance=2e-4,
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


def _normal_interval(successes, total):
    share = successes / total
    half = 1.96 * np.sqrt(share * (1 - share) / total)
    return share - half, share + half


def _wilson(successes, total, *, z=1.96, shrunk=True):
    share, shrink = successes / total, 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / shrink if shrunk else share
    half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / shrink
    return centre - half, centre + half


def _pairs(reference, score, tie):
    diseased, healthy = score[reference == 1][:, None], score[reference == 0][None, :]
    return float(np.mean(diseased > healthy) + tie * np.mean(diseased == healthy))


MISTAKES = {
    "30.1": {
        "threshold excluded": (3, 1, 3, 3),
        "TP, FN, FP, TN": (4, 2, 1, 3),
        "rates instead of counts": (4 / 6, 1 / 4, 3 / 4, 2 / 6),
    },
    "30.3": {
        "the plain formula p +- 1.96 SE": _normal_interval,
        "z of a one-sided interval": lambda k, n: _wilson(k, n, z=1.645),
        "centre left at the observed share": lambda k, n: _wilson(k, n, shrunk=False),
    },
    "30.5": {
        "a tie counts as lost": lambda reference, score: _pairs(reference, score, 0),
        "a tie counts as won": lambda reference, score: _pairs(reference, score, 1),
        "healthy against diseased": lambda ref, score: _pairs(1 - ref, score, 0.5),
        "accuracy at 0.5": lambda ref, score: float(np.mean((score >= 0.5) == ref)),
    },
}
