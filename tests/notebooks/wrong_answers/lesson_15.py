"""Known mistakes in the exercises of lesson 15."""

import numpy as np


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


WRONG = {
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
