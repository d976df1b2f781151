"""Small CT volumes about single nodules, benign or malignant, for the nodule lessons.

Every crop is cut from the voxels of a whole patient: ribs, vessels, fissures and the
diaphragm come into it as they do in a clinic. Nothing in a single image tells benign
from malignant for certain; see ``findings.nodule`` for what differs and how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from helpers.phantoms.chest.anatomy import build_anatomy
from helpers.phantoms.chest.patients import draw_examination, draw_patient
from helpers.phantoms.chest.reconstruction import Acquisition
from helpers.phantoms.findings.nodule import MASS_MM, Nodule, draw_nodule, later_nodule
from helpers.phantoms.physics.scanners import SCANNERS
from helpers.phantoms.shapes.voxels import VoxelGrid
from helpers.phantoms.study.scan import CT_POSTURE, CtScan, imaged_body, scan_voxels
from helpers.phantoms.study.study import Study

#: Display window of the crops: black at -1000 HU, white at 400 HU.
WINDOW_CENTER_HU, WINDOW_WIDTH_HU = -300.0, 1400.0
CROP_SHAPE = (32, 64, 64)
CROP_SPACING_MM = (1.5, 0.75, 0.75)
#: Water-equivalent diameter that the noise is reckoned with, mm (chosen).
_WATER_MM = 260.0
_OFF_CENTRE_MM = 5.0
_STREAM = 21


@dataclass(frozen=True)
class NoduleCrops:
    """Crops with what is known about them, in the same order.

    Parameters
    ----------
    images : uint8 array of shape (n, slices, rows, columns)
        Grey values of the window -1000 to 400 HU; slices from feet to head, rows
        from front to back, columns from the patient's right to the left.
    masks : bool array of the same shape
        The nodule, without its spicules.
    rows : list of dict
        One row a crop: patient_id, age, sex, malignant and the nodule's features.
    spacing_mm : tuple of float
        Between slices, rows and columns.
    """

    images: np.ndarray
    masks: np.ndarray
    rows: list[dict[str, object]]
    spacing_mm: tuple[float, float, float] = CROP_SPACING_MM


def make_nodule_crops(
    numbers: Sequence[int],
    *,
    seed: int = 2026,
    detectability: float = 1.0,
    workers: int = 2,
) -> NoduleCrops:
    """Return one crop for each numbered patient, the same at every call.

    Parameters
    ----------
    numbers : sequence of int
        Patients, counted from 1.
    seed : int
        Of the cohort.
    detectability : float
        Factor on the diameters.
    workers : int
        Processes that share the work; they do not change the result.

    Raises
    ------
    ValueError
        If there is no patient.
    """
    if len(numbers) == 0:
        raise ValueError("numbers is empty, but at least one patient is expected.")
    jobs = [(int(number), seed, detectability) for number in numbers]
    if workers > 1 and len(jobs) > 8:
        with ProcessPoolExecutor(workers) as pool:
            found = list(pool.map(_crop_job, jobs, chunksize=8))
    else:
        found = [_crop_job(job) for job in jobs]
    images, masks, rows = zip(*found, strict=True)
    return NoduleCrops(np.stack(images), np.stack(masks), list(rows))


def _crop_job(
    job: tuple[int, int, float],
) -> tuple[np.ndarray, np.ndarray, dict[str, object]]:
    """Return image, mask and table row of one patient."""
    number, seed, detectability = job
    study = nodule_study(number, cohort_seed=seed, detectability=detectability)
    scan = crop_of(study)
    mask = scan.masks["nodule"]
    image = to_grey(scan.hu)
    return image, mask, _row(study, volume_mm3=1000 * scan.voxel_ml * mask.sum())


def nodule_study(number: int, *, cohort_seed: int, detectability: float = 1.0) -> Study:
    """Return a patient with one nodule of at most 30 mm and nothing else."""
    patient = draw_patient(number, cohort_seed=cohort_seed)
    anatomy = build_anatomy(patient)
    rng = np.random.default_rng([*patient.seed, _STREAM])
    nodule = draw_nodule(anatomy, rng, detectability=detectability)
    while nodule.diameter_mm > MASS_MM:
        nodule = draw_nodule(anatomy, rng, detectability=detectability)
    return Study(
        patient=patient,
        examination=draw_examination(patient),
        scanner=SCANNERS["Alder DR 21"],
        findings=(replace(nodule, bodies=nodule.bodies[:1]),),
    )


def crop_of(study: Study) -> CtScan:
    """Return the CT about a study's nodule, which is not quite in the middle."""
    nodule = study.finding("nodule")
    rng = np.random.default_rng([*study.patient.seed, _STREAM, 1])
    off = rng.uniform(-_OFF_CENTRE_MM, _OFF_CENTRE_MM, 3)
    kernel = "sharp" if rng.random() < 0.5 else "soft"
    middle = nodule.bodies[0].centre * np.asarray(study.patient.stretch) + off
    spacing = np.asarray(CROP_SPACING_MM)
    first = middle - (spacing * (np.asarray(CROP_SHAPE) - 1) / 2)[::-1]
    grid = VoxelGrid(
        origin_mm=tuple(first.tolist()),
        spacing_mm=CROP_SPACING_MM,
        shape=CROP_SHAPE,
        stretch=study.patient.stretch,
    )
    acquisition = Acquisition(kernel=kernel, mas=120.0, water_mm=_WATER_MM)
    body = imaged_body(study, CT_POSTURE)
    return scan_voxels(study, body, grid, acquisition=acquisition)


def to_grey(hu: np.ndarray) -> np.ndarray:
    """Return uint8 grey values of the crops' window.

    Examples
    --------
    >>> to_grey(np.array([-1200, -1000, -300, 400, 900])).tolist()
    [0, 0, 128, 255, 255]
    """
    share = (hu - WINDOW_CENTER_HU) / WINDOW_WIDTH_HU + 0.5
    return np.rint(255 * np.clip(share, 0, 1) + 1e-6).astype(np.uint8)


def _row(study: Study, *, volume_mm3: float) -> dict[str, object]:
    """Return the table row of a crop; a prior scan half a year ago shows growth."""
    nodule: Nodule = study.finding("nodule")
    prior = later_nodule(nodule, days=-180)
    return {
        "patient_id": study.patient.patient_id,
        "age": study.patient.age,
        "sex": study.patient.sex,
        "malignant": int(nodule.malignant),
        "diameter_mm": round(nodule.diameter_mm, 1),
        "volume_mm3": round(float(volume_mm3), 0),
        "margin": nodule.margin,
        "calcification": nodule.calcification,
        "prior_diameter_mm": round(prior.diameter_mm, 1),
        "doubling_days": round(nodule.doubling_days, 0),
        "side": nodule.side,
        "zone": nodule.zone,
    }
