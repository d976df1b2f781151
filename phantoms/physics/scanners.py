"""The machines of the hospitals: physical parameters, and each vendor's display.

Makers and names are invented. Alder and Birch display alike, Cedar differs:
less multi-scale processing, a softer curve, a brighter lung. Physical parameters
follow ``panel.Detector`` and its sources; differences between the machines
are chosen, inside what panels of the last twenty years span.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phantoms.physics.detector import beam_opening, form_image
from phantoms.physics.display import (
    Processing,
    close_shutter,
    process_for_display,
)
from phantoms.physics.panel import Detector


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
