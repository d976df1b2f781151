"""What can be wrong in the lungs: consolidation and nodules as clusters of balls.

A finding is a cloud of soft balls in the reference frame. Inside the lung they
replace air by fluid or tissue; whatever sticks out of the lung is cut away, and
a fissure may cut it off sharply. Shapes and frequencies are chosen so that the
task is neither trivial nor hopeless; they describe no population.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from helpers.phantoms.chest.anatomy import Anatomy
from helpers.phantoms.chest.patients import random_stream
from helpers.phantoms.chest.thorax import (
    apex_interval,
    cage_interval,
    dome_interval,
    heart_interval,
)

FINDINGS = ("consolidation", "nodule")

#: Share of patients with the finding at the first visit.
FREQUENCY = {"consolidation": 0.34, "nodule": 0.20}
_PERSISTS = {"consolidation": 0.88, "nodule": 0.95}
_APPEARS = {"consolidation": 0.09, "nodule": 0.04}

#: Factor on how densely consolidation fills the lung.
DIFFICULTY = {"easy": 1.5, "default": 1.0, "hard": 0.6}


@dataclass(frozen=True)
class Finding:
    """A cloud of balls that fill the lung.

    Parameters
    ----------
    kind : str
        "consolidation" or "nodule".
    centres : float array of shape (n, 3)
        (x, y, z) in mm, reference frame.
    radii : float array of shape (n,)
        mm.
    fill : float
        Share of the air that is replaced in the middle of a ball, 0 to 1.
    fissure : tuple of float, or None
        (height at mid depth, rise per mm backwards, side): the finding lies
        above the plane for side 1, below for -1.
    """

    kind: str
    centres: np.ndarray
    radii: np.ndarray
    fill: float
    fissure: tuple[float, float, int] | None = None


def in_lung(
    anatomy: Anatomy, points: np.ndarray, *, margin_mm: float = 6.0
) -> np.ndarray:
    """Return which points (n, 3) lie in aerated lung, away from its borders."""
    x, y, z = np.asarray(points, float).T
    thorax = anatomy.thorax
    front, back = cage_interval(thorax, x, z, wall_mm=-margin_mm)
    inside = (y > front) & (y < back) & (np.abs(x) > 24)
    front, back = apex_interval(thorax, x, z + margin_mm)
    inside &= (y > front) & (y < back)
    for front, back in (
        dome_interval(thorax, x, z, raised_mm=18.0),
        heart_interval(thorax, x, z, raised_mm=0.0),
    ):
        inside &= ~((y > front - margin_mm) & (y < back + margin_mm) & (back > front))
    return inside


def place_in_lung(
    anatomy: Anatomy, rng: np.random.Generator, *, low: float
) -> np.ndarray:
    """Return one point in the lungs; ``low`` pulls it towards the bases."""
    trial = rng.uniform((-125, -85, -150), (125, 90, 85), (800, 3))
    trial = trial[in_lung(anatomy, trial)]
    weight = np.exp(-low * trial[:, 2] / 60)
    return trial[rng.choice(len(trial), p=weight / weight.sum())]


def draw_consolidation(anatomy: Anatomy, rng: np.random.Generator) -> Finding:
    """Return one airspace consolidation, patchy or bounded by a fissure."""
    centre = place_in_lung(anatomy, rng, low=0.45)
    extent = rng.uniform(15, 30) * np.array([1.0, 1.1, rng.uniform(0.7, 1.15)])
    number = int(rng.integers(24, 46))
    cloud = centre + rng.standard_normal((number, 3)) * extent
    cloud[0] = centre
    # a finding stays in the lung where it began
    cloud = cloud[np.sign(cloud[:, 0]) == np.sign(centre[0])]
    fissure = None
    if rng.random() < 0.35:
        side = int(rng.choice([-1, 1]))
        rise = float(rng.choice([0.06, -0.9]))
        height = centre[2] - rise * centre[1] - side * rng.uniform(6, 16)
        fissure = (float(height), rise, side)
    return Finding(
        kind="consolidation",
        centres=cloud,
        radii=rng.uniform(10, 21, len(cloud)),
        fill=float(rng.uniform(0.36, 0.92)),
        fissure=fissure,
    )


def draw_nodules(anatomy: Anatomy, rng: np.random.Generator) -> Finding:
    """Return one to three nodules of 6 to 30 mm, slightly lobulated."""
    centres, radii = [], []
    for _ in range(1 + rng.binomial(2, 0.2)):
        centre = place_in_lung(anatomy, rng, low=-0.2)
        radius = float(np.clip(rng.lognormal(np.log(7.0), 0.42), 3, 15))
        lobe = rng.standard_normal((3, 3))
        lobe /= np.linalg.norm(lobe, axis=1, keepdims=True)
        centres += [centre, *(centre + 0.45 * radius * lobe)]
        radii += [radius * 0.92, *(radius * rng.uniform(0.5, 0.66, 3))]
    return Finding("nodule", np.array(centres), np.array(radii), 1.0)


_DRAW = {"consolidation": draw_consolidation, "nodule": draw_nodules}


def finding_at_visit(
    anatomy: Anatomy, kind: str, *, visit: int, present: bool | None = None
) -> Finding | None:
    """Return a patient's finding at a visit, or None when there is none.

    Most findings of the first visit are seen again at the second, in the same
    place and with another size; some have healed and some are new.

    Parameters
    ----------
    anatomy : Anatomy
    kind : str
        "consolidation" or "nodule".
    visit : int
        1 or 2.
    present : bool, optional
        Put the finding in, or leave it out, whatever chance says.
    """
    number = FINDINGS.index(kind)
    chance = random_stream(anatomy.patient.seed, "finding", part=10 * (number + 1))
    first = chance.random() < FREQUENCY[kind]
    later = chance.random() < (_PERSISTS[kind] if first else _APPEARS[kind])
    growth = float(np.exp(chance.normal(0, 0.14)))
    if not (present if present is not None else (first, later)[visit - 1]):
        return None
    shape = random_stream(anatomy.patient.seed, "finding", part=10 * (number + 1) + 1)
    finding = _DRAW[kind](anatomy, shape)
    if visit == 1 or not first:
        return finding
    if kind == "nodule":
        return replace(finding, radii=np.clip(finding.radii * growth, 1.5, 14))
    middle = finding.centres.mean(axis=0)
    return replace(
        finding,
        centres=middle + growth * (finding.centres - middle),
        radii=finding.radii * growth,
        fill=float(np.clip(finding.fill * growth, 0.3, 1.0)),
    )
