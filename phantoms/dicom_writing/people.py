"""Invented people, and the sentences in which a hospital would name them.

The names say that they are invented; the telephone numbers are of the ranges kept free
for fiction, the addresses of a town that does not exist.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pydicom.dataset import Dataset

FAMILY_AND_GIVEN = {
    "F": (
        ("Pretend", "Ada"),
        ("Imaginary", "Chloë"),
        ("Fictional", "Eunji"),
        ("Unreal", "Gülay"),
    ),
    "M": (
        ("Nobody", "Bertil"),
        ("Madeup", "Dragan"),
        ("Nonexistent", "Femi"),
        ("Exemplary", "Håkon"),
    ),
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


@dataclass(frozen=True)
class InventedPerson:
    """One invented patient and everything a hospital would write down about them.

    Attributes
    ----------
    facts : dict
        Name of a fact to its text: family, given, birth (YYYYMMDD), spoken_birth
        (DD.MM.YYYY), address, phone, email, record, and those of the
        staff; time is the time of day of the examinations, HHMMSS.
    """

    facts: dict[str, str]


def text(dataset: Dataset, keyword: str) -> str:
    """Return an attribute in upper case without blanks around it, or ''."""
    return str(dataset.get(keyword) or "").strip().upper()


def invented_person(dataset) -> InventedPerson:
    """Return the invented person behind a Patient ID; the same ID, the same person.

    Parameters
    ----------
    dataset : pydicom Dataset
        Its Patient ID, Patient's Sex, Patient's Age and Study Date are respected.
    """
    key = hashlib.sha256(text(dataset, "PatientID").encode()).digest()
    sex = text(dataset, "PatientSex")
    sex = sex if sex in FAMILY_AND_GIVEN else "FM"[key[0] % 2]
    family, given = FAMILY_AND_GIVEN[sex][key[1] % 4]
    date = text(dataset, "StudyDate") or "20260101"
    age = int((text(dataset, "PatientAge") or "061Y")[:3])
    birthday = BIRTHDAYS[key[2] % 8]
    birth = f"{int(date[:4]) - age - (birthday > date[4:]):04d}{birthday}"
    number = 100 + key[3] % 98  # 555-0100 to 555-0199 are kept free for fiction
    facts = {
        "family": family,
        "given": given,
        "maiden": "Formerly-" + family,
        "birth": birth,
        "spoken_birth": f"{birth[6:]}.{birth[4:6]}.{birth[:4]}",
        "address": f"{key[4] % 90 + 10} Unreal Street, Nowhere",
        "phone": f"+1 555 0{number}",
        "email": f"{family.lower()}@example.org",
        "record": f"NWH{int.from_bytes(key[5:8], 'big'):08d}",
        "accession": f"ACC{int.from_bytes(key[8:10], 'big'):06d}",
        "admission": f"ADM{int.from_bytes(key[10:12], 'big'):06d}",
        "insurance": f"INS{int.from_bytes(key[12:15], 'big'):08d}",
        "occupation": "unreal glazier",
        "relative": f"{family}^Relative",
        "time": f"{key[15] % 10 + 8:02d}{key[16] % 60:02d}{key[17] % 60:02d}",
    }
    return InventedPerson(facts | STAFF)
