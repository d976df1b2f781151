"""Copies of films as data sets contain them, planted to see which of them are found.

Each change is one that happens on the way from an archive to a data set: another
export, another display, a frame cut off, a mark put on.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import shift
from skimage.exposure import equalize_adapthist

Change = Callable[[np.ndarray], np.ndarray]


def compressed(film: np.ndarray) -> np.ndarray:
    """Return the film after a JPEG file of quality 50."""
    stream = io.BytesIO()
    Image.fromarray(film).save(stream, format="JPEG", quality=50)
    return np.asarray(Image.open(stream))


def windowed(film: np.ndarray) -> np.ndarray:
    """Return the film in a narrower window: 40 to 210 become black and white."""
    return np.clip((film.astype(float) - 40) * 1.5, 0, 255).astype(np.uint8)


def brightened(film: np.ndarray) -> np.ndarray:
    """Return the film on another display curve, of gamma 0.6."""
    return np.round(255 * (film / 255) ** 0.6).astype(np.uint8)


def shifted(film: np.ndarray) -> np.ndarray:
    """Return the film moved by 2 % downwards and 3 % to the left."""
    move = round(0.02 * film.shape[0]), -round(0.03 * film.shape[1])
    return shift(film, move, order=0, mode="nearest")


def cropped(film: np.ndarray) -> np.ndarray:
    """Return the film without 4 % at each side, brought back to its size."""
    down, right = (max(1, round(0.04 * side)) for side in film.shape)
    return _resized(film[down:-down, right:-right], film.shape)


def halved(film: np.ndarray) -> np.ndarray:
    """Return the film after a copy with half as many rows and columns."""
    return _resized(_resized(film, [side // 2 for side in film.shape]), film.shape)


def marked(film: np.ndarray) -> np.ndarray:
    """Return the film with a white mark, a tenth of its side, in the upper corner."""
    film, tenth = film.copy(), max(1, film.shape[0] // 10)
    film[tenth // 2 : tenth // 2 + tenth, -2 * tenth : -tenth] = 255
    return film


def locally_equalised(film: np.ndarray) -> np.ndarray:
    """Return the film with local contrast made equal (CLAHE)."""
    return np.round(255 * equalize_adapthist(film, clip_limit=0.02)).astype(np.uint8)


def inverted(film: np.ndarray) -> np.ndarray:
    """Return the negative."""
    return 255 - film


#: Name of a change to the function that makes it of one grey film (rows, columns).
CHANGES: dict[str, Change] = {
    "JPEG, quality 50": compressed,
    "narrower window": windowed,
    "another gamma": brightened,
    "shifted": shifted,
    "cropped": cropped,
    "half the pixels": halved,
    "mark added": marked,
    "local contrast": locally_equalised,
    "negative": inverted,
}


def planted_copies(films: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return one changed copy of each film, and the name of each change.

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
        raise TypeError(
            f"films has shape {films.shape} and type {films.dtype}, expected (n, rows, "
            "columns) and uint8. Average the colours and round first."
        )
    names = [list(CHANGES)[number % len(CHANGES)] for number in range(len(films))]
    pairs = zip(films, names, strict=True)
    copies = np.array([CHANGES[name](film) for film, name in pairs], dtype=np.uint8)
    return copies.reshape(films.shape), names


def _resized(film: np.ndarray, shape: tuple[int, ...] | list[int]) -> np.ndarray:
    """Return the film with other rows and columns, by the filter of PIL."""
    return np.asarray(Image.fromarray(film).resize(shape[::-1], Image.BILINEAR))
