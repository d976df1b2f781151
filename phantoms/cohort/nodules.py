"""CT of lung nodules: one patient, twins without calcium, and a cohort of small cubes.

Two studies of the same number and seed are the same patient in every organ and in the
noise of the scan; only what lies in the nodule differs. What a picture shows of that
difference is then what the picture can show.

A cube of the cohort has 32 slices of 64 x 64 voxels and sides of 48 mm; half of them
hold a nodule, half only vessels and borders. It is reconstructed alone, not cut out of
a whole scan, which would take twenty times as long and give the same voxels but for the
pattern of the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import draw_examination, draw_patient
from phantoms.cohort.chest_cohort import columns_of
from phantoms.cohort.settings import groups_of_patients, splits_of_patients
from phantoms.cohort.visits import Row, age_at
from phantoms.findings.draw import draw_finding
from phantoms.findings.lung_space import places_in_lung
from phantoms.hospital.hospitals import HOSPITALS, draw_study
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

TWIN_SEED = 2026
CALCIFICATIONS = ("central", "none")
SMALLEST_MM, LARGEST_MM = 3.0, 15.0
#: CT finds nodules of little more than half the diameter that radiographs need.
CT_SHARE = 0.575
#: Of the cubes of the cohort, and their wide window from air to calcium, HU.
CUBE_SHAPE, CUBE_SPACING_MM = (32, 64, 64), (1.5, 0.75, 0.75)
WINDOW_CENTER_HU, WINDOW_WIDTH_HU = -300.0, 1400.0
NODULE_COLUMNS = columns_of("both", "cubes")
# a cube does not show how much body the beam passes: that of an average chest
_ACQUISITION = replace(USUAL, water_mm=260.0)
# the nodule lies up to this far from the middle of its cube, in each direction
_JITTER_MM = 6.0
# no patient of the radiographs has such a number
_STREAM, _FIRST_NUMBER = 81, 5000


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
    patient = draw_patient(number, cohort_seed=TWIN_SEED)
    anatomy = build_anatomy(patient)
    seed = number if nodule_seed is None else nodule_seed
    rng = np.random.default_rng(seed)
    nodule = draw_finding("nodule", anatomy, rng, detectability=CT_SHARE)
    effusion = draw_finding("effusion", anatomy, np.random.default_rng(number))
    study = Study(patient, draw_examination(patient), SCANNERS["Alder DR 21"])
    for finding in (replace(nodule, calcification=calcification), effusion):
        study = with_finding(study, finding)
    return study


def nodule_cube(
    diameter_mm: float,
    *,
    seed: int,
    spacing_mm: tuple[float, float, float] = (1.25, 0.7, 0.7),
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
    scan = scan_cube(study, middle + jitter, shape=shape, spacing_mm=spacing_mm)
    return scan, (middle - scan.origin_mm)[::-1] / spacing_mm


def scan_cube(
    study: Study,
    middle: np.ndarray,
    *,
    shape: tuple[int, int, int] = CUBE_SHAPE,
    spacing_mm: tuple[float, float, float] = CUBE_SPACING_MM,
) -> CtScan:
    """Return the CT of a cube about a place (x, y, z) in mm, alone."""
    half = (np.array(shape[::-1]) - 1) / 2 * spacing_mm[::-1]
    grid = VoxelGrid(
        origin_mm=tuple((middle - half).tolist()),
        spacing_mm=tuple(map(float, spacing_mm)),
        shape=shape,
        stretch=study.patient.stretch,
        rays_per_slice=1,
    )
    body = imaged_body(study, CT_POSTURE)
    return scan_voxels(study, body, grid, acquisition=_ACQUISITION)


@dataclass(frozen=True)
class NoduleCohortSettings:
    """What decides every voxel of the cohort of cubes.

    Parameters
    ----------
    seed : int
        0 or more.
    n_patients : int
        At least 20; each gives two cubes.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    seed: int = 2026
    n_patients: int = 200

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.seed < 0 or self.n_patients < 20:
            raise ValueError(
                f"seed is {self.seed} and n_patients {self.n_patients}. Expected a "
                "seed of 0 or more and at least 20 patients, for four splits."
            )


