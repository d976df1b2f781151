"""Windows: which range of values becomes the grey scale from black to white.

Two forms are in use and they are not the same. The plain window taught in radiology
runs from ``center - width / 2`` to ``center + width / 2``. DICOM's default function,
LINEAR, shifts the centre by a half and shortens the width by one, because it counts
grey levels of integers; LINEAR_EXACT is the plain window, SIGMOID has no ends.
"""

from __future__ import annotations

import numpy as np

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def plain_window(values: np.ndarray, *, center: float, width: float) -> np.ndarray:
    """Return grey values 0 (black) to 1 (white) for the plain teaching window.

    Parameters
    ----------
    values : array of any shape
        Values in the unit of `center` and `width`, for CT in HU.
    center, width : float
        Middle and extent of the window; `width` above 0.

    Returns
    -------
    float array of the same shape, 0 to 1.

    Raises
    ------
    ValueError
        If `width` is not above 0.

    Examples
    --------
    >>> plain_window(np.array([-1000.0, 40.0, 3000.0]), center=40, width=400).tolist()
    [0.0, 0.5, 1.0]
    """
    _check_width(width, lowest=0.0, function="a plain window")
    grey = _as_float(values, offset=center - width / 2)
    grey /= width
    return np.clip(grey, 0.0, 1.0, out=grey)


def apply_window(
    values: np.ndarray, *, center: float, width: float, function: str = "LINEAR"
) -> np.ndarray:
    """Return grey values 0 (black) to 1 (white) for a window of a DICOM header.

    Parameters
    ----------
    values : array of any shape
        Values after the modality transformation, for CT in HU.
    center, width : float
        Window Center (0028,1050) and Window Width (0028,1051).
    function : {"LINEAR", "LINEAR_EXACT", "SIGMOID"}
        VOI LUT Function (0028,1056); LINEAR where the header has none.

    Returns
    -------
    float array of the same shape, 0 to 1; float32 unless `values` are float64.

    Raises
    ------
    ValueError
        If the function is unknown, or the width is too small for it (below 1 for
        LINEAR, not above 0 for the two others).

    Examples
    --------
    >>> apply_window(np.array([0.0, 127.5, 255.0]), center=128, width=256).tolist()
    [0.0, 0.5, 1.0]

    References
    ----------
    DICOM PS3.3, C.11.2.1.2 (windowing) and C.11.2.1.3 (VOI LUT Function).
    """
    name = str(function).strip().upper()
    if name == "LINEAR_EXACT":
        return plain_window(values, center=center, width=width)
    if name == "SIGMOID":
        _check_width(width, lowest=0.0, function=name)
        return _sigmoid(values, center, width)
    if name == "LINEAR":
        _check_width(width, lowest=1.0, function=name)
        if width == 1:  # a step: everything above center - 0.5 is white
            return (np.asarray(values) > center - 0.5).astype(np.float32)
        return plain_window(values, center=center - 0.5, width=width - 1)
    raise ValueError(
        f"The VOI LUT function {function!r} is not known. Expected one of "
        f"{', '.join(FUNCTIONS)}. A header without VOI LUT Function means LINEAR."
    )


def window_limits(
    center: float, width: float, *, function: str = "LINEAR"
) -> tuple[float, float]:
    """Return the values that become black and white, in the unit of the window.

    SIGMOID has no ends: its nominal ones, grey 0.12 and 0.88, are returned.

    Examples
    --------
    >>> window_limits(40, 400, function="LINEAR_EXACT")
    (-160.0, 240.0)
    >>> window_limits(40, 400)
    (-160.0, 239.0)
    """
    if str(function).strip().upper() == "LINEAR":
        center, width = center - 0.5, width - 1
    return float(center - width / 2), float(center + width / 2)


def to_bytes(grey: np.ndarray) -> np.ndarray:
    """Return uint8 0 (black) to 255 (white) for grey values 0 to 1; NaN becomes black.

    Examples
    --------
    >>> to_bytes(np.array([-0.2, 0.5, 1.0, np.nan])).tolist()
    [0, 128, 255, 0]
    """
    scaled = np.rint(np.asarray(grey) * 255.0)
    if scaled.size and not np.isfinite(scaled.sum()):
        scaled = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
    return np.clip(scaled, 0.0, 255.0).astype(np.uint8)


def _as_float(values: np.ndarray, *, offset: float) -> np.ndarray:
    """Return values - offset as float32 (float64 stays); never modular integers."""
    values = np.asarray(values)
    wide = values.dtype == np.float64 or values.dtype.itemsize > 4
    kind = (
        np.float64
        if wide or values.dtype.kind in "iu" and values.dtype.itemsize > 2
        else np.float32
    )
    return np.subtract(values, kind(offset), dtype=kind)


def _sigmoid(values: np.ndarray, center: float, width: float) -> np.ndarray:
    """Return 1 / (1 + exp(-4 (x - center) / width)) without overflow."""
    steep = np.clip(_as_float(values, offset=center) * (-4.0 / width), -80.0, 80.0)
    return 1.0 / (1.0 + np.exp(steep))


def _check_width(width: float, *, lowest: float, function: str) -> None:
    """Raise when a window has no extent."""
    enough = width >= lowest if lowest else width > 0
    if not (np.isfinite(width) and enough):
        rule = f"at least {lowest:g}" if lowest else "above 0"
        raise ValueError(
            f"The window width is {width:g}. Expected a width {rule} for {function}, "
            "in the unit of the values. Check that centre and width were not exchanged."
        )
