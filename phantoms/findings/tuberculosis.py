"""Tuberculosis after the primary infection: upper zones, cavities, scars, lost volume.

The pattern is drawn after the textbook: patchy infiltrates in the apical and
posterior segments, cavities with walls of some millimetres, small nodules that
spread along the bronchi (tree-in-bud), fibrous bands to a hilum that is drawn up,
a trachea drawn over. Sizes and shares are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy, ChestSolids, Tree
from phantoms.chest.patients import Posture
from phantoms.chest.projection import View
from phantoms.findings.consolidation import Cloud, bronchial_places, cloud_pieces
from phantoms.findings.finding import Filling, Finding
from phantoms.findings.lung_space import (
    SIDES,
    Shell,
    in_lung,
    places_in_lung,
    shell_pieces,
    strand_pieces,
)
from phantoms.shapes.solids import Piece, Tube

#: Share of patients in whom both upper zones are ill; chosen.
BOTH_SIDES_SHARE = 0.50
#: Median days until half of the infiltrate has gone under treatment; chosen.
HALF_LIFE_DAYS = 90.0


@dataclass(frozen=True, eq=False)
class Tuberculosis(Finding):
    """Disease of one or both upper zones.

    Parameters
    ----------
    sides : tuple of str
        The side more ill first.
    infiltrate, buds : Cloud
        Patches, and small nodules along the bronchi.
    cavities : tuple of Shell
    bands : tuple of Tube
        Fibrous strands towards the hilum.
    loss_mm : float
        How far the hilum of the first side is drawn up.
    """

    sides: tuple[str, ...]
    infiltrate: Cloud
    buds: Cloud
    cavities: tuple[Shell, ...]
    bands: tuple[Tube, ...]
    loss_mm: float
    kind = "tuberculosis"
    zone = "upper"

    @property
    def side(self) -> str:
        """Return "right", "left" or "both"."""
        return self.sides[0] if len(self.sides) == 1 else "both"

    @property
    def severity(self) -> dict[str, float]:
        """Return number and largest diameter of cavities, density, and lost volume."""
        widest = max((2 * cavity.radius for cavity in self.cavities), default=0.0)
        return {
            "cavities": float(len(self.cavities)),
            "largest_cavity_mm": round(widest, 1),
            "density": round(float(1 - np.exp(-self.infiltrate.fill / 1.35)), 3),
            "hilum_raised_mm": round(self.loss_mm, 1),
        }

    def on_posture(self, posture: Posture) -> Posture:
        """Draw the mediastinum over and the dome up on the side that shrank."""
        side = SIDES[self.sides[0]]
        lift = [0.0, 0.0]
        lift[side > 0] = 0.5 * self.loss_mm
        right, left = posture.raised_mm
        return replace(
            posture,
            raised_mm=(right + lift[0], left + lift[1]),
            mediastinum_mm=posture.mediastinum_mm + 0.55 * side * self.loss_mm,
        )

    def on_anatomy(self, anatomy: Anatomy) -> Anatomy:
        """Draw the hilum and its vessels up."""
        sign = SIDES[self.sides[0]]

        def lifted(points: np.ndarray) -> np.ndarray:
            near = np.exp(-np.square((points[:, 2] + 20) / 55))
            up = self.loss_mm * near * (sign * points[:, 0] > 15)
            return points + np.stack([0 * up, 0 * up, up], axis=1)

        tree = anatomy.tree
        vessels = dict(anatomy.vessels)
        name = f"{self.sides[0]} pulmonary artery"
        vessels[name] = Tube(lifted(vessels[name].points), vessels[name].radii)
        tree = Tree(lifted(tree.start), lifted(tree.end), tree.radius)
        return replace(anatomy, tree=tree, vessels=vessels)

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return the air of the cavities first, then walls, patches, buds and bands."""
        walls: list[Piece] = []
        holes: list[Piece] = []
        for cavity in self.cavities:
            wall, hole = shell_pieces(cavity, solids=solids, view=view)
            walls += wall
            holes += hole
        strands: list[Piece] = []
        for band in self.bands:
            strands += strand_pieces(band, solids=solids, view=view)
        clouds = [
            Filling("fluid", cloud_pieces(cloud, anatomy, solids=solids, view=view))
            for cloud in (self.infiltrate, self.buds)
        ]
        return [
            Filling("air", holes),
            Filling("soft tissue", walls),
            *clouds,
            Filling("soft tissue", strands, clears_vessels=False, marks=False),
        ]

    def later(self, anatomy: Anatomy, *, days: float, rng: Generator) -> Tuberculosis:
        """Return it some days later: patches thin out, cavities shrink, scars stay."""
        half_life = HALF_LIFE_DAYS * float(np.exp(rng.normal(0, 0.5)))
        left = max(0.5 ** (days / half_life), 0.35)
        cavities = tuple(
            replace(c, radius=max(c.radius * left**0.25, c.wall_mm + 1.5))
            for c in self.cavities
        )
        return replace(
            self,
            infiltrate=replace(self.infiltrate, fill=self.infiltrate.fill * left),
            buds=replace(self.buds, fill=self.buds.fill * left),
            cavities=cavities,
            loss_mm=min(self.loss_mm + 6 * (1 - left), 34.0),
        )


