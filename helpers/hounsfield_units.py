"""CT numbers of a DICOM image, only where its header says that they are CT numbers.

A CT number compares the attenuation of a voxel with that of water: 0 is water, -1000
is nothing at all.
"""

from __future__ import annotations

import os

import numpy as np
from pydicom.dataset import Dataset

from helpers.dicom_pixels import DicomPixelsError, read_pixels

#: Below it lies no measurement: vacuum is -1000, and noise does not reach so far.
LOWEST_HU = -1500.0


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

    References
    ----------
    Hounsfield GN. Br J Radiol 1973;46:1016-1022. DICOM PS3.3, C.8.2.1 and C.11.1.
    """
    image = read_pixels(path_or_dataset)
    header = image.dataset
    is_scout = "LOCALIZER" in (header.get("ImageType") or "")
    if is_scout or image.unit != "HU":
        keywords = ("Modality", "RescaleSlope", "RescaleIntercept", "RescaleType")
        found = ", ".join(f"{keyword} {header.get(keyword)}" for keyword in keywords)
        what = "those of a localizer" if is_scout else f"'{image.unit}'"
        raise DicomPixelsError(
            f"{image.name}: the values are no Hounsfield units but {what} ({found}). "
            "Expected a slice of a CT whose rescale, slope and intercept, leads to HU. "
            "Do not guess them: fetch the original from the archive. An 8-bit copy or "
            "a secondary capture cannot be turned back; a localizer shows no slice."
        )
    hu = image.values.astype(np.float32)
    hu[image.padding] = np.nan
    hu[hu < lowest] = np.nan
    return hu
