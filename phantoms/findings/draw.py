"""Draw a finding of any kind, and carry it on to a later visit."""

from __future__ import annotations

import inspect

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.findings.cardiac import draw_cardiomegaly, draw_oedema, later_oedema
from phantoms.findings.consolidation import (
    draw_consolidation,
    later_consolidation,
)
from phantoms.findings.finding import FINDINGS, Finding
from phantoms.findings.nodule import draw_nodule, later_nodule
from phantoms.findings.pleura import (
    draw_effusion,
    draw_pneumothorax,
    later_effusion,
    later_pneumothorax,
)
from phantoms.findings.tuberculosis import (
    draw_tuberculosis,
    later_tuberculosis,
)

_DRAW = {
    "consolidation": draw_consolidation,
    "nodule": draw_nodule,
    "effusion": draw_effusion,
    "pneumothorax": draw_pneumothorax,
    "cardiomegaly": draw_cardiomegaly,
    "tuberculosis": draw_tuberculosis,
    "oedema": draw_oedema,
}
# a large heart stays as it is
_LATER = {
    "consolidation": later_consolidation,
    "nodule": later_nodule,
    "effusion": later_effusion,
    "pneumothorax": later_pneumothorax,
    "tuberculosis": later_tuberculosis,
    "oedema": later_oedema,
}


def draw_finding(
    kind: str,
    anatomy: Anatomy,
    rng: np.random.Generator,
    *,
    detectability: float = 1.0,
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
    if kind not in FINDINGS:
        raise ValueError(f"kind is {kind!r}. Choose one of: {', '.join(FINDINGS)}.")
    if not detectability > 0:
        raise ValueError(
            f"detectability is {detectability}, but a factor must be above 0. "
            "Leave a finding out to have none."
        )
    return _DRAW[kind](anatomy, rng, detectability=detectability)


def at_later_visit(
    finding: Finding, anatomy: Anatomy, *, days: float, rng: np.random.Generator
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
    later = _LATER.get(finding.kind)
    if later is None:
        return finding
    given = {"anatomy": anatomy, "rng": rng}
    wanted = inspect.signature(later).parameters
    chosen = {name: value for name, value in given.items() if name in wanted}
    return later(finding, days=days, **chosen)
