"""Look for planted identities again; and salts, values that can come from one place.

`plant_identities` hides one invented person in the places where real files hide one.
Salting is the complement: no attribute of a list is passed over, each gets a value of
its own type, once at the top of the file and once in a nested item, so that whatever a
de-identification forgets can be named.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset, FileDataset
from pydicom.multival import MultiValue

from phantoms.dicom_writing.files import encode, read_uncompressed, save_file
from phantoms.dicom_writing.identities import Planted

DRAWN_FROM = 0.5
"""Correlation of pixels with letters from which the text counts as still there."""
PIXELS = (0x0010, 0x3000)
"""Elements of groups 6000 and above that hold pixels and overlays."""
PIXEL_DATA = {0x7FE00008, 0x7FE00009, 0x7FE00010}
NEST, INNER_NEST = "SharedFunctionalGroupsSequence", "FrameContentSequence"
FIRST_DAY, DAYS_APART = datetime.date(200, 1, 1), 4001
"""More than the largest shift of a date, so that no shifted salt equals another."""
UNSEARCHABLE = {"US", "UL", "SS", "SL", "AS"}
"""Kinds of value too short to be recognised among the bytes of a file."""
TEXT = {"LO", "SH", "LT", "ST", "UT", "UC", "PN", "AE", "CS"}


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
    dataset, planted = pydicom.dcmread(path), list(planted)
    values = list(dict.fromkeys(item.value for item in planted if item.text is None))
    found = []
    held = [("preamble", _as_text(dataset.preamble or b""))]
    for part in (dataset.file_meta, dataset):
        held += _elements(part, "")
    for where, text in held:
        folded = text.casefold()
        found += [Found(where, v) for v in values if v.casefold() in folded]
    for item in planted:
        if item.text is not None and _still_drawn(dataset, item):
            found.append(Found(item.where, item.value))
    return tuple(found)


def _elements(dataset: Dataset, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every element that can hold text."""
    for element in dataset:
        group, number = element.tag.group, element.tag.element
        plain = element.keyword and not 0x6000 <= group < 0x7000
        name = element.keyword if plain else f"({group:04X},{number:04X})"
        if element.VR == "SQ":
            for place, item in enumerate(element.value):
                yield from _elements(item, f"{prefix}{name}[{place}].")
        elif group < 0x6000 or number not in PIXELS:
            yield prefix + name, _as_text(element.value)


