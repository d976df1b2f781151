"""Cohorts: images with patients, splits, findings and a card, from three sources.

`load(name)` reads an in-silico cohort, a MedMNIST set or your own folder. The first
are made once from a seed and then read from the cache: one npz file each, named after
the settings, the version of the generator and that of the format, so that a stale file
is never used. A damaged one is made anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import phantoms
from helpers.cohort_contract import Card, Cohort, CohortError, validate
from helpers.files import cache_dir, one_process_at_a_time, tell, written_whole
from helpers.medmnist import load_medmnist, registry
from helpers.own_folder import find_folder, from_folder
from helpers.resizing import shrink_images, shrink_masks
from phantoms import ChestCohortSettings, NoduleCohortSettings

__all__ = ["Card", "Cohort", "CohortError", "from_folder", "load", "validate"]

BASE = "chest_insilico"
NODULES_CT = f"{BASE}_nodules_ct"
NAME_OF = {variant: f"{BASE}_{variant}" for variant in phantoms.VARIANTS}
NAME_OF["default"] = BASE
SMALLEST_SIZE = 16
CACHE_FORMAT = 2
MADE_HERE = {
    "licence": "CC BY 4.0 (made by this course)",
    "citation": "Deep Learning in Radiology: a hands-on course (CITATION.cff)",
}
SIMULATED = "Simulated: a network that works here has not been shown to work on people."
Parts = tuple[np.ndarray, pd.DataFrame, dict[str, np.ndarray]]


def load(name: str | os.PathLike[str], *, size: int | None = None) -> Cohort:
    """Return a cohort by its name, or the cohort in a folder.

    Parameters
    ----------
    name : str or path
        "chest_insilico" or one of its variants such as "chest_insilico_confounded", a
        name of MedMNIST such as "pneumoniamnist", or a folder with a CSV and images
        (then as `from_folder`). data/README.md lists the names.
    size : int, optional
        Rows and columns in pixels; default: the smallest that is published, or all that
        the generator gives.

    Raises
    ------
    CohortError
        If there is no such cohort (the message lists all names), if its files
        break the contract, or if a file cannot be fetched.

    Examples
    --------
    >>> cohort = load("pneumoniamnist", size=64)  # doctest: +SKIP
    """
    published = [*registry()["name"].unique()]
    for variant, its_name in NAME_OF.items():
        if name == its_name:
            return _load_chest_insilico(ChestCohortSettings(variant=variant), size)
    if name == NODULES_CT:
        return _load_nodules_ct(size=size)
    if name in published:
        return load_medmnist(str(name), size=size)
    if find_folder(name) is None:
        known = [*NAME_OF.values(), NODULES_CT, *published]
        raise CohortError(
            f"There is no cohort and no folder {str(name)!r}. Known are: "
            f"{', '.join(known)}."
        )
    return from_folder(name, size=size)


def _load_chest_insilico(
    settings: ChestCohortSettings, size: int | None = None
) -> Cohort:
    """Return an in-silico chest cohort, from the cache or made now.

    Parameters
    ----------
    settings : ChestCohortSettings
        Variant, strength, seed, number of patients.
    size : int, optional
        Rows and columns in pixels, 16 to those of the generator (128); smaller ones are
        area averages.

    Raises
    ------
    CohortError
        If the size is not available.
    """
    size = settings.size if size is None else size
    variant = phantoms.VARIANTS[settings.variant]
    name = NAME_OF[settings.variant]
    if not SMALLEST_SIZE <= size <= settings.size:
        raise CohortError(
            f"{name} is not available at size {size}; expected {SMALLEST_SIZE} to "
            f"{settings.size} pixels."
        )
    # the numbers of the variant too: its name alone would survive a change of them
    planted = dataclasses.asdict(variant)
    images, table, masks = _read_or_make(
        _cache_path(f"{BASE}_{settings.variant}", settings, planted),
        lambda: phantoms.make_chest_cohort(settings, progress=True),
    )
    if size < settings.size:
        images = shrink_images(images, size)
        masks = {finding: shrink_masks(mask, size) for finding, mask in masks.items()}
    found = tuple(dict.fromkeys([variant.default_finding, *masks]))
    n_patients = table["patient_id"].nunique()
    card = _chest_card(settings, findings=found, n_patients=n_patients, size=size)
    return validate(Cohort(name, images, table, masks, card))


def _chest_card(settings: ChestCohortSettings, *, size: int, **counts: object) -> Card:
    """Return the card, which says what is planted and how strongly."""
    variant = phantoms.VARIANTS[settings.variant]
    standard = "exact: the generator put the finding there"
    if variant.name == "label_noise":
        noisy = variant.default_finding
        standard = f"partly wrong labels of {noisy}; the truth is in {noisy}_truth"
    planted = phantoms.planted_sentences(variant.at_strength(settings.strength))
    return Card(
        title="In-silico chest radiographs",
        origin=f"made by this course (phantoms, seed {settings.seed})",
        reference_standard=standard,
        pixel_spacing_mm=phantoms.FIELD_MM / size,
        notes=(*planted, SIMULATED),
        **MADE_HERE,
        **counts,
    )


def _load_nodules_ct(size: int | None = None) -> Cohort:
    """Return the in-silico cohort of CT cubes, from the cache or made now.

    Parameters
    ----------
    size : int, optional
        Rows and columns: 64, the only size there is.

    Raises
    ------
    CohortError
        If another size is asked for.
    """
    settings = NoduleCohortSettings()
    side = phantoms.CUBE_SHAPE[-1]
    if size not in (None, side):
        raise CohortError(f"{NODULES_CT} is not available at size {size}, only {side}.")
    images, table, masks = _read_or_make(
        _cache_path(NODULES_CT, settings),
        lambda: phantoms.make_nodule_cohort(settings, progress=True),
    )
    slice_mm, pixel_mm, _ = phantoms.CUBE_SPACING_MM
    card = Card(
        title="In-silico CT cubes of the lung",
        origin=f"made by this course (phantoms, seed {settings.seed})",
        findings=("nodule", "malignant"),
        reference_standard="exact: the generator put the nodule there",
        unit="display value of a wide window from air to calcium, 0 to 255",
        n_patients=settings.n_patients,
        pixel_spacing_mm=pixel_mm,
        notes=(
            "Two cubes a patient: one with the largest nodule, one of the same lungs "
            f"without any. Slices are {slice_mm:g} mm apart, from feet to head.",
            SIMULATED,
        ),
        **MADE_HERE,
    )
    return validate(Cohort(NODULES_CT, images, table, masks, card))


def _cache_path(stem: str, settings: object, *more: object) -> Path:
    """Return where a cohort with these settings is kept, made or not."""
    versions = phantoms.GENERATOR_VERSION, CACHE_FORMAT
    key = [dataclasses.asdict(settings), *more, *versions]
    text = json.dumps(key, sort_keys=True, default=str)
    number = hashlib.sha256(text.encode()).hexdigest()[:16]
    return cache_dir() / f"{stem}_{number}.npz"


def _read_or_make(path: Path, make: Callable[[], Parts]) -> Parts:
    """Return a cohort from its cache file, or make it now and keep it."""
    if not path.is_file():
        with one_process_at_a_time(path, path.stem):
            if not path.is_file():
                return _make(path, make)
    try:
        return _read(path)
    except (KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        tell(f"The cached cohort {path.name} is damaged ({error}); making it anew.")
        return _make(path, make)


def _make(path: Path, make: Callable[[], Parts]) -> Parts:
    tell(f"Making {path.stem}; this is done once, then it is cached.")
    images, table, masks = make()
    try:
        _write(path, images, table, masks)
    except OSError as error:
        tell(f"Not cached: {error}. Make room, or set COURSE_CACHE_DIR.")
    return images, table.reset_index(drop=True), masks


def _write(path: Path, *parts: *Parts) -> None:
    """Write plain arrays: masks as bits, texts as JSON, as reports differ in length."""
    images, table, masks = parts
    arrays = {"format": np.array(CACHE_FORMAT), "images": images}
    for name, mask in masks.items():
        arrays[f"mask:{name}"] = np.packbits(mask.reshape(len(mask), -1), axis=1)
    for column, values in table.items():
        if pd.api.types.is_numeric_dtype(values):
            arrays[f"column:{column}"] = values.to_numpy()
        else:
            text = json.dumps([str(value) for value in values])
            arrays[f"column:{column}"] = np.frombuffer(text.encode(), np.uint8)[None]
    with written_whole(path) as part, part.open("wb") as output:
        np.savez(output, **arrays)


def _read(path: Path) -> Parts:
    columns, masks = {}, {}
    with np.load(path, allow_pickle=False) as file:
        images = file["images"]
        for name in file.files:
            kind, _, name_in_table = name.partition(":")
            values = file[name] if kind in ("column", "mask") else None
            if kind == "mask":
                bits = np.unpackbits(values, axis=1, count=images[0].size)
                masks[name_in_table] = bits.view(bool).reshape(images.shape)
            elif kind == "column" and values.ndim == 2:
                columns[name_in_table] = json.loads(values.tobytes())
            elif kind == "column":
                columns[name_in_table] = values
    return images, pd.DataFrame(columns), masks
