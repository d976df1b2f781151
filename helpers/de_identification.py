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
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, UID_dictionary
from tqdm import tqdm

from helpers.burned_in_text import blackened, find_text, joined
from helpers.dicom_pixels import DicomPixelsError, open_dataset, read_pixels
from helpers.files import written_whole

DATES = {"DA": "19000101", "TM": "000000", "DT": "19000101000000"}
NUMBERS = {"US", "SS", "UL", "SL", "FL", "FD", "DS", "IS", "UV", "SV", "AT"}
DUMMIES = dict.fromkeys(NUMBERS, 0) | {"DS": "0", "IS": "0", "AS": "000Y"}
DUMMIES |= {"UR": "urn:removed", "OB": b"\0\0", "UN": b"\0\0"}
# Kinds of value that are removed wherever they stand, listed in the table or not:
PROSE = {"LT", "ST", "UT", "UC", "UR", "PN", "AE", "UN", "OB"}
# What the table or the kind of value would decide otherwise. A role is not allowed
# without its person; radiographs must have an Acquisition Context Sequence.
RULES = {"PatientName": "name", "PatientID": "name", "PixelData": "pixels"}
RULES |= {"PatientBirthDate": "empty", "AcquisitionContextSequence": "empty"}
RULES |= {"PatientBirthTime": "remove", "ResponsiblePersonRole": "remove"}
CHARACTERISTICS = dict.fromkeys(("PatientSex", "PatientSize", "PatientWeight"), "keep")
CHARACTERISTICS |= {"PatientAge": "age"}
ALLOWED = {"PatientSex": {"F", "M", "O"}, "SpecificCharacterSet": set(python_encoding)}
REFERENCES = {"ReferencedFrameNumber", "PurposeOfReferenceCodeSequence"}
# Kept, and no free text:
CODES = {"CodeValue", "CodingSchemeVersion", "CodingSchemeDesignator", "CodeMeaning"}
NUMBERS_AND_PLACES = """PatientID OtherPatientIDs AccessionNumber AdmissionID
    IssuerOfPatientID PatientTelephoneNumbers DeviceSerialNumber InstitutionName
    InstitutionAddress PatientAddress StationName"""
