"""Find images that are copies of one another, though not pixel by pixel.

The strengths of the slow frequencies give a short list of likely copies at the price of
one matrix product; the fine detail of those few pairs decides (see `image_detail`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from tqdm import tqdm

from helpers.patient_splits.image_detail import (
    BLOCK,
    ZOOMS,
    checked_stack,
    detail,
    enlarged,
    frequency_strengths,
    overlap,
    small_grey,
)

#: From here on a pair counts as a copy; chosen on copies that were planted in the
#: tuning set of the default cohort (lesson 15).
COPY_SIMILARITY = 0.95

_SHORT_LIST = 5  # most similar images of each that are looked at closely
_WORTH_A_LOOK = 0.65  # correlation of the frequency strengths


def near_duplicates(
    images: np.ndarray, *, threshold: float = COPY_SIMILARITY, progress: bool = False
) -> pd.DataFrame:
    """Return pairs of images that are copies of one another, exact or changed.

    Parameters
    ----------
    images : array of shape (images, rows, columns) or (images, rows, columns, 3)
        Grey or colour, any dtype and size. Colour is averaged.
    threshold : float
        Similarity from which a pair is reported, above 0 and at most 1.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    pandas.DataFrame
        ``first`` and ``second`` (positions, first < second) and ``similarity`` (at most
        1), the most similar pair on top.

    Raises
    ------
    ValueError
        If `images` is not a stack of grey or colour images, holds a missing value, or
        the threshold is no similarity.

    Notes
    -----
    Copies that were mirrored, turned, inverted or cropped by more than a tenth at a
    side are not found. Two films of one patient in the same pose can reach the
    threshold as well: look at the pairs. Of a large group of copies each image is
    compared with its five nearest, so not every pair of the group may be listed.

    Examples
    --------
    >>> films = np.random.default_rng(0).random((4, 64, 64))
    >>> films[3] = 0.5 * films[1] + 0.2  # another window
    >>> near_duplicates(films)[["first", "second"]].to_numpy().tolist()
    [[1, 3]]
    """
    small = small_grey(_checked(images, threshold))
    details, strengths = _describe(small)
    found: dict[tuple[int, int], float] = {}
    total = len(ZOOMS) * len(small)
    with tqdm(total=total, disable=not progress, desc="Near-duplicates") as bar:
        for rows, zoom in _blocks(len(small)):
            ours = detail(enlarged(small[rows], zoom))
            pairs, similarity = _compare(ours, rows, details, strengths)
            for first, second, value in zip(*pairs, similarity, strict=True):
                pair = (min(first, second), max(first, second))
                if value >= threshold:
                    found[pair] = max(value, found.get(pair, 0.0))
            bar.update(len(rows))
    table = pd.DataFrame(
        [(*pair, min(value, 1.0)) for pair, value in found.items()],
        columns=["first", "second", "similarity"],
    ).astype({"first": int, "second": int, "similarity": float})
    order = ["similarity", "first", "second"]
    return table.sort_values(order, ascending=[False, True, True], ignore_index=True)


def _checked(images: np.ndarray, threshold: float) -> np.ndarray:
    """Return the images as an array, or say what is wrong."""
    if not 0 < threshold <= 1:
        raise ValueError(
            f"threshold is {threshold}, expected a similarity above 0 and at most 1, "
            f"for example {COPY_SIMILARITY}."
        )
    return checked_stack(images)


def _describe(small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return details (half precision, to save memory) and strengths of all images."""
    details = np.empty(small.shape, np.float16)
    strengths = [np.empty((0, 1), np.float32)] if not len(small) else []
    for start in range(0, len(small), BLOCK):
        block = detail(small[start : start + BLOCK])
        details[start : start + BLOCK] = block
        strengths.append(frequency_strengths(block))
    return details, np.concatenate(strengths)


def _blocks(n_images: int) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the rows and the zoom of each block; a single image has no pair."""
    for zoom in ZOOMS if n_images > 1 else ():
        for start in range(0, n_images, BLOCK):
            yield np.arange(start, min(start + BLOCK, n_images)), zoom


def _compare(
    ours: np.ndarray, rows: np.ndarray, details: np.ndarray, strengths: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Return the short list of a block, as two arrays of rows, and its similarities."""
    centre = strengths.mean(axis=0) if len(strengths) > 2 else 0
    alike = _unit(frequency_strengths(ours) - centre) @ _unit(strengths - centre).T
    alike[np.arange(len(rows)), rows] = -1
    most = min(_SHORT_LIST, alike.shape[1] - 1)
    near = np.argpartition(-alike, most - 1, axis=1)[:, :most]
    place, rank = np.nonzero(np.take_along_axis(alike, near, axis=1) >= _WORTH_A_LOOK)
    others = near[place, rank]
    similarity = np.empty(len(place))
    for start in range(0, len(place), BLOCK):
        part = slice(start, start + BLOCK)
        similarity[part] = overlap(ours[place[part]], details[others[part]])
    return (rows[place], others), similarity


def _unit(values: np.ndarray) -> np.ndarray:
    """Return rows of length 1; rows of zeros stay."""
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.maximum(length, 1e-9)
