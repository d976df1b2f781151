"""The studies of a patient, what is planted in them, and what the table says of each.

Every plant has its own stream of random numbers, so that switching one on, off or to
another strength moves nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from phantoms.chest.patients import draw_patient
from phantoms.chest.projection import FIELD_MM
from phantoms.cohort.settings import (
    DIFFICULTY,
    LETTERS,
    NEW_SCANNER,
    ChestCohortSettings,
    Variant,
    groups_of_patients,
    variant_of,
    visits_of_patients,
)
from phantoms.devices.markers import Marker
from phantoms.findings.finding import FINDINGS
from phantoms.hospital.clinical import (
    CONDITIONS,
    LIFELONG,
    SYMPTOMS,
    VARIABLES,
    draw_clinical,
    hide_values,
)
from phantoms.hospital.hospitals import HOSPITALS, Hospital, draw_study
from phantoms.hospital.readers import READERS, read_scores
from phantoms.hospital.reports import Facts, Report, Seen, write_report
from phantoms.physics.scanners import SCANNERS
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
_PLANTS = {"shortcut": 71, "noise": 72, "scanner": 73, "missing": 74, "readers": 75}
_CLINICAL_STREAM, _LIFELONG_STREAM, _REPORT_STREAM = 61, 62, 63


def study_of(settings: ChestCohortSettings, study_id: str) -> Study:
    """Return a study of a cohort again, to image it at another size or as a twin.

    Parameters
    ----------
    settings : ChestCohortSettings
    study_id : str
        As in the table: "P0007-2" is the second visit of patient 7.

    Raises
    ------
    ValueError
        If the cohort has no such study.

    Examples
    --------
    >>> study_of(ChestCohortSettings(), "P0007-1").patient.patient_id
    'P0007'
    """
    name, _, visit = study_id.partition("-")
    number = int(name[1:]) if name[1:].isdigit() else 0
    if 1 <= number <= settings.n_patients:
        for study in studies_of_patient(settings, number):
            if str(study.examination.visit) == visit:
                return study
    raise ValueError(
        f"There is no study {study_id!r} in this cohort of {settings.n_patients} "
        "patients. Take one from the column study_id of its table."
    )


def studies_of_patient(settings: ChestCohortSettings, number: int) -> Iterator[Study]:
    """Yield every study of patient ``number`` (from 1) of a cohort, in order."""
    variant = variant_of(settings)
    group = groups_of_patients(settings)[number - 1]
    hospital = hospital_of(variant, group)
    patient = draw_patient(number, cohort_seed=settings.seed, people=hospital.people)
    for visit in range(1, int(visits_of_patients(settings)[number - 1]) + 1):
        study = draw_study(
            patient,
            hospital,
            visit=visit,
            detectability=DIFFICULTY[settings.difficulty],
        )
        yield plant_in_study(study, variant, group)


def hospital_of(variant: Variant, group: str) -> Hospital:
    """Return the hospital of a group of patients ("A", "B" or "C") in a variant."""
    hospital = HOSPITALS["A" if variant.name == "new_scanner" else group]
    if variant.name != "hidden_stratum":
        return hospital
    numbers = variant.numbers
    prevalence = {**hospital.prevalence, "pneumothorax": numbers["prevalence"]}
    drains = (numbers["treated"], hospital.drain_share[1])
    return replace(hospital, prevalence=prevalence, drain_share=drains)


def _stream(study: Study, purpose: str) -> np.random.Generator:
    return np.random.default_rng(
        [*study.patient.seed, _PLANTS[purpose], study.examination.visit]
    )


def plant_in_study(study: Study, variant: Variant, group: str) -> Study:
    """Return the study with the variant's letters or on the variant's machine."""
    if variant.name == "confounded":
        return _with_letters(study, variant, group)
    upright = not study.scanner.portable
    if variant.name != "new_scanner" or group != "C" or not upright:
        return study
    new = _stream(study, "scanner").random() < variant.numbers["share"]
    return replace(study, scanner=SCANNERS[NEW_SCANNER]) if new else study


def _with_letters(study: Study, variant: Variant, group: str) -> Study:
    """Return the study with lead letters in its share of cases."""
    there = study.finding("consolidation") is not None
    which = "external" if group == "C" else ("with" if there else "without")
    rng = _stream(study, "shortcut")
    if rng.random() >= variant.numbers[f"share_{which}"]:
        return study
    return replace(study, markers=(*study.markers, _letters(study, rng)))


def _letters(study: Study, rng: np.random.Generator) -> Marker:
    """Return lead letters in the upper corner that has no other marker."""
    left, right, top, _ = study.technique.margins_mm
    taken = study.markers[0].x_mm if study.markers else rng.choice([-1.0, 1.0])
    side = -1.0 if taken > 0 else 1.0
    edge = FIELD_MM / 2 - (left if side < 0 else right)
    height = FIELD_MM / 2 - top - rng.uniform(18, 26)
    beside = [m.z_mm for m in study.markers if m.x_mm * side > 0]
    return Marker(
        LETTERS,
        x_mm=side * (edge - rng.uniform(24, 34)),
        z_mm=min([height, *(z - 28 for z in beside)]),
        height_mm=20.0,
        stroke_mm=3.6,
        turn_deg=float(rng.normal(0, 3)),
    )


def plant_in_row(row: Row, study: Study, variant: Variant) -> Row:
    """Return the row with wrong labels, holes or readers' scores."""
    truth, numbers = int(row["consolidation"]), variant.numbers
    if variant.name == "label_noise":
        rate = numbers["missed" if truth else "invented"]
        wrong = _stream(study, "noise").random() < rate
        label = 1 - truth if wrong else truth
        return row | {"consolidation": label, "consolidation_truth": truth}
    if variant.name == "missing_values":
        rng = _stream(study, "missing")
        if rng.random() < numbers["share"]:
            there = {kind: row[kind] == 1 for kind in (*FINDINGS, "malignant")}
            row = row | hide_values({name: row[name] for name in VARIABLES}, there, rng)
    if variant.name == "readers":
        readers = READERS[: int(numbers["n_readers"])]
        scores = read_scores([truth], readers, _stream(study, "readers"))[0]
        return row | {r.name: int(s) for r, s in zip(readers, scores, strict=True)}
    return row


