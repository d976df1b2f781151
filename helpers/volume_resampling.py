"""Bring a volume onto another grid of voxels without moving it.

Two conventions are in use. Keep the *centre* of the first voxel where it is, and
voxel i of the new grid lies at ``i * new / old`` of the old one: SimpleITK with an
unchanged origin, and this module. Or keep the *outer edges*, as scikit-image's `resize`
does, and the first centre moves by half the difference of the voxel sizes. Both are
right as long as the affine matrix goes with the voxels.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import affine_transform

from helpers.dicom_series.volume import SeriesVolume

ORDERS = (0, 1, 2, 3)
LARGEST_VOXELS = 2**29


def resample(
    volume: SeriesVolume, spacing_mm: tuple[float, float, float], *, order: int = 1
) -> SeriesVolume:
    """Return the volume with another spacing; the first voxel stays in its place.

    Parameters
    ----------
    volume : SeriesVolume
    spacing_mm : (slices, rows, columns)
        New distances in mm; (1, 1, 1) for cubes of a millimetre.
    order : {0, 1, 2, 3}
        0 nearest voxel, 1 linear, 3 cubic spline (which overshoots at edges).

    Raises
    ------
    ValueError
        If a spacing is not above 0, the grid would be absurdly large, the order is
        unknown, or voxels are missing (NaN).
    """
    values = resample_values(volume.values, volume.spacing_mm, spacing_mm, order=order)
    scale = np.asarray(spacing_mm, dtype=float) / volume.spacing_mm
    affine = volume.affine.copy()
    affine[:, :3] *= scale
    return volume.with_voxels(values, affine)


def resample_values(
    values: np.ndarray,
    spacing_mm: tuple[float, float, float],
    new_spacing_mm: tuple[float, float, float],
    *,
    order: int = 1,
) -> np.ndarray:
    """Return an array on a grid with another spacing and the same first voxel.

    The new grid ends at, or just before, the centre of the last old voxel, so that
    nothing is extrapolated. Values are picked between voxels, not averaged: before
    going to a much coarser grid, smooth.

    Parameters
    ----------
    values : array of shape (slices, rows, columns)
        Numbers, or a bool mask; a mask needs order 0, or its volume changes.
    spacing_mm, new_spacing_mm : (slices, rows, columns)
        Old and new distances in mm.
    order : {0, 1, 2, 3}

    Returns
    -------
    array
        float32, or bool for a mask.

    Raises
    ------
    ValueError
        See `resample`; also for a mask with an order above 0.

    Examples
    --------
    >>> line = np.array([0.0, 10, 20]).reshape(3, 1, 1)
    >>> resample_values(line, (2, 1, 1), (1, 1, 1)).ravel().tolist()
    [0.0, 5.0, 10.0, 15.0, 20.0]
    """
    values = np.asarray(values)
    scale = _scale(values, spacing_mm, new_spacing_mm)
    shape = tuple(
        int(np.floor((length - 1) / step + 1e-6)) + 1
        for length, step in zip(values.shape, scale, strict=True)
    )
    _check(values, shape, order)
    is_mask = values.dtype == bool
    resampled = affine_transform(
        values.astype(np.uint8 if is_mask else np.float32, copy=False),
        scale,
        output_shape=shape,
        order=order,
        mode="mirror",  # matters to splines only: no point lies outside
    )
    return resampled.astype(bool) if is_mask else resampled


def _scale(values: np.ndarray, old_mm, new_mm) -> np.ndarray:
    """Return new over old spacing, checked."""
    old, new = np.asarray(old_mm, dtype=float), np.asarray(new_mm, dtype=float)
    sound = old.shape == new.shape == (3,) and np.isfinite([old, new]).all()
    if not sound or min(*old, *new) <= 0:
        raise ValueError(
            f"The spacing is {old_mm} and shall become {new_mm}. Expected three "
            "distances above 0 each, in mm: slices, rows, columns. Take the first from "
            "volume.spacing_mm."
        )
    if values.ndim != 3 or 0 in values.shape:
        raise ValueError(
            f"The array has the shape {values.shape}. Expected (slices, rows, "
            "columns). For one slice use values[None]."
        )
    return new / old


def _check(values: np.ndarray, shape: tuple[int, ...], order: int) -> None:
    """Raise on what cannot be interpolated."""
    if order not in ORDERS:
        raise ValueError(
            f"order is {order!r}. Expected one of {ORDERS}: 0 nearest, 1 linear, "
            "3 cubic. 1 is usual for images, 0 for masks."
        )
    if values.dtype == bool and order != 0:
        raise ValueError(
            f"A mask was to be resampled with order {order}. Expected order 0: what "
            "lies between yes and no is neither. Or interpolate mask.astype(float) and "
            "choose a threshold yourself."
        )
    if np.prod(shape, dtype=float) > LARGEST_VOXELS:
        raise ValueError(
            f"The new grid would have {' x '.join(map(str, shape))} voxels. Expected "
            f"at most {LARGEST_VOXELS:,}. Is the new spacing in mm, and not in metres "
            "or pixels?"
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        missing = int((~np.isfinite(values)).any(axis=(1, 2)).sum())
        raise ValueError(
            f"{missing} of {len(values)} slices hold NaN. Expected numbers only. "
            "Interpolating across a gap would invent what was not imaged: resample "
            "the slices before and after it separately."
        )
