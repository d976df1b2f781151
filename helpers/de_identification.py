"""Remove from DICOM images what tells whose they are, and report what is left.

`de_identify_folder` applies the Basic Application Level Confidentiality Profile with
the table of dicom-anonymizer at every level of nesting, with pseudonyms, UIDs and
shifted dates that agree over all files, looks for text in the pixels, and returns a
report of what to look at. From the command line, with the report on standard output::

    python -m helpers.de_identification SOURCE DESTINATION

No program makes data anonymous in the sense of a law; this one is for teaching.

References
----------
DICOM PS3.15, annex E (table E.1-1); PS3.16, CID 7050; PS3.5, 6.2 (DA, TM and DT).
"""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import os
import pkgutil
import re
import secrets
import sys
import textwrap
import warnings
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from dicomanonymizer import dicom_anonymization_databases
from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.charset import python_encoding
from pydicom.datadict import DicomDictionary, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.pixels.utils import get_expected_length
from pydicom.uid import UID, ExplicitVRLittleEndian, UID_dictionary
from tqdm import tqdm

from helpers.burned_in_text import blackened, find_text, joined
from helpers.dicom_pixels import DicomPixelsError, open_dataset, read_pixels
from helpers.files import written_whole

DATES = {"DA": "19000101", "TM": "000000", "DT": "19000101000000"}
TEXT = {"LO", "SH", "LT", "ST", "UT", "UC", "PN", "AE", "UR", "AS", "CS"}
NUMBERS = {"US", "SS", "UL", "SL", "FL", "FD", "DS", "IS", "UV", "SV", "AT"}
BYTES = {"OB", "OW", "UN"}
# Kinds of value that are removed wherever they stand, listed in the table or not:
PROSE = {"LT", "ST", "UT", "UC", "UR", "PN", "AE", "UN", "OB"}
DUMMIES = dict.fromkeys(NUMBERS, 0) | dict.fromkeys(BYTES, b"\0\0")
DUMMIES |= {"AS": "000Y", "DS": "0", "IS": "0", "UR": "urn:removed"}
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
# What the table or the kind of value would decide otherwise. A role is not allowed
# without its person; radiographs must have an Acquisition Context Sequence.
RULES = dict.fromkeys(PIXELS, "pixels") | {"PatientName": "name", "PatientID": "name"}
RULES |= {"PatientBirthDate": "empty", "AcquisitionContextSequence": "empty"}
RULES |= {"PatientBirthTime": "remove", "ResponsiblePersonRole": "remove"}
RULES |= dict.fromkeys(("LongCodeValue", "URNCodeValue", "ICCProfile"), "keep")
CHARACTERISTICS = dict.fromkeys(("PatientSex", "PatientSize", "PatientWeight"), "keep")
CHARACTERISTICS |= {"PatientAge": "age"}
ALLOWED = {"PatientSex": {"F", "M", "O"}, "SpecificCharacterSet": set(python_encoding)}
REFERENCES = {"ReferencedFrameNumber", "PurposeOfReferenceCodeSequence"}
# Values from closed lists; a patient called Chest does not change them:
TECHNICAL = """Modality BodyPartExamined PhotometricInterpretation ImageType FrameType
    PatientPosition ViewPosition Laterality ImageLaterality SpecificCharacterSet
    RescaleType VOILUTFunction PresentationLUTShape PatientOrientation
    CodingSchemeDesignator"""
CODES = {"CodeValue", "CodingSchemeVersion", "CodeMeaning", "DeidentificationMethod"}
NUMBERS_AND_PLACES = """PatientID OtherPatientIDs AccessionNumber AdmissionID
    IssuerOfPatientID PatientTelephoneNumbers DeviceSerialNumber InstitutionName
    InstitutionAddress PatientAddress StationName"""
# Words of a name that would strike innocent values, such as a body part:
NOBODY = """anonymous anonymized anonym anon patient test phantom unknown none name
    hospital clinic general university medical center centre radiology scanner chest
    head mrs the and van von der removed"""
