"""A cohort's settings, who is in it, and the images of some of its patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.phantoms.chest.anatomy import build_anatomy
from helpers.phantoms.chest.patients import draw_examination, draw_patient
from helpers.phantoms.findings.airspace import DIFFICULTY, FINDINGS
from helpers.phantoms.study.radiograph import Radiograph, render_anatomy

SPLIT_SHARES = {"train": 0.60, "tuning": 0.15, "internal test": 0.25}
_PATIENTS_PER_BATCH = 6

Row = dict[str, object]


@dataclass(frozen=True)
class ChestCohortSettings:
    """What decides every pixel of a cohort.

    Parameters
    ----------
    seed : int
        0 or more.
    n_patients : int
        At least 10.
    n_images : int
        From ``n_patients`` to twice as many: the surplus are second visits.
    size : int
        Rows and columns, 32 to 1024; the field of view is always 384 mm.
    difficulty : str
        "easy", "default" or "hard".

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    seed: int = 2026
    n_patients: int = 1200
    n_images: int = 2000
    size: int = 128
    difficulty: str = "default"

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}, but it must be 0 or more.")
        if self.n_patients < 10:
            raise ValueError(
                f"n_patients is {self.n_patients}, but three splits need at least 10."
            )
        if not self.n_patients <= self.n_images <= 2 * self.n_patients:
            raise ValueError(
                f"n_images is {self.n_images} for {self.n_patients} patients. Each "
                "patient has one or two visits, so choose a number from "
                f"{self.n_patients} to {2 * self.n_patients}."
            )
        if not 32 <= self.size <= 1024:
            raise ValueError(
                f"size is {self.size}, but a radiograph can have 32 to 1024 rows. "
                "The lessons use 128."
            )
        if self.difficulty not in DIFFICULTY:
            raise ValueError(
                f"difficulty is {self.difficulty!r}. "
                f"Choose one of: {', '.join(DIFFICULTY)}."
            )


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


def visits_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the number of visits, 1 or 2, of patients 1, 2, ..."""
    rng = np.random.default_rng([settings.seed, 0, 1])
    visits = np.ones(settings.n_patients, int)
    extra = settings.n_images - settings.n_patients
    visits[rng.permutation(settings.n_patients)[:extra]] = 2
    return visits


def split_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the split of patients 1, 2, ... in the shares of ``SPLIT_SHARES``."""
    rng = np.random.default_rng([settings.seed, 0, 2])
    order = rng.permutation(settings.n_patients)
    edges = np.round(np.cumsum([0, *SPLIT_SHARES.values()]) * settings.n_patients)
    split = np.empty(settings.n_patients, object)
    for name, low, high in zip(SPLIT_SHARES, edges[:-1], edges[1:], strict=True):
        split[order[int(low) : int(high)]] = name
    return split


def batches(settings: ChestCohortSettings) -> list[range]:
    """Return the patient numbers of each batch, in order."""
    last = settings.n_patients + 1
    return [
        range(low, min(low + _PATIENTS_PER_BATCH, last))
        for low in range(1, last, _PATIENTS_PER_BATCH)
    ]


def make_batch(settings: ChestCohortSettings, patients: range) -> Batch:
    """Return the images of all visits of some patients, by their numbers."""
    visits = visits_of_patients(settings)
    shots, rows = [], []
    for number in patients:
        patient = draw_patient(number, cohort_seed=settings.seed)
        anatomy = build_anatomy(patient)
        for visit in range(1, int(visits[number - 1]) + 1):
            shot = render_anatomy(
                anatomy,
                draw_examination(patient, visit=visit),
                size=settings.size,
                difficulty=settings.difficulty,
            )
            days = shot.examination.days_since_first
            row = {
                "patient_id": patient.patient_id,
                "study_id": f"{patient.patient_id}-{visit}",
                "visit": visit,
                "days_since_first": days,
                "age": patient.age + days // 365,
                "sex": patient.sex,
            }
            shots.append(shot)
            rows.append(row | _severity(shot))
    masks = {kind: np.stack([s.masks[kind] for s in shots]) for kind in FINDINGS}
    return Batch(np.stack([shot.image for shot in shots]), masks, rows)


def _severity(shot: Radiograph) -> Row:
    """Return the findings of a radiograph as 0 or 1 and as projected area in mm2."""
    area = {kind: float(shot.masks[kind].sum()) * shot.pixel_mm**2 for kind in FINDINGS}
    present = {kind: int(area[kind] > 0) for kind in FINDINGS}
    return present | {f"{kind}_area_mm2": round(a, 1) for kind, a in area.items()}
