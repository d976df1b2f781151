"""Find images that are copies of one another, though not pixel by pixel.

A copy that was compressed, rescaled, windowed anew, shifted, cropped a little or marked
has another hash. Two things survive all of these: the strengths of the slow spatial
frequencies, which do not care where the image lies, and the fine detail once the two
images lie on top of each other. The first give a short list of likely copies at the
price of one matrix product; the second decides.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.fft import irfft2, rfft2
from scipy.ndimage import gaussian_filter1d
from skimage.transform import resize, resize_local_mean

#: From here on a pair counts as a copy; chosen on copies that were planted in the
#: tuning set of the default cohort (lesson 15).
COPY_SIMILARITY = 0.95
#: Enlargements that are tried: they undo crops of 2, 4, 6 and 8 % at each side.
ZOOMS = (1.0, 1.04, 1.08, 1.12, 1.16)

_SIDE = 64  # pixels of the small images that are compared
_FINE, _COARSE = 0.7, 3.0  # pixels; detail lies between these two blurs
_SURROUND = 6.0  # pixels; detail is divided by its strength in the surroundings
_LARGEST_SHIFT = 6  # pixels, a tenth of the side
_FREQUENCIES = 10  # cycles per side; faster ones do not survive compression
_SHORT_LIST = 5  # most similar images of each that are looked at closely
_WORTH_A_LOOK = 0.65  # correlation of the frequency strengths
_BLOCK = 512  # images worked on at a time, which bounds the memory


def near_duplicates(
    images: np.ndarray, *, threshold: float = COPY_SIMILARITY
) -> pd.DataFrame:
    """Return pairs of images that are copies of one another, exact or changed.

    Parameters
    ----------
    images : array of shape (images, rows, columns) or (images, rows, columns, 3)
        Grey or colour, any dtype and size. Colour is averaged.
    threshold : float
        Similarity from which a pair is reported, above 0 and at most 1.

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
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold is {threshold}, expected above 0 and at most 1.")
    small = small_grey(images)
    details = _in_blocks(_detail, small)
    strengths = _in_blocks(_frequency_strengths, details)
    details = details.astype(np.float16)  # saves memory
    found = []
    for zoom, start in itertools.product(ZOOMS, range(0, len(small), _BLOCK)):
        ours = _detail(_enlarged(small[start : start + _BLOCK], zoom))
        row, other = _short_list(_frequency_strengths(ours), strengths, start=start)
        similarity = _in_blocks(_overlap, ours[row], details[other]).astype(float)
        ends = np.sort([start + row, other], axis=0)
        found.append(pd.DataFrame([*ends, similarity.clip(max=1)]).T)
    pairs = pd.concat(found).set_axis(["first", "second", "similarity"], axis=1)
    pairs = pairs[pairs["similarity"] >= threshold]
    pairs = pairs.astype({"first": int, "second": int})
    order = ["similarity", "first", "second"]
    pairs = pairs.sort_values(order, ascending=[False, True, True])
    return pairs.drop_duplicates(order[1:], ignore_index=True)


def small_grey(images: np.ndarray) -> np.ndarray:
    """Return grey images of 64 x 64 pixels, averaged (or enlarged, if smaller).

    Parameters
    ----------
    images : array of shape (images, rows, columns) or (images, rows, columns, 3)
        Any dtype, at least 8 x 8 pixels. Colour is averaged.

    Returns
    -------
    float32 array of shape (images, 64, 64)

    Raises
    ------
    ValueError
        If `images` is no such stack, is empty, or holds a value that is not finite.

    Examples
    --------
    >>> small_grey(np.full((1, 128, 100), 7.0))[0, 5, 5].round(4)
    np.float32(7.0)
    """
    stack = np.asarray(images)
    is_stack = stack.ndim == 3 or (stack.ndim == 4 and stack.shape[-1] == 3)
    if not is_stack or not len(stack) or min(stack.shape[1:3]) < 8:
        raise ValueError(
            f"images has shape {stack.shape}, expected (images, rows, columns[, 3]), "
            "at least one and 8 x 8 pixels. Of volumes take one slice each."
        )
    rows, columns = (_to_side(side) for side in stack.shape[1:3])

    def shrunk(part: np.ndarray) -> np.ndarray:
        grey = part.astype(np.float32)
        return rows @ (grey.mean(axis=-1) if grey.ndim == 4 else grey) @ columns.T

    small = _in_blocks(shrunk, stack)
    broken = np.flatnonzero(~np.isfinite(small).all(axis=(1, 2)))
    if len(broken):
        raise ValueError(
            f"{len(broken)} of {len(stack)} images hold missing or infinite values, "
            f"the first is image {broken[0]}. Mend or drop them."
        )
    return small


