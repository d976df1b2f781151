"""Find images that are copies of one another, though not pixel by pixel.

A copy that was compressed, rescaled, windowed anew, shifted, cropped a little or marked
has another hash. Two things survive all of these: the strengths of the slow spatial
frequencies, which do not care where the image lies, and the fine detail once the two
images lie on top of each other. The first give a short list of likely copies at the
price of one matrix product; the second decides. `planted_copies` makes copies of known
kinds, to see which of them are found.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
from PIL import Image
from scipy.fft import irfft2, rfft2
from scipy.ndimage import gaussian_filter1d, shift
from skimage.transform import resize, resize_local_mean

from helpers.augmentation import gamma, local_equalisation

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
    ours, theirs = small_grey(first), small_grey(second)
    if len(ours) != len(theirs):
        raise ValueError(
            f"first has {len(ours)} images, second {len(theirs)}; expected as many."
        )
    tries = [
        _overlap(_detail(_enlarged(one, zoom)), _detail(other))
        for one, other in ((ours, theirs), (theirs, ours))
        for zoom in ZOOMS
    ]
    return np.max(tries, axis=0).astype(float)


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


def planted_copies(films: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return one changed copy of each film, and the name of each change.

    Each change is one that happens on the way from an archive to a data set: another
    export, another display, a frame cut off, a mark put on.

    Parameters
    ----------
    films : uint8 array of shape (n, rows, columns)
        Grey; the first gets the first of `CHANGES`, the second the second, and so on.

    Returns
    -------
    copies : uint8 array of shape (n, rows, columns)
    names : list of str, n of them

    Raises
    ------
    TypeError
        If the films are not grey images of 8 bits.

    Examples
    --------
    >>> copies, names = planted_copies(np.zeros((2, 16, 16), dtype=np.uint8))
    >>> copies.shape, names
    ((2, 16, 16), ['JPEG, quality 50', 'narrower window'])
    """
    if films.ndim != 3 or films.dtype != np.uint8:
        raise TypeError(f"films is {films.dtype} {films.shape}, not uint8 and 3-D.")
    names = list(itertools.islice(itertools.cycle(CHANGES), len(films)))
    copies = [CHANGES[name](film) for film, name in zip(films, names, strict=True)]
    return np.array(copies, dtype=np.uint8), names


def _compressed(film: np.ndarray) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(film).save(stream, format="JPEG", quality=50)
    return np.asarray(Image.open(stream))


def _resized(film: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return np.asarray(Image.fromarray(film).resize((columns, rows), Image.BILINEAR))


def _shifted(film: np.ndarray) -> np.ndarray:
    """Return the film moved by 2 % downwards and 3 % to the left."""
    move = round(0.02 * film.shape[0]), -round(0.03 * film.shape[1])
    return shift(film, move, order=0, mode="nearest")


def _cropped(film: np.ndarray) -> np.ndarray:
    """Return the film without 4 % at each side, brought back to its size."""
    down, right = (max(1, round(0.04 * side)) for side in film.shape)
    return _resized(film[down:-down, right:-right], *film.shape)


def _halved(film: np.ndarray) -> np.ndarray:
    rows, columns = film.shape
    return _resized(_resized(film, rows // 2, columns // 2), rows, columns)


def _marked(film: np.ndarray) -> np.ndarray:
    """Return the film with a white mark, a tenth of its side, in the upper corner."""
    film, tenth = film.copy(), max(1, film.shape[0] // 10)
    film[tenth // 2 : tenth // 2 + tenth, -2 * tenth : -tenth] = 255
    return film


#: Name of a change to the function that makes it of one grey film (rows, columns).
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "JPEG, quality 50": _compressed,
    "narrower window": lambda film: np.clip((film - 40.0) * 1.5, 0, 255),
    "another gamma": lambda film: gamma(film, 0.6),
    "shifted": _shifted,
    "cropped": _cropped,
    "half the pixels": _halved,
    "mark added": _marked,
    "local contrast": lambda film: local_equalisation(film[None], 0.02)[0],
    "negative": lambda film: 255 - film,
}
