"""The in-silico chest cohort: images, table and masks of invented patients."""

from __future__ import annotations

import csv
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from phantoms.chest.anatomy import build_anatomy
from phantoms.cohort.settings import (
    ChestCohortSettings,
    splits_of_patients,
    variant_of,
)
from phantoms.cohort.visits import (
    Row,
    picture_columns,
    plant_in_row,
    studies_of_patient,
    study_of,
    words_of,
)
from phantoms.findings.finding import FINDINGS
from phantoms.findings.pleura import pneumothorax_of
from phantoms.study.radiograph import image_study

#: Changes whenever the same settings would give other pixels or words.
GENERATOR_VERSION = "8"
PATIENTS_PER_BATCH = 6
_FEWEST_FOR_WORKERS = 60
_WORKER = "from phantoms.cohort.chest_cohort import work; work()"

Batch = tuple[np.ndarray, np.ndarray, list[Row]]


def columns_of(*tables: str) -> dict[str, str]:
    """Return the columns of some tables and what each means, in their order.

    Measures of a finding are NaN where it is absent; ``<finding>`` stands for the
    finding that a variant concerns.

    Parameters
    ----------
    tables : str
        Of "both", "radiographs", "cubes" and "variants".
    """
    path = Path(__file__).with_name("columns.csv")
    with path.open(encoding="utf-8", newline="") as table:
        return {
            row["column"]: row["meaning"]
            for row in csv.DictReader(table)
            if row["tables"] in tables
        }


COLUMNS = columns_of("both", "radiographs")


def make_chest_cohort(
    settings: ChestCohortSettings,
    *,
    progress: bool = True,
    workers: int | None = None,
) -> tuple[np.ndarray, pd.DataFrame, dict[str, np.ndarray]]:
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
        One row an image, patient by patient; see ``columns.csv``.
    masks : dict of str to bool array of shape (n_images, size, size)
        For each finding, all False where it is absent.

    Raises
    ------
    ValueError
        If ``workers`` is below 1.
    RuntimeError
        If a worker process ends early; the message quotes it.
    """
    if workers is None:
        enough = settings.n_images >= _FEWEST_FOR_WORKERS
        workers = min(2, os.cpu_count() or 1) if enough else 1
    if workers < 1:
        raise ValueError(f"workers is {workers}. Expected at least 1 process.")
    shape = (settings.n_images, settings.size, settings.size)
    images = np.zeros(shape, np.uint8)
    masks = np.zeros((len(FINDINGS), *shape), bool)
    rows: list[Row] = []
    made = (
        (make_batch(settings, patients) for patients in batches(settings))
        if workers == 1
        else batches_from_workers(settings, workers)
    )
    with tqdm(
        total=settings.n_images,
        desc="Making chest radiographs",
        unit="image",
        disable=not progress,
    ) as bar:
        for some_images, some_masks, some_rows in made:
            place = slice(len(rows), len(rows) + len(some_rows))
            images[place], masks[:, place] = some_images, some_masks
            rows += some_rows
            bar.update(len(some_rows))
    return images, _table(rows, settings), dict(zip(FINDINGS, masks, strict=True))


def _table(rows: list[Row], settings: ChestCohortSettings) -> pd.DataFrame:
    """Return the table with every column, whether or not its finding occurs."""
    splits = splits_of_patients(settings)
    table = pd.DataFrame(rows)
    table["split"] = [splits[int(name[1:]) - 1] for name in table["patient_id"]]
    extra = sorted(set(table.columns) - set(COLUMNS))
    return table.reindex(columns=[*COLUMNS, *extra])


def batches(settings: ChestCohortSettings) -> list[range]:
    """Return the patient numbers of each batch, in order."""
    last = settings.n_patients + 1
    return [
        range(low, min(low + PATIENTS_PER_BATCH, last))
        for low in range(1, last, PATIENTS_PER_BATCH)
    ]


def make_batch(settings: ChestCohortSettings, patients: range) -> Batch:
    """Return images, masks and rows of all visits of some patients.

    Returns
    -------
    images : uint8 array of shape (n, size, size)
    masks : bool array of shape (findings, n, size, size)
    rows : list of dict
        One an image, in the same order.
    """
    shots, rows, variant = [], [], variant_of(settings)
    for number in patients:
        studies = list(studies_of_patient(settings, number))
        for study, words in zip(studies, words_of(studies), strict=True):
            shot = image_study(study, size=settings.size)
            row = picture_columns(study, shot) | words
            rows.append(plant_in_row(row, study, variant))
            shots.append(shot)
    masks = [[shot.masks[kind] for shot in shots] for kind in FINDINGS]
    return np.stack([shot.image for shot in shots]), np.array(masks), rows


def batches_from_workers(
    settings: ChestCohortSettings, workers: int
) -> Iterator[Batch]:
    """Yield the batches of a cohort in order, made by other processes.

    A worker is a fresh Python that never runs the caller's script or notebook again,
    unlike those of ``multiprocessing``; it leaves each batch as one npz file.

    Raises
    ------
    RuntimeError
        If a worker ends before its work is done.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        processes = [_start(settings, folder, k, workers) for k in range(workers)]
        try:
            for number in range(len(batches(settings))):
                process, path = processes[number % workers], folder / f"{number}.npz"
                while not path.exists():
                    if process.poll() is not None and not path.exists():
                        raise _ended_early(folder, number % workers)
                    time.sleep(0.01)
                with np.load(path, allow_pickle=False) as store:
                    rows = json.loads(str(store["rows"]))
                    yield store["images"], store["masks"], rows
                path.unlink()
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _start(
    settings: ChestCohortSettings, folder: Path, first: int, step: int
) -> subprocess.Popen:
    """Start a worker for batches ``first``, ``first + step``, ..."""
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    # one core each: the workers share the machine among themselves
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    order = json.dumps([asdict(settings), str(folder), first, step])
    with (folder / f"said_{first}.txt").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-c", _WORKER, order],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | alone,
        )


