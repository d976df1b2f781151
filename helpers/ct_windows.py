"""Windows in HU, and what an 8-bit picture keeps of the CT numbers.

`export_grey` makes the picture that leaves a viewer, `recover_hounsfield` says what can
be had back from it: inside the window nearly everything, outside nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from helpers.windowing import plain_window, to_bytes


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
    _check_window(window)
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
            f"The picture holds {grey.dtype}. Expected uint8, 0 black to 255 white. A "
            "colour or 16-bit picture must be read as one 8-bit channel first."
        )
    _check_window(window)
    hu = np.float32(window.low) + grey * np.float32(window.step)
    hu[(grey == 0) | (grey == 255)] = np.nan
    return hu


def _check_window(window: Window) -> None:
    """Raise when a window has no place or no extent."""
    center, width = window
    if not (np.isfinite(center) and np.isfinite(width) and width > 0):
        raise ValueError(
            f"The window width is {width:g} and the centre {center:g}. Expected a "
            "centre in HU and a width above 0 HU. Check that the two were not "
            "exchanged, and that the header has both."
        )