def age_at(study: Study) -> int:
    """Return the age in years on the day of the study."""
    return study.patient.age + study.examination.days_since_first // 365


def facts_of(study: Study, symptoms: tuple[str, ...] = ()) -> Facts:
    """Return what is true of a study, without pixels."""
    seen = {
        finding.kind: Seen(
            side=getattr(finding, "main_side", finding.side),
            zone=finding.zone,
            size=float(finding.severity[SIZE_OF[finding.kind]]),
            malignant=bool(getattr(finding, "malignant", False)),
            lobe=getattr(finding, "lobe", ""),
        )
        for finding in study.findings
    }
    return Facts(
        findings=seen,
        devices={device.kind: device.side for device in study.devices},
        site=study.site,
        view=study.examination.view,
        days_since_first=study.examination.days_since_first,
        symptoms=symptoms,
    )


def clinical_of(facts: Facts, study: Study, *, ever_malignant: bool) -> dict:
    """Return every clinical variable of a study, nothing missing.

    Smoking and the tumour marker belong to the person: their chance is the same at
    every visit.
    """
    there = {*facts.findings, *(["malignant"] if ever_malignant else [])}
    state = np.array([[int(name in there) for name in CONDITIONS]])
    seed, age = study.patient.seed, np.array([age_at(study)])
    today = [*seed, _CLINICAL_STREAM, study.examination.visit]
    day = draw_clinical(state, age, np.random.default_rng(today))
    life = draw_clinical(state, age, np.random.default_rng([*seed, _LIFELONG_STREAM]))
    return {
        name: float((life if name in LIFELONG else day)[name][0]) for name in VARIABLES
    }


def words_of(studies: list[Study]) -> list[Row]:
    """Return the clinical values and the report of each of a patient's studies."""
    return [{**values, "report": told.text} for values, told in told_of(studies)]


def told_of(studies: list[Study]) -> Iterator[tuple[Row, Report]]:
    """Yield clinical values, and the report with what it asserts, of each study."""
    facts = [facts_of(study) for study in studies]
    ever = any(seen.malignant for each in facts for seen in each.findings.values())
    previous: Report | None = None
    for bare, study in zip(facts, studies, strict=True):
        values = clinical_of(bare, study, ever_malignant=ever)
        symptoms = tuple(name for name in SYMPTOMS if values[name] == 1)
        rng = np.random.default_rng(
            [*study.patient.seed, _REPORT_STREAM, study.examination.visit]
        )
        told = replace(bare, symptoms=symptoms)
        previous = write_report(told, rng, previous=previous)
        values |= {name: int(values[name]) for name in SYMPTOMS}
        yield values, previous


def picture_columns(study: Study, shot: Radiograph) -> Row:
    """Return what is known of a study and seen in its image, without words."""
    examination, patient = study.examination, study.patient
    nodule = study.finding("nodule")
    return {
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
        **{kind: int(study.finding(kind) is not None) for kind in FINDINGS},
        "malignant": int(nodule is not None and nodule.malignant),
        **{
            name.replace(" ", "_").lower(): int(study.has_device(name))
            for name in DEVICES
        },
        "marker": " ".join(marker.text for marker in study.markers),
        "cardiothoracic_ratio": round(float(shot.cardiothoracic_ratio), 3),
        **{
            f"{kind}_area_mm2": round(float(mask.sum()) * shot.pixel_mm**2, 1)
            for kind, mask in shot.masks.items()
        },
        **{
            f"{finding.kind}_{name}": value
            for finding in study.findings
            for name, value in finding.severity.items()
            if name != "malignant"  # a column of its own
        },
    }
