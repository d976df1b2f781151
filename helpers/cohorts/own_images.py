"""Read the image files of an own folder into one uint8 array of display values.

PNG, JPEG, BMP and TIFF by Pillow, DICOM by `helpers.dicom_pixels`, npy and npz without
pickle. What a file is, is told from its first bytes, not from its name.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from skimage.transform import resize, resize_local_mean
from tqdm.auto import tqdm

from helpers.cohorts.contract import CohortError

DEFAULT_SIZE = 128
PILLOW_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
BIT_DEPTHS = (8, 10, 12, 14, 16)
QUIET_BELOW = 100  # images: so few need no progress bar


@dataclass(frozen=True)
class Picture:
    """One image as read, and after resizing.

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


@dataclass(frozen=True)
class ImageStack:
    """All images of a folder in one form.

    Parameters
    ----------
    images : uint8 array of shape (n, size, size) or (n, size, size, 3)
    native_shapes : list of (rows, columns)
    notes : tuple of str
        What was done to the images.
    """

    images: np.ndarray
    native_shapes: list[tuple[int, int]]
    notes: tuple[str, ...]


def read_images(
    paths: list[Path], *, size: int | None, where: Callable[[int], str]
) -> ImageStack:
    """Return the images of some files, all of one size and one number of channels.

    Parameters
    ----------
    paths : list of Path
    size : int or None
        Rows and columns to fit into; None keeps square images of one size up to 128
        pixels as they are and fits others into 128 x 128.
    where : callable
        Gives "line 5 of labels.csv" for the number of an image.

    Raises
    ------
    CohortError
        If a file cannot be read; it names the file, and how many others fail too.
    """
    fit = size or DEFAULT_SIZE
    pictures = in_threads(
        lambda path: _fitted_early(read_picture(path), fit, keep_small=size is None),
        paths,
        where=where,
    )
    shapes = {picture.values.shape[:2] for picture in pictures}
    if len(shapes) > 1:
        pictures = [_fitted(picture, fit) for picture in pictures]
    scale, depth_note = _depth(pictures)
    arrays = [
        _as_bytes(picture.values * scale if picture.is_deep else picture.values)
        for picture in pictures
    ]
    images, colour_note = _one_colour_mode(arrays)
    native = [picture.native_shape for picture in pictures]
    notes = (_size_note(native, images.shape[1]), depth_note, colour_note)
    return ImageStack(images, native, tuple(note for note in notes if note))


def in_threads(
    read: Callable[[Path], object], paths: list[Path], *, where: Callable[[int], str]
) -> list:
    """Return read(path) for every path, several at a time, with a progress bar.

    Raises
    ------
    CohortError
        Names the first file that fails, its place, and how many more fail.
    """

    def guarded(path: Path) -> object:
        try:
            return read(path)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - any library may fail on a bad file
            return error

    quiet = len(paths) < QUIET_BELOW or os.environ.get("COURSE_QUIET") == "1"
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 2) + 1)) as pool:
        results = list(
            tqdm(
                pool.map(guarded, paths),
                total=len(paths),
                desc="Reading images",
                unit="image",
                disable=quiet,
                leave=False,
            )
        )
    failed = [
        row for row, result in enumerate(results) if isinstance(result, Exception)
    ]
    if failed:
        first = failed[0]
        others = ", ".join(paths[row].name for row in failed[1:4])
        more = f" {len(failed) - 1} more cannot be read either: {others}." * (
            len(failed) > 1
        )
        raise CohortError(
            f"{paths[first].name} ({where(first)}) cannot be used: {results[first]}{more}"
        ) from results[first]
    return results


def read_picture(path: Path) -> Picture:
    """Return one image as it is in its file, in display values.

    Raises
    ------
    CohortError
        If it is no image, is damaged, has several frames, or holds other numbers than
        8 or 16 bits.
    """
    with path.open("rb") as file:
        start = file.read(132)
    if not start:
        raise CohortError("the file is empty. Copy it again from where it came.")
    if start[128:132] == b"DICM":
        values = _read_dicom(path)
    elif start.startswith((b"\x93NUMPY", b"PK")):
        values = _read_numpy(path)
    elif start.startswith((b"\x89PNG", b"\xff\xd8", b"BM", b"II*\0", b"MM\0*")):
        values = _read_with_pillow(path)
    elif path.suffix.lower() in ("", ".dcm", ".dicom", ".ima"):
        values = _read_dicom(path)
    else:
        raise CohortError(
            f"it begins with the bytes {start[:8]!r}, which is not PNG, JPEG, BMP, TIFF, "
            "DICOM, npy or npz, whatever its name says. Export the image again in one "
            "of these, or correct the file name in the table."
        )
    return _picture(values)


def _picture(values: np.ndarray) -> Picture:
    is_colour = values.ndim == 3 and values.shape[-1] == 3
    if not is_colour and values.ndim != 2:
        raise CohortError(
            f"it holds an array of the shape {values.shape}; expected one image (rows, "
            "columns) or (rows, columns, 3). Write every slice or frame to a file and a "
            "row of its own."
        )
    if min(values.shape[:2]) < 2:
        raise CohortError(
            f"its shape is {values.shape}; expected at least 2 x 2 pixels."
        )
    if is_colour and (values == values[..., :1]).all():
        values = values[..., 0]
    return Picture(
        values, float(values.max()), values.dtype != np.uint8, values.shape[:2]
    )


