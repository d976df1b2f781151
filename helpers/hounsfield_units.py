"""Hounsfield units: from stored values to CT numbers, and what a picture keeps of them.

A CT number compares the attenuation of a voxel with that of water: 0 is water, -1000
is nothing at all. `read_hounsfield` returns them only where the header says that the
values are HU, and NaN where there is no image. `export_grey` makes the 8-bit picture
that leaves a viewer, `recover_hounsfield` says what can be had back from it.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
from pydicom.dataset import Dataset

from helpers.dicom_pixels import read_pixels
from helpers.dicom_pixels.errors import pixels_error
from helpers.windowing import plain_window, to_bytes

LOWEST_HU = -1500.0
"""Below it lies no measurement: vacuum is -1000, and noise does not reach so far."""


class Window(NamedTuple):
    """A display window in HU, in the plain form: centre and width.

    Attributes
    ----------
    center, width : float
        HU.
    """

    center: float
    width: float

    @property
    def low(self) -> float:
        """CT number that becomes black."""
        return self.center - self.width / 2

    @property
    def high(self) -> float:
        """CT number that becomes white."""
        return self.center + self.width / 2

    @property
    def step(self) -> float:
        """HU that share one of 256 grey levels."""
        return self.width / 255


#: The settings of the course. Scanners and hospitals use others: look at the header.
WINDOWS: dict[str, Window] = {
    "lung": Window(-600.0, 1500.0),
    "mediastinum": Window(40.0, 400.0),
    "bone": Window(500.0, 2000.0),
}


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
    if pixels.unit != "HU":
        header = pixels.dataset
        raise pixels_error(
            pixels.file,
            what=f"the values are no Hounsfield units but '{pixels.unit}' (Modality "
            f"{header.get('Modality')}, Rescale Slope {header.get('RescaleSlope')}, "
            f"Rescale Type {header.get('RescaleType')})",
            expected="a CT whose rescale leads to HU",
            do="Do not guess slope and intercept: fetch the original from the archive. "
            "An 8-bit copy or a secondary capture cannot be turned back.",
        )
    hu = pixels.values.astype(np.float32)
    if pixels.padding is not None:
        hu[pixels.padding] = np.nan
    hu[hu < lowest] = np.nan
    return hu


def export_grey(hu: np.ndarray, window: Window) -> np.ndarray:
    """Return the 8-bit picture of CT numbers: 0 black, 255 white, NaN black.

    Parameters
    ----------
    hu : float or integer array of any shape
    window : Window

    Raises
    ------
    ValueError
        If the width is not above 0.

    Examples
    --------
    >>> export_grey(np.array([-2000.0, -160.0, 40.0, 900.0]), Window(40, 400)).tolist()
    [0, 0, 128, 255]
    """
    return to_bytes(plain_window(hu, center=window.center, width=window.width))


def recover_hounsfield(grey: np.ndarray, window: Window) -> np.ndarray:
    """Return what an 8-bit picture still says of the CT numbers, NaN where nothing.

    Parameters
    ----------
    grey : uint8 array of any shape
        0 and 255 are the open ends of the window: "at most" and "at least", no value.
    window : Window
        The one that the picture was made with. The picture does not say which.

    Returns
    -------
    float32 array of the same shape
        HU, within half a `Window.step` of the original; NaN at both ends.

    Raises
    ------
    TypeError
        If the picture is not uint8.
    ValueError
        If the width is not above 0.

    Examples
    --------
    >>> recover_hounsfield(np.array([0, 51, 255], np.uint8), Window(40, 400)).tolist()
    [nan, -80.0, nan]
    """
    grey = np.asarray(grey)
    if grey.dtype != np.uint8:
        raise TypeError(
            f"The picture holds {grey.dtype}. Expected uint8, 0 black to 255 white. A "
            "colour or 16-bit picture must be read as one 8-bit channel first."
        )
    if not window.width > 0:
        raise ValueError(
            f"The window width is {window.width:g}. Expected a width above 0 HU. Check "
            "that centre and width were not exchanged."
        )
    hu = np.float32(window.low) + grey * np.float32(window.step)
    hu[(grey == 0) | (grey == 255)] = np.nan
    return hu
