"""Draw the studies of a hospital: who comes on which day, with what, on what."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import Patient, draw_examination
from phantoms.findings.finding import Finding
from phantoms.hospital.equipment import draw_devices, draw_markers
from phantoms.hospital.history import date_of, findings_at, stream
from phantoms.hospital.hospitals import Hospital
from phantoms.physics.scanners import Scanner, draw_technique
from phantoms.study.study import Study

#: Findings that bring people into a bed.
ACUTE = ("consolidation", "effusion", "pneumothorax", "oedema")
#: How much likelier an acutely ill patient is to be imaged at the bedside (chosen).
BEDSIDE_RATIO = 3.0
MOST_VISITS = 3


def draw_study(
    patient: Patient, hospital: Hospital, *, visit: int = 1, detectability: float = 1.0
) -> Study:
    """Return one visit of a patient to a hospital, the same at every call.

    Parameters
    ----------
    patient : Patient
    hospital : Hospital
    visit : int
        1, 2 or 3; findings grow, heal or appear from one to the next.
    detectability : float
        Factor on how visible findings are, see ``findings.draw``.

    Raises
    ------
    ValueError
        If there is no such visit, or no machine was in use on its day.
    """
    if not 1 <= visit <= MOST_VISITS:
        raise ValueError(
            f"visit is {visit}, but a patient has visits 1 to {MOST_VISITS} only."
        )
    findings = findings_at(patient, hospital, visit, detectability)
    day = date_of(patient, hospital, visit)
    chance = bedside_chance(hospital, findings)
    bedside = bool(stream(patient, "bedside", visit=visit).random() < chance)
    rng = stream(patient, "scanner", visit=visit)
    scanner = scanner_on(hospital, day, portable=bedside, rng=rng)
    technique = draw_technique(scanner, stream(patient, "technique", visit=visit))
    examination = draw_examination(patient, visit=visit, view="AP" if bedside else "PA")
    days = (day - date_of(patient, hospital, 1)).days
    return Study(
        patient=patient,
        examination=replace(examination, days_since_first=days),
        scanner=scanner,
        technique=technique,
        findings=findings,
        devices=draw_devices(
            build_anatomy(patient), hospital, findings, visit=visit, bedside=bedside
        ),
        markers=draw_markers(
            patient, hospital, scanner, margins_mm=technique.margins_mm, visit=visit
        ),
        noise=visit,
        site=hospital.site,
        date=day.isoformat(),
    )


def bedside_chance(hospital: Hospital, findings: Sequence[Finding]) -> float:
    """Return the probability that a study is made at the bedside.

    The acutely ill are ``BEDSIDE_RATIO`` times as likely as the others; over all
    first visits the share is the hospital's.
    """
    share = hospital.portable_share
    well = np.prod([1 - hospital.prevalence.get(kind, 0.0) for kind in ACUTE])
    base = share / (1 + (1 - well) * (BEDSIDE_RATIO - 1))
    ill = any(finding.kind in ACUTE for finding in findings)
    tied = min(base * (BEDSIDE_RATIO if ill else 1), 0.95)
    return float(share + hospital.ties.portable * (tied - share))


def scanner_on(
    hospital: Hospital,
    day: datetime.date,
    *,
    portable: bool,
    rng: np.random.Generator,
) -> Scanner:
    """Return a machine of a hospital that was in use on a day.

    Raises
    ------
    ValueError
        If there was none.
    """
    today = day.isoformat()
    in_use = [
        scanner
        for scanner in hospital.scanners
        if scanner.portable == portable
        and (scanner.first_day is None or scanner.first_day <= today)
        and (scanner.last_day is None or today <= scanner.last_day)
    ]
    if not in_use:
        kind = "portable" if portable else "upright"
        raise ValueError(
            f"Hospital {hospital.site} had no {kind} machine in use on {today}. Give "
            "it one whose first_day and last_day hold this day."
        )
    return in_use[int(rng.integers(len(in_use)))]
