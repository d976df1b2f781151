"""The machines of the hospitals: physical parameters, exposure, and vendors' displays.

From detector counts to the grey values that a reader sees, bone white. Makers and names
are invented; ``scanners.csv`` holds them. Alder and Birch display alike, Cedar differs:
less multi-scale processing, a softer curve, a brighter lung. Physical parameters
follow ``detector.Detector`` and its sources; differences between the machines
are chosen, inside what panels of the last twenty years span.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator

from phantoms.physics.detector import Detector, beam_opening, broad_blur, form_image
from phantoms.shapes.solids import Window

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
    fine_detail, coarse_detail : float
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
    fine_detail: float = 0.20
    coarse_detail: float = 0.10
    steepness: float = 1.8
    middle: float = -0.48
    black: float = 0.0
    white: float = 0.93


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


def process_for_display(
    counts: np.ndarray, *, pixel_mm: float, processing: Processing, technique: Technique
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
    processing : Processing
    technique : Technique

    Returns
    -------
    uint8 array of shape (rows, columns)
    """
    log = -np.log(counts)
    chest, lung = _inner(log, 6, 12, 8), _inner(log, 4, 4, 4)
    # what lets less through than any tissue (lead, metal) must not pull its
    # surroundings along
    tissue = np.minimum(log, np.percentile(log[chest], 99.5))
    small, middle, broad = (broad_blur(tissue, band / pixel_mm) for band in _BANDS_MM)
    # dense parts are compressed more, so that detail behind the heart survives
    dense = np.maximum(broad - np.percentile(broad[chest], 35), 0)
    mixed = log - (processing.compression + technique.latitude) * broad
    fine = processing.fine_detail * (tissue - small)
    mixed += fine + processing.coarse_detail * (small - middle)
    mixed -= processing.dense_compression * dense
    low = np.percentile(mixed[lung], 3)
    high = np.percentile(mixed[chest], 97)
    place = (mixed - (low + high) / 2) / max((high - low) / 2, 1e-3)
    slope = -technique.contrast * processing.steepness
    bent = 1 / (1 + np.exp(slope * (place - processing.middle)))
    grey = processing.black + (processing.white - processing.black) * bent
    grey += technique.brightness
    grey += _LEAD_LIFT * np.clip(place - 1.15, 0, 1)
    return np.clip(grey * 255 + 0.5, 0, 255).astype(np.uint8)


def _inner(image: np.ndarray, top: int, bottom: int, sides: int) -> Window:
    """Return every second pixel of an image less one part in so many at each edge.

    A sixth, a twelfth and an eighth leave the chest; quarters leave the part where
    lungs lie and hardly any direct beam, even in the slim.
    """
    rows, columns = image.shape
    return (
        slice(rows // top, -(rows // bottom), 2),
        slice(columns // sides, -(columns // sides), 2),
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
    """
    if look == "none":
        return grey
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


def draw_technique(scanner: Scanner, rng: Generator) -> Technique:
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


def expose(
    primary: np.ndarray,
    *,
    pixel_mm: float,
    scanner: Scanner,
    technique: Technique,
    rng: Generator,
    shield: np.ndarray | None = None,
) -> np.ndarray:
    """Return the quanta that the detector reads for the transmitted share of the beam.

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
    shield : float array of shape (rows, columns), optional
        Share that lead letters on the detector let through.

    Returns
    -------
    float32 array of shape (rows, columns)
    """
    opening = beam_opening(
        primary.shape, pixel_mm=pixel_mm, margins_mm=technique.margins_mm
    )
    return form_image(
        -np.log(np.maximum(primary * opening, 1e-8)),
        pixel_mm=pixel_mm,
        detector_ugy=scanner.detector.target_ugy * technique.dose,
        detector=scanner.detector,
        rng=rng,
        shield=shield,
    )


def show(
    counts: np.ndarray, *, pixel_mm: float, scanner: Scanner, technique: Technique
) -> np.ndarray:
    """Return the grey values, 0 to 255, that a scanner shows for its counts.

    Parameters
    ----------
    counts : float array of shape (rows, columns)
        From ``expose``.
    pixel_mm : float
    scanner : Scanner
    technique : Technique

    Returns
    -------
    uint8 array of shape (rows, columns)
    """
    grey = process_for_display(
        counts, pixel_mm=pixel_mm, processing=scanner.processing, technique=technique
    )
    return close_shutter(
        grey,
        pixel_mm=pixel_mm,
        margins_mm=technique.margins_mm,
        look=scanner.collimation,
    )


def take_radiograph(
    primary: np.ndarray,
    *,
    pixel_mm: float,
    scanner: Scanner,
    technique: Technique,
    rng: Generator,
) -> np.ndarray:
    """Return what ``show`` makes of ``expose``: display values, 0 to 255."""
    given = {"pixel_mm": pixel_mm, "scanner": scanner, "technique": technique}
    return show(expose(primary, **given, rng=rng), **given)


def _machines() -> dict[str, Scanner]:
    """Return the machines of ``scanners.csv``; what is not told there is usual."""
    table = pd.read_csv(
        Path(__file__).with_suffix(".csv"),
        keep_default_na=False,
        float_precision="round_trip",
    )
    parts = [[f.name for f in fields(part)] for part in (Detector, Processing)]
    machines = {}
    for row in table.to_dict("records"):
        panel, shown = ({n: row.pop(n) for n in part if n in row} for part in parts)
        days = {day: row.pop(day) or None for day in ("first_day", "last_day")}
        machines[row["name"]] = Scanner(
            detector=Detector(**panel), processing=Processing(**shown), **row, **days
        )
    return machines


#: Every machine by its name.
SCANNERS: dict[str, Scanner] = _machines()
