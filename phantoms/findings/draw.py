"""Draw a finding of any kind, and carry it on to a later visit."""

from __future__ import annotations

from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy
from phantoms.findings.cardiac import draw_cardiomegaly, draw_oedema
from phantoms.findings.consolidation import draw_consolidation
from phantoms.findings.finding import FINDINGS, Finding
from phantoms.findings.nodule import draw_nodule
from phantoms.findings.pleura import draw_effusion, draw_pneumothorax
from phantoms.findings.tuberculosis import draw_tuberculosis

_DRAW = {
    "consolidation": draw_consolidation,
    "nodule": draw_nodule,
    "effusion": draw_effusion,
    "pneumothorax": draw_pneumothorax,
    "cardiomegaly": draw_cardiomegaly,
    "tuberculosis": draw_tuberculosis,
    "oedema": draw_oedema,
}


def draw_finding(
    kind: str, anatomy: Anatomy, rng: Generator, *, detectability: float = 1.0
) -> Finding:
    """Return a finding of a kind as chance has it.

    Parameters
    ----------
    kind : str
        One of ``FINDINGS``.
    anatomy : Anatomy
        Of the patient in health.
    rng : numpy.random.Generator
    detectability : float
        Factor, above 0, on what makes the kind visible: density of consolidation
        and tuberculosis, diameter of nodules, ml of effusion, collapsed share of
        pneumothorax, excess cardiothoracic ratio, amount of oedema.

    Raises
    ------
    ValueError
        If the kind is unknown or the factor is not above 0.
    """
    if kind not in FINDINGS or not detectability > 0:
        raise ValueError(
            f"kind is {kind!r} and detectability {detectability}. Choose one of: "
            f"{', '.join(FINDINGS)}; and a factor above 0."
        )
    return _DRAW[kind](anatomy, rng, detectability=detectability)


def at_later_visit(
    finding: Finding, anatomy: Anatomy, *, days: float, rng: Generator
) -> Finding | None:
    """Return a finding some days later, grown or healing, or None once it is gone.

    Parameters
    ----------
    finding : Finding
    anatomy : Anatomy
        Of the patient in health.
    days : float
        Since the visit that ``finding`` describes.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If ``days`` is negative.
    """
    if days < 0:
        raise ValueError(f"days is {days}, but a later visit is 0 days away or more.")
    return finding.later(anatomy, days=days, rng=rng)
