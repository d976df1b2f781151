"""The in-silico chest cohorts: made once from a seed, then read from the cache.

The cache file is keyed by the settings, the version of the generator and the version
of the file format, so a stale file is never used; a damaged one is made anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from helpers.cohorts import cohort_cache
from helpers.cohorts.card import Card, CohortError
from helpers.cohorts.contract import Cohort
from helpers.cohorts.packed_masks import PackedMasks
from helpers.cohorts.resizing import shrink_images, shrink_masks
from helpers.cohorts.validation import validate
from helpers.files import cache_dir

if TYPE_CHECKING:
    from phantoms import ChestCohortSettings
    from phantoms.cohort.settings import Variant

BASE = "chest_insilico"
SMALLEST_SIZE = 16


def insilico_names() -> dict[str, str]:
    """Return the variant of every in-silico chest cohort by its name.

    Examples
    --------
    >>> insilico_names()["chest_insilico_confounded"]
    'confounded'
    """
    from phantoms.cohort.settings import VARIANTS

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
    import phantoms

    settings = settings or phantoms.ChestCohortSettings()
    name = BASE if settings.variant == "default" else f"{BASE}_{settings.variant}"
    full_size = settings.size
    if size is not None and not (SMALLEST_SIZE <= size <= full_size):
        raise CohortError(
            f"{name} is not available at size {size!r}; expected "
            f"{SMALLEST_SIZE} to {full_size} pixels. For one larger image call "
            "phantoms.render_chest(patient, size=...)."
        )
    path = cache_path(settings, phantoms.GENERATOR_VERSION)
    images, table, masks = cohort_cache.read_or_make(
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
    from phantoms.cohort.settings import VARIANTS

    # the numbers of the variant too: its name alone would survive a change of them
    planted = dataclasses.asdict(VARIANTS[settings.variant])
    key = json.dumps(
        [
            dataclasses.asdict(settings),
            planted,
            generator_version,
            cohort_cache.CACHE_FORMAT,
        ],
        sort_keys=True,
        default=str,
    )
    number = hashlib.sha256(key.encode()).hexdigest()[:16]
    return cache_dir() / f"{BASE}_{settings.variant}_{number}.npz"


def insilico_card(
    table: pd.DataFrame,
    findings: tuple[str, ...],
    settings: ChestCohortSettings,
    size: int,
) -> Card:
    """Return the data card, which says what is planted and how strongly."""
    from phantoms.chest.projection import FIELD_MM
    from phantoms.cohort.settings import VARIANTS, planted_sentences

    variant = VARIANTS[settings.variant].at_strength(settings.strength)
    return Card(
        title="In-silico chest radiographs",
        origin=f"made by this course (phantoms, seed {settings.seed})",
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
    if variant.name != "label_noise":
        return "exact: the generator put the finding there"
    return (
        f"exact but for {variant.default_finding}, whose labels are partly wrong; "
        f"the truth is in {variant.default_finding}_truth"
    )
