"""What cohorts there are, and which of them lie on this machine already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from helpers.cohorts.downloads import local_candidates
from helpers.cohorts.insilico import SMALLEST_SIZE, cache_path, insilico_names
from helpers.cohorts.insilico_ct import NAME as NODULES_CT
from helpers.cohorts.insilico_ct import nodules_ct_path
from helpers.cohorts.medmnist import KNOWN_VARIANTS
from helpers.cohorts.registry import PublishedFile, published_cards, published_files
from helpers.files import data_dir

COLUMNS = ["name", "shows", "findings", "sizes", "images", "MB", "licence", "here"]


def list_cohorts() -> pd.DataFrame:
    """Return one row per cohort that `load` knows by name, readable when printed.

    Returns
    -------
    DataFrame
        Columns: name, what it shows, findings, sizes in pixels, images, MB in memory at
        the smallest size, licence, and whether it is on this machine ("here").

    Examples
    --------
    >>> list_cohorts()["name"].head(2).tolist()
    ['chest_insilico', 'chest_insilico_confounded']
    """
    rows = [*_insilico_rows(), *_published_rows(), *_folder_rows()]
    return _ReadableTable(rows, columns=COLUMNS)


class _ReadableTable(pd.DataFrame):
    """A DataFrame that prints whole and left-aligned, however narrow the terminal."""

    def __repr__(self) -> str:
        cells = self.astype(str)
        widths = [max(cells[name].str.len().max(), len(name)) for name in cells]
        rows = [list(cells.columns), *cells.itertuples(index=False)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in rows
        )

    __str__ = __repr__


def _insilico_rows() -> Iterator[list[object]]:
    from phantoms import GENERATOR_VERSION, ChestCohortSettings
    from phantoms.cohort.settings import VARIANTS

    for name, variant in insilico_names().items():
        settings = ChestCohortSettings(variant=variant)
        here = cache_path(settings, GENERATOR_VERSION).is_file()
        yield [
            name,
            VARIANTS[variant].title,
            f"{VARIANTS[variant].default_finding} and 6 more",
            f"{SMALLEST_SIZE} to {settings.size}",
            settings.n_images,
            round(settings.n_images * settings.size**2 / 1e6),
            "CC BY 4.0",
            "cached" if here else "made on first use",
        ]
    yield _nodules_row()


def _nodules_row() -> list[object]:
    from phantoms.cohort.nodules import CUBE_SHAPE as SHAPE
    from phantoms.cohort.nodules import NoduleCohortSettings

    settings = NoduleCohortSettings()
    cubes = 2 * settings.n_patients
    return [
        NODULES_CT,
        "CT, simulated, volumes",
        "nodule, malignant",
        str(SHAPE[1]),
        cubes,
        round(cubes * SHAPE[0] * SHAPE[1] * SHAPE[2] / 1e6),
        "CC BY 4.0",
        "cached" if nodules_ct_path(settings).is_file() else "made on first use",
    ]


def _published_rows() -> Iterator[list[object]]:
    for name, card in published_cards().items():
        files = [entry for entry in published_files() if entry.name == name]
        smallest = files[0]
        classes = f"{card.default_finding} and {len(smallest.classes) - 1} more"
        yield [
            name,
            card.modality + (", volumes" if smallest.dims == "3D" else ""),
            next(iter(card.findings), classes),
            ", ".join(str(entry.size) for entry in files),
            sum(smallest.counts),
            round(smallest.unpacked_mb),
            smallest.licence,
            ", ".join(str(entry.size) for entry in files if _is_here(entry)) or "no",
        ]


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
