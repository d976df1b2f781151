"""The images and rows of some of a cohort's patients, and any of its studies again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from phantoms.chest.patients import draw_patient
from phantoms.cohort.facts_of import (
    SYMPTOMS,
    Row,
    clinical_of,
    facts_of,
    picture_columns,
)
from phantoms.cohort.named import VARIANTS, Variant
from phantoms.cohort.people import groups_of_patients, visits_of_patients
from phantoms.cohort.planting import (
    hospital_of,
    plant_in_row,
    plant_in_study,
)
from phantoms.cohort.settings import DIFFICULTY, ChestCohortSettings
from phantoms.findings.finding import FINDINGS
from phantoms.hospital.draw import draw_study
from phantoms.hospital.reports import Report, write_report
from phantoms.study.radiograph import image_study
from phantoms.study.study import Study

_REPORT_STREAM = 63


@dataclass(frozen=True)
class Batch:
    """The images of some patients.

    Parameters
    ----------
    images : uint8 array of shape (n, size, size)
    masks : dict of str to bool array of shape (n, size, size)
    rows : list of dict
        One an image, in the same order.
    """

    images: np.ndarray
    masks: dict[str, np.ndarray]
    rows: list[Row]


def variant_of(settings: ChestCohortSettings) -> Variant:
    """Return what a cohort plants, at its strength."""
    return VARIANTS[settings.variant].at_strength(settings.strength)


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


def make_batch(settings: ChestCohortSettings, patients: range) -> Batch:
    """Return the images of all visits of some patients, by their numbers."""
    shots, rows = [], []
    for number in patients:
        studies = list(studies_of_patient(settings, number))
        these = [image_study(study, size=settings.size) for study in studies]
        pictures = [
            picture_columns(study, shot)
            for study, shot in zip(studies, these, strict=True)
        ]
        words = _words(studies)
        variant = variant_of(settings)
        shots += these
        rows += [
            plant_in_row(picture | told, study, variant)
            for picture, told, study in zip(pictures, words, studies, strict=True)
        ]
    masks = {kind: np.stack([s.masks[kind] for s in shots]) for kind in FINDINGS}
    return Batch(np.stack([shot.image for shot in shots]), masks, rows)


def _words(studies: list[Study]) -> list[Row]:
    """Return the clinical values and the report of each of a patient's studies."""
    ever = any(
        seen.malignant
        for study in studies
        for seen in facts_of(study).findings.values()
    )
    rows: list[Row] = []
    previous: Report | None = None
    for study in studies:
        values = clinical_of(facts_of(study), study, ever_malignant=ever)
        symptoms = tuple(name for name in SYMPTOMS if values[name] == 1)
        rng = np.random.default_rng(
            [*study.patient.seed, _REPORT_STREAM, study.examination.visit]
        )
        previous = write_report(facts_of(study, symptoms), rng, previous=previous)
        values |= {name: int(values[name]) for name in SYMPTOMS}
        rows.append({**values, "report": previous.text})
    return rows
