"""Clean a DICOM header in place: every level of it, attribute by attribute."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import UID_dictionary

from helpers.de_identification import dates
from helpers.de_identification.echoes import TECHNICAL, echo_in
from helpers.de_identification.options import Options
from helpers.de_identification.pseudonyms import Pseudonyms, Shift
from helpers.de_identification.verdicts import NUMBERS, TEMPORAL, TEXT, verdict

REMOVED = "REMOVED"
DUMMY = {
    "AS": "000Y",
    "DS": "0",
    "IS": "0",
    "UR": "urn:removed",
    "OB": b"\0\0",
    "UN": b"\0\0",
}
CODES = {"CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning"}
REFERENCES = {"ReferencedFrameNumber", "PurposeOfReferenceCodeSequence"}
SEXES = {"F", "M", "O", "", None}
OWN = {"DeidentificationMethod"}
OLDEST_AGE_YEARS = 90
DEEPEST = 16


@dataclass
class Work:
    """What the cleaning of one file needs to know, and what it found.

    Attributes
    ----------
    patient : str
        The pseudonym.
    shift : Shift
        How far this patient's clock is put back.
    echoes : frozenset of str
        Words that identify the patient.
    done : Counter
        (keyword, what was done) to number of times.
    free_text : set of str
        Keywords of descriptions that were kept.
    """

    pseudonyms: Pseudonyms
    options: Options
    patient: str
    shift: Shift
    echoes: frozenset[str]
    done: Counter = field(default_factory=Counter)
    free_text: set[str] = field(default_factory=set)


def clean_header(dataset: Dataset, work: Work, *, depth: int = 0) -> None:
    """Clean a data set and everything nested in it, in place.

    Parameters
    ----------
    dataset : pydicom Dataset
        A file's data set or an item of a sequence; the pixels are left alone.
    work : Work
        Receives the record of what was done.
    depth : int
        Nesting; what lies deeper than 16 levels is removed.
    """
    borrowed: dict[str, int] = {}
    # times before dates: a time may have to borrow a day from its date
    tags = sorted(dataset.keys(), key=lambda tag: _kind(int(tag)) != "TM")
    for tag in tags:
        what = verdict(int(tag), work.options.characteristics)
        if what == "pixels":
            continue
        element = None if what == "remove" else _read(dataset, tag, work)
        if element is None:
            del dataset[tag]
            work.done[_name(tag), "removed"] += 1
        elif element.VR == "SQ":
            _sequence(dataset, element, what, work, depth)
        elif what == "time":
            _time(element, work, borrowed)
        else:
            HANDLERS[what](element, work)


@cache
def _kind(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def _name(tag: int) -> str:
    """Return the keyword of a tag, or what sort of attribute it is."""
    group = int(tag) >> 16
    if group % 2:
        return "private"
    if 0x6000 <= group <= 0x60FF:
        return "overlay"
    return keyword_for_tag(tag) or f"({group:04X},{int(tag) & 0xFFFF:04X})"


def _read(dataset: Dataset, tag: int, work: Work) -> DataElement | None:
    """Return an element, or None if it cannot be read or has a type not its own."""
    try:
        element = dataset[tag]
        value = element.value
    except Exception:  # a damaged value; what cannot be read cannot be judged
        return None
    expected = _kind(int(tag))
    own = expected.split(" or ")
    if element.VR in own or (expected in TEXT and element.VR in TEXT):
        return element
    numeric = set(own) & NUMBERS and element.VR in NUMBERS
    packed = element.VR in ("OB", "OW", "UN") and isinstance(value, bytes)
    wide = packed and set(own) & {"OB", "OW"}
    return element if numeric or wide else None


def _sequence(
    dataset: Dataset, element: DataElement, what: str, work: Work, depth: int
) -> None:
    """Clean, empty or replace the items of a sequence."""
    name = element.keyword
    if what in ("clean", "references") and depth < DEEPEST:
        for item in element.value:
            if what == "references":
                _keep_references_only(item)
            clean_header(item, work, depth=depth + 1)
    elif what == "dummy code":
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator = REMOVED, "99REMOVED"
        item.CodeMeaning = "Removed"
        element.value = [item]
        work.done[name, "replaced"] += 1
    elif what == "empty":
        element.value = []
        work.done[name, "emptied"] += 1
    else:
        del dataset[element.tag]
        work.done[name, "removed"] += 1


def _keep_references_only(item: Dataset) -> None:
    """Remove all but UIDs, frame numbers and the purpose of a reference."""
    for tag in list(item.keys()):
        if _kind(int(tag)) != "UI" and keyword_for_tag(tag) not in REFERENCES:
            del item[tag]


def _empty(element: DataElement, work: Work) -> None:
    element.value = None if element.VR in NUMBERS else ""
    work.done[element.keyword, "emptied"] += 1


def _replace(element: DataElement, work: Work) -> None:
    """Put a dummy value of the right type (a number becomes 0)."""
    plain = 0 if element.VR in NUMBERS else REMOVED
    element.value = DUMMY.get(element.VR, plain)
    work.done[element.keyword, "replaced"] += 1


def _patient(element: DataElement, work: Work) -> None:
    element.value = work.patient
    work.done[element.keyword, "replaced"] += 1


def _age(element: DataElement, work: Work) -> None:
    """Keep an age of at most 89 years; older people share one value."""
    age = str(element.value or "")
    known = len(age) == 4 and age[:3].isdigit() and age[3] in "DWMY"
    if not known:
        element.value = ""
    elif age[3] == "Y" and int(age[:3]) >= OLDEST_AGE_YEARS:
        element.value = f"{OLDEST_AGE_YEARS:03d}Y"
        work.done[element.keyword, "replaced"] += 1


def _uid(element: DataElement, work: Work) -> None:
    """Replace UIDs that are not registered in the standard, always by the same."""
    if not element.value or element.keyword.endswith("SOPClassUID"):
        return
    several = isinstance(element.value, MultiValue | list)
    old = [str(one) for one in (element.value if several else [element.value])]
    new = [one if one in UID_dictionary else work.pseudonyms.uid(one) for one in old]
    if new != old:
        element.value = new if several else new[0]
        work.done[element.keyword, "replaced"] += 1


def _keep(element: DataElement, work: Work) -> None:
    """Keep a value unless it repeats what identifies the patient."""
    if element.keyword == "PatientSex" and element.value not in SEXES:
        _empty(element, work)
    if element.VR in NUMBERS or element.keyword in TECHNICAL:
        return
    if echo_in(element.value, work.echoes):
        _replace(element, work)
        work.done["echoes of the patient", "replaced"] += 1
    elif element.VR in ("LO", "SH") and element.keyword not in CODES | OWN:
        work.free_text.add(element.keyword)


HANDLERS = {
    "empty": _empty,
    "replace": _replace,
    "name": _patient,
    "age": _age,
    "uid": _uid,
    "keep": _keep,
}


def _time(element: DataElement, work: Work, borrowed: dict[str, int]) -> None:
    """Shift or remove a date, a time of day or both."""
    several = isinstance(element.value, MultiValue | list)
    values = [str(one) for one in (element.value if several else [element.value or ""])]
    if element.VR not in TEMPORAL or not any(values):
        element.value = ""
        return
    if work.options.dates == "remove":
        plain = {"DA": dates.PLAIN_DATE, "TM": dates.PLAIN_TIME}
        moved = [plain.get(element.VR, dates.PLAIN_DATE + dates.PLAIN_TIME)]
    else:
        moved = [_moved(one, element, work.shift, borrowed) for one in values]
    element.value = moved if len(moved) > 1 else moved[0]
    work.done[element.keyword, "shifted" if any(moved) else "emptied"] += 1


def _moved(value: str, element: DataElement, shift: Shift, borrowed: dict) -> str:
    """Return one shifted value; a time notes what it borrows from its date."""
    if element.VR == "TM":
        moved, days = dates.shifted_time(value, shift)
        borrowed[element.keyword.replace("Time", "Date")] = days
        return moved
    if element.VR == "DT":
        return dates.shifted_date_time(value, shift)
    extra = borrowed.get(element.keyword, 0)
    return dates.shifted_date(value, Shift(shift.days + extra, 0, 0))
