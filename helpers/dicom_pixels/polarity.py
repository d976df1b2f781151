"""Whether a frontal chest film looks like a negative, whatever its header says."""

from __future__ import annotations

import numpy as np

MARGIN = 0.05  # of the grey scale; see looks_negative


def looks_negative(film: np.ndarray) -> bool:
    """Tell whether the spine of a frontal chest film is darker than the lungs.

    A hint to look at the picture, never a reason to change it: on 1,934 real chest
    films (NIH ChestX-ray14, PneumoniaMNIST, COVID-19 articles) it fired on 0.9 % and
    on 96 % of the same films turned over.

    Parameters
    ----------
    film : uint8 array (rows, columns)
        Display values, 0 black to 255 white, of a frontal view filling the picture.

    Examples
    --------
    >>> film = np.full((20, 20), 60, dtype=np.uint8)
    >>> film[:, 9:11] = 200
    >>> looks_negative(film), looks_negative(255 - film)
    (False, True)
    """
    rows, columns = film.shape
    middle = film[int(rows * 0.3) : int(rows * 0.6)].astype(np.float64) / 255.0

    def band(left: float, right: float) -> float:
        return float(middle[:, int(columns * left) : int(columns * right)].mean())

    spine = band(0.44, 0.56)
    lungs = (band(0.18, 0.36) + band(0.64, 0.82)) / 2
    return spine - lungs < -MARGIN
