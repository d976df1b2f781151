"""Hide an invented person in a file, everywhere real files hide a real one.

``hiding_places.csv`` lists attributes that the Basic Application Level Confidentiality
Profile removes or replaces (PS3.15, table E.1-1), as far as a radiograph or a CT may
have them, and the sentence that is put there; a name in braces is a fact of the person.
The people say that they are invented; the telephone numbers are of the ranges kept free
for fiction, the addresses of a town that does not exist.
"""

from __future__ import annotations

import functools
import hashlib
import os
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import generate_uid

from phantoms.dicom_writing.files import (
    DicomWritingError,
    encode,
    fill,
    put_pixels,
    read_uncompressed,
    rows_of,
    save_file,
)

FAMILY_AND_GIVEN = {
    "F": ("Pretend^Ada", "Imaginary^Chloë", "Fictional^Eunji", "Unreal^Gülay"),
    "M": ("Nobody^Bertil", "Madeup^Dragan", "Nonexistent^Femi", "Exemplary^Håkon"),
}
BIRTHDAYS = ("0117", "0228", "0412", "0609", "0730", "0905", "1023", "1231")
STAFF = {
    "hospital": "Nowhere General Hospital",
    "hospital_address": "1 Invention Square, Nowhere",
    "department": "Radiology of Nowhere, Room 7",
    "referrer": "Referrer^Imaginary",
    "performer": "Performer^Imaginary",
    "reader": "Reader^Imaginary",
    "operator": "Operator^Imaginary",
    "referrer_phone": "+1 555 0199",
    "station": "NOWHERE_XR_1",
    "serial": "NWHR-2026-0042",
    "entity": "NOWHERE_PACS",
}
PRIVATE_GROUP, PRIVATE_CREATOR = 0x0029, "INVENTED VENDOR 1.0"
UIDS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "FrameOfReferenceUID",
)
REFERENCES = (  # sequence, what it refers to, of which class
    ("ReferencedStudySequence", "StudyInstanceUID", "1.2.840.10008.3.1.2.3.1"),
    (
        "ReferencedPerformedProcedureStepSequence",
        "SeriesInstanceUID",
        "1.2.840.10008.3.1.2.3.3",
    ),
)
SMALLEST_PX = 8
"""Height of letters below which nobody could read them."""
ICON_SIDE, MARGIN_PX = 64, 1


@dataclass(frozen=True)
class BurnedText:
    """Letters that were drawn.

    Attributes
    ----------
    holder : {"pixels", "overlay", "icon"}
    top, left : int
        First row and column of the letters' box, from 0.
    letters : bool array (rows, columns)
        True where a letter is.
    """

    holder: str
    top: int
    left: int
    letters: np.ndarray = field(repr=False, compare=False)

    @property
    def box(self) -> tuple[slice, slice]:
        """Rows and columns of the letters' box, to index an image with."""
        rows, columns = self.letters.shape
        return (
            slice(self.top, self.top + rows),
            slice(self.left, self.left + columns),
        )

    @property
    def where(self) -> str:
        """The box in words, counted from 0."""
        rows, columns = self.box
        return (
            f"{self.holder}, rows {rows.start} to {rows.stop - 1}, columns "
            f"{columns.start} to {columns.stop - 1}"
        )


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
        `write_series` make them. Files are replaced when all is planted, not before.
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
    chosen, target = tuple(PLACES) if places is None else tuple(places), Path(target)
    unknown = sorted(set(chosen) - set(PLACES))
    if unknown:
        raise DicomWritingError(
            f"places holds {', '.join(map(repr, unknown))}. Expected some of "
            f"{', '.join(map(repr, PLACES))}; leave it out to use all of them."
        )
    paths = sorted(target.iterdir()) if target.is_dir() else [target]
    done = {path: _planted(path, chosen) for path in paths}
    for path, (dataset, _) in done.items():
        save_file(dataset, path)
    return tuple(dict.fromkeys(item for _, found in done.values() for item in found))


