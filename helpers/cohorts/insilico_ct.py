"""The in-silico cohort of CT cubes: lung nodules in three dimensions."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.cohorts.card import Card, CohortError
from helpers.cohorts.cohort_cache import CACHE_FORMAT, read_or_make
from helpers.cohorts.contract import Cohort
from helpers.cohorts.insilico import BASE
from helpers.cohorts.validation import validate
from helpers.files import cache_dir

if TYPE_CHECKING:
    from phantoms.cohort.nodules import NoduleCohortSettings

NAME = f"{BASE}_nodules_ct"


def load_nodules_ct(
    size: int | None = None, *, settings: NoduleCohortSettings | None = None
) -> Cohort:
    """Return the cohort of CT cubes, from the cache or made now.

    Parameters
    ----------
    size : int, optional
        Rows and columns: 64, the only size there is.
    settings : NoduleCohortSettings, optional
        Another seed or number of patients.

    Raises
    ------
    CohortError
        If another size is asked for.
    """
    from phantoms.cohort import nodules

    if size not in (None, nodules.CUBE_SHAPE[1]):
        raise CohortError(
            f"{NAME} is not available at size {size!r}; expected "
            f"{nodules.CUBE_SHAPE[1]} rows and columns, or no size at all."
        )
    settings = settings or nodules.NoduleCohortSettings()
    images, table, masks = read_or_make(
        nodules_ct_path(settings),
        lambda: nodules.make_nodule_cohort(settings, progress=True),
        "the in-silico cohort of CT cubes",
    )
    return validate(Cohort(NAME, images, table, masks, _card(settings)))


def nodules_ct_path(settings: NoduleCohortSettings) -> Path:
    """Return where a cohort of cubes with these settings is kept, made or not."""
    from phantoms import GENERATOR_VERSION

    key = [dataclasses.asdict(settings), GENERATOR_VERSION, CACHE_FORMAT]
    number = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    return cache_dir() / f"{NAME}_{number}.npz"


def _card(settings: NoduleCohortSettings) -> Card:
    from phantoms.cohort import nodules

    center, width = nodules.WINDOW_CENTER_HU, nodules.WINDOW_WIDTH_HU
    slice_mm, pixel_mm, _ = nodules.CUBE_SPACING_MM
    return Card(
        title="In-silico CT cubes of the lung",
        origin=f"made by this course (phantoms, seed {settings.seed})",
        licence="CC BY 4.0 (made by this course)",
        citation="Deep Learning in Radiology: a hands-on course (CITATION.cff)",
        findings=("nodule", "malignant"),
        reference_standard="exact: the generator put the nodule there",
        unit=f"display value of the window {center:g}/{width:g} HU, 0 to 255",
        n_patients=settings.n_patients,
        pixel_spacing_mm=pixel_mm,
        notes=(
            "Two cubes a patient: one with the largest nodule, one of the same lungs "
            "without any.",
            f"Slices are {slice_mm:g} mm apart, from feet to head.",
            "Malignant and benign nodules differ in how often they are large, "
            "spiculated or calcified, not in any certain sign.",
            "Simulated: a network that works here has not been shown to work on "
            "people.",
        ),
    )
