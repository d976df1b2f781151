"""Hide an invented person in a file, everywhere real files hide a real one."""

from __future__ import annotations

import os
import string
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID, generate_uid

from phantoms.dicom_writing import hiding_places as places_of
from phantoms.dicom_writing.drawing import BurnedText, burn_in, draw_icon, draw_overlay
from phantoms.dicom_writing.errors import writing_error
from phantoms.dicom_writing.people import InventedPerson, invented_person
from phantoms.dicom_writing.saving import encode, save_file, save_folder


@dataclass(frozen=True)
class Planted:
    """One thing that must not survive a de-identification.

    Attributes
    ----------
    place : str
        One of `PLACES`.
    where : str
        Keyword or path of the attribute, or the rows and columns of the image.
    value : str
        The text to look for; a part of what the attribute holds.
    text : BurnedText or None
        For text that was drawn: its letters and where they are.
    """

    place: str
    where: str
    value: str
    text: BurnedText | None = None


def plant_identities(
    target: str | os.PathLike, *, places: Iterable[str] | None = None
) -> tuple[Planted, ...]:
    """Hide an invented person in a DICOM file or series, and say where.

    Parameters
    ----------
    target : path-like
        A file, or a folder of files (one series), as `write_radiograph` and
        `write_series` make them. It is replaced when all is done, not before.
    places : texts or None
        Some of `PLACES`; None: all of them.

    Returns
    -------
    tuple of Planted
        Of a series each thing once: what differs from slice to slice (UIDs) is listed
        for every slice.

    Raises
    ------
    DicomWritingError
        If the target cannot be read or written, a place is unknown, or the image is
        too small for letters.

    Notes
    -----
    Burned In Annotation keeps saying NO: real headers lie about it too.
    """
    chosen = tuple(PLACES) if places is None else tuple(places)
    unknown = sorted(set(chosen) - set(PLACES))
    target = Path(target)
    if unknown:
        raise writing_error(
            target,
            what=f"places holds {', '.join(map(repr, unknown))}",
            expected=f"some of {', '.join(map(repr, PLACES))}",
            do="Leave places out to use all of them.",
        )
    if not target.is_dir():
        dataset, planted = _planted(target, chosen)
        save_file(dataset, target)
        return planted
    done = {path.name: _planted(path, chosen) for path in sorted(target.iterdir())}
    named = ((name, dataset) for name, (dataset, _) in done.items())
    save_folder(target, named, replace=True)
    return tuple(dict.fromkeys(item for _, found in done.values() for item in found))


def _planted(path: Path, chosen: tuple[str, ...]):
    """Return one file with the person in it, encoded as it was, and the list."""
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
            do="Give a file of write_radiograph or a folder of write_series.",
        ) from error
    person = invented_person(dataset)
    planted: list[Planted] = []
    for place in PLACES:
        if place in chosen and ("PixelData" in dataset or place not in DRAWN):
            planted += PLACES[place](dataset, person)
    encode(dataset, syntax)
    return dataset, tuple(planted)


def _texts(place: str, table: dict[str, str]):
    """Return a function that plants a table of sentences."""

    def plant(dataset: FileDataset, person: InventedPerson) -> list[Planted]:
        planted = []
        for where, sentence in table.items():
            places_of.put(dataset, where, sentence.format(**person.facts))
            planted += _told(place, where, sentence, person)
        return planted

    return plant


def _told(place: str, where: str, sentence: str, person: InventedPerson):
    """Return one Planted for each fact in a sentence."""
    names = [name for _, name, _, _ in string.Formatter().parse(sentence) if name]
    return [Planted(place, where, person.facts[name]) for name in names]


def _private(dataset: FileDataset, person: InventedPerson) -> list[Planted]:
    """Fill private elements: short text, long text, bytes, a nested item."""
    block = dataset.private_block(
        places_of.PRIVATE_GROUP, places_of.PRIVATE_CREATOR, create=True
    )
    planted = []
    for element, representation, sentence in places_of.PRIVATE:
        value = sentence.format(**person.facts)
        if representation == "OB":
            value = value.encode() + b"\0" * (len(value.encode()) % 2)
        elif representation == "SQ":
            value = [_item(value)]
        block.add_new(element, representation, value)
        where = f"({places_of.PRIVATE_GROUP:04X},10{element:02X})"
        where += "[0].PatientID" if representation == "SQ" else ""
        planted += _told("private tags", where, sentence, person)
    return planted


def _item(value: str) -> Dataset:
    item = Dataset()
    item.PatientID = value
    return item


