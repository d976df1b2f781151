"""From detector counts to the grey values that a reader sees, bone white."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter


def process_for_display(
    counts: np.ndarray,
    *,
    pixel_mm: float,
    contrast: float = 1.0,
    brightness: float = 0.0,
) -> np.ndarray:
    """Return display values, 0 black to 255 white, from detector counts.

    The logarithm is split into a broad and a fine part; the broad part is
    compressed and the fine part lifted (what vendors call multi-scale
    processing), then an S-shaped window is laid over the patient's values.

    Parameters
    ----------
    counts : float array of shape (rows, columns)
        Quanta per pixel, above 0.
    pixel_mm : float
    contrast, brightness : float
        Factor on the window's steepness, and offset as a share of white.
    """
    log = -np.log(counts)
    broad = gaussian_filter(log, 28.0 / pixel_mm, mode="nearest", truncate=2.5)
    fine = log - gaussian_filter(log, 3.0 / pixel_mm, mode="nearest", truncate=3)
    mixed = log - 0.30 * broad + 0.35 * fine
    n = len(mixed)
    chest = mixed[n // 6 : -n // 12 : 2, n // 8 : -n // 8 : 2]
    low, high = np.percentile(chest, [4, 95])
    middle, half = (low + high) / 2, max((high - low) / 2, 1e-3)
    scaled = contrast * (mixed - middle) / half
    # a long shoulder keeps detail behind the heart
    bent = np.where(scaled > 0, np.tanh(0.95 * scaled) / np.tanh(0.95), scaled)
    bent = np.where(bent < -0.8, -0.8 + 0.6 * (bent + 0.8), bent)
    grey = 0.50 + brightness + 0.37 * bent
    return np.clip(grey * 255 + 0.5, 0, 255).astype(np.uint8)
