"""What happens to each attribute: the table of the standard, and rules beside it.

The table lists attributes one by one. The rules cover what no list can: attributes
that did not exist when the list was made, retired ones, whole kinds of value.
"""

from __future__ import annotations

from functools import cache

from pydicom.datadict import DicomDictionary

from helpers.de_identification.table import actions, is_overlay_or_curve

PIXELS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
IDENTITY = {0x00100010: "name", 0x00100020: "pseudonym"}
CHARACTERISTICS = {0x00100040, 0x00101010, 0x00101020, 0x00101030}
"""Sex, age, size and weight, which an option keeps."""
BIRTH = {0x00100030, 0x00100032, 0x00100033, 0x00100034}
TEMPORAL = {"DA", "TM", "DT"}
TEXT = {"LO", "SH", "LT", "ST", "UT", "UC", "PN", "AE", "UR", "AS", "CS"}
PROSE = {"LT", "ST", "UT", "UC", "UR", "PN", "AE", "UN"}
"""Kinds of value that are removed wherever they stand, listed in the table or not."""
NUMBERS = {"US", "SS", "UL", "SL", "FL", "FD", "DS", "IS", "UV", "SV", "AT"}
KEPT_PROSE = {"LongCodeValue", "URNCodeValue"}
KEPT_BYTES = {"ICCProfile"}
EMPTIED_SEQUENCES = {"AcquisitionContextSequence"}
"""Of those that may go or be emptied (X/Z), what radiographs must have (type 2)."""
ORPHANS = {"ResponsiblePersonRole"}
"""Not allowed without an attribute that is removed."""
DUMMY_CODES = {"PersonIdentificationCodeSequence"}


@cache
def verdict(tag: int, characteristics: bool = False) -> str:
    """Return what to do with an attribute.

    Parameters
    ----------
    tag : int
        Group and element as one number.
    characteristics : bool
        True if sex, age, size and weight of the patient are to be kept.

    Returns
    -------
    {"remove", "empty", "replace", "name", "uid", "time", "keep", "clean", \
"references", "age", "dummy code", "pixels"}
        "time" is a date or time, to be shifted or removed; "clean" a sequence whose
        items are looked at one by one; "references" one of which only the references
        to other images are kept; "keep" a value that is still searched for echoes of
        the patient.

    Examples
    --------
    >>> verdict(0x00100010), verdict(0x00291010), verdict(0x00080020)
    ('name', 'remove', 'time')
    >>> verdict(0x00280010), verdict(0x00104000), verdict(0x60003000)
    ('keep', 'remove', 'remove')
    """
    group, element = tag >> 16, tag & 0xFFFF
    if tag in PIXELS:
        return "pixels"
    private = group % 2 == 1
    bookkeeping = group < 0x0008 or element == 0
    if private or bookkeeping or is_overlay_or_curve(group):
        return "remove"
    if tag not in DicomDictionary:
        return "remove"
    if tag in IDENTITY:
        return "name"
    if characteristics and tag in CHARACTERISTICS:
        return "age" if tag == 0x00101010 else "keep"
    kind, _, _, retired, keyword = DicomDictionary[tag]
    code = actions().get(tag)
    if keyword in ORPHANS:
        return "remove"
    if kind == "SQ":
        return _of_sequence(code, keyword, bool(retired))
    if kind in TEMPORAL:
        return _of_time(tag, keyword)
    if kind == "UI" and code != "X":
        return "uid"
    return _of_code(code) if code else _of_kind(kind, keyword, bool(retired))


def _of_sequence(code: str | None, keyword: str, retired: bool) -> str:
    """Decide about a sequence; without a code it is cleaned item by item."""
    if keyword in DUMMY_CODES:
        return "dummy code"
    if code is None:
        return "remove" if retired else "clean"
    if code == "X/Z/U*":
        return "references"
    return "empty" if code == "Z" or keyword in EMPTIED_SEQUENCES else "remove"


def _of_time(tag: int, keyword: str) -> str:
    """Decide about a date or a time; all are treated, listed or not (note to E.1-1)."""
    if tag in BIRTH:
        return "empty" if tag == 0x00100030 else "remove"
    return "remove" if keyword.startswith("GPS") else "time"


def _of_code(code: str) -> str:
    """Translate an action code; of two possibilities the one that keeps files valid."""
    if code == "X":
        return "remove"
    return "empty" if code in ("Z", "X/Z") else "replace"


def _of_kind(kind: str, keyword: str, retired: bool) -> str:
    """Decide about an attribute that the table does not list, by its kind of value."""
    if kind in PROSE:
        return "keep" if keyword in KEPT_PROSE else "remove"
    if kind == "OB":
        return "keep" if keyword in KEPT_BYTES else "remove"
    return "remove" if retired and kind in TEXT else "keep"
