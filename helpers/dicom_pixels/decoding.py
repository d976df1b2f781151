"""From the Pixel Data of a DICOM object to an array of stored values.

pydicom and its decoders do the work. This module checks beforehand what they would
believe: that the header is complete, that the claimed size agrees with the bytes that
are there (nothing is allocated on the word of a header), that the compressed image has
the size of the header.
"""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from helpers.dicom_pixels.codestreams import check_codestream
from helpers.dicom_pixels.errors import DicomPixelsError, pixels_error, reason
from helpers.dicom_pixels.header import has
from helpers.dicom_pixels.layout import PIXEL_KEYWORDS, Layout, layout_of
from helpers.dicom_pixels.reading import DIRECTORY


def decode(
    dataset: Dataset,
    path: str | None,
    max_bytes: int,
    *,
    decompressed: np.ndarray | None = None,
):
    """Return stored values, the layout, the transfer syntax and the notes.

    `decompressed` are the stored values if another process has decoded them already.

    Raises
    ------
    DicomPixelsError
        If there are no pixels, the header is incomplete or contradicts the pixel
        data, or no decoder can read it.
    """
    keyword = _pixel_keyword(dataset, path)
    if not _stated_syntax(dataset) and not has(dataset, "Rows"):
        raise _unknown_syntax(dataset, path, "and no size")
    layout = layout_of(dataset, path, keyword)
    _check_claimed_size(layout, path, max_bytes)
    syntax, notes = _transfer_syntax(dataset, path, layout)
    if syntax.is_encapsulated:
        if decompressed is not None:
            return decompressed, layout, syntax, notes
        check_codestream(dataset, path, layout)
    else:
        notes += _check_native_length(dataset, path, layout)
    stored, found = _decoded(dataset, path, syntax, layout)
    return stored, layout, syntax, notes + found


def _pixel_keyword(dataset: Dataset, path: str | None) -> str:
    """Return the attribute that holds the pixels, or say what the object is instead."""
    present = [keyword for keyword in PIXEL_KEYWORDS if has(dataset, keyword)]
    if len(present) == 1 and dataset[present[0]].value:
        return present[0]
    what, do = _object_without_pixels(dataset)
    if len(present) > 1:
        what, do = f"it has {' and '.join(present)}", "Ask the sender which is meant."
    elif present:
        what = "its Pixel Data are empty"
        do = "They were removed or cut off: fetch the file again."
    raise pixels_error(
        path, what=what, expected="an object with one set of pixel data", do=do
    )


def _object_without_pixels(dataset: Dataset) -> tuple[str, str]:
    """Say what a pixel-less object is, and what to do."""
    meta = getattr(dataset, "file_meta", None) or Dataset()
    uid = str(dataset.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or "")
    if uid == DIRECTORY or "DirectoryRecordSequence" in dataset:
        records = len(dataset.get("DirectoryRecordSequence") or [])
        return (
            f"this is a DICOMDIR, the index of a medium ({records} records)",
            "Read the image files it lists; they lie in the folders beside it.",
        )
    name = UID(uid).name if uid else ""
    kind = f"this is a {name} object and" if name else "this object"
    return (
        f"{kind} has no pixel data",
        "Give an image of the study; reports, plans and structure sets hold none. If "
        "it should be one, the file was cut off before its pixels: fetch it again.",
    )


