"""Consolidation: airspaces full of fluid, in a lobe or in patches about the bronchi."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phantoms.chest.anatomy import Anatomy, ChestSolids
from phantoms.chest.projection import View
from phantoms.findings.cloud import (
    Cloud,
    Fissure,
    bronchial_places,
    cloud_pieces,
)
from phantoms.findings.finding import Filling, Finding, side_of, zone_of
from phantoms.findings.lung_space import places_in_lung

#: Share of consolidations that keep to a lobe; chosen.
LOBAR_SHARE = 0.45
#: Median days until half has cleared, and its spread; chosen within the weeks that
#: pneumonia takes to clear on radiographs.
HALF_LIFE_DAYS = (12.0, 0.4)

# the great fissure falls forwards, the small one is level; chosen for appearance
_GREAT = (-34.0, 1.0)
_SMALL = (-22.0, 0.05)
# the lobes as (side, fissures that bound it), with how often each is hit
_LOBES = {
    "right upper lobe": (0.22, -1, ((*_SMALL, 1), (*_GREAT, 1))),
    "middle lobe": (0.18, -1, ((*_SMALL, -1), (*_GREAT, 1))),
    "right lower lobe": (0.20, -1, ((*_GREAT, -1),)),
    "left upper lobe": (0.21, 1, ((*_GREAT, 1),)),
    "left lower lobe": (0.19, 1, ((*_GREAT, -1),)),
}


@dataclass(frozen=True, eq=False)
class Consolidation(Finding):
    """Lung full of fluid, with air left in the bronchi.

    Parameters
    ----------
    pattern : str
        "lobar": one confluent area that ends at the fissures of its lobe; or
        "broncho": patches about small bronchi, which know no fissure.
    cloud : Cloud
    lobe : str
        The lobe of a lobar consolidation, otherwise "".
    """

    pattern: str
    cloud: Cloud
    lobe: str = ""
    kind: str = "consolidation"

    @property
    def side(self) -> str:
        """Return "right", "left" or "both"."""
        return side_of(self.cloud.centres[:, 0])

    @property
    def zone(self) -> str:
        """Return the zone of its middle."""
        return zone_of(self.cloud.centres[:, 2])

    @property
    def severity(self) -> dict[str, float]:
        """Return extent (mm, twice the spread of its middle) and density (0 to 1)."""
        spread = float(2 * self.cloud.centres.std(axis=0).mean())
        dense = float(1 - np.exp(-self.cloud.fill / 1.35))
        return {"extent_mm": round(spread, 1), "density": round(dense, 3)}

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return the fluid in the airspaces."""
        pieces = cloud_pieces(self.cloud, anatomy, solids=solids, view=view)
        return [Filling("fluid", pieces)]


def draw_consolidation(
    anatomy: Anatomy, rng: np.random.Generator, *, detectability: float = 1.0
) -> Consolidation:
    """Return a consolidation; ``detectability`` is a factor on how dense it is."""
    fill = detectability * float(rng.uniform(4.0, 12.0))
    if rng.random() < LOBAR_SHARE:
        return _draw_lobar(anatomy, rng, fill)
    return _draw_broncho(anatomy, rng, fill)


def _draw_lobar(
    anatomy: Anatomy, rng: np.random.Generator, fill: float
) -> Consolidation:
    """Return a consolidation that begins in a lobe and ends at its fissures."""
    names = list(_LOBES)
    chance = np.array([_LOBES[name][0] for name in names])
    lobe = names[rng.choice(len(names), p=chance / chance.sum())]
    _, side, planes = _LOBES[lobe]
    sag = rng.normal(0, 3)
    fissures = tuple(
        Fissure(height + rng.normal(0, 6), rise, keep, bulge_mm=sag - 2 * keep)
        for height, rise, keep in planes
    )
    trial = places_in_lung(anatomy, rng, number=200, low=0.0)
    good = (side * trial[:, 0] > 0) & np.all(
        [fissure.inside(*trial.T) > 4 for fissure in fissures], axis=0
    )
    seat = trial[good][0] if good.any() else trial[side * trial[:, 0] > 0][0]
    extent = rng.uniform(13, 25) * np.array([1.0, 1.1, rng.uniform(0.7, 1.1)])
    centres = _cluster(seat, extent, number=int(rng.integers(22, 40)), rng=rng)
    sigma = rng.uniform(6.5, 12.5, len(centres))
    return Consolidation("lobar", Cloud(centres, sigma, fill, fissures), lobe)


def _draw_broncho(
    anatomy: Anatomy, rng: np.random.Generator, fill: float
) -> Consolidation:
    """Return patches about the small bronchi of one or, at times, both lungs."""
    centres, sigma = [], []
    seats = [places_in_lung(anatomy, rng, low=0.1)[0]]
    for _ in range(rng.binomial(2, 0.35)):
        seat = places_in_lung(anatomy, rng, low=0.1)[0]
        seat[0] = np.abs(seat[0]) * np.sign(seats[0][0])
        if rng.random() < 0.3:
            seat[0] *= -1
        seats.append(seat)
    for seat in seats:
        number = int(rng.integers(9, 20))
        hearts = bronchial_places(anatomy, rng, near=seat, number=number)
        centres.append(hearts + rng.normal(0, 4, hearts.shape))
        sigma.append(rng.uniform(4.5, 11.0, number))
    cloud = Cloud(np.concatenate(centres), np.concatenate(sigma), 1.2 * fill)
    return Consolidation("broncho", replace(cloud, mottle=0.4))


def _cluster(
    seat: np.ndarray, extent: np.ndarray, *, number: int, rng: np.random.Generator
) -> np.ndarray:
    """Return ball centres about a seat, all in the lung where it lies."""
    cloud = seat + rng.standard_normal((number, 3)) * extent
    cloud[0] = seat
    return cloud[np.sign(cloud[:, 0]) == np.sign(seat[0])]


def later_consolidation(
    finding: Consolidation, *, days: float, rng: np.random.Generator
) -> Consolidation | None:
    """Return it some days later, smaller, or None once under 30 % is left.

    One in eight gets worse first.
    """
    median, spread = HALF_LIFE_DAYS
    half_life = median * float(np.exp(rng.normal(0, spread)))
    worse = rng.random() < 0.12 and days < 21
    left = 1.35 if worse else 0.5 ** (days / half_life)
    if left < 0.3:
        return None
    cloud = finding.cloud.grown(float(np.clip(left**0.15, 0.75, 1.08)))
    return replace(finding, cloud=replace(cloud, fill=cloud.fill * left))
