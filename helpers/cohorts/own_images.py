"""Read all image files of an own folder into one uint8 array of display values."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from helpers.cohorts.card import CohortError
from helpers.cohorts.image_files import Picture, read_picture
from helpers.cohorts.resizing import as_bytes, fit_into_square

DEFAULT_SIZE = 128
BIT_DEPTHS = (8, 10, 12, 14, 16)
QUIET_BELOW = 100  # images: so few need no progress bar


@dataclass(frozen=True)
class ImageStack:
    """All images of a folder in one form.

    Parameters
    ----------
    images : uint8 array of shape (n, size, size) or (n, size, size, 3)
    native_shapes : list of (rows, columns)
        Of the files.
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

    def read(row: int) -> Picture:
        picture = read_picture(paths[row])
        rows, columns = picture.native_shape
        keep = size is None and rows == columns <= DEFAULT_SIZE
        return picture if keep else _fitted(picture, fit)

    pictures = in_threads(read, paths, where=where, doing="Reading images")
    if len({picture.values.shape[:2] for picture in pictures}) > 1:
        pictures = [_fitted(picture, fit) for picture in pictures]
    arrays, depth_note = _to_bytes(pictures)
    images, colour_note = _one_colour_mode(arrays)
    native = [picture.native_shape for picture in pictures]
    notes = (_size_note(native, images.shape[1]), depth_note, colour_note)
    return ImageStack(images, native, tuple(note for note in notes if note))


def in_threads(
    read: Callable[[int], object],
    paths: list[Path],
    *,
    where: Callable[[int], str],
    doing: str,
) -> list:
    """Return read(0), read(1), ... for every path, several at a time, with a bar.

    Parameters
    ----------
    read : callable
        Takes the number of a path.
    paths : list of Path
        For the messages.
    where : callable
        Gives "line 5 of labels.csv" for the number of a path.
    doing : str
        For the bar, such as "Reading images".

    Raises
    ------
    CohortError
        Names the first file that fails, its place, and how many more fail.
    """

    def guarded(row: int) -> object:
        try:
            return read(row)
        except Exception as error:  # noqa: BLE001 - any library may fail on a bad file
            return error

    quiet = len(paths) < QUIET_BELOW or os.environ.get("COURSE_QUIET") == "1"
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 2) + 1)) as pool:
        bar = tqdm(
            pool.map(guarded, range(len(paths))),
            desc=doing,
            total=len(paths),
            unit="file",
            disable=quiet,
            leave=False,
        )
        results = list(bar)
    failed = [
        row for row, result in enumerate(results) if isinstance(result, Exception)
    ]
    if failed:
        first, more = failed[0], [paths[row].name for row in failed[1:]]
        others = f" {len(more)} more cannot be used either: {', '.join(more[:3])}"
        raise CohortError(
            f"{paths[first].name} ({where(first)}) cannot be used: {results[first]}"
            + (f"{others}{', ...' if len(more) > 3 else '.'}" if more else "")
        ) from results[first]
    return results


def duplicates_across_splits(images: np.ndarray, split: list[str]) -> int:
    """Return how many images are exact copies of one in another split.

    Parameters
    ----------
    images : uint8 array of shape (n, ...)
    split : list of str, length n
    """
    splits_of: dict[bytes, set[str]] = {}
    digests = [hashlib.sha256(np.ascontiguousarray(image)).digest() for image in images]
    for digest, name in zip(digests, split, strict=True):
        splits_of.setdefault(digest, set()).add(name)
    return sum(len(splits_of[digest]) > 1 for digest in digests)


def _fitted(picture: Picture, size: int) -> Picture:
    if picture.values.shape[:2] == (size, size):
        return picture
    values = fit_into_square(picture.values, size)
    return replace(picture, values=values if picture.is_deep else as_bytes(values))


def _to_bytes(pictures: list[Picture]) -> tuple[list[np.ndarray], str]:
    """Return uint8 arrays, and the sentence for the card on 16-bit files."""
    tops = [picture.top for picture in pictures if picture.is_deep]
    if not tops:
        return [picture.values for picture in pictures], ""
    bits = next(bits for bits in BIT_DEPTHS if max(tops) < 2**bits)
    scale = 255 / (2**bits - 1)
    arrays = [
        as_bytes(picture.values * scale) if picture.is_deep else picture.values
        for picture in pictures
    ]
    return arrays, (
        f"{len(tops)} images have 16-bit files; their largest value is {max(tops):g}, "
        f"so they are shown as {bits}-bit values, 0 black to {2**bits - 1} white."
    )


def _one_colour_mode(arrays: list[np.ndarray]) -> tuple[np.ndarray, str]:
    in_colour = sum(values.ndim == 3 for values in arrays)
    if not in_colour:
        return np.stack(arrays), ""
    rgb = [
        values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=2)
        for values in arrays
    ]
    if in_colour == len(arrays):
        return np.stack(rgb), ""
    return np.stack(rgb), (
        f"{in_colour} of {len(arrays)} images are in colour: the grey ones were given "
        "three equal channels."
    )


def _size_note(native: list[tuple[int, int]], size: int) -> str:
    different = sorted(set(native))
    if different == [(size, size)]:
        return ""
    found = " to ".join(
        f"{r} x {c}" for r, c in dict.fromkeys((different[0], different[-1]))
    )
    padded = any(rows != columns for rows, columns in different)
    return (
        f"Images of {found} pixels were fitted into {size} x {size}, in proportion"
        + (", with black edges." if padded else ".")
    )
