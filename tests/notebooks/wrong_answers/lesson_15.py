"""Known mistakes in the exercises of lesson 15."""

import numpy as np
import pandas as pd


def _one_film_each(patient_id, split):
    """Drop only as many training films as there are test films."""
    patient_id, split = pd.Series(patient_id), pd.Series(split)
    examined = set(patient_id[split == "test"])
    stays = []
    for row in np.flatnonzero(split == "train"):
        if patient_id[row] in examined:
            examined.discard(patient_id[row])
        else:
            stays.append(row)
    return np.array(stays)


def _all_but_test_patients(patient_id, split):
    patient_id, split = pd.Series(patient_id), pd.Series(split)
    return np.flatnonzero(~patient_id.isin(patient_id[split == "test"]))


def _copies_and_originals(images):
    keys = [image.tobytes() for image in images]
    return [row for row, key in enumerate(keys) if keys.count(key) > 1]


def _equal_sums(images):
    seen, copies = set(), []
    for row, image in enumerate(images):
        if image.sum() in seen:
            copies.append(row)
        seen.add(image.sum())
    return copies


def _neighbours_only(images):
    return [
        row
        for row in range(1, len(images))
        if np.array_equal(images[row], images[row - 1])
    ]


def _share(values, given, wanted):
    """Return the mean of some values where another array has a value."""
    return np.asarray(values)[np.asarray(given) == wanted].mean()


WRONG = {
    "15.2": {
        "one film dropped per patient": _one_film_each,
        "tuning rows kept too": _all_but_test_patients,
        "nothing dropped": lambda patient_id, split: np.flatnonzero(
            np.array(split) == "train"
        ),
    },
    "15.4": {
        "the share of right answers": lambda known, truth: np.mean(
            np.asarray(known) == np.asarray(truth)
        ),
        "sensitivity alone": lambda known, truth: _share(known, truth, 1),
        "half forgotten": lambda known, truth: (
            0.5 + _share(known, truth, 1) - _share(known, truth, 0)
        ),
        "share of the diseased among the ones": lambda known, truth: (
            0.5 + (_share(truth, known, 1) - _share(truth, known, 0)) / 2
        ),
        "never below one half": lambda known, truth: (
            0.5 + abs(_share(known, truth, 1) - _share(known, truth, 0)) / 2
        ),
    },
    "15.6": {
        "the originals as well": _copies_and_originals,
        "equal sums": _equal_sums,
        "only neighbours compared": _neighbours_only,
    },
}