def _as_text(value: object) -> str:
    """Return any value as text; bytes once as UTF-8, once letter by letter."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "ignore") + "\n" + value.decode("latin-1")
    if isinstance(value, list | MultiValue):
        return "\n".join(str(each) for each in value)
    return str(value)


def _still_drawn(dataset: FileDataset, item: Planted) -> bool:
    """Return whether pixels correlate with the letters that were drawn there."""
    image = np.zeros((0, 0))
    if item.text.holder == "pixels":
        image = dataset.pixel_array
    elif item.text.holder == "overlay" and 0x60003000 in dataset:
        image = dataset.overlay_array(0x6000)
    elif item.text.holder == "icon" and dataset.get("IconImageSequence"):
        icon = dataset.IconImageSequence[0]
        cells = np.frombuffer(icon.PixelData, np.uint8)[: icon.Rows * icon.Columns]
        image = cells.reshape(icon.Rows, icon.Columns)
    part = image[item.text.box].astype(float)
    if part.shape != item.text.letters.shape or np.ptp(part) == 0:
        return False
    letters = item.text.letters.ravel()
    return bool(abs(np.corrcoef(part.ravel(), letters)[0, 1]) > DRAWN_FROM)


def salt_attributes(
    path: str | os.PathLike, tags: Iterable[int]
) -> tuple[Planted, ...]:
    """Write a salt into every attribute of a DICOM image, in place.

    Parameters
    ----------
    path : path-like
        A file of `write_radiograph` or `write_series`.
    tags : int
        Group and element as one number each, of group 0008 and above; sequences get an
        item with salts inside.

    Returns
    -------
    tuple of Planted
        What must not be found again. Numbers too short to search for (types US, UL,
        SS, SL, AS) are written and not listed.

    Raises
    ------
    DicomWritingError
        If the file cannot be read or written.
    """
    dataset, syntax = read_uncompressed(path)
    inner, middle, salts = Dataset(), Dataset(), Salts()
    tags = sorted({tag for tag in tags if tag >> 16 >= 0x0008} - PIXEL_DATA)
    planted = salts.fill(dataset, tags, "")
    planted += salts.fill(inner, tags, f"{NEST}[0].{INNER_NEST}[0].")
    setattr(middle, INNER_NEST, [inner])
    setattr(dataset, NEST, [middle])
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    save_file(encode(dataset, syntax), Path(path))
    return tuple(planted)


class Salts:
    """A source of values, no two alike."""

    def __init__(self) -> None:
        self.number = 0
        self.days = 0

    def fill(self, dataset: Dataset, tags: Iterable[int], prefix: str) -> list[Planted]:
        """Set every attribute, and return what was planted."""
        planted = []
        for tag in tags:
            self.number += 1
            # some are known to the standard's table, not to pydicom
            kind = dictionary_VR(tag) if dictionary_has_tag(tag) else "LO"
            kind = kind.split(" or ")[0]
            name = keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 65535:04X})"
            value, salt = self._value(kind)
            dataset.add_new(tag, kind, value)
            if kind not in UNSEARCHABLE:
                where = prefix + name + ("[0]" if kind == "SQ" else "")
                planted.append(Planted("salt", where, salt))
        return planted

    def _value(self, kind: str) -> tuple[object, str]:
        """Return a value of this type and the text to look for."""
        number, salt = self.number, f"ZQ{self.number:05d}XV"
        if kind in ("DA", "DT"):
            self.days += DAYS_APART
        day = FIRST_DAY + datetime.timedelta(self.days)
        date = f"{day.year:04d}{day.month:02d}{day.day:02d}"
        time = f"{number % 24:02d}{number % 60:02d}{number % 59:02d}.{number:06d}"
        values = {
            "DA": (date, date),
            "TM": (time, time),
            "DT": (date + time, date + time),
            "UI": (f"1.2.826.0.1.9.{7_000_000 + number}",) * 2,
            "DS": (f"7.{7_000_000 + number}",) * 2,
            "IS": (f"{70_000_000 + number}",) * 2,
            "UR": (f"http://example.org/{salt}", salt),
            "AS": ("047Y", ""),
            "SQ": ([_salted_item(salt)], salt),
            **dict.fromkeys(TEXT, (salt, salt)),
            **dict.fromkeys(UNSEARCHABLE - {"AS"}, (number % 256, "")),
        }
        return values.get(kind, (salt.encode() + b"\0", salt))  # OB, UN and the like


def _salted_item(salt: str) -> Dataset:
    """Return an item whose every value holds a salt."""
    item = Dataset()
    item.CodeValue, item.CodeMeaning = salt, f"of {salt}"
    item.PatientName = f"{salt}^A"
    item.private_block(0x0029, "SALT", create=True).add_new(1, "LO", salt)
    return item


def salt_repeating_groups(dataset: FileDataset) -> list[Planted]:
    """Put salts into curves and overlays: groups 5000 to 501E and 6000 to 601E."""
    planted = []
    for step in range(0, 0x20, 2):
        salt = f"RG{step:03d}SALT"
        for base, element, kind in (
            (0x5000, 0x3000, "OB"),
            (0x5000, 0x0022, "LO"),
            (0x6000, 0x3000, "OB"),
            (0x6000, 0x4000, "LT"),
            (0x6000, 0x1500, "LO"),
        ):
            value = salt.encode() + b"\0" if kind == "OB" else salt
            dataset.add_new(((base + step) << 16) | element, kind, value)
            where = f"({base + step:04X},{element:04X})"
            planted.append(Planted("repeating groups", where, salt))
    return planted