HEAD = "HEAD|SKULL|BRAIN|FACE|SINUS|ORBIT|NEURO|CRAN"
FACTS = {
    "age": "PatientAge",
    "sex": "PatientSex",
    "modality": "Modality",
    "body part": "BodyPartExamined",
    "model": "ManufacturerModelName",
}
OLDEST_AGE, DEEPEST, LONGEST_SHIFT_DAYS, MOST_FRAMES = "090Y", 16, 3650, 16


def editions() -> list[str]:
    """Return the editions of the standard's table that are installed, oldest first.

    Examples
    --------
    >>> "2026c" in editions()
    True
    """
    found = pkgutil.iter_modules(dicom_anonymization_databases.__path__)
    return sorted(module.name.removeprefix("dicomfields_") for module in found)


@cache
def actions(edition: str | None = None) -> dict[int, str]:
    """Return the action code of every attribute of the table, by tag.

    Parameters
    ----------
    edition : str or None
        One of `editions`; None: the newest. Repeating groups (curves, overlays) are
        not listed: they are removed whole.

    Raises
    ------
    ValueError
        If the edition is not installed.

    Examples
    --------
    >>> actions()[0x00100010], actions()[0x00080018], actions()[0x00104000]
    ('Z', 'U', 'X')
    """
    name = f"dicomfields_{edition or editions()[-1]}"
    lists = dicom_anonymization_database_selector(name)
    return {
        (tag[0] << 16) | tag[1]: code.replace("_STAR", "*").replace("_", "/")
        for code in (name.removesuffix("_TAGS") for name in lists if "ALL" not in name)
        for tag in lists[f"{code}_TAGS"]
        if len(tag) == 2
    }


@dataclass(frozen=True)
class Options:
    """How the profile is applied.

    Attributes
    ----------
    intervals : bool
        True moves all dates and times of a patient by one amount, so that intervals
        stay (Retain Longitudinal Temporal Information With Modified Dates Option);
        False puts one date, 1 January 1900, everywhere.
    characteristics : bool
        True keeps sex, size, weight and the age in years, ages above 89 as 90 (Retain
        Patient Characteristics Option, in part).
    """

    intervals: bool = True
    characteristics: bool = False


def new_secret() -> bytes:
    """Return a new secret of 32 random bytes.

    Keep it apart from the data, as you keep the key of a drug cupboard, if later
    deliveries must get the same pseudonyms; delete it if they must not.
    """
    return secrets.token_bytes(32)


def _digest(text: str, secret: bytes, purpose: bytes) -> bytes:
    """Return 32 bytes that belong to a text and can be found only with the secret."""
    content = text.encode("utf-8", "surrogateescape")
    keyed = hashlib.blake2b(content, key=secret, digest_size=32, person=purpose)
    return keyed.digest()


def substitute_uid(uid: str, secret: bytes) -> str:
    """Return the UID that stands for another one, of the form 2.25.number.

    Parameters
    ----------
    uid : str
        Blanks and zero bytes around it do not count.
    secret : bytes
        16 to 64 random bytes; the same secret gives the same substitute.

    Examples
    --------
    >>> first = substitute_uid("1.2.3", b"s" * 32)
    >>> first == substitute_uid("1.2.3", b"s" * 32), first.startswith("2.25.")
    (True, True)

    References
    ----------
    DICOM PS3.5, annex B.2 (UIDs derived from a UUID).
    """
    digest = _digest(uid.strip(" \0"), secret, b"uid")
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


