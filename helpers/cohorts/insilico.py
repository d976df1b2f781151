"""The in-silico chest cohorts: made once from a seed, then read from the cache.

The cache file is keyed by the settings, the version of the generator and the version
of the file format, so a stale file is never used; a damaged one is made anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from helpers.cohorts.card import Card, CohortError
from helpers.cohorts.contract import Cohort
from helpers.cohorts.packed_masks import PackedMasks
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
    from helpers.phantoms.cohort.named import Variant

CACHE_FORMAT = 2
BASE = "chest_insilico"
SMALLEST_SIZE = 16
Parts = tuple[np.ndarray, pd.DataFrame, PackedMasks]


class _UnusableCacheError(Exception):
    """A cache file that is damaged or of another format."""


def insilico_names() -> dict[str, str]:
    """Return the variant of every in-silico chest cohort by its name.

    Examples
    --------
    >>> insilico_names()["chest_insilico_confounded"]
    'confounded'
    """
    from helpers.phantoms.cohort.named import VARIANTS

    return {
        BASE if variant == "default" else f"{BASE}_{variant}": variant
        for variant in VARIANTS
    }


def load_chest_insilico(
    size: int | None = None, *, settings: ChestCohortSettings | None = None
) -> Cohort:
    """Return an in-silico chest cohort, from the cache or made now.

    Parameters
    ----------
    size : int, optional
        Rows and columns in pixels, at most those of the generator (128); smaller ones
        are area averages.
    settings : ChestCohortSettings, optional
        Another variant, strength, seed, number of patients, or difficulty. Default: the
        course's cohort.

    Raises
    ------
    CohortError
        If the size is not available.
    """
    from helpers import phantoms

    settings = settings or phantoms.ChestCohortSettings()
    name = BASE if settings.variant == "default" else f"{BASE}_{settings.variant}"
    full_size = settings.size
    if size is not None and not (SMALLEST_SIZE <= size <= full_size):
        raise CohortError(
            f"{name} is not available at size {size!r}; expected "
            f"{SMALLEST_SIZE} to {full_size} pixels. For one larger image call "
            "helpers.phantoms.render_chest(patient, size=...)."
        )
    path = cache_path(settings, phantoms.GENERATOR_VERSION)
    images, table, masks = read_or_make(
        path,
        lambda: phantoms.make_chest_cohort(settings, progress=True),
        f"the in-silico chest cohort ({settings.variant})",
    )
    if size is not None and size < full_size:
        images = shrink_images(images, size)
        small = {finding: shrink_masks(masks[finding], size) for finding in masks}
        masks = PackedMasks.from_bool(small)
    card = insilico_card(table, tuple(masks), settings, images.shape[1])
    return validate(Cohort(name, images, table, masks, card))


def cache_path(settings: ChestCohortSettings, generator_version: object) -> Path:
    """Return where a cohort with these settings is kept, made or not."""
    from helpers.phantoms.cohort.named import VARIANTS

    # the numbers of the variant too: its name alone would survive a change of them
    planted = dataclasses.asdict(VARIANTS[settings.variant])
    key = json.dumps(
        [dataclasses.asdict(settings), planted, generator_version, CACHE_FORMAT],
        sort_keys=True,
        default=str,
    )
    number = hashlib.sha256(key.encode()).hexdigest()[:16]
    return cache_dir() / f"{BASE}_{settings.variant}_{number}.npz"


def read_or_make(path: Path, make: Callable[[], tuple], what: str) -> Parts:
    """Return a cohort from its cache file, or make it now and keep it.

    Parameters
    ----------
    path : Path
        Where it is kept; the name says all settings.
    make : callable
        Returns images, table and masks as bool arrays.
    what : str
        Such as "the in-silico chest cohort".
    """
    if path.is_file():
        try:
            return read_cache(path)
        except _UnusableCacheError as error:
            tell(f"The cached cohort {path.name} is damaged ({error}); making it anew.")
    with one_process_at_a_time(path, what):
        if path.is_file():  # made by another process while this one waited
            try:
                return read_cache(path)
            except _UnusableCacheError:
                path.unlink(missing_ok=True)
        return _make_and_keep(path, make, what)


def _make_and_keep(path: Path, make: Callable[[], tuple], what: str) -> Parts:
    tell(f"Making {what}; this is done once, then it is cached.")
    started = time.perf_counter()
    images, table, masks = make()
    seconds = time.perf_counter() - started
    table, masks = table.reset_index(drop=True), PackedMasks.from_bool(masks)
    try:
        write_cache(path, images, table, masks)
    except OSError as error:
        why = "the disk is full" if is_disk_full(error) else str(error)
        tell(
            f"Made in {seconds:.0f} s but not cached: {why}. It will be made again "
            "next time. Free about 100 MB, or name another folder in COURSE_CACHE_DIR."
        )
    else:
        tell(f"Made {len(images):,} images in {seconds:.0f} s and cached them.")
    return images, table, masks


def write_cache(
    path: Path, images: np.ndarray, table: pd.DataFrame, masks: PackedMasks
) -> None:
    """Write a cohort to one npz of plain arrays; masks take one bit per pixel.

    Parameters
    ----------
    path : Path
    images : uint8 array of shape (n, ...)
    table : DataFrame of n rows
        Numbers and texts; texts are stored as JSON, as reports differ in length.
    masks : PackedMasks
        Of the shape of the images.
    """
    arrays = {"format": np.array(CACHE_FORMAT), "images": images}
    arrays |= {f"mask:{name}": bits for name, bits in masks.packed.items()}
    for column in table.columns:
        values = table[column]
        if pd.api.types.is_numeric_dtype(values):
            arrays[f"column:{column}"] = values.to_numpy()
        else:
            text = json.dumps([str(value) for value in values])
            arrays[f"column:{column}"] = np.frombuffer(text.encode(), np.uint8)[None]
    with written_whole(path) as part, part.open("wb") as output:
        np.savez(output, **arrays)


def read_cache(path: Path) -> Parts:
    """Return what `write_cache` wrote: images, table, masks."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if int(file["format"]) != CACHE_FORMAT:
                raise _UnusableCacheError("another file format")
            images = file["images"]
            rest = {name: file[name] for name in file.files if name != "images"}
    except (KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise _UnusableCacheError(str(error) or type(error).__name__) from error
    masks = {
        name.removeprefix("mask:"): bits
        for name, bits in rest.items()
        if name.startswith("mask:")
    }
    table = pd.DataFrame(
        {
            name.removeprefix("column:"): _column(values)
            for name, values in rest.items()
            if name.startswith("column:")
        }
    )
    return images, table, PackedMasks(masks, images.shape)


def _column(values: np.ndarray) -> np.ndarray | list[str]:
    """Return a column of numbers, or of texts from their JSON (of two dimensions)."""
    return json.loads(values.tobytes()) if values.ndim == 2 else values


def insilico_card(
    table: pd.DataFrame,
    findings: tuple[str, ...],
    settings: ChestCohortSettings,
    size: int,
) -> Card:
    """Return the data card, which says what is planted and how strongly."""
    from helpers.phantoms.chest.projection import FIELD_MM
    from helpers.phantoms.cohort.named import VARIANTS, planted_sentences

    variant = VARIANTS[settings.variant].at_strength(settings.strength)
    return Card(
        title="In-silico chest radiographs",
        origin=f"made by this course (helpers.phantoms, seed {settings.seed})",
        licence="CC BY 4.0 (made by this course)",
        citation="Deep Learning in Radiology: a hands-on course (CITATION.cff)",
        findings=findings,
        reference_standard=_standard(variant),
        n_patients=int(table["patient_id"].nunique()),
        pixel_spacing_mm=FIELD_MM / size,
        notes=(
            *planted_sentences(variant),
            "Simulated: a network that works here has not been shown to work on "
            "people.",
        ),
        default_finding=variant.default_finding,
    )


def _standard(variant: Variant) -> str:
    """Return how the labels came about."""
    if variant.noise is None:
        return "exact: the generator put the finding there"
    return (
        f"exact but for {variant.noise.finding}, whose labels are partly wrong; "
        f"the truth is in {variant.noise.finding}_truth"
    )
