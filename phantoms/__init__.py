"""In-silico radiographs formed from physics: parametric anatomy, X-rays, detector.

``make_chest_cohort`` makes the cohort of the lessons, ``study_of`` any of its studies
again, and ``image_study`` a radiograph of a study at any size. ``draw_patient`` and
``render_chest`` make a single chest by hand. Nothing here imports another part of
``helpers``.
"""

from phantoms.chest.patients import Examination, Patient, draw_examination, draw_patient
from phantoms.cohort.chest_cohort import GENERATOR_VERSION, make_chest_cohort
from phantoms.cohort.settings import ChestCohortSettings
from phantoms.cohort.visits import study_of
from phantoms.study.radiograph import Radiograph, image_study, render_chest
from phantoms.study.study import Study

__all__ = [
    "GENERATOR_VERSION",
    "ChestCohortSettings",
    "Examination",
    "Patient",
    "Radiograph",
    "Study",
    "draw_examination",
    "draw_patient",
    "image_study",
    "make_chest_cohort",
    "render_chest",
    "study_of",
]
