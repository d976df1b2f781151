"""Who is in a cohort: hospital, split and number of visits of every patient."""

from __future__ import annotations

import numpy as np

from phantoms.cohort.settings import ChestCohortSettings

#: Shares of the patients: A and B develop, C is the external test.
SITE_SHARES = {"A": 0.50, "B": 0.30, "C": 0.20}
#: Shares of the patients of A and B.
SPLIT_SHARES = {"train": 0.60, "tuning": 0.15, "internal test": 0.25}
_THIRD_VISITS = 0.25
_PATIENTS_PER_BATCH = 6


def visits_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the number of visits, 1 to 3, of patients 1, 2, ..."""
    rng = np.random.default_rng([settings.seed, 0, 1])
    extra = settings.n_images - settings.n_patients
    third = max(round(_THIRD_VISITS * extra), extra - settings.n_patients)
    visits = np.ones(settings.n_patients, int)
    order = rng.permutation(settings.n_patients)
    visits[order[: extra - third]] += 1
    visits[order[:third]] += 1
    return visits


def groups_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the group "A", "B" or "C" of patients 1, 2, ...

    The group is the hospital, but where a variant puts all patients into hospital A.
    """
    rng = np.random.default_rng([settings.seed, 0, 3])
    return _dealt(rng.permutation(settings.n_patients), SITE_SHARES)


def splits_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the split of patients 1, 2, ...: C is "external test"."""
    rng = np.random.default_rng([settings.seed, 0, 2])
    split = np.full(settings.n_patients, "external test", object)
    own = np.flatnonzero(groups_of_patients(settings) != "C")
    split[own] = _dealt(rng.permutation(len(own)), SPLIT_SHARES)
    return split


def _dealt(order: np.ndarray, shares: dict[str, float]) -> np.ndarray:
    """Return a name for every place, in the given shares."""
    edges = np.round(np.cumsum([0, *shares.values()]) * len(order)).astype(int)
    dealt = np.empty(len(order), object)
    for name, low, high in zip(shares, edges[:-1], edges[1:], strict=True):
        dealt[order[low:high]] = name
    return dealt


def batches(settings: ChestCohortSettings) -> list[range]:
    """Return the patient numbers of each batch, in order."""
    last = settings.n_patients + 1
    return [
        range(low, min(low + _PATIENTS_PER_BATCH, last))
        for low in range(1, last, _PATIENTS_PER_BATCH)
    ]
