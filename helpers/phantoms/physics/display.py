"""From detector counts to the grey values that a reader sees, bone white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter


@dataclass(frozen=True)
class Processing:
    """A vendor's processing; every number is chosen for appearance.

    Parameters
    ----------
    compression : float
        Share of broad structures (above 20 mm) that is taken out.
    dense_compression : float
        The same again where the chest is dense.
    detail : tuple of float
        Gain of structures below 3 mm and between 3 and 10 mm.
    s_curve : float
        Bend of the grey curve; towards 0 it is a straight line.
    middle, span : float
        Grey of the window's middle, and half its height, as shares of white.
    black : float
        Grey of direct exposure, as a share of white.
    """

    compression: float = 0.22
    dense_compression: float = 0.33
    detail: tuple[float, float] = (0.35, 0.10)
    s_curve: float = 0.6
    middle: float = 0.55
    span: float = 0.37
    black: float = 0.0


def process_for_display(
    counts: np.ndarray,
    *,
    pixel_mm: float,
    processing: Processing | None = None,
    contrast: float = 1.0,
    latitude: float = 0.0,
    brightness: float = 0.0,
) -> np.ndarray:
    """Return display values, 0 black to 255 white, from detector counts.

    The logarithm is split into a broad and fine parts; the broad part is
    compressed and the fine ones lifted (what vendors call multi-scale
    processing), then an S-shaped window is laid over the patient's values.

    Parameters
    ----------
    counts : float array of shape (rows, columns)
        Quanta per pixel, above 0.
    pixel_mm : float
    processing : Processing
    contrast, latitude, brightness : float
        As in ``scanners.Technique``.
    """
    vendor = processing or Processing()
    log = -np.log(counts)
    n = len(log)
    chest = (slice(n // 6, -(n // 12), 2), slice(n // 8, -(n // 8), 2))
    broad = gaussian_filter(log, 20.0 / pixel_mm, mode="nearest", truncate=2.5)
    fine = log - gaussian_filter(log, 3.0 / pixel_mm, mode="nearest", truncate=3)
    # dense parts are compressed more, so that detail behind the heart survives
    dense = np.maximum(broad - np.percentile(broad[chest], 35), 0)
    mixed = log - (vendor.compression + latitude) * broad
    mixed += vendor.detail[0] * fine - vendor.dense_compression * dense
    low, high = np.percentile(mixed[chest], [3, 97])
    scaled = contrast * (mixed - (low + high) / 2) / max((high - low) / 2, 1e-3)
    bent = np.tanh(vendor.s_curve * scaled) / np.tanh(vendor.s_curve)
    grey = vendor.middle + brightness + vendor.span * bent
    return np.clip(np.maximum(grey, vendor.black) * 255 + 0.5, 0, 255).astype(np.uint8)


def close_shutter(
    grey: np.ndarray,
    *,
    pixel_mm: float,
    margins_mm: tuple[float, float, float, float],
    look: str,
) -> np.ndarray:
    """Return the image with the collimated strips shown as the maker shows them.

    Parameters
    ----------
    grey : uint8 array of shape (rows, columns)
    pixel_mm : float
    margins_mm : tuple of float
        Strips at the left, right, top and bottom.
    look : str
        "black", "white edge", or "none" to show no strip at all.
    """
    value = {"black": 0, "white edge": 250}
    if look not in {*value, "none"}:
        raise ValueError(f"look is {look!r}. Choose one of: black, white edge, none.")
    if look == "none":
        return grey
    left, right, top, bottom = (int(round(m / pixel_mm)) for m in margins_mm)
    shown = np.full_like(grey, value[look])
    rows, columns = grey.shape
    field = (slice(top, rows - bottom), slice(left, columns - right))
    shown[field] = grey[field]
    return shown
