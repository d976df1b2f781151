"""An in-silico patient with a lung nodule, and twins that differ in its calcium alone.

Two studies of the same number and seed are the same patient in every organ and in the
noise of the scan; only what lies in the nodule differs. What a picture shows of that
difference is then what the picture can show.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from helpers.phantoms.chest.anatomy import build_anatomy
from helpers.phantoms.chest.examinations import draw_examination
from helpers.phantoms.chest.patients import draw_patient
from helpers.phantoms.findings.draw import draw_finding
from helpers.phantoms.physics.scanners import SCANNERS
from helpers.phantoms.study.study import Study
from helpers.phantoms.study.twins import with_finding

COHORT_SEED = 2026
CALCIFICATIONS = ("central", "none")


def nodule_study(
    number: int, *, nodule_seed: int | None = None, calcification: str = "central"
) -> Study:
    """Return a patient with one lung nodule and a pleural effusion, ready to scan.

    Parameters
    ----------
    number : int
        Number of the patient, 0 or above; it also draws the effusion.
    nodule_seed : int, optional
        Draws size, place and edge of the nodule; `number` if not given.
    calcification : {"central", "none"}
        What lies in the middle of the nodule.

    Raises
    ------
    ValueError
        If the calcification is another one.

    Examples
    --------
    >>> study = nodule_study(2, nodule_seed=41, calcification="none")
    >>> [finding.kind for finding in study.findings]
    ['nodule', 'effusion']
    """
    if calcification not in CALCIFICATIONS:
        raise ValueError(
            f"calcification is {calcification!r}. Expected one of "
            f"{', '.join(CALCIFICATIONS)}. Twins are one study of each."
        )
    patient = draw_patient(number, cohort_seed=COHORT_SEED)
    anatomy = build_anatomy(patient)
    seed = number if nodule_seed is None else nodule_seed
    nodule = draw_finding("nodule", anatomy, np.random.default_rng(seed))
    effusion = draw_finding("effusion", anatomy, np.random.default_rng(number))
    study = Study(patient, draw_examination(patient), SCANNERS["Alder DR 21"])
    for finding in (replace(nodule, calcification=calcification), effusion):
        study = with_finding(study, finding)
    return study
