"""Write the text of a report as a Basic Text SR, beside the images of its study."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import BasicTextSRStorage

from phantoms.dicom_writing.attributes import code, identity, patient_problem
from phantoms.dicom_writing.errors import writing_error
from phantoms.dicom_writing.records import CtSeries, Radiograph
from phantoms.dicom_writing.saving import save_file

REPORT_SERIES = 99


def write_report(
    path: str | os.PathLike,
    text: str,
    *,
    patient_id: str,
    details: Radiograph | CtSeries | None = None,
) -> Path:
    """Write one report as a DICOM structured report and return its path.

    Parameters
    ----------
    path : path-like
        File to write; its folder must exist. Nothing half-written is left behind.
    text : str
        The report; one text item for each paragraph (an empty line between them).
    patient_id : str
        As given to `write_radiograph` or `write_series`.
    details : Radiograph, CtSeries or None
        Those of the images that are reported: equal `study`, one DICOM study.

    Raises
    ------
    DicomWritingError
        If the text is empty, the identifier cannot be used, or the disk refuses.

    References
    ----------
    DICOM PS3.3, A.35.1 (Basic Text SR IOD).
    """
    path, details = Path(path), details or Radiograph()
    paragraphs = [part.strip() for part in str(text).split("\n\n") if part.strip()]
    checks = [
        (
            bool(paragraphs),
            "the report has no text",
            "at least one sentence",
            "Leave the file out where there is no report.",
        ),
        patient_problem(patient_id),
    ]
    for passed, what, expected, do in checks:
        if not passed:
            raise writing_error(path, what=what, expected=expected, do=do)
    dataset = identity(
        patient_id,
        details,
        sop_class=BasicTextSRStorage,
        series=("SR",),
        stored=np.frombuffer("\n\n".join(paragraphs).encode(), np.uint8),
    )
    _describe_document(dataset)
    dataset.ContentSequence = [_paragraph(part) for part in paragraphs]
    return save_file(dataset, path)


def _describe_document(dataset: Dataset) -> None:
    """Add the SR Document Series and General modules and the title."""
    for keyword in ("BodyPartExamined", "AcquisitionDate", "AcquisitionTime"):
        delattr(dataset, keyword)
    dataset.Modality = "SR"
    dataset.SeriesNumber = REPORT_SERIES
    dataset.ReferencedPerformedProcedureStepSequence = Sequence()
    dataset.PerformedProcedureCodeSequence = Sequence()
    dataset.CompletionFlag = "COMPLETE"
    dataset.VerificationFlag = "UNVERIFIED"
    dataset.ValueType = "CONTAINER"
    dataset.ConceptNameCodeSequence = [
        code("18748-4", "LN", "Diagnostic imaging report")
    ]
    dataset.ContinuityOfContent = "SEPARATE"


def _paragraph(text: str) -> Dataset:
    """Return one text item of the document."""
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "TEXT"
    item.ConceptNameCodeSequence = [code("121071", "DCM", "Finding")]
    item.TextValue = text
    return item
