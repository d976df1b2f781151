"""Cubes cut from simulated CTs: half hold a nodule, half only vessels and borders.

A cube has 32 slices of 64 x 64 voxels and sides of 48 mm. It is reconstructed alone,
not cut out of a whole scan, which would take twenty times as long and give the same
voxels but for the pattern of the noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import draw_patient
from phantoms.cohort.columns import NODULE_COLUMNS
from phantoms.cohort.facts_of import Row, age_at
from phantoms.cohort.people import groups_of_patients, splits_of_patients
from phantoms.findings.lung_space import places_in_lung
from phantoms.hospital.draw import draw_study
from phantoms.hospital.hospitals import HOSPITALS
from phantoms.shapes.voxels import VoxelGrid
from phantoms.study.scan import (
    CT_POSTURE,
    USUAL,
    CtScan,
    imaged_body,
    scan_voxels,
)
from phantoms.study.study import Study

SHAPE = (32, 64, 64)
SPACING_MM = (1.5, 0.75, 0.75)
#: A wide window from air to calcium, HU.
WINDOW_CENTER_HU, WINDOW_WIDTH_HU = -300.0, 1400.0
#: The nodule lies up to this far from the middle of its cube, in each direction.
_JITTER_MM = 6.0
# a cube does not show how much body the beam passes: that of an average chest
_ACQUISITION = replace(USUAL, water_mm=260.0)
_STREAM = 81
# no patient of the radiographs has such a number
_FIRST_NUMBER = 5000


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
                f"seed is {self.seed} and n_patients {self.n_patients}, but expected a "
                "seed of 0 or more and at least 20 patients for four splits."
            )


@dataclass(frozen=True)
class Cube:
    """One cube of a CT.

    Parameters
    ----------
    grey : uint8 array of shape (32, 64, 64)
        Slices from feet to head; display values of the window.
    mask : bool array of the same shape
        The nodule; all False where there is none.
    row : dict
        Its row of the table, but for the split.
    """

    grey: np.ndarray
    mask: np.ndarray
    row: Row


def make_nodule_cohort(
    settings: NoduleCohortSettings, *, progress: bool = True
) -> tuple[np.ndarray, pd.DataFrame, dict[str, np.ndarray]]:
    """Return cubes, table and masks; the same settings, the same voxels.

    Returns
    -------
    images : uint8 array of shape (2 * n_patients, 32, 64, 64)
    table : pandas.DataFrame
        One row a cube; see ``columns.NODULE_COLUMNS``.
    masks : dict with "nodule", bool array of the shape of the images
    """
    groups, splits = groups_of_patients(settings), splits_of_patients(settings)
    numbers = range(1, settings.n_patients + 1)
    shown = tqdm(numbers, desc="Making CT cubes", unit="patient", disable=not progress)
    cubes, rows = [], []
    for number in shown:
        for cube in cubes_of_patient(
            number, seed=settings.seed, group=groups[number - 1]
        ):
            cubes.append(cube)
            rows.append({**cube.row, "split": splits[number - 1]})
    images = np.stack([cube.grey for cube in cubes])
    masks = {"nodule": np.stack([cube.mask for cube in cubes])}
    return images, pd.DataFrame(rows)[list(NODULE_COLUMNS)], masks


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


def nodule_study(number: int, *, seed: int, group: str) -> Study:
    """Return the study of a patient (from 1) who has nodules and nothing else."""
    hospital = replace(HOSPITALS[group], prevalence={"nodule": 1.0})
    patient = draw_patient(
        _FIRST_NUMBER + number, cohort_seed=seed, people=hospital.people
    )
    return replace(draw_study(patient, hospital, visit=1), devices=())


def cubes_of_patient(number: int, *, seed: int, group: str) -> Iterator[Cube]:
    """Yield a cube with the largest nodule and one of the same lungs without any.

    Parameters
    ----------
    number : int
        Of the patient, from 1.
    seed : int
        Of the cohort.
    group : str
        Hospital "A", "B" or "C".
    """
    study = nodule_study(number, seed=seed, group=group)
    rng = np.random.default_rng([seed, number, _STREAM])
    stretch = np.array(study.patient.stretch)
    middle = np.array(study.finding("nodule").bodies[0].centre) * stretch
    jitter = rng.uniform(-_JITTER_MM, _JITTER_MM, 3)
    yield _cube(study, middle + jitter, part=1)
    healthy = replace(study, findings=())
    place = places_in_lung(build_anatomy(study.patient), rng, number=1, low=-0.25)[0]
    yield _cube(healthy, place * stretch + jitter, part=2)


def _cube(study: Study, middle: np.ndarray, *, part: int) -> Cube:
    study = replace(study, noise=part)
    scan = _scan_about(study, middle)
    mask = scan.masks.get("nodule", np.zeros(SHAPE, bool))
    return Cube(to_grey(scan.hu), mask, _row(study, scan, part))


def _scan_about(study: Study, middle: np.ndarray) -> CtScan:
    """Return the CT of a cube about a place (x, y, z) in mm."""
    slices, rows, columns = SHAPE
    half = np.array([columns - 1, rows - 1, slices - 1]) / 2
    x, y, z = middle - half * SPACING_MM[::-1]
    grid = VoxelGrid(
        origin_mm=(float(x), float(y), float(z)),
        spacing_mm=SPACING_MM,
        shape=SHAPE,
        stretch=study.patient.stretch,
        rays_per_slice=1,
    )
    body = imaged_body(study, CT_POSTURE)
    return scan_voxels(study, body, grid, acquisition=_ACQUISITION)


def _row(study: Study, scan: CtScan, part: int) -> Row:
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
