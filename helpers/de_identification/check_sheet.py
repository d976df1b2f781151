"""A page of pictures to look at before a folder is sent: no search finds everything."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from helpers.dicom_pixels.errors import pixels_error
from helpers.figures import montage

MOST_SERIES = 24
LONGEST_PX = 512


def check_sheet(folder: str | os.PathLike) -> Figure:
    """Draw the brightest value of every pixel over each series (folder of files).

    Writing that stands in one slice only, or moves from slice to slice, stays visible
    in such a projection, so that a folder of a thousand slices is one picture.

    Parameters
    ----------
    folder : path-like
        A delivery of `de_identify_folder`, or any folder; images in one subfolder
        count as one series, and those of another size are drawn beside it.

    Raises
    ------
    DicomPixelsError
        If no file below it is an image.
    """
    projections: dict[tuple, np.ndarray] = {}
    counts: dict[tuple, int] = defaultdict(int)
    for path in sorted(p for p in Path(folder).rglob("*") if p.is_file()):
        try:
            shown = read_pixels(path).display()
        except DicomPixelsError:
            continue
        shown = _flat(shown)
        key = (path.parent, shown.shape)
        known = projections.get(key)
        projections[key] = shown if known is None else np.maximum(known, shown)
        counts[key] += 1
    if not projections:
        raise pixels_error(
            folder,
            what="there is no image in the folder",
            expected="at least one DICOM image in it or below it",
            do="Give the folder that de_identify_folder made.",
        )
    keys = list(projections)[:MOST_SERIES]
    titles = [f"series {n + 1}: {counts[key]} file(s)" for n, key in enumerate(keys)]
    return montage([projections[key] for key in keys], titles=titles, columns=4)


def _flat(shown: np.ndarray) -> np.ndarray:
    """Return one grey image: brightest of all frames, thinned if it is very large."""
    if shown.shape[-1] == 3 and shown.ndim > 2:
        shown = shown.max(axis=-1)
    if shown.ndim == 3:
        shown = shown.max(axis=0)
    step = max(1, max(shown.shape) // LONGEST_PX)
    return shown[::step, ::step]