@dataclass
class _Work:
    """What the cleaning of one file needs to know, and what it found."""

    secret: bytes
    options: Options
    identifier: str  # Patient ID, or the study where there is none
    echoes: set[str]  # words that identify the patient
    done: Counter = field(default_factory=Counter)
    free_text: set[str] = field(default_factory=set)  # keywords that were kept

    @property
    def patient(self) -> str:
        """The pseudonym: P and eight letters or digits (40 bits)."""
        digest = _digest(self.identifier, self.secret, b"patient")
        return "P" + base64.b32encode(digest[:5]).decode()

    @property
    def shift(self) -> timedelta:
        """How far the patient's clock is put back: 1 to 3650 days and part of one."""
        digest = _digest(self.identifier, self.secret, b"shift")
        days, seconds, micro = np.frombuffer(digest, ">u8")[:3].tolist()
        days = 1 + days % LONGEST_SHIFT_DAYS
        return timedelta(days, seconds % 86_400, micro % 1_000_000)


@cache
def _action(tag: int, characteristics: bool) -> str:
    """Return what happens to an attribute: the table, and rules for whole kinds.

    "time" is a date or time, "clean" a sequence whose items are looked at one by one,
    "references" one of which only references to images are kept, "keep" a value that
    is still searched for echoes of the patient.
    """
    group, code = tag >> 16, actions().get(tag)
    bookkeeping, repeating = group < 8 or not tag & 0xFFFF, group >> 8 in (0x50, 0x60)
    if group % 2 or bookkeeping or repeating or tag not in DicomDictionary:
        return "remove"
    kind, _, _, retired, keyword = DicomDictionary[tag]
    if keyword in RULES:
        return RULES[keyword]
    if characteristics and keyword in CHARACTERISTICS:
        return CHARACTERISTICS[keyword]
    if kind in DATES:
        return "remove" if keyword.startswith("GPS") else "time"
    if kind == "UI" and code != "X":
        return "uid"
    if code == "X/Z/U*":
        return "references"
    if code == "Z" or (code == "X/Z" and kind != "SQ"):
        return "empty"
    if code:
        return "remove" if code == "X" or kind == "SQ" else "replace"
    if group == 0x7FE0 or kind in PROSE or (retired and kind in TEXT | {"SQ"}):
        return "remove"
    return "clean" if kind == "SQ" else "keep"


def _clean(dataset: Dataset, work: _Work, depth: int = 0) -> None:
    """Clean a data set and everything nested in it, in place; not the pixels."""
    # times last: a date borrows a day where its time passes midnight
    for tag in sorted(dataset.keys(), key=lambda tag: _kinds(tag) == {"TM"}):
        action = _action(int(tag), work.options.characteristics)
        element = None if action == "remove" else _readable(dataset, tag)
        if action == "pixels":
            continue
        if element is None or (element.VR == "SQ" and depth == DEEPEST):
            del dataset[tag]
            work.done["removed"] += 1
        elif action in ("clean", "references"):
            for item in element.value:
                for inner in list(item) if action == "references" else []:
                    if inner.VR != "UI" and inner.keyword not in REFERENCES:
                        del item[inner.tag]
                _clean(item, work, depth + 1)
        else:
            value = _substitute(element, action, dataset, work)
            if value != element.value:
                word = "shifted" if action == "time" else "replaced"
                work.done[word if value else "emptied"] += 1
                element.value = value


def _kinds(tag: int) -> set[str]:
    """Return the types of value that the standard gives an attribute."""
    return set(DicomDictionary.get(tag, ("",))[0].split(" or "))


def _readable(dataset: Dataset, tag: int) -> DataElement | None:
    """Return an element, or None if it cannot be read or has a type not its own."""
    try:
        element = dataset[tag]
        _ = element.value
    except Exception:  # a damaged value; what cannot be read cannot be judged
        return None
    own = _kinds(tag)
    alike = any(own & kind and element.VR in kind for kind in (TEXT, NUMBERS, BYTES))
    return element if element.VR in own or alike else None


