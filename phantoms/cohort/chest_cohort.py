"""The in-silico chest cohort: images, table and masks of invented patients."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from phantoms.cohort.columns import COLUMNS
from phantoms.cohort.people import batches, splits_of_patients
from phantoms.cohort.settings import ChestCohortSettings
from phantoms.cohort.visits import Batch, Row, make_batch
from phantoms.cohort.worker import batches_from_workers
from phantoms.findings.finding import FINDINGS

#: Changes whenever the same settings would give other pixels or words.
GENERATOR_VERSION = "7"

_FEWEST_FOR_WORKERS = 60

CohortParts = tuple[np.ndarray, pd.DataFrame, dict[str, np.ndarray]]


def make_chest_cohort(
    settings: ChestCohortSettings,
    *,
    progress: bool = True,
    workers: int | None = None,
) -> CohortParts:
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
        One row an image, patient by patient; see ``columns.COLUMNS``.
    masks : dict of str to bool array of shape (n_images, size, size)
        For each finding, all False where it is absent.

    Raises
    ------
    ValueError
        If ``workers`` is below 1.
    RuntimeError
        If a worker process ends early; the message quotes it.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}, but at least 1 process is needed.")
    if workers is None:
        enough = settings.n_images >= _FEWEST_FOR_WORKERS
        workers = min(2, os.cpu_count() or 1) if enough else 1
    shape = (settings.n_images, settings.size, settings.size)
    images = np.zeros(shape, np.uint8)
    masks = {kind: np.zeros(shape, bool) for kind in FINDINGS}
    rows: list[Row] = []
    with tqdm(
        total=settings.n_images,
        desc="Making chest radiographs",
        unit="image",
        disable=not progress,
    ) as bar:
        for batch in _all_batches(settings, workers):
            place = slice(len(rows), len(rows) + len(batch.rows))
            images[place] = batch.images
            for kind in FINDINGS:
                masks[kind][place] = batch.masks[kind]
            rows += batch.rows
            bar.update(len(batch.rows))
    return images, _table(rows, settings), masks


def _all_batches(settings: ChestCohortSettings, workers: int) -> Iterator[Batch]:
    """Yield the batches of a cohort in order."""
    if workers > 1:
        yield from batches_from_workers(settings, workers=workers)
    else:
        for patients in batches(settings):
            yield make_batch(settings, patients)


def _table(rows: list[Row], settings: ChestCohortSettings) -> pd.DataFrame:
    """Return the table with every column, whether or not its finding occurs."""
    number = [int(str(row["patient_id"])[1:]) for row in rows]
    splits = splits_of_patients(settings)
    table = pd.DataFrame(
        [{"split": splits[n - 1]} | row for n, row in zip(number, rows, strict=True)]
    )
    extra = sorted(set(table.columns) - set(COLUMNS))
    return table.reindex(columns=[*COLUMNS, *extra])
