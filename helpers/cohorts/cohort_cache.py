"""Cohorts that are made once and then read: one npz file each, whole or not at all."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.cohorts.packed_masks import PackedMasks
from helpers.files import (
    is_disk_full,
    one_process_at_a_time,
    tell,
    written_whole,
)

CACHE_FORMAT = 2
Parts = tuple[np.ndarray, pd.DataFrame, PackedMasks]


class _UnusableCacheError(Exception):
    """A cache file that is damaged or of another format."""


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
