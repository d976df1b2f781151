"""Damaged DICOM files from a seed, for the fuzz tests of every reader.

for number, content in enumerate(small_files().values()):
    path.write_bytes(mutated(content, seed=number))
    ...  # the documented error or a sound result, never more
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import numpy as np
from pydicom.datadict import tag_for_keyword

from tests.helpers.dicom_examples import WHEEL, course_files

LARGEST = 11_000  # bytes of a file to begin with, so that hundreds take seconds
NUMBERS = (0, 1, 2, 3, 7, 8, 12, 16, 32, 255, 4096, 32768, 65535, 2**31, 2**32 - 1)
TEXTS = (b"", b"0", b"-1", b"1A", b"NaN", b"inf", b"1e308", b"1e-320", b"\\", b"\xff")
TEXTS += (b"1\\2\\3\\4", b"RGB", b"YBR_FULL", b"MONOCHROME1", b"PALETTE COLOR", b"\0")
TEXTS += (b"1.2.840.10008.1.2.4.90", b"LINEAR", b"999999999999", b"0.0\\0.0\\0.0")
SHAPING = (
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelSpacing"),
    *("PhotometricInterpretation", "RescaleSlope", "RescaleIntercept", "WindowCenter"),
    *("WindowWidth", "ImagePositionPatient", "ImageOrientationPatient", "Modality"),
    *("SliceThickness", "TransferSyntaxUID", "PixelPaddingValue", "SOPClassUID"),
    *("SOPInstanceUID", "SeriesInstanceUID", "DoseGridScaling", "SpecificCharacterSet"),
)


def mutated(source: bytes | Path, seed: int) -> bytes:
    """Return the content of a file with one to three defects, mostly in its header.

    A bit is turned, a number or a text written over the value or the length of an
    attribute, bytes are cut off, taken out, put in or repeated.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    random, data = np.random.default_rng(seed), bytearray(content)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        end = len(data) if random.random() < 0.3 else min(len(data), 1800)
        at = int(random.integers(0, max(end, 1)))
        kind = random.choice(["bit", "value", "value", "length", "end", "out", "in"])
        if kind == "bit" and data:
            data[at] ^= 1 << int(random.integers(8))
        elif kind in ("value", "length"):
            _write_over(data, kind, random)
        elif kind == "end":
            del data[at:]
        elif kind == "out":
            del data[at : at + int(random.integers(1, 40))]
        else:
            repeated = data[at : at + int(random.integers(1, 200))]
            data[at:at] = repeated if random.random() < 0.5 else random.bytes(9)
    return bytes(data)


def _write_over(data: bytearray, kind: str, random: np.random.Generator) -> None:
    """Write a number or a text over the value or the length of one attribute."""
    tag = tag_for_keyword(SHAPING[random.integers(len(SHAPING))])
    at = data.find(struct.pack("<HH", tag >> 16, tag & 0xFFFF))
    if at < 0:
        return
    number = int(NUMBERS[random.integers(len(NUMBERS))])
    if kind == "length":
        data[at + 6 : at + 8] = struct.pack("<H", number & 0xFFFF)
    elif random.random() < 0.5:
        data[at + 8 : at + 10] = struct.pack("<H", number & 0xFFFF)
    else:  # with a length that is true, as implicit and as short explicit VR have it
        text = TEXTS[random.integers(len(TEXTS))]
        text += b" " * (len(text) % 2)
        old = struct.unpack("<H", data[at + 6 : at + 8].ljust(2, b"\0"))[0]
        data[at + 6 : at + 8] = struct.pack("<H", len(text))
        data[at + 8 : at + 8 + old] = text


@cache
def small_files() -> dict[str, bytes]:
    """Return sound and odd files to begin with, by name: small ones of pydicom.

    With COURSE_DATA_DIR set, the small ones of its dicom/odd as well.
    """
    paths = sorted((WHEEL / "test_files").glob("*.dcm"))
    paths += [path for path in course_files() if path.parent.name == "odd"]
    small = [path for path in paths if path.stat().st_size <= LARGEST]
    return {path.name: path.read_bytes() for path in small}
