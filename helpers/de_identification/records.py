"""The record of one file: what was done to it, what it still tells, why to look."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from helpers.dicom_pixels.header import text

HEAD = re.compile(r"HEAD|SKULL|BRAIN|FACE|SINUS|ORBIT|NEURO|CRAN")
SLICES = {"CT", "MR", "PT"}
SCREENS = {"OT", "SC", "DOC"}
WRITTEN_ON = {"US", "XA", "RF", "ES"}
KEPT_FACTS = {
    "study": "StudyInstanceUID",
    "date": "StudyDate",
    "age": "PatientAge",
    "sex": "PatientSex",
    "modality": "Modality",
    "body part": "BodyPartExamined",
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
}


@dataclass(frozen=True)
class FileRecord:
    """What was done to one file, in words and numbers that identify nobody.

    Attributes
    ----------
    name : str
        Path in the new folder: patient, study, series, image.
    done : dict
        "keyword: what was done" to the number of times.
    facts : dict
        What the new file still tells: pseudonym, study, age, sex, modality, body part,
        model, date.
    boxes : int
        Places of suspected text. `frames` and `looked_at` count frames.
    free_text : list of str
        Keywords of descriptions that were kept.
    warnings : list of str
        Reasons to look at this file.
    """

    name: str
    done: dict[str, int]
    facts: dict[str, str]
    boxes: int = 0
    frames: int = 1
    looked_at: int = 1
    free_text: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def reasons_to_look(dataset: Dataset) -> list[str]:
    """Return warnings that must be taken from the original header."""
    where = " ".join(
        text(dataset, keyword)
        for keyword in ("BodyPartExamined", "StudyDescription", "SeriesDescription")
    )
    modality, found = text(dataset, "Modality"), []
    if modality in SLICES and HEAD.search(where):
        found.append("slices of a head: together they may show a face")
    if modality in SCREENS or text(dataset, "ConversionType"):
        found.append("a captured screen or a scanned paper")
    if modality in WRITTEN_ON:
        found.append(f"modality {modality}, where writing in the image is common")
    return found


def name_of(dataset: Dataset, patient: str) -> str:
    """Return patient/study/series/image, made from pseudonyms only."""
    study, series, image = (
        f"{int(str(dataset.get(keyword) or '0.0').rpartition('.')[2]):039d}"[-10:]
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    )
    return f"{patient}/study_{study}/series_{series}/{image}.dcm"


def facts_of(dataset: Dataset, patient: str) -> dict[str, str]:
    """Return what the new file still tells about its patient."""
    return {"patient": patient} | {
        name: text(dataset, keyword) for name, keyword in KEPT_FACTS.items()
    }
