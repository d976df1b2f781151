"""From stored values to values: the transformations of a header, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut

from helpers.dicom_pixels.errors import pixels_error
from helpers.dicom_pixels.header import has, number, text
from helpers.dicom_pixels.layout import Layout
from helpers.dicom_pixels.lookup_tables import (
    LARGEST,
    LookupTable,
    Rescale,
    Voi,
    float_for,
    palette_tables,
    voi_of_frame,
)
from helpers.windowing import FUNCTIONS

PER_FRAME = "PerFrameFunctionalGroupsSequence"
OVERLAY_DATA = tuple(0x60003000 + (group << 16) for group in range(0, 32, 2))


def per_frame(find: Callable, dataset: Dataset, frames: int) -> list:
    """Return what `find(dataset, frame)` finds: one for all frames, or one for each."""
    if frames == 1 or not has(dataset, PER_FRAME):
        return [find(dataset, 0)]
    found = [find(dataset, frame) for frame in range(frames)]
    plain = not any(isinstance(each, LookupTable) for each in found)
    return found[:1] if plain and len(set(found)) == 1 else found


def values_of(
    dataset: Dataset,
    stored: np.ndarray,
    layout: Layout,
    transforms: Sequence[Rescale | LookupTable | None],
) -> np.ndarray:
    """Return palette colours, or what the modality transformation makes of `stored`.

    A rescale that changes nothing and names no unit leaves the integers as they are.
    """
    if layout.photometric == "PALETTE COLOR":
        return palette_colours(dataset, stored)
    if layout.samples == 3 or all(map(_changes_nothing, transforms)):
        return stored if stored.flags.writeable else stored.copy()
    if len(transforms) == 1:
        return transforms[0].apply(stored)
    if all(isinstance(transform, Rescale) for transform in transforms):
        values = np.empty(stored.shape, float_for(stored))
        for frame, out, rescale in zip(stored, values, transforms, strict=True):
            rescale.apply(frame, out=out)
        return values
    frames = [
        frame if transform is None else transform.apply(frame)
        for frame, transform in zip(stored, transforms, strict=True)
    ]
    return np.stack(frames)


def _changes_nothing(transform: Rescale | LookupTable | None) -> bool:
    return transform is None or transform in (Rescale(1, 0), Rescale(1, 0, "US"))


def palette_colours(dataset: Dataset, stored: np.ndarray) -> np.ndarray:
    """Return red, green and blue (..., 3) of a PALETTE COLOR image.

    uint8 if no table entry needs more than 8 bits, else uint16.
    """
    if not has(dataset, "RedPaletteColorLookupTableData"):  # a segmented palette
        return apply_color_lut(stored, dataset)[..., :3]
    tables = palette_tables(dataset)
    colours = np.stack([table.apply(stored) for table in tables], axis=-1)
    narrow = tables[0].bits <= 8 or max(t.entries.max() for t in tables) < 256
    return colours.astype(np.uint8) if narrow else colours


def voi_of(
    dataset: Dataset, path: str | None, frames: int, window: int | None, unit: str
) -> tuple[tuple[Voi | None, ...], list[str]]:
    """Return the VOI transformation (one for all frames, or one each) and the notes."""
    if window is None or unit == "RGB":
        return (None,), []
    found = per_frame(
        lambda data, frame: voi_of_frame(data, frame, window), dataset, frames
    )
    if window and found[0] is None:
        raise pixels_error(
            path,
            what=f"window {window} was asked for, the header has "
            f"{_count_windows(dataset)}",
            expected=f"window=0 to {max(0, _count_windows(dataset) - 1)}, or None for "
            "the whole range",
            do="The first window has the number 0.",
        )
    usable, notes = [], []
    for voi in found:
        problem = _problem_of(voi)
        usable.append(None if problem else voi)
        notes += [problem] if problem else []
    return tuple(usable), list(dict.fromkeys(notes))


def _count_windows(dataset: Dataset) -> int:
    count = 0
    while voi_of_frame(dataset, 0, count) is not None:
        count += 1
    return count


def _problem_of(voi: Voi | None) -> str:
    """Say why a window cannot be used, or ''."""
    if voi is None or voi.table is not None:
        return ""
    name = f"The window (centre {voi.center:g}, width {voi.width:g}, {voi.function})"
    if voi.function not in FUNCTIONS:
        return f"{name} has an unknown function and is ignored."
    lowest = 1.0 if voi.function == "LINEAR" else 1 / LARGEST
    if voi.width < lowest:
        return f"{name} has no extent and is ignored."
    far = max(abs(voi.center), voi.width) > LARGEST
    return f"{name} is beyond all values and is ignored." if far else ""


def padding_range(dataset: Dataset) -> tuple[float, float] | None:
    """Return the stored values that mean "no image here", or None."""
    value = number(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = number(dataset, "PixelPaddingRangeLimit")
    signed = number(dataset, "PixelRepresentation") == 1
    ends = [
        _as_stored(end, signed) for end in (value, value if limit is None else limit)
    ]
    return min(ends), max(ends)


def _as_stored(value: float, signed: bool) -> float:
    """Read a 16-bit attribute with the sign of the stored values."""
    if signed and value > 32767:
        return value - 65536
    if not signed and value < 0:
        return value + 65536
    return value


def header_notes(dataset: Dataset) -> list[str]:
    """Return what a user of the pixels should know and cannot see in them."""
    notes = []
    if text(dataset, "LossyImageCompression") in ("01", "1"):
        notes.append("Lossy compression was used: the values are close, not exact.")
    if text(dataset, "BurnedInAnnotation") == "YES":
        notes.append("The header says that text is burned into the pixels.")
    if any(tag in dataset.keys() for tag in OVERLAY_DATA):  # noqa: SIM118
        notes.append("An overlay (graphics above the image) is not drawn.")
    if text(dataset, "PixelPresentation") in ("COLOR", "MIXED"):
        notes.append("A supplemental colour palette is not applied: grey values.")
    photometric = text(dataset, "PhotometricInterpretation")
    shape = text(dataset, "PresentationLUTShape")
    if {photometric, shape} in (
        {"MONOCHROME2", "INVERSE"},
        {"MONOCHROME1", "IDENTITY"},
    ):
        notes.append(
            f"{photometric} with Presentation LUT Shape {shape} contradict each other: "
            f"shown as {photometric}."
        )
    return notes
