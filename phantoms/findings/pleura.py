"""What fills the pleural space: fluid (effusion) and free air (pneumothorax).

Fluid follows gravity and stands highest at the chest wall, where capillary forces and
the recoil of the lung draw it up: seen from the front it is thick at the side, where
rays run along the wall, and thin in the middle, which makes the meniscus. Lying down it
spreads over the back and veils the whole lung: the lung floats on it, so that it is a
crescent along the back wall. Only under free air does its surface stand level.

Air lies between lung and chest wall, where no vessel runs. Standing, it gathers at the
apex and the visceral pleura is seen as a thin line; lying, it gathers in front at the
base and deepens the sulcus. Under tension the mediastinum is pushed over and the dome
pressed down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy, ChestSolids, Tree
from phantoms.chest.patients import Posture
from phantoms.chest.projection import View
from phantoms.findings.finding import Filling, Finding
from phantoms.findings.lung_space import (
    SIDES,
    CoarseLung,
    coarse_lung,
    inner_lung,
    on_side,
    outside,
    solve,
)
from phantoms.shapes.solids import Interval, Piece

#: Thickness of the layer at the height of the level, and the height over which it
#: falls to a third; chosen.
MENISCUS_MM = 11.0
CLIMB_MM = 20.0
#: Lean of a patient who stands, half lies, or lies flat, where the recesses at the base
#: are deepest: the fluid is a little thicker there than at the apex; chosen.
LEAN_DEG = (0.0, 55.0, 80.0)
_SOFT_MM = 8.0  # over which a layer of fluid thins out at its upper end
#: Millilitres: median and spread of the logarithm, least and most; chosen.
VOLUME_ML = (480.0, 0.95, 90.0, 3200.0)
#: Median days until half has gone, under treatment; chosen.
HALF_LIFE_DAYS = 16.0
# largest share of a lung that fluid takes, on one side and on both; chosen
_LARGEST_SHARE = (0.8, 0.35)
# fluid beyond this share of the lung pushes the mediastinum over, mm at a white-out
_PUSH_FROM, _PUSH_MM = 0.45, 26.0


@dataclass(frozen=True)
class Effusion(Finding):
    """Free fluid in one pleural space, or in both.

    Parameters
    ----------
    sides : tuple of str
        "right", "left", or both.
    volume_ml : tuple of float
        Fluid on each of these sides.
    level_mm : tuple of (float, float, float)
        For each side the height that this fluid reaches at each of ``LEAN_DEG``: along
        gravity in the reference frame, the domes in full inspiration.
    share : tuple of float
        Fluid against the volume of that lung.
    air_over : str
        The side on which a pneumothorax lies over the fluid, or "". There the fluid is
        level: no lung floats on it, or draws it up the wall.
    """

    sides: tuple[str, ...]
    volume_ml: tuple[float, ...]
    level_mm: tuple[tuple[float, float, float], ...]
    share: tuple[float, ...]
    air_over: str = ""
    kind = "effusion"

    @property
    def side(self) -> str:
        """Return "right", "left" or "both"."""
        return self.sides[0] if len(self.sides) == 1 else "both"

    @property
    def zone(self) -> str:
        """Return "lower", or "all" when fluid takes more than half of the space."""
        return "all" if max(self.share) > 0.5 else "lower"

    @property
    def severity(self) -> dict[str, float]:
        """Return the fluid of both sides together and of the larger side, in ml."""
        return {
            "volume_ml": round(sum(self.volume_ml), 0),
            "largest_side_ml": round(max(self.volume_ml), 0),
        }

    def on_posture(self, posture: Posture) -> Posture:
        """Push the mediastinum to the other side when there is very much fluid."""
        push = sum(
            -SIDES[side] * _PUSH_MM * max(share - _PUSH_FROM, 0) / (1 - _PUSH_FROM)
            for side, share in zip(self.sides, self.share, strict=True)
        )
        return replace(posture, mediastinum_mm=posture.mediastinum_mm + push)

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return the fluid."""
        posture, pieces = solids.posture, []
        lying = posture.supine + (posture.recline_deg > 80)
        known = zip(self.sides, self.volume_ml, self.level_mm, strict=True)
        for side, volume, levels in known:
            level, air = levels[lying], side if side == self.air_over else ""
            if air:
                level = _level(coarse_lung(anatomy, side), volume, lying, air)
            level += 0 if lying else posture.raised_mm[SIDES[side] > 0]
            left = _left_by(anatomy, view, level=level, lying=lying, air=air)
            pieces += fluid_pieces(solids, left, view=view, side=side)
        return [Filling("fluid", pieces)]

    def later(
        self, anatomy: Anatomy, *, days: float, rng: Generator
    ) -> Effusion | None:
        """Return it some days later, drained or resorbed, or None when under 60 ml.

        One in five is larger than before.
        """
        half_life = HALF_LIFE_DAYS * float(np.exp(rng.normal(0, 0.6)))
        if rng.random() < 0.2:
            left = float(rng.uniform(1.05, 1.8))
        else:
            left = 0.5 ** (days / half_life)
        rest = {
            side: volume * left
            for side, volume in zip(self.sides, self.volume_ml, strict=True)
            if volume * left > 60
        }
        return effusion_of(anatomy, rest) if rest else None