def _file_meta(dataset: FileDataset, person: InventedPerson) -> list[Planted]:
    """Fill what lies before the data set: preamble, sender, private information."""
    name = f"{person.facts['family']} {person.facts['given']}".encode()
    dataset.preamble = name.ljust(128, b"\0")
    meta = dataset.file_meta
    meta.SourceApplicationEntityTitle = person.facts["entity"]
    meta.PrivateInformationCreatorUID = generate_uid(entropy_srcs=["invented vendor"])
    record = person.facts["record"].encode()
    meta.PrivateInformation = record + b"\0" * (len(record) % 2)
    return [
        Planted("file meta", "preamble", person.facts["family"]),
        Planted("file meta", "preamble", person.facts["given"]),
        Planted("file meta", "SourceApplicationEntityTitle", person.facts["entity"]),
        Planted("file meta", "PrivateInformation", person.facts["record"]),
    ]


def _dates(dataset: FileDataset, person: InventedPerson) -> list[Planted]:
    """Tell the day and the second of the examination in every place for it."""
    date = dataset.StudyDate
    time = person.facts["time"]
    for keyword in places_of.DATES:
        setattr(dataset, keyword, date)
    for keyword in places_of.TIMES:
        setattr(dataset, keyword, time)
    for keyword, sentence in places_of.FURTHER_DATES.items():
        setattr(dataset, keyword, sentence.format(date=date, time=time))
    listed = [(keyword, date) for keyword in places_of.DATES]
    listed += [(keyword, time) for keyword in places_of.TIMES]
    for keyword, sentence in places_of.FURTHER_DATES.items():
        listed += [(keyword, date)] if "{date}" in sentence else []
        listed += [(keyword, time)] if "{time}" in sentence else []
    return [Planted("dates and times", where, value) for where, value in listed]


def _uids(dataset: FileDataset, person: InventedPerson) -> list[Planted]:
    """Make UIDs as scanners do: with the day and a serial number inside."""
    planted = []
    for keyword in places_of.UIDS:
        if keyword in dataset:
            value = _dated_uid(dataset.StudyDate, dataset[keyword].value)
            setattr(dataset, keyword, value)
            planted.append(Planted("UIDs", keyword, str(value)))
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    planted.append(
        Planted("UIDs", "MediaStorageSOPInstanceUID", str(dataset.SOPInstanceUID))
    )
    classes = (places_of.DETACHED_STUDY, places_of.PERFORMED_STEP)
    for (sequence, keyword), sop_class in zip(
        places_of.REFERENCES, classes, strict=True
    ):
        item = Dataset()
        item.ReferencedSOPClassUID = sop_class
        item.ReferencedSOPInstanceUID = dataset[keyword].value
        setattr(dataset, sequence, [item])
        where = f"{sequence}[0].ReferencedSOPInstanceUID"
        planted.append(Planted("UIDs", where, str(item.ReferencedSOPInstanceUID)))
    return planted


def _dated_uid(date: str, plain: str) -> UID:
    """Return a UID that tells the day; the same plain UID gives the same one."""
    return generate_uid(
        prefix=f"1.2.826.0.1.3680043.8.498.{date}.", entropy_srcs=[str(plain)]
    )


def _name_line(person: InventedPerson) -> str:
    facts = person.facts
    return f"{facts['family']} {facts['given']} {facts['birth']}"


def _overlay(dataset: FileDataset, person: InventedPerson) -> list[Planted]:
    """Draw the name in the overlay plane 6000, and name it in its label."""
    line = _name_line(person)
    text = draw_overlay(dataset, line)
    dataset[0x60000022].value = f"Name of {person.facts['family']}"
    return [
        Planted("overlay", text.where, line, text),
        Planted("overlay", "(6000,0022)", person.facts["family"]),
    ]


def _burned_in(dataset: FileDataset, person: InventedPerson) -> list[Planted]:
    """Write the name over the pixels themselves."""
    line = _name_line(person)
    text = burn_in(dataset, line)
    return [Planted("burned-in text", text.where, line, text)]


def _icon(dataset: FileDataset, person: InventedPerson) -> list[Planted]:
    """Add a thumbnail with the family name in its pixels."""
    text = draw_icon(dataset, person.facts["family"])
    return [Planted("icon image", text.where, person.facts["family"], text)]


PLACES = {
    "burned-in text": _burned_in,
    "overlay": _overlay,
    "icon image": _icon,
    "UIDs": _uids,
    "dates and times": _dates,
    "private tags": _private,
    "file meta": _file_meta,
    "sequences": _texts("sequences", places_of.SEQUENCES),
    "free text": _texts("free text", places_of.FREE_TEXT),
    "standard attributes": _texts("standard attributes", places_of.STANDARD),
}
"""The kinds of place, in the order in which they are planted."""
DRAWN = ("burned-in text", "overlay", "icon image")
"""Places that a report, which has no pixels, does not have."""
