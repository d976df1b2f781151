"""Hounsfield units: from stored values to CT numbers, and what a picture keeps of them.

A CT number compares the attenuation of a voxel with that of water: 0 is water, -1000
is nothing at all. `read_hounsfield` returns them only where the header says that the
values are HU, and NaN where there is no image.
"""

from __future__ import annotations

import os

import numpy as np
from pydicom.dataset import Dataset

from helpers.dicom_pixels import DicomPixels, read_pixels
from helpers.dicom_pixels.errors import pixels_error
from helpers.dicom_pixels.header import has, text

LOWEST_HU = -1500.0
"""Below it lies no measurement: vacuum is -1000, and noise does not reach so far."""


def hounsfield_number(mu: np.ndarray, mu_water: float) -> np.ndarray:
    """Return the CT number of linear attenuation coefficients, in HU.

    Parameters
    ----------
    mu : float or array
        Linear attenuation at one energy, 0 or above, in the unit of `mu_water`.
    mu_water : float
        Attenuation of water at the same energy, above 0.

    Raises
    ------
    ValueError
        If `mu_water` is not above 0, or an attenuation is negative.

    Examples
    --------
    >>> float(round(hounsfield_number(0.182, 0.206)))
    -117.0

    References
    ----------
    Hounsfield GN. Br J Radiol 1973;46:1016-1022.
    """
    mu = np.asarray(mu, dtype=float)
    if not mu_water > 0 or (mu < 0).any():
        raise ValueError(
            f"mu_water is {mu_water} and the smallest mu {mu.min()}. Expected water "
            "above 0 and no negative attenuation, both in 1/cm or both in 1/mm. Look "
            "both up at the same photon energy."
        )
    return 1000.0 * (mu - mu_water) / mu_water


def stored_to_hounsfield(
    stored: np.ndarray,
    *,
    slope: float,
    intercept: float,
    padding: float | None = None,
) -> np.ndarray:
    """Return CT numbers for stored values, NaN where there is padding.

    Parameters
    ----------
    stored : integer array of any shape
        What is in the file (`dataset.pixel_array`).
    slope, intercept : float
        Rescale Slope and Rescale Intercept of this very slice.
    padding : float or None
        The *stored* value outside the image, None if there is none.

    Returns
    -------
    float32 array of the same shape
        HU; float32 holds every 16-bit stored value exactly.

    Raises
    ------
    TypeError
        If the values are not integers.
    ValueError
        If the slope is 0 or one of the numbers is not finite.

    Examples
    --------
    >>> stored = np.array([0, 1024, 2024], dtype=np.uint16)
    >>> stored_to_hounsfield(stored, slope=1, intercept=-1024, padding=0).tolist()
    [nan, 0.0, 1000.0]
    """
    stored = np.asarray(stored)
    if not np.issubdtype(stored.dtype, np.integer):
        raise TypeError(
            f"stored holds {stored.dtype}. Expected the integers of the file. Pass "
            "dataset.pixel_array; an array that is in HU already needs no rescale."
        )
    if not (np.isfinite(slope) and np.isfinite(intercept)) or slope == 0:
        raise ValueError(
            f"slope is {slope} and intercept {intercept}. Expected two finite numbers "
            "and a slope other than 0, which would make all tissues equal. Read "
            "Rescale Slope and Rescale Intercept from the header of this slice."
        )
    hu = np.multiply(stored, slope, dtype=np.float32)
    hu += np.float32(intercept)
    if padding is not None:
        hu[stored == padding] = np.nan
    return hu


def read_hounsfield(
    path_or_dataset: str | os.PathLike | Dataset, *, lowest: float = LOWEST_HU
) -> np.ndarray:
    """Return the CT numbers of one DICOM image, or refuse to call them that.

    Parameters
    ----------
    path_or_dataset : path-like or pydicom Dataset
    lowest : float
        Values below it become NaN too: files exist whose padding is not the one that
        their header states. ``-np.inf`` keeps them.

    Returns
    -------
    float32 array of shape (rows, columns) or (frames, rows, columns)
        HU, NaN where there is padding.

    Raises
    ------
    DicomPixelsError
        If the file cannot be read, or its header does not make the values HU.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> hu = read_hounsfield(get_testdata_file("CT_small.dcm", download=False))
    >>> float(hu.min()), float(hu.max())
    (-896.0, 1167.0)
    """
    pixels = read_pixels(path_or_dataset)
    _check_unit(pixels)
    hu = pixels.values.astype(np.float32)
    if pixels.padding is not None:
        hu[pixels.padding] = np.nan
    hu[hu < lowest] = np.nan
    return hu


def _check_unit(pixels: DicomPixels) -> None:
    """Raise unless the header makes the values CT numbers of slices."""
    header = pixels.dataset
    if "LOCALIZER" in text(header, "ImageType"):
        raise pixels_error(
            pixels.file,
            what="this is a localizer (scout view), a projection through the whole body"
            f" (Image Type {text(header, 'ImageType')})",
            expected="a slice: only there does a voxel have a CT number",
            do="Leave it out of the series; the slices have AXIAL in Image Type.",
        )
    one_of_two = has(header, "RescaleSlope") != has(header, "RescaleIntercept")
    unit = "half a rescale" if one_of_two else pixels.unit
    if unit != "HU":
        raise pixels_error(
            pixels.file,
            what=f"the values are no Hounsfield units but '{unit}' (Modality "
            f"{header.get('Modality')}, Rescale Slope {header.get('RescaleSlope')}, "
            f"Rescale Intercept {header.get('RescaleIntercept')}, Rescale Type "
            f"{header.get('RescaleType')})",
            expected="a CT whose rescale, slope and intercept, leads to HU",
            do="Do not guess slope and intercept: fetch the original from the archive. "
            "An 8-bit copy or a secondary capture cannot be turned back.",
        )
