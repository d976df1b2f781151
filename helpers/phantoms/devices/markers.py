"""Lead letters on the detector: the side marker and words such as PORTABLE."""

from __future__ import annotations

from dataclasses import dataclass


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
