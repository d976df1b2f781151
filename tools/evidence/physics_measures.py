"""How a physicist measures a panel, a scanner and what can be seen with them.

The estimators know nothing of the simulator: they take images and return numbers, as
they would for a real machine (ISO 12233, IEC 62220-1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import eval_laguerre
from sklearn.metrics import roc_auc_score

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
    distance = column - (slope * np.arange(rows) + start)[:, None]
    distance = distance * np.cos(np.arctan(slope))
    reach = int(min(start, columns - start - slope * rows, columns / 2)) - 2
    bins = np.floor((distance + reach) * _BINS_A_PIXEL).astype(int)
    inside = (bins >= 0) & (bins < 2 * reach * _BINS_A_PIXEL)
    total = np.bincount(bins[inside], image[inside], 2 * reach * _BINS_A_PIXEL)
    profile = total / np.bincount(bins[inside], minlength=len(total))
    spread = np.diff(profile)
    mtf = np.abs(np.fft.rfft(spread * np.hanning(len(spread))))
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
        raise ValueError(f"The MTF stays above 0.5 ({mtf.min():.2f}): use fine pixels.")
    around = [first, first - 1]
    return float(np.interp(0.5, mtf[around], frequency[around]))


def radial_power(
    squares: np.ndarray, *, pixel_mm: float, window: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies (1/mm) and the noise power (squared values times mm2).

    Each square is freed of its mean and transformed; power is averaged over squares
    and over rings of equal frequency.

    Parameters
    ----------
    squares : float array of shape (n, size, size)
    pixel_mm : float
    window : float array of shape (size,), optional
        Laid over rows and columns, for noise with much power at low frequencies.

    References
    ----------
    IEC 62220-1-1:2015, 6.3.
    """
    size = squares.shape[-1]
    level = squares - squares.mean(axis=(1, 2), keepdims=True)
    level = level if window is None else level * np.outer(window, window)
    power = np.square(np.abs(np.fft.fft2(level))).mean(axis=0) * (pixel_mm / size) ** 2
    line = np.fft.fftfreq(size, pixel_mm)
    radius = np.hypot(line[:, None], line)
    ring = np.rint(radius * size * pixel_mm).astype(int).ravel()
    count = np.bincount(ring)
    frequency = np.bincount(ring, radius.ravel()) / count
    mean = np.bincount(ring, power.ravel()) / count
    return frequency[1 : size // 2], mean[1 : size // 2]


def normalised_noise_power(
    flat: np.ndarray, *, pixel_mm: float, roi: int = 128
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies (1/mm) and the NNPS (mm2) of a flat field.

    Squares of ``roi`` pixels overlap by half; the power is divided by the square of
    the mean signal.
    """
    squares = sliding_window_view(flat, (roi, roi))[:: roi // 2, :: roi // 2]
    squares = squares.reshape(-1, roi, roi)
    frequency, power = radial_power(squares, pixel_mm=pixel_mm)
    return frequency, power / flat.mean() ** 2


def laguerre_gauss(
    size: int, *, pixel_mm: float, width_mm: float, number: int = 6
) -> np.ndarray:
    """Return round channels (size * size, number), each of norm 1.

    Parameters
    ----------
    size : int
        Rows and columns, an odd number.
    pixel_mm : float
    width_mm : float
        The Gaussian's width parameter a in exp(-pi r^2 / a^2).
    number : int

    References
    ----------
    Gallas BD, Barrett HH. J Opt Soc Am A 2003;20:1725-1738.
    """
    line = (np.arange(size) - size // 2) * pixel_mm
    square = 2 * np.pi * np.add.outer(line**2, line**2) / width_mm**2
    square = square.reshape(-1, 1)
    channels = np.exp(-square / 2) * eval_laguerre(np.arange(number), square)
    return channels / np.linalg.norm(channels, axis=0)


def hotelling_template(
    present: np.ndarray, absent: np.ndarray, *, shrinkage: float = 0.0
) -> np.ndarray:
    """Return the weights of channels: inverse covariance times mean difference.

    Parameters
    ----------
    present, absent : float arrays of shape (n, channels)
        What the channels see with and without the signal.
    shrinkage : float
        Share of the mean variance that is added to that of each channel.
    """
    spread = (np.cov(present, rowvar=False) + np.cov(absent, rowvar=False)) / 2
    spread += shrinkage * np.trace(spread) / len(spread) * np.eye(len(spread))
    return np.linalg.solve(spread, present.mean(0) - absent.mean(0))


def mean_difference(present: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """Return the mean difference, the template of a filter that is not prewhitened."""
    return present.mean(0) - absent.mean(0)


def cross_fitted_scores(
    present: np.ndarray,
    absent: np.ndarray,
    learn: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return scores of templates learnt on the other half of the patients.

    Parameters
    ----------
    present, absent : float arrays of shape (patients, places, features)
    learn : callable
        ``hotelling_template`` or ``mean_difference``.

    Returns
    -------
    two float arrays of shape (patients, places)
    """
    scores = np.empty(present.shape[:2]), np.empty(absent.shape[:2])
    odd = np.arange(len(present)) % 2 == 1
    for half in (odd, ~odd):
        taught = [x[~half].reshape(-1, x.shape[-1]) for x in (present, absent)]
        template = learn(*taught)
        # both halves on one scale: that of what the template was learnt from
        known = taught[1] @ template
        for score, seen in zip(scores, (present, absent), strict=True):
            score[half] = (seen[half] @ template - known.mean()) / known.std()
    return scores


def rank_auc(present: np.ndarray, absent: np.ndarray) -> float:
    """Return the share of pairs in which the score is higher with the signal."""
    labels = np.repeat([1, 0], [present.size, absent.size])
    scores = np.concatenate([present.ravel(), absent.ravel()])
    return float(roc_auc_score(labels, scores))


def auc_interval(present: np.ndarray, absent: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the AUC, each patient left out once (jackknife).

    A bootstrap would draw a patient twice and so count pairs of one and the same
    place, which are easier, too often.
    """
    n = len(present)
    rest = [np.arange(n) != out for out in range(n)]
    without = np.array([rank_auc(present[keep], absent[keep]) for keep in rest])
    error = np.sqrt((n - 1) / n * np.square(without - without.mean()).sum())
    middle = rank_auc(present, absent)
    return float(max(middle - 1.96 * error, 0)), float(min(middle + 1.96 * error, 1))
