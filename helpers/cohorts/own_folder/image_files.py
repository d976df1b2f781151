"""Read one image file, whatever it is, into grey or RGB values.

PNG, JPEG, BMP and TIFF by Pillow, DICOM by `helpers.dicom_pixels`, npy and npz without
pickle. What a file is, is told from its first bytes, not from its name.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from helpers.cohorts.card import CohortError

PILLOW_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
PILLOW_STARTS = (b"\x89PNG", b"\xff\xd8", b"BM", b"II*\0", b"MM\0*")


@dataclass(frozen=True)
class Picture:
    """One image, as read or fitted to another size.

    Parameters
    ----------
    values : array of shape (rows, columns) or (rows, columns, 3)
        uint8 display values, or float32 while the bit depth is not decided.
    top : float
        Largest value as read: decides the bit depth of 16-bit images.
    is_deep : bool
        True for more than 8 bits per pixel.
    native_shape : tuple of int
        Rows and columns of the file.
    """

    values: np.ndarray
    top: float
    is_deep: bool
    native_shape: tuple[int, int]


def read_picture(path: Path) -> Picture:
    """Return one image as it is in its file.

    Parameters
    ----------
    path : Path

    Raises
    ------
    CohortError
        If it is no image, is damaged, has several frames, or holds other numbers than
        8 or 16 bits. The caller adds the name of the file.
    """
    with path.open("rb") as file:
        start = file.read(132)
    if not start:
        raise CohortError("the file is empty. Copy it again from where it came.")
    if start.startswith((b"\x93NUMPY", b"PK")):
        return _picture(_read_numpy(path))
    if start.startswith(PILLOW_STARTS) and not is_dicom(start):
        return _picture(_read_with_pillow(path))
    if is_dicom(start) or path.suffix.lower() in ("", ".dcm", ".dicom", ".ima"):
        from helpers.dicom_pixels import read_pixels

        return _picture(read_pixels(path).display())
    raise CohortError(
        f"it begins with the bytes {start[:8]!r}, which is not PNG, JPEG, BMP, TIFF, "
        "DICOM, npy or npz, whatever its name says. Export the image again in one of "
        "these, or correct the file name in the table."
    )


def is_dicom(start: bytes) -> bool:
    """Return True for the first 132 bytes of a DICOM file with its preamble."""
    return start[128:132] == b"DICM"


def _picture(values: np.ndarray) -> Picture:
    is_colour = values.ndim == 3 and values.shape[-1] == 3
    if not is_colour and values.ndim != 2:
        raise CohortError(
            f"it holds an array of the shape {values.shape}; expected one image (rows, "
            "columns) or (rows, columns, 3). Write every slice or frame to a file and "
            "a row of its own."
        )
    shape = values.shape[:2]
    if min(shape) < 2:
        raise CohortError(
            f"it has {shape[0]} x {shape[1]} pixels; expected 2 x 2 or more."
        )
    if is_colour and (values == values[..., :1]).all():
        values = values[..., 0]
    return Picture(values, float(values.max()), values.dtype != np.uint8, shape)


def _read_numpy(path: Path) -> np.ndarray:
    """Return the one array of an npy or npz file, never unpickling anything."""
    try:
        loaded = np.load(path, allow_pickle=False)
        values = loaded if isinstance(loaded, np.ndarray) else _only_array(loaded)
    except CohortError:
        raise
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        if "allow_pickle" not in str(error):
            raise CohortError(f"it is damaged ({error}). Copy it again.") from error
        raise CohortError(
            "it holds Python objects, not a plain array. Such a file can run any "
            "program when it is read, so the course never does. Save plain arrays: "
            "np.savez(path, image=values.astype('uint8'))."
        ) from error
    if values.dtype not in (np.uint8, np.uint16):
        raise CohortError(
            f"its array has the type {values.dtype}; expected uint8 (0 black to 255 "
            "white) or uint16. Window it first: helpers.windowing.apply_window."
        )
    return values if values.dtype == np.uint8 else values.astype(np.float32)


def _only_array(loaded: np.lib.npyio.NpzFile) -> np.ndarray:
    with loaded:
        name = "image" if "image" in loaded.files else loaded.files[0]
        if len(loaded.files) > 1 and name != "image":
            raise CohortError(
                f"it holds the arrays {', '.join(loaded.files)}; expected one array, "
                "or one called image."
            )
        return loaded[name]


def _read_with_pillow(path: Path) -> np.ndarray:
    try:
        with Image.open(path, formats=PILLOW_FORMATS) as image:
            if getattr(image, "n_frames", 1) > 1:
                raise CohortError(
                    f"it holds {image.n_frames} frames; expected one image per file. "
                    "Save every frame to a file and a row of its own."
                )
            return _plain(ImageOps.exif_transpose(image))
    except CohortError:
        raise
    except Exception as error:
        raise CohortError(
            f"it is damaged or cut off ({error}). Copy or export it again, or leave "
            "its row out of the table."
        ) from error


def _plain(image: Image.Image) -> np.ndarray:
    """Return grey or RGB values of a Pillow image of any mode; see-through is black."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        if image.mode == "F" or values.min() < 0 or values.max() > 65535:
            raise CohortError(
                f"its values are {values.dtype} from {values.min():g} to "
                f"{values.max():g}; expected 8 or 16 bits without sign. Window it "
                "first."
            )
        return values.astype(np.float32)
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return np.asarray(image.convert("L"))
    if "A" in image.mode.upper()[1:] or "transparency" in image.info:
        rgba = image.convert("RGBA")
        black = Image.new("RGBA", rgba.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, rgba)
    return np.asarray(image.convert("RGB"))
