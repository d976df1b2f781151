"""Answers expected in lesson 21, first network."""

import numpy as np

from helpers.checks import Case, Exercise

EXERCISES = {
    "21.1": Exercise(
        cases=[
            Case(
                inputs=(3, 3, 1, 16, False),
                expected=144,
                hint="One filter of 3 x 3 on one channel has 9 weights; there are 16.",
            ),
            Case(
                inputs=(3, 3, 16, 32, False),
                expected=4608,
                hint="Each filter looks through all 16 channels of its input.",
            ),
            Case(
                inputs=(5, 3, 3, 8, True),
                expected=368,
                hint="Rows and columns may differ; one bias per filter, 8 in all.",
            ),
        ],
        hint="Count one filter, then multiply by the number of filters.",
    ),
    "21.2": Exercise(
        cases=[
            Case(
                inputs=(np.array([1.0]), np.array([0.5])),
                expected=0.693147,
                hint="A score of 0.5 costs ln 2; np.log is the natural logarithm.",
            ),
            Case(
                inputs=(np.array([0.0]), np.array([0.9])),
                expected=2.302585,
                hint="With label 0 the term ln(1 - score) counts.",
            ),
            Case(
                inputs=(np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.9, 0.2, 0.5, 0.8])),
                expected=0.311199,
                hint="Return the mean over the batch, not the sum.",
            ),
        ],
        hint="Minus the mean of y ln s + (1 - y) ln(1 - s).",
        tolerance=1e-5,
    ),
    "21.3": Exercise(
        cases=[
            Case(inputs=(128, 32), expected=4),
            Case(inputs=(1200, 64), expected=18, hint="18.75: the last is not full."),
            Case(inputs=(100, 64), expected=1, hint="36 images make no full batch."),
        ],
        hint="Divide and forget the remainder.",
    ),
    "21.5": Exercise(
        cases=[
            Case(
                inputs=(np.array([0.6, 0.4, 0.4, 0.5]),),
                expected=2,
                hint="Epochs are counted from 1; of equal losses take the first.",
            ),
            Case(inputs=(np.array([0.7, 0.6, 0.5]),), expected=3),
            Case(inputs=(np.array([0.3]),), expected=1),
        ],
        hint="np.argmin counts from 0.",
    ),
}