def _substitute(element: DataElement, action: str, dataset: Dataset, work: _Work):
    """Return the new value of an element whose items are not cleaned one by one."""
    texts, empty = _texts(element), None if element.VR in NUMBERS else ""
    if action == "keep":
        action = _judged(element, work)
    if action == "uid" and not element.keyword.endswith("SOPClassUID"):
        known = UID_dictionary | {"": ""}
        texts = [u if u in known else substitute_uid(u, work.secret) for u in texts]
    elif action == "time":
        texts = _earlier(texts, element, dataset, work)
    elif action == "age":
        known = re.fullmatch(r"\d{3}[DWMY]", texts[0])
        oldest = OLDEST_AGE if texts[0][-1:] == "Y" else texts[0]
        texts = [min(texts[0], oldest) if known else ""]
    else:
        return {
            "name": work.patient,
            "empty": [] if element.VR == "SQ" else empty,
            "replace": DUMMIES.get(element.VR, "REMOVED"),
        }.get(action, element.value)
    return texts if len(texts) > 1 else texts[0]


def _texts(element: DataElement) -> list[str]:
    """Return the values of an element as texts; [""] if it is empty."""
    value = element.value if element.value not in (None, []) else ""
    return [str(one) for one in (value if isinstance(value, MultiValue) else [value])]


def _judged(element: DataElement, work: _Work) -> str:
    """Return what happens to a value that the table lets stay."""
    value, keyword = element.value, element.keyword
    if not set(_texts(element)) <= ALLOWED.get(keyword, set(_texts(element))) | {""}:
        return "empty"
    if element.VR in NUMBERS or keyword in TECHNICAL.split():
        return "stay"
    if isinstance(value, bytes):
        value = value.decode("latin-1") + value.decode("utf-8", "ignore")
    text = str(value).casefold().replace("\0", "")
    if any(echo in text for echo in work.echoes):
        work.done["that repeated the patient"] += 1
        return "replace"
    if element.VR in ("LO", "SH") and keyword not in CODES:
        work.free_text.add(keyword)
    return "stay"


def _earlier(
    texts: list[str], element: DataElement, dataset: Dataset, work: _Work
) -> list[str]:
    """Return dates or times, moved back or all the same; what is none becomes ""."""
    if not work.options.intervals:
        return [DATES[element.VR]] if any(texts) else [""]
    if element.VR == "TM":
        return [_moved("20000101", one, work.shift)[1] if one else "" for one in texts]
    if element.VR == "DT":
        both = [(one[:8], re.sub(r"[+-]\d{4}$", "", one[8:])) for one in texts]
        moved = [_moved(day, clock, work.shift) for day, clock in both]
        return [day + clock for day, clock in moved]
    companion = tag_for_keyword(element.keyword.replace("Date", "Time"))
    clock = _readable(dataset, companion) if companion in dataset else None
    clocks = (_texts(clock) if clock else []) + [""] * len(texts)
    both = list(zip(texts, clocks, strict=False))
    return [
        _moved(*one, work.shift)[0] or _moved(one[0], "", work.shift)[0] for one in both
    ]


def _moved(day: str, clock: str, shift: timedelta) -> tuple[str, str]:
    """Return a date and a time of day moved back; two empty texts for what is none.

    Without a time only the days count; the precision of the time stays.
    """
    whole, _, fraction = clock.strip(" \0").replace(":", "").partition(".")
    text = re.sub("[.-]", "", day.strip(" \0")) + f"{whole:0<6}" + f".{fraction or 0}"
    back = timedelta(shift.days, shift.seconds if whole else 0)
    back += timedelta(microseconds=shift.microseconds if fraction else 0)
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S.%f") - back
    except (ValueError, OverflowError):
        return "", ""
    clock = f"{moment:%H%M%S.%f}" if fraction else f"{moment:%H%M%S}" if whole else ""
    return f"{moment.year:04d}{moment:%m%d}", clock


def _text(dataset: Dataset, keyword: str | int) -> str:
    """Return a value as upper-case text, "" where it is absent or damaged."""
    try:
        value = dataset[keyword].value
    except Exception:  # whatever a damaged value makes pydicom do
        return ""
    return "" if value is None else str(value).strip().upper()


