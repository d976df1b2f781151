"""In-silico patients formed from physics: chest radiographs, CT, hospitals, DICOM.

``make_chest_cohort`` makes the cohort of the lessons, ``study_of`` any of its studies
again, and ``image_study`` a radiograph of a study at any size; ``scan_study`` scans it.
``draw_patient`` makes a single person by hand, ``nodule_study`` and ``twin_films``
patients that differ in one thing alone. What is written to disk is in
``phantoms.dicom_writing`` and ``phantoms.damaged_series``. See ``phantoms/README.md``.
"""

from phantoms.chest.patients import Examination, Patient, draw_examination, draw_patient
from phantoms.chest.projection import FIELD_MM
from phantoms.cohort.chest_cohort import (
    GENERATOR_VERSION,
    make_chest_cohort,
    twin_films,
)
from phantoms.cohort.nodules import (
    CUBE_SHAPE,
    CUBE_SPACING_MM,
    NoduleCohortSettings,
    make_nodule_cohort,
    nodule_cube,
    nodule_study,
)
from phantoms.cohort.settings import VARIANTS, ChestCohortSettings, planted_sentences
from phantoms.cohort.visits import study_of
from phantoms.findings.finding import FINDINGS
from phantoms.study.radiograph import Radiograph, image_study
from phantoms.study.scan import WITH_CONTRAST, CtScan, scan_study
from phantoms.study.study import Study

__all__ = [
    "CUBE_SHAPE",
    "CUBE_SPACING_MM",
    "FIELD_MM",
    "FINDINGS",
    "GENERATOR_VERSION",
    "VARIANTS",
    "WITH_CONTRAST",
    "ChestCohortSettings",
    "CtScan",
    "Examination",
    "NoduleCohortSettings",
    "Patient",
    "Radiograph",
    "Study",
    "draw_examination",
    "draw_patient",
    "image_study",
    "make_chest_cohort",
    "make_nodule_cohort",
    "nodule_cube",
    "nodule_study",
    "planted_sentences",
    "scan_study",
    "study_of",
    "twin_films",
]
