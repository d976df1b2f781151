"""What identifies this patient, to be looked for in everything that is kept.

A name in Patient's Name may stand again in a private comment, in a code's meaning, in
an attribute that a vendor uses for something else. The words are known before they are
removed, so they can be searched for afterwards.
"""

from __future__ import annotations

import re

from pydicom.dataset import Dataset

PEOPLE = (
    "PatientName",
    "OtherPatientNames",
    "PatientBirthName",
    "PatientMotherBirthName",
    "ResponsiblePerson",
    "ReferringPhysicianName",
    "PerformingPhysicianName",
    "OperatorsName",
    "PhysiciansOfRecord",
    "NameOfPhysiciansReadingStudy",
    "RequestingPhysician",
)
NUMBERS = (
    "PatientID",
    "OtherPatientIDs",
    "AccessionNumber",
    "AdmissionID",
    "IssuerOfPatientID",
    "PatientTelephoneNumbers",
    "DeviceSerialNumber",
    "InstitutionName",
    "InstitutionAddress",
    "PatientAddress",
    "StationName",
)
SHORTEST_NAME, SHORTEST_NUMBER = 3, 4
NOBODY = {
    "anonymous",
    "anonymized",
    "anon",
    "patient",
    "test",
    "phantom",
    "unknown",
    "none",
    "name",
    "hospital",
    "clinic",
    "general",
    "university",
    "medical",
    "center",
    "centre",
    "radiology",
    "scanner",
    "chest",
    "head",
    "mrs",
    "the",
    "and",
    "van",
    "von",
    "der",
    "anonym",
    "removed",
}
"""Words of a name that would strike innocent values, such as a body part."""
TECHNICAL = {
    "Modality",
    "BodyPartExamined",
    "PhotometricInterpretation",
    "ImageType",
    "FrameType",
    "PatientPosition",
    "ViewPosition",
    "Laterality",
    "ImageLaterality",
    "SpecificCharacterSet",
    "RescaleType",
    "VOILUTFunction",
    "PresentationLUTShape",
    "PatientOrientation",
    "CodingSchemeDesignator",
}
"""Values from closed lists; a patient called Chest does not change them."""


def echoes_of(dataset: Dataset) -> frozenset[str]:
    """Return lower-case words and numbers that identify the patient of a file.

    Parameters
    ----------
    dataset : pydicom Dataset
        Before anything was removed.

    Examples
    --------
    >>> header = Dataset()
    >>> header.PatientName, header.PatientID = "Pretend^Ada", "NWH-0042"
    >>> sorted(echoes_of(header))
    ['ada', 'nwh-0042', 'pretend']
    """
    found: set[str] = set()
    for keyword in PEOPLE:
        words = re.split(r"[\^=,;\s\\\[\]'\"]+", _text(dataset, keyword))
        found |= {word for word in words if len(word) >= SHORTEST_NAME}
    for keyword in NUMBERS:
        number = _text(dataset, keyword).strip()
        if len(number) >= SHORTEST_NUMBER and re.search(r"\w", number):
            found.add(number)
    birth = re.sub(r"\D", "", _text(dataset, "PatientBirthDate"))
    if len(birth) == 8:
        year, month, day = birth[:4], birth[4:6], birth[6:]
        found |= {birth, f"{year}-{month}-{day}", f"{day}.{month}.{year}"}
        found |= {f"{month}/{day}/{year}", f"{day}/{month}/{year}"}
    return frozenset(found - NOBODY)


def _text(dataset: Dataset, keyword: str) -> str:
    """Return a value as lower-case text, or "" where it cannot be read."""
    try:
        value = dataset.get(keyword)
    except Exception:  # whatever a damaged value makes pydicom do
        return ""
    return "" if value is None else str(value).casefold()


def echo_in(value: object, echoes: frozenset[str]) -> bool:
    """Tell whether a value, text or bytes, holds one of the words.

    Examples
    --------
    >>> echo_in("Chest of PRETEND", frozenset({"pretend"}))
    True
    >>> echo_in("Chest of PRETEND".encode("utf-16-le"), frozenset({"pretend"}))
    True
    """
    if not echoes:
        return False
    if isinstance(value, bytes):
        text = value.decode("latin-1") + "\0" + value.decode("utf-8", "ignore")
        text = (text + text.replace("\0", "")).casefold()
    else:
        text = str(value).casefold()
    return any(echo in text for echo in echoes)
