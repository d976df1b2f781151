"""In-silico radiographs formed from physics: parametric anatomy, X-rays, detector.

``draw_patient`` and ``draw_examination`` say who is imaged and how;
``render_chest`` makes one radiograph at any size; ``make_chest_cohort`` makes the
cohort of the lessons. Nothing here imports another part of ``helpers``.
"""

from helpers.phantoms.chest.patients import (
    Examination,
    Patient,
    draw_examination,
    draw_patient,
)
from helpers.phantoms.cohort.chest_cohort import GENERATOR_VERSION, make_chest_cohort
from helpers.phantoms.cohort.visits import ChestCohortSettings
from helpers.phantoms.study.radiograph import Radiograph, render_chest

__all__ = [
    "GENERATOR_VERSION",
    "ChestCohortSettings",
    "Examination",
    "Patient",
    "Radiograph",
    "draw_examination",
    "draw_patient",
    "make_chest_cohort",
    "render_chest",
]