def draw_tuberculosis(
    anatomy: Anatomy, rng: Generator, *, detectability: float = 1.0
) -> Tuberculosis:
    """Return a tuberculosis; ``detectability`` is a factor on the density of patches.

    Cavities keep their size: they are there or not.
    """
    order = ("right", "left") if rng.random() < 0.58 else ("left", "right")
    sides = order if rng.random() < BOTH_SIDES_SHARE else order[:1]
    lungs = [_draw_lung(anatomy, rng, side=s, rank=r) for r, s in enumerate(sides)]
    patches, buds, cavities, bands = (
        [item for lung in lungs for item in lung[part]] for part in range(4)
    )
    # the lung about a cavity is ill as well
    patches += [c.centre + rng.normal(0, 0.75 * c.radius, (6, 3)) for c in cavities]
    centres = np.concatenate(patches)
    centres = centres[in_lung(anatomy, centres, margin_mm=1)]
    small = np.concatenate(buds)
    fill = detectability * float(rng.uniform(2.5, 5.5))
    sigma = rng.uniform(4.5, 11, len(centres))
    width = rng.uniform(1.6, 3.0, len(small))
    return Tuberculosis(
        sides=sides,
        infiltrate=Cloud(centres, sigma, fill, mottle=0.45),
        buds=Cloud(small, width, 2.5 * fill, mottle=0.0, bronchi=False),
        cavities=tuple(cavities),
        bands=tuple(bands),
        loss_mm=float(np.clip(rng.gamma(2.0, 6.0), 0, 30)),
    )


def _draw_lung(
    anatomy: Anatomy, rng: Generator, *, side: str, rank: int
) -> tuple[list[np.ndarray], list[np.ndarray], list[Shell], list[Tube]]:
    """Return patches, buds, cavities and bands of one lung; rank 0 is worse."""
    seat = _upper_place(anatomy, rng, side)
    patches = []
    for place in (seat, _upper_place(anatomy, rng, side))[: 2 - rank]:
        number = int(rng.integers(11, 21))
        patches.append(place + rng.normal(0, (15, 15, 13), (number, 3)))
    near = bronchial_places(
        anatomy, rng, near=seat - (0, 0, 22), number=int(rng.integers(35, 65))
    )
    buds = [near + rng.normal(0, 3, near.shape)]
    cavities = []
    if rng.random() < (0.8 if rank == 0 else 0.4):
        cavities = _draw_cavities(anatomy, rng, seat)
    bands = [_draw_band(seat, side, rng) for _ in range(rng.integers(3, 8))]
    return patches, buds, cavities, bands


def _upper_place(anatomy: Anatomy, rng: Generator, side: str) -> np.ndarray:
    """Return a place in the apical or posterior segment of a side."""
    trial = places_in_lung(anatomy, rng, number=60, low=-0.8)
    good = (SIDES[side] * trial[:, 0] > 0) & (trial[:, 2] > 25) & (trial[:, 1] > -25)
    if good.any():
        return trial[good][0]
    return np.array([SIDES[side] * 60.0, 15.0, 50.0])


def _draw_cavities(anatomy: Anatomy, rng: Generator, seat: np.ndarray) -> list[Shell]:
    """Return one to three cavities about a place."""
    found = []
    for _ in range(1 + rng.binomial(2, 0.3)):
        radius = float(np.clip(rng.lognormal(np.log(14), 0.3), 7, 26))
        centre = seat + rng.normal(0, 9, 3)
        apart = all(
            np.linalg.norm(centre - c.centre) > radius + c.radius for c in found
        )
        if apart and in_lung(anatomy, centre[None], margin_mm=0.5 * radius)[0]:
            found.append(_draw_cavity(centre, radius, rng))
    return found


def _draw_cavity(centre: np.ndarray, radius: float, rng: Generator) -> Shell:
    """Return a cavity out of round, with a wall thicker on one side."""
    way = rng.standard_normal((5, 3))
    way *= rng.uniform(0.25, 0.6, (5, 1)) / np.linalg.norm(way, axis=1, keepdims=True)
    lobes = np.hstack([way, rng.uniform(0.55, 0.8, (5, 1))])
    wall = float(rng.uniform(0.16, 0.34) * radius)
    return Shell(centre, radius, max(wall, 2.0), lobes, rng.normal(0, 0.35, 3))


def _draw_band(seat: np.ndarray, side: str, rng: Generator) -> Tube:
    """Return a strand from a patch towards the hilum."""
    hilum = np.array([SIDES[side] * 42.0, 12.0, -8.0]) + rng.normal(0, 6, 3)
    start = seat + rng.normal(0, 13, 3)
    share = np.linspace(0, rng.uniform(0.45, 0.85), 7)[:, None]
    bow = rng.normal(0, 5, 3) * np.sin(np.pi * share)
    radii = rng.uniform(0.7, 1.7) * (1.2 - 0.7 * share[:, 0])
    return Tube(start + share * (hilum - start) + bow, radii)
