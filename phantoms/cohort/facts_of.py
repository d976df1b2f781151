"""From a study to plain facts and to the columns of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from phantoms.findings.finding import FINDINGS
from phantoms.hospital.clinical import (
    LIFELONG,
    VARIABLES,
    People,
    draw_clinical,
)
from phantoms.hospital.clinical_models import CONDITIONS
from phantoms.hospital.facts import Facts, Seen

if TYPE_CHECKING:
    from phantoms.study.radiograph import Radiograph
    from phantoms.study.study import Study

Row = dict[str, object]

DEVICES = (
    "drain",
    "pacemaker",
    "central line",
    "ECG leads",
    "endotracheal tube",
    "nasogastric tube",
)
SYMPTOMS = ("fever", "cough", "dyspnoea")
#: Measure of severity by which reports call a finding small or large and compare.
SIZE_OF = {
    "consolidation": "extent_mm",
    "nodule": "diameter_mm",
    "effusion": "volume_ml",
    "pneumothorax": "apical_gap_mm",
    "cardiomegaly": "ratio",
    "tuberculosis": "largest_cavity_mm",
    "oedema": "amount",
}
_CLINICAL_STREAM, _LIFELONG_STREAM = 61, 62


def age_at(study: Study) -> int:
    """Return the age in years on the day of the study."""
    return study.patient.age + study.examination.days_since_first // 365


def facts_of(study: Study, symptoms: tuple[str, ...] = ()) -> Facts:
    """Return what is true of a study, without pixels."""
    seen = {}
    for finding in study.findings:
        sizes = finding.severity
        size = sizes[SIZE_OF[finding.kind]]
        seen[finding.kind] = Seen(
            side=finding.side,
            zone=finding.zone,
            size=float(size),
            malignant=bool(getattr(finding, "malignant", False)),
            lobe=getattr(finding, "lobe", ""),
        )
    return Facts(
        findings=seen,
        devices={device.kind: device.side for device in study.devices},
        site=study.site,
        view=study.examination.view,
        age=age_at(study),
        days_since_first=study.examination.days_since_first,
        symptoms=symptoms,
    )


def state_of(facts: Facts, *, ever_malignant: bool) -> np.ndarray:
    """Return 0 or 1 for each of ``CONDITIONS``, shape (8,)."""
    there = set(facts.findings)
    if ever_malignant:
        there.add("malignant")
    return np.array([int(name in there) for name in CONDITIONS])


def clinical_of(facts: Facts, study: Study, *, ever_malignant: bool) -> dict:
    """Return every clinical variable of a study, nothing missing.

    Smoking and the tumour marker belong to the person: their chance is the same at
    every visit.
    """
    people = People(state_of(facts, ever_malignant=ever_malignant), [facts.age])
    seed, visit = study.patient.seed, study.examination.visit
    day = draw_clinical(people, np.random.default_rng([*seed, _CLINICAL_STREAM, visit]))
    life = draw_clinical(people, np.random.default_rng([*seed, _LIFELONG_STREAM]))
    return {
        name: float((life if name in LIFELONG else day)[name][0]) for name in VARIABLES
    }


def picture_columns(study: Study, shot: Radiograph) -> Row:
    """Return what is known of a study and seen in its image, without words."""
    examination, patient = study.examination, study.patient
    row: Row = {
        "patient_id": patient.patient_id,
        "study_id": f"{patient.patient_id}-{examination.visit}",
        "visit": examination.visit,
        "days_since_first": examination.days_since_first,
        "study_date": study.date,
        "site": study.site,
        "scanner": study.scanner.name,
        "view": examination.view,
        "portable": int(study.scanner.portable),
        "age": age_at(study),
        "sex": patient.sex,
    }
    row |= {kind: int(study.finding(kind) is not None) for kind in FINDINGS}
    nodule = study.finding("nodule")
    row["malignant"] = int(nodule is not None and nodule.malignant)
    row |= {
        name.replace(" ", "_").lower(): int(study.has_device(name)) for name in DEVICES
    }
    row["marker"] = " ".join(marker.text for marker in study.markers)
    row["cardiothoracic_ratio"] = round(float(shot.cardiothoracic_ratio), 3)
    return row | _severity(study, shot)


def _severity(study: Study, shot: Radiograph) -> Row:
    """Return projected areas and every finding's own measures."""
    row: Row = {}
    for kind in FINDINGS:
        area = float(shot.masks[kind].sum()) * shot.pixel_mm**2
        row[f"{kind}_area_mm2"] = round(area, 1)
    for finding in study.findings:
        measures: Mapping[str, float] = finding.severity
        row |= {
            f"{finding.kind}_{name}": value
            for name, value in measures.items()
            if name != "malignant"  # a column of its own
        }
    return row