def fluid_pieces(
    solids: ChestSolids, left: Interval, *, view: View, side: str
) -> list[Piece]:
    """Return the fluid of one pleural space.

    Parameters
    ----------
    solids : ChestSolids
    left : Interval
        What the fluid leaves of the cavity.
    view : View
    side : str
        "right" or "left".
    """
    middle = solids.posture.mediastinum_mm
    weight = on_side(view.x, side, midline_mm=middle)
    pieces = []
    for a, b in solids.lungs:
        if ((b > a) & (weight > 0)).any():
            pieces += outside((a, b), left, weight)
    return pieces


def _left_by(
    anatomy: Anatomy, view: View, *, level: float, lying: int, air: str
) -> Interval:
    """Return what fluid leaves of the cavity; `air`: the side of free air, or ""."""
    if air and not lying:
        return _above_level(anatomy, view, level=level, side=air)
    return _aerated(anatomy, view, level=level, lying=lying, air=bool(air))


def _aerated(
    anatomy: Anatomy, view: View, *, level: float, lying: int, air: bool = False
) -> Interval:
    """Return what fluid at a level leaves of the cavity: between front and back.

    ``lying`` is a place in ``LEAN_DEG``; ``air`` says that there is free air, too.
    """
    z = view.at_depth(0.0)[1]
    if not lying:
        above = (z - np.float32(level)) / np.float32(CLIMB_MM)
        layer = np.float32(MENISCUS_MM) * np.exp(-np.clip(above, -4, 6))
        return inner_lung(anatomy, view, inset_mm=layer)
    lean = np.deg2rad(90.0 if air and lying > 1 else LEAN_DEG[lying])
    surface = (z * np.float32(np.cos(lean)) - np.float32(level)) / np.sin(lean)
    front, back = inner_lung(anatomy, view, inset_mm=0.0)
    if air:
        return front, np.minimum(back, surface.astype(np.float32))
    wall = anatomy.thorax.cage_depth(z)
    deep = np.logaddexp(0, (wall - surface) / _SOFT_MM) * _SOFT_MM
    # it follows the wall of the back, and is drawn up at both sides of the lung
    horns = 0.3 * np.square((np.abs(view.x) - 62) / 60)
    deep = deep * (np.clip(back / wall, 0, 1) + horns)
    return front, back - deep.astype(np.float32)


