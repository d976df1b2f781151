"""From detector counts to the grey values that a reader sees, bone white.

The machines of the hospitals: physical parameters, and each vendor's display.

Makers and names are invented. Alder and Birch display alike, Cedar differs:
less multi-scale processing, a softer curve, a brighter lung. Physical parameters
follow ``panel.Detector`` and its sources; differences between the machines
are chosen, inside what panels of the last twenty years span.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phantoms.physics.detector import Detector, beam_opening, broad_blur, form_image

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


@dataclass(frozen=True)
class Scanner:
    """A machine that takes chest radiographs.

    Parameters
    ----------
    name, vendor : str
    detector : Detector
        Physics: beam, grid, panel, distances.
    processing : Processing
        The vendor's way from counts to grey values.
    collimation : str
        How the shadow of the collimator is shown: "none" (as the panel saw it),
        "black" (masked) or "white edge" (as on digitised film).
    portable : bool
        Wheeled to the bed: no grid, short distance.
    first_day, last_day : str or None
        ISO dates between which it was in use; None for no limit.
    """

    name: str
    vendor: str
    detector: Detector
    processing: Processing
    collimation: str = "black"
    portable: bool = False
    first_day: str | None = None
    last_day: str | None = None


@dataclass(frozen=True)
class Technique:
    """How one radiograph was exposed and shown, relative to its scanner's habit.

    Parameters
    ----------
    dose : float
        Factor on the detector's target air kerma.
    contrast : float
        Factor on the display's steepness.
    latitude : float
        0 keeps the vendor's compression of broad structures, 1 flattens them all.
    brightness : float
        Offset as a share of white.
    margins_mm : tuple of float
        Collimated strips at the detector: left, right, top, bottom.
    """

    dose: float = 1.0
    contrast: float = 1.0
    latitude: float = 0.0
    brightness: float = 0.0
    margins_mm: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


def draw_technique(scanner: Scanner, rng: np.random.Generator) -> Technique:
    """Return the technique of one examination; spreads are chosen.

    The same generator gives the same random numbers for every scanner. Portable
    films vary more and are flatter.
    """
    normal = np.clip(rng.standard_normal(4), -2.2, 2.2)
    closed = rng.random(4) < 0.2
    margins = np.minimum(closed * rng.gamma(1.5, 9.0, 4), 45)
    wide = 1.4 if scanner.portable else 1.0
    flat = 0.85 if scanner.portable else 0.92
    return Technique(
        dose=float(np.exp(0.30 * wide * normal[0])),
        contrast=float(flat * np.exp(0.16 * normal[1])),
        latitude=float(0.06 * wide * normal[2]),
        brightness=float(0.04 * wide * normal[3]),
        margins_mm=tuple(float(m) for m in margins.round(1)),
    )


def take_radiograph(
    primary: np.ndarray,
    *,
    pixel_mm: float,
    scanner: Scanner,
    technique: Technique,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return display values 0 to 255 from the transmitted share of the beam.

    Parameters
    ----------
    primary : float array of shape (rows, columns)
        Transmitted share, 0 to 1, a mean over each pixel; attenuation taken at
        ``scanner.detector.energy_kev``.
    pixel_mm : float
    scanner : Scanner
    technique : Technique
    rng : numpy.random.Generator
        The noise of this exposure.

    Returns
    -------
    uint8 array of shape (rows, columns)
    """
    detector = scanner.detector
    opening = beam_opening(
        primary.shape, pixel_mm=pixel_mm, margins_mm=technique.margins_mm
    )
    counts = form_image(
        -np.log(primary * opening),
        pixel_mm=pixel_mm,
        detector_ugy=detector.target_ugy * technique.dose,
        detector=detector,
        rng=rng,
    )
    grey = process_for_display(
        counts,
        pixel_mm=pixel_mm,
        processing=scanner.processing,
        contrast=technique.contrast,
        latitude=technique.latitude,
        brightness=technique.brightness,
    )
    return close_shutter(
        grey,
        pixel_mm=pixel_mm,
        margins_mm=technique.margins_mm,
        look=scanner.collimation,
    )


_STAND = Detector()
_OLD = replace(
    _STAND,
    screen_mm=0.2,
    swank=0.65,
    narrow_mm=0.15,
    broad_mm=0.6,
    broad_share=0.4,
    electronic_quanta=6.0,
)
_BEDSIDE = replace(
    _STAND,
    beam="100 kV",
    grid_primary=1.0,
    grid_scatter=1.0,
    source_mm=1000.0,
    electronic_quanta=4.0,
)
_ALDER = Processing()
_ALDER_OLD = replace(_ALDER, detail=(0.0, 0.0), dense_compression=0.12)
_BIRCH = replace(_ALDER, compression=0.18, detail=(0.15, 0.10), steepness=1.9)
_ALDER_BEDSIDE = replace(_ALDER, compression=0.22, detail=(0.30, 0.22))
_BIRCH_BEDSIDE = replace(_BIRCH, compression=0.24, detail=(0.25, 0.22))
_CEDAR = Processing(
    compression=0.0,
    dense_compression=0.05,
    detail=(0.0, 0.0),
    steepness=1.4,
    middle=-0.7,
    black=0.05,
    white=0.97,
)
_CEDAR_BEDSIDE = replace(
    _CEDAR, compression=0.10, detail=(0.10, 0.10), steepness=1.8, middle=-0.6
)

_MACHINES = (
    Scanner("Alder DR 17", "Alder", _OLD, _ALDER_OLD, "none", last_day="2021-03-31"),
    Scanner("Alder DR 21", "Alder", _STAND, _ALDER, first_day="2021-04-01"),
    Scanner("Birch Vista", "Birch", replace(_STAND, pitch_mm=0.14), _BIRCH),
    Scanner("Cedar One", "Cedar", replace(_STAND, beam="120 kV"), _CEDAR, "white edge"),
    Scanner("Alder Go", "Alder", _BEDSIDE, _ALDER_BEDSIDE, portable=True),
    Scanner("Birch Roll", "Birch", _BEDSIDE, _BIRCH_BEDSIDE, portable=True),
    Scanner(
        "Cedar Cart",
        "Cedar",
        replace(_BEDSIDE, beam="80 kV"),
        _CEDAR_BEDSIDE,
        "white edge",
        portable=True,
    ),
)

#: Every machine by its name.
SCANNERS: dict[str, Scanner] = {machine.name: machine for machine in _MACHINES}