def make_nodule_cohort(
    settings: NoduleCohortSettings, *, progress: bool = True
) -> tuple[np.ndarray, pd.DataFrame, dict[str, np.ndarray]]:
    """Return cubes, table and masks; the same settings, the same voxels.

    Returns
    -------
    images : uint8 array of shape (2 * n_patients, 32, 64, 64)
        Slices from feet to head; display values of the window. Of each patient a cube
        with the largest nodule, then one of the same lungs without any.
    table : pandas.DataFrame
        One row a cube; see ``columns.csv``.
    masks : dict with "nodule", bool array of the shape of the images
    """
    groups, splits = groups_of_patients(settings), splits_of_patients(settings)
    numbers = range(1, settings.n_patients + 1)
    shown = tqdm(numbers, desc="Making CT cubes", unit="patient", disable=not progress)
    images, masks, rows = [], [], []
    for number in shown:
        for part, (study, scan) in enumerate(
            _cubes(settings.seed, number, groups[number - 1]), start=1
        ):
            images.append(to_grey(scan.hu))
            masks.append(scan.masks.get("nodule", np.zeros(CUBE_SHAPE, bool)))
            rows.append({**_row(study, scan, part), "split": splits[number - 1]})
    table = pd.DataFrame(rows)[list(NODULE_COLUMNS)]
    return np.stack(images), table, {"nodule": np.stack(masks)}


def to_grey(hu: np.ndarray) -> np.ndarray:
    """Return display values, 0 to 255, of CT numbers in the window.

    Examples
    --------
    >>> to_grey(np.array([-1000.0, -300.0, 400.0])).tolist()
    [0, 128, 255]
    """
    low = WINDOW_CENTER_HU - WINDOW_WIDTH_HU / 2
    share = np.clip((hu - low) / WINDOW_WIDTH_HU, 0, 1)
    return np.round(255 * share).astype(np.uint8)


def _cubes(seed: int, number: int, group: str) -> list[tuple[Study, CtScan]]:
    """Return a cube with the largest nodule of a patient and one without any."""
    hospital = replace(HOSPITALS[group], prevalence={"nodule": 1.0})
    patient = draw_patient(
        _FIRST_NUMBER + number, cohort_seed=seed, people=hospital.people
    )
    ill = replace(draw_study(patient, hospital), devices=(), noise=1)
    healthy = replace(ill, findings=(), noise=2)
    rng = np.random.default_rng([seed, number, _STREAM])
    nodule = np.array(ill.finding("nodule").bodies[0].centre)
    jitter = rng.uniform(-_JITTER_MM, _JITTER_MM, 3)
    place = places_in_lung(build_anatomy(patient), rng, number=1, low=-0.25)[0]
    return [
        (study, scan_cube(study, middle * np.array(patient.stretch) + jitter))
        for study, middle in ((ill, nodule), (healthy, place))
    ]


def _row(study: Study, scan: CtScan, part: int) -> Row:
    """Return what the table says of a cube, but for the split."""
    nodule, patient = study.finding("nodule"), study.patient
    row: Row = {
        "patient_id": patient.patient_id,
        "study_id": f"{patient.patient_id}-{part}",
        "site": study.site,
        "age": age_at(study),
        "sex": patient.sex,
        "nodule": int(nodule is not None),
        "malignant": int(nodule is not None and nodule.malignant),
    }
    for name in ("diameter_mm", "margin", "calcified", "doubling_days"):
        row[f"nodule_{name}"] = nodule.severity[name] if nodule else np.nan
    volume = scan.masks["nodule"].sum() * scan.voxel_ml if nodule else 0.0
    return row | {"nodule_volume_ml": round(float(volume), 3)}