def _echoes_of(dataset: Dataset) -> set[str]:
    """Return lower-case words and numbers that identify the patient of a file."""
    people = [tag for tag in dataset.keys() if _kinds(tag) == {"PN"}]  # noqa: SIM118
    names = " ".join(_text(dataset, tag) for tag in people).casefold()
    words = re.split(r"[\^=,;\s\\\[\]'\"]+", names)
    numbers = [
        _text(dataset, keyword).casefold() for keyword in NUMBERS_AND_PLACES.split()
    ]
    found = {word for word in words if len(word) >= 3}
    found |= {one for one in numbers if len(one) >= 4 and re.search(r"\w", one)}
    birth = re.sub(r"\D", "", _text(dataset, "PatientBirthDate"))
    if len(birth) == 8:
        year, month, day = birth[:4], birth[4:6], birth[6:]
        found |= {birth, f"{year}-{month}-{day}", f"{day}.{month}.{year}"}
        found |= {f"{month}/{day}/{year}", f"{day}/{month}/{year}"}
    return found - set(NOBODY.split())


def _reasons_to_look(dataset: Dataset) -> list[str]:
    """Return warnings that must be taken from the original header."""
    keywords = ("BodyPartExamined", "StudyDescription", "SeriesDescription")
    head = re.search(HEAD, " ".join(_text(dataset, keyword) for keyword in keywords))
    modality, screen = _text(dataset, "Modality"), _text(dataset, "ConversionType")
    where = f"modality {modality}, where writing in the image is common"
    reasons = {
        "no Patient ID: the study stands for the patient": not _text(
            dataset, "PatientID"
        ),
        "slices of a head: together they may show a face": head
        and modality in ("CT", "MR", "PT"),
        "a captured screen or a scanned paper": screen
        or modality in ("OT", "SC", "DOC"),
        where: modality in ("US", "XA", "RF", "ES"),
    }
    return [reason for reason, holds in reasons.items() if holds]


def _clean_pixels(dataset: Dataset) -> tuple[UID, dict[str, int]]:
    """Blacken text in the pixels and write nothing but the image, uncompressed.

    Letters may also stand in the unused bits of a cell, after the last pixel, and in
    comments inside a compressed stream. Returns the transfer syntax and the record.
    """
    image, syntax = read_pixels(dataset), dataset.file_meta.TransferSyntaxUID
    colour = dataset.get("SamplesPerPixel") == 3
    frames = image.values if colour else image.stored
    frames = frames if frames.ndim == 3 + colour else frames[None]
    seen = np.unique(np.linspace(0, len(frames) - 1, MOST_FRAMES).astype(int))
    boxes = joined([box for one in seen for box in find_text(frames[one])])
    mask, announced = dataset.BitsAllocated == 1, _text(dataset, "BurnedInAnnotation")
    if (boxes and mask) or (announced == "YES" and not boxes):
        raise DicomPixelsError(
            f"{_name(dataset)}: Burned In Annotation is YES and no text was found, or "
            "text is suspected in a mask. Expected writing that can be blackened. Look "
            "at it, blacken it in a copy, set the attribute to NO there, run again."
        )
    if boxes:
        frames = blackened(frames, boxes, dataset.PhotometricInterpretation)
    unpacked = boxes or syntax.is_encapsulated
    if unpacked or not (colour or mask):
        _store(dataset, frames, "<" if syntax.is_little_endian else ">")
    else:
        length = get_expected_length(dataset)  # letters may follow the last pixel
        (held,) = (dataset[keyword] for keyword in PIXELS if keyword in dataset)
        held.value = held.value[:length] + b"\0" * (length % 2)
    counts = {"text boxes": len(boxes), "frames": len(frames)}
    syntax = ExplicitVRLittleEndian if syntax.is_encapsulated else syntax
    return syntax, counts | {"frames looked at": len(seen)}


