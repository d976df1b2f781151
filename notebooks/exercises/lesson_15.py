"""Answers expected in lesson 15, patient-level split."""

import numpy as np

from helpers.checks import Case, Exercise

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
            Case(
                inputs=(["A", "B", "A"], ["train", "test", "train"]),
                expected=np.array([0, 2]),
                hint="A has no test film, so both of A's rows stay.",
            ),
        ],
        hint="First list the patients of the test rows, then mark training rows.",
    ),
    "15.4": Exercise(
        cases=[
            Case(
                inputs=([1, 0, 0, 0, 0], [1, 1, 1, 0, 0]),
                # pairs: 2 count 1 (the first film), 4 count one half: 4 / 6
                expected=2 / 3,
                hint="Three films with, two without: six pairs. Two count 1, four 1/2.",
            ),
            Case(
                inputs=([1, 0, 1, 0], [1, 0, 1, 0]),
                expected=1.0,
                hint="A yes for just the films with the finding has an AUC of 1.",
            ),
            Case(
                inputs=([0, 1, 0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0, 0]),
                expected=0.125,
                hint="An answer that is mostly wrong has an AUC below one half.",
            ),
            Case(
                inputs=([1, 1, 1], [1, 0, 0]),
                expected=0.5,
                hint="The same answer for all is worth one half.",
            ),
        ],
        hint="Two shares: of yes where truth is 1, and where truth is 0.",
    ),
}


def _examined(patient_id, split):
    return np.array(patient_id)[np.array(split) == "test"]


def _stays(patient_id, split):
    """Return the right rows, as a mask."""
    known = np.isin(patient_id, _examined(patient_id, split))
    return (np.array(split) == "train") & ~known


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


def _share(values, given, wanted):
    """Return the mean of some values where another array has a value."""
    chosen = np.asarray(values)[np.asarray(given) == wanted]
    return chosen.mean() if chosen.size else np.nan


def _gain(answer, truth):
    return _share(answer, truth, 1) - _share(answer, truth, 0)


def _wins(answer, truth):
    """Return the share of pairs won: a yes with the finding, a no without."""
    return _share(answer, truth, 1) * (1 - _share(answer, truth, 0))


MISTAKES = {
    "15.2": {
        "You dropped one film for each test film. Which of a patient's other training "
        "films give the test film away?": _one_film_each,
        "Rows of the tuning set came along. Which split was asked for?": (
            _all_but_test_patients
        ),
        "These are all rows of train. Whose patient has a film in test?": (
            lambda _, split: np.flatnonzero(np.array(split) == "train")
        ),
        "The rows are right, but they are a mask of True and False. Return positions; "
        "np.flatnonzero(mask) gives them.": _stays,
        "The positions are right, but they lie in a tuple: np.where returns one. Take "
        "its first element, or use np.flatnonzero.": (
            lambda *given: np.where(_stays(*given))
        ),
        "These are patients. Return the positions of their rows.": (
            lambda people, split: np.array(people)[_stays(people, split)]
        ),
    },
    "15.4": {
        "That is the share of right answers. Compare pairs of films, one with and one "
        "without the finding.": lambda answer, truth: np.mean(np.equal(answer, truth)),
        "That is the sensitivity. What do the films without the finding add?": (
            lambda answer, truth: _share(answer, truth, 1)
        ),
        "The difference of the two shares runs from -1 to 1, the AUC from 0 to 1. By "
        "how much must it be shrunk?": lambda *given: 0.5 + _gain(*given),
        "You looked for the finding among the yeses. Look for the yes among the films "
        "with the finding.": lambda answer, truth: 0.5 + _gain(truth, answer) / 2,
        "An answer that is mostly wrong must come out below one half.": (
            lambda *given: 0.5 + abs(_gain(*given)) / 2
        ),
        "Pairs with the same answer count one half; you gave them nothing.": _wins,
        "Pairs with the same answer count one half; you counted them as won.": (
            lambda answer, truth: 1 - _wins(truth=truth, answer=1 - np.array(answer))
        ),
    },
}
