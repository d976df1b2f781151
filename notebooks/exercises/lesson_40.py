"""Answers to the exercises of lesson 40, worked by hand."""

import numpy as np

from helpers.checks import Case, Exercise

_MAPS = np.array([[[1.0, 2.5], [-0.5, 0.0]], [[2.0, 3.0], [0.0, 2.0]]])  # sums 3, 7
_FEATURES = np.array([[[1.0, 2.0], [0.0, 4.0]], [[3.0, 0.0], [2.0, 1.0]]])
_SLOPES = np.array([[[4.0, -1.0], [0.0, -3.0]], [[2.0, 0.0], [2.0, 0.0]]])

EXERCISES = {
    "40.2": Exercise(
        cases=[
            # the mean map adds up to 5; the mean rise is 6 - (1 + 3) / 2 = 4
            Case((_MAPS, 6.0, [1.0, 3.0]), 0.25),
            # complete, though neither map is: 5 = 6 - (2 + 0) / 2
            Case((_MAPS, 6.0, [2.0, 0.0]), 0.0),
            # 5 against 6 - (-1 - 3) / 2 = 8
            Case((_MAPS, 6.0, [-1.0, -3.0]), 0.375),
            Case(
                # the film lies below the baselines: mean rise -1 - 3 = -4, sum -5
                (np.array([[[-4.0, 0.0]], [[-6.0, 0.0]]]), -1.0, [2.0, 4.0]),
                0.25,
                "The rise is negative here; take its size before you divide.",
            ),
        ],
        hint="Sum of the mean map against the film's logit minus the mean logit of "
        "the baselines.",
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
            # mean slopes 2 and -2; cells 2-6, 4-2
            Case(
                (
                    np.array([[[1.0, 3.0]], [[2.0, 1.0]]]),
                    np.array([[[3.0, 0.0]], [[1.0, -4.0]]]),
                ),
                np.array([[0.0], [2.0]]),
            ),
            Case(
                # three features of one cell: mean slopes 1, 2, 3 by 1, 1, -0.5
                (np.array([[[1.0, 1.0, -0.5]]]), np.array([[[1.0, 2.0, 3.0]]])),
                np.array([[1.5]]),
            ),
        ],
        hint="One weight per feature: the mean of its slopes over all cells.",
    ),
}


def _gap(total, rise):
    return abs(total - rise) / abs(rise)


def _mean_of_gaps(maps, film, baselines):
    rises = film - np.asarray(baselines)
    return np.mean([_gap(*pair) for pair in zip(maps.sum((1, 2)), rises, strict=True)])


def _weighed(features, weights, *, before=False):
    """Return the map of some weights; `before`: negatives are cut before the sum."""
    parts = features * weights
    return np.maximum((np.maximum(parts, 0) if before else parts).sum(axis=-1), 0)


def _means(slopes):
    return slopes.mean(axis=(0, 1))


MISTAKES = {
    "40.2": {
        "You compared with the logit of the film. What do the baselines have?": (
            lambda maps, film, _: _gap(maps.mean(0).sum(), film)
        ),
        "You took the first baseline only. Each map has its own.": (
            lambda maps, film, base: _gap(maps.mean(0).sum(), film - base[0])
        ),
        "You added the maps up. The published map is their mean.": (
            lambda maps, film, base: _gap(maps.sum(), film - np.mean(base))
        ),
        "That is the mean gap of the single maps. Errors of opposite sign cancel in "
        "the mean map: average first.": _mean_of_gaps,
        "That is a distance in logits. What share of the rise is it?": (
            lambda maps, film, base: abs(maps.mean(0).sum() - film + np.mean(base))
        ),
        "The rise can be negative. Divide by its size.": (
            lambda maps, film, base: (
                abs(maps.mean(0).sum() - film + np.mean(base)) / (film - np.mean(base))
            )
        ),
        "A distance has no sign. Which function takes it away?": (
            lambda maps, film, base: (
                (maps.mean(0).sum() - film + np.mean(base)) / abs(film - np.mean(base))
            )
        ),
        "You added up the sizes of the parts. Negative parts count as negative.": (
            lambda maps, film, base: _gap(abs(maps.mean(0)).sum(), film - np.mean(base))
        ),
    },
    "40.3": {
        "What speaks against the finding is still in your map. What becomes of "
        "negative cells?": lambda x, slopes: (x * _means(slopes)).sum(-1),
        "You cut the negatives off before the sum. A feature that speaks against the "
        "finding may cancel another one: add up first.": (
            lambda x, slopes: _weighed(x, _means(slopes), before=True)
        ),
        "Your weights are sums of the slopes. Take their mean over the cells, so that "
        "the grid does not matter.": (
            lambda x, slopes: _weighed(x, slopes.sum(axis=(0, 1)))
        ),
        "You multiplied cell by cell. Each feature has one weight for all cells.": (
            _weighed
        ),
        "You averaged the slopes over the features. Average over the cells: axes 0 "
        "and 1.": lambda x, slopes: _weighed(x, slopes.mean(axis=-1, keepdims=True)),
        "You averaged over the features at the end. Their sum is asked for.": (
            lambda x, slopes: np.maximum((x * _means(slopes)).mean(-1), 0)
        ),
        "You took the size of the weighted sum. What speaks against the finding is to "
        "become 0.": lambda x, slopes: abs((x * _means(slopes)).sum(-1)),
        "You dropped negative weights. They matter: they cancel others in the sum.": (
            lambda x, slopes: _weighed(x, np.maximum(_means(slopes), 0))
        ),
        "You took the size of the weights. A feature that speaks against the finding "
        "counts as negative.": lambda x, slopes: _weighed(x, abs(_means(slopes))),
        "The feature maps are added up without weights. What does the logit think of "
        "each?": lambda x, _: np.maximum(x.sum(-1), 0),
        "These are the weights alone. Where do the feature maps come in?": (
            lambda x, slopes: _means(slopes)
        ),
        "You scaled the map to a maximum of 1. Leave it in its own unit.": (
            lambda x, slopes: (
                _weighed(x, _means(slopes)) / _weighed(x, _means(slopes)).max()
            )
        ),
        "Rows and columns have changed places.": (
            lambda x, slopes: _weighed(x, _means(slopes)).T
        ),
    },
}