def _store(dataset: Dataset, frames: np.ndarray, order: str) -> None:
    """Put frames into the data set as uncompressed pixel data."""
    bits = 8 * frames.dtype.itemsize
    stored = min(int(dataset.get("BitsStored") or bits), bits)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = (
        bits,
        stored,
        stored - 1,
    )
    if dataset.get("SamplesPerPixel") == 3:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
    content = frames.astype(frames.dtype.newbyteorder(order)).tobytes()
    (keyword,) = (keyword for keyword in PIXELS if keyword in dataset)
    kind = DicomDictionary[tag_for_keyword(keyword)][0]
    kind = kind if len(kind) == 2 else "OW" if bits > 8 else "OB"
    dataset[keyword] = DataElement(keyword, kind, content + b"\0" * (len(content) % 2))


def _name(dataset: Dataset) -> str:
    return str(getattr(dataset, "filename", None) or "DICOM data set in memory")


def _cleaned(dataset: Dataset, secret: bytes, options: Options):
    """Clean a data set in place, pixels first; return the new file and its record."""
    identifier = _text(dataset, "PatientID") or _text(dataset, "StudyInstanceUID")
    work = _Work(secret, options, identifier, _echoes_of(dataset))
    reasons = _reasons_to_look(dataset)
    syntax, found = _clean_pixels(dataset)
    if found["text boxes"]:
        reasons.append("text suspected in the pixels and blackened")
    _clean(dataset, work)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    new = FileDataset("", dataset, file_meta=meta, preamble=b"\0" * 128)
    encoding = syntax.is_implicit_VR, syntax.is_little_endian
    new.set_original_encoding(*encoding, dataset.original_character_set)
    _state_what_was_done(new, work)
    uids = [_text(new, f"{level}InstanceUID") for level in ("Study", "Series", "SOP")]
    study, series, image = (uid[-10:].zfill(10) for uid in uids)
    record = {
        "file": f"{work.patient}/study_{study}/series_{series}/{image}.dcm",
        "patient": work.patient,
        "study": uids[0],
        **{name: _text(new, keyword) for name, keyword in FACTS.items()},
        **found,
        "free text": sorted(work.free_text),
        "warnings": reasons,
        "done": work.done,
    }
    return new, record


def _state_what_was_done(dataset: Dataset, work: _Work) -> None:
    """Add what PS3.15 asks for: that, how and with which options it was done."""
    intervals, people = work.options.intervals, work.options.characteristics
    dates = "Retain Longitudinal Temporal Information Modified Dates Option"
    codes = {"113100": "Basic Application Confidentiality Profile"}
    codes |= {"113101": "Clean Pixel Data Option"}
    codes |= {"113107": dates} if intervals else {}
    codes |= {"113108": "Retain Patient Characteristics Option"} if people else {}
    items = [Dataset() for _ in codes]
    for item, (code, meaning) in zip(items, codes.items(), strict=True):
        item.CodeValue, item.CodingSchemeDesignator = code, "DCM"
        item.CodeMeaning = meaning
    method = (
        f"PS3.15 Annex E, table of dicom-anonymizer {editions()[-1]}, course helper"
    )
    modified = "MODIFIED" if intervals else "REMOVED"
    dataset.PatientName = dataset.PatientID = work.patient
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = method
    dataset.DeidentificationMethodCodeSequence = items
    dataset.LongitudinalTemporalInformationModified = modified
    dataset.BurnedInAnnotation = "NO"


def _whole(source: str | os.PathLike | Dataset, secret: bytes, options: Options | None):
    """Return the new data set, its record and its bytes; all trouble is one error."""
    length = len(secret) if isinstance(secret, bytes) else 0
    if not 16 <= length <= 64 or len(set(secret)) < 4:
        raise ValueError(
            f"The secret is a {type(secret).__name__} with {length} bytes. Expected 16 "
            "to 64 random bytes. Use new_secret(); others can be guessed."
        )
    try:
        with warnings.catch_warnings(action="ignore"):
            dataset = copy.deepcopy(open_dataset(source))
            new, record = _cleaned(dataset, secret, options or Options())
            new.save_as(stream := io.BytesIO(), enforce_file_format=True)
    except DicomPixelsError:
        raise
    except Exception as error:  # whatever a damaged header makes pydicom do
        name = _name(source) if isinstance(source, Dataset) else source
        raise DicomPixelsError(
            f"{name}: it cannot be cleaned ({type(error).__name__}: {error}). Expected "
            "a whole DICOM image. It was left out; fetch it again."
        ) from error
    return new, record, stream.getvalue()


