"""One image file, whatever it is, as grey or RGB values; nothing is ever unpickled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from helpers.cohort_contract import CohortError
from helpers.dicom_pixels import read_pixels


def read_image(path: Path) -> np.ndarray:
    """Return the values of one image file, whatever its name says it is.

    Parameters
    ----------
    path : Path
        PNG, JPEG, BMP, TIFF, DICOM, or npy or npz with one array.

    Returns
    -------
    array of shape (rows, columns) or (rows, columns, 3)
        uint8 display values, or float32 of an image with 16 bits.

    Raises
    ------
    CohortError
        If it holds several frames, or other numbers than 8 or 16 bits. The readers of
        Pillow, numpy and DICOM raise errors of their own for a damaged file.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> read_image(Path(get_testdata_file("CT_small.dcm"))).shape
    (128, 128)
    """
    with path.open("rb") as file:
        start = file.read(132)
    if start.startswith((b"\x93NUMPY", b"PK")):
        loaded = np.load(path, allow_pickle=False)
        values = loaded if isinstance(loaded, np.ndarray) else loaded[loaded.files[0]]
    elif start[128:] == b"DICM" or path.suffix.lower() in ("", ".dcm", ".ima"):
        values = read_pixels(path).display()
    else:
        values = _read_with_pillow(path)
    is_image = values.ndim == 2 or values.shape[2:] == (3,)
    if not is_image or min(values.shape[:2]) < 2 or values.dtype.kind not in "ui":
        raise CohortError(f"it holds {values.dtype} {values.shape}, not one image")
    if values.min() < 0 or values.max() >= 2**16:
        raise CohortError(f"it goes from {values.min()} to {values.max()}; window it")
    if values.ndim == 3 and (values == values[..., :1]).all():
        values = values[..., 0]
    return values if values.dtype == np.uint8 else values.astype(np.float32)


def _read_with_pillow(path: Path) -> np.ndarray:
    """Return the values of a picture; see-through pixels are black."""
    with Image.open(path, formats=("PNG", "JPEG", "BMP", "TIFF")) as image:
        if getattr(image, "n_frames", 1) > 1:
            raise CohortError(f"it holds {image.n_frames} frames; expected one image")
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return np.asarray(image)
    seen = image.convert("RGBA")
    black = Image.new("RGBA", seen.size, "black")
    return np.asarray(Image.alpha_composite(black, seen))[..., :3]
