"""In-silico radiographs formed from physics: parametric anatomy, X-rays, detector.

``make_chest_cohort`` makes the cohort of the lessons, ``study_of`` any of its studies
again, and ``image_study`` a radiograph of a study at any size. ``draw_patient`` and
``render_chest`` make a single chest by hand. Nothing here imports another part of
``helpers``.
"""

from phantoms.chest.examinations import Examination, draw_examination
from phantoms.chest.patients import Patient, draw_patient
from phantoms.chest.projection import FIELD_MM
from phantoms.cohort.chest_cohort import GENERATOR_VERSION, make_chest_cohort
from phantoms.cohort.named import VARIANTS, planted_sentences
from phantoms.cohort.nodules import SHAPE as CUBE_SHAPE
from phantoms.cohort.nodules import SPACING_MM as CUBE_SPACING_MM
from phantoms.cohort.nodules import NoduleCohortSettings, make_nodule_cohort
from phantoms.cohort.settings import ChestCohortSettings
from phantoms.cohort.visits import study_of
from phantoms.study.radiograph import Radiograph, image_study, render_chest
from phantoms.study.study import Study

__all__ = [
    "CUBE_SHAPE",
    "CUBE_SPACING_MM",
    "FIELD_MM",
    "GENERATOR_VERSION",
    "VARIANTS",
    "ChestCohortSettings",
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
    "planted_sentences",
    "render_chest",
    "study_of",
]
