"""A font of straight strokes for lead letters: capitals, digits and a blank."""

from __future__ import annotations

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

    Raises
    ------
    ValueError
        If a letter is not in the font.

    Examples
    --------
    >>> strokes_of("I", height=6)
    [[(0.0, -3.0), (0.0, 3.0)]]
    """
    missing = sorted(set(text) - set(STROKES))
    if missing:
        raise ValueError(
            f"The lead letters hold no {', '.join(map(repr, missing))}. Use capitals, "
            "digits and blanks."
        )
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
