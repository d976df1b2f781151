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


def _entropies(labels, scores, log=np.log):
    return -(labels * log(scores) + (1 - labels) * log(1 - scores))


MISTAKES = {
    # r rows and c columns of the window, i channels of the input, n filters, b: bias
    "21.1": {
        "forgot the channels of the input": lambda r, c, i, n, b: n * (r * c + b),
        "one bias for each channel": lambda r, c, i, n, b: n * i * (r * c + b),
        "forgot the bias": lambda r, c, i, n, b: n * r * c * i,
        "took the window for a square": lambda r, c, i, n, b: n * (r * r * i + b),
    },
    "21.2": {
        "only images with the finding": lambda y, s: -np.mean(y * np.log(s)),
        "sum instead of mean": lambda y, s: np.sum(_entropies(y, s)),
        "logarithm to base 2": lambda y, s: np.mean(_entropies(y, s, np.log2)),
        "lost the minus sign": lambda y, s: -np.mean(_entropies(y, s)),
    },
    "21.3": {
        "counted the part batch": lambda images, batch: int(np.ceil(images / batch)),
        "left a broken number": lambda images, batch: images / batch,
        "rounded to the nearest": lambda images, batch: round(images / batch),
    },
    "21.5": {
        "counted epochs from 0": lambda loss: int(np.argmin(loss)),
        "took the last of equals": lambda loss: len(loss) - int(np.argmin(loss[::-1])),
        "took the last epoch": lambda loss: len(loss),
        "took the highest loss": lambda loss: int(np.argmax(loss)) + 1,
    },
}