def _planted(path: Path, chosen: tuple[str, ...]) -> tuple[FileDataset, list[Planted]]:
    """Return one file with the person in it, encoded as it was, and the list."""
    dataset, syntax = read_uncompressed(path)
    facts = invented_person(dataset)
    planted: list[Planted] = []
    for place, plant in PLACES.items():
        if place in chosen and ("PixelData" in dataset or place not in DRAWN):
            planted += plant(dataset, facts)
    return encode(dataset, syntax), planted


def invented_person(dataset: Dataset) -> dict[str, str]:
    """Return the invented person behind a Patient ID; the same ID, the same person.

    Parameters
    ----------
    dataset : pydicom Dataset
        Its Patient ID, Patient's Sex, Patient's Age and Study Date are respected.

    Returns
    -------
    dict
        Name of a fact to its text: birth is YYYYMMDD, spoken_birth DD.MM.YYYY, date
        and time are those of the examination, hospital and what follows the staff's.
    """
    stated = {
        name: str(dataset.get(name) or "").strip().upper()
        for name in ("PatientID", "PatientSex", "PatientAge", "StudyDate")
    }
    key = hashlib.sha256(stated["PatientID"].encode()).digest()
    sex = stated["PatientSex"]
    sex = sex if sex in FAMILY_AND_GIVEN else "FM"[key[0] % 2]
    family, given = FAMILY_AND_GIVEN[sex][key[1] % 4].split("^")
    date = stated["StudyDate"] or "20260101"
    age = int((stated["PatientAge"] or "061Y")[:3])
    birthday = BIRTHDAYS[key[2] % 8]
    birth = f"{int(date[:4]) - age - (birthday > date[4:]):04d}{birthday}"
    facts = {
        "family": family,
        "given": given,
        "maiden": "Formerly-" + family,
        "birth": birth,
        "spoken_birth": f"{birth[6:]}.{birth[4:6]}.{birth[:4]}",
        "address": f"{key[4] % 90 + 10} Unreal Street, Nowhere",
        # 555-0100 to 555-0199 are kept free for fiction
        "phone": f"+1 555 0{100 + key[3] % 98}",
        "email": f"{family.lower()}@example.org",
        "record": f"NWH{int.from_bytes(key[5:8], 'big'):08d}",
        "accession": f"ACC{int.from_bytes(key[8:10], 'big'):06d}",
        "admission": f"ADM{int.from_bytes(key[10:12], 'big'):06d}",
        "insurance": f"INS{int.from_bytes(key[12:15], 'big'):08d}",
        "occupation": "unreal glazier",
        "relative": f"{family}^Relative",
        "date": date,
        "time": f"{key[15] % 10 + 8:02d}{key[16] % 60:02d}{key[17] % 60:02d}",
    }
    return facts | STAFF


def _told(place: str, where: str, sentence: str, facts: dict) -> list[Planted]:
    """Return one Planted for each fact in a sentence."""
    names = [name for _, name, _, _ in string.Formatter().parse(sentence) if name]
    return [Planted(place, where, facts[name]) for name in names]


def _sentences(dataset: FileDataset, facts: dict, *, place: str) -> list[Planted]:
    """Plant the sentences of ``hiding_places.csv`` that belong to a place."""
    planted = []
    for row in rows_of("hiding_places.csv"):
        if row["place"] != place:
            continue
        _put(dataset, row["where"], row["text"].format(**facts))
        planted += _told(place, row["where"], row["text"], facts)
    return planted


def _put(dataset: Dataset, where: str, value: str) -> None:
    """Set an attribute by its path, making the sequences on the way."""
    *sequences, keyword = where.split(".")
    for name in (each.removesuffix("[0]") for each in sequences):
        if name not in dataset:
            setattr(dataset, name, [Dataset()])
        dataset = getattr(dataset, name)[0]
    setattr(dataset, keyword, value)


