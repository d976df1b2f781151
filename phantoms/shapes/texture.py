"""Random fields that stand for what is too small to model: power-law textures.

The fields are drawn once a patient on a fixed 1.5 mm grid of the reference frame
and looked up wherever a view needs them, so a second visit shows the same
texture displaced. Amplitudes are chosen for appearance.
"""

from __future__ import annotations

import functools

import numpy as np
from scipy import fft

_CELLS = 256
_STEP_MM = 1.5


@functools.lru_cache(maxsize=4)
def _power_law_gain(exponent: float, longest_mm: float) -> np.ndarray:
    """Return the amplitude of each spatial frequency, shaped for ``irfft2``."""
    fy = np.fft.fftfreq(_CELLS, _STEP_MM)[:, None]
    fx = np.fft.rfftfreq(_CELLS, _STEP_MM)[None, :]
    frequency = np.hypot(fx, fy)
    gain = np.maximum(frequency, 1 / longest_mm) ** (-exponent / 2)
    gain[0, 0] = 0
    return gain.astype(np.float32)


def random_field(
    rng: np.random.Generator, *, exponent: float, longest_mm: float
) -> np.ndarray:
    """Return a float32 field (256, 256) of mean 0 and standard deviation 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    exponent : float
        The power spectrum falls as frequency to the minus ``exponent``.
    longest_mm : float
        Wavelength above which the spectrum is flat.
    """
    noise = rng.standard_normal((_CELLS, _CELLS), dtype=np.float32)
    spectrum = fft.rfft2(noise) * _power_law_gain(exponent, longest_mm)
    field = fft.irfft2(spectrum, s=(_CELLS, _CELLS))
    return (field / field.std()).astype(np.float32)


def look_up(field: np.ndarray, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return a field at reference coordinates, bilinear, repeating at its borders."""
    column = x * np.float32(1 / _STEP_MM) + np.float32(_CELLS / 2)
    row = np.float32(_CELLS / 2 - 34 / _STEP_MM) - z * np.float32(1 / _STEP_MM)
    left, top = np.floor(column), np.floor(row)
    right, down = column - left, row - top
    i, j = top.astype(np.intp), left.astype(np.intp)
    # the number of cells is a power of two
    above, below = (i & _CELLS - 1) * _CELLS, (i + 1 & _CELLS - 1) * _CELLS
    j, j2 = j & _CELLS - 1, j + 1 & _CELLS - 1
    flat = field.ravel()
    upper, lower = (
        _between(flat.take(line + j), flat.take(line + j2), right)
        for line in (above, below)
    )
    return _between(upper, lower, down)


def _between(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the straight line from a first value to a second; the second is lost."""
    second -= first
    step = share * second
    step += first
    return step
