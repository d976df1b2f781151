"""Which unit the values of a DICOM image are in, and how large a pixel is."""

from __future__ import annotations

from pydicom.dataset import Dataset

from helpers.dicom_pixels.header import frame_item, number, text
from helpers.dicom_pixels.layout import Layout
from helpers.dicom_pixels.lookup_tables import LookupTable, Rescale

AIR_HU = -1000.0
PET_UNITS = {"BQML": "Bq/ml", "GML": "g/ml", "CPS": "counts/s", "CNTS": "counts"}
DOSE_UNITS = {"GY": "Gy", "RELATIVE": "relative dose"}


def unit_of(
    dataset: Dataset, layout: Layout, transform: Rescale | LookupTable | None
) -> tuple[str, list[str]]:
    """Return the unit of the values and what is to be noted about it.

    HU is stated only if Rescale Type says HU, or for CT if there is a rescale whose
    result can reach air (-1000): an 8-bit copy of a CT slice cannot.
    """
    if layout.samples == 3 or layout.photometric == "PALETTE COLOR":
        return "RGB", []
    modality = text(dataset, "Modality")
    if modality == "SEG":
        kind = text(dataset, "SegmentationType")
        return {"FRACTIONAL": "fraction", "LABELMAP": "label"}.get(kind, "mask"), []
    if isinstance(transform, LookupTable):
        return text(dataset.ModalityLUTSequence[0], "ModalityLUTType") or "US", []
    if transform is None:
        note = (
            "No rescale in this CT: the values are not HU." if modality == "CT" else ""
        )
        return "stored value", [note] if note else []
    if transform.kind == "DOSE":
        return DOSE_UNITS.get(text(dataset, "DoseUnits"), "dose"), []
    if modality == "PT" and (unit := text(dataset, "Units")):
        return PET_UNITS.get(unit, unit), []
    if transform.kind:
        return transform.kind, []
    if modality == "CT":
        return _unit_of_ct(dataset, layout, transform)
    return "US", []


def _unit_of_ct(
    dataset: Dataset, layout: Layout, transform: Rescale
) -> tuple[str, list[str]]:
    """Return HU for a CT without Rescale Type if its numbers can be HU."""
    lowest = -(2 ** (layout.bits_stored - 1)) if layout.signed else 0
    reaches_air = lowest * transform.slope + transform.intercept <= AIR_HU
    if "LOCALIZER" in text(dataset, "ImageType"):
        return "US", ["A CT localizer: its values are not HU."]
    if reaches_air:
        return "HU", []
    return "stored value" if (transform.slope, transform.intercept) == (
        1,
        0,
    ) else "US", [
        "This CT has no Rescale Type and its values cannot reach -1000 (air): they are "
        "not HU."
    ]


def spacing_of(dataset: Dataset) -> tuple[float, float] | None:
    """Return the distance of rows and of columns in mm, or None.

    For a radiograph it may be the spacing at the detector, which magnifies the patient.
    """
    measures = frame_item(dataset, "PixelMeasuresSequence", 0)
    for holder, keyword in (
        (measures, "PixelSpacing"),
        (dataset, "PixelSpacing"),
        (dataset, "ImagerPixelSpacing"),
        (dataset, "NominalScannedPixelSpacing"),
    ):
        if holder is None:
            continue
        rows, columns = number(holder, keyword, 0), number(holder, keyword, 1)
        if rows and columns and rows > 0 and columns > 0:
            return rows, columns
    return None
