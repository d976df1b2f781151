"""Pleural effusion: fluid that follows gravity and climbs along the chest wall.

Fluid stands highest at the wall, where capillary forces and the recoil of the lung
draw it up: seen from the front it is thick at the side, where rays run along the
wall, and thin in the middle, which makes the meniscus. Lying down it spreads over
the back and veils the whole lung.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phantoms.chest.anatomy import Anatomy, ChestSolids
from phantoms.chest.posture import Posture
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
#: Lean of a patient who lies or half lies on a portable radiograph; chosen.
RECLINE_DEG = 55.0
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
    level_mm : tuple of (float, float)
        For each side the height that this fluid reaches, standing and lying: along
        gravity in the reference frame, the domes in full inspiration.
    share : tuple of float
        Fluid against the volume of that lung.
    """

    sides: tuple[str, ...]
    volume_ml: tuple[float, ...]
    level_mm: tuple[tuple[float, float], ...]
    share: tuple[float, ...]
    kind: str = "effusion"

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
        for side, levels in zip(self.sides, self.level_mm, strict=True):
            raised = posture.raised_mm[SIDES[side] > 0]
            level = levels[posture.supine] + (0 if posture.supine else raised)
            pieces += fluid_pieces(anatomy, solids, view=view, side=side, level=level)
        return [Filling("fluid", pieces)]


def fluid_pieces(
    anatomy: Anatomy, solids: ChestSolids, *, view: View, side: str, level: float
) -> list[Piece]:
    """Return the fluid of one pleural space that stands at a level.

    Parameters
    ----------
    anatomy : Anatomy
    solids : ChestSolids
    view : View
    side : str
        "right" or "left".
    level : float
        Height along gravity, mm.
    """
    supine = solids.posture.supine
    air = _aerated(anatomy, solids, view=view, level=level, supine=supine)
    middle = solids.posture.mediastinum_mm
    weight = on_side(view.x, side, midline_mm=middle)
    pieces = []
    for a, b in solids.lungs:
        if ((b > a) & (weight > 0)).any():
            pieces += outside((a, b), air, weight)
    return pieces


def _aerated(
    anatomy: Anatomy, solids: ChestSolids, *, view: View, level: float, supine: bool
) -> Interval:
    """Return what fluid at a level leaves of the cavity: between front and back."""
    lean = np.deg2rad(RECLINE_DEG if supine else 0.0)
    sine, cosine = np.float32(np.sin(lean)), np.float32(np.cos(lean))
    z = view.at_depth(0.0)[1]
    front, back = solids.cavity

    def layer(y: np.ndarray) -> np.ndarray:
        above = (z * cosine - y * sine - np.float32(level)) / np.float32(CLIMB_MM)
        return np.float32(MENISCUS_MM) * np.exp(-np.clip(above, -4, 6))

    near_front = inner_lung(anatomy, view, inset_mm=layer(front))[0]
    near_back = inner_lung(anatomy, view, inset_mm=layer(back))[1]
    if supine:  # the surface of the fluid is level
        near_back = np.minimum(near_back, (z * cosine - np.float32(level)) / sine)
    return near_front, near_back


def effusion_of(anatomy: Anatomy, volume_ml: dict[str, float]) -> Effusion:
    """Return an effusion of a stated volume on each side named.

    Parameters
    ----------
    anatomy : Anatomy
    volume_ml : dict of str to float
        Millilitres for "right", "left" or both; more than nine tenths of the lung
        are cut to that.

    Raises
    ------
    ValueError
        If no side or an unknown side is named, or a volume is not above 0.
    """
    if not volume_ml or set(volume_ml) - set(SIDES) or min(volume_ml.values()) <= 0:
        raise ValueError(
            f"volume_ml is {volume_ml}. Name 'right', 'left' or both, each with "
            "millilitres above 0, as in {'left': 400.0}."
        )
    volumes, levels, shares = [], [], []
    for side, wanted in volume_ml.items():
        lung = coarse_lung(anatomy, side)
        room = lung.volume_ml()
        volumes.append(min(wanted, 0.9 * room))
        shares.append(volumes[-1] / room)
        levels.append(
            (_level(lung, volumes[-1], False), _level(lung, volumes[-1], True))
        )
    return Effusion(tuple(volume_ml), tuple(volumes), tuple(levels), tuple(shares))


def _level(lung: CoarseLung, volume_ml: float, supine: bool) -> float:
    """Return the height along gravity at which a lung holds a volume of fluid."""

    def volume(level: float) -> float:
        air = _aerated(
            lung.anatomy, lung.solids, view=lung.view, level=level, supine=supine
        )
        return lung.outside_ml(air)

    return solve(volume_ml, volume, low=-260.0, high=140.0)


def draw_effusion(
    anatomy: Anatomy, rng: np.random.Generator, *, detectability: float = 1.0
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


def later_effusion(
    finding: Effusion, anatomy: Anatomy, *, days: float, rng: np.random.Generator
) -> Effusion | None:
    """Return it some days later, drained or resorbed, or None when under 60 ml.

    One in five is larger than before.
    """
    half_life = HALF_LIFE_DAYS * float(np.exp(rng.normal(0, 0.6)))
    left = (
        float(rng.uniform(1.05, 1.8))
        if rng.random() < 0.2
        else 0.5 ** (days / half_life)
    )
    rest = {
        side: volume * left
        for side, volume in zip(finding.sides, finding.volume_ml, strict=True)
        if volume * left > 60
    }
    return effusion_of(anatomy, rest) if rest else None
