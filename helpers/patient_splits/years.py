"""Films of other days: what another visit tells, and what older films miss."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.diagnostic_metrics import area_under_roc
from helpers.patient_splits.leakage import patient_column
from helpers.patient_splits.similar_films import scores_after

__all__ = ["all_years_and_before", "told_by_neighbours"]


def all_years_and_before(
    features: np.ndarray, table: pd.DataFrame, *, later: np.ndarray, seed: int
) -> dict[str, float]:
    """Return the AUC on later patients after films of all years, and of before only.

    Half of the patients who came only later are examined, and none of their films is
    learnt from. Both training sets have the same number of films and hold no film of
    patients who came before and after.

    Parameters
    ----------
    features : float array of shape (films, m)
    table : pandas.DataFrame
        ``patient_id`` and ``truth`` (0/1), one row per film.
    later : bool array of shape (films,)
        Whether a film was made after the cut.
    seed : int

    Returns
    -------
    dict
        ``all years`` and ``before`` (AUC), ``films`` examined and ``learnt`` from.

    Raises
    ------
    ValueError
        If all films are on one side of the cut, or nobody came only later.
    """
    patients, later = patient_column(table).to_numpy(), np.asarray(later, dtype=bool)
    if later.all() or not later.any():
        raise ValueError(
            f"{later.sum()} of {len(later)} films are later, expected some before and "
            "some after. Move the cut."
        )
    both = np.isin(patients, patients[later]) & np.isin(patients, patients[~later])
    new = np.unique(patients[later & ~both])
    if len(new) < 2:
        raise ValueError(
            f"{'One' if len(new) else 'No'} patient came only later, expected at least "
            "2: one to be examined, one to learn from. Move the cut."
        )
    rng, truth = np.random.default_rng(seed), table["truth"].to_numpy(int)
    exam = np.isin(patients, rng.permutation(new)[: len(new) // 2])
    before = np.flatnonzero(~later & ~both)
    found: dict[str, float] = {}
    sets = {"all years": np.flatnonzero(~exam & ~both), "before": before}
    for name, films in sets.items():
        learn = rng.permutation(films)[: len(before)]
        scores = scores_after(
            features, truth[:, None], learn=learn, exam=np.flatnonzero(exam)
        )
        found[name] = area_under_roc(truth[exam], scores[:, 0])
    return found | {"films": int(exam.sum()), "learnt": len(before)}


def told_by_neighbours(
    label: ArrayLike, patient_id: ArrayLike, day: ArrayLike
) -> tuple[float, float]:
    """Return the AUC of a label by the patient's film before, and by the next film.

    Parameters
    ----------
    label : array of shape (films,)
        0 or 1.
    patient_id : array of shape (films,)
    day : array of shape (films,)
        Anything that sorts by time, for example ISO dates.

    Returns
    -------
    before, after : float
        Over all pairs of neighbouring films: the earlier as a score for the later, and
        the later as a score for the earlier.

    Raises
    ------
    ValueError
        If among these pairs one class only occurs.

    Examples
    --------
    >>> told_by_neighbours([0, 1, 1, 0, 0], list("AAABB"), [1, 2, 3, 1, 2])
    (0.75, 0.75)
    """
    films = pd.DataFrame({"label": label, "patient": patient_id, "day": day})
    films = films.sort_values(["patient", "day"], kind="stable")
    films["next"] = films.groupby("patient")["label"].shift(-1)
    pairs = films.dropna(subset=["next"]).astype({"next": int})
    return (
        area_under_roc(pairs["next"], pairs["label"]),
        area_under_roc(pairs["label"], pairs["next"]),
    )
