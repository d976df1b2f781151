"""Remove from DICOM images what tells whose they are, and report what is left.

`de_identify_folder` applies the Basic Application Level Confidentiality Profile with
the table of dicom-anonymizer at every level of nesting, with pseudonyms, UIDs and
shifted dates that agree over all files, looks for text in the pixels, and returns a
report of what to look at. From the command line, which prints the report and then, for
the owner of the originals alone, why files were left out::

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
import re
import secrets
import sys
import textwrap
import warnings
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.charset import python_encoding
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from tqdm import tqdm

from helpers.burned_in_text import clean_pixels
from helpers.dicom_pixels import DicomPixelsError, open_dataset
from helpers.files import written_whole

PathLike = str | Path
EDITION = "2026c"  # of the table of PS3.15
DATES = {"DA", "TM", "DT"}
NUMBERS = {"US", "SS", "UL", "SL", "FL", "FD", "DS", "IS", "UV", "SV", "AT"}
DUMMIES = {"AS": "000Y", "DS": "0", "UR": "urn:removed", "OB": b"\0\0", "UN": b"\0\0"}
# Kinds of value that are removed wherever they stand, listed in the table or not:
PROSE = {"LT", "ST", "UT", "UC", "UR", "PN", "AE", "UN", "OB"}
# What the table or the kind of value would decide otherwise. A role is not allowed
# without its person; radiographs must have an Acquisition Context Sequence.
RULES = {"PatientName": "name", "PatientID": "name", "PixelData": "keep"}
RULES |= {"PatientBirthDate": "empty", "AcquisitionContextSequence": "empty"}
RULES |= {"PatientBirthTime": "remove", "ResponsiblePersonRole": "remove"}
RULES["BurnedInAnnotation"] = "remove"  # whoever wrote it may not have looked
CHARACTERISTICS = dict.fromkeys(("PatientSex", "PatientSize", "PatientWeight"), "keep")
CHARACTERISTICS |= {"PatientAge": "age"}
ALLOWED = {"PatientSex": {"F", "M", "O"}, "SpecificCharacterSet": set(python_encoding)}
REFERENCES = {"ReferencedFrameNumber", "PurposeOfReferenceCodeSequence"}
# Of short texts that the table does not list these alone are kept:
NO_FREE_TEXT = ("Code", "CodingScheme", "RescaleType", "ModalityLUTType", "StackID")
KEPT_TEXT = ("Manufacturer", "SoftwareVersions", "ConvolutionKernel", "Segment")
NUMBERS_AND_PLACES = """PatientID OtherPatientIDs AccessionNumber AdmissionID
    IssuerOfPatientID PatientTelephoneNumbers DeviceSerialNumber InstitutionName
    InstitutionAddress PatientAddress StationName"""
# Words of a name that would strike innocent values:
NOBODY = {"anonymous", "medical", "patient", "the", "and", "van", "von", "der", "mrs"}
FACTS = {"age": "PatientAge", "sex": "PatientSex", "modality": "Modality"}
FACTS |= {"body part": "BodyPartExamined", "model": "ManufacturerModelName"}


@cache
def actions() -> dict[int, str]:
    """Return the action code of every attribute of the table, by tag.

    Repeating groups (curves, overlays) are not listed: they are removed whole.

    Examples
    --------
    >>> actions()[0x00100010], actions()[0x00080018], actions()[0x00104000]
    ('Z', 'U', 'X')
    """
    lists = dicom_anonymization_database_selector(f"dicomfields_{EDITION}")
    return {
        (tag[0] << 16) | tag[1]: code.replace("_STAR", "*").replace("_", "/")
        for code in ("D", "Z", "X", "U", "Z_D", "X_Z", "X_D", "X_Z_D", "X_Z_U_STAR")
        for tag in lists[f"{code}_TAGS"]
        if len(tag) == 2
    }


@dataclass(frozen=True)
class Options:
    """How the profile is applied.

    Attributes
    ----------
    characteristics : bool
        True keeps sex, size, weight and the age in years, ages above 89 as 90 (Retain
        Patient Characteristics Option, in part).
    looked_at : frozenset of str
        Pictures that a person has looked at and found free of writing: values of the
        column `picture` of an earlier report. Of these alone the new header says so.
    """

    characteristics: bool = False
    looked_at: frozenset[str] = frozenset()


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
        return timedelta(1 + days % 3650, seconds % 86_400, micro % 1_000_000)


@cache
def _action(tag: int, characteristics: bool) -> str:
    """Return what happens to an attribute: the table, and rules for whole kinds.

    "time" is a date or time, "clean" a sequence whose items are looked at one by one,
    "references" one of which only references to images are kept, "keep" a value that
    is still searched for echoes of the patient.
    """
    # the dictionary has no private attributes, curves, overlays and group lengths
    if tag >> 16 < 0x0008 or tag not in DicomDictionary:
        return "remove"
    kind, _, _, retired, keyword = DicomDictionary[tag]
    code = actions().get(tag)
    rules = RULES | (CHARACTERISTICS if characteristics else {})
    if keyword in rules:
        return rules[keyword]
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
    if tag >> 16 == 0x7FE0 or kind in PROSE or (retired and kind not in NUMBERS):
        return "remove"
    if kind in ("LO", "SH") and not keyword.startswith(NO_FREE_TEXT + KEPT_TEXT):
        return "empty"
    return "clean" if kind == "SQ" else "keep"


def _clean(dataset: Dataset, work: _Work) -> None:
    """Clean a data set and everything nested in it, in place; not the pixels."""
    # times last: a date borrows a day where its time passes midnight
    for tag in sorted(dataset.keys(), key=lambda tag: _kinds(tag) == ["TM"]):
        action = _action(int(tag), work.options.characteristics)
        element = None if action == "remove" else _readable(dataset, tag)
        if element is None:
            del dataset[tag]
        elif action in ("clean", "references"):
            for item in element.value:
                for inner in list(item) if action == "references" else []:
                    if inner.VR != "UI" and inner.keyword not in REFERENCES:
                        del item[inner.tag]
                _clean(item, work)
        else:
            element.value = _substitute(element, action, dataset, work)


def _kinds(tag: int) -> list[str]:
    """Return the types of value that the standard gives an attribute."""
    return DicomDictionary.get(tag, ("",))[0].split(" or ")


def _readable(dataset: Dataset, tag: int | str) -> pydicom.DataElement | None:
    """Return an element; None if it is absent, damaged or of a type not its own."""
    try:
        element = dataset[tag]
        return element if element.VR in _kinds(element.tag) else None
    except Exception:  # what cannot be read cannot be judged
        return None


def _texts(element: pydicom.DataElement | None) -> list[str]:
    """Return the values of an element as texts; [""] if it is empty or None."""
    value = "" if element is None or element.value is None else element.value
    return [str(one) for one in value] if element and element.VM > 1 else [str(value)]


def _substitute(
    element: pydicom.DataElement, action: str, dataset: Dataset, work: _Work
):
    """Return the new value of an element whose items are not cleaned one by one."""
    if action == "keep":
        action = _judged(element, work)
    if action in ("name", "empty", "replace", "stay"):
        dummy = DUMMIES.get(element.VR, 0 if element.VR in NUMBERS else "REMOVED")
        new = {"name": work.patient, "empty": element.empty_value, "replace": dummy}
        return new.get(action, element.value)
    texts = _texts(element)
    if action == "time":
        texts = _earlier(element, dataset, work)
    elif action == "age":
        known = re.fullmatch(r"\d{3}[DWMY]", texts[0])
        texts = [min(texts[0], "090Y" if "Y" in texts[0] else "999W") if known else ""]
    elif not element.keyword.endswith("SOPClassUID"):
        known = pydicom.uid.UID_dictionary.keys() | {""}
        texts = [u if u in known else substitute_uid(u, work.secret) for u in texts]
    return texts if len(texts) > 1 else texts[0]


def _judged(element: pydicom.DataElement, work: _Work) -> str:
    """Return what happens to a value that the table lets stay."""
    if element.VR in NUMBERS | {"OB", "OW"}:
        return "stay"
    texts, keyword = _texts(element), element.keyword
    if not set(texts) <= ALLOWED.get(keyword, set(texts)) | {""}:
        return "empty"
    echoed = any(echo in "\\".join(texts).casefold() for echo in work.echoes)
    if echoed and element.VR != "CS":  # which is from closed lists
        return "replace"
    if element.VR in ("LO", "SH") and not keyword.startswith(NO_FREE_TEXT):
        work.free_text.add(keyword)
    return "stay"


def _earlier(element: pydicom.DataElement, dataset: Dataset, work: _Work) -> list[str]:
    """Return dates or times, moved back or all the same; what is none becomes ""."""
    kind, texts = element.VR, _texts(element)
    if not any(texts):
        return [""]
    clocks = _texts(_readable(dataset, element.keyword.replace("Date", "Time")))
    pairs = {
        "DA": zip(texts, clocks + [""] * len(texts), strict=False),
        "TM": [("20000101", one) for one in texts],
        "DT": [(one[:8], one[8:]) for one in texts],
    }
    moved = [_moved(day, clock, work.shift) for day, clock in pairs[kind]]
    return [{"DA": day, "TM": clock, "DT": day + clock}[kind] for day, clock in moved]


def _moved(day: str, clock: str, shift: timedelta) -> tuple[str, str]:
    """Return a date and a time of day moved back; "" for what is none.

    Without a time only the days count; the precision of the time stays, and no offset
    from UTC.
    """
    clock, _, fraction = re.sub(r":|[+-]\d{4}$", "", clock).partition(".")
    if not re.fullmatch(r"([01]\d|2[0-3])([0-5]\d){0,2}", clock):
        clock = fraction = ""
    back = timedelta(shift.days, shift.seconds if clock else 0)
    back += timedelta(0, 0, shift.microseconds if fraction else 0)
    text = f"{re.sub('[.-]', '', day)}{clock:0<6}.{fraction or 0}"
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
    year, month, day = birth[:4], birth[4:6], birth[6:]
    found |= {birth, f"{year}-{month}-{day}", f"{day}.{month}.{year}"} if day else set()
    found |= {f"{month}/{day}/{year}", f"{day}/{month}/{year}"} if day else set()
    return found - NOBODY


def _cleaned(dataset: Dataset, secret: bytes, options: Options) -> dict:
    """Clean a data set in place, pixels first, and return its record."""
    identifier = _text(dataset, "PatientID") or _text(dataset, "StudyInstanceUID")
    work = _Work(secret, options, identifier, _echoes_of(dataset))
    pixels = clean_pixels(dataset)
    picture = hashlib.blake2b(dataset.PixelData, digest_size=8).hexdigest()
    looked_at = picture in options.looked_at
    _clean(dataset, work)
    _state_what_was_done(dataset, work, looked_at)
    uids = [_text(dataset, f"{each}InstanceUID") for each in ("Study", "Series", "SOP")]
    return {
        "file": "/".join([work.patient, *(uid[-10:] for uid in uids)]) + ".dcm",
        "patient": work.patient,
        "study": uids[0],
        **{name: _text(dataset, keyword) for name, keyword in FACTS.items()},
        "picture": picture,
        "looked at": looked_at,
        **pixels,
        "free text": sorted(work.free_text),
    }


def _state_what_was_done(dataset: Dataset, work: _Work, looked_at: bool) -> None:
    """Add what PS3.15 asks for: that, how and with which options it was done.

    Clean pixels are stated only if a person has looked at them.
    """
    dates = "Retain Longitudinal Temporal Information Modified Dates Option"
    codes = {"113100": "Basic Application Confidentiality Profile"}
    codes["113107"] = dates
    if work.options.characteristics:
        codes["113108"] = "Retain Patient Characteristics Option"
    if looked_at:
        codes["113101"], dataset.BurnedInAnnotation = "Clean Pixel Data Option", "NO"
    items = [Dataset() for _ in codes]
    for item, (code, meaning) in zip(items, codes.items(), strict=True):
        item.CodeValue, item.CodingSchemeDesignator = code, "DCM"
        item.CodeMeaning = meaning
    dataset.PatientName = dataset.PatientID = work.patient
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = f"PS3.15 Annex E, {EDITION}, course helper"
    dataset.DeidentificationMethodCodeSequence = items
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"


def _whole(source: PathLike | Dataset, secret: bytes, options: Options):
    """Return the new data set, its record and its bytes; all trouble is one error."""
    if not isinstance(secret, bytes) or not 16 <= len(secret) <= 64:
        raise ValueError("secret is not 16 to 64 random bytes. Use new_secret().")
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
            f"{name} cannot be cleaned ({type(error).__name__}: {error}). Expected a "
            "whole DICOM image. It was left out; fetch it again."
        ) from error
    return dataset, record, stream.getvalue()


def de_identify(
    dataset: Dataset, *, secret: bytes, options: Options = BASIC
) -> tuple[Dataset, dict]:
    """Return a de-identified copy of an image, and the record of what was done.

    Parameters
    ----------
    dataset : pydicom Dataset
        An image that was read from a file; it is not changed.
    secret : bytes
        16 to 64 bytes from `new_secret`: the same secret gives the same pseudonyms,
        UIDs and shifts.
    options : Options
        By default no characteristics of the patient are kept.

    Returns
    -------
    Dataset, dict
        The record names nobody: "file" (a path made of pseudonyms), "patient", what
        the header still tells, "picture" (a digest of the pixels) and "looked at" (by a
        person), "text boxes", "frames", "frames searched" (by the search), "free text"
        (keywords), "warnings".

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
        texts = sorted(set(table["free text"].explode().dropna()))
        looks = table["warnings"].explode().value_counts().sort_index().items()
        looks = [f"{number} files: {why}" for why, number in looks]
        unseen = table.loc[~table["looked at"], "file"]
        if len(unseen):
            text = f"{len(unseen)} files: nobody has looked at their pixels"
            looks.append(f"{text}: {', '.join(unseen)}")
        boxes = table["text boxes"]
        frames = (table["frames"] - table["frames searched"]).sum()
        people = "sex, age, size, weight" if self.options.characteristics else "no age"
        sections = (
            f"Delivered: {len(table)} files of {len(known)} patients, "
            f"{table['study'].nunique()} studies.",
            f"Kept: intervals between dates; {people}; free text in "
            f"{', '.join(texts) or 'nothing'}.",
            f"Unique: {(~known.duplicated(keep=False)).sum()} of {len(known)} patients "
            f"share {', '.join(FACTS)} and number of studies with nobody else in this "
            "delivery (k = 1).",
            f"Pixels: text suspected and blackened in {(boxes > 0).sum()} files "
            f"({boxes.sum()} places). The search misses faint, small, vertical, joined "
            "and handwritten text.",
            f"Look at: {'; '.join(looks) or 'nothing more'}.",
            f"Left out: {len(self.refused)} files.",
            f"Not searched: {frames} frames; faces and anatomy, by which a "
            "person can be recognised; whether an outside list tells who these "
            "patients are.",
        )
        style = {"subsequent_indent": "    ", "break_long_words": False}
        return "\n".join(textwrap.fill(section, 88, **style) for section in sections)


def de_identify_folder(
    source: PathLike,
    destination: PathLike,
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
    options : Options
        By default no characteristics of the patient are kept.

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
    secret, records, refused = secret or new_secret(), [], {}
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
            raise DicomPixelsError(f"{source} has no image: {[*refused.values()][:1]}")
    return Report(pd.DataFrame(records).sort_values("file"), refused, options)


def _files_of(source: Path, destination: Path) -> list[Path]:
    """Return the files to work on, or raise if the folders cannot be used."""
    around = (destination.resolve(), *destination.resolve().parents)
    if not source.is_dir() or destination.exists() or source.resolve() in around:
        raise DicomPixelsError(
            f"{source} cannot be delivered as {destination}. Expected a folder, and a "
            "name outside it that is not there yet."
        )
    return sorted(path for path in source.rglob("*") if path.is_file())


if __name__ == "__main__":
    delivery = de_identify_folder(*sys.argv[1:])
    print(delivery.describe(), "", *delivery.refused.values(), sep="\n")
