"""Answers expected in lesson 18, augmentation."""

import numpy as np

from helpers.checks import Case, Exercise

_FILMS = np.array([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [0, 1, 2]]])
_MIRRORED = np.array([[[3, 2, 1], [6, 5, 4]], [[9, 8, 7], [2, 1, 0]]])

_FOUR_MASKS = np.zeros((4, 4, 4), dtype=bool)
_FOUR_MASKS[0, 0:2, 2:4] = True  # columns 2 and 3
_FOUR_MASKS[1, 0, 0:2] = _FOUR_MASKS[1, 1, 1:3] = True  # one of four in column 2
_FOUR_MASKS[2, 0:2, 0:2] = True  # columns 0 and 1; the last is empty
_FIVE_AND_EIGHT = np.zeros((2, 4, 6), dtype=bool)
_FIVE_AND_EIGHT[0, 0, 0:5] = True
_FIVE_AND_EIGHT[1, 0:2, 0:4] = True

EXERCISES = {
    "18.3": Exercise(
        cases=[
            Case(
                inputs=(_FILMS, np.array([[1, 0, 1], [0, 0, 1]])),
                expected=[_MIRRORED, np.array([[0, 1, 1], [0, 0, 1]])],
                hint="The first film has an effusion on the right and a large heart.",
            ),
            Case(
                inputs=(_FILMS, np.array([[0, 1, 0], [1, 1, 0]])),
                expected=[_MIRRORED, np.array([[1, 0, 0], [1, 1, 0]])],
                hint="The first effusion lies on the left, the second on both sides.",
            ),
        ],
        hint="What is on the patient's right appears on the left in a mirrored film.",
    ),
    "18.4": Exercise(
        cases=[
            Case(
                inputs=([1, 1, 1, 0], _FOUR_MASKS, 0, 4, 2, 4),
                expected=np.array([1, 1, 0, 0]),
                hint="The crop keeps columns 2 and 3: all, a quarter and nothing of "
                "the three findings.",
            ),
            Case(
                inputs=([1, 1, 1, 0], _FOUR_MASKS, 0, 2, 0, 4),
                expected=np.array([1, 1, 1, 0]),
                hint="The crop keeps rows 0 and 1, so all findings stay visible.",
            ),
            Case(
                inputs=([1, 1, 1, 0], _FOUR_MASKS, 2, 4, 0, 4),
                expected=np.array([0, 0, 0, 0]),
                hint="The crop keeps rows 2 and 3: nothing of any finding.",
            ),
            Case(
                inputs=([1, 1], _FIVE_AND_EIGHT, 0, 4, 0, 1),
                expected=np.array([0, 1]),
                hint="One of five pixels is less than a quarter, two of eight are one.",
            ),
            Case(
                inputs=([1, 1], _FIVE_AND_EIGHT, 0, 4, 4, 6),
                expected=np.array([0, 0]),
                hint="One of five pixels is left, and none of eight.",
            ),
        ],
        hint="Compare the pixels left with a quarter of all pixels of the same mask.",
    ),
}


def _exchanged(labels, order):
    return np.asarray(labels)[:, order]


def _one_by_one(films, labels):
    """Exchange two columns of an array through views, and lose one."""
    labels = labels.copy()
    labels[:, 0], labels[:, 1] = labels[:, 1], labels[:, 0]
    return films[:, :, ::-1], labels


def _kept(labels, masks, box, *, enough):
    """Keep the labels for which `enough` of what is left and of the whole says so."""
    top, bottom, left, right = box
    inside = masks[:, top:bottom, left:right].sum(axis=(1, 2))
    return np.asarray(labels) * enough(inside, masks.sum(axis=(1, 2)))


def _quarter(left, whole):
    return 4 * left >= whole


def _quarter_of_the_crop(labels, masks, *box):
    inside = masks[:, box[0] : box[1], box[2] : box[3]]
    return np.asarray(labels) * (inside.mean(axis=(1, 2)) >= 0.25)


MISTAKES = {
    "18.3": {
        "The films are mirrored, and the labels still name the old side.": (
            lambda films, labels: (films[:, :, ::-1], labels)
        ),
        "A large heart has no side here: which columns change places?": (
            lambda films, labels: (films[:, :, ::-1], _exchanged(labels, [2, 1, 0]))
        ),
        "The labels are exchanged, and the films are as they were.": (
            lambda films, labels: (films, _exchanged(labels, [1, 0, 2]))
        ),
        "The films stand on their heads. Which axis holds the columns?": (
            lambda films, labels: (films[:, ::-1], _exchanged(labels, [1, 0, 2]))
        ),
        "One column was overwritten before it was read: a slice of an array is a view. "
        "Choose the columns in a new order instead.": _one_by_one,
    },
    "18.4": {
        "These are the old labels. What does each crop leave of the mask?": (
            lambda labels, masks, *box: np.asarray(labels)
        ),
        "A finding counts here only if all of it is left. How much is asked for?": (
            lambda labels, masks, *box: _kept(
                labels, masks, box, enough=lambda left, whole: left == whole
            )
        ),
        "One pixel is enough here. How much is asked for?": (
            lambda labels, masks, *box: _kept(
                labels, masks, box, enough=lambda left, whole: left > 0
            )
        ),
        "Rows come first: `top` and `bottom` belong to axis 1 of the masks.": (
            lambda labels, masks, *box: _kept(
                labels, masks, (*box[2:], *box[:2]), enough=_quarter
            )
        ),
        "A quarter of what: of the finding, or of the crop?": _quarter_of_the_crop,
        "The ends are not included: `bottom` is the first row that is cut off.": (
            lambda labels, masks, top, bottom, left, right: _kept(
                labels, masks, (top, bottom + 1, left, right + 1), enough=_quarter
            )
        ),
    },
}
