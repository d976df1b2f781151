"""The list of published files, and what is known of each data set beyond its file.

`data/registry.csv` has one row per file of MedMNIST (size, counts, licence, MD5,
address), `data/registry_cards.csv` one per data set (standard, source, findings).
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache

from helpers.cohorts.card import CohortError
from helpers.files import PROJECT

REGISTRY = PROJECT / "data" / "registry.csv"
CARDS = PROJECT / "data" / "registry_cards.csv"


@dataclass(frozen=True)
class PublishedFile:
    """One row of the registry.

    Parameters
    ----------
    file, name : str
        File name as published, and name of the data set.
    size : int
        Rows and columns (and slices) in pixels.
    dims : {"2D", "3D"}
    channels : int
        1 grey, 3 colour.
    task : {"binary-class", "multi-class", "ordinal-regression", \
"multi-label, binary-class"}
    classes : dict of int to str
    counts : tuple of int
        Images in train, tuning and internal test.
    licence, md5, url : str
    """

    file: str
    name: str
    size: int
    dims: str
    channels: int
    task: str
    classes: dict[int, str]
    counts: tuple[int, int, int]
    licence: str
    md5: str
    url: str

    @property
    def unpacked_mb(self) -> float:
        """Megabytes of the images in memory; the download is smaller."""
        pixels = self.size ** (3 if self.dims == "3D" else 2) * self.channels
        return sum(self.counts) * pixels / 1e6


@dataclass(frozen=True)
class PublishedCard:
    """Facts of one data set that its file does not hold.

    Parameters
    ----------
    title, modality, reference_standard, source : str
    findings : dict of str to tuple of int
        The classes in which a finding is present, for binary and graded sets; empty:
        one finding per class.
    default_finding : str
    """

    title: str
    modality: str
    reference_standard: str
    source: str
    findings: dict[str, tuple[int, ...]]
    default_finding: str


@cache
def published_cards() -> dict[str, PublishedCard]:
    """Return the card of every data set by name."""
    with CARDS.open(encoding="utf-8", newline="") as lines:
        return {row.pop("name"): _published_card(row) for row in csv.DictReader(lines)}


def _published_card(row: dict[str, str]) -> PublishedCard:
    pairs = (pair.split("=") for pair in row.pop("findings").split("; ") if pair)
    findings = {name: tuple(map(int, numbers.split())) for name, numbers in pairs}
    return PublishedCard(findings=findings, **row)


@cache
def published_files() -> tuple[PublishedFile, ...]:
    """Return every file of the registry, in its order."""
    with REGISTRY.open(encoding="utf-8", newline="") as lines:
        return tuple(_published_file(row) for row in csv.DictReader(lines))


def _published_file(row: dict[str, str]) -> PublishedFile:
    pairs = (pair.split("=", 1) for pair in row["classes"].split("; "))
    return PublishedFile(
        file=row["file"],
        name=row["name"],
        size=int(row["size_px"]),
        dims=row["dims"],
        channels=int(row["channels"]),
        task=row["task"],
        classes={int(number): text for number, text in pairs},
        counts=(int(row["train"]), int(row["tuning"]), int(row["internal_test"])),
        licence=row["licence"],
        md5=row["md5"],
        url=row["url"],
    )


def published_names() -> list[str]:
    """Return the names of the data sets."""
    return list(published_cards())


def find_published(name: str, size: int | None = None) -> PublishedFile:
    """Return the registry row of a data set at a size, the smallest by default.

    Raises
    ------
    CohortError
        If the name or the size is not published; the message lists what is.

    Examples
    --------
    >>> find_published("pneumoniamnist", 64).file
    'pneumoniamnist_64.npz'
    """
    entries = [entry for entry in published_files() if entry.name == name]
    if not entries:
        raise unknown_name(name, published_names())
    sizes = {entry.size: entry for entry in entries}
    if size is not None and size not in sizes:
        raise CohortError(
            f"{name} is not published at size {size!r}; it is at "
            f"{', '.join(map(str, sizes))} pixels. Ask for one of these, for example "
            f"cohorts.load({name!r}, size={max(sizes)})."
        )
    return sizes[min(sizes) if size is None else size]


def unknown_name(name: str, known: list[str]) -> CohortError:
    """Return the error for a cohort name that means nothing, with close names."""
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    guess = f"Did you mean {' or '.join(close)}? " if close else ""
    return CohortError(
        f"There is no cohort and no folder called {name!r}. {guess}Expected the path "
        f"of a folder with labels.csv, or one of: {', '.join(known)}. "
        "cohorts.list_cohorts() shows them with size and licence."
    )
