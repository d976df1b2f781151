"""What a failing heart shows: its size (cardiomegaly) and water in the lung (oedema).

The cardiothoracic ratio is measured on outlines, as on a film.

Interstitial oedema is drawn after the textbook: short level septal lines at the bases
(Kerley B), thick bronchial walls near the hila, a haze about the hila, thick fissures,
and upper vessels as wide as the lower ones. Sizes and shares are chosen. A large heart
and effusions often go with it; they are findings of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy, ChestSolids, Tree, chest_solids
from phantoms.chest.patients import Posture
from phantoms.chest.projection import View, flat_view
from phantoms.findings.finding import Filling, Finding
from phantoms.findings.lung_space import (
    SIDES,
    Plates,
    Shell,
    plate_pieces,
    shell_pieces,
)
from phantoms.shapes.solids import Piece, length, look_up

#: The heart is enlarged above this ratio on an upright PA radiograph in full
#: inspiration (Danzer, Am J Med Sci 1919;157:513-521).
ENLARGED_RATIO = 0.50
#: Ratio drawn for an enlarged heart: 0.50 plus at least this, mean of the rest; chosen.
EXCESS_RATIO = (0.01, 0.03)
#: Largest ratio drawn.
LARGEST_RATIO = 0.66
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
    kind = "cardiomegaly"
    side = "both"
    zone = "lower"

    @property
    def severity(self) -> dict[str, float]:
        """Return the cardiothoracic ratio and the factor on the heart's size."""
        return {"ratio": round(self.ratio, 3), "heart_factor": round(self.factor, 3)}

    def on_posture(self, posture: Posture) -> Posture:
        """Enlarge the heart on top of what lying down does to it."""
        return replace(posture, heart_factor=posture.heart_factor * self.factor)

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
    anatomy: Anatomy, rng: Generator, *, detectability: float = 1.0
) -> Cardiomegaly:
    """Return an enlarged heart; ``detectability`` is a factor on the excess ratio.

    The excess is what the ratio has above 0.50.
    """
    least, mean = EXCESS_RATIO
    excess = detectability * (least + float(rng.gamma(2.0, mean / 2)))
    return cardiomegaly_of(anatomy, min(ENLARGED_RATIO + excess, LARGEST_RATIO))


#: Median days until half of the water has gone, under treatment; chosen.
HALF_LIFE_DAYS = 4.0
SEPTUM_MM = 1.1


