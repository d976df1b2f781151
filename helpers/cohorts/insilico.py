"""The in-silico chest cohort: made once from a seed, then read from the cache.

The cache file is keyed by the settings, the version of the generator and the version
of the file format, so a stale file is never used; a damaged one is made anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from helpers.cohorts.card import Card, CohortError
from helpers.cohorts.contract import Cohort
from helpers.cohorts.resizing import shrink_images, shrink_masks
from helpers.cohorts.storage import (
    cache_dir,
    is_disk_full,
    one_process_at_a_time,
    tell,
    written_whole,
)
from helpers.cohorts.validation import validate

if TYPE_CHECKING:
    from helpers.phantoms import ChestCohortSettings

CACHE_FORMAT = 1
SMALLEST_SIZE = 16
Parts = tuple[np.ndarray, pd.DataFrame, dict[str, np.ndarray]]


class _UnusableCacheError(Exception):
    """A cache file that is damaged or of another format."""


def load_chest_insilico(
    size: int | None = None, *, settings: ChestCohortSettings | None = None
) -> Cohort:
    """Return the in-silico chest cohort, from the cache or made now.

    Parameters
    ----------
    size : int, optional
        Rows and columns in pixels, at most those of the generator (128); smaller ones
        are area averages.
    settings : ChestCohortSettings, optional
        Another seed, number of patients, or difficulty. Default: the course's cohort.

    Raises
    ------
    CohortError
        If the size is not available.
    """
    from helpers import phantoms

    settings = settings or phantoms.ChestCohortSettings()
    full_size = settings.size
    if size is not None and not (SMALLEST_SIZE <= size <= full_size):
        raise CohortError(
            f"chest_insilico is not available at size {size!r}; expected "
            f"{SMALLEST_SIZE} to {full_size} pixels. For one larger image call "
            "helpers.phantoms.render_chest(patient, size=...)."
        )
    path = cache_path(settings, phantoms.GENERATOR_VERSION)
    images, table, masks = _read_or_make(path, settings)
    if size is not None and size < full_size:
        images = shrink_images(images, size)
        masks = {name: shrink_masks(mask, size) for name, mask in masks.items()}
    card = _card(table, tuple(masks), settings, images.shape[1])
    return validate(Cohort("chest_insilico", images, table, masks, card))


def cache_path(settings: ChestCohortSettings, generator_version: object) -> Path:
    """Return where a cohort with these settings is kept, made or not."""
    key = json.dumps(
        [dataclasses.asdict(settings), generator_version, CACHE_FORMAT],
        sort_keys=True,
        default=str,
    )
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    return cache_dir() / f"chest_insilico_{name}.npz"


def _read_or_make(path: Path, settings: ChestCohortSettings) -> Parts:
    if path.is_file():
        try:
            return read_cache(path)
        except _UnusableCacheError as error:
            tell(f"The cached cohort {path.name} is damaged ({error}); making it anew.")
    with one_process_at_a_time(path, "the in-silico chest cohort"):
        if path.is_file():  # made by another process while this one waited
            try:
                return read_cache(path)
            except _UnusableCacheError:
                path.unlink(missing_ok=True)
        return _make_and_keep(path, settings)


def _make_and_keep(path: Path, settings: ChestCohortSettings) -> Parts:
    from helpers import phantoms

    tell("Making the in-silico chest cohort; this is done once, then it is cached.")
    started = time.perf_counter()
    images, table, masks = phantoms.make_chest_cohort(settings, progress=True)
    seconds = time.perf_counter() - started
    table = table.reset_index(drop=True)
    try:
        write_cache(path, images, table, masks)
    except OSError as error:
        why = "the disk is full" if is_disk_full(error) else str(error)
        tell(
            f"Made in {seconds:.0f} s but not cached: {why}. It will be made again "
            "next time. Free about 50 MB, or name another folder in COURSE_CACHE_DIR."
        )
    else:
        tell(f"Made {len(images):,} images in {seconds:.0f} s and cached them.")
    return images, table, masks


def write_cache(
    path: Path, images: np.ndarray, table: pd.DataFrame, masks: dict[str, np.ndarray]
) -> None:
    """Write a cohort to one npz of plain arrays; masks take one bit per pixel.

    Parameters
    ----------
    path : Path
    images : uint8 array of shape (n, rows, columns)
    table : DataFrame of n rows
    masks : dict of bool arrays of shape (n, rows, columns)
    """
    arrays = {"format": np.array(CACHE_FORMAT), "images": images}
    for name, mask in masks.items():
        arrays[f"mask:{name}"] = np.packbits(mask.reshape(len(mask), -1), axis=1)
    for column in table.columns:
        values = table[column]
        is_number = pd.api.types.is_numeric_dtype(values)
        arrays[f"column:{column}"] = values.to_numpy(dtype=None if is_number else str)
    with written_whole(path) as part, part.open("wb") as output:
        np.savez(output, **arrays)


def read_cache(path: Path) -> Parts:
    """Return what `write_cache` wrote: images, table, masks."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if int(file["format"]) != CACHE_FORMAT:
                raise _UnusableCacheError("another file format")
            images = file["images"]
            packed = {name: file[name] for name in file.files if name != "images"}
    except (KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise _UnusableCacheError(str(error) or type(error).__name__) from error
    n_pixels = int(np.prod(images.shape[1:]))
    masks = {
        name.removeprefix("mask:"): np.unpackbits(bits, axis=1, count=n_pixels)
        .view(bool)
        .reshape(images.shape)
        for name, bits in packed.items()
        if name.startswith("mask:")
    }
    table = pd.DataFrame(
        {
            name.removeprefix("column:"): values
            for name, values in packed.items()
            if name.startswith("column:")
        }
    )
    return images, table, masks


def _card(
    table: pd.DataFrame,
    findings: tuple[str, ...],
    settings: ChestCohortSettings,
    size: int,
) -> Card:
    from helpers.phantoms.chest.projection import FIELD_MM

    return Card(
        title="In-silico chest radiographs",
        origin=f"made by this course (helpers.phantoms, seed {settings.seed})",
        licence="CC BY 4.0 (made by this course)",
        citation="Deep Learning in Radiology: a hands-on course (CITATION.cff)",
        findings=findings,
        reference_standard="exact: the generator put the finding there",
        n_patients=int(table["patient_id"].nunique()),
        pixel_spacing_mm=FIELD_MM / size,
        notes=(
            "Simulated: a network that works here has not been shown to work on "
            "people.",
        ),
        default_finding=findings[0],
    )
