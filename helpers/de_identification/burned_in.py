"""Look for text that is part of the picture: rows of small, thin, even shapes.

Letters burned into an image are brighter (or darker) than what is around them, have
strokes of one brightness, similar heights, and stand in a row. Anatomy seldom does all
of that. The search reads nothing: it cannot tell a name from a dose. It misses writing
that is faint, handwritten, vertical, joined, or fewer than four letters long; so short
a row is how the lead markers of radiographers look, which must stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from helpers.de_identification.grey_details import grey_levels, opened

SMALLEST_PX, LARGEST_PX = 5, 42
"""Height of a letter at one level of the pyramid, in pixels."""
WIDEST_STROKE_PX = 9
FEWEST_LETTERS, FEWEST_SHAPES = 4, 3
"""In a row; letters that touch are one shape."""
CONTRAST = 0.14
"""How far a letter stands out from what is around it, as a share of the grey scale."""
EVEN, BLURRED, ALIKE = 0.3, 0.5, 0.15
"""Largest spread of brightness within a letter (SD), within one written by a pen that
was found already, and among the letters of a row (median deviation), each as a share
of the contrast."""
SMALLEST_IMAGE_PX = 200
MOST_SHAPES = 5000
GREY, CONTRASTS, SPREAD = 5, 6, 7  # columns of the table of shapes
NEAR, FAR = 1.1, 3.0
"""Largest gap in a row, and in a row of a pen that was found already, in heights."""
MARGIN, MARGIN_ASIDE = 0.35, 1.0
"""What is added above and below a row, and beside it (small letters), in heights."""


@dataclass(frozen=True)
class TextBox:
    """A row of shapes that look like letters.

    Attributes
    ----------
    top, left, bottom, right : int
        Rows and columns, the last two not included.
    letters : int
    """

    top: int
    left: int
    bottom: int
    right: int
    letters: int

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns, to index an image with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def find_text(image: np.ndarray) -> list[TextBox]:
    """Return the rows of letter-like shapes in one image.

    Parameters
    ----------
    image : array (rows, columns) or (rows, columns, 3)
        Any numeric type; colour is averaged.

    Returns
    -------
    list of TextBox
        Sorted from top to bottom; overlapping ones are joined.

    Examples
    --------
    >>> find_text(np.zeros((64, 64)))
    []
    """
    grey = grey_levels(image)
    found, scale = [], 1
    while True:
        for level in (grey, 255 - grey):
            found += [_scaled(box, scale) for box in _rows_of_letters(level)]
        if min(grey.shape) < 2 * SMALLEST_IMAGE_PX:
            break
        grey = _halved(grey)
        scale *= 2
    shape = np.shape(image)[:2]
    return joined([_clipped(box, shape) for box in found])


def _halved(grey: np.ndarray) -> np.ndarray:
    """Return the means of blocks of 2 x 2 pixels, rounded down."""
    rows, columns = (length // 2 * 2 for length in grey.shape)
    total = np.zeros((rows // 2, columns // 2), np.uint16)
    for top, left in ((0, 0), (0, 1), (1, 0), (1, 1)):
        total += grey[top:rows:2, left:columns:2]
    return (total >> 2).astype(np.uint8)


def _rows_of_letters(grey: np.ndarray) -> list[TextBox]:
    """Return rows of bright letters at one scale."""
    raised = grey - opened(grey, WIDEST_STROKE_PX)  # a white top-hat
    stands_out = raised > int(255 * CONTRAST)
    labels, count = ndimage.label(stands_out, structure=np.ones((3, 3)))
    if not count:
        return []
    places = np.flatnonzero(stands_out)  # of bool: several times faster than of labels
    shapes = _letters(grey, raised, labels, places)
    rows = _chains(shapes[shapes[:, SPREAD] < EVEN])
    pens = [_same_pen(shapes, row) for row in rows]
    same = shapes[np.any(pens, axis=0)] if rows else []
    return rows + _chains(same, gap=FAR) if rows else []


def _same_pen(shapes: np.ndarray, row: TextBox) -> np.ndarray:
    """Tell which shapes are as high and as bright as those of a row that was found."""
    top, left, bottom, right = shapes[:, :4].T
    inside = (top >= row.top) & (bottom <= row.bottom)
    inside &= (left >= row.left) & (right <= row.right)
    height, grey = bottom - top, shapes[:, GREY]
    high, bright = np.median(height[inside]), np.median(grey[inside])
    alike = np.abs(height - high) <= max(0.2 * high, 1)
    return alike & (np.abs(grey - bright) < BLURRED * shapes[:, CONTRASTS])


def _letters(grey, raised, labels: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return (top, left, bottom, right, letters, grey, contrast, spread) of shapes."""
    flat, values = labels.ravel()[inside], grey.ravel()[inside].astype(np.float64)
    count = int(flat.max())
    sizes = np.bincount(flat, minlength=count + 1)
    least = np.maximum(sizes, 1)
    contrast = np.bincount(flat, raised.ravel()[inside], count + 1) / least
    means = np.bincount(flat, values, count + 1) / least
    squares = np.bincount(flat, values**2, count + 1) / least
    spread = np.sqrt(np.maximum(squares - means**2, 0)) / np.maximum(contrast, 1)
    wanted = (spread < BLURRED) & (sizes >= SMALLEST_PX)
    wanted[0] = False
    numbers, edges = _edges(inside, flat, wanted, labels.shape[1])
    shapes = []
    for number, place in zip(numbers, edges, strict=True):
        height, width = place[2] - place[0], place[3] - place[1]
        letters = _letters_in(height, width, sizes[number] / (height * width))
        if letters:
            look = (means[number], contrast[number], spread[number])
            shapes.append((*place, letters, *look))
    return np.array(shapes[:MOST_SHAPES], dtype=float).reshape(-1, 8)


