"""Answers expected in lesson 14, labels and reference standard."""

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
