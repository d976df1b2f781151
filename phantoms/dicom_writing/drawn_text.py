"""Text as a picture: for burned-in names, overlays and thumbnails."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SMALLEST_PX = 8
"""Height of letters below which nobody could read them."""


def text_mask(line: str, height_px: int) -> np.ndarray:
    """Return a line of text as a bool picture (rows, columns), True where it is drawn.

    Parameters
    ----------
    line : str
    height_px : int
        Size of the font, at least 8.

    Examples
    --------
    >>> text_mask("I", 16).any(), text_mask("ADA", 16).shape[0] <= 20
    (np.True_, True)
    """
    font = ImageFont.load_default(size=max(height_px, SMALLEST_PX))
    left, top, right, bottom = (int(edge) for edge in font.getbbox(line))
    picture = Image.new("L", (right - left + 1, bottom - top + 1))
    ImageDraw.Draw(picture).text((-left, -top), line, fill=255, font=font)
    return np.asarray(picture) > 127


def letters_for(shape: tuple[int, int], line: str) -> np.ndarray | None:
    """Return the mask of a line that suits an image of this shape, or None.

    The letters are a 28th of the image high where that fits in its width, never less
    than 8 pixels; None if even these do not fit.
    """
    rows, columns = shape
    for height in range(max(rows // 28, SMALLEST_PX), SMALLEST_PX - 1, -1):
        mask = text_mask(line, height)
        if mask.shape[0] < rows and mask.shape[1] < columns:
            return mask
    return None


def agreement(values: np.ndarray, mask: np.ndarray) -> float:
    """Return the correlation of a part of an image with a text mask, -1 to 1.

    0 where the part has one value only.
    """
    part = values.astype(float)
    part = part - part.mean()
    letters = mask - mask.mean()
    size = np.sqrt((part**2).sum() * (letters**2).sum())
    return float((part * letters).sum() / size) if size > 0 else 0.0