def _read_dicom(path: Path) -> np.ndarray:
    from helpers.dicom_pixels import read_pixels

    return read_pixels(path).display()


def _read_numpy(path: Path) -> np.ndarray:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            values = loaded
        else:
            with loaded:
                if len(loaded.files) != 1 and "image" not in loaded.files:
                    raise CohortError(
                        f"it holds the arrays {', '.join(loaded.files)}; expected one "
                        "array, or one called image."
                    )
                values = loaded["image" if "image" in loaded.files else loaded.files[0]]
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise CohortError(f"it is damaged ({error}). Copy it again.") from error
    except ValueError as error:
        if isinstance(error, CohortError) or "allow_pickle" not in str(error):
            raise
        raise CohortError(
            "it holds Python objects, not a plain array. Such a file can run any program "
            "when it is read, so the course never does. Save plain arrays: "
            "np.savez(path, image=values.astype('uint8'))."
        ) from error
    if values.dtype not in (np.uint8, np.uint16):
        raise CohortError(
            f"its array has the type {values.dtype}; expected uint8 (0 black to 255 "
            "white) or uint16. Window it first: helpers.windowing.apply_window."
        )
    return values if values.dtype == np.uint8 else values.astype(np.float32)


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
            f"it is damaged or cut off ({error}). Copy or export it again, or leave its "
            "row out of the table."
        ) from error


def _plain(image: Image.Image) -> np.ndarray:
    """Return grey or RGB values of a Pillow image of any mode; see-through is black."""
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise CohortError(
                f"its values run from {values.min()} to {values.max()}; expected 8 or 16 "
                "bits without sign. Window it first."
            )
        return values.astype(np.float32)
    if image.mode == "F":
        raise CohortError("it holds floating-point numbers; expected 8 or 16 bits.")
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        black = Image.new("RGBA", rgba.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, rgba)
    return np.asarray(image.convert("RGB"))


def _fitted_early(picture: Picture, fit: int, *, keep_small: bool) -> Picture:
    """Fit an image as soon as it is read, so that few large ones are in memory."""
    rows, columns = picture.native_shape
    if keep_small and rows == columns <= DEFAULT_SIZE:
        return picture
    return _fitted(picture, fit)


def _fitted(picture: Picture, size: int) -> Picture:
    values = fit_into_square(picture.values, size)
    return replace(picture, values=values if picture.is_deep else _as_bytes(values))


def fit_into_square(values: np.ndarray, size: int) -> np.ndarray:
    """Return an image fitted into size x size, its sides in proportion, edges black.

    Shrinking takes the mean over the area of each new pixel; enlarging is bilinear.

    Parameters
    ----------
    values : array of shape (rows, columns) or (rows, columns, 3)
    size : int

    Examples
    --------
    >>> fit_into_square(np.array([[10, 30], [10, 30], [20, 40], [20, 40]]), 2)
    array([[20.,  0.],
           [30.,  0.]], dtype=float32)
    """
    rows, columns = values.shape[:2]
    if rows == columns == size:
        return values.astype(np.float32)
    longest = max(rows, columns)
    shape = (
        max(1, round(rows * size / longest)),
        max(1, round(columns * size / longest)),
    )
    shape = (*shape, *values.shape[2:])
    grey = values.astype(np.float32)
    if longest > size:
        small = resize_local_mean(
            grey,
            shape[:2],
            preserve_range=True,
            channel_axis=2 if grey.ndim == 3 else None,
        )
    else:
        small = resize(grey, shape, order=1, preserve_range=True, mode="edge")
    square = np.zeros((size, size, *values.shape[2:]), np.float32)
    top, left = (size - shape[0]) // 2, (size - shape[1]) // 2
    square[top : top + shape[0], left : left + shape[1]] = small
    return square


def _as_bytes(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _depth(pictures: list[Picture]) -> tuple[float, str]:
    """Return what to multiply 16-bit images with, and the sentence for the card."""
    tops = [picture.top for picture in pictures if picture.is_deep]
    if not tops:
        return 1.0, ""
    bits = next(bits for bits in BIT_DEPTHS if max(tops) < 2**bits)
    return 255 / (2**bits - 1), (
        f"{len(tops)} images have 16-bit files; their largest value is {max(tops):g}, so "
        f"they are shown as {bits}-bit values, 0 black to {2**bits - 1} white."
    )


def _one_colour_mode(arrays: list[np.ndarray]) -> tuple[np.ndarray, str]:
    in_colour = sum(values.ndim == 3 for values in arrays)
    if not in_colour:
        return np.stack(arrays), ""
    note = (
        ""
        if in_colour == len(arrays)
        else (
            f"{in_colour} of {len(arrays)} images are in colour: the grey ones were given "
            "three equal channels."
        )
    )
    rgb = [
        values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=2)
        for values in arrays
    ]
    return np.stack(rgb), note


def _size_note(native: list[tuple[int, int]], size: int) -> str:
    different = sorted(set(native))
    if different == [(size, size)]:
        return ""
    smallest, largest = min(different), max(different)
    found = f"{smallest[0]} x {smallest[1]}"
    if len(different) > 1:
        found += f" to {largest[0]} x {largest[1]} ({len(different)} sizes)"
    padded = any(rows != columns for rows, columns in different)
    return (
        f"Images of {found} pixels were fitted into {size} x {size}, in proportion"
        + (", with black edges." if padded else ".")
    )
