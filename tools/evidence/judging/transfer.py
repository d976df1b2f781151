"""Train on simulated films and test on real ones, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from helpers import cohorts, training
from helpers.cohorts import Cohort
from tools.evidence.judging.difficulty import SIDE_PX, brightness_scores
from tools.evidence.judging.measured import auc_row, trained
from tools.evidence.judging.real_films import (
    SAME_FINDING,
    SETS,
    dealt,
    load_real,
    without_patients,
)

SIMULATED = "chest_insilico"
PNEUMONIA_SIDE_PX = 28
HELD_OUT = ("internal test", "external test")


def findings_of(wanted: list[str]) -> list[str]:
    """Return those of the findings that real sets have too.

    Examples
    --------
    >>> findings_of(["tuberculosis", "effusion"])
    ['effusion']
    """
    return [finding for finding in wanted if finding in SAME_FINDING]


def judge_finding(finding: str) -> Iterator[dict]:
    """Yield the rows of one finding: simulated, NIH, both ways, and NIH to NIH."""
    simulated = cohorts.load(SIMULATED, size=SIDE_PX)
    real = {name: load_real(name, SIDE_PX) for name in SETS}
    network = trained(simulated, finding)
    for films in real.values():
        yield from tested(network, films, finding, trained_on=SIMULATED)
        yield brightness_row(simulated, films, finding)
    learnt = dealt(real[SETS[0]], finding)
    network = trained(learnt, finding)
    others = without_patients(real[SETS[1]], learnt)
    for films in (learnt, others, simulated):
        yield from tested(network, held_out(films), finding, trained_on=SETS[0])


def judge_pneumonia() -> Iterator[dict]:
    """Yield consolidation (simulated) against pneumonia of children, both ways."""
    simulated = cohorts.load(SIMULATED, size=PNEUMONIA_SIDE_PX)
    children = cohorts.load("pneumoniamnist")
    pairs = ((simulated, "consolidation"), (children, children.finding()))
    for teacher, learnt in pairs:
        network = trained(teacher, learnt)
        for examined, finding in pairs:
            films = held_out(examined)
            yield from tested(network, films, finding, trained_on=teacher.name)


def held_out(films: Cohort) -> Cohort:
    """Return the films that no network was trained or tuned on."""
    return films.select(films.table["split"].isin(HELD_OUT))


def tested(network, films: Cohort, finding: str, *, trained_on: str) -> Iterator[dict]:
    """Yield the AUC against all films without the finding, and against healthy ones.

    Healthy films ("no finding") are known in the NIH sets only.
    """
    score = training.predict_scores(network, films.images)
    labels = films.labels(finding)
    rows = {"all without it": np.ones(len(films), bool)}
    if "no_finding" in films.table:
        healthy = films.table["no_finding"].to_numpy(bool)
        rows["no finding at all"] = healthy | (labels == 1)
    for against, chosen in rows.items():
        yield auc_row(
            labels[chosen],
            score[chosen],
            films.table["patient_id"].to_numpy(str)[chosen],
            finding=finding,
            trained_on=trained_on,
            tested_on=films.name,
            scored_by=f"small network, {films.images.shape[1]} px",
            against=against,
        )


def brightness_row(simulated: Cohort, films: Cohort, finding: str) -> dict:
    """Return the AUC of mean brightness on real films, its direction from simulated."""
    mean = films.images.reshape(len(films), -1).mean(axis=1)
    darker = brightness_scores(simulated, finding)[0] < 0
    return auc_row(
        films.labels(finding),
        -mean if darker else mean,
        films.table["patient_id"].to_numpy(str),
        finding=finding,
        trained_on=SIMULATED,
        tested_on=films.name,
        scored_by="mean brightness",
        against="all without it",
    )