def _check_claimed_size(layout: Layout, path: str | None, max_bytes: int) -> None:
    """Raise before anything is allocated for an impossible image."""
    pixels = layout.rows * layout.columns * layout.samples * layout.frames
    size = pixels * max(1, layout.bits_allocated // 8)
    if size > max_bytes:
        raise pixels_error(
            path,
            what=f"the header claims {layout.frames} frames of {layout.rows} x "
            f"{layout.columns} pixels, {size / 1e6:.0f} MB",
            expected=f"at most {max_bytes / 1e6:.0f} MB",
            do="If the size is true and the memory is there, pass a larger max_bytes.",
        )


def _transfer_syntax(dataset: Dataset, path: str | None, layout: Layout):
    """Return the transfer syntax, guessed only where the length proves the guess."""
    stated = _stated_syntax(dataset)
    if not stated:
        implicit, little = dataset.original_encoding
        length = len(dataset[layout.keyword].value)
        exact = length in (layout.native_bytes, layout.native_bytes + 1)
        if little is None or not exact or _starts_with_item(dataset, layout):
            found = f"({length} bytes of pixels for an image of {layout.native_bytes})"
            raise _unknown_syntax(dataset, path, found)
        native = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        return native if little else ExplicitVRBigEndian, [
            "No Transfer Syntax UID in the header: read as uncompressed, because the "
            "length of the pixel data is exactly right for that."
        ]
    syntax = UID(stated)
    try:
        if get_decoder(syntax).is_available:
            return syntax, []
    except NotImplementedError:
        video = "MPEG" in syntax.name or "HEVC" in syntax.name
        raise pixels_error(
            path,
            what=f"no decoder for the transfer syntax {syntax.name!r} ({syntax})",
            expected="uncompressed, deflated, RLE, JPEG, JPEG-LS or JPEG 2000 pixels",
            do="It is a video: export single frames."
            if video
            else "Ask the archive to send it as Explicit VR Little Endian.",
        ) from None
    raise pixels_error(
        path,
        what=f"no decoder is installed for {syntax.name!r}",
        expected="the decoders that the course's environment has",
        do="Install them: pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg.",
    )


def _stated_syntax(dataset: Dataset) -> str:
    """Return the Transfer Syntax UID of the file meta information, or ''."""
    meta = getattr(dataset, "file_meta", None) or Dataset()
    return str(meta.get("TransferSyntaxUID") or "")


def _unknown_syntax(dataset: Dataset, path: str | None, found: str) -> DicomPixelsError:
    """Return the error for pixels whose encoding nothing proves."""
    return pixels_error(
        path,
        what=f"the file meta information has no Transfer Syntax UID {found}",
        expected="(0002,0010), or pixel data of exactly the uncompressed size",
        do="Without it the bytes cannot be read: ask the sender for the file as the "
        "archive holds it.",
    )


def _starts_with_item(dataset: Dataset, layout: Layout) -> bool:
    """Tell whether the pixel data begin like encapsulated (compressed) ones."""
    return dataset[layout.keyword].value[:4] in (
        b"\xfe\xff\x00\xe0",
        b"\xff\xfe\xe0\x00",
    )


def _check_native_length(dataset: Dataset, path: str | None, layout: Layout):
    """Compare the length of uncompressed pixel data with the claim of the header."""
    length, claimed = len(dataset[layout.keyword].value), layout.native_bytes
    surplus = length - claimed
    if 0 <= surplus <= 1:
        return []
    if 0 < surplus <= claimed // 20 and not _starts_with_item(dataset, layout):
        return [f"{surplus} bytes after the last pixel were ignored."]
    if getattr(dataset[layout.keyword], "is_undefined_length", False):
        what = "the transfer syntax says uncompressed, but the pixels are encapsulated"
    else:
        state = "cut off" if surplus < 0 else "too long"
        what = f"the pixel data are {state}: {length} bytes"
    raise pixels_error(
        path,
        what=what,
        expected=f"{claimed} bytes for {layout.frames} frame(s) of {layout.rows} x "
        f"{layout.columns} x {layout.samples} at {layout.bits_allocated} bits",
        do="The file was truncated or its header is wrong: fetch it again.",
    )


def _decoded(dataset: Dataset, path: str | None, syntax: UID, layout: Layout):
    """Return the stored values in native byte order, and the decoder's remarks."""
    native = not syntax.is_encapsulated
    options = {"view_only": True, "correct_unused_bits": False} if native else {}
    try:
        stored, _ = get_decoder(syntax).as_array(dataset, **options)
    except MemoryError as error:
        raise pixels_error(
            path,
            what="there is not enough memory for the pixels",
            expected=f"about {layout.native_bytes / 1e6:.0f} MB free",
            do="Close other programs, or read it on a larger machine.",
        ) from error
    except Exception as error:
        raise pixels_error(
            path,
            what=f"the {syntax.name} pixels cannot be decoded ({reason(error)})",
            expected="pixel data that agree with the header",
            do="The file is probably damaged: fetch it again, or ask the archive to "
            "send it uncompressed (Explicit VR Little Endian).",
        ) from error
    if not stored.dtype.isnative:
        stored = stored.astype(stored.dtype.newbyteorder("="))
    if native and layout.keyword == "PixelData" and layout.bits_allocated > 1:
        return mask_unused_bits(
            stored, layout.bits_stored, layout.high_bit, layout.signed
        )
    return stored, []


def mask_unused_bits(
    stored: np.ndarray, bits_stored: int, high_bit: int, signed: bool
) -> tuple[np.ndarray, list[str]]:
    """Keep the bits of the pixel cell that hold the value; extend the sign.

    Cells may carry anything in the other bits, overlays of old scanners for example
    (PS3.5, 8.1.1). Most files have nothing there, and then nothing is copied.
    """
    cell = 8 * stored.dtype.itemsize
    if bits_stored == cell or stored.size == 0:
        return stored, []
    low, high = (
        (-(1 << bits_stored - 1), (1 << bits_stored - 1) - 1)
        if signed
        else (
            0,
            (1 << bits_stored) - 1,
        )
    )
    clean = stored.max() <= high and (not signed or stored.min() >= low)
    if clean and high_bit == bits_stored - 1:
        return stored, []
    masked = np.left_shift(stored, cell - 1 - high_bit)
    masked = np.right_shift(masked, cell - bits_stored, out=masked)
    if np.array_equal(masked, stored):
        return stored, []
    return masked, [
        f"Only bits {high_bit - bits_stored + 1} to {high_bit} of a pixel hold its "
        "value; the others were set and are ignored."
    ]