# Words of a name that would strike innocent values:
NOBODY = {"anonymous", "medical", "patient", "the", "and", "van", "von", "der", "mrs"}
HEAD = "HEAD|SKULL|BRAIN|FACE|SINUS|ORBIT|NEURO|CRAN"
FACTS = {"age": "PatientAge", "sex": "PatientSex", "modality": "Modality"}
FACTS |= {"body part": "BodyPartExamined", "model": "ManufacturerModelName"}
WRITTEN_ON = {"OT", "SC", "DOC", "US", "XA", "RF", "ES"}
LONGEST_SHIFT_DAYS, MOST_FRAMES = 3650, 16


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
    codes = {name: name.removesuffix("_TAGS").replace("_STAR", "*") for name in lists}
    pairs = [(tag, codes[name]) for name in lists for tag in lists[name]]
    return {
        (tag[0] << 16) | tag[1]: code.replace("_", "/")
        for tag, code in pairs
        if len(tag) == 2 and code != "ALL"
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


BASIC = Options()


def new_secret() -> bytes:
    """Return a new secret of 32 random bytes.

    Keep it apart from the data, as you keep the key of a drug cupboard, if later
    deliveries must get the same pseudonyms; delete it if they must not.
    """
    return secrets.token_bytes(32)


def _digest(text: str, secret: bytes, purpose: bytes) -> bytes:
    """Return 32 bytes that belong to a text and can be found only with the secret."""
    content = text.encode("utf-8", "surrogateescape")
    return hashlib.blake2b(content, key=secret, digest_size=32, person=purpose).digest()


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
    identifier: str  # of the patient, or of the study where there is none
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
        """How far the clock is put back: 1 to 3650 days and part of a day."""
        digest = _digest(self.identifier, self.secret, b"shift")
        days, seconds, micro, _ = np.frombuffer(digest, ">u8").tolist()
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
    if group % 2 or group < 8 or not tag & 0xFFFF or group >> 8 in (0x50, 0x60):
        return "remove"  # private, bookkeeping, curves and overlays
    kind, _, _, retired, keyword = DicomDictionary.get(tag, ("UN", "", "", "", ""))
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
    if group == 0x7FE0 or kind in PROSE or (retired and kind not in NUMBERS):
        return "remove"
    return "clean" if kind == "SQ" else "keep"


def _clean(dataset: Dataset, work: _Work) -> None:
    """Clean a data set and everything nested in it, in place; not the pixels."""
    # times last: a date borrows a day where its time passes midnight
    for tag in sorted(dataset.keys(), key=lambda tag: _kinds(tag) == ["TM"]):
        action = _action(int(tag), work.options.characteristics)
        element = None if action == "remove" else _readable(dataset, tag)
        if action == "pixels":
            continue
        if element is None:
            del dataset[tag]
            work.done["removed"] += 1
        elif action in ("clean", "references"):
            for item in element.value:
                for inner in list(item) if action == "references" else []:
                    if inner.VR != "UI" and inner.keyword not in REFERENCES:
                        del item[inner.tag]
                _clean(item, work)
        else:
            value = _substitute(element, action, dataset, work)
            if value != element.value:
                word = "shifted" if action == "time" else "replaced"
                work.done[word if value else "emptied"] += 1
                element.value = value


def _kinds(tag: int) -> list[str]:
    """Return the types of value that the standard gives an attribute."""
    return DicomDictionary.get(tag, ("",))[0].split(" or ")


def _readable(dataset: Dataset, tag: int | str) -> DataElement | None:
    """Return an element; None if it is absent, damaged or of a type not its own."""
    try:
        element = dataset[tag]
        fits = element.VR in _kinds(element.tag) and element.VM >= 0
    except Exception:  # what cannot be read cannot be judged
        return None
    return element if fits else None


def _texts(element: DataElement | None) -> list[str]:
    """Return the values of an element as texts; [""] if it is empty or None."""
    value = "" if element is None or element.value is None else element.value
    return [str(one) for one in value] if element and element.VM > 1 else [str(value)]


def _substitute(element: DataElement, action: str, dataset: Dataset, work: _Work):
    """Return the new value of an element whose items are not cleaned one by one."""
    texts, nothing = _texts(element), {"SQ": []} | dict.fromkeys(NUMBERS)
    if action == "keep":
        action = _judged(element, work)
    if action == "uid" and not element.keyword.endswith("SOPClassUID"):
        known = UID_dictionary.keys() | {""}
        texts = [u if u in known else substitute_uid(u, work.secret) for u in texts]
    elif action == "time":
        texts = _earlier(element, dataset, work)
    elif action == "age":
        known = re.fullmatch(r"\d{3}[DWMY]", texts[0])
        texts = [min(texts[0], "090Y" if "Y" in texts[0] else "999W") if known else ""]
    else:
        new = {"name": work.patient, "empty": nothing.get(element.VR, "")}
        new["replace"] = DUMMIES.get(element.VR, "REMOVED")
        return new.get(action, element.value)
    return texts if len(texts) > 1 else texts[0]


def _judged(element: DataElement, work: _Work) -> str:
    """Return what happens to a value that the table lets stay."""
    texts, keyword = _texts(element), element.keyword
    if not set(texts) <= ALLOWED.get(keyword, set(texts)) | {""}:
        return "empty"
    if element.VR in NUMBERS | {"OW", "CS"}:  # CS: from closed lists
        return "stay"
    if any(echo in "\\".join(texts).casefold() for echo in work.echoes):
        work.done["that repeated the patient"] += 1
        return "replace"
    if element.VR in ("LO", "SH") and keyword not in CODES:
        work.free_text.add(keyword)
    return "stay"


def _earlier(element: DataElement, dataset: Dataset, work: _Work) -> list[str]:
    """Return dates or times, moved back or all the same; what is none becomes ""."""
    kind, texts = element.VR, _texts(element)
    if not any(texts) or not work.options.intervals:
        return [DATES[kind] if any(texts) else ""]
    pairs = [("20000101", one) if kind == "TM" else (one[:8], one[8:]) for one in texts]
    if kind == "DA":
        clocks = _texts(_readable(dataset, element.keyword.replace("Date", "Time")))
        pairs = list(zip(texts, clocks + [""] * len(texts), strict=False))
    moved = [_moved(day, clock, work.shift) for day, clock in pairs]
    return [{"DA": day, "TM": clock, "DT": day + clock}[kind] for day, clock in moved]


def _moved(day: str, clock: str, shift: timedelta) -> tuple[str, str]:
    """Return a date and a time of day moved back; two empty texts for what is none.

    Without a time only the days count; the precision of the time stays, and no offset
    from UTC.
    """
    clock, _, fraction = re.sub(r":|[+-]\d{4}$", "", clock).partition(".")
    text = f"{re.sub('[.-]', '', day)}{clock:0<6}.{fraction or 0}"
    seconds = shift.seconds if clock else 0
    back = timedelta(shift.days, seconds, shift.microseconds if fraction else 0)
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S.%f") - back
    except (ValueError, OverflowError):
        return "", ""
    length = 13 if fraction else 6 if clock else 0
    return f"{moment.year:04d}{moment:%m%d}", f"{moment:%H%M%S.%f}"[:length]


def _text(dataset: Dataset, keyword: str | int) -> str:
    """Return a value as upper-case text, "" where it is absent or damaged."""
    return "\\".join(_texts(_readable(dataset, keyword))).strip().upper()


def _echoes_of(dataset: Dataset) -> set[str]:
    """Return lower-case words and numbers that identify the patient of a file."""
    people = [tag for tag in dataset.keys() if _kinds(tag) == ["PN"]]  # noqa: SIM118
    names = " ".join(_text(dataset, tag) for tag in people).casefold()
    numbers = [_text(dataset, each).casefold() for each in NUMBERS_AND_PLACES.split()]
    found = {word for word in re.split(r"[\^=,;\s\\'\"]+", names) if len(word) >= 3}
    found |= {one for one in numbers if len(one) >= 4 and re.search(r"\w", one)}
    birth = re.sub(r"\D", "", _text(dataset, "PatientBirthDate"))
    if len(birth) == 8:
        year, month, day = birth[:4], birth[4:6], birth[6:]
        found |= {birth, f"{year}-{month}-{day}", f"{day}.{month}.{year}"}
        found |= {f"{month}/{day}/{year}", f"{day}/{month}/{year}"}
    return found - NOBODY


def _reasons_to_look(dataset: Dataset) -> list[str]:
    """Return warnings that must be taken from the original header."""
    parts = ("BodyPartExamined", "StudyDescription", "SeriesDescription")
    head = re.search(HEAD, " ".join(_text(dataset, each) for each in parts))
    modality, screen = _text(dataset, "Modality"), _text(dataset, "ConversionType")
    reasons = {
        "no Patient ID: the study stands for it": not _text(dataset, "PatientID"),
        "a head: slices may show a face": head and modality in ("CT", "MR", "PT"),
        "writing is common in such images": screen or modality in WRITTEN_ON,
    }
    return [reason for reason, holds in reasons.items() if holds]


def _clean_pixels(dataset: Dataset) -> dict[str, int]:
    """Blacken text in the pixels and keep nothing but the image, uncompressed.

    Letters may also stand in the unused bits of a cell, after the last pixel, and in
    comments inside a compressed stream.
    """
    image, syntax = read_pixels(dataset), dataset.file_meta.TransferSyntaxUID
    colour, mask = dataset.SamplesPerPixel == 3, dataset.BitsAllocated == 1
    frames = image.values if colour else image.stored
    frames = frames if frames.ndim == 3 + colour else frames[None]
    seen = np.unique(np.linspace(0, len(frames) - 1, MOST_FRAMES).astype(int))
    boxes = joined([box for one in seen for box in find_text(frames[one])])
    announced = _text(dataset, "BurnedInAnnotation") == "YES"
    if (boxes and mask) or (announced and not boxes):
        raise DicomPixelsError(
            f"{getattr(dataset, 'filename', 'Data set')}: Burned In Annotation is YES "
            "and no text was found, or text is suspected in a mask. Expected writing "
            "that can be blackened. Look at it, blacken it in a copy and say NO there."
        )
    frames = blackened(frames, boxes, dataset.PhotometricInterpretation)
    if colour:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
    order, bits = "<" if syntax.is_little_endian else ">", 8 * frames.dtype.itemsize
    content = frames.astype(frames.dtype.newbyteorder(order)).tobytes()
    if mask:
        content = np.packbits(frames.ravel(), bitorder="little").tobytes()
    else:
        dataset.BitsAllocated, dataset.BitsStored = bits, min(dataset.BitsStored, bits)
        dataset.HighBit = dataset.BitsStored - 1
    content += b"\0" * (len(content) % 2)
    dataset["PixelData"] = DataElement("PixelData", "OW" if bits > 8 else "OB", content)
    dataset.preamble, dataset.file_meta = bytes(128), FileMetaDataset()
    native = ExplicitVRLittleEndian if syntax.is_encapsulated else syntax
    dataset.file_meta.TransferSyntaxUID = native
    found = {"text boxes": len(boxes), "frames": len(frames)}
    return found | {"frames looked at": len(seen)}


def _cleaned(dataset: Dataset, secret: bytes, options: Options) -> dict:
    """Clean a data set in place, pixels first, and return its record."""
    identifier = _text(dataset, "PatientID") or _text(dataset, "StudyInstanceUID")
    work = _Work(secret, options, identifier, _echoes_of(dataset))
    reasons, found = _reasons_to_look(dataset), _clean_pixels(dataset)
    if found["text boxes"]:
        reasons.append("text suspected in the pixels and blackened")
    _clean(dataset, work)
    _state_what_was_done(dataset, work)
    uids = [_text(dataset, f"{each}InstanceUID") for each in ("Study", "Series", "SOP")]
    study, series, image = (uid[-10:] for uid in uids)
    return {
        "file": f"{work.patient}/study_{study}/series_{series}/{image}.dcm",
        "patient": work.patient,
        "study": uids[0],
        **{name: _text(dataset, keyword) for name, keyword in FACTS.items()},
        **found,
        "free text": sorted(work.free_text),
        "warnings": reasons,
        "done": work.done,
    }


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
    dataset.PatientName = dataset.PatientID = work.patient
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = method
    dataset.DeidentificationMethodCodeSequence = items
    state = "MODIFIED" if intervals else "REMOVED"
    dataset.LongitudinalTemporalInformationModified = state
    dataset.BurnedInAnnotation = "NO"


def _whole(source: str | Path | Dataset, secret: bytes, options: Options):
    """Return the new data set, its record and its bytes; all trouble is one error."""
    if not isinstance(secret, bytes) or not 16 <= len(secret) <= 64:
        raise ValueError(
            f"The secret is {type(secret).__name__}, not 16 to 64 random bytes. Use "
            "new_secret(): whoever can guess it knows all pseudonyms."
        )
    try:
        with warnings.catch_warnings(action="ignore"):
            dataset = copy.deepcopy(open_dataset(source))
            record = _cleaned(dataset, secret, options)
            dataset.save_as(stream := io.BytesIO(), enforce_file_format=True)
    except DicomPixelsError:
        raise
    except Exception as error:  # whatever a damaged header makes pydicom do
        name = "The data set" if isinstance(source, Dataset) else source
        raise DicomPixelsError(
            f"{name}: it cannot be cleaned ({type(error).__name__}: {error}). Expected "
            "a whole DICOM image. It was left out; fetch it again."
        ) from error
    return dataset, record, stream.getvalue()


def de_identify(
    dataset: Dataset, *, secret: bytes, options: Options = BASIC
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
    source: str | Path,
    destination: str | Path,
    *,
    secret: bytes,
    options: Options = BASIC,
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
    refused : dict
        Path of each original that was left out, and why. For the owner of the
        originals only: paths and reasons may name patients.
    options : Options
    """

    table: pd.DataFrame
    refused: dict[str, str]
    options: Options

    def describe(self) -> str:
        """Return the report in words; it names pseudonyms and keywords only."""
        table, patients = self.table, self.table.groupby("patient")
        known = patients[list(FACTS)].agg(lambda column: tuple(sorted(set(column))))
        known["studies"] = patients["study"].nunique()
        done = sorted(sum(table["done"], Counter()).items())
        texts = sorted(set(table["free text"].explode().dropna()))
        looks = table["warnings"].explode().value_counts().sort_index().items()
        looks = "; ".join(f"{number} files: {why}" for why, number in looks)
        boxes, unseen = table["text boxes"], table["frames"] - table["frames looked at"]
        dates = "intervals between dates" if self.options.intervals else "no dates"
        people = "sex, age, size, weight" if self.options.characteristics else "no age"
        sections = (
            f"Delivered: {len(table)} files of {len(known)} patients, "
            f"{table['study'].nunique()} studies.",
            f"Changed: elements {', '.join(f'{n} {what}' for what, n in done)}.",
            f"Kept: {dates}; {people}; free text in {', '.join(texts) or 'nothing'}.",
            f"Unique: {(~known.duplicated(keep=False)).sum()} of {len(known)} patients "
            f"share {', '.join(FACTS)} and number of studies with nobody else in this "
            "delivery (k = 1).",
            f"Pixels: text suspected and blackened in {(boxes > 0).sum()} files "
            f"({boxes.sum()} places). The search misses faint, small, vertical, joined "
            "and handwritten text: look at the sheet.",
            f"Look at: {looks or 'nothing in particular'}.",
            f"Left out: {len(self.refused)} files.",
            f"Not looked at: {unseen.sum()} frames; faces and anatomy, by which a "
            "person can be recognised; whether an outside list tells who these "
            "patients are.",
        )
        style = {"subsequent_indent": "    ", "break_long_words": False}
        return "\n".join(textwrap.fill(section, 88, **style) for section in sections)


def de_identify_folder(
    source: str | Path,
    destination: str | Path,
    *,
    secret: bytes | None = None,
    options: Options = BASIC,
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
    records, refused = [], {}
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
            records.append(record)
        if not records:
            raise DicomPixelsError(
                f"{source}: none of {len(files)} files could be delivered. Expected an "
                f"image. The first was left out: {next(iter(refused.values()), '')}"
            )
    table = pd.DataFrame(records).sort_values("file", ignore_index=True)
    return Report(table, refused, options)


def _files_of(source: Path, destination: Path) -> list[Path]:
    """Return the files to work on, or raise if the folders cannot be used."""
    inside = destination.resolve()
    problems = {
        f"{source} is no folder": not source.is_dir(),
        f"{destination} lies in {source}": source.resolve()
        in (inside, *inside.parents),
        f"{destination} exists already": destination.exists(),
    }
    if what := next((what for what, holds in problems.items() if holds), ""):
        raise DicomPixelsError(
            f"{what}. Expected a folder with files and a name beside it that is not "
            "there yet, so that originals and copies never mix. Choose another name."
        )
    return sorted(path for path in source.rglob("*") if path.is_file())


if __name__ == "__main__":
    print(de_identify_folder(*sys.argv[1:]).describe())
