"""The shape and the encoding of the pixels that a DICOM header claims."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydicom.dataset import Dataset

from helpers.dicom_pixels.errors import pixels_error
from helpers.dicom_pixels.header import has, number, raw_text, text

PIXEL_KEYWORDS = {"PixelData": 0, "FloatPixelData": 32, "DoubleFloatPixelData": 64}
SAMPLES = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_PARTIAL_422": 3,
    "YBR_PARTIAL_420": 3,
    "YBR_ICT": 3,
    "YBR_RCT": 3,
}


@dataclass(frozen=True)
class Layout:
    """The shape and the encoding that the header claims."""

    keyword: str
    rows: int
    columns: int
    samples: int
    frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str

    @property
    def native_bytes(self) -> int:
        """Size of the uncompressed pixel data without padding."""
        bits = self.rows * self.columns * self.samples * self.bits_allocated
        if self.photometric == "YBR_FULL_422":
            bits = bits * 2 // 3
        return math.ceil(bits * self.frames / 8)


def layout_of(dataset: Dataset, path: str | None, keyword: str) -> Layout:
    """Return the checked attributes of the Image Pixel module."""
    rows, columns = (_count(dataset, path, name) for name in ("Rows", "Columns"))
    bits = PIXEL_KEYWORDS[keyword] or _count(dataset, path, "BitsAllocated")
    photometric = text(dataset, "PhotometricInterpretation")
    samples = SAMPLES.get(photometric)
    stated = number(dataset, "SamplesPerPixel")
    if samples is None or (stated is not None and stated != samples):
        raise pixels_error(
            path,
            what=f"Photometric Interpretation is {photometric or 'missing'} with "
            f"{'no' if stated is None else int(stated)} Samples Per Pixel",
            expected="MONOCHROME1, MONOCHROME2 or PALETTE COLOR with 1 sample, or RGB "
            "or YBR_... with 3",
            do="Without it nobody knows whether 0 is black or white: ask the sender.",
        )
    stored = int(number(dataset, "BitsStored") or bits)
    if not 1 <= stored <= bits or (bits != 1 and bits % 8) or bits > 64:
        raise pixels_error(
            path,
            what=f"Bits Allocated is {bits} and Bits Stored is {stored}",
            expected="1, 8, 16, 32 or 64 bits allocated and no more than that stored",
            do="The header is damaged: fetch the file again or ask the sender.",
        )
    high = number(dataset, "HighBit") if stored < bits else None
    if high is not None and not stored - 1 <= high < bits:
        high = None  # impossible, so the usual place
    return Layout(
        keyword=keyword,
        rows=rows,
        columns=columns,
        samples=samples,
        frames=_frames(dataset, path),
        bits_allocated=bits,
        bits_stored=stored,
        high_bit=stored - 1 if high is None else int(high),
        signed=number(dataset, "PixelRepresentation") == 1,
        photometric=photometric,
    )


def _count(dataset: Dataset, path: str | None, keyword: str) -> int:
    """Return a positive whole number of the header."""
    value = number(dataset, keyword)
    if value is None or value < 1 or value != int(value):
        found = f"{value}" if has(dataset, keyword) else "missing"
        raise pixels_error(
            path,
            what=f"{keyword} is {found}",
            expected=f"a whole number above 0 for {keyword}",
            do="The size of the image cannot be guessed safely: fetch the file again "
            "or ask the sender for a complete one.",
        )
    return int(value)


def _frames(dataset: Dataset, path: str | None) -> int:
    """Return the number of frames; 1 where the header has none."""
    if not has(dataset, "NumberOfFrames"):
        return 1
    frames = number(dataset, "NumberOfFrames")
    if frames is None and not raw_text(dataset, "NumberOfFrames"):
        return 1  # the attribute is there and empty
    if not frames or frames < 1 or frames != int(frames):
        raise pixels_error(
            path,
            what=f"Number of Frames is {raw_text(dataset, 'NumberOfFrames')!r}",
            expected="a whole number above 0",
            do="The header is damaged: fetch the file again or ask the sender.",
        )
    return int(frames)