def de_identify(
    dataset: Dataset, *, secret: bytes, options: Options | None = None
) -> tuple[FileDataset, dict]:
    """Return a de-identified copy of an image, and the record of what was done.

    Parameters
    ----------
    dataset : pydicom Dataset
        An image that was read from a file; it is not changed.
    secret : bytes
        16 to 64 bytes from `new_secret`: the same secret gives the same pseudonyms,
        UIDs and shifts.
    options : Options or None
        None: `Options()`.

    Returns
    -------
    FileDataset, dict
        The record names nobody: "file" (a path made of pseudonyms), "patient", what
        the header still tells, "text boxes", "frames", "frames looked at", "free text"
        (keywords), "warnings", "done" (what was done to how many elements).

    Raises
    ------
    DicomPixelsError
        If it is no image, cannot be decoded, or must be seen by a person first.
    ValueError
        If the secret is none.

    Examples
    --------
    >>> import pydicom
    >>> from pydicom.data import get_testdata_file
    >>> ct = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
    >>> new, record = de_identify(ct, secret=new_secret())
    >>> new.PatientName == new.PatientID, ct.PatientName == new.PatientName
    (True, False)
    >>> bool((new.pixel_array == ct.pixel_array).all())
    True
    """
    return _whole(dataset, secret, options)[:2]


def de_identify_file(
    source: str | os.PathLike,
    destination: str | os.PathLike,
    *,
    secret: bytes,
    options: Options | None = None,
) -> dict:
    """De-identify one file; the new one appears whole or not at all.

    Parameters
    ----------
    source, destination : path-like
        The destination must be another file. Its name is yours to choose: no name and
        no number of the patient.
    secret, options
        As for `de_identify`, whose record is returned.

    Raises
    ------
    DicomPixelsError
        If the file cannot be read or cleaned, or is to be replaced.
    OSError
        If the new one cannot be written. Then nothing is left behind.
    """
    if Path(destination).resolve() == Path(source).resolve():
        raise DicomPixelsError(
            f"{source}: source and destination are the same file. Expected another, so "
            "that the original stays as it is. Choose another folder."
        )
    _, record, content = _whole(source, secret, options)
    with written_whole(Path(destination)) as part:
        part.write_bytes(content)
    return record


