"""How a physicist measures a panel: slanted edge, noise power, quantum efficiency.

The estimators know nothing of the simulator: they take images and return numbers,
as they would for a real panel (IEC 62220-1, ISO 12233).
"""

from __future__ import annotations

import numpy as np

_BINS_A_PIXEL = 8


def slanted_edge_mtf(
    image: np.ndarray, *, pixel_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies (1/mm) and the presampled MTF of a slanted edge.

    Every row sees the edge a little further on; together the rows sample the
    edge finely. Its derivative is the line spread, whose Fourier transform,
    scaled to 1 at frequency 0, is the MTF.

    Parameters
    ----------
    image : float array of shape (rows, columns)
        Linear signal, dark on the left, bright on the right, the edge a few
        degrees from the vertical.
    pixel_mm : float

    References
    ----------
    ISO 12233:2017, annex D (binning and correction for the derivative).
    """
    rows, columns = image.shape
    column = np.arange(columns)
    step = np.abs(np.diff(image, axis=1))
    step[step < 0.02 * step.max()] = 0  # noise far from the edge would pull it along
    crossing = (step * (column[:-1] + 0.5)).sum(1) / step.sum(1)
    slope, start = np.polyfit(np.arange(rows), crossing, 1)
    distance = (column - (slope * np.arange(rows) + start)[:, None]) * np.cos(
        np.arctan(slope)
    )
    reach = int(min(start, columns - start - slope * rows, columns / 2)) - 2
    bins = np.floor((distance + reach) * _BINS_A_PIXEL).astype(int)
    inside = (bins >= 0) & (bins < 2 * reach * _BINS_A_PIXEL)
    total = np.bincount(bins[inside], image[inside], 2 * reach * _BINS_A_PIXEL)
    profile = total / np.bincount(bins[inside], minlength=len(total))
    spread = np.diff(profile)
    spread *= np.hanning(len(spread))
    mtf = np.abs(np.fft.rfft(spread))
    frequency = np.fft.rfftfreq(len(spread), 1 / _BINS_A_PIXEL)  # per pixel
    blur_of_bins = np.sinc(frequency / _BINS_A_PIXEL) ** 2  # bin width and derivative
    keep = frequency < 1
    return frequency[keep] / pixel_mm, (mtf / mtf[0] / blur_of_bins)[keep]


def frequency_at_half(frequency: np.ndarray, mtf: np.ndarray) -> float:
    """Return where an MTF first falls to one half, by straight interpolation.

    Examples
    --------
    >>> frequency_at_half(np.array([0.0, 1, 2]), np.array([1.0, 0.75, 0.25]))
    1.5
    """
    first = int(np.argmax(mtf < 0.5))
    if first == 0:
        raise ValueError(
            f"The MTF does not fall below 0.5; its lowest value is {mtf.min():.2f}. "
            "Measure at finer pixels."
        )
    part = (mtf[first - 1] - 0.5) / (mtf[first - 1] - mtf[first])
    return float(
        frequency[first - 1] + part * (frequency[first] - frequency[first - 1])
    )


def noise_power(
    flat: np.ndarray, *, pixel_mm: float, roi: int = 128
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies (1/mm) and the normalised noise power (mm2) of a flat field.

    Squares of ``roi`` pixels, half overlapping, are freed of their mean and
    transformed; power is averaged over squares and over rings of equal
    frequency, and divided by the square of the mean signal.

    Parameters
    ----------
    flat : float array of shape (rows, columns)
        Linear signal of a uniform exposure, at least ``roi`` in both directions.
    pixel_mm : float
    roi : int
        Side of a square, even.

    References
    ----------
    IEC 62220-1-1:2015, 6.3.
    """
    mean = flat.mean()
    squares = [
        flat[top : top + roi, left : left + roi]
        for top in range(0, flat.shape[0] - roi + 1, roi // 2)
        for left in range(0, flat.shape[1] - roi + 1, roi // 2)
    ]
    power = np.mean([np.abs(np.fft.fft2(s - s.mean())) ** 2 for s in squares], axis=0)
    power *= pixel_mm**2 / (roi * roi * mean**2)
    line = np.fft.fftfreq(roi, pixel_mm)
    radius = np.hypot(line[:, None], line)
    ring = np.rint(radius * roi * pixel_mm).astype(int)
    total = np.bincount(ring.ravel(), power.ravel())
    count = np.bincount(ring.ravel())
    frequency = np.bincount(ring.ravel(), radius.ravel()) / count
    return frequency[1 : roi // 2], (total / count)[1 : roi // 2]


def quantum_efficiency(
    mtf: np.ndarray, nnps_mm2: np.ndarray, *, quanta_per_mm2: float
) -> np.ndarray:
    """Return the DQE: MTF squared over noise power times incident quanta.

    Examples
    --------
    >>> dqe = quantum_efficiency(np.array(0.8), np.array(1.6e-5), quanta_per_mm2=8e4)
    >>> round(float(dqe), 3)
    0.5
    """
    return mtf**2 / (nnps_mm2 * quanta_per_mm2)
