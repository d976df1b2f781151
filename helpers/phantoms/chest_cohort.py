"""The in-silico chest cohort: patients, visits, images, table and masks."""

from __future__ import annotations

import multiprocessing
import os
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from helpers.phantoms.anatomy import build_anatomy
from helpers.phantoms.findings import DIFFICULTY, FINDINGS
from helpers.phantoms.patients import draw_examination, draw_patient
from helpers.phantoms.radiograph import Radiograph, render_anatomy

#: Changes whenever the same settings would give other pixels.
GENERATOR_VERSION = "1"

SITE = "A"
SCANNER = "Alder DR 17"
_SPLIT_SHARES = {"train": 0.60, "tuning": 0.15, "internal test": 0.25}
_PATIENTS_PER_TASK = 6
_FEWEST_FOR_POOL = 60


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


Row = dict[str, object]
Cohort = tuple[np.ndarray, pd.DataFrame, dict[str, np.ndarray]]


def make_chest_cohort(
    settings: ChestCohortSettings,
    *,
    progress: bool = True,
    workers: int | None = None,
) -> Cohort:
    """Return images, table and masks of a cohort; the same settings, the same pixels.

    Parameters
    ----------
    settings : ChestCohortSettings
    progress : bool
        Show a progress bar.
    workers : int, optional
        Processes to use; by default two where there are two cores. The result
        does not depend on it.

    Returns
    -------
    images : uint8 array of shape (n_images, size, size)
        0 black to 255 white.
    table : pandas.DataFrame
        One row an image, patient by patient.
    masks : dict of str to bool array of shape (n_images, size, size)
        For each finding, all False where it is absent.

    Raises
    ------
    ValueError
        If ``workers`` is below 1.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}, but at least 1 process is needed.")
    if workers is None:
        workers = min(2, os.cpu_count() or 1)
    if settings.n_images < _FEWEST_FOR_POOL:
        workers = 1
    shape = (settings.n_images, settings.size, settings.size)
    images = np.zeros(shape, np.uint8)
    masks = {kind: np.zeros(shape, bool) for kind in FINDINGS}
    rows: list[Row] = []
    bar = tqdm(
        total=settings.n_images,
        desc="Making chest radiographs",
        unit="image",
        disable=not progress,
        file=sys.stderr,
    )
    with bar:
        for image, mask, row in _all_images(settings, workers):
            images[len(rows)] = image
            for kind in FINDINGS:
                masks[kind][len(rows)] = mask[kind]
            rows.append(row)
            bar.update()
    return images, _table(rows, settings), masks


def _all_images(settings: ChestCohortSettings, workers: int) -> Iterator[tuple]:
    """Yield image, masks and row of every visit, in order."""
    visits = visits_of_patients(settings)
    tasks = [
        (settings, [(n, visits[n - 1]) for n in range(low, high)])
        for low, high in _batches(settings.n_patients)
    ]
    done = 0
    if workers > 1 and multiprocessing.parent_process() is None:
        context = multiprocessing.get_context("spawn")
        try:
            with ProcessPoolExecutor(workers, mp_context=context) as pool:
                for batch in pool.map(_make_batch, tasks):
                    yield from batch
                    done += 1
        except BrokenProcessPool:
            warnings.warn(
                "The worker processes could not start, so the images are made in one "
                "process, which takes twice as long. In a script, put the call under "
                "if __name__ == '__main__'.",
                stacklevel=4,
            )
    for task in tasks[done:]:
        yield from _make_batch(task)


def _batches(n_patients: int) -> list[tuple[int, int]]:
    """Return first and one-past-last patient number of each task."""
    starts = range(1, n_patients + 1, _PATIENTS_PER_TASK)
    return [(low, min(low + _PATIENTS_PER_TASK, n_patients + 1)) for low in starts]


def visits_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the number of visits, 1 or 2, of patients 1, 2, ..."""
    rng = np.random.default_rng([settings.seed, 0, 1])
    visits = np.ones(settings.n_patients, int)
    extra = settings.n_images - settings.n_patients
    visits[rng.permutation(settings.n_patients)[:extra]] = 2
    return visits


def _make_batch(task: tuple[ChestCohortSettings, list[tuple[int, int]]]) -> list[tuple]:
    """Return image, masks and row of each visit of some patients."""
    settings, patients = task
    made = []
    for number, visits in patients:
        patient = draw_patient(number, cohort_seed=settings.seed)
        anatomy = build_anatomy(patient)
        for visit in range(1, visits + 1):
            shot = render_anatomy(
                anatomy,
                draw_examination(patient, visit=visit),
                size=settings.size,
                difficulty=settings.difficulty,
            )
            row = {
                "patient_id": patient.patient_id,
                "study_id": f"{patient.patient_id}-{visit}",
                "visit": visit,
                "days_since_first": shot.examination.days_since_first,
                "age": patient.age + shot.examination.days_since_first // 365,
                "sex": patient.sex,
                **_severity(shot),
            }
            made.append((shot.image, shot.masks, row))
    return made


def _severity(shot: Radiograph) -> Row:
    """Return the findings of a radiograph as 0 or 1 and as projected area in mm2."""
    area = {kind: float(shot.masks[kind].sum()) * shot.pixel_mm**2 for kind in FINDINGS}
    present = {kind: int(area[kind] > 0) for kind in FINDINGS}
    return present | {f"{kind}_area_mm2": round(a, 1) for kind, a in area.items()}


def split_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the split of patients 1, 2, ...: about 60 % train, 15 % tuning, 25 % test."""
    rng = np.random.default_rng([settings.seed, 0, 2])
    order = rng.permutation(settings.n_patients)
    edges = np.round(np.cumsum([0, *_SPLIT_SHARES.values()]) * settings.n_patients)
    split = np.empty(settings.n_patients, object)
    for name, low, high in zip(_SPLIT_SHARES, edges[:-1], edges[1:], strict=True):
        split[order[int(low) : int(high)]] = name
    return split


def _table(rows: list[Row], settings: ChestCohortSettings) -> pd.DataFrame:
    """Return the table in the order of columns that a reader expects."""
    table = pd.DataFrame(rows)
    number = table["patient_id"].str[1:].astype(int)
    table["split"] = split_of_patients(settings)[number - 1]
    table["site"], table["scanner"], table["view"] = SITE, SCANNER, "PA"
    first = ["patient_id", "study_id", "visit", "days_since_first", "site", "scanner"]
    first += ["view", "split", "age", "sex", *FINDINGS]
    return table[first + [name for name in table.columns if name not in first]]
