"""Clean the pixels: look for text, blacken it, and write nothing but the image.

An image may carry more than its pixels: letters in the unused bits of a cell, bytes
after the last pixel, comments inside a compressed stream. Compressed images are
therefore stored uncompressed, cells are masked to the bits that hold a value, and what
follows the last pixel is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRLittleEndian

from helpers.de_identification.burned_in import TextBox, find_text, joined
from helpers.de_identification.options import LARGEST_BYTES, Options
from helpers.dicom_pixels.decoding import decode
from helpers.dicom_pixels.errors import pixels_error
from helpers.dicom_pixels.header import text
from helpers.dicom_pixels.layout import Layout

MOST_FRAMES = 16
"""Frames of one object that are looked at, evenly spread."""
OFFSET_TABLES = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")


@dataclass(frozen=True)
class PixelRecord:
    """What was done to the pixels of one object.

    Attributes
    ----------
    boxes : tuple of TextBox
        Where text was suspected, in any of the frames looked at.
    frames, looked_at : int
    unpacked : bool
        True if the image was compressed and is not any more.
    syntax : UID
        Transfer syntax to be written.
    hidden : bool
        True if bits or bytes outside the image were cleared.
    """

    boxes: tuple[TextBox, ...]
    frames: int
    looked_at: int
    unpacked: bool
    syntax: UID
    hidden: bool


def clean_pixels(dataset: Dataset, options: Options, path: str | None) -> PixelRecord:
    """Clean the pixel data of a data set in place.

    Raises
    ------
    DicomPixelsError
        If there is no image or it cannot be decoded, if text is suspected and files
        with text are to be held back, or if the header announces text that was not
        found.
    """
    stored, layout, syntax, _ = decode(dataset, path, LARGEST_BYTES)
    frames = stored if layout.frames > 1 else stored[None]
    look = options.pixels != "leave"
    shown = np.unique(np.linspace(0, len(frames) - 1, MOST_FRAMES).astype(int))
    shown = shown if look else shown[:0]
    boxes = tuple(joined([box for one in shown for box in find_text(frames[one])]))
    _check_findings(dataset, boxes, options, layout, path)
    native = bytes(dataset[layout.keyword].value) if not syntax.is_encapsulated else b""
    if boxes:
        frames = _blackened(frames, boxes, layout)
    hidden = len(native) > layout.native_bytes + 1 or _bits_outside(native, layout)
    if syntax.is_encapsulated or boxes or hidden:
        _store(dataset, frames, layout, syntax)
    for keyword in OFFSET_TABLES:
        if keyword in dataset:
            delattr(dataset, keyword)
    unpacked = syntax.is_encapsulated
    written = ExplicitVRLittleEndian if unpacked else syntax
    return PixelRecord(boxes, len(frames), len(shown), unpacked, written, hidden)


def _check_findings(dataset, boxes, options: Options, layout: Layout, path) -> None:
    """Raise where a person must look before the file may go."""
    if boxes and options.pixels == "hold back":
        raise pixels_error(
            path,
            what=f"text is suspected in {len(boxes)} place(s) of the pixels",
            expected="pixels without writing, because pixels='hold back'",
            do="Look at the image; black the text out with pixels='black out'.",
        )
    if boxes and layout.bits_allocated == 1:
        raise pixels_error(
            path,
            what="text is suspected in an image of 1 bit",
            expected="a mask, which has no text",
            do="Look at it; it is not delivered.",
        )
    announced = text(dataset, "BurnedInAnnotation") == "YES"
    if announced and options.pixels != "leave" and not boxes:
        raise pixels_error(
            path,
            what="Burned In Annotation is YES, but no text was found in the pixels",
            expected="to find the text that the header announces",
            do="Blacken it by hand in a copy, set Burned In Annotation to NO "
            "there, and run again.",
        )


def _blackened(frames: np.ndarray, boxes, layout: Layout) -> np.ndarray:
    """Return the frames with all boxes black in every one of them."""
    frames = frames.copy()
    if layout.photometric == "MONOCHROME1":
        black = frames.max()
    elif layout.photometric == "PALETTE COLOR":
        values, counts = np.unique(frames, return_counts=True)
        black = values[counts.argmax()]  # a palette has no order: the background
    else:
        black = frames.min() if layout.samples == 1 else 0
    for box in boxes:
        frames[(slice(None), *box.area)] = black
    return frames


def _bits_outside(native: bytes, layout: Layout) -> bool:
    """Tell whether cells of an uncompressed image hold more than their values."""
    cell = layout.bits_allocated
    if not native or layout.keyword != "PixelData" or cell not in (8, 16, 32):
        return False
    if layout.bits_stored == cell or layout.signed:
        # the sign fills the other bits of a signed value; decode has checked them
        return (
            layout.signed and layout.bits_stored < cell and _sign_broken(native, layout)
        )
    kind = np.dtype(f"<u{cell // 8}")
    cells = np.frombuffer(native[: len(native) // kind.itemsize * kind.itemsize], kind)
    outside = (1 << cell) - 1 - (((1 << layout.bits_stored) - 1) << _shift(layout))
    return bool((cells & kind.type(outside)).any())


def _shift(layout: Layout) -> int:
    return layout.high_bit - layout.bits_stored + 1


def _sign_broken(native: bytes, layout: Layout) -> bool:
    kind = np.dtype(f"<i{layout.bits_allocated // 8}")
    cells = np.frombuffer(native[: len(native) // kind.itemsize * kind.itemsize], kind)
    limit = 1 << (layout.bits_stored - 1)
    return bool(cells.size and (cells.max() >= limit or cells.min() < -limit))


def _store(dataset: Dataset, frames: np.ndarray, layout: Layout, syntax: UID) -> None:
    """Put an array into the data set as uncompressed pixel data."""
    values = frames if layout.frames > 1 else frames[0]
    order = "<" if syntax.is_encapsulated or syntax.is_little_endian else ">"
    if layout.bits_allocated == 1:
        content = np.packbits(values.ravel() > 0, bitorder="little").tobytes()
    else:
        content = values.astype(values.dtype.newbyteorder(order)).tobytes()
        dataset.BitsAllocated = 8 * values.dtype.itemsize
        dataset.BitsStored = min(layout.bits_stored, dataset.BitsAllocated)
        dataset.HighBit = dataset.BitsStored - 1
    if layout.samples == 3:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
    kind = {"FloatPixelData": "OF", "DoubleFloatPixelData": "OD"}.get(layout.keyword)
    kind = kind or ("OW" if layout.bits_allocated > 8 else "OB")
    tag = Tag(layout.keyword)
    dataset[tag] = DataElement(tag, kind, content + b"\0" * (len(content) % 2))
