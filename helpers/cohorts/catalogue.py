"""What cohorts there are, and which of them lie on this machine already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from helpers.cohorts.downloads import local_candidates
from helpers.cohorts.medmnist import KNOWN_VARIANTS
from helpers.cohorts.medmnist_cards import FACTS
from helpers.cohorts.registry import PublishedFile, published_files, published_names
from helpers.cohorts.storage import cache_dir, data_dir

COLUMNS = ["name", "shows", "task", "sizes", "images", "MB", "licence", "here"]


def list_cohorts() -> pd.DataFrame:
    """Return one row per cohort that `load` knows by name, readable when printed.

    Returns
    -------
    DataFrame
        Columns: name, what it shows, task, sizes in pixels, images, MB in memory at
        the smallest size, licence, and whether it is on this machine ("here").

    Examples
    --------
    >>> list_cohorts()["name"].head(2).tolist()
    ['chest_insilico', 'pathmnist']
    """
    rows = [_insilico_row(), *_published_rows(), *_folder_rows()]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return _ReadableTable(table.set_index(pd.Index([""] * len(table))))


class _ReadableTable(pd.DataFrame):
    """A DataFrame that prints whole, whatever the width of the terminal."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        return self.to_string(index=False, justify="left")

    __str__ = __repr__


def _insilico_row() -> list[object]:
    here = any(cache_dir().glob("chest_insilico_*.npz"))
    return [
        "chest_insilico",
        "radiograph, simulated",
        "consolidation, nodule",
        "16 to 128",
        2000,
        33,
        "CC BY 4.0",
        "cached" if here else "made on first use",
    ]


def _published_rows() -> Iterator[list[object]]:
    for name in published_names():
        files = [entry for entry in published_files() if entry.name == name]
        smallest = min(files, key=lambda entry: entry.size)
        yield [
            name,
            FACTS[name].modality + (", volumes" if smallest.dims == "3D" else ""),
            _task(smallest),
            ", ".join(str(entry.size) for entry in files),
            sum(smallest.counts),
            round(smallest.unpacked_mb),
            smallest.licence,
            ", ".join(str(entry.size) for entry in files if _is_here(entry)) or "no",
        ]


def _task(entry: PublishedFile) -> str:
    if FACTS[entry.name].positive:
        return FACTS[entry.name].positive[0][0]
    kind = "labels" if "multi-label" in entry.task else "classes"
    return f"{len(entry.classes)} {kind}"


def _is_here(entry: PublishedFile) -> bool:
    known = KNOWN_VARIANTS.get(entry.file)
    names = [entry.file, *([known.file] if known else [])]
    return any(path.is_file() for name in names for path in local_candidates(name))


def _folder_rows() -> Iterator[list[object]]:
    own = data_dir()
    if own is None or not own.is_dir():
        return
    for labels in sorted(own.glob("*/labels.csv")):
        yield [labels.parent.name, "own folder", "see labels.csv", "", *_sizes(labels)]


def _sizes(labels: Path) -> list[object]:
    with labels.open("rb") as lines:
        rows = sum(1 for line in lines if line.strip()) - 1
    return [rows, "", "see its README", "yes"]
