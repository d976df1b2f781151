"""Nodules and masses, benign or malignant, and harmless things that look like them.

No feature tells benign from malignant for certain: the same sizes, margins and
calcifications occur in both and differ in how often. All shares are chosen after
the usual clinical teaching (spiculated, large and growing: suspicious; calcified in
the middle, small and stable: harmless); none is measured on patients.

Scars, calcified granulomas, nipples and fat beside the heart are there so that a bright
spot alone does not give the answer away. All chosen for appearance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy, ChestSolids
from phantoms.chest.patients import Examination, random_stream
from phantoms.chest.projection import View
from phantoms.findings.finding import Filling, Finding, side_of, zone_of
from phantoms.findings.lung_space import (
    clip_to_lungs,
    in_lung,
    knobbly,
    places_in_lung,
    strand_pieces,
)
from phantoms.shapes.solids import (
    Piece,
    Tube,
    ellipsoid,
    grid_window,
    tube_interval,
)


@dataclass(frozen=True, eq=False)
class Body:
    """One nodule.

    Parameters
    ----------
    centre : float array of shape (3,)
        (x, y, z) in mm, reference frame.
    radius : float
        mm.
    lobes : float array of shape (n, 4)
        Balls beside the middle one: place in radii (x, y, z) and radius in radii.
    spicules : float array of shape (n, 4)
        Directions (x, y, z) and length in radii.
    """

    centre: np.ndarray
    radius: float
    lobes: np.ndarray
    spicules: np.ndarray


def solid_pieces(
    body: Body, density: float, *, solids: ChestSolids, view: View
) -> list[Piece]:
    """Return a body with its lobes: one interval, since all hold the middle."""
    x, z = view.at_depth(0.0)
    place = np.asarray(view.shown(body.centre))
    window = grid_window(x, z, place, place, margin=1.6 * body.radius)
    if window is None:
        return []
    shape = {"radius": body.radius, "lobes": body.lobes}
    whole = knobbly((x[window], z[window]), place, **shape)
    return clip_to_lungs(whole, solids, window=window, weight=np.float32(density))


def spicule_pieces(body: Body, *, solids: ChestSolids, view: View) -> list[Piece]:
    """Return the strands that run from a body into the lung, tapering."""
    pieces = []
    share = np.linspace(0, 1, 3)[:, None]
    for *way, span in body.spicules:
        start = body.centre + 0.8 * body.radius * np.asarray(way)
        end = body.centre + span * body.radius * np.asarray(way)
        strand = Tube(start + share * (end - start), np.array([0.95, 0.6, 0.3]))
        pieces += strand_pieces(strand, solids=solids, view=view)
    return pieces


# place in radii and radius in radii of the calcified part, and share of calcium
_CALCIUM = {
    "central": (0.0, 0.45, 0.22),
    "diffuse": (0.0, 0.92, 0.25),
    "eccentric": (0.55, 0.28, 0.25),
}


def calcium_pieces(
    body: Body, pattern: str, *, solids: ChestSolids, view: View
) -> list[Piece]:
    """Return the calcified part of a body."""
    if pattern == "none":
        return []
    off, size, share = _CALCIUM[pattern]
    x, z = view.at_depth(0.0)
    way = body.lobes[0, :3] if len(body.lobes) else np.array([0.8, 0.0, 0.6])
    place = np.asarray(view.shown(body.centre + off * body.radius * way))
    radius = size * body.radius
    window = grid_window(x, z, place, place, margin=radius)
    if window is None:
        return []
    ball = ellipsoid(x[window], z[window], centre=place, radii=(radius,) * 3)
    return clip_to_lungs(ball, solids, window=window, weight=np.float32(share))


MARGINS = ("smooth", "lobulated", "spiculated")
CALCIFICATIONS = ("none", "central", "diffuse", "eccentric")
#: How features are shared out; chosen. First benign, then malignant.
MALIGNANT_SHARE = 0.40
MEDIAN_MM = (20.0, 36.0)
SPREAD = (0.42, 0.48)
LIMITS_MM = (10.0, 75.0)
#: Of up to five more, how likely each is: several are mostly metastases.
MORE_SHARE = (0.06, 0.45)
MARGIN_SHARES = ((0.60, 0.29, 0.11), (0.22, 0.38, 0.40))
CALCIFIED_SHARES = ((0.54, 0.12, 0.30, 0.04), (0.91, 0.01, 0.02, 0.06))
#: Volume doubling times in days. 20 to 400 for malignant and more for benign ones
#: are the usual clinical cut-offs; the medians within them are chosen.
DOUBLING_DAYS = ((400.0, 1500.0, 20000.0), (20.0, 130.0, 400.0))


@dataclass(frozen=True, eq=False)
class Nodule(Finding):
    """One to six round lesions of one nature.

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
    kind = "nodule"

    @property
    def side(self) -> str:
        """Return "right", "left" or "both"."""
        return side_of(np.array([body.centre[0] for body in self.bodies]))

    @property
    def main_side(self) -> str:
        """Return the side of the largest, of which a report speaks."""
        return side_of(self.bodies[0].centre[0])

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

    def later(self, anatomy: Anatomy, *, days: float, rng: Generator) -> Nodule:
        """Return the nodule some days later: its volume doubles every doubling time.

        The radius stops at 45 mm.
        """
        factor = 2 ** (days / self.doubling_days / 3)
        bodies = tuple(
            replace(body, radius=min(body.radius * factor, 45.0))
            for body in self.bodies
        )
        return replace(self, bodies=bodies)