def _private(dataset: FileDataset, facts: dict) -> list[Planted]:
    """Fill private elements: short text, long text, bytes, a nested item."""
    block = dataset.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
    record = fill(Dataset(), {"PatientID": facts["record"]})
    name, export = "{family}^{given}", "Export of {hospital} for {email}"
    header = "binary header: {family} {given} {birth}"
    block.add_new(0x10, "LO", name.format(**facts))
    block.add_new(0x11, "UT", export.format(**facts))
    block.add_new(0x12, "OB", _even(header.format(**facts)))
    block.add_new(0x13, "SQ", [record])
    where = f"({PRIVATE_GROUP:04X},10"
    return [
        *_told("private tags", f"{where}10)", name, facts),
        *_told("private tags", f"{where}11)", export, facts),
        *_told("private tags", f"{where}12)", header, facts),
        *_told("private tags", f"{where}13)[0].PatientID", "{record}", facts),
    ]


def _even(text: str) -> bytes:
    """Return text as an even number of bytes."""
    content = text.encode()
    return content + b"\0" * (len(content) % 2)


def _file_meta(dataset: FileDataset, facts: dict) -> list[Planted]:
    """Fill what lies before the data set: preamble, sender, private information."""
    dataset.preamble = f"{facts['family']} {facts['given']}".encode().ljust(128, b"\0")
    values = {
        "SourceApplicationEntityTitle": facts["entity"],
        "PrivateInformationCreatorUID": generate_uid(entropy_srcs=["invented vendor"]),
        "PrivateInformation": _even(facts["record"]),
    }
    fill(dataset.file_meta, values)
    return [
        *_told("file meta", "preamble", "{family}{given}", facts),
        *_told("file meta", "SourceApplicationEntityTitle", "{entity}", facts),
        *_told("file meta", "PrivateInformation", "{record}", facts),
    ]


def _uids(dataset: FileDataset, facts: dict) -> list[Planted]:
    """Make UIDs as scanners do: with the day inside; equal ones stay equal."""
    prefix = f"1.2.826.0.1.3680043.8.498.{facts['date']}."
    planted = []
    for keyword in UIDS:
        if keyword in dataset:
            value = generate_uid(prefix, entropy_srcs=[str(dataset[keyword].value)])
            setattr(dataset, keyword, value)
            planted.append(Planted("UIDs", keyword, str(value)))
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    planted.append(
        Planted("UIDs", "MediaStorageSOPInstanceUID", str(dataset.SOPInstanceUID))
    )
    for sequence, keyword, sop_class in REFERENCES:
        value = dataset[keyword].value
        item = {"ReferencedSOPClassUID": sop_class, "ReferencedSOPInstanceUID": value}
        setattr(dataset, sequence, [fill(Dataset(), item)])
        where = f"{sequence}[0].ReferencedSOPInstanceUID"
        planted.append(Planted("UIDs", where, str(value)))
    return planted


def text_mask(line: str, height_px: int) -> np.ndarray:
    """Return a line of text as a bool picture (rows, columns), True where it is drawn.

    Parameters
    ----------
    line : str
    height_px : int
        Size of the font.

    Examples
    --------
    >>> text_mask("I", 16).any(), text_mask("ADA", 16).shape[0] <= 20
    (np.True_, True)
    """
    font = ImageFont.load_default(size=height_px)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(line))
    picture = Image.new("L", (right - left + 1, bottom - top + 1))
    ImageDraw.Draw(picture).text((-left, -top), line, fill=255, font=font)
    return np.asarray(picture) > 127