def _ended_early(folder: Path, which: int) -> RuntimeError:
    """Return an error that quotes the last words of a worker."""
    said = (folder / f"said_{which}.txt").read_text(errors="replace").strip()
    last = said.splitlines()[-1] if said else "no message; was it out of memory?"
    return RuntimeError(
        f"Worker process {which + 1} that makes the images ended early: {last}. Try "
        "make_chest_cohort(settings, workers=1), which uses this process."
    )


def work() -> None:
    """Make the batches that the first argument names, each into a file."""
    settings, folder, first, step = json.loads(sys.argv[1])
    settings, folder = ChestCohortSettings(**settings), Path(folder)
    gc.freeze()  # what is imported stays: no need to look through it again
    for number, patients in list(enumerate(batches(settings)))[first::step]:
        images, masks, rows = make_batch(settings, patients)
        draft = folder / f"part_{number}.npz"
        np.savez(draft, images=images, masks=masks, rows=np.array(json.dumps(rows)))
        os.replace(draft, folder / f"{number}.npz")


def twin_films(
    study_id: str, *, side: str, collapse: float, size: int = 128
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a patient of the default cohort healthy, and with a pneumothorax.

    All other findings and devices are taken out of both films. Anatomy, position and
    noise are the same; the display processing adapts to each film, by a few levels.

    Parameters
    ----------
    study_id : str
        A study of the cohort "chest_insilico", for example "P0003-1".
    side : {"right", "left"}
        Of the patient.
    collapse : float
        Share of the lung's volume that is lost, 0 to 1.
    size : int
        Rows and columns.

    Returns
    -------
    healthy, ill : uint8 array of shape (size, size)
        Display values, the patient's right on the image's left.
    mask : bool array of shape (size, size)
        Where the air is.

    Raises
    ------
    ValueError
        If there is no such study, or side, collapse or size cannot be.

    Examples
    --------
    >>> healthy, ill, mask = twin_films("P0003-1", side="right", collapse=0.4, size=64)
    >>> bool(ill[mask].mean() < healthy[mask].mean())
    True
    """
    study = study_of(ChestCohortSettings(), study_id)
    healthy = replace(study, findings=(), devices=())
    air = pneumothorax_of(build_anatomy(study.patient), side, collapse=collapse)
    twin = image_study(replace(healthy, findings=(air,)), size=size)
    plain = image_study(healthy, size=size)
    return plain.image, twin.image, twin.masks["pneumothorax"]
