"""The size that is written inside a compressed frame, against that of the header."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from helpers.dicom_pixels.errors import pixels_error
from helpers.dicom_pixels.layout import Layout


def check_codestream(dataset: Dataset, path: str | None, layout: Layout) -> None:
    """Compare the size inside the first JPEG or JPEG 2000 frame with the header."""
    try:
        frames = generate_frames(
            dataset[layout.keyword].value, number_of_frames=layout.frames
        )
        size = codestream_size(next(frames))
    except Exception:
        return  # the decoder says it better
    if size is not None and size != (layout.rows, layout.columns):
        raise pixels_error(
            path,
            what=f"the compressed image has {size[0]} rows and {size[1]} columns, the "
            f"header says {layout.rows} and {layout.columns}",
            expected="the same size in both",
            do="One of them is wrong, so the image would be too: ask the sender.",
        )


def codestream_size(frame: bytes) -> tuple[int, int] | None:
    """Return (rows, columns) written inside a JPEG, JPEG-LS or JPEG 2000 frame.

    None if the bytes are none of these (RLE has no size inside).
    """
    if frame[:4] == b"\xff\x4f\xff\x51":  # JPEG 2000: SOC, SIZ
        right, lower, left, upper = np.frombuffer(frame[8:24], ">u4").tolist()
        return lower - upper, right - left
    position = 2
    while frame[:2] == b"\xff\xd8" and position + 9 <= len(frame):
        if frame[position] != 0xFF:
            return None
        marker = frame[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
        elif marker == 0xF7 or (
            0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
        ):
            rows = int.from_bytes(frame[position + 5 : position + 7], "big")
            return rows, int.from_bytes(frame[position + 7 : position + 9], "big")
        else:
            position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")
    return None