def _above_level(anatomy: Anatomy, view: View, *, level: float, side: str) -> Interval:
    """Return the cavity above a fluid level: level in the room, not in the patient.

    A patient who leans sideways tilts the chest, not the fluid. Away from the middle
    ray, rays climb or fall on their way and cross the level at some depth.
    """
    front, back = inner_lung(anatomy, view, inset_mm=0.0)
    x_step, z_lean, _, _ = view.cell()
    height = view.z - z_lean / x_step * (view.x - 75 * SIDES[side])
    climb = (view.centre[1] - view.z) / view.source_y
    climb = np.where(np.abs(climb) < 1e-6, 1e-6, climb)
    crossed = np.clip((level - height) / climb, -300, 300).astype(np.float32)
    rises = climb > 0
    return (
        np.where(rises, np.maximum(front, crossed), front),
        np.where(rises, back, np.minimum(back, crossed)),
    )


def effusion_of(anatomy: Anatomy, volume_ml: dict[str, float]) -> Effusion:
    """Return an effusion of a stated volume on each side named.

    Parameters
    ----------
    anatomy : Anatomy
    volume_ml : dict of str to float
        Millilitres for "right", "left" or both; more than nine tenths of the lung
        are cut to that.
    """
    volumes, levels, shares = [], [], []
    for side, wanted in volume_ml.items():
        lung = coarse_lung(anatomy, side)
        room = lung.volume_ml()
        volumes.append(min(wanted, 0.9 * room))
        shares.append(volumes[-1] / room)
        levels.append(
            tuple(_level(lung, volumes[-1], lying) for lying in range(len(LEAN_DEG)))
        )
    return Effusion(tuple(volume_ml), tuple(volumes), tuple(levels), tuple(shares))


def _level(lung: CoarseLung, volume_ml: float, lying: int, air: str = "") -> float:
    """Return the height along gravity at which a lung holds a volume of fluid."""

    def volume(level: float) -> float:
        how = {"level": level, "lying": lying, "air": air}
        return lung.outside_ml(_left_by(lung.anatomy, lung.view, **how))

    return solve(volume_ml, volume, low=-260.0, high=140.0)


def draw_effusion(
    anatomy: Anatomy, rng: Generator, *, detectability: float = 1.0
) -> Effusion:
    """Return an effusion; ``detectability`` is a factor on its volume."""
    median, spread, least, most = VOLUME_ML
    volume = float(np.clip(median * np.exp(rng.normal(0, spread)), least, most))
    sides = ["right", "left"] if rng.random() < 0.55 else ["left", "right"]
    amounts = {sides[0]: volume}
    if rng.random() < 0.35:
        amounts[sides[1]] = volume * float(rng.uniform(0.3, 1.0))
    # nobody stands upright with both sides full
    limit = _LARGEST_SHARE[len(amounts) > 1]
    for side, amount in amounts.items():
        room = coarse_lung(anatomy, side).volume_ml()
        amounts[side] = detectability * min(amount, limit * room)
    return effusion_of(anatomy, amounts)


#: Thickness of the visceral pleura with the rim of lung under it; chosen.
PLEURA_MM = 0.9
#: Share of the lung's volume that is lost: median, spread of the logarithm, limits.
COLLAPSE = (0.58, 0.35, 0.25, 0.92)
#: Share of the hemithorax that is resorbed in a day: the textbook's 1.25 to 2 %
#: (Kircher and Swartzel, JAMA 1954;155:24-29, gave 1.25 %); chosen uniform.
RESORBED_A_DAY = (0.0125, 0.02)
_TENSION_SHARE = 0.45  # of those above 45 % collapse; chosen
_LUNG_TISSUE = 0.15  # share of inflated lung that is tissue and blood