def _edges(inside, flat, wanted: np.ndarray, columns: int):
    """Return the wanted numbers and their (top, left, bottom, right)."""
    kept = wanted[flat]
    place, number = inside[kept], flat[kept]
    if not len(place):
        return np.zeros(0, int), np.zeros((0, 4), int)
    order = np.argsort(number, kind="stable")
    place, number = place[order], number[order]
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    row, column = np.divmod(place, columns)
    edges = [np.minimum.reduceat(each, starts) for each in (row, column)]
    edges += [np.maximum.reduceat(each, starts) + 1 for each in (row, column)]
    return number[starts], np.column_stack(edges)


def _letters_in(height: int, width: int, fill: float) -> float:
    """Return how many letters a shape of so many pixels may be, 0 for none."""
    if not SMALLEST_PX <= height <= LARGEST_PX or width > 20 * height:
        return 0
    if width <= 0.45 * height:  # I, l, 1
        return float(fill >= 0.3)
    if width <= 1.7 * height:
        return float(0.18 <= fill <= (1.0 if height <= 9 else 0.85))
    return width / (0.8 * height) if 0.25 <= fill <= 0.8 else 0  # letters that touch


def _chains(shapes: np.ndarray, *, gap: float = NEAR) -> list[TextBox]:
    """Join neighbouring letters of one height into rows, and keep the long rows."""
    if not len(shapes):
        return []
    top, left, bottom, right, letters, grey, contrast, _ = shapes.T
    height, middle = bottom - top, (top + bottom) / 2
    ends, starts = np.column_stack([right, middle]), np.column_stack([left, middle])
    near = KDTree(ends).sparse_distance_matrix(
        KDTree(starts), gap * LARGEST_PX, output_type="ndarray"
    )
    one, other = near["i"], near["j"]
    taller = np.maximum(height[one], height[other])
    between = left[other] - right[one]
    linked = (np.abs(middle[one] - middle[other]) < 0.35 * taller) & (one != other)
    linked &= np.minimum(height[one], height[other]) > 0.5 * taller
    linked &= (between < gap * taller) & (between > -0.3 * taller)
    pairs = (np.ones(linked.sum()), (one[linked], other[linked]))
    _, chain = connected_components(coo_array(pairs, shape=(len(top),) * 2), False)
    found = []
    for name in np.flatnonzero(np.bincount(chain, letters) >= FEWEST_LETTERS):
        members = chain == name
        if members.sum() < FEWEST_SHAPES:
            continue
        if _is_row(*(each[members] for each in (top, bottom, grey, contrast))):
            high = np.median(height[members])
            pad, aside = MARGIN * high + 1, MARGIN_ASIDE * high + 1
            edges = (top[members].min() - pad, left[members].min() - aside)
            limits = (bottom[members].max() + pad, right[members].max() + aside)
            count = round(letters[members].sum())
            found.append(TextBox(*map(int, (*edges, *np.ceil(limits))), count))
    return found


def _is_row(top, bottom, grey, contrast: np.ndarray) -> bool:
    """Tell whether letters share a base line or a top line, a height and one pen."""
    height = np.median(bottom - top)
    straight = min(_spread(top), _spread(bottom)) <= max(0.05 * height, 0.5)
    level = _spread(bottom - top) <= max(0.15 * height, 0.5)
    one_pen = _spread(grey) <= ALIKE * np.median(contrast)
    return bool(straight and level and one_pen)


def _spread(values: np.ndarray) -> float:
    return float(np.median(np.abs(values - np.median(values))))


def _scaled(box: TextBox, scale: int) -> TextBox:
    edges = (box.top, box.left, box.bottom, box.right)
    return TextBox(*(edge * scale for edge in edges), box.letters)


def _clipped(box: TextBox, shape: tuple[int, ...]) -> TextBox:
    return TextBox(
        max(box.top, 0),
        max(box.left, 0),
        min(box.bottom, shape[0]),
        min(box.right, shape[1]),
        int(box.letters),
    )


def joined(boxes: list[TextBox]) -> list[TextBox]:
    """Merge boxes that overlap, until none do."""
    merged: list[TextBox] = []
    for box in boxes:
        while other := next((one for one in merged if _overlap(one, box)), None):
            merged.remove(other)
            box = TextBox(
                min(box.top, other.top),
                min(box.left, other.left),
                max(box.bottom, other.bottom),
                max(box.right, other.right),
                max(box.letters, other.letters),
            )
        merged.append(box)
    return sorted(merged, key=lambda box: (box.top, box.left))


def _overlap(one: TextBox, other: TextBox) -> bool:
    return (
        one.top < other.bottom
        and other.top < one.bottom
        and one.left < other.right
        and other.left < one.right
    )
