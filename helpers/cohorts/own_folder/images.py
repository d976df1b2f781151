"""Read all image files of an own folder into one uint8 array of display values."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from helpers.cohorts.card import CohortError
from helpers.cohorts.own_folder.image_files import Picture, read_picture
from helpers.cohorts.resizing import as_bytes, fit_into_square

DEFAULT_SIZE = 128
BIT_DEPTHS = (8, 10, 12, 14, 16)
QUIET_BELOW = 100  # images: so few need no progress bar


def read_images(
    paths: list[Path],
    notes: list[str],
    *,
    size: int | None,
    where: Callable[[int], str],
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return the images of some files, all of one size and one number of channels.

    Parameters
    ----------
    paths : list of Path
    notes : list of str
        Gets a sentence for everything that was done to the images.
    size : int or None
        Rows and columns to fit into; None keeps square images of one size up to 128
        pixels as they are and fits others into 128 x 128.
    where : callable
        Gives "line 5 of labels.csv" for the number of an image.

    Returns
    -------
    images : uint8 array of shape (n, size, size) or (n, size, size, 3)
    native_shapes : list of (rows, columns)
        Of the files.

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
    native = [picture.native_shape for picture in pictures]
    images = _one_colour_mode(_to_bytes(pictures, notes), notes)
    _note_sizes(native, images.shape[1], notes)
    return images, native


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
    failed = [row for row in range(len(paths)) if isinstance(results[row], Exception)]
    if failed:
        first, more = failed[0], [paths[row].name for row in failed[1:4]]
        others = f" In all {len(failed)} fail; also {', '.join(more)}." if more else ""
        raise CohortError(
            f"{paths[first].name} ({where(first)}) cannot be used: "
            f"{results[first]}{others}"
        ) from results[first]
    return results


def _fitted(picture: Picture, size: int) -> Picture:
    if picture.values.shape[:2] == (size, size):
        return picture
    values = fit_into_square(picture.values, size)
    return replace(picture, values=values if picture.is_deep else as_bytes(values))


def _to_bytes(pictures: list[Picture], notes: list[str]) -> list[np.ndarray]:
    """Return uint8 arrays; all 16-bit files are scaled alike."""
    tops = [picture.top for picture in pictures if picture.is_deep]
    if not tops:
        return [picture.values for picture in pictures]
    white = next(2**bits - 1 for bits in BIT_DEPTHS if max(tops) < 2**bits)
    notes.append(
        f"{len(tops)} images have 16-bit files; their largest value is {max(tops):g}, "
        f"so 0 is shown black and {white} white."
    )
    return [
        as_bytes(picture.values * (255 / white)) if picture.is_deep else picture.values
        for picture in pictures
    ]


def _one_colour_mode(arrays: list[np.ndarray], notes: list[str]) -> np.ndarray:
    in_colour = sum(values.ndim == 3 for values in arrays)
    if in_colour in (0, len(arrays)):
        return np.stack(arrays)
    notes.append(
        f"{in_colour} of {len(arrays)} images are in colour: the grey ones were given "
        "three equal channels."
    )
    return np.stack(
        [
            values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=2)
            for values in arrays
        ]
    )


def _note_sizes(native: list[tuple[int, int]], size: int, notes: list[str]) -> None:
    different = sorted(set(native))
    if different == [(size, size)]:
        return
    ends = dict.fromkeys((different[0], different[-1]))
    found = " to ".join(f"{rows} x {columns}" for rows, columns in ends)
    notes.append(
        f"Images of {found} pixels were fitted into {size} x {size}, in proportion, "
        "with black edges where they are not square."
    )
