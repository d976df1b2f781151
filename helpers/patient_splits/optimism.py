"""What it gains to have met the patient, and for which labels it can gain anything."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.diagnostic_metrics import area_under_roc
from helpers.patient_splits.comparison import exam_and_training
from helpers.patient_splits.leakage import patient_column
from helpers.patient_splits.similar_films import scores_after

__all__ = [
    "COINS",
    "gains_of_knowing",
    "label_on_another_film",
    "repeated_gains",
    "with_coins",
]

#: Labels that no image shows; an honest AUC is 0.5 for both.
COINS = ("coin per patient", "coin per film")


def with_coins(
    labels: pd.DataFrame, patient_id: ArrayLike, *, seed: int
) -> pd.DataFrame:
    """Return the labels and two more: a coin for each patient, a coin for each film.

    Parameters
    ----------
    labels : pandas.DataFrame
        One row per image, 0/1.
    patient_id : array of shape (images,)
    seed : int

    Returns
    -------
    pandas.DataFrame
        With the columns `COINS` added.

    Examples
    --------
    >>> some = with_coins(pd.DataFrame({"mass": [0, 1, 1]}), ["A", "A", "B"], seed=2)
    >>> bool(some["coin per patient"][0] == some["coin per patient"][1])
    True
    """
    rng = np.random.default_rng(seed)
    people, person = np.unique(np.asarray(patient_id).astype(str), return_inverse=True)
    per_patient, per_film = COINS
    return labels.assign(
        **{
            per_patient: rng.integers(0, 2, len(people))[person],
            per_film: rng.integers(0, 2, len(labels)),
        }
    )


def gains_of_knowing(
    features: np.ndarray, labels: pd.DataFrame, patient_id: ArrayLike, *, seed: int
) -> pd.DataFrame:
    """Return the AUC with and without patients of the exam among those learnt from.

    One exam and two training sets of equal size (`exam_and_training`), one learner for
    each (`scores_after`).

    Parameters
    ----------
    features : float array of shape (images, m)
        For example `outlines` of the images.
    labels : pandas.DataFrame of shape (images, labels)
        0/1; both must occur among the patients of the exam.
    patient_id : array of shape (images,)
    seed : int

    Returns
    -------
    pandas.DataFrame
        Two rows for each label, ``group`` "whole exam" and "patients met": ``known``
        and ``strangers`` (AUC after the image-level and the patient-level set),
        ``gain`` (their difference), ``films`` examined and ``learnt`` from.
    """
    rows = exam_and_training(patient_id, seed=seed)
    truth = labels.to_numpy()[rows.exam].astype(int)
    scores = [
        scores_after(features, labels.to_numpy(), learn=learn, exam=rows.exam)
        for learn in (rows.image_level, rows.patient_level)
    ]
    found = []
    for number, label in enumerate(labels):
        for group, part in (
            ("whole exam", rows.met | True),
            ("patients met", rows.met),
        ):
            known, strangers = (
                area_under_roc(truth[part, number], some[part, number])
                for some in scores
            )
            films = int(part.sum())
            found.append((label, group, known, strangers, known - strangers, films))
    columns = ["label", "group", "known", "strangers", "gain", "films"]
    return pd.DataFrame(found, columns=columns).assign(learnt=len(rows.patient_level))


def repeated_gains(
    features: np.ndarray,
    labels: pd.DataFrame,
    patient_id: ArrayLike,
    *,
    seeds: Iterable[int],
) -> pd.DataFrame:
    """Return `gains_of_knowing` for several seeds, with coins tossed anew for each.

    Parameters
    ----------
    features, labels, patient_id : as in `gains_of_knowing`
    seeds : iterable of int

    Returns
    -------
    pandas.DataFrame
        As from `gains_of_knowing`, with the column ``seed``.
    """
    return pd.concat(
        gains_of_knowing(
            features, with_coins(labels, patient_id, seed=one), patient_id, seed=one
        ).assign(seed=one)
        for one in seeds
    )


def label_on_another_film(
    label: ArrayLike, patient_id: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of returning patients, and their label on their next film.

    Parameters
    ----------
    label, patient_id : arrays of shape (images,)

    Returns
    -------
    rows : int array
        Images of patients with more than one, in order.
    other : array
        For each of these the label of the patient's next row; for the last one, of the
        first.

    Examples
    --------
    >>> label_on_another_film([1, 0, 1, 1], ["A", "B", "A", "A"])[0].tolist()
    [0, 2, 3]
    >>> label_on_another_film([1, 0, 0, 1], ["A", "B", "A", "A"])[1].tolist()
    [0, 1, 1]
    """
    patients = patient_column(pd.DataFrame({"patient_id": patient_id}))
    by_patient = pd.Series(np.asarray(label)).groupby(patients.to_numpy())
    following = by_patient.shift(-1).fillna(by_patient.transform("first"))
    rows = np.flatnonzero(by_patient.transform("size") > 1)
    return rows, following.to_numpy()[rows].astype(np.asarray(label).dtype)