@dataclass(frozen=True)
class Report:
    """The residual-risk report of one delivery.

    Attributes
    ----------
    table : DataFrame
        One row per delivered file, the record of `de_identify`.
    done : Counter
        What was done to how many elements.
    refused : dict
        Path of each original that was left out, and why. For the owner of the
        originals only: paths and reasons may name patients.
    options : Options
    """

    table: pd.DataFrame
    done: Counter
    refused: dict[str, str]
    options: Options

    def describe(self) -> str:
        """Return the report in words; it names pseudonyms and keywords only."""
        table, patients = self.table, self.table.groupby("patient")
        known = patients[list(FACTS)].agg(lambda column: tuple(sorted(set(column))))
        known["studies"] = patients["study"].nunique()
        alone = int((~known.duplicated(keep=False)).sum())
        words = sorted(self.done.items())
        changed = ", ".join(f"{n} {what}" for what, n in words)
        texts = sorted(set(table["free text"].explode().dropna()))
        reasons = table["warnings"].explode().value_counts().sort_index()
        looks = "; ".join(f"{n} files: {reason}" for reason, n in reasons.items())
        boxes = table["text boxes"]
        unseen = (table["frames"] - table["frames looked at"]).sum()
        dates = "intervals between dates" if self.options.intervals else "no dates"
        people = "sex, age, size, weight" if self.options.characteristics else "no age"
        sections = (
            f"Delivered: {len(table)} files of {len(known)} patients, "
            f"{table['study'].nunique()} studies.",
            f"Changed: elements {changed}.",
            f"Kept: {dates}; {people}; free text in {', '.join(texts) or 'nothing'}.",
            f"Unique: {alone} of {len(known)} patients share {', '.join(FACTS)} and "
            "number of studies with nobody else in this delivery (k = 1).",
            f"Pixels: text suspected and blackened in {(boxes > 0).sum()} files "
            f"({boxes.sum()} places). The search misses faint, small, vertical, joined "
            "and handwritten text: look at the sheet.",
            f"Look at: {looks or 'nothing in particular'}.",
            f"Left out: {len(self.refused)} files.",
            f"Not looked at: {unseen} frames; faces and anatomy, by which a person can "
            "be recognised; whether an outside list tells who these patients are.",
        )
        style = {"subsequent_indent": "    ", "break_long_words": False}
        return "\n".join(textwrap.fill(section, 88, **style) for section in sections)


def de_identify_folder(
    source: str | os.PathLike,
    destination: str | os.PathLike,
    *,
    secret: bytes | None = None,
    options: Options | None = None,
) -> Report:
    """De-identify every image below a folder, and report what is left to worry about.

    Parameters
    ----------
    source : path-like
        A folder; its subfolders are read too. Files that are no images are left out
        and listed.
    destination : path-like
        A folder that does not exist yet, outside the source. It appears when all is
        done, with names made of pseudonyms.
    secret : bytes or None
        From `new_secret`; None: a new one, which is forgotten, so that a later
        delivery of the same patients gets other pseudonyms.
    options : Options or None
        None: `Options()`.

    Returns
    -------
    Report
        `describe()` may travel with the data; `refused` may not.

    Raises
    ------
    DicomPixelsError
        If the folders cannot be used or no file is an image.
    OSError
        If the disk refuses. Whatever happens, nothing is left behind.
    ValueError
        If the secret is none.
    """
    source, destination = Path(source), Path(destination)
    secret = new_secret() if secret is None else secret
    records, refused, done = [], {}, Counter()
    files = _files_of(source, destination)
    with written_whole(destination) as part:
        for file in tqdm(files, "De-identifying", unit="file", disable=None):
            try:
                _, record, content = _whole(file, secret, options)
                target = part / record["file"]
                if target.exists():
                    raise DicomPixelsError(f"{file}: the same image twice.")
            except DicomPixelsError as error:
                refused[str(file)] = str(error)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            done.update(record.pop("done"))
            records.append(record)
        if not records:
            raise DicomPixelsError(
                f"{source}: none of {len(files)} files could be delivered. Expected an "
                f"image. The first was left out: {next(iter(refused.values()), '')}"
            )
    table = pd.DataFrame(records).sort_values("file", ignore_index=True)
    return Report(table, done, refused, options or Options())


def _files_of(source: Path, destination: Path) -> list[Path]:
    """Return the files to work on, or raise if the folders cannot be used."""
    inside, parent = destination.resolve(), destination.parent
    problems = {
        f"{source} is no folder": not source.is_dir(),
        f"{destination} lies in the source": source.resolve()
        in (inside, *inside.parents),
        f"{destination} exists already": destination.exists(),
        f"{parent} is no folder": not parent.is_dir(),
    }
    if what := next((what for what, holds in problems.items() if holds), ""):
        raise DicomPixelsError(
            f"{what}. Expected a folder with files and a name beside it that is not "
            "there yet, so that originals and copies never mix. Choose another name."
        )
    return sorted(path for path in source.rglob("*") if path.is_file())


if __name__ == "__main__":
    print(de_identify_folder(*sys.argv[1:]).describe())