def _letters(
    holder: str, shape: tuple[int, int], line: str, *, bottom: bool = False
) -> BurnedText:
    """Return the letters of a line, with their place at the top or bottom left.

    They are a 28th of the image high where that fits in its width, never less than 8
    pixels.
    """
    rows, columns = (side - 2 * MARGIN_PX for side in shape)
    for height in range(max(rows // 28, SMALLEST_PX), SMALLEST_PX - 1, -1):
        mask = text_mask(line, height)
        if mask.shape[0] < rows and mask.shape[1] < columns:
            top = shape[0] - MARGIN_PX - len(mask) if bottom else MARGIN_PX
            return BurnedText(holder, top, MARGIN_PX, mask)
    raise DicomWritingError(
        f"{line!r} does not fit into {shape[0]} x {shape[1]} pixels. Expected an image "
        "of about 128 columns or more, or places without burned-in text, overlay and "
        "icon image."
    )


def _name_line(facts: dict) -> str:
    return f"{facts['family']} {facts['given']} {facts['birth']}"


def _burned_in(dataset: FileDataset, facts: dict) -> list[Planted]:
    """Write the name over the pixels themselves, in white at the top left."""
    line, stored = _name_line(facts), dataset.pixel_array.copy()
    text = _letters("pixels", stored.shape, line)
    bits, signed = dataset.BitsStored, dataset.PixelRepresentation == 1
    largest = 2 ** (bits - signed) - 1
    smallest = -(2 ** (bits - 1)) if signed else 0
    photometric = dataset.PhotometricInterpretation
    stored[text.box][text.letters] = (
        smallest if photometric == "MONOCHROME1" else largest
    )
    put_pixels(dataset, stored, photometric=photometric, bits=bits)
    return [Planted("burned-in text", text.where, line, text)]


def _overlay(dataset: FileDataset, facts: dict) -> list[Planted]:
    """Draw the name in the overlay plane 6000 (PS3.3, C.9.2), and in its label."""
    line, shape = _name_line(facts), (dataset.Rows, dataset.Columns)
    text = _letters("overlay", shape, line, bottom=True)
    plane = np.zeros(shape, np.uint8)
    plane[text.box] = text.letters
    bits = np.packbits(plane.ravel(), bitorder="little").tobytes()
    for element, representation, value in (
        (0x0010, "US", dataset.Rows),
        (0x0011, "US", dataset.Columns),
        (0x0022, "LO", f"Name of {facts['family']}"),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", bits + b"\0" * (len(bits) % 2)),
    ):
        dataset.add_new(0x60000000 + element, representation, value)
    return [
        Planted("overlay", text.where, line, text),
        Planted("overlay", "(6000,0022)", facts["family"]),
    ]


def _icon(dataset: FileDataset, facts: dict) -> list[Planted]:
    """Add a thumbnail of 64 x 64 pixels, 8 bits, with the family name on it."""
    stored = dataset.pixel_array.astype(float)
    rows, columns = (
        np.linspace(0, side - 1, ICON_SIDE).astype(int) for side in stored.shape
    )
    small = stored[np.ix_(rows, columns)]
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        small = small.max() - small
    span = max(float(np.ptp(small)), 1.0)
    grey = (160 * (small - small.min()) / span).astype(np.uint8)
    text = _letters("icon", grey.shape, facts["family"])
    grey[text.box][text.letters] = 255
    icon = Dataset()
    put_pixels(icon, grey, photometric="MONOCHROME2", bits=8)
    icon["PixelData"].VR = "OW"
    dataset.IconImageSequence = [icon]
    return [Planted("icon image", text.where, facts["family"], text)]


PLACES = {
    "burned-in text": _burned_in,
    "overlay": _overlay,
    "icon image": _icon,
    "UIDs": _uids,
    "dates and times": functools.partial(_sentences, place="dates and times"),
    "private tags": _private,
    "file meta": _file_meta,
    "sequences": functools.partial(_sentences, place="sequences"),
    "free text": functools.partial(_sentences, place="free text"),
    "standard attributes": functools.partial(_sentences, place="standard attributes"),
}
"""The kinds of place, in the order in which they are planted."""
DRAWN = ("burned-in text", "overlay", "icon image")
"""Places that a report, which has no pixels, does not have."""
