"""Read many DICOM files in order, with every processor core where that is faster.

What takes long is decompression. So `decoder_process` lets other processes decompress,
and this process reads the headers and does all the rest. A file that they do not decode
is read here, so the result never depends on their number.

Uncompressed files are read here alone: to read a 512 x 512 slice takes less time than
to pass it from one process to another, and threads wait for each other in pydicom.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterable, Iterator

import numpy as np

from helpers.dicom_pixels.decoder_process import FILES_AHEAD, Decoders
from helpers.dicom_pixels.errors import DicomPixelsError, pixels_error
from helpers.dicom_pixels.image import LARGEST_BYTES, DicomPixels, read_decompressed
from helpers.dicom_pixels.reading import is_compressed

PROBED_FILES = 8  # read here first, to see how long one takes
WORTHWHILE_S = 2.0  # of decompression on one core; below that nothing is gained
MOST_WORKERS = 8

Found = DicomPixels | DicomPixelsError


def read_each(
    paths: Iterable[str | os.PathLike],
    *,
    window: int | None = 0,
    workers: int | None = None,
) -> Iterator[Found]:
    """Yield what `read_pixels` makes of each file, in the given order.

    A file is read when it is asked for (workers are a few files ahead). One that
    cannot be read does not end the series: its error is yielded in its place.

    Parameters
    ----------
    paths : iterable of path-like
        DICOM files in any order, for example ``sorted(folder.rglob("*.dcm"))``.
    window : int or None
        As in `read_pixels`.
    workers : int, optional
        Processes that decompress; 1: none but this one. By default the first files
        are timed, and one process per core (at most 8) is started if the rest would
        take more than two seconds to decompress.

    Yields
    ------
    DicomPixels or DicomPixelsError
        One for each path; the error carries the whole path in its ``path``.

    Raises
    ------
    ValueError
        If `workers` is below 1.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> names = ("CT_small.dcm", "rtplan.dcm")
    >>> paths = [get_testdata_file(name, download=False) for name in names]
    >>> for found in read_each(paths):
    ...     print(type(found).__name__)
    DicomPixels
    DicomPixelsError
    """
    if workers is not None and workers < 1:
        raise ValueError(
            f"workers is {workers}. Expected 1 or more processes, or None to decide "
            "by the files. Use 1 to read everything in this process."
        )
    return _each(list(paths), window, workers)


def _each(paths: list, window: int | None, workers: int | None) -> Iterator[Found]:
    """Read some files here, and the others with workers if that pays."""
    first = 0
    if workers is None:
        seconds = yield from _probed(paths[:PROBED_FILES], window)
        first = min(PROBED_FILES, len(paths))
        pays = (len(paths) - first) * seconds > WORTHWHILE_S
        workers = min(MOST_WORKERS, os.cpu_count() or 1) if pays else 1
    if workers == 1:
        yield from (_one(path, window) for path in paths[first:])
    else:
        yield from _together(paths[first:], window, workers)


def _together(paths: list, window: int | None, workers: int) -> Iterator[Found]:
    """Read here and let ``workers - 1`` processes decompress meanwhile."""
    kept: dict[int, object] = {}  # what is there before its turn
    next_file, most_ahead = 0, FILES_AHEAD * workers
    with Decoders(workers - 1) as decoders:
        for turn, path in enumerate(paths):
            while turn not in kept:
                while next_file < len(paths) and decoders.give(
                    next_file, _name(paths[next_file])
                ):
                    next_file += 1
                busy = next_file >= min(len(paths), turn + most_ahead)
                came = decoders.fetch(wait=busy)
                kept |= came
                if not came and not busy:
                    kept[next_file] = _one(paths[next_file], window)
                    next_file += 1
            found = kept.pop(turn)
            if isinstance(found, str):
                yield _decoder_ended(path)
            elif found is None or isinstance(found, np.ndarray):
                yield _one(path, window, found)
            else:
                yield found


def _name(path) -> str:
    return os.fspath(path) if isinstance(path, str | os.PathLike) else ""


def _probed(paths: list, window: int | None) -> Generator[Found, None, float]:
    """Yield the first files; return the mean seconds that decompression took."""
    seconds = 0.0
    for path in paths:
        start = time.perf_counter()
        found = _one(path, window)
        if isinstance(found, DicomPixels) and is_compressed(found.dataset):
            seconds += time.perf_counter() - start
        yield found
    return seconds / max(1, len(paths))


def _one(path, window: int | None, decompressed: np.ndarray | None = None) -> Found:
    """Return the image or, as a value, the error."""
    try:
        return read_decompressed(
            path, decompressed, window=window, max_bytes=LARGEST_BYTES
        )
    except DicomPixelsError as error:
        return error


def _decoder_ended(path) -> DicomPixelsError:
    return pixels_error(
        path,
        what="the process that decompressed this file ended without a word",
        expected="a file that its decoder can read in the memory that is free",
        do="Read it alone with read_pixels; if that ends Python too, the file is "
        "damaged or too large for this machine.",
    )
