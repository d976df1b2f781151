"""How far brightness, coarse pixels and a small network get with each finding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import training
from helpers.cohorts import Cohort
from tools.evidence.difficulty import coarse_pixels
from tools.evidence.judging.measured import auc_row, trained

SIDE_PX = 64
TESTS = ("internal test", "external test")
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)


def judge_finding(cohort: Cohort, finding: str) -> Iterator[dict]:
    """Yield one row for each way to score an image, on each test.

    Parameters
    ----------
    cohort : Cohort
        Whole, of images `SIDE_PX` wide.
    finding : str
    """
    ways = {
        "mean brightness": brightness_scores(cohort, finding),
        "logistic regression, 16 x 16": regression_scores(cohort, finding),
        f"small network, {SIDE_PX} px": network_scores(cohort, finding),
    }
    patients = cohort.table["patient_id"].to_numpy(str)
    labels, splits = cohort.labels(finding), cohort.table["split"].to_numpy(str)
    for way, score in ways.items():
        for test in TESTS:
            rows = splits == test
            if rows.any():
                yield auc_row(
                    labels[rows],
                    score[rows],
                    patients[rows],
                    finding=finding,
                    scored_by=way,
                    test=test,
                )


def brightness_scores(cohort: Cohort, finding: str) -> np.ndarray:
    """Return the mean of each image, negated if the finding darkens training images."""
    mean = cohort.images.reshape(len(cohort), -1).mean(axis=1)
    rows = (cohort.table["split"] == "train").to_numpy()
    area = roc_auc_score(cohort.labels(finding)[rows], mean[rows])
    return mean if area >= 0.5 else -mean


def regression_scores(cohort: Cohort, finding: str) -> np.ndarray:
    """Return scores of a logistic regression on 16 x 16 block means.

    Its penalty is the one with the highest AUC on the tuning set.
    """
    pixels, labels = coarse_pixels(cohort.images), cohort.labels(finding)
    train, tuning = (
        (cohort.table["split"] == name).to_numpy() for name in ("train", "tuning")
    )
    best, highest = np.zeros(len(labels)), -1.0
    for penalty in PENALTIES:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=penalty, max_iter=2000)
        ).fit(pixels[train], labels[train])
        score = model.decision_function(pixels)
        area = roc_auc_score(labels[tuning], score[tuning])
        if area > highest:
            best, highest = score, area
    return best


def network_scores(cohort: Cohort, finding: str) -> np.ndarray:
    """Return scores of the small network, trained on the cohort's training set."""
    return training.predict_scores(trained(cohort, finding), cohort.images)
