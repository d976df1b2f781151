"""Cardiomegaly: a larger heart; the cardiothoracic ratio measured on outlines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phantoms.chest.anatomy import Anatomy, ChestSolids, chest_solids
from phantoms.chest.posture import Posture
from phantoms.chest.projection import View, flat_view
from phantoms.findings.finding import Filling, Finding
from phantoms.shapes.solids import Piece, length

#: The heart is enlarged above this ratio on an upright PA radiograph in full
#: inspiration (Danzer, Am J Med Sci 1919;157:513-521).
ENLARGED_RATIO = 0.50
#: Ratio drawn for an enlarged heart: 0.50 plus at least this, mean of the rest; chosen.
EXCESS_RATIO = (0.01, 0.045)
#: Largest ratio drawn.
LARGEST_RATIO = 0.72
_HEART_HEIGHTS_MM = (-140.0, -45.0)


def cardiothoracic_ratio(
    anatomy: Anatomy, posture: Posture | None = None, *, view: View | None = None
) -> float:
    """Return the greatest width of the heart over that of the thorax inside the ribs.

    Both are measured on the outlines, as on a film: the heart from its rightmost to
    its leftmost border, the thorax between the inner borders of the ribs.

    Parameters
    ----------
    anatomy : Anatomy
    posture : Posture, optional
        Upright in full inspiration by default.
    view : View, optional
        Measured as this view magnifies; parallel rays by default.

    Examples
    --------
    >>> from phantoms.chest.anatomy import build_anatomy
    >>> from phantoms.chest.patients import draw_patient
    >>> anatomy = build_anatomy(draw_patient(1, cohort_seed=2026))
    >>> 0.3 < cardiothoracic_ratio(anatomy) < 0.6
    True
    """
    if view is None:
        line = np.arange(-160, 160.1, 2.0, np.float32)
        height = np.arange(-20, -150.1, -6.0, np.float32)
        view = flat_view(*np.meshgrid(line, height))
    solids = chest_solids(anatomy, view, posture=posture or Posture())
    return ratio_of_outlines(solids, view)


def ratio_of_outlines(solids: ChestSolids, view: View) -> float:
    """Return the cardiothoracic ratio from organs that are known already."""
    x, z = view.x, view.z
    low, high = _HEART_HEIGHTS_MM
    rows = (z > low + solids.posture.breath_mm) & (z < high + solids.posture.breath_mm)
    heart = x[rows & (length(solids.heart) > 4)]
    # the lungs end at the ribs on both sides, wherever the domes stand
    cavity = x[rows & (length(solids.cavity) > 2)]
    if not len(heart):
        return 0.0
    return float((heart.max() - heart.min()) / (cavity.max() - cavity.min()))


@dataclass(frozen=True)
class Cardiomegaly(Finding):
    """An enlarged heart.

    Parameters
    ----------
    factor : float
        On the heart's size in health.
    ratio : float
        Cardiothoracic ratio it gives upright in full inspiration.
    """

    factor: float
    ratio: float
    kind: str = "cardiomegaly"

    @property
    def side(self) -> str:
        """Return "both": the heart lies in the middle."""
        return "both"

    @property
    def zone(self) -> str:
        """Return "lower"."""
        return "lower"

    @property
    def severity(self) -> dict[str, float]:
        """Return the cardiothoracic ratio and the factor on the heart's size."""
        return {"ratio": round(self.ratio, 3), "heart_factor": round(self.factor, 3)}

    def on_posture(self, posture: Posture) -> Posture:
        """Enlarge the heart on top of what lying down does to it."""
        return replace(posture, heart_factor=posture.heart_factor * self.factor)

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return nothing: the heart is no filling of the lung."""
        return []

    def marked(
        self, fillings: list[Filling], solids: ChestSolids, view: View
    ) -> list[Piece]:
        """Return the heart's own outline, without the vessels above it."""
        z = view.at_depth(0.0)[1]
        heart = np.clip((_HEART_HEIGHTS_MM[1] + 25 - z) / 10, 0, 1)
        return [Piece(*solids.heart, heart)]


def cardiomegaly_of(anatomy: Anatomy, ratio: float) -> Cardiomegaly:
    """Return the enlargement that gives a patient a stated cardiothoracic ratio."""
    factor, found = 1.0, cardiothoracic_ratio(anatomy)
    for _ in range(2):  # the width is nearly proportional to the factor
        factor = max(factor * ratio / max(found, 0.1), 1.0)
        found = cardiothoracic_ratio(anatomy, Posture(heart_factor=factor))
    return Cardiomegaly(factor, found)


def draw_cardiomegaly(
    anatomy: Anatomy, rng: np.random.Generator, *, detectability: float = 1.0
) -> Cardiomegaly:
    """Return an enlarged heart; ``detectability`` is a factor on the excess ratio.

    The excess is what the ratio has above 0.50.
    """
    least, mean = EXCESS_RATIO
    excess = detectability * (least + float(rng.gamma(2.0, mean / 2)))
    return cardiomegaly_of(anatomy, min(ENLARGED_RATIO + excess, LARGEST_RATIO))
