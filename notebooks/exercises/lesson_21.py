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
    "21.4": Exercise(
        cases=[
            Case(
                inputs=(np.array([1, 0, 0, 0]),),
                expected=0.562335,
                hint="One film in four has the finding: which score would you bet?",
            ),
            Case(inputs=(np.array([1, 1, 0, 0]),), expected=0.693147),
            Case(inputs=(np.array([1, 1, 1, 1, 0]),), expected=0.500402),
        ],
        hint="Put the share of films with the finding into the formula as the score.",
        tolerance=1e-5,
    ),
}


# r rows and c columns of the window, i channels of the input, n filters, b: bias
def _without_channels(r, c, i, n, b):
    return n * (r * c + b)


def _bias_for_each_channel(r, c, i, n, b):
    return n * i * (r * c + b)


def _without_bias(r, c, i, n, b):
    return n * r * c * i


def _one_bias(r, c, i, n, b):
    return n * r * c * i + b


def _square_window(r, c, i, n, b):
    return n * (r * r * i + b)


def _one_filter(r, c, i, n, b):
    return r * c * i + b


def _one_score(labels, score, log=np.log):
    return -np.mean(labels * log(score) + (1 - labels) * log(1 - score))


def _a_half_for_all(labels):
    return np.log(2)


def _without_absent(labels):
    return -np.mean(labels * np.log(np.mean(labels)))


def _negative(labels):
    return -_one_score(labels, np.mean(labels))


def _sum_of_films(labels):
    return len(labels) * _one_score(labels, np.mean(labels))


def _base_two(labels):
    return _one_score(labels, np.mean(labels), np.log2)


def _exchanged(labels):
    return _one_score(labels, 1 - np.mean(labels))


MISTAKES = {
    "21.1": {
        "A colour image has three layers: does a filter see one of them?": (
            _without_channels
        ),
        "All channels are summed into one map. How many biases does it need?": (
            _bias_for_each_channel
        ),
        "With bias=True each filter adds a number of its own: count it.": _without_bias,
        "There is one bias for each filter, not one for the layer.": _one_bias,
        "A window need not be square: where are its columns?": _square_window,
        "That is one filter. How many are there?": _one_filter,
    },
    "21.4": {
        "That is 0.5 for all. With one film in four, would you bet a half?": (
            _a_half_for_all
        ),
        "Films without the finding cost something too: where is their term?": (
            _without_absent
        ),
        "A loss is not negative. Which sign has the logarithm of a share?": _negative,
        "More films must not cost more: the mean, not the sum.": _sum_of_films,
        "The formula has the natural logarithm: which does NumPy call log?": _base_two,
        "Which of the two has this share, present or absent?": _exchanged,
    },
}
