"""The image that `read_pixels` returns, and how it is put together."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from pydicom.dataset import Dataset

from helpers.dicom_pixels.decoding import decode
from helpers.dicom_pixels.errors import DicomPixelsError, pixels_error, reason
from helpers.dicom_pixels.lookup_tables import Voi, modality_of_frame
from helpers.dicom_pixels.reading import guarded, is_compressed, open_dataset
from helpers.dicom_pixels.units import spacing_of, unit_of
from helpers.dicom_pixels.values import (
    header_notes,
    padding_range,
    per_frame,
    values_of,
    voi_of,
)
from helpers.windowing import apply_window, to_bytes, window_limits

LARGEST_BYTES = 2**31  # of stored values; a larger claim needs max_bytes


@dataclass(frozen=True, eq=False)
class DicomPixels:
    """The pixels of one DICOM object, ready for use.

    Attributes
    ----------
    values : array (rows, columns), (frames, rows, columns) or (..., 3) for colour
        float32 (float64 for 32-bit integers) after a rescale, otherwise (and where the
        rescale changes nothing) the stored integers; in `unit`.
    unit : str
        "HU", "Gy", "Bq/ml", "OD", "US" (rescaled, unit unspecified), "mask", "RGB",
        "stored value" (the header gives the numbers no meaning) and the like.
    inverted : bool
        True for MONOCHROME1: the smallest value is white.
    photometric : str
        Photometric Interpretation of the header.
    stored : array
        The stored values, for teaching; may be read-only.
    bits_stored : int
    notes : tuple of str
        What had to be assumed, ignored or mended.
    dataset : pydicom Dataset
        The header.
    """

    values: np.ndarray
    unit: str
    inverted: bool
    photometric: str
    stored: np.ndarray
    bits_stored: int
    transfer_syntax: str
    frames: int
    notes: tuple[str, ...]
    dataset: Dataset
    voi: tuple[Voi | None, ...] = (None,)
    file: str | None = None

    @property
    def is_colour(self) -> bool:
        """True if the last axis of `values` holds red, green and blue."""
        return self.unit == "RGB"

    @cached_property
    def padding(self) -> np.ndarray | None:
        """Pixels outside the image proper (Pixel Padding Value), or None."""
        limits = padding_range(self.dataset)
        if limits is None or self.is_colour:
            return None
        mask = (self.stored >= limits[0]) & (self.stored <= limits[1])
        return mask if mask.any() else None

    @cached_property
    def spacing_mm(self) -> tuple[float, float] | None:
        """Distance of rows and of columns in mm, or None where the header has none."""
        return spacing_of(self.dataset)

    @cached_property
    def display_range(self) -> tuple[float, float]:
        """Values that are shown darkest and brightest (of the first frame).

        From the window or the VOI table of the header; without one, the range of an
        8-bit or colour image, or else the extremes of the finite values.
        """
        return self._range_of(self.voi[0])

    def display(self) -> np.ndarray:
        """Return the image as a viewer shows it: uint8, 0 black to 255 white."""
        if self.is_colour:
            low, high = self._full_range()
            return to_bytes((self.values.astype(np.float32) - low) / (high - low))
        if len(self.voi) == 1:
            grey = self._grey(self.values, self.voi[0])
        else:
            frames = zip(self.values, self.voi, strict=True)
            grey = np.stack([self._grey(values, voi) for values, voi in frames])
        shown = to_bytes(1.0 - grey if self.inverted else grey)
        if self.padding is not None:
            shown[self.padding] = 0
        return shown

    def describe(self) -> str:
        """Return two or three lines to print: size, unit, range, notes."""
        low, high = self.display_range
        size = " x ".join(str(length) for length in self.values.shape)
        lines = [
            f"{size} values, {self.bits_stored} bits stored, {self.photometric}, "
            f"{self.transfer_syntax}",
            f"unit {self.unit}, shown from {low:g} to {high:g}"
            + (", inverted" if self.inverted else ""),
        ]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    def _grey(self, values: np.ndarray, voi: Voi | None) -> np.ndarray:
        """Return 0 to 1 before the polarity."""
        if voi is None:
            low, high = self._full_range()
            grey = np.subtract(
                values, low, dtype=np.float64 if high > 2**24 else np.float32
            )
            grey /= max(high - low, np.finfo(np.float32).tiny)
            return np.clip(grey, 0.0, 1.0, out=grey)
        if voi.table is not None:
            return voi.table.apply(values) / np.float32((1 << voi.table.bits) - 1)
        return apply_window(
            values, center=voi.center, width=voi.width, function=voi.function
        )

    def _range_of(self, voi: Voi | None) -> tuple[float, float]:
        if voi is None:
            return self._full_range()
        if voi.table is not None:
            first = voi.table.first
            return float(first), float(first + len(voi.table.entries) - 1)
        return window_limits(voi.center, voi.width, function=voi.function)

    @cached_property
    def _extremes(self) -> tuple[float, float]:
        values = self.values if self.padding is None else self.values[~self.padding]
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            values = values[np.isfinite(values)]
        return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)

    def _full_range(self) -> tuple[float, float]:
        whole = self.values.dtype.kind in "ub"
        if whole and (self.is_colour or self.bits_stored <= 8):
            bits = (
                8 * self.values.dtype.itemsize if self.is_colour else self.bits_stored
            )
            return 0.0, float(2**bits - 1)
        return self._extremes


def read_pixels(
    path_or_dataset: str | os.PathLike | Dataset,
    *,
    window: int | None = 0,
    max_bytes: int = LARGEST_BYTES,
) -> DicomPixels:
    """Read one DICOM image into values with a stated unit and a display range.

    Parameters
    ----------
    path_or_dataset : path-like or pydicom Dataset
        One DICOM file, or a data set that was read already (it is not changed).
    window : int or None
        Which window (or VOI table) of the header to display with, the first by
        default; None: the whole range of the values.
    max_bytes : int
        Largest uncompressed size to accept, in bytes.

    Returns
    -------
    DicomPixels

    Raises
    ------
    DicomPixelsError
        With one paragraph (what, where, what is expected, what to do) if there is no
        such file, it is not DICOM, holds no pixels, is damaged or cut off, contradicts
        its own header, or no decoder knows its transfer syntax.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> pixels = read_pixels(get_testdata_file("CT_small.dcm", download=False))
    >>> pixels.unit, pixels.values.shape, float(pixels.values.min())
    ('HU', (128, 128), -896.0)
    """
    return read_decompressed(path_or_dataset, None, window=window, max_bytes=max_bytes)


def read_decompressed(
    path_or_dataset: str | os.PathLike | Dataset,
    decompressed: np.ndarray | None,
    *,
    window: int | None,
    max_bytes: int,
) -> DicomPixels:
    """Do the work of `read_pixels`, with stored values that were decoded elsewhere."""
    pixels, warned = guarded(_read, path_or_dataset, window, max_bytes, decompressed)
    if warned:
        pixels = replace(pixels, notes=pixels.notes + tuple(warned))
    return pixels


def stored_values_of_compressed(path: str, max_bytes: int) -> np.ndarray | None:
    """Return the stored values of a compressed file.

    None if it is not compressed, or anything about it is not in perfect order.
    """
    try:
        dataset, _, _ = open_dataset(path, max_bytes=max_bytes)
        if not is_compressed(dataset):
            return None
        decoded, warned = guarded(decode, dataset, path, max_bytes)
    except Exception:  # whoever asks reads it again and meets the same error
        return None
    return None if warned else decoded[0]


def _read(
    source, window: int | None, max_bytes: int, decompressed: np.ndarray | None = None
) -> DicomPixels:
    """Open and decode; whatever else goes wrong becomes the documented error."""
    dataset, path, notes = open_dataset(source, max_bytes=max_bytes)
    try:
        decoded = decode(dataset, path, max_bytes, decompressed=decompressed)
        return _pixels(dataset, path, notes, window, decoded)
    except DicomPixelsError:
        raise
    except Exception as error:  # whatever a damaged header makes pydicom do
        raise pixels_error(
            path,
            what=f"the header cannot be understood ({type(error).__name__}: "
            f"{reason(error)})",
            expected="a DICOM image with a sound header",
            do="The file is probably damaged: fetch it again or ask the sender.",
        ) from error


def _pixels(
    dataset: Dataset,
    path: str | None,
    notes: list[str],
    window: int | None,
    decoded: tuple,
) -> DicomPixels:
    """Put the pieces together."""
    stored, layout, syntax, found = decoded
    frames = layout.frames if stored.ndim > 2 and layout.frames > 1 else 1
    transforms = per_frame(modality_of_frame, dataset, frames)
    unit, remarks = unit_of(dataset, layout, transforms[0])
    values = values_of(dataset, stored, layout, transforms)
    vois, ignored = voi_of(dataset, path, frames, window, unit)
    notes = notes + found + remarks + ignored + header_notes(dataset)
    return DicomPixels(
        values=values,
        unit=unit,
        inverted=layout.photometric == "MONOCHROME1",
        photometric=layout.photometric,
        stored=stored,
        bits_stored=layout.bits_stored,
        transfer_syntax=syntax.name,
        frames=frames,
        notes=tuple(dict.fromkeys(notes)),
        dataset=dataset,
        voi=vois,
        file=path,
    )
