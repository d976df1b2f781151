"""What survives when an image is copied with changes, and how alike two images are.

A copy that was compressed, rescaled, windowed anew, shifted, cropped a little or marked
has another hash. Two things survive all of these: the strengths of the slow spatial
frequencies, which do not care where the image lies, and the fine detail once the two
images lie on top of each other.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft2, rfft2
from scipy.ndimage import gaussian_filter1d
from skimage.transform import resize, resize_local_mean

#: Enlargements that are tried: they undo crops of 2, 4, 6 and 8 % at each side.
ZOOMS = (1.0, 1.04, 1.08, 1.12, 1.16)
#: Images worked on at a time, which bounds the memory.
BLOCK = 512

_SIDE = 64  # pixels of the small images that are compared
_FINE, _COARSE = 0.7, 3.0  # pixels; detail lies between these two blurs
_SURROUND = 6.0  # pixels; detail is divided by its strength in the surroundings
_LARGEST_SHIFT = 6  # pixels, a tenth of the side
_FREQUENCIES = 10  # cycles per side; faster ones do not survive compression


def similarity_of_pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return how far images agree in detail, pair by pair, once laid on each other.

    Parameters
    ----------
    first, second : array of shape (pairs, rows, columns) or (pairs, rows, columns, 3)
        Image k of one is compared with image k of the other.

    Returns
    -------
    float array of shape (pairs,)
        The largest correlation over shifts of up to a tenth of the side and over
        ``ZOOMS`` of either image: 1 for the same detail, lower for less.

    Raises
    ------
    ValueError
        If the two do not hold equally many images, or one is no stack of images.

    Examples
    --------
    >>> film = np.random.default_rng(0).random((1, 64, 64))
    >>> similarity_of_pairs(film, 200 * film).round(3).tolist()
    [1.0]
    """
    ours, theirs = checked_stack(first), checked_stack(second)
    if len(ours) != len(theirs):
        raise ValueError(
            f"first has {len(ours)} images and second {len(theirs)}; expected equally "
            "many, since image k is compared with image k."
        )
    ours, theirs = small_grey(ours), small_grey(theirs)
    best = np.full(len(ours), -1.0)
    for one, other in ((ours, theirs), (theirs, ours)):
        fixed = detail(other)
        for zoom in ZOOMS:
            best = np.maximum(best, overlap(detail(enlarged(one, zoom)), fixed))
    return best


def checked_stack(images: np.ndarray) -> np.ndarray:
    """Return the images as an array, or raise a ValueError that says what is wrong."""
    stack = np.asarray(images)
    if stack.ndim not in (3, 4) or (stack.ndim == 4 and stack.shape[-1] != 3):
        raise ValueError(
            f"images has shape {stack.shape}, expected (images, rows, columns) or "
            "(images, rows, columns, 3). Put a single image into a list first; of "
            "volumes take one slice each."
        )
    if min(stack.shape[1:3]) < 8:
        raise ValueError(
            f"The images have {stack.shape[1]} x {stack.shape[2]} pixels, expected at "
            "least 8 x 8: smaller ones have no detail to compare."
        )
    exact = np.issubdtype(stack.dtype, np.integer)
    bad = (
        []
        if exact
        else [k for k, one in enumerate(stack) if not np.isfinite(one).all()]
    )
    if bad:
        raise ValueError(
            f"{len(bad)} of {len(stack)} images hold missing or infinite values, the "
            f"first is image {bad[0]}; expected finite values. Mend or drop them."
        )
    return stack


def small_grey(stack: np.ndarray) -> np.ndarray:
    """Return grey images of 64 x 64, blocks averaged (or enlarged, if smaller)."""
    rows, columns = (_to_side(side) for side in stack.shape[1:3])
    small = np.empty((len(stack), _SIDE, _SIDE), np.float32)
    for start in range(0, len(stack), BLOCK):
        grey = stack[start : start + BLOCK].astype(np.float32)
        grey = grey.mean(axis=-1) if grey.ndim == 4 else grey
        small[start : start + BLOCK] = rows @ grey @ columns.T
    return small


def _to_side(pixels: int) -> np.ndarray:
    """Return the matrix of shape (64, pixels) that resizes a column of an image."""
    unchanged, wanted = np.eye(pixels), (_SIDE, pixels)
    if pixels >= _SIDE:
        return resize_local_mean(unchanged, wanted).astype(np.float32)
    return resize(unchanged, wanted, order=1).astype(np.float32)


def enlarged(small: np.ndarray, zoom: float) -> np.ndarray:
    """Return images enlarged about their centre, by linear interpolation."""
    if zoom == 1:
        return small
    middle = (_SIDE - 1) / 2
    wanted = middle + (np.arange(_SIDE) - middle) / zoom
    below = np.floor(wanted).astype(int)
    take = np.zeros((_SIDE, _SIDE), np.float32)
    take[np.arange(_SIDE), below] = 1 - (wanted - below)
    take[np.arange(_SIDE), below + 1] = wanted - below
    return take @ small @ take.T


def detail(small: np.ndarray) -> np.ndarray:
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


def frequency_strengths(details: np.ndarray) -> np.ndarray:
    """Return strengths of the slow frequencies, the same wherever the image lies."""
    strength = np.sqrt(np.abs(rfft2(details * _fade())))
    n = _FREQUENCIES
    slow = np.concatenate([strength[:, : n + 1], strength[:, -n:]], axis=1)
    return slow[:, :, : n + 1].reshape(len(details), -1).astype(np.float32)


def overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the largest correlation of details over shifts of a tenth of the side."""
    side = (_SIDE + _LARGEST_SHIFT + 2,) * 2
    product = rfft2(one, side) * rfft2(other.astype(np.float32), side).conj()
    over_shifts = irfft2(product, side)
    reach = np.r_[0 : _LARGEST_SHIFT + 1, -_LARGEST_SHIFT:0]
    return over_shifts[:, reach][:, :, reach].max(axis=(1, 2))
