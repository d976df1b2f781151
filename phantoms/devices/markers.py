"""Lead letters on the detector: the side marker and words such as PORTABLE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from phantoms.devices.letters import strokes_of
from phantoms.devices.parts import attenuation_of
from phantoms.devices.shadow import squared_distance


@dataclass(frozen=True)
class Marker:
    """Lead letters that lie on the detector and stop the beam.

    Parameters
    ----------
    text : str
        Capital letters, digits and blanks.
    x_mm, z_mm : float
        Middle of the text from the middle of the image, to its right and upwards.
    height_mm : float
        Of a capital letter.
    stroke_mm : float
        Width of the strokes.
    ring : bool
        A ring of lead about the text.
    turn_deg : float
        Turn in the plane of the image, anticlockwise.
    lead_mm : float
        Thickness of the lead.
    """

    text: str
    x_mm: float
    z_mm: float
    height_mm: float = 14.0
    stroke_mm: float = 2.6
    ring: bool = False
    turn_deg: float = 0.0
    lead_mm: float = 1.0


def text_width_mm(marker: Marker) -> float:
    """Return the width of a marker's letters in mm, without a ring."""
    strokes = strokes_of(marker.text, height=marker.height_mm)
    across = [x for stroke in strokes for x, _ in stroke]
    return max(across) - min(across) + marker.stroke_mm if across else 0.0


def ring_radius_mm(marker: Marker) -> float:
    """Return the radius of the middle of a marker's ring in mm."""
    return 0.5 * float(np.hypot(text_width_mm(marker), marker.height_mm)) + 3


def marker_shield(
    markers: Sequence[Marker], *, size: int, pixel_mm: float
) -> np.ndarray:
    """Return the share of the beam that lead letters let through to the detector.

    Parameters
    ----------
    markers : sequence of Marker
    size : int
        Rows and columns of the image.
    pixel_mm : float

    Returns
    -------
    float32 array of shape (size, size)
        1 where there is no lead. Where lead covers a part of a pixel the logarithms
        are averaged, not the counts, as in a film that was shrunk after display:
        letters beside the body would vanish in coarse pixels otherwise.
    """
    through = np.ones((size, size), np.float32)
    for marker in markers:
        mu = attenuation_of("lead", energy_kev=60.0)
        cover = _covered(marker, size=size, pixel_mm=pixel_mm)
        through *= np.exp(np.float32(-mu * marker.lead_mm) * cover)
    return through


def _covered(marker: Marker, *, size: int, pixel_mm: float) -> np.ndarray:
    """Return how much of every pixel the strokes of a marker cover, 0 to 1."""
    turn = np.deg2rad(marker.turn_deg)
    middle = (size - 1) / 2
    reach = marker.stroke_mm / 2 / pixel_mm + 1
    whole = (slice(0, size), slice(0, size))
    best = np.full((size, size), np.float32(1e6))
    for stroke in _chains(marker):
        right, up = np.asarray(stroke).T
        x = marker.x_mm + right * np.cos(turn) - up * np.sin(turn)
        z = marker.z_mm + right * np.sin(turn) + up * np.cos(turn)
        row, column = middle - z / pixel_mm, middle + x / pixel_mm
        np.minimum(
            best, squared_distance(row, column, reach=reach, window=whole), out=best
        )
    half = marker.stroke_mm / 2 / pixel_mm
    off = np.sqrt(best)
    # a stroke thinner than a pixel covers only its share of it
    return np.clip(0.5 + half - off, 0, min(1.0, 2 * half)).astype(np.float32)


def _chains(marker: Marker) -> list[list[tuple[float, float]]]:
    """Return the strokes of the text, and of its ring when it has one."""
    chains = strokes_of(marker.text, height=marker.height_mm)
    if marker.ring:
        reach = ring_radius_mm(marker)
        turn = np.linspace(0, 2 * np.pi, 33)
        chains.append([(reach * np.cos(t), reach * np.sin(t)) for t in turn])
    return chains
