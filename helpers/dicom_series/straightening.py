"""Undo a tilted gantry: move each slice back within its own plane."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import shift

AIR_HU = -1024.0


def straighten(
    values: np.ndarray,
    sideways_mm: np.ndarray,
    pixel_spacing_mm: tuple[float, float],
    *,
    fill: float,
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return slices that lie straight above each other.

    Each slice is interpolated linearly within its plane, never between slices, on a
    grid that is larger by as much as the slices slide.

    Parameters
    ----------
    values : float array of shape (slices, rows, columns)
    sideways_mm : float array of shape (slices, 2)
        Place of each slice against the first: along the columns' index, along the
        rows' index.
    pixel_spacing_mm : (rows, columns)
    fill : float
        Value of voxels that no slice covers.

    Returns
    -------
    values : float32 array of shape (slices, rows + a, columns + b)
    before : (rows, columns)
        How many rows and columns were added in front of the first one.

    Examples
    --------
    >>> leaning = np.eye(3)[:, None, :]  # a point that slides one column a slice
    >>> slides = np.array([[0.0, 0], [-1, 0], [-2, 0]])
    >>> straight, _ = straighten(leaning, slides, (1, 1), fill=0)
    >>> straight[:, 0].tolist()
    [[0.0, 0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0]]
    """
    # rows first, in pixels
    slide = np.asarray(sideways_mm)[:, ::-1] / np.asarray(pixel_spacing_mm)
    before = np.ceil(np.maximum(-slide, 0).max(axis=0) - 1e-6).astype(int)
    after = np.ceil(np.maximum(slide, 0).max(axis=0) - 1e-6).astype(int)
    around = tuple(zip(before.tolist(), after.tolist(), strict=True))
    planes = []
    for plane, by in zip(values, slide, strict=True):
        wide = np.pad(np.asarray(plane, np.float32), around, mode="edge")
        whole = np.abs(by - np.rint(by)).max() < 1e-3
        moved = shift(wide, by, order=0 if whole else 1, mode="nearest")
        planes.append(np.where(_covered(plane.shape, before, after, by), moved, fill))
    return np.stack(planes).astype(np.float32), (int(before[0]), int(before[1]))


def _covered(size, before, after, by) -> np.ndarray:
    """Return which pixels of the larger grid lie on the moved slice."""
    rows, columns = (
        np.arange(-first, length + last) - moved
        for length, first, last, moved in zip(size, before, after, by, strict=True)
    )
    on_rows, on_columns = (
        (places >= -0.5 - 1e-6) & (places <= length - 0.5 + 1e-6)
        for places, length in zip((rows, columns), size, strict=True)
    )
    return on_rows[:, None] & on_columns
