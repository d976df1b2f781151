"""Answers to the exercises of lesson 40, worked by hand."""

import numpy as np

from helpers.checks import Case, Exercise

_FEATURES = np.array([[[1.0, 2.0], [0.0, 4.0]], [[3.0, 0.0], [2.0, 1.0]]])
_SLOPES = np.array([[[4.0, -1.0], [0.0, -3.0]], [[2.0, 0.0], [2.0, 0.0]]])
_MAP = np.array([[0.2, 0.9], [0.5, -2.0]])

EXERCISES = {
    "40.2": Exercise(
        cases=[
            # parts add up to 3.0, rise 5 - 1 = 4: |3 - 4| / 4
            Case((np.array([[1.0, 2.5], [-0.5, 0.0]]), 5.0, 1.0), 0.25),
            # complete: 2 = 2 - 0
            Case((np.array([[2.0, -1.0], [0.5, 0.5]]), 2.0, 0.0), 0.0),
            Case(
                # the film lies below the baseline: rise -1 - 3 = -4, sum -3
                (np.array([[-3.0, 0.0]]), -1.0, 3.0),
                0.25,
                "The rise is negative here; take its size before you divide.",
            ),
        ],
        hint="Sum of the parts against logit of the film minus logit of the baseline.",
    ),
    "40.3": Exercise(
        cases=[
            # mean slopes 2 and -1; cells 2-2, 0-4, 6-0, 4-1; negatives become 0
            Case((_FEATURES, _SLOPES), np.array([[0.0, 0.0], [6.0, 3.0]])),
            Case(
                # mean slopes 1 and 1: one feature at -3 cancels the other at 3
                (np.array([[[3.0, -3.0], [1.0, 2.0]]]), np.ones((1, 2, 2))),
                np.array([[0.0, 3.0]]),
                "Add up the features first, then cut the negatives off.",
            ),
        ],
        hint="One weight per feature: the mean of its slopes over all cells.",
    ),
    "40.5": Exercise(
        cases=[
            # the maximum 0.9 lies at row 0, column 1
            Case((_MAP, np.array([[False, True], [False, False]])), True),
            Case(
                # 0.2 and 0.5 are positive and inside, the maximum is not
                (_MAP, np.array([[True, False], [True, False]])),
                False,
                "Only the place of the largest value counts.",
            ),
            Case(
                (_MAP, np.array([[False, False], [False, True]])),
                False,
                "-2.0 is the largest in size, but it speaks against the finding.",
            ),
            Case(
                # two equal maxima, one outside
                (np.array([[1.0, 1.0]]), np.array([[True, False]])),
                False,
                "Two pixels share the largest value, and one lies outside.",
            ),
        ],
        hint="Find the pixels that equal the map's maximum, then ask the mask.",
    ),
}


def _weighed(features, weights, *, before=False):
    """Return the map of some weights; `before`: negatives are cut before the sum."""
    parts = features * weights
    return np.maximum((np.maximum(parts, 0) if before else parts).sum(axis=-1), 0)


def _gap(sum_of_parts, film, baseline):
    return sum_of_parts - (film - baseline)


MISTAKES = {
    "40.2": {
        "forgot the baseline": lambda p, film, base: abs(p.sum() - film) / abs(film),
        "left the gap in logits": lambda p, *two: abs(_gap(p.sum(), *two)),
        "signed rise": lambda p, f, b: abs(_gap(p.sum(), f, b)) / (f - b),
        "signed gap": lambda p, f, b: _gap(p.sum(), f, b) / abs(f - b),
        "added up sizes": lambda p, f, b: abs(_gap(abs(p).sum(), f, b)) / abs(f - b),
    },
    "40.3": {
        "forgot the ReLU": lambda x, slopes: (x * slopes.mean(axis=(0, 1))).sum(-1),
        "ReLU before the sum": lambda x, slopes: _weighed(
            x, slopes.mean(axis=(0, 1)), before=True
        ),
        "sum, not mean": lambda x, slopes: _weighed(x, slopes.sum(axis=(0, 1))),
        "slopes cell by cell": _weighed,
        "mean over the features": lambda x, slopes: _weighed(
            x, slopes.mean(axis=-1, keepdims=True)
        ),
    },
    "40.5": {
        "any positive value inside": lambda heat, mask: bool((heat[mask] > 0).any()),
        "largest size": lambda h, mask: bool(mask[abs(h) == abs(h).max()].all()),
        "one of several maxima": lambda h, mask: bool(mask[h == h.max()].any()),
        "first maximum only": lambda heat, mask: bool(mask.ravel()[heat.argmax()]),
        "the place, not the answer": lambda heat, mask: heat.argmax(),
    },
}
