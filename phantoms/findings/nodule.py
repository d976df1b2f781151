"""Nodules and masses: size, margin and calcification, benign or malignant.

No feature tells benign from malignant for certain: the same sizes, margins and
calcifications occur in both and differ in how often. All shares are chosen after
the usual clinical teaching (spiculated, large and growing: suspicious; calcified in
the middle, small and stable: harmless); none is measured on patients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phantoms.chest.anatomy import Anatomy, ChestSolids
from phantoms.chest.projection import View
from phantoms.findings.finding import Filling, Finding, side_of, zone_of
from phantoms.findings.lung_space import in_lung, places_in_lung
from phantoms.findings.nodule_parts import (
    Body,
    calcium_pieces,
    solid_pieces,
    spicule_pieces,
)

MARGINS = ("smooth", "lobulated", "spiculated")
CALCIFICATIONS = ("none", "central", "diffuse", "eccentric")
#: A nodule above this diameter is called a mass (Fleischner Society glossary,
#: doi:10.1148/radiol.2462070712).
MASS_MM = 30.0

#: How features are shared out; chosen. First benign, then malignant.
MALIGNANT_SHARE = 0.35
MEDIAN_MM = (11.5, 19.0)
SPREAD = (0.42, 0.48)
MARGIN_SHARES = ((0.60, 0.29, 0.11), (0.22, 0.38, 0.40))
CALCIFIED_SHARES = ((0.70, 0.13, 0.13, 0.04), (0.91, 0.01, 0.02, 0.06))
#: Volume doubling times in days. 20 to 400 for malignant and more for benign ones
#: are the usual clinical cut-offs; the medians within them are chosen.
DOUBLING_DAYS = ((400.0, 1500.0, 20000.0), (20.0, 130.0, 400.0))


@dataclass(frozen=True, eq=False)
class Nodule(Finding):
    """One to three round lesions of one nature.

    Parameters
    ----------
    bodies : tuple of Body
        The largest first.
    margin : str
        One of ``MARGINS``.
    calcification : str
        One of ``CALCIFICATIONS``.
    malignant : bool
    doubling_days : float
        Days in which the volume doubles.
    density : float
        Share of the lung that the lesion replaces; 1 is solid.
    """

    bodies: tuple[Body, ...]
    margin: str = "smooth"
    calcification: str = "none"
    malignant: bool = False
    doubling_days: float = 20000.0
    density: float = 1.0
    kind: str = "nodule"

    @property
    def side(self) -> str:
        """Return "right", "left" or "both"."""
        return side_of(np.array([body.centre[0] for body in self.bodies]))

    @property
    def zone(self) -> str:
        """Return the zone of the largest."""
        return zone_of(self.bodies[0].centre[2])

    @property
    def diameter_mm(self) -> float:
        """Diameter of the largest, spicules left out."""
        return 2 * self.bodies[0].radius

    @property
    def severity(self) -> dict[str, float]:
        """Return diameter of the largest, number, margin and calcification as codes."""
        return {
            "diameter_mm": round(self.diameter_mm, 1),
            "number": float(len(self.bodies)),
            "margin": float(MARGINS.index(self.margin)),
            "calcified": float(self.calcification != "none"),
            "malignant": float(self.malignant),
            "doubling_days": round(self.doubling_days, 0),
        }

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return calcium, then the bodies, then their spicules."""
        calcium, tissue, fine = [], [], []
        for body in self.bodies:
            calcium += calcium_pieces(
                body, self.calcification, solids=solids, view=view
            )
            tissue += solid_pieces(body, self.density, solids=solids, view=view)
            fine += spicule_pieces(body, solids=solids, view=view)
        return [
            Filling("calcium", calcium, marks=False),
            Filling("soft tissue", tissue),
            Filling("soft tissue", fine, clears_vessels=False, marks=False),
        ]


def draw_nodule(
    anatomy: Anatomy, rng: np.random.Generator, *, detectability: float = 1.0
) -> Nodule:
    """Return one to three nodules; ``detectability`` is a factor on their diameter."""
    malignant = bool(rng.random() < MALIGNANT_SHARE)
    nature = int(malignant)
    diameter = MEDIAN_MM[nature] * np.exp(SPREAD[nature] * rng.standard_normal())
    radius = detectability * float(np.clip(diameter, 6, 62)) / 2
    margin = MARGINS[rng.choice(3, p=MARGIN_SHARES[nature])]
    calcification = CALCIFICATIONS[rng.choice(4, p=CALCIFIED_SHARES[nature])]
    low, median, high = DOUBLING_DAYS[nature]
    doubling = float(np.clip(median * np.exp(0.7 * rng.standard_normal()), low, high))
    centres = places_in_lung(anatomy, rng, number=6, low=-0.25 - 0.2 * nature)
    count = 1 + rng.binomial(2, 0.15)
    sizes = radius * np.sort(np.append(1, rng.uniform(0.5, 1, count - 1)))[::-1]
    bodies = []
    for size in sizes:
        roomy = centres[in_lung(anatomy, centres, margin_mm=min(1.0 * size, 14))]
        centre = roomy[0] if len(roomy) else centres[0]
        bodies.append(_draw_body(centre, float(size), margin=margin, rng=rng))
        centres = centres[(centres != centre).any(axis=1)]
    return Nodule(tuple(bodies), margin, calcification, malignant, doubling)


def _draw_body(
    centre: np.ndarray, radius: float, *, margin: str, rng: np.random.Generator
) -> Body:
    """Return one body with a margin."""
    number, reach = (4, 0.40) if margin == "smooth" else (6, 0.80)
    way = _directions(number, rng)
    far = reach * rng.uniform(0.5, 0.95, (number, 1))
    # how far a lobe bulges over the middle ball: little when smooth
    bulge = 0.04 if margin == "smooth" else rng.uniform(0.08, 0.26, (number, 1))
    size = 1 - far + bulge
    strands = 0
    if margin == "spiculated":
        strands = int(rng.integers(10, 18))
    spicules = np.hstack([
        _directions(strands, rng),
        1 + rng.gamma(2.2, 0.22, (strands, 1)),
    ])  # fmt: skip
    return Body(centre, radius, np.hstack([far * way, size]), spicules)


def _directions(number: int, rng: np.random.Generator) -> np.ndarray:
    """Return random unit vectors (number, 3)."""
    way = rng.standard_normal((number, 3))
    return way / np.linalg.norm(way, axis=1, keepdims=True)


def later_nodule(finding: Nodule, *, days: float) -> Nodule:
    """Return the nodule some days later: its volume doubles every doubling time.

    The radius stops at 45 mm.
    """
    factor = 2 ** (days / finding.doubling_days / 3)
    bodies = tuple(
        replace(body, radius=min(body.radius * factor, 45.0)) for body in finding.bodies
    )
    return replace(finding, bodies=bodies)


def round_nodule(
    centre: np.ndarray, *, diameter_mm: float, density: float = 1.0
) -> Nodule:
    """Return a plain ball, for measurements with a known signal.

    Parameters
    ----------
    centre : float array of shape (3,)
        mm, reference frame.
    diameter_mm : float
    density : float
        Share of the lung that it replaces, 0 to 1.
    """
    none = np.zeros((0, 4))
    body = Body(np.asarray(centre, float), diameter_mm / 2, none, none)
    return Nodule((body,), density=density)
