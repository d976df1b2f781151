"""Look for planted identities in a file that claims to have none any more."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.multival import MultiValue

from phantoms.dicom_writing.drawn_text import agreement
from phantoms.dicom_writing.planting import Planted

DRAWN = 0.5
"""Correlation of pixels with letters from which the text counts as still there."""
PIXELS = (0x0010, 0x3000)
"""Elements of groups 6000 and above that hold pixels and overlays."""


class Found(NamedTuple):
    """One planted text that is still in a file, and where it is now."""

    where: str
    value: str


def find_identities(
    path: str | os.PathLike, planted: Iterable[Planted]
) -> tuple[Found, ...]:
    """Return what is left in a file of the identities that were planted.

    Parameters
    ----------
    path : path-like
        One DICOM file, after a de-identification.
    planted : Planted
        What `plant_identities` returned. A text is looked for everywhere, not only
        where it was planted, in upper and lower case, in text and in bytes.

    Returns
    -------
    tuple of Found
        Empty if nothing is left.
    """
    dataset = pydicom.dcmread(path)
    planted = list(planted)
    values = list(dict.fromkeys(item.value for item in planted if item.text is None))
    found = []
    for where, held in _everything(dataset):
        folded = held.casefold()
        found += [Found(where, v) for v in values if v.casefold() in folded]
    for item in planted:
        if item.text is not None:
            part = _part(dataset, item)
            if part is not None and abs(agreement(part, item.text.letters)) > DRAWN:
                found.append(Found(item.where, item.value))
    return tuple(found)


def _everything(dataset: FileDataset) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of everything that can hold text."""
    yield "preamble", _as_text(dataset.preamble or b"")
    yield from _elements(dataset.file_meta, "")
    yield from _elements(dataset, "")


def _elements(dataset: Dataset, prefix: str) -> Iterator[tuple[str, str]]:
    for element in dataset:
        group, number = element.tag.group, element.tag.element
        plain = element.keyword and not 0x6000 <= group < 0x7000
        name = element.keyword if plain else f"({group:04X},{number:04X})"
        where = prefix + name
        if element.VR == "SQ":
            for place, item in enumerate(element.value):
                yield from _elements(item, f"{where}[{place}].")
        elif group < 0x6000 or number not in PIXELS:
            yield where, _as_text(element.value)


def _as_text(value: object) -> str:
    """Return any value as text; bytes once as UTF-8, once letter by letter."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "ignore") + "\n" + value.decode("latin-1")
    if isinstance(value, list | MultiValue):
        return "\n".join(str(each) for each in value)
    return str(value)


def _part(dataset: FileDataset, item: Planted) -> np.ndarray | None:
    """Return the pixels where the letters were drawn, or None if they are gone."""
    if item.text.holder == "overlay":
        if 0x60003000 not in dataset:
            return None
        image = dataset.overlay_array(0x6000)
    elif item.text.holder == "icon":
        if not dataset.get("IconImageSequence"):
            return None
        icon = dataset.IconImageSequence[0]
        cells = np.frombuffer(icon.PixelData, np.uint8)[: icon.Rows * icon.Columns]
        image = cells.reshape(icon.Rows, icon.Columns)
    else:
        image = dataset.pixel_array
    part = image[item.text.box]
    return part if part.shape == item.text.letters.shape else None
