"""What a DICOM header says about the meaning and the display of stored values.

Three steps, in the standard's order: the modality transformation (stored value to a
physical unit, by a rescale or a table), the VOI transformation (which range is shown,
by a window or a table) and, for colour, the palette. Enhanced multi-frame objects keep
them per frame in functional groups.

References: DICOM PS3.3 C.11.1 (modality), C.11.2 (VOI), C.7.6.16 (functional groups).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from helpers.dicom_pixels.header import (
    first_item,
    frame_item,
    number,
    raw_text,
    text,
    value_of,
)
from helpers.dicom_pixels.reading import is_big_endian

LARGEST = 1e30  # of a slope, an intercept or a window; float32 ends at 3e38


@dataclass(frozen=True, eq=False)
class LookupTable:
    """A table that replaces the value ``first + k`` by ``entries[k]``."""

    first: int
    entries: np.ndarray
    bits: int

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the entries for `values`; what lies outside takes the end entries."""
        index = np.nan_to_num(np.asarray(values, dtype=np.float64)) - self.first
        return self.entries[
            np.clip(np.rint(index), 0, len(self.entries) - 1).astype(int)
        ]


@dataclass(frozen=True)
class Rescale:
    """The linear modality transformation: value = stored * slope + intercept."""

    slope: float
    intercept: float
    kind: str = ""  # Rescale Type as the header has it

    def apply(self, stored: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return float32 values (float64 when 32-bit integers need it)."""
        kind = float_for(stored)
        if self.slope == 1:
            return np.add(stored, kind(self.intercept), dtype=kind, out=out)
        values = np.multiply(stored, kind(self.slope), dtype=kind, out=out)
        values += kind(self.intercept)
        return values


def float_for(stored: np.ndarray) -> type:
    """Return the floating type that holds every stored value exactly."""
    return np.float64 if stored.dtype.itemsize > 2 else np.float32


@dataclass(frozen=True)
class Voi:
    """One display window, or one VOI table."""

    center: float = 0.0
    width: float = 0.0
    function: str = "LINEAR"
    table: LookupTable | None = None


def modality_of_frame(dataset: Dataset, frame: int) -> Rescale | LookupTable | None:
    """Return the modality transformation of a frame, or None if there is none."""
    item = frame_item(dataset, "PixelValueTransformationSequence", frame)
    for holder in (item, dataset):
        slope = None if holder is None else number(holder, "RescaleSlope")
        intercept = None if holder is None else number(holder, "RescaleIntercept")
        table = None if holder is None else first_item(holder, "ModalityLUTSequence")
        if table is not None:
            return lookup_table(table, dataset)
        if holder is not None:
            _check_rescale(holder, slope, intercept)
        if slope is not None or intercept is not None:
            slope = 1.0 if slope is None else slope
            return Rescale(slope, intercept or 0.0, text(holder, "RescaleType"))
    if scaling := number(dataset, "DoseGridScaling"):
        return Rescale(scaling, 0.0, "DOSE")
    return None


def _check_rescale(
    holder: Dataset, slope: float | None, intercept: float | None
) -> None:
    """Raise on a rescale that is there and is no number, or makes all values equal."""
    for keyword, found in (("RescaleSlope", slope), ("RescaleIntercept", intercept)):
        written = raw_text(holder, keyword)
        nonsense = found is None or abs(found) > LARGEST
        if keyword == "RescaleSlope" and not nonsense:
            nonsense = abs(found) < 1 / LARGEST
        if written and nonsense:
            raise ValueError(f"{keyword} is {written!r}")


def voi_of_frame(dataset: Dataset, frame: int, choice: int) -> Voi | None:
    """Return the chosen VOI transformation of a frame; a table goes before windows."""
    item = frame_item(dataset, "FrameVOILUTSequence", frame)
    for holder in (item, dataset):
        if holder is None:
            continue
        tables = value_of(holder, "VOILUTSequence")
        if tables and choice < len(tables):
            return Voi(table=lookup_table(tables[choice], dataset))
        center = number(holder, "WindowCenter", choice)
        width = number(holder, "WindowWidth", choice)
        if center is not None and width is not None:
            return Voi(center, width, text(holder, "VOILUTFunction") or "LINEAR")
    return None


def lookup_table(item: Dataset, dataset: Dataset) -> LookupTable:
    """Return the table of a Modality or VOI LUT Sequence item."""
    count, first, bits = (int(value) for value in item.LUTDescriptor)
    signed = number(dataset, "PixelRepresentation") == 1
    entries = _entries(item["LUTData"].value, count or 65536, bits, dataset)
    return LookupTable(_signed_16(first, signed), entries, bits)


def palette_tables(dataset: Dataset) -> list[LookupTable]:
    """Return the red, green and blue table of a PALETTE COLOR image."""
    tables = []
    for colour in ("Red", "Green", "Blue"):
        prefix = f"{colour}PaletteColorLookupTable"
        count, first, bits = (int(value) for value in dataset[f"{prefix}Descriptor"])
        signed = number(dataset, "PixelRepresentation") == 1
        data = dataset[f"{prefix}Data"].value
        entries = _entries(data, count or 65536, bits, dataset)
        tables.append(LookupTable(_signed_16(first, signed), entries, bits))
    return tables


def _signed_16(first: int, signed: bool) -> int:
    """Read the first mapped value as signed where the stored values are signed."""
    return first - 65536 if signed and first > 32767 else first


def _entries(data, count: int, bits: int, dataset: Dataset) -> np.ndarray:
    """Return the entries of a table, whatever way they are packed."""
    if isinstance(data, bytes):
        order = ">" if is_big_endian(dataset) else "<"
        packed = len(data) < 2 * count  # 8-bit entries, two in a word
        if packed and order == ">":
            data = np.frombuffer(data, ">u2").astype("<u2").tobytes()
        entries = np.frombuffer(data, np.uint8 if packed else f"{order}u2")
    else:
        entries = np.atleast_1d(np.asarray(data, dtype=np.int64)) & 0xFFFF
    if len(entries) < count or not 1 <= bits <= 16:
        raise ValueError(
            f"a lookup table has {len(entries)} entries of {bits} bits where its "
            f"descriptor states {count} entries of 8 to 16 bits"
        )
    return entries[:count].astype(np.uint16)
