"""Lead letters on the detector: the side marker and words such as PORTABLE.

Their font is one of straight strokes: capitals, digits and a blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from phantoms.devices.parts import attenuation_of, squared_distance

#: Letters are 4 wide and 6 high. A stroke is a chain of corners "xy"; a letter is
#: one or more strokes.
STROKES = {
    "A": "00 26 40|12 32", "B": "00 06 26 35 34 23 03|23 42 41 30 00",
    "C": "45 36 16 05 01 10 30 41", "D": "00 06 26 45 41 20 00",
    "E": "40 00 06 46|03 33", "F": "00 06 46|03 33",
    "G": "45 36 16 05 01 10 30 41 43 23", "H": "00 06|40 46|03 43",
    "I": "20 26", "J": "46 41 30 10 01", "K": "00 06|46 02|13 40", "L": "06 00 40",
    "M": "00 06 23 46 40", "N": "00 06 40 46", "O": "01 05 16 36 45 41 30 10 01",
    "P": "00 06 36 45 44 33 03", "Q": "01 05 16 36 45 41 30 10 01|22 40",
    "R": "00 06 36 45 44 33 03|23 40", "S": "45 36 16 05 04 13 33 42 41 30 10 01",
    "T": "20 26|06 46", "U": "06 01 10 30 41 46", "V": "06 20 46",
    "W": "06 10 23 30 46", "X": "00 46|06 40", "Y": "06 23 46|20 23",
    "Z": "06 46 00 40", "0": "01 05 16 36 45 41 30 10 01", "1": "15 26 20",
    "2": "05 16 36 45 44 00 40", "3": "05 16 36 45 44 33 42 41 30 10 01|13 33",
    "4": "30 36 02 42", "5": "46 06 03 33 42 41 30 10 01",
    "6": "45 36 16 05 01 10 30 41 42 33 03", "7": "06 46 10",
    "8": "13 04 05 16 36 45 44 33 13 02 01 10 30 41 42 33",
    "9": "01 10 30 41 45 36 16 05 04 13 43", " ": "",
}  # fmt: skip

_ADVANCE, _CAP = 5.6, 6.0


def strokes_of(text: str, *, height: float) -> list[list[tuple[float, float]]]:
    """Return the strokes of a text centred on (0, 0): chains of (right, up).

    Parameters
    ----------
    text : str
        Of the letters in ``STROKES``.
    height : float
        Of a capital, in the unit of the result.

    Examples
    --------
    >>> strokes_of("I", height=6)
    [[(0.0, -3.0), (0.0, 3.0)]]
    """
    scale = height / _CAP
    start = -(_ADVANCE * (len(text) - 1) + 4) / 2
    return [
        [
            ((start + _ADVANCE * place + int(x)) * scale, (int(z) - 3) * scale)
            for x, z in stroke.split()
        ]
        for place, letter in enumerate(text)
        for stroke in STROKES[letter].split("|")
        if stroke
    ]


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
