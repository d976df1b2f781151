"""Measure once what lessons 14 and 17 quote and do not compute again.

    python -m tools.evidence.label meant                  what each report asserts
    python -m tools.evidence.label noise chest_insilico   a network on wrong labels
    python -m tools.evidence.label noise pneumoniamnist   the same on real patients

The second trains lesson 21's network 90 times and takes half an hour; the third trains
it 30 times and needs COURSE_DATA_DIR. All write into data/evidence.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers import cohorts, label_noise, training
from helpers.diagnostic_metrics import area_under_roc
from helpers.report_labels import binary_labels, label_reports
from phantoms import ChestCohortSettings
from phantoms.cohort import visits
from phantoms.hospital.reports import KINDS, Report
from tools.evidence.pages import EVIDENCE, run_job, write_table

RATES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)
MISSED = RATES[1:]  # of the two kinds that leave the zeros alone
SEEDS = (14, 15, 16, 17, 18)
SIDE = 64  # pixels, where the cohort is published larger
STEPS = 800  # updates of the weights in each training


def reports_of(
    settings: ChestCohortSettings, patients: range
) -> Iterator[tuple[str, Report]]:
    """Yield (study_id, report with what it asserts) of all studies of some patients."""
    for number in patients:
        studies = list(visits.studies_of_patient(settings, number))
        for study, (_, report) in zip(studies, visits.told_of(studies), strict=True):
            yield f"{study.patient.patient_id}-{study.examination.visit}", report


def meant_by(settings: ChestCohortSettings, patients: range) -> pd.DataFrame:
    """Return what the writer of each report asserts about each finding."""
    meant = {name: report.asserts for name, report in reports_of(settings, patients)}
    table = pd.DataFrame.from_dict(meant, orient="index")[list(KINDS)]
    return table.rename_axis("study_id").reset_index()


def noisy_versions(cohort: cohorts.Cohort, finding: str, seed: int) -> dict:
    """Return {(kind, rate): labels of every image}; the same errors for all users."""
    truth = cohort.labels(finding)
    plans = [("flipped", rate) for rate in RATES]
    area = cohort.table.get(f"{finding}_area_mm2")
    if area is not None:
        plans += [(kind, rate) for rate in MISSED for kind in label_noise.KINDS[:0:-1]]
    wrong = functools.partial(label_noise.wrong_labels, truth, seed=seed, size=area)
    labels = {(kind, rate): wrong(kind=kind, rate=rate) for kind, rate in plans}
    if "report" in cohort.table:
        said = label_reports(cohort.table["report"])[finding]
        for policy in ("ones", "zeros"):
            given = binary_labels(said, uncertain=policy).to_numpy(int)
            labels[f"report, uncertain as {policy}", np.nan] = given
    return labels


def network_scores(
    cohort: cohorts.Cohort, finding: str, labels: np.ndarray, *, seed: int
) -> np.ndarray:
    """Return scores of all images by a network trained and tuned on given labels."""
    table = cohort.table.assign(**{finding: labels})
    settings = training.TrainingSettings(steps=STEPS, seed=seed)
    learnt = dataclasses.replace(cohort, table=table)
    network, _ = training.train_small_network(
        learnt, finding=finding, settings=settings
    )
    return training.predict_scores(network, cohort.images)


def noise_of_one_seed(cohort: cohorts.Cohort, seed: int) -> Iterator[dict]:
    """Yield one row for each kind and rate of wrong labels."""
    finding = cohort.finding()
    test = (cohort.table["split"] == "internal test").to_numpy()
    n_train = int((cohort.table["split"] == "train").sum())
    truth, clean = cohort.labels(finding)[test], None
    for (kind, rate), labels in noisy_versions(cohort, finding, seed).items():
        scores = network_scores(cohort, finding, labels, seed=seed)[test]
        clean = scores if clean is None else clean
        wrong = labels[test]
        row = {"cohort": cohort.name, "finding": finding, "kind": kind, "rate": rate}
        row |= {"seed": seed, "n_train": n_train, "n_test": len(truth)}
        yield row | {
            "wrong_in_test": int((wrong != truth).sum()),
            "noisy_training_true_test": area_under_roc(truth, scores),
            "true_training_noisy_test": area_under_roc(wrong, clean),
            "noisy_training_noisy_test": area_under_roc(wrong, scores),
        }


def record_noise(name: str = "chest_insilico") -> None:
    """Write data/evidence/lesson_17_network_<cohort>.csv, anew after each seed."""
    size = SIDE if name.startswith("chest_insilico") else None
    cohort = cohorts.load(name, size=size)
    path = EVIDENCE / f"lesson_17_network_{cohort.name}.csv"
    rows: list[dict] = []
    for seed in SEEDS:
        rows += noise_of_one_seed(cohort, seed)
        write_table(pd.DataFrame(rows).round(4), path)


def record_meant() -> None:
    """Write data/evidence/lesson_14_meant.csv."""
    settings = ChestCohortSettings()
    table = meant_by(settings, range(1, settings.n_patients + 1))
    write_table(table, EVIDENCE / "lesson_14_meant.csv")


if __name__ == "__main__":
    run_job({"meant": record_meant, "noise": record_noise})
