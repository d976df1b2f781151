"""Regions of interest: discs in neighbouring slices, their mean and how sure it is.

Noise of a CT is not white. Neighbouring pixels share it, and the reconstruction takes
its slow waves away, so that the standard deviation over the root of the number of
pixels is wrong: too small for small discs, too large for large ones. Slices are the
measurements here: each gives one mean, and the means give the interval.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from helpers.intervals import mean_interval


class RegionMeasurement(NamedTuple):
    """What a region of interest says.

    Attributes
    ----------
    mean : float
        Of the means of the slices, in the unit of the volume.
    sd : float
        Of all voxels: noise and structure together.
    low, high : float
        Interval of the mean, from the means of the slices.
    voxels, slices : int
        How many went in; voxels without a value (NaN) are left out.
    """

    mean: float
    sd: float
    low: float
    high: float
    voxels: int
    slices: int


def disc(
    shape: tuple[int, int], center: tuple[float, float], radius_px: float
) -> np.ndarray:
    """Return a bool mask (rows, columns), True within a distance of a pixel.

    Parameters
    ----------
    shape : (rows, columns)
    center : (row, column)
    radius_px : float
        0 marks the centre alone.

    Raises
    ------
    ValueError
        If the disc reaches over the edge of the image.

    Examples
    --------
    >>> disc((3, 3), (1, 1), 1).astype(int).tolist()
    [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    """
    row, column = center
    if not (
        radius_px >= 0
        and radius_px <= row <= shape[0] - 1 - radius_px
        and radius_px <= column <= shape[1] - 1 - radius_px
    ):
        raise ValueError(
            f"A disc of radius {radius_px} px around row {row}, column {column} does "
            f"not lie in an image of {shape[0]} x {shape[1]} pixels. Expected all of "
            "it inside. Move it, or make it smaller."
        )
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius_px**2


def measure_region(
    volume: np.ndarray, mask: np.ndarray, *, confidence: float = 0.95
) -> RegionMeasurement:
    """Return the mean of a region over neighbouring slices, with its interval.

    Parameters
    ----------
    volume : float or integer array of shape (slices, rows, columns)
        CT numbers of at least 2 slices; NaN where there is no value.
    mask : bool array of shape (rows, columns) or (slices, rows, columns)
        The region, the same in every slice or one for each.
    confidence : float
        0.95 for a 95 % interval.

    Returns
    -------
    RegionMeasurement
        The interval is Student's t over the means of the slices, so it holds what
        differs between slices, noise and anatomy alike. Slices that overlap make it
        too narrow.

    Raises
    ------
    ValueError
        If the shapes do not fit, or fewer than 2 slices hold a value in the mask.

    Examples
    --------
    >>> volume = np.array([[[40.0, 44.0]], [[46.0, 50.0]]])
    >>> m = measure_region(volume, np.ones((1, 2), bool))
    >>> m.mean, m.voxels, m.slices, round(m.low), round(m.high)
    (45.0, 4, 2, 7, 83)
    """
    volume, mask = np.asarray(volume), np.asarray(mask, dtype=bool)
    if volume.ndim != 3 or mask.shape not in (volume.shape, volume.shape[1:]):
        raise ValueError(
            f"The volume has the shape {volume.shape}, the mask {mask.shape}. Expected "
            "(slices, rows, columns) and a mask of the same rows and columns. For one "
            "slice write volume[None], but one slice has no interval."
        )
    values = np.where(mask, volume.astype(float), np.nan)
    known = np.isfinite(values)
    count = known.sum(axis=(1, 2))
    if (count > 0).sum() < 2:
        raise ValueError(
            f"{(count > 0).sum()} of {len(volume)} slices hold a value in the mask "
            f"({mask.sum()} pixels of it). Expected at least 2. Check that the mask is "
            "not empty and does not lie on padding."
        )
    sums = np.where(known, values, 0.0).sum(axis=(1, 2))
    means = sums[count > 0] / count[count > 0]
    mean, low, high = mean_interval(means, confidence=confidence)
    return RegionMeasurement(
        mean=mean,
        sd=float(values[known].std(ddof=1)),
        low=low,
        high=high,
        voxels=int(known.sum()),
        slices=len(means),
    )
