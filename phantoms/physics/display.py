"""From detector counts to the grey values that a reader sees, bone white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.physics.broad_blur import broad_blur

#: Structures that are told apart, from fine to broad, mm.
_BANDS_MM = (3.0, 8.0, 20.0)
#: How much whiter than bone lead and metal are shown, as a share of white.
_LEAD_LIFT = 0.10
_SHUTTER_GREY = {"black": 0, "white edge": 250}


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
        Gain of structures below 3 mm and between 3 and 8 mm.
    steepness : float
        Slope of the S-shaped grey curve, per half width of the patient's values.
    middle : float
        Where the curve is steepest: -1 is the darkest lung, +1 the densest bone.
    black, white : float
        Ends of the curve, as shares of white.
    """

    compression: float = 0.15
    dense_compression: float = 0.22
    detail: tuple[float, float] = (0.20, 0.10)
    steepness: float = 1.8
    middle: float = -0.48
    black: float = 0.0
    white: float = 0.93


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

    The logarithm is split into bands; the broad one is compressed and the fine
    ones are lifted (what vendors call multi-scale processing), the patient's
    range is found, and an S-shaped curve is laid over it.

    Parameters
    ----------
    counts : float array of shape (rows, columns)
        Quanta per pixel, above 0.
    pixel_mm : float
    processing : Processing, optional
        By default that of the first vendor.
    contrast, latitude, brightness : float
        As in ``scanners.Technique``.

    Returns
    -------
    uint8 array of shape (rows, columns)
    """
    vendor = processing or Processing()
    log = -np.log(counts)
    chest = _chest_window(log)
    # what lets less through than any tissue (lead, metal) must not pull its
    # surroundings along
    tissue = np.minimum(log, np.percentile(log[chest], 99.5))
    small, middle, broad = (broad_blur(tissue, band / pixel_mm) for band in _BANDS_MM)
    # dense parts are compressed more, so that detail behind the heart survives
    dense = np.maximum(broad - np.percentile(broad[chest], 35), 0)
    mixed = log - (vendor.compression + latitude) * broad
    mixed += vendor.detail[0] * (tissue - small) + vendor.detail[1] * (small - middle)
    mixed -= vendor.dense_compression * dense
    low = np.percentile(mixed[_lung_window(log)], 3)
    high = np.percentile(mixed[chest], 97)
    place = (mixed - (low + high) / 2) / max((high - low) / 2, 1e-3)
    bent = 1 / (1 + np.exp(-contrast * vendor.steepness * (place - vendor.middle)))
    grey = vendor.black + (vendor.white - vendor.black) * bent + brightness
    grey += _LEAD_LIFT * np.clip(place - 1.15, 0, 1)
    return np.clip(grey * 255 + 0.5, 0, 255).astype(np.uint8)


def _chest_window(image: np.ndarray) -> tuple[slice, slice]:
    """Return every second pixel of the part of an image that shows the chest."""
    rows, columns = image.shape
    return (
        slice(rows // 6, -(rows // 12), 2),
        slice(columns // 8, -(columns // 8), 2),
    )


def _lung_window(image: np.ndarray) -> tuple[slice, slice]:
    """Return the part where lungs lie and hardly any direct beam, even in the slim."""
    rows, columns = image.shape
    return (
        slice(rows // 4, -(rows // 4), 2),
        slice(columns // 4, -(columns // 4), 2),
    )


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
        "black", "white edge", or "none" to leave them as the panel saw them.

    Raises
    ------
    ValueError
        If the look is unknown.
    """
    if look == "none":
        return grey
    if look not in _SHUTTER_GREY:
        known = ", ".join([*_SHUTTER_GREY, "none"])
        raise ValueError(f"look is {look!r}. Choose one of: {known}.")
    left, right, top, bottom = (int(round(m / pixel_mm)) for m in margins_mm)
    shown = np.full_like(grey, _SHUTTER_GREY[look])
    rows, columns = grey.shape
    field = (slice(top, rows - bottom), slice(left, columns - right))
    shown[field] = grey[field]
    return shown
