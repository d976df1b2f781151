"""An in-silico patient with a lung nodule, twins without its calcium, and small copies.

Two studies of the same number and seed are the same patient in every organ and in the
noise of the scan; only what lies in the nodule differs. What a picture shows of that
difference is then what the picture can show.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import draw_examination, draw_patient
from phantoms.findings.draw import draw_finding
from phantoms.physics.scanners import SCANNERS
from phantoms.shapes.voxels import VoxelGrid
from phantoms.study.scan import (
    CT_POSTURE,
    USUAL,
    CtScan,
    imaged_body,
    scan_voxels,
)
from phantoms.study.study import Study, with_finding

COHORT_SEED = 2026
CALCIFICATIONS = ("central", "none")
CUBE_SPACING_MM = (1.25, 0.7, 0.7)
SMALLEST_MM, LARGEST_MM = 3.0, 15.0
# a cube does not show how much body the beam passes: that of an average chest
_ACQUISITION = replace(USUAL, water_mm=260.0)


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


def nodule_cube(
    diameter_mm: float,
    *,
    seed: int,
    spacing_mm: tuple[float, float, float] = CUBE_SPACING_MM,
    side_mm: float = 40.0,
) -> tuple[CtScan, np.ndarray]:
    """Return the CT of a cube about a small round nodule without calcium.

    The nodule is always the same but for its size; the seed moves the grid of voxels
    by up to 1.5 mm in each direction and draws the noise.

    Parameters
    ----------
    diameter_mm : float
        3 to 15 mm.
    seed : int
        0 or above.
    spacing_mm : (slices, rows, columns)
        Distance of the voxels.
    side_mm : float
        Side of the cube.

    Returns
    -------
    scan : CtScan
    centre : float array of shape (3,)
        Voxel (slice, row, column), fractional, in the middle of the nodule.

    Raises
    ------
    ValueError
        If the diameter is another one.

    Examples
    --------
    >>> scan, centre = nodule_cube(5, seed=0)
    >>> scan.hu.shape, bool(scan.hu[tuple(centre.round().astype(int))] > -100)
    ((32, 57, 57), True)
    """
    if not SMALLEST_MM <= diameter_mm <= LARGEST_MM:
        raise ValueError(
            f"diameter_mm is {diameter_mm}. Expected {SMALLEST_MM:g} to "
            f"{LARGEST_MM:g}, so that the nodule fits into its lung and its cube. For "
            "a larger one draw a finding and scan the whole study."
        )
    study = nodule_study(2, nodule_seed=41, calcification="none")
    nodule = study.findings[0]
    body = replace(nodule.bodies[0], radius=diameter_mm / 2)
    study = replace(study, findings=(replace(nodule, bodies=(body,)),), noise=seed)
    middle = np.array(body.centre) * study.patient.stretch
    jitter = np.random.default_rng(seed).uniform(-1.5, 1.5, 3)
    shape = tuple(round(side_mm / spacing) for spacing in spacing_mm)
    half = (np.array(shape[::-1]) - 1) / 2 * spacing_mm[::-1]
    origin = middle + jitter - half
    grid = VoxelGrid(
        origin_mm=tuple(origin.tolist()),
        spacing_mm=tuple(map(float, spacing_mm)),
        shape=shape,
        stretch=study.patient.stretch,
        rays_per_slice=1,
    )
    scan = scan_voxels(
        study, imaged_body(study, CT_POSTURE), grid, acquisition=_ACQUISITION
    )
    return scan, (middle - origin)[::-1] / spacing_mm
