"""Fill every attribute of a list with a salt: a value that can only come from there.

`plant_identities` hides one invented person in the places where real files hide one.
Salting is the complement: no attribute is passed over, each gets a value of its own
type, once at the top of the file and once in a nested item, so that whatever a
de-identification forgets can be named.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable
from pathlib import Path

import pydicom
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset, FileDataset

from phantoms.dicom_writing.errors import writing_error
from phantoms.dicom_writing.planting import Planted
from phantoms.dicom_writing.saving import encode, save_file

NEST = "SharedFunctionalGroupsSequence"
INNER_NEST = "FrameContentSequence"
FIRST_DAY, DAYS_APART = datetime.date(200, 1, 1), 4001
"""More than the largest shift of a date, so that no shifted salt equals another."""
UNSEARCHABLE = {"US", "UL", "SS", "SL", "AS"}
"""Kinds of value too short to be recognised among the bytes of a file."""
TEXT = {"LO", "SH", "LT", "ST", "UT", "UC", "PN", "AE", "CS"}
PIXELS = {0x7FE00008, 0x7FE00009, 0x7FE00010}


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
    path = Path(path)
    try:
        dataset = pydicom.dcmread(path)
        syntax = dataset.file_meta.TransferSyntaxUID
        if syntax.is_encapsulated:
            dataset.decompress(generate_instance_uid=False)
    except Exception as error:
        raise writing_error(
            path,
            what=f"it cannot be read ({error})",
            expected="an image that the course wrote",
            do="Give a file of write_radiograph or of write_series.",
        ) from error
    inner, middle = Dataset(), Dataset()
    salts = Salts()
    tags = sorted({tag for tag in tags if tag >> 16 >= 0x0008} - PIXELS)
    planted = [*salts.fill(dataset, tags, "")]
    planted += salts.fill(inner, tags, f"{NEST}[0].{INNER_NEST}[0].")
    setattr(middle, INNER_NEST, [inner])
    setattr(dataset, NEST, [middle])
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    encode(dataset, syntax)
    save_file(dataset, path)
    return tuple(planted)


class Salts:
    """A source of values, no two alike."""

    def __init__(self) -> None:
        self.number = 0
        self.days = 0

    def fill(self, dataset: Dataset, tags: Iterable[int], prefix: str):
        """Set every attribute, and return what was planted."""
        planted = []
        for tag in tags:
            self.number += 1
            try:
                kind = dictionary_VR(tag)
            except KeyError:
                kind = "LO"  # known to the standard's table, not to pydicom
            kind = kind.split(" or ")[0]
            where = prefix + (
                keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 65535:04X})"
            )
            if kind == "SQ":
                dataset.add_new(tag, "SQ", [self._item()])
                planted.append(Planted("salt", f"{where}[0]", self.text()))
                continue
            value, salt = self._value(kind)
            dataset.add_new(tag, kind, value)
            if kind not in UNSEARCHABLE:
                planted.append(Planted("salt", where, salt))
        return planted

    def text(self) -> str:
        """Return the present salt as text: 9 letters and digits, upper case."""
        return f"ZQ{self.number:05d}XV"

    def _item(self) -> Dataset:
        """Return an item whose every value holds the present salt."""
        item = Dataset()
        item.CodeValue, item.CodeMeaning = self.text(), f"of {self.text()}"
        item.PatientName = f"{self.text()}^A"
        item.private_block(0x0029, "SALT", create=True).add_new(1, "LO", self.text())
        return item

    def _value(self, kind: str) -> tuple[object, str]:
        """Return a value of this type and the text to look for."""
        number, salt = self.number, self.text()
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
        }
        if kind in values:
            return values[kind]
        if kind in TEXT:
            return salt, salt
        if kind in UNSEARCHABLE:
            return number % 256, ""
        return salt.encode() + b"\0", salt  # OB, UN and the like


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