def _to_side(pixels: int) -> np.ndarray:
    """Return the matrix of shape (64, pixels) that resizes a column of an image."""
    unchanged, wanted = np.eye(pixels), (_SIDE, pixels)
    if pixels >= _SIDE:
        return resize_local_mean(unchanged, wanted).astype(np.float32)
    return resize(unchanged, wanted, order=1).astype(np.float32)


def _in_blocks(function: Callable, *stacks: np.ndarray) -> np.ndarray:
    """Return what a function makes of stacks of images, some hundred at a time."""
    starts = range(0, max(1, len(stacks[0])), _BLOCK)
    return np.concatenate(
        [function(*(stack[k : k + _BLOCK] for stack in stacks)) for k in starts]
    )


def _short_list(
    ours: np.ndarray, strengths: np.ndarray, *, start: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs worth a look: rows of `ours`, which begin at `start`, and others."""
    centre = strengths.mean(axis=0) if len(strengths) > 2 else 0
    one, other = (
        values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)
        for values in (ours - centre, strengths - centre)
    )
    alike = one @ other.T
    alike[np.arange(len(ours)), start + np.arange(len(ours))] = -1  # each with itself
    most = min(_SHORT_LIST, len(strengths) - 1)
    near = np.argpartition(-alike, most - 1, axis=1)[:, :most]
    row, rank = np.nonzero(np.take_along_axis(alike, near, axis=1) >= _WORTH_A_LOOK)
    return row, near[row, rank]


def _enlarged(small: np.ndarray, zoom: float) -> np.ndarray:
    """Return images enlarged about their centre, by linear interpolation."""
    if zoom == 1:
        return small
    middle, pixel = (_SIDE - 1) / 2, np.arange(_SIDE)
    wanted = middle + (pixel - middle) / zoom
    below = np.floor(wanted).astype(int)
    take = np.zeros((_SIDE, _SIDE), np.float32)
    take[pixel, below] = 1 - (wanted - below)
    take[pixel, below + 1] = wanted - below
    return take @ small @ take.T


def _detail(small: np.ndarray) -> np.ndarray:
    """Return fine structure, equally strong everywhere, with norm 1 for each image.

    A display window changes the strength of detail from place to place; dividing by the
    strength around takes that out. The edges fade, since a crop changes them. A blank
    image gives zeros.
    """
    band = _blurred(small, _FINE) - _blurred(small, _COARSE)
    strength = np.sqrt(np.maximum(_blurred(band**2, _SURROUND), 0))
    mean = strength.mean(axis=(1, 2), keepdims=True)
    band = np.clip(band / np.maximum(strength + 0.25 * mean, 1e-6), -3, 3) * _fade()
    band -= band.mean(axis=(1, 2), keepdims=True)
    length = np.sqrt((band**2).sum(axis=(1, 2), keepdims=True))
    return np.where(mean > 1e-4, band / np.maximum(length, 1e-6), 0)


def _blurred(small: np.ndarray, sigma: float) -> np.ndarray:
    """Return images after a Gaussian blur, written as two matrix products."""
    blur = gaussian_filter1d(np.eye(_SIDE), sigma, axis=0).astype(np.float32)
    return blur @ small @ blur.T


def _fade() -> np.ndarray:
    """Return weights of shape (64, 64) that fall towards zero at the edges."""
    side = np.sqrt(np.hanning(_SIDE + 2)[1:-1]).astype(np.float32)
    return side[:, None] * side


def _frequency_strengths(details: np.ndarray) -> np.ndarray:
    """Return strengths of the slow frequencies, the same wherever the image lies."""
    strength = np.sqrt(np.abs(rfft2(details * _fade())))[:, :, : _FREQUENCIES + 1]
    slow = np.r_[0 : _FREQUENCIES + 1, -_FREQUENCIES:0]
    return strength[:, slow].reshape(len(details), -1).astype(np.float32)


def _overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the largest correlation of details over shifts of a tenth of the side."""
    side = (_SIDE + _LARGEST_SHIFT + 2,) * 2
    product = rfft2(one, side) * rfft2(other.astype(np.float32), side).conj()
    reach = np.r_[0 : _LARGEST_SHIFT + 1, -_LARGEST_SHIFT:0]
    return irfft2(product, side)[:, reach][:, :, reach].max(axis=(1, 2))
