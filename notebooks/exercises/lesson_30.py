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