@dataclass(frozen=True, eq=False)
class Oedema(Finding):
    """Water in the interstitium of both lungs.

    Parameters
    ----------
    amount : float
        0 for none, 1 for typical, 2 for florid: every sign grows with it.
    septa : Plates
        Kerley B lines.
    bronchi : float array of shape (n, 4)
        Bronchi seen end on: (x, y, z) and radius of the lumen in mm.
    balance : float
        Share of the haze on the right, near a half.
    hilum_mm, reach : float
        Height of the middle of the haze, and a factor on its width.
    """

    amount: float
    septa: Plates
    bronchi: np.ndarray
    balance: float = 0.5
    hilum_mm: float = -32.0
    reach: float = 1.0
    kind = "oedema"
    side = "both"
    zone = "all"

    @property
    def severity(self) -> dict[str, float]:
        """Return the amount, the number of septal lines, and the cuff in mm."""
        return {
            "amount": round(self.amount, 3),
            "septal_lines": float(len(self.septa.ends)),
            "cuff_mm": round(self._cuff_mm, 2),
        }

    @property
    def _cuff_mm(self) -> float:
        """Thickness of a bronchial wall with the water about it."""
        return 0.8 + 1.1 * min(self.amount, 2.0)

    def on_anatomy(self, anatomy: Anatomy) -> Anatomy:
        """Widen the upper vessels, narrow the lower ones, and blur none away."""
        tree = anatomy.tree
        up = np.clip((tree.start[:, 2] + 25) / 60, -1, 1)
        strong = min(self.amount, 2.0)
        factor = 1 + strong * np.where(up > 0, 0.26 * up, 0.10 * up) + 0.05 * strong
        return replace(anatomy, tree=Tree(tree.start, tree.end, tree.radius * factor))

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return septa and cuffs, then the haze."""
        cuffs: list[Piece] = []
        for *centre, radius in self.bronchi:
            cuff = Shell(np.asarray(centre), radius + self._cuff_mm, self._cuff_mm)
            cuffs += shell_pieces(cuff, solids=solids, view=view)[0]
        strong = np.float32(min(0.5 + 0.3 * self.amount, 1.0))
        septa = plate_pieces(self.septa, solids=solids, view=view)
        septa = [piece._replace(weight=piece.weight * strong) for piece in septa]
        return [
            Filling("fluid", cuffs, clears_vessels=False, marks=False),
            Filling("fluid", septa, clears_vessels=False),
            Filling("fluid", self._haze(anatomy, solids, view), clears_vessels=False),
        ]

    def later(self, anatomy: Anatomy, *, days: float, rng: Generator) -> Oedema | None:
        """Return it some days later under treatment, or None; one in four is back."""
        left = 0.5 ** (days / (HALF_LIFE_DAYS * float(np.exp(rng.normal(0, 0.4)))))
        if rng.random() < 0.25:
            left = float(rng.uniform(0.6, 1.3))
        if left < 0.3 or self.amount * left < 0.3:
            return None
        keep = max(round(len(self.septa.ends) * min(left, 1)), 1)
        septa = replace(
            self.septa, ends=self.septa.ends[:keep], depth_mm=self.septa.depth_mm[:keep]
        )
        return replace(self, amount=self.amount * left, septa=septa)

    def _haze(self, anatomy: Anatomy, solids: ChestSolids, view: View) -> list[Piece]:
        """Return the water, in patches about the hila and at the bases."""
        x, z = view.at_depth(10.0)
        patches = 1 + np.float32(0.6) * look_up(anatomy.soft_texture, 1.6 * x, 1.6 * z)
        x = x - np.float32(solids.posture.mediastinum_mm)
        right = 2 * self.balance
        side = 1 + (right - 1) * np.clip(-x / 20, -1, 1)
        off = np.square((np.abs(x) - 42) / 32) + np.square((z - self.hilum_mm) / 42)
        base = 1 / (1 + np.exp(np.clip((z + 75) / 16, -30, 30)))
        shape = 0.14 * np.exp(-0.5 * off / self.reach**2) + 0.04 * base
        weight = side * np.float32(self.amount) * shape * np.clip(patches, 0.1, 2.2)
        weight = (0.6 * (1 - np.exp(-weight / 0.6))).astype(np.float32)
        return [Piece(a, b, weight) for a, b in solids.lungs if length((a, b)).any()]


def draw_oedema(
    anatomy: Anatomy, rng: Generator, *, detectability: float = 1.0
) -> Oedema:
    """Return an oedema; ``detectability`` is a factor on its amount."""
    amount = detectability * float(np.clip(rng.lognormal(0.0, 0.45), 0.35, 2.6))
    return Oedema(
        amount=amount,
        septa=_draw_septa(anatomy, rng, round(14 * min(amount, 2.0))),
        bronchi=_draw_bronchi(rng),
        balance=float(np.clip(rng.normal(0.52, 0.10), 0.3, 0.75)),
        hilum_mm=float(rng.normal(-32, 10)),
        reach=float(np.exp(rng.normal(0, 0.2))),
    )


def _draw_septa(anatomy: Anatomy, rng: Generator, number: int) -> Plates:
    """Return short level lines at the pleura of the bases, and the small fissure."""
    ends, depth = _draw_fissure(rng)
    for rank in range(max(number, 1)):
        side = -1 if rng.random() < 0.58 else 1
        floor = anatomy.thorax.dome_top[side > 0] - 8
        z = floor + 4.5 * (rank // 2) + rng.normal(0, 1.5)
        y = rng.uniform(-25, 25)
        wall = float(anatomy.thorax.cage_width(np.array([z]))[0])
        wall *= np.sqrt(max(1 - (y / 110) ** 2, 0.2))
        span = rng.uniform(8, 19)
        outer = np.array([side * (wall - 0.5), y, z])
        inner = np.array([side * (wall - 0.5 - span), y, z + rng.normal(0.6, 0.8)])
        ends.append((outer, inner))
        depth.append(rng.uniform(4, 15))
    return Plates(np.array(ends), np.array(depth), SEPTUM_MM)


def _draw_fissure(
    rng: Generator,
) -> tuple[list[tuple[np.ndarray, np.ndarray]], list[float]]:
    """Return the small fissure on the right, thick with water, as a gentle bow."""
    if rng.random() < 0.4:
        return [], []
    x = np.linspace(-rng.uniform(95, 120), -rng.uniform(50, 62), 7)
    bow = rng.normal(3, 2) * (1 - np.square((x + 85) / 32))
    z = rng.normal(-22, 6) + bow + rng.normal(0.03, 0.05) * (x + 85)
    points = np.stack([x, np.full(7, -10.0), z], axis=1)
    water = rng.uniform(5, 16) * np.exp(rng.normal(0, 0.25, 6))
    return list(zip(points[:-1], points[1:], strict=True)), list(water)


def _draw_bronchi(rng: Generator) -> np.ndarray:
    """Return bronchi that run from front to back near both hila."""
    rows = []
    for side in SIDES.values():
        for _ in range(int(rng.integers(2, 5))):
            x = side * rng.uniform(48, 70)
            rows.append((x, rng.uniform(-5, 25), rng.uniform(-50, 20)))
    radius = rng.uniform(1.3, 2.2, len(rows))
    return np.column_stack([np.array(rows), radius])
