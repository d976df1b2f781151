"""Noise of computed tomography: its size, and its texture.

Filtered back projection multiplies white noise of the projections by a ramp, so
the noise power of the image rises in proportion to spatial frequency and falls
again where the reconstruction kernel rolls the ramp off (Riederer SJ, Pelc NJ,
Chesler DA. Phys Med Biol 1978;23:446-454). Its standard deviation falls with the
square root of the dose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import fft


@dataclass(frozen=True)
class Kernel:
    """A reconstruction kernel: a ramp times a squared cosine.

    Parameters
    ----------
    name : str
    cut_off_per_mm : float
        Frequency at which the squared cosine reaches zero; half of the contrast
        is left at half of it.
    """

    name: str
    cut_off_per_mm: float

    def transfer(self, frequency_per_mm: np.ndarray) -> np.ndarray:
        """Return the share of contrast that is kept at each frequency, 1 to 0."""
        share = np.minimum(np.abs(frequency_per_mm) / self.cut_off_per_mm, 1)
        return np.square(np.cos(0.5 * np.pi * share))

    @property
    def sigma_mm(self) -> float:
        """Width of the Gaussian with the same contrast at low frequencies."""
        return 1 / (np.sqrt(8) * self.cut_off_per_mm)


#: MTF50 of 0.4/mm is usual for a soft kernel, 0.65/mm for a sharp one (chosen).
KERNELS = {"soft": Kernel("soft", 0.8), "sharp": Kernel("sharp", 1.3)}

#: Noise of the soft kernel behind 300 mm of water at 100 mAs and 5 mm slices, HU.
#: Chosen: the order of what clinical scanners show in a body phantom.
REFERENCE_SIGMA_HU = 10.0
_WATER_PER_MM = 0.0193  # at 70 keV
REFERENCE_WATER_MM = 300.0
_REFERENCE_MAS, _REFERENCE_SLICE_MM = 100.0, 5.0


def find_kernel(name: str) -> Kernel:
    """Return a kernel by its name.

    Raises
    ------
    ValueError
        If there is no such kernel.
    """
    if name not in KERNELS:
        raise ValueError(f"kernel is {name!r}. Choose one of: {', '.join(KERNELS)}.")
    return KERNELS[name]


def noise_power(frequency_per_mm: np.ndarray, kernel: Kernel) -> np.ndarray:
    """Return the noise power of filtered back projection, in 1/mm.

    Proportional to frequency at low frequencies: the ramp squared over the density
    of samples, which back projection spreads as 1/frequency.

    Parameters
    ----------
    frequency_per_mm : float array
    kernel : Kernel

    Examples
    --------
    >>> power = noise_power(np.array([0.0, 0.01, 0.02]), KERNELS["sharp"])
    >>> power.round(4).tolist()
    [0.0, 0.01, 0.02]
    """
    frequency = np.abs(frequency_per_mm)
    return frequency * np.square(kernel.transfer(frequency))


def noise_sigma_hu(
    mas: float, *, slice_mm: float, kernel: Kernel, water_mm: float = REFERENCE_WATER_MM
) -> float:
    """Return the standard deviation of the noise in the middle of a water cylinder.

    Parameters
    ----------
    mas : float
        Tube current times time; the dose is proportional to it.
    slice_mm : float
    kernel : Kernel
    water_mm : float
        Diameter of the cylinder.

    Examples
    --------
    >>> noise_sigma_hu(100, slice_mm=5, kernel=KERNELS["soft"])
    10.0
    """
    quanta = mas * slice_mm / (_REFERENCE_MAS * _REFERENCE_SLICE_MM)
    stopped = np.exp(_WATER_PER_MM * (water_mm - REFERENCE_WATER_MM))
    ratio = _integral(kernel) / _integral(KERNELS["soft"])
    return float(REFERENCE_SIGMA_HU * np.sqrt(stopped * ratio / quanta))


def _integral(kernel: Kernel) -> float:
    """Return the noise power summed over the plane of frequencies."""
    frequency = np.linspace(0, kernel.cut_off_per_mm, 2001)
    step = frequency[1]
    return float(2 * np.pi * step * (frequency * noise_power(frequency, kernel)).sum())


def noise_fields(
    rng: Generator,
    *,
    count: int,
    shape: tuple[int, int],
    pixel_mm: float,
    kernel: Kernel,
) -> np.ndarray:
    """Return independent slices of noise with mean 0 and standard deviation 1.

    The spectrum is drawn, not filtered: the real and the imaginary part of one
    inverse transform are two slices. Neighbouring slices are independent.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
    shape : tuple of int
        Rows and columns.
    pixel_mm : float
    kernel : Kernel

    Returns
    -------
    float32 array of shape (count, rows, columns)
    """
    rows, columns = shape
    frequency = np.hypot(
        np.fft.fftfreq(rows, pixel_mm)[:, None], np.fft.fftfreq(columns, pixel_mm)
    )
    power = noise_power(frequency, kernel)
    gain = np.sqrt(power / power.sum()).astype(np.float32)
    fields = np.empty((count, rows, columns), np.float32)
    for first in range(0, count, 2):
        white = rng.standard_normal((rows, 2 * columns), dtype=np.float32)
        spectrum = white.view(np.complex64) * gain
        pair = fft.ifft2(spectrum, norm="forward", overwrite_x=True)
        fields[first] = pair.real
        if first + 1 < count:
            fields[first + 1] = pair.imag
    return fields


def relative_sigma(
    front_to_back_mm: np.ndarray, side_to_side_mm: np.ndarray, *, water_per_mm: float
) -> np.ndarray:
    """Return the noise of each pixel against the middle of 300 mm of water.

    A pixel's variance is the mean over all views of 1 / quanta; here of the two
    views from the front and from the side. The tube current follows the square
    root of the attenuation of a view (Gies M et al. Med Phys 1999;26:2235-2247).

    Parameters
    ----------
    front_to_back_mm : float array of shape (..., columns)
        Water-equivalent path through the body.
    side_to_side_mm : float array of shape (..., rows)
    water_per_mm : float
        Attenuation coefficient of water.

    Returns
    -------
    float32 array of shape (..., rows, columns)
    """
    front, side = (
        np.exp(0.5 * water_per_mm * (path - REFERENCE_WATER_MM))
        for path in (front_to_back_mm, side_to_side_mm)
    )
    both = 0.5 * (front[..., None, :] + side[..., :, None])
    return np.sqrt(both).astype(np.float32)
