"""Where the slices of a series lie: position, order, spacing, from voxel to patient.

A file name says nothing of it, Instance Number little, Slice Thickness only how thick a
slice is. What counts are Image Position and Image Orientation (Patient).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

EVEN_SHARE, ROUNDING_MM = 0.05, 0.1001
"""A slice may lie 5 % of the spacing off its even place, or as far as rounding to a
tenth of a millimetre moves it: 0.05 mm itself, and 0.05 mm the ends of the series."""


def slice_normal(orientation: ArrayLike) -> np.ndarray:
    """Return the direction in which slices follow each other, of length 1.

    Parameters
    ----------
    orientation : six numbers
        Image Orientation (Patient): the direction of a row, then of a column.

    Examples
    --------
    >>> slice_normal([1, 0, 0, 0, 1, 0]).tolist()
    [0.0, 0.0, 1.0]
    """
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    normal = np.cross(row, column)
    return normal / np.linalg.norm(normal)


def slice_position_mm(header: Any) -> float:
    """Return the distance of a slice along its own normal, in mm.

    Parameters
    ----------
    header : pydicom Dataset, or anything with the two attributes
        ``ImageOrientationPatient`` (six numbers) and ``ImagePositionPatient`` (three).

    Raises
    ------
    AttributeError
        If one of the two is not there: then the slice has no known place.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> slice_position_mm(SimpleNamespace(
    ...     ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
    ...     ImagePositionPatient=[-160, -150, 42.5]))
    42.5

    References
    ----------
    DICOM PS3.3, C.7.6.2.1.1 (Image Position and Image Orientation).
    """
    normal = slice_normal(header.ImageOrientationPatient)
    return float(normal @ np.asarray(header.ImagePositionPatient, dtype=float))


def spacing_from_positions(series: Sequence[Any]) -> float:
    """Return the distance of neighbouring slices in mm, from their positions.

    Parameters
    ----------
    series : sequence of headers, in any order
        At least two; see `slice_position_mm`.

    Raises
    ------
    ValueError
        With fewer than two slices, or if one lies more than 5 % of the spacing off
        its even place (or, where that is less, more than rounding can move it).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> slices = [SimpleNamespace(ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
    ...                           ImagePositionPatient=[0, 0, z]) for z in (5, 0, 2.5)]
    >>> spacing_from_positions(slices)
    2.5
    """
    if len(series) < 2:
        raise ValueError(
            f"{len(series)} slices have no distance from each other. Expected at least "
            "two. Slice Thickness is no substitute: slices may overlap or leave gaps."
        )
    positions = np.sort([slice_position_mm(header) for header in series])
    spacing = float(np.ptp(positions)) / (len(positions) - 1)
    off = np.abs(positions - positions[0] - np.arange(len(positions)) * spacing)
    if off.max() > tolerance_mm(spacing):
        steps = np.diff(positions)
        usual = float(np.median(steps))
        worst = int(np.abs(steps - usual).argmax())
        raise ValueError(
            f"The slices are not evenly spaced: {usual:g} mm mostly, but "
            f"{steps[worst]:g} mm between slices {worst} and {worst + 1}. Expected one "
            "distance. A slice is missing or twice there, or two series are mixed."
        )
    return spacing


def tolerance_mm(spacing_mm: float) -> float:
    """Return how far a slice may lie from its even place.

    Examples
    --------
    >>> round(tolerance_mm(0.6), 2), tolerance_mm(5)
    (0.1, 0.25)
    """
    return max(EVEN_SHARE * spacing_mm, ROUNDING_MM)


def affine_of(
    position: ArrayLike,
    orientation: ArrayLike,
    pixel_spacing_mm: tuple[float, float],
    step_mm: ArrayLike,
) -> np.ndarray:
    """Return the 3 x 4 matrix from voxel (slice, row, column, 1) to patient mm.

    Parameters
    ----------
    position : (x, y, z)
        Image Position (Patient) of the first slice, in mm: x to the patient's left, y
        to the back, z to the head.
    orientation : six numbers
        Image Orientation (Patient).
    pixel_spacing_mm : (rows, columns)
        Pixel Spacing: the distance of neighbouring rows comes first.
    step_mm : (x, y, z)
        From one slice to the next.

    Examples
    --------
    >>> affine = affine_of((-10, -20, 5), (1, 0, 0, 0, 1, 0), (0.5, 0.25), (0, 0, 2))
    >>> (affine @ [1, 2, 4, 1]).tolist()
    [-9.0, -19.0, 7.0]

    References
    ----------
    DICOM PS3.3, C.7.6.2.1.1, equation C.7.6.2.1-1.
    """
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    return np.column_stack(
        [step_mm, column * pixel_spacing_mm[0], row * pixel_spacing_mm[1], position]
    )


def toward(direction: ArrayLike) -> str:
    """Say in words where a direction mostly points.

    Examples
    --------
    >>> toward([0.1, 0, -1]), toward([0, 1, 0])
    ('the feet', 'the back')
    """
    direction = np.asarray(direction, dtype=float)
    axis = int(np.abs(direction).argmax())
    names = (
        ("the left", "the right"),
        ("the back", "the front"),
        ("the head", "the feet"),
    )
    return names[axis][int(direction[axis] < 0)]


def angle_deg(one: ArrayLike, other: ArrayLike) -> float:
    """Return the angle between two lines, 0 to 90 degrees."""
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    across = np.linalg.norm(np.cross(one, other))
    return float(np.degrees(np.arctan2(across, abs(one @ other))))
