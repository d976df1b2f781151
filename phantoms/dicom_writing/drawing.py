"""Put text over the pixels, into an overlay plane and into a thumbnail."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset, FileDataset

from phantoms.dicom_writing.drawn_text import letters_for
from phantoms.dicom_writing.errors import writing_error

ICON_SIDE = 64
MARGIN_PX = 1


@dataclass(frozen=True)
class BurnedText:
    """Letters that were drawn.

    Attributes
    ----------
    holder : {"pixels", "overlay", "icon"}
    top, left : int
        First row and column of the letters' box, from 0.
    letters : bool array (rows, columns)
        True where a letter is.
    """

    holder: str
    top: int
    left: int
    letters: np.ndarray = field(repr=False, compare=False)

    @property
    def box(self) -> tuple[slice, slice]:
        """Rows and columns of the letters' box, to index an image with."""
        rows, columns = self.letters.shape
        return (
            slice(self.top, self.top + rows),
            slice(self.left, self.left + columns),
        )

    @property
    def where(self) -> str:
        """The box in words, counted from 0."""
        rows, columns = self.box
        return (
            f"{self.holder}, rows {rows.start} to {rows.stop - 1}, columns "
            f"{columns.start} to {columns.stop - 1}"
        )


def burn_in(dataset: FileDataset, line: str) -> BurnedText:
    """Write a line in white at the top left of uncompressed pixels, in place.

    Raises
    ------
    DicomWritingError
        If the image is too small for letters of 8 pixels.
    """
    text = _placed("pixels", dataset, line, bottom=False)
    stored = dataset.pixel_array.copy()
    bits, signed = dataset.BitsStored, dataset.PixelRepresentation == 1
    largest = 2 ** (bits - signed) - 1
    smallest = -(2 ** (bits - 1)) if signed else 0
    inverse = dataset.PhotometricInterpretation == "MONOCHROME1"
    stored[text.box][text.letters] = smallest if inverse else largest
    content = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = content + b"\0" * (len(content) % 2)
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    return text


def draw_overlay(dataset: FileDataset, line: str) -> BurnedText:
    """Add the overlay plane 6000 with a line at the bottom left (PS3.3, C.9.2)."""
    text = _placed("overlay", dataset, line, bottom=True)
    plane = np.zeros((dataset.Rows, dataset.Columns), np.uint8)
    plane[text.box] = text.letters
    bits = np.packbits(plane.ravel(), bitorder="little").tobytes()
    values = (
        (0x0010, "US", dataset.Rows),
        (0x0011, "US", dataset.Columns),
        (0x0022, "LO", "Text"),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", bits + b"\0" * (len(bits) % 2)),
    )
    for element, representation, value in values:
        dataset.add_new(0x60000000 + element, representation, value)
    return text


def draw_icon(dataset: FileDataset, line: str) -> BurnedText:
    """Add a thumbnail of 64 x 64 pixels, 8 bits, with a line on it."""
    stored = dataset.pixel_array.astype(float)
    rows = np.linspace(0, stored.shape[0] - 1, ICON_SIDE).astype(int)
    columns = np.linspace(0, stored.shape[1] - 1, ICON_SIDE).astype(int)
    small = stored[np.ix_(rows, columns)]
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        small = small.max() - small
    span = max(float(np.ptp(small)), 1.0)
    grey = (160 * (small - small.min()) / span).astype(np.uint8)
    icon = Dataset()
    icon.Rows = icon.Columns = ICON_SIDE
    text = _placed("icon", icon, line, bottom=False)
    grey[text.box][text.letters] = 255
    icon.SamplesPerPixel = 1
    icon.PhotometricInterpretation = "MONOCHROME2"
    icon.BitsAllocated = icon.BitsStored = 8
    icon.HighBit, icon.PixelRepresentation = 7, 0
    icon.PixelData = grey.tobytes()
    icon["PixelData"].VR = "OW"
    dataset.IconImageSequence = [icon]
    return text


def _placed(holder: str, dataset: Dataset, line: str, *, bottom: bool) -> BurnedText:
    """Return the letters of a line, with their place at the top or bottom left."""
    rows, columns = dataset.Rows, dataset.Columns
    letters = letters_for((rows - 2 * MARGIN_PX, columns - 2 * MARGIN_PX), line)
    if letters is None:
        raise writing_error(
            getattr(dataset, "filename", None),
            what=f"{line!r} does not fit into {rows} x {columns} pixels",
            expected="an image of about 128 columns or more, in which letters of 8 "
            "pixels can be read",
            do="Write a larger image, or leave out the drawn places of PLACES.",
        )
    top = rows - MARGIN_PX - len(letters) if bottom else MARGIN_PX
    return BurnedText(holder, top, MARGIN_PX, letters)
