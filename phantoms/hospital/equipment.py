"""What a hospital puts in, on and beside a patient: devices and lead markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.chest.patients import Patient
from phantoms.chest.projection import FIELD_MM
from phantoms.devices.draw import (
    draw_central_line,
    draw_drain,
    draw_ecg_leads,
    draw_gastric_tube,
    draw_pacemaker,
    draw_tracheal_tube,
)
from phantoms.devices.markers import Marker, ring_radius_mm, text_width_mm
from phantoms.devices.parts import Device
from phantoms.findings.finding import Finding
from phantoms.hospital.history import findings_at, stream
from phantoms.hospital.hospitals import Hospital
from phantoms.physics.scanners import Scanner

#: Share of upright and of portable studies with a device; all shares are chosen.
DEVICE_SHARES = {"ECG leads": (0.02, 0.60), "central line": (0.04, 0.40)}
#: Of portable studies; of the intubated.
INTUBATED_SHARE, GASTRIC_SHARE = 0.25, 0.85
#: Pacemakers: share where nothing is tied; of the young, more a year above 55, and
#: more with an enlarged heart.
PACEMAKER_SHARE = (0.06, 0.015, 0.0022, 0.12)

_DRAW = {"ECG leads": draw_ecg_leads, "central line": draw_central_line}


def draw_devices(
    anatomy: Anatomy,
    hospital: Hospital,
    findings: Sequence[Finding],
    *,
    visit: int,
    bedside: bool,
) -> tuple[Device, ...]:
    """Return the devices of a visit.

    Parameters
    ----------
    anatomy : Anatomy
    hospital : Hospital
    findings : sequence of Finding
        Of this visit: pneumothoraces and effusions may be drained.
    visit : int
    bedside : bool
        Whether the film is taken with a portable machine.
    """
    patient = anatomy.patient
    devices = _drains(anatomy, hospital, findings)
    if _has_pacemaker(patient, hospital):
        devices.append(draw_pacemaker(anatomy, _second(patient, "pacemaker")))
    for kind, draw in _DRAW.items():
        rng = stream(patient, kind, visit=visit)
        if rng.random() < device_chance(kind, hospital, bedside=bedside):
            devices.append(draw(anatomy, rng))
    rng = stream(patient, "tubes", visit=visit)
    chance, gastric = rng.random(2)
    if bedside and chance < hospital.ties.devices * INTUBATED_SHARE:
        devices.append(draw_tracheal_tube(anatomy, rng))
        if gastric < GASTRIC_SHARE:
            devices.append(draw_gastric_tube(anatomy, rng))
    return tuple(devices)


def device_chance(kind: str, hospital: Hospital, *, bedside: bool) -> float:
    """Return the probability of ECG leads or a central line in a study."""
    upright, portable = DEVICE_SHARES[kind]
    share = hospital.portable_share
    mean = share * portable + (1 - share) * upright
    return mean + hospital.ties.devices * ((portable if bedside else upright) - mean)


def pacemaker_chance(hospital: Hospital, *, age: int, large_heart: bool) -> float:
    """Return the probability of a pacemaker at an age in years."""
    mean, young, a_year, heart = PACEMAKER_SHARE
    tied = young + a_year * max(age - 55, 0) + heart * large_heart
    return mean + hospital.ties.pacemaker * (tied - mean)


def _has_pacemaker(patient: Patient, hospital: Hospital) -> bool:
    """Return whether a patient has a pacemaker, the same at every visit."""
    first = findings_at(patient, hospital, 1, 1.0)
    large = any(finding.kind == "cardiomegaly" for finding in first)
    chance = pacemaker_chance(hospital, age=patient.age, large_heart=large)
    return bool(stream(patient, "pacemaker").random() < chance)


def _second(patient: Patient, what: str) -> np.random.Generator:
    """Return the lifelong stream of a device's shape."""
    return stream(patient, what, visit=99)