@dataclass(frozen=True)
class Pneumothorax(Finding):
    """Free air in one pleural space.

    Parameters
    ----------
    side : str
        "right" or "left".
    collapse : float
        Share of the lung's volume that is lost, 0 to 1.
    gap_mm : tuple of float
        Width of the air at the apex standing, and at the base lying, that takes
        this share.
    tension_mm : float
        Shift of the mediastinum to the other side, 0 without tension.
    """

    side: str
    collapse: float
    gap_mm: tuple[float, float]
    tension_mm: float = 0.0
    kind = "pneumothorax"

    @property
    def zone(self) -> str:
        """Return "upper" for a small one, "all" for one above 35 %."""
        return "all" if self.collapse > 0.35 else "upper"

    @property
    def severity(self) -> dict[str, float]:
        """Return the collapsed share, the gap at the apex and the shift in mm."""
        return {
            "collapse": round(self.collapse, 3),
            "apical_gap_mm": round(self.gap_mm[0], 1),
            "shift_mm": round(self.tension_mm, 1),
        }

    def on_posture(self, posture: Posture) -> Posture:
        """Push mediastinum and dome away; lying, the sulcus is deepened."""
        right, left = posture.raised_mm
        press = 1.1 * self.tension_mm + (9.0 if posture.supine else 0.0)
        raised = (right, left - press) if self.side == "left" else (right - press, left)
        shift = posture.mediastinum_mm - SIDES[self.side] * self.tension_mm
        return replace(posture, raised_mm=raised, mediastinum_mm=shift)

    def on_anatomy(self, anatomy: Anatomy) -> Anatomy:
        """Draw the vessels of the lung together towards its hilum."""
        tree, sign = anatomy.tree, SIDES[self.side]
        gap, thorax = self.gap_mm[0], anatomy.thorax

        def moved(points: np.ndarray) -> np.ndarray:
            x, y, z = points.T
            out = sign * x > 24
            inset = _along_wall(z, gap, False)
            width, depth = thorax.cage_width(z), thorax.cage_depth(z)
            narrow = np.clip((width - 28 - inset) / (width - 24), 0.1, 1)
            flat = np.clip((depth - 3 - inset) / depth, 0.1, 1)
            low = np.clip(1 - _over_apex(gap, False) / 104, 0.1, 1)
            across = sign * (24 + (sign * x - 24) * narrow)
            new = np.stack([across, y * flat, np.where(z > 0, z * low, z)], axis=1)
            return np.where(out[:, None], new, points)

        tree = Tree(moved(tree.start), moved(tree.end), tree.radius)
        return replace(anatomy, tree=tree)

    def surface(
        self, anatomy: Anatomy, solids: ChestSolids, view: View, peel_mm: float = 0.0
    ) -> Interval:
        """Return the surface of the collapsed lung, or that ``peel_mm`` inside it."""
        supine = solids.posture.supine
        gap = self.gap_mm[supine]
        return _collapsed(anatomy, view, gap=gap, supine=supine, peel_mm=peel_mm)

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return the free air, the pleural line, and the denser lung inside it."""
        middle = solids.posture.mediastinum_mm
        weight = on_side(view.x, self.side, midline_mm=middle)
        lung = self.surface(anatomy, solids, view)
        thick = max(PLEURA_MM, 0.9 * view.cell()[0])  # fainter if under a pixel
        core = self.surface(anatomy, solids, view, peel_mm=thick)
        air, line, rest = [], [], []
        lost = min(self.collapse, 0.85)
        denser = _LUNG_TISSUE * (1 / (1 - lost) - 1) / (1 - _LUNG_TISSUE)
        for piece in solids.lungs:
            if not ((piece[1] > piece[0]) & (weight > 0)).any():
                continue
            air += outside(piece, lung, weight)
            shell = (np.maximum(piece[0], lung[0]), np.minimum(piece[1], lung[1]))
            line += outside(shell, core, weight * np.float32(PLEURA_MM / thick))
            inner = (np.maximum(piece[0], core[0]), np.minimum(piece[1], core[1]))
            rest.append(Piece(*inner, weight * np.float32(min(0.8 * denser, 0.75))))
        return [
            Filling("air", air),
            Filling("soft tissue", line, clears_vessels=False, marks=False),
            Filling("soft tissue", rest, clears_vessels=False, marks=False),
        ]

    def later(
        self, anatomy: Anatomy, *, days: float, rng: Generator
    ) -> Pneumothorax | None:
        """Return it days later, without tension, or None once under 6 % are left."""
        left = self.collapse - days * float(rng.uniform(*RESORBED_A_DAY))
        if left < 0.06:
            return None
        return pneumothorax_of(anatomy, self.side, collapse=left)


def _along_wall(z: np.ndarray, gap: float, supine: bool) -> np.ndarray:
    """Return the gap along the wall in mm: a small one tapers from apex to base.

    The more air, the more evenly the lung draws back to its hilum.
    """
    least = 0.6 * min(gap / 80, 1.0)
    if supine:
        rise = 1 / (1 + np.exp(np.clip((z + 70) / 22, -30, 30)))
    else:
        rise = 1 / (1 + np.exp(np.clip(-(z - 12) / 32, -30, 30)))
    end = 0.22 * (1 - min(gap / 60, 1.0))  # below this height lung meets wall again
    rise = np.maximum(rise - end, 0) / (1 - end)
    return np.float32(gap) * (least + (1 - least) * rise).astype(np.float32)


def _over_apex(gap: float, supine: bool) -> float:
    """Return the gap above the apex in mm."""
    return 0.15 * gap if supine else 1.3 * gap / (1 + gap / 70)


def _collapsed(
    anatomy: Anatomy, view: View, *, gap: float, supine: bool, peel_mm: float = 0.0
) -> Interval:
    """Return the lung that air of a width leaves, less ``peel_mm`` of its surface."""
    z = view.at_depth(0.0)[1]
    inset = _along_wall(z, gap, supine) + np.float32(peel_mm)
    drop = np.float32(_over_apex(gap, supine) + peel_mm)
    front, back = inner_lung(anatomy, view, inset_mm=inset, drop_mm=drop)
    if supine:  # air floats in front of a lung that lies on its back
        front = front + 1.6 * inset
        back = np.maximum(back, front)
    return front, back


def pneumothorax_of(
    anatomy: Anatomy, side: str, *, collapse: float, tension_mm: float = 0.0
) -> Pneumothorax:
    """Return a pneumothorax that takes a stated share of a lung.

    Raises
    ------
    ValueError
        If the side is unknown or the share is not between 0 and 1.
    """
    if side not in SIDES or not 0 < collapse < 1:
        raise ValueError(
            f"side is {side!r} and collapse {collapse}. Choose 'right' or 'left'; and "
            "a share of the lung lies between 0 and 1: 0.15 is small, 0.5 is large."
        )
    lung = coarse_lung(anatomy, side)
    gaps = []
    for supine in (False, True):

        def air(gap: float, supine: bool = supine) -> float:
            hole = _collapsed(anatomy, lung.view, gap=gap, supine=supine)
            return lung.outside_ml(hole)

        target = collapse * lung.volume_ml()
        gaps.append(solve(target, air, low=0.0, high=130.0))
    return Pneumothorax(side, collapse, tuple(gaps), tension_mm)


def draw_pneumothorax(
    anatomy: Anatomy, rng: Generator, *, detectability: float = 1.0
) -> Pneumothorax:
    """Return a pneumothorax; ``detectability`` is a factor on the collapsed share."""
    median, spread, least, most = COLLAPSE
    lost = detectability * median * float(np.exp(rng.normal(0, spread)))
    lost = float(np.clip(lost, least * min(detectability, 1), most))
    side = "right" if rng.random() < 0.55 else "left"
    tension = lost > 0.45 and rng.random() < _TENSION_SHARE
    shift = float(rng.uniform(9, 24)) if tension else 0.0
    return pneumothorax_of(anatomy, side, collapse=lost, tension_mm=shift)
