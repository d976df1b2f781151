"""Cohorts: images with patients, splits, findings and a card, from three sources.

`load(name)` reads the in-silico chest cohort, a MedMNIST data set or a folder of your
own; `list_cohorts()` shows what there is.
"""

from __future__ import annotations

import os
from pathlib import Path

from helpers.cohorts.card import Card, CohortError, DownloadError
from helpers.cohorts.catalogue import list_cohorts
from helpers.cohorts.contract import SPLITS, Cohort
from helpers.cohorts.insilico import insilico_names, load_chest_insilico
from helpers.cohorts.insilico_ct import NAME as NODULES_CT
from helpers.cohorts.insilico_ct import load_nodules_ct
from helpers.cohorts.medmnist import load_medmnist
from helpers.cohorts.own_folder import find_folder, from_folder
from helpers.cohorts.registry import published_names, unknown_name
from helpers.cohorts.validation import validate
from helpers.files import cache_dir, data_dir

__all__ = [
    "SPLITS",
    "Card",
    "Cohort",
    "CohortError",
    "DownloadError",
    "cache_dir",
    "data_dir",
    "from_folder",
    "list_cohorts",
    "load",
    "validate",
]


def load(name: str | os.PathLike[str], *, size: int | None = None) -> Cohort:
    """Return a cohort by its name, or the cohort in a folder.

    Parameters
    ----------
    name : str or path
        "chest_insilico" or one of its variants such as "chest_insilico_confounded", a
        name of MedMNIST such as "pneumoniamnist", or a folder with a CSV and images
        (then as `from_folder`).
    size : int, optional
        Rows and columns in pixels; default: the smallest that is published, or all that
        the generator gives.

    Raises
    ------
    CohortError
        If there is no such cohort (the message lists names like it), or its files
        break the contract.
    DownloadError
        If a file has to be fetched and cannot be.

    Examples
    --------
    >>> cohort = load("pneumoniamnist", size=64)  # doctest: +SKIP
    """
    if name in insilico_names():
        return _load_insilico(str(name), size)
    if name == NODULES_CT:
        return load_nodules_ct(size)
    if name in published_names():
        return load_medmnist(str(name), size=size)
    text = os.fspath(name)
    try:
        folder = find_folder(text)
    except CohortError:
        if isinstance(name, Path) or "/" in text or "\\" in text:
            raise
        raise unknown_name(
            text, [*insilico_names(), NODULES_CT, *published_names()]
        ) from None
    return from_folder(folder, size=size)


def _load_insilico(name: str, size: int | None) -> Cohort:
    from phantoms import ChestCohortSettings

    settings = ChestCohortSettings(variant=insilico_names()[name])
    return load_chest_insilico(size, settings=settings)