def _drains(
    anatomy: Anatomy, hospital: Hospital, findings: Sequence[Finding]
) -> list[Device]:
    """Return the drains of a visit: at most one a side, in place while needed."""
    chance = stream(anatomy.patient, "drain").random(2)
    rng, drains = _second(anatomy.patient, "drain"), {}
    rows = zip(("pneumothorax", "effusion"), hospital.drain_share, chance, strict=True)
    for kind, share, number in rows:
        finding = next((f for f in findings if f.kind == kind), None)
        if finding is None or number >= share:
            continue
        side = finding.side
        side = str(rng.choice(["right", "left"])) if side == "both" else side
        drains.setdefault(
            side, draw_drain(anatomy, rng, side=side, fluid=kind == "effusion")
        )
    return list(drains.values())


def draw_marker(
    hospital: Hospital,
    scanner: Scanner,
    rng: np.random.Generator,
    *,
    text: str | None = None,
    margins_mm: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
) -> Marker:
    """Return a hospital's side marker, or another text in the corner opposite to it.

    Parameters
    ----------
    hospital : Hospital
    scanner : Scanner
        Bedside markers are taped on and lie less straight.
    rng : numpy.random.Generator
    text : str, optional
        By default the side letter, with initials where the hospital has them.
    margins_mm : four numbers
        Collimated strips at the left, right, top and bottom: markers lie inside.
    """
    style = hospital.marker
    at_right = style.letter == "L"  # the patient's left is the image's right
    turn = float(rng.normal(0, 7.0 if scanner.portable else 3.0))
    initials = str(rng.choice(style.initials))
    if text is None:
        shown = f"{style.letter} {initials}" if initials else style.letter
        marker = Marker(shown, 0, 0, style.height_mm, style.stroke_mm, style.ring, turn)
        return _placed(marker, rng, at_right=at_right, margins_mm=margins_mm)
    height = max(0.8 * style.height_mm, 10.0)
    marker = Marker(text, 0, 0, height, style.stroke_mm, False, turn)
    return _placed(marker, rng, at_right=not at_right, margins_mm=margins_mm)


def draw_text_marker(
    text: str,
    rng: np.random.Generator,
    *,
    margins_mm: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
) -> Marker:
    """Return a large text in one of the upper corners, alike in every hospital.

    Its 18 mm letters can be read at 128 pixels.
    """
    marker = Marker(text, 0, 0, 18.0, 3.2, False, float(rng.normal(0, 3)))
    at_right = bool(rng.random() < 0.5)
    return _placed(marker, rng, at_right=at_right, margins_mm=margins_mm)


def _placed(
    marker: Marker,
    rng: np.random.Generator,
    *,
    at_right: bool,
    margins_mm: Sequence[float],
) -> Marker:
    """Return a marker in an upper corner, whole inside the collimated field."""
    room = 0.5 * text_width_mm(marker)
    if marker.ring:
        room = ring_radius_mm(marker) + 0.5 * marker.stroke_mm
    # a leaning text is wider and higher
    high = (
        max(room * abs(np.sin(np.deg2rad(marker.turn_deg))), 0) + marker.height_mm / 2
    )
    high = max(high, room) if marker.ring else high
    left, right, top, _ = margins_mm
    off, down = rng.uniform(4, 22), rng.uniform(8, 70)
    edge = FIELD_MM / 2 - room - off
    x = edge - right if at_right else left - edge
    return replace(marker, x_mm=float(x), z_mm=float(FIELD_MM / 2 - top - down - high))


def draw_markers(
    patient: Patient,
    hospital: Hospital,
    scanner: Scanner,
    *,
    margins_mm: Sequence[float],
    visit: int,
) -> tuple[Marker, ...]:
    """Return all lead letters of one study."""
    rng, style = stream(patient, "marker", visit=visit), hospital.marker
    marked, word = rng.random() < style.share, str(rng.choice(style.bedside))
    side = draw_marker(hospital, scanner, rng, margins_mm=margins_mm)
    bedside = draw_marker(hospital, scanner, rng, text=word, margins_mm=margins_mm)
    shown = [side] if marked else []
    return (*shown, bedside) if scanner.portable and word else tuple(shown)