def draw_nodule(
    anatomy: Anatomy, rng: Generator, *, detectability: float = 1.0
) -> Nodule:
    """Return one to six nodules; ``detectability`` is a factor on their diameter."""
    malignant = bool(rng.random() < MALIGNANT_SHARE)
    nature = int(malignant)
    diameter = MEDIAN_MM[nature] * np.exp(SPREAD[nature] * rng.standard_normal())
    radius = detectability * float(np.clip(diameter, *LIMITS_MM)) / 2
    margin = MARGINS[rng.choice(3, p=MARGIN_SHARES[nature])]
    calcification = CALCIFICATIONS[rng.choice(4, p=CALCIFIED_SHARES[nature])]
    low, median, high = DOUBLING_DAYS[nature]
    doubling = float(np.clip(median * np.exp(0.7 * rng.standard_normal()), low, high))
    centres = places_in_lung(anatomy, rng, number=6, low=-0.25 - 0.2 * nature)
    count = 1 + rng.binomial(5, MORE_SHARE[nature])
    sizes = radius * np.sort(np.append(1, rng.uniform(0.5, 1, count - 1)))[::-1]
    bodies = []
    for size in sizes:
        roomy = centres[in_lung(anatomy, centres, margin_mm=min(1.0 * size, 14))]
        centre = roomy[0] if len(roomy) else centres[0]
        bodies.append(_draw_body(centre, float(size), margin=margin, rng=rng))
        centres = centres[(centres != centre).any(axis=1)]
    return Nodule(tuple(bodies), margin, calcification, malignant, doubling)


def _draw_body(
    centre: np.ndarray, radius: float, *, margin: str, rng: Generator
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


def _directions(number: int, rng: Generator) -> np.ndarray:
    """Return random unit vectors (number, 3)."""
    way = rng.standard_normal((number, 3))
    return way / np.linalg.norm(way, axis=1, keepdims=True)


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


@dataclass(frozen=True)
class Variants:
    """Harmless variants of one patient on one day.

    Parameters
    ----------
    bands : tuple of Tube
        Scars and plates of collapsed lung: soft tissue.
    calcified : float array of shape (n, 4)
        Calcified granulomas: (x, y, z, radius) in mm.
    nipple_mm : float
        Thickness of the nipple shadows, 0 when they are not seen.
    fat_pad : tuple of float
        Thickness of the fat beside the heart, right and left, in mm.
    """

    bands: tuple[Tube, ...]
    calcified: np.ndarray
    nipple_mm: float
    fat_pad: tuple[float, float]


def draw_variants(anatomy: Anatomy, examination: Examination) -> Variants:
    """Return the variants of a patient; plates of collapse change from day to day."""
    life = random_stream(anatomy.patient.seed, "anatomy", part=8)
    which = 10 + examination.visit
    day = random_stream(anatomy.patient.seed, "examination", part=which)
    bands = [_band(anatomy, life, low=-0.6) for _ in range(life.binomial(2, 0.22))]
    plates = 0.10 + 0.012 * examination.inspiration_mm
    bands += [_band(anatomy, day, low=2.0) for _ in range(day.binomial(2, plates))]
    grains = [
        [
            *places_in_lung(anatomy, life, low=-0.1, rough=True)[0],
            life.uniform(1.3, 3.2),
        ]
        for _ in range(life.binomial(3, 0.12))
    ]
    seen = life.random() < (0.22 if anatomy.patient.sex == "M" else 0.16)
    return Variants(
        bands=tuple(bands),
        calcified=np.array(grains, float).reshape(-1, 4),
        nipple_mm=float(life.uniform(4, 9)) if seen else 0.0,
        fat_pad=(float(life.gamma(2, 4)), float(life.gamma(2, 6))),
    )


def _band(anatomy: Anatomy, rng: Generator, low: float) -> Tube:
    """Return a thin, slightly bent band of soft tissue in the lung."""
    middle = places_in_lung(anatomy, rng, low=low, rough=True)[0]
    half = rng.uniform(9, 24)
    lean = rng.normal(0, 0.45)
    share = np.linspace(-1, 1, 7)
    points = middle + half * np.stack(
        [share, 0.2 * share, lean * share + rng.normal(0, 0.12) * share**2], axis=1
    )
    return Tube(points, rng.uniform(1.6, 3.4) * (1.1 - share**2))


def variant_thickness(
    variants: Variants, *, view: View, lung: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return thickness of soft tissue in the lung, in front of it, and of calcium.

    Parameters
    ----------
    variants : Variants
    view : View
    lung : float array of shape (rows, columns)
        Path through the lung in mm; bands cannot be thicker.
    """
    x, z = view.at_depth(0.0)
    in_lung, outside, calcium = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for band in variants.bands:
        front, back = tube_interval(band, *view.at_depth(float(band.points[3, 1])))
        in_lung += np.maximum(1.5 * (back - front), 0)
    for *place, radius in variants.calcified:
        shown = view.shown(place)
        window = grid_window(x, z, shown, shown, margin=radius)
        if window is not None:
            off = np.square(x[window] - shown[0]) + np.square(z[window] - shown[2])
            calcium[window] += 1.2 * np.sqrt(np.maximum(radius**2 - off, 0))
    if variants.nipple_mm:
        off = np.square((np.abs(x) - 88) / 5.5) + np.square((z + 88) / 5.0)
        outside += variants.nipple_mm * np.sqrt(np.maximum(1 - off, 0))
    for side, pad, place in zip((-1, 1), variants.fat_pad, (-42, 80), strict=True):
        off = np.square((x - place) / 15) + np.square((z + 116) / 12)
        in_lung += pad * np.exp(-off) * (side * x > 0)
    return np.minimum(in_lung, lung), outside, calcium
