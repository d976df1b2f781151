"""Look for text that is part of the picture, and paint it over.

Letters burned into an image are brighter (or darker) than what is around them, have
strokes of one brightness, similar heights, and stand in a row. Anatomy seldom does all
of that. The search reads nothing: it cannot tell a name from a dose. It misses writing
that is faint, handwritten, vertical, joined, or fewer than four letters long; so short
a row is how the lead markers of radiographers look, which must stay.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from scipy.stats import median_abs_deviation, mode

from helpers.dicom_pixels import DicomPixelsError, read_pixels

SMALLEST_PX, LARGEST_PX = 5, 42  # height of a letter, at one level of the pyramid
STROKE_PX = 9  # the widest one
FEWEST_LETTERS, FEWEST_SHAPES = 4, 3  # in a row; letters that touch are one shape
CONTRAST = 0.14  # of a letter with what is around it, as a share of the grey scale
# Largest spread of brightness within a letter (SD), within one written by a pen that
# was found already, and among the letters of a row (median deviation), each as a share
# of the contrast:
EVEN, BLURRED, ALIKE = 0.3, 0.5, 0.15
SMALLEST_IMAGE_PX, MOST_SHAPES, MOST_FRAMES = 200, 5000, 16
NEAR, FAR = 1.1, 3.0  # largest gap in heights: in a row, in one of a pen found already
MARGIN, MARGIN_ASIDE = 0.35, 1.0  # heights added above and below a row, and beside it
HEAD = re.compile("HEAD|SKULL|BRAIN|FACE|SINUS|ORBIT|NEURO|CRAN")
SLICES, WRITTEN_ON = {"CT", "MR", "PT"}, {"OT", "SC", "DOC", "US", "XA", "RF", "ES"}


class TextBox(NamedTuple):
    """Rows and columns of letter-like shapes, the last two numbers not included."""

    top: int
    left: int
    bottom: int
    right: int

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
    grey = _grey_levels(np.asarray(image))
    limits, found, scale = np.array(grey.shape * 2), [], 1
    while True:
        for level in (grey, 255 - grey):
            found += [scale * edges for edges in _rows_of_letters(level)]
        if min(grey.shape) < 2 * SMALLEST_IMAGE_PX:
            break
        rows, columns = (length // 2 * 2 for length in grey.shape)
        quarters = [grey[i:rows:2, j:columns:2] for i, j in np.ndindex(2, 2)]
        grey = (np.sum(quarters, axis=0, dtype=np.uint16) >> 2).astype(np.uint8)
        scale *= 2
    return _joined([TextBox(*np.clip(edges, 0, limits).tolist()) for edges in found])


def _joined(boxes: list[TextBox]) -> list[TextBox]:
    """Merge boxes that overlap, until none do; from top to bottom.

    Examples
    --------
    >>> _joined([TextBox(0, 0, 4, 4), TextBox(9, 0, 12, 4), TextBox(2, 2, 6, 8)])
    [TextBox(top=0, left=0, bottom=6, right=8), TextBox(top=9, left=0, bottom=12, \
right=4)]
    """
    merged: list[TextBox] = []
    for box in boxes:
        while other := next((one for one in merged if _overlap(one, box)), None):
            merged.remove(other)
            box = TextBox(*map(min, box[:2], other[:2]), *map(max, box[2:], other[2:]))
        merged.append(box)
    return sorted(merged)


def _overlap(one: TextBox, other: TextBox) -> bool:
    beside = one.right <= other.left or other.right <= one.left
    return not beside and one.top < other.bottom and other.top < one.bottom


def clean_pixels(dataset: Dataset) -> dict[str, int]:
    """Blacken text in the pixels, in place, and keep nothing but the image.

    The image is stored uncompressed: letters may also stand in the unused bits of a
    cell, after the last pixel, and in comments inside a compressed stream. The file
    meta information is new and empty but for the transfer syntax.

    Parameters
    ----------
    dataset : pydicom Dataset

    Returns
    -------
    dict
        "text boxes", "frames", "frames searched" (16 at most, evenly spread; what is
        found in one is blackened in all) and "warnings": why a person must look.

    Raises
    ------
    DicomPixelsError
        If it is no image that can be read, or a person must look at it first.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> import pydicom
    >>> clean_pixels(pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False)))
    {'text boxes': 0, 'frames': 1, 'frames searched': 1, 'warnings': []}

    References
    ----------
    DICOM PS3.5, 8.1.1 (pixel cells); PS3.15, E.3.1 (Clean Pixel Data Option).
    """
    image, syntax = read_pixels(dataset), dataset.file_meta.TransferSyntaxUID
    is_film = image.stored.ndim == 2 + (dataset.SamplesPerPixel == 3)
    frames = image.stored[None] if is_film else image.stored
    seen = np.unique(np.linspace(0, len(frames) - 1, MOST_FRAMES).astype(int))
    boxes = _joined([box for one in seen for box in find_text(frames[one])])
    if not boxes and dataset.get("BurnedInAnnotation") == "YES":
        raise DicomPixelsError(
            "Burned In Annotation is YES and no text was found. Look at it, blacken it "
            "in a copy, set it to NO there and run again."
        )
    kind = dataset.PhotometricInterpretation
    _store(dataset, blackened(frames, boxes, kind), syntax.is_little_endian)
    dataset.preamble, dataset.file_meta = bytes(128), FileMetaDataset()
    native = ExplicitVRLittleEndian if syntax.is_encapsulated else syntax
    dataset.file_meta.TransferSyntaxUID = native
    return {
        "text boxes": len(boxes),
        "frames": len(frames),
        "frames searched": len(seen),
        "warnings": _reasons_to_look(dataset, found=bool(boxes)),
    }


def _reasons_to_look(dataset: Dataset, *, found: bool) -> list[str]:
    """Return why a person should look at an image, from its header as it came."""
    parts = ("BodyPartExamined", "StudyDescription", "SeriesDescription")
    where = " ".join(str(dataset.get(keyword, "")) for keyword in parts)
    modality, head = dataset.get("Modality"), HEAD.search(where.upper())
    reasons = {
        "no Patient ID: the study stands for the patient": not dataset.get("PatientID"),
        "slices of a head: together they may show a face": head and modality in SLICES,
        "a kind of image that is often written on": modality in WRITTEN_ON,
        "text suspected in the pixels and blackened": found,
    }
    return [reason for reason, holds in reasons.items() if holds]


def _store(dataset: Dataset, frames: np.ndarray, little_endian: bool) -> None:
    """Put frames into a data set as uncompressed pixel data."""
    bits, order = 8 * frames.dtype.itemsize, "<" if little_endian else ">"
    content = frames.astype(frames.dtype.newbyteorder(order)).tobytes()
    if dataset.BitsAllocated == 1:
        content = np.packbits(frames.ravel(), bitorder="little").tobytes()
    else:
        dataset.BitsAllocated, dataset.BitsStored = bits, min(dataset.BitsStored, bits)
        dataset.HighBit = dataset.BitsStored - 1
    if dataset.SamplesPerPixel == 3:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
    content += b"\0" * (len(content) % 2)
    _ = dataset["PixelData"]  # not Float Pixel Data
    dataset["PixelData"] = DataElement("PixelData", "OW" if bits > 8 else "OB", content)


def blackened(frames: np.ndarray, boxes: list[TextBox], photometric: str) -> np.ndarray:
    """Return a copy in which all boxes are black on the screen, in every frame.

    Parameters
    ----------
    frames : array (frames, rows, columns) or (frames, rows, columns, 3)
        Stored values.
    boxes : list of TextBox
    photometric : str
        Photometric Interpretation: MONOCHROME1 shows its largest value black. A
        palette has no order; the commonest value stands for the background.

    Examples
    --------
    >>> film = np.array([[[3, 5], [7, 9]]])
    >>> blackened(film, [TextBox(0, 0, 1, 2)], "MONOCHROME1").tolist()
    [[[9, 9], [7, 9]]]
    """
    painted, black = frames.copy(), 0
    if photometric.startswith("MONOCHROME"):
        black = frames.max() if photometric == "MONOCHROME1" else frames.min()
    elif photometric == "PALETTE COLOR":
        black = mode(frames, axis=None).mode
    for box in boxes:
        painted[(slice(None), *box.area)] = black
    return painted


def _grey_levels(image: np.ndarray) -> np.ndarray:
    """Return uint8 values, 0 and 255 at the 0.1 and 99.9 percentiles."""
    values = image.mean(axis=-1) if image.ndim == 3 else image
    values = values.astype(np.float32)
    step = max(1, min(values.shape) // 256)
    sample = values[::step, ::step]
    sample = np.sort(sample[np.isfinite(sample)])
    if sample.size == 0:
        return np.zeros(values.shape, np.uint8)
    edge = max(1, sample.size // 1000)
    low, high = sample[edge - 1], sample[-edge]
    if high <= low:
        low, high = sample[0], sample[-1]
    values -= low
    values *= np.float32(255 / max(high - low, 1e-6))
    return np.nan_to_num(np.clip(values, 0, 255), nan=0).astype(np.uint8)


def _opened(grey: np.ndarray) -> np.ndarray:
    """Return the image without bright details up to 9 pixels wide, quickly.

    The least values around each pixel, then the largest of these: the same twice, in
    steps of 1, 2, 4 and 1 pixels, with the image inverted and turned round.
    """
    wide = np.pad(grey, STROKE_PX, mode="edge")
    for _ in range(2):
        wide = 255 - wide
        for step in (1, 2, 4, 1):
            wide = np.maximum(wide, np.roll(wide, -step, axis=0))
            wide = np.maximum(wide, np.roll(wide, -step, axis=1))
        wide = wide[::-1, ::-1]
    return wide[STROKE_PX:-STROKE_PX, STROKE_PX:-STROKE_PX]


def _rows_of_letters(grey: np.ndarray) -> list[np.ndarray]:
    """Return (top, left, bottom, right) of rows of bright letters at one scale."""
    shapes = _letters(grey, grey - _opened(grey))  # a white top-hat
    rows = _chains(shapes[shapes[:, -1] < EVEN], NEAR)
    if not rows:
        return []
    same_pen = np.any([_same_pen(shapes, row) for row in rows], axis=0)
    return rows + _chains(shapes[same_pen], FAR)


def _same_pen(shapes: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Tell which shapes are as high and as bright as those of a row that was found."""
    height, grey, contrast = shapes[:, 2] - shapes[:, 0], shapes[:, 5], shapes[:, 6]
    inside = (shapes[:, :2] >= row[:2]) & (shapes[:, 2:4] <= row[2:])
    inside = inside.all(axis=1)
    high, bright = np.median(height[inside]), np.median(grey[inside])
    as_high = np.abs(height - high) <= max(0.2 * high, 1)
    return as_high & (np.abs(grey - bright) < BLURRED * contrast)


