"""A patient's history: days of the visits, and findings that come, grow and heal.

Each decision has a stream of random numbers of its own, so that changing one
strength of a hospital changes that decision and what follows from it, nothing else.
"""

from __future__ import annotations

import datetime
import functools

import numpy as np

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import Patient
from phantoms.findings.draw import at_later_visit, draw_finding
from phantoms.findings.finding import FINDINGS, Finding
from phantoms.hospital.hospitals import Hospital

#: Share of oedemas that come with these (chosen; most cardiac oedema does).
COMPANY = {"cardiomegaly": 0.60, "effusion": 0.45}
#: A finding that was absent appears at a later visit with this part of its share
#: (chosen): people come back because they are ill, but what stays is rarely new.
APPEARS = {
    "consolidation": 0.9, "nodule": 0.08, "effusion": 0.7, "pneumothorax": 0.6,
    "cardiomegaly": 0.08, "tuberculosis": 0.1, "oedema": 0.7,
}  # fmt: skip
#: Days between visits: median, spread of the logarithm, least and most (chosen).
GAP_DAYS = (40.0, 1.0, 2, 420)

_PURPOSE = 5  # random streams of the hospitals; chest.patients has 0 to 4
_STREAMS = (
    "date", "gap", "bedside", "scanner", "technique", "marker", "pacemaker", "drain",
    "ECG leads", "central line", "tubes",
)  # fmt: skip


def stream(patient: Patient, what: str, *, visit: int = 0) -> np.random.Generator:
    """Return the generator of one decision; visit 0 for what is for life.

    Parameters
    ----------
    patient : Patient
    what : str
        A kind of finding, or a decision of this package.
    visit : int
    """
    number = (*FINDINGS, *_STREAMS).index(what)
    return np.random.default_rng([*patient.seed, _PURPOSE, number, visit])


def gap_days(patient: Patient, visit: int) -> int:
    """Return the days from the visit before to this one."""
    median, spread, least, most = GAP_DAYS
    days = median * np.exp(spread * stream(patient, "gap", visit=visit).normal())
    return int(np.clip(days, least, most))


def date_of(patient: Patient, hospital: Hospital, visit: int) -> datetime.date:
    """Return the day of a visit; first visits are spread evenly over the years."""
    first, last = map(
        datetime.date.fromisoformat, (hospital.first_day, hospital.last_day)
    )
    days = int(stream(patient, "date").integers((last - first).days + 1))
    days += sum(gap_days(patient, later) for later in range(2, visit + 1))
    return first + datetime.timedelta(days=days)


def chance_of(kind: str, hospital: Hospital, *, oedema: bool) -> float:
    """Return the probability of a finding at the first visit, given oedema.

    Where oedema brings company, those without it have the less, so that the share
    of all patients stays the hospital's.
    """
    share = hospital.prevalence.get(kind, 0.0)
    if kind not in COMPANY or not share:
        return share
    wet = hospital.prevalence.get("oedema", 0.0)
    tie = hospital.ties.company
    with_it = share + tie * max(COMPANY[kind] - share, 0)
    if oedema:
        return with_it
    return max((share - wet * with_it) / (1 - wet), 0.0) if wet < 1 else share


@functools.lru_cache(maxsize=64)
def findings_at(
    patient: Patient, hospital: Hospital, visit: int, detectability: float
) -> tuple[Finding, ...]:
    """Return a patient's findings at a visit, in the order of ``FINDINGS``.

    What was there is carried on by its own course; what was not may appear.
    """
    before = {}
    if visit > 1:
        earlier = findings_at(patient, hospital, visit - 1, detectability)
        before = {finding.kind: finding for finding in earlier}
    anatomy = build_anatomy(patient)
    found: dict[str, Finding] = {}
    # oedema first: others keep it company
    for kind in sorted(FINDINGS, key=lambda name: name != "oedema"):
        rng = stream(patient, kind, visit=visit)
        share = chance_of(kind, hospital, oedema="oedema" in found)
        appears = rng.random() < share * (1 if visit == 1 else APPEARS[kind])
        if kind in before:
            days = gap_days(patient, visit)
            later = at_later_visit(before[kind], anatomy, days=days, rng=rng)
            if later is not None:
                found[kind] = later
        elif appears:
            found[kind] = draw_finding(kind, anatomy, rng, detectability=detectability)
    return tuple(found[kind] for kind in FINDINGS if kind in found)
