"""Answers expected in lesson 15, patient-level split."""

import numpy as np

from helpers.checks import Case, Exercise

_COPIES = np.zeros((6, 2, 2), dtype=np.uint8)
_COPIES[1, 0, 0] = _COPIES[4, 0, 0] = 9
_COPIES[3, 1, 1] = 9
_COPIES[5, 0, 1] = 4

EXERCISES = {
    "15.2": Exercise(
        cases=[
            Case(
                inputs=(
                    ["A", "A", "B", "B", "C", "D"],
                    ["train", "test", "train", "train", "test", "train"],
                ),
                expected=np.array([2, 3, 5]),
                hint="A has a test film, so A's training film (row 0) must go.",
            ),
            Case(
                inputs=(["A", "A", "A", "B"], ["train", "train", "test", "train"]),
                expected=np.array([3]),
                hint="Both training films of A must go, and the test row stays test.",
            ),
            Case(
                inputs=(["A", "B", "B"], ["test", "tuning", "train"]),
                expected=np.array([2]),
                hint="Only rows of the split train are asked for.",
            ),
        ],
        hint="First list the patients of the test rows, then mark training rows.",
    ),
    "15.4": Exercise(
        cases=[
            Case(
                inputs=([1, 0, 0, 0, 0], [1, 1, 1, 0, 0]),
                expected=0.5 + (1 / 3 - 0 / 2) / 2,
                hint="Ones among the three diseased: 1; among the two healthy: 0.",
            ),
            Case(
                inputs=([1, 0, 1, 0], [1, 0, 1, 0]),
                expected=1.0,
                hint="Who knows the answer itself has an area of 1.",
            ),
            Case(
                inputs=([0, 1, 0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0, 0]),
                expected=0.125,
                hint="An answer that is mostly wrong has an area below one half.",
            ),
            Case(
                inputs=([1, 1, 1], [1, 0, 0]),
                expected=0.5,
                hint="The same answer for all is worth one half.",
            ),
        ],
        hint="Two means: of known where truth is 1, and where truth is 0.",
    ),
    "15.6": Exercise(
        cases=[
            Case(
                inputs=(_COPIES,),
                expected=[2, 4],
                hint="Image 2 repeats image 0, image 4 repeats 1; 0 and 1 stay.",
            ),
            Case(
                inputs=(_COPIES[[0, 2, 0]],),
                expected=[1, 2],
                hint="Three equal images: the second and the third are copies.",
            ),
            Case(
                inputs=(_COPIES[[1, 3, 5]],),
                expected=[],
                hint="Images 1 and 3 have the same values at other places: not equal.",
            ),
        ],
        hint="The place of a value matters, so compare bytes, not sums.",
    ),
}


def _examined(patient_id, split):
    return np.array(patient_id)[np.array(split) == "test"]


def _one_film_each(patient_id, split):
    """Drop only as many training films as there are test films."""
    examined, stays = set(_examined(patient_id, split)), []
    for row in np.flatnonzero(np.array(split) == "train"):
        if patient_id[row] in examined:
            examined.discard(patient_id[row])
        else:
            stays.append(row)
    return np.array(stays)


def _all_but_test_patients(patient_id, split):
    return np.flatnonzero(~np.isin(patient_id, _examined(patient_id, split)))


def _copies_and_originals(images):
    keys = [image.tobytes() for image in images]
    return [row for row, key in enumerate(keys) if keys.count(key) > 1]


def _equal_sums(images):
    sums = images.sum(axis=(1, 2)).tolist()
    return [row for row, value in enumerate(sums) if value in sums[:row]]


def _neighbours_only(images):
    same = (images[1:] == images[:-1]).all(axis=(1, 2))
    return (np.flatnonzero(same) + 1).tolist()


def _share(values, given, wanted):
    """Return the mean of some values where another array has a value."""
    return np.asarray(values)[np.asarray(given) == wanted].mean()


def _gain(known, truth):
    return _share(known, truth, 1) - _share(known, truth, 0)


MISTAKES = {
    "15.2": {
        "one film dropped per patient": _one_film_each,
        "tuning rows kept too": _all_but_test_patients,
        "nothing dropped": lambda _, split: np.flatnonzero(np.array(split) == "train"),
    },
    "15.4": {
        "share of right answers": lambda known, truth: np.mean(np.equal(known, truth)),
        "sensitivity alone": lambda known, truth: _share(known, truth, 1),
        "half forgotten": lambda known, truth: 0.5 + _gain(known, truth),
        "diseased among the ones": lambda known, truth: 0.5 + _gain(truth, known) / 2,
        "never below half": lambda known, truth: 0.5 + abs(_gain(known, truth)) / 2,
    },
    "15.6": {
        "the originals as well": _copies_and_originals,
        "equal sums": _equal_sums,
        "only neighbours compared": _neighbours_only,
    },
}