def _letters(grey: np.ndarray, raised: np.ndarray) -> np.ndarray:
    """Return (top, left, bottom, right, letters, grey, contrast, spread) of shapes."""
    stands_out = raised > int(255 * CONTRAST)
    labels, _ = ndimage.label(stands_out, structure=np.ones((3, 3)))
    shape, values = labels[stands_out] - 1, grey[stands_out].astype(np.float64)
    size = np.bincount(shape)
    contrast = np.bincount(shape, raised[stands_out]) / size
    mean = np.bincount(shape, values) / size
    variance = np.bincount(shape, values**2) / size - mean**2
    spread = np.sqrt(np.maximum(variance, 0)) / np.maximum(contrast, 1)
    places = ndimage.find_objects(labels)
    edges = [(row.start, col.start, row.stop, col.stop) for row, col in places]
    edges = np.array(edges, int).reshape(-1, 4)
    height, width = (edges[:, 2:] - edges[:, :2]).T
    letters = _letters_in(height, width, size / (height * width))
    wanted = (spread < BLURRED) & (size >= SMALLEST_PX) & (letters > 0)
    wanted &= (height >= SMALLEST_PX) & (height <= LARGEST_PX)
    table = np.column_stack([edges, letters, mean, contrast, spread])
    return table[wanted][:MOST_SHAPES]


