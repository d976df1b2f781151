"""Windows: which range of values becomes the grey scale from black to white.

Two forms are in use and they are not the same. The plain window taught in radiology
runs from ``center - width / 2`` to ``center + width / 2``. DICOM's default function,
LINEAR, shifts the centre by a half and shortens the width by one, because it counts
grey levels of integers; LINEAR_EXACT is the plain window, SIGMOID has no ends.

`export_grey` makes the 8-bit picture that leaves a viewer, `recover_hounsfield` says
what can be had back from it: inside the window nearly everything, outside nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
LARGEST = 1e30  # of a centre or a width; float32 ends at 3e38


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
    float array of the same shape, 0 to 1; float32 where it holds `values` exactly.

    Raises
    ------
    ValueError
        If the centre is no number, or the width none above 0.

    Examples
    --------
    >>> plain_window(np.array([-1000.0, 40.0, 3000.0]), center=40, width=400).tolist()
    [0.0, 0.5, 1.0]
    """
    _check_window(center, width)
    values = np.asarray(values)
    values = values.astype(np.result_type(values, np.float32))
    return np.clip((values - float(center - width / 2)) / float(width), 0.0, 1.0)


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
    float array of the same shape, 0 to 1.

    Raises
    ------
    ValueError
        If the function is unknown, the centre is no number, or the width is too small
        for the function (below 1 for LINEAR, not above 0 for the two others).

    Examples
    --------
    >>> apply_window(np.array([0.0, 127.5, 255.0]), center=128, width=256).tolist()
    [0.0, 0.5, 1.0]

    References
    ----------
    DICOM PS3.3, C.11.2.1.2 (windowing) and C.11.2.1.3 (VOI LUT Function).
    """
    if function not in FUNCTIONS:
        raise ValueError(
            f"The VOI LUT function {function!r} is none of {', '.join(FUNCTIONS)}."
        )
    _check_window(center, width, least=1.0 if function == "LINEAR" else 1 / LARGEST)
    if function == "SIGMOID":
        return expit(4.0 / width * (np.asarray(values) - float(center)))
    if function == "LINEAR_EXACT":
        return plain_window(values, center=center, width=width)
    if width == 1:  # a step: everything above center - 0.5 is white
        return (np.asarray(values) > center - 0.5).astype(np.float32)
    return plain_window(values, center=center - 0.5, width=width - 1)


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
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    return float(center - width / 2), float(center + width / 2)


def to_bytes(grey: np.ndarray) -> np.ndarray:
    """Return uint8 0 (black) to 255 (white) for grey values 0 to 1; NaN becomes black.

    Examples
    --------
    >>> to_bytes(np.array([-0.2, 0.5, 1.0, np.nan])).tolist()
    [0, 128, 255, 0]
    """
    levels = np.clip(np.rint(np.asarray(grey) * 255.0), 0.0, 255.0)
    return np.nan_to_num(levels, nan=0.0).astype(np.uint8)


def export_grey(hu: np.ndarray, window: Window) -> np.ndarray:
    """Return the 8-bit picture of CT numbers: 0 black, 255 white, NaN black.

    Parameters
    ----------
    hu : float or integer array of any shape
    window : Window

    Raises
    ------
    ValueError
        If the centre is no number, or the width none above 0.

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
        If the centre is no number, or the width none above 0.

    Examples
    --------
    >>> recover_hounsfield(np.array([0, 51, 255], np.uint8), Window(40, 400)).tolist()
    [nan, -80.0, nan]
    """
    grey = np.asarray(grey)
    if grey.dtype != np.uint8:
        raise TypeError(
            f"The picture holds {grey.dtype}, expected uint8 of one channel."
        )
    _check_window(*window)
    hu = np.float32(window.low) + grey * np.float32(window.step)
    hu[(grey == 0) | (grey == 255)] = np.nan
    return hu


def _check_window(center: float, width: float, *, least: float = 1 / LARGEST) -> None:
    """Raise when a window has no place or no extent."""
    if not (abs(center) < LARGEST and least <= width < LARGEST):
        raise ValueError(
            f"The window is {center:g} / {width:g} (centre / width). Expected numbers "
            f"and a width {'above 0' if least < 1 else 'of at least 1'}, in this order."
        )
