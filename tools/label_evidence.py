"""Measure once what lesson 14 quotes and does not compute again.

::

    python -m tools.label_evidence meant    what each report of the cohort asserts
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.phantoms import ChestCohortSettings
from helpers.phantoms.cohort import visits
from helpers.phantoms.cohort.facts_of import SYMPTOMS, clinical_of, facts_of
from helpers.phantoms.hospital.reports import KINDS, Report, write_report

EVIDENCE = Path(__file__).resolve().parents[1] / "data" / "evidence"


def reports_of_patient(
    settings: ChestCohortSettings, number: int
) -> Iterator[tuple[str, Report]]:
    """Yield (study_id, report with what it asserts) of one patient's studies."""
    studies = list(visits.studies_of_patient(settings, number))
    facts = [facts_of(study) for study in studies]
    ever = any(seen.malignant for one in facts for seen in one.findings.values())
    previous = None
    for study, bare in zip(studies, facts, strict=True):
        values = clinical_of(bare, study, ever_malignant=ever)
        symptoms = tuple(name for name in SYMPTOMS if values[name] == 1)
        visit = study.examination.visit
        rng = np.random.default_rng([*study.patient.seed, visits._REPORT_STREAM, visit])
        previous = write_report(facts_of(study, symptoms), rng, previous=previous)
        yield f"{study.patient.patient_id}-{visit}", previous


def meant_by(settings: ChestCohortSettings, patients: range) -> pd.DataFrame:
    """Return what the writer of each report asserts about each finding."""
    rows = [
        {"study_id": study_id, **{kind: report.asserts[kind] for kind in KINDS}}
        for number in patients
        for study_id, report in reports_of_patient(settings, number)
    ]
    return pd.DataFrame(rows)


def record_meant() -> None:
    """Write data/evidence/lesson_14_meant.csv."""
    settings = ChestCohortSettings()
    table = meant_by(settings, range(1, settings.n_patients + 1))
    table.to_csv(EVIDENCE / "lesson_14_meant.csv", index=False, lineterminator="\n")
    print(f"{len(table)} reports.")


if __name__ == "__main__":
    record_meant()
    sys.exit(0)