def _letters_in(height: np.ndarray, width: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """Return how many letters shapes with a share of set pixels may be, 0 for none."""
    shapes = [width <= share * height for share in (0.45, 1.7, 20)]
    one = (fill >= 0.18) & (fill <= np.where(height <= 9, 1.0, 0.85))
    touching = np.where((fill >= 0.25) & (fill <= 0.8), width / (0.8 * height), 0)
    return np.select(shapes, [fill >= 0.3, one, touching])  # the first: I, l, 1


def _chains(shapes: np.ndarray, gap: float) -> list[np.ndarray]:
    """Join neighbouring letters of one height; return the edges of those in a row."""
    if not len(shapes):
        return []
    top, left, bottom, right, letters = shapes.T[:5]
    height, middle = bottom - top, (top + bottom) / 2
    ends, starts = (KDTree(np.column_stack([end, middle])) for end in (right, left))
    near = ends.sparse_distance_matrix(starts, gap * LARGEST_PX, output_type="ndarray")
    one, other = near["i"], near["j"]
    taller = np.maximum(height[one], height[other])
    between = left[other] - right[one]
    linked = (np.abs(middle[one] - middle[other]) < 0.35 * taller) & (one != other)
    linked &= np.minimum(height[one], height[other]) > 0.5 * taller
    linked &= (between < gap * taller) & (between > -0.3 * taller)
    pairs = (np.ones(linked.sum()), (one[linked], other[linked]))
    _, chain = connected_components(coo_array(pairs, shape=(len(top),) * 2), False)
    long = np.flatnonzero(np.bincount(chain, letters) >= FEWEST_LETTERS)
    rows = [shapes[chain == name] for name in long]
    return [_edges(row) for row in rows if len(row) >= FEWEST_SHAPES and _is_row(row)]


def _is_row(row: np.ndarray) -> bool:
    """Tell whether letters share a base line or a top line, a height and one pen."""
    height, spread = row[:, 2] - row[:, 0], median_abs_deviation(row)
    high = np.median(height)
    straight = min(spread[0], spread[2]) <= max(0.05 * high, 0.5)
    level = median_abs_deviation(height) <= max(0.15 * high, 0.5)
    return bool(straight and level and spread[5] <= ALIKE * np.median(row[:, 6]))


def _edges(row: np.ndarray) -> np.ndarray:
    """Return (top, left, bottom, right) of a row with its margins, whole numbers."""
    high = np.median(row[:, 2] - row[:, 0])
    pad = np.array([MARGIN * high + 1, MARGIN_ASIDE * high + 1])
    first, last = row[:, :2].min(axis=0) - pad, row[:, 2:4].max(axis=0) + pad
    return np.concatenate([np.trunc(first), np.ceil(last)]).astype(int)
