"""Three hospitals: who comes on which day, with what, on which machine, marked how.

``HOSPITALS`` is the one table of numbers. They are chosen, not measured, so that the
sites differ as real ones do: A and B serve to develop, C is another country. What goes
together in hospitals does so here: the acutely ill are imaged at the bedside, lines and
tubes belong there, pacemakers to old age and large hearts, oedema to large hearts and
effusions, drains to those who are treated.

Each decision has a stream of random numbers of its own, so that changing one number of
a hospital changes that decision and what follows from it, nothing else.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from phantoms.chest.anatomy import Anatomy, build_anatomy
from phantoms.chest.patients import Patient, People, draw_examination
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
from phantoms.findings.draw import at_later_visit, draw_finding
from phantoms.findings.finding import FINDINGS, Finding
from phantoms.physics.scanners import SCANNERS, Scanner, draw_technique
from phantoms.study.study import Study

#: Days between which first visits lie.
FIRST_DAY, LAST_DAY = datetime.date(2019, 1, 7), datetime.date(2022, 12, 30)
#: Days between visits: median, spread of the logarithm, least and most.
GAP_DAYS = (40.0, 1.0, 2, 420)
#: Share of films, upright and portable, on which people breathed in badly, and how
#: much higher the domes then stand, mm.
POOR_BREATH, SHALLOW_MM = (0.15, 0.35), (8.0, 20.0)
#: Findings that bring people into a bed, and how much likelier they are imaged there.
ACUTE, BEDSIDE_RATIO = ("consolidation", "effusion", "pneumothorax", "oedema"), 3.0
#: Share of oedemas that come with these: most cardiac oedema does.
COMPANY = {"cardiomegaly": 0.60, "effusion": 0.45}
#: A finding that was absent appears at a later visit with this part of its share:
#: people come back because they are ill, but what stays is rarely new.
APPEARS = {
    "consolidation": 0.9, "nodule": 0.08, "effusion": 0.7, "pneumothorax": 0.6,
    "cardiomegaly": 0.08, "tuberculosis": 0.1, "oedema": 0.7,
}  # fmt: skip
#: Share of upright and of portable studies with a device.
DEVICE_SHARES = {"ECG leads": (0.02, 0.60), "central line": (0.04, 0.40)}
#: Of portable studies; of the intubated.
INTUBATED_SHARE, GASTRIC_SHARE = 0.25, 0.85
#: Pacemakers: share of the young, more a year above 55, more with an enlarged heart.
PACEMAKER_SHARE = (0.015, 0.0022, 0.12)
_DRAW = {"ECG leads": draw_ecg_leads, "central line": draw_central_line}
_PURPOSE = 5  # random streams of the hospitals; chest.patients has 0 to 4
_STREAMS = (
    "date", "gap", "bedside", "scanner", "technique", "marker", "pacemaker", "drain",
    "ECG leads", "central line", "tubes", "breath",
)  # fmt: skip
_FOR_LIFE = 99  # in place of a visit: the stream of a device's shape


@dataclass(frozen=True)
class MarkerStyle:
    """How a hospital marks the side and the bedside.

    Parameters
    ----------
    letter : str
        "L" or "R": the side that is marked.
    height_mm, stroke_mm : float
        Of the letters.
    ring : bool
        A ring about the side letter.
    initials : tuple of str
        One of these is added under the letter's side, or nothing for "".
    bedside : tuple of str
        What portable films bear beside it; one is drawn.
    share : float
        Share of the films that bear a side letter at all.
    """

    letter: str
    height_mm: float
    stroke_mm: float
    ring: bool = False
    initials: tuple[str, ...] = ("",)
    bedside: tuple[str, ...] = ("AP",)
    share: float = 0.92


@dataclass(frozen=True)
class Hospital:
    """Everything that decides which studies a hospital makes.

    Parameters
    ----------
    site : str
        "A", "B" or "C".
    people : People
        Age and sex mix.
    prevalence : dict of str to float
        Share of the patients with each of ``FINDINGS`` at the first visit.
    portable_share : float
        Share of the studies made at the bedside.
    scanners : tuple of Scanner
        Upright and portable ones; their days say which is in use.
    marker : MarkerStyle
    drain_share : tuple of float
        Share of pneumothoraces, and of effusions, that have a drain: the treated
        are a hidden stratum.
    """

    site: str
    people: People
    prevalence: dict[str, float] = field(hash=False)
    portable_share: float
    scanners: tuple[Scanner, ...]
    marker: MarkerStyle
    drain_share: tuple[float, float] = (0.45, 0.15)


def _mix(*shares: float) -> dict[str, float]:
    """Return prevalences in the order of ``FINDINGS``."""
    return dict(zip(FINDINGS, shares, strict=True))


def _machines(*names: str) -> tuple[Scanner, ...]:
    return tuple(SCANNERS[name] for name in names)


# Shares of consolidation, nodule, effusion, pneumothorax, cardiomegaly,
# tuberculosis, oedema. A third with consolidation gives every split enough of them.
HOSPITALS: dict[str, Hospital] = {
    # a university hospital: the most portables, drains and thoracic surgery; its
    # stand is replaced by the next generation on 2021-04-01
    "A": Hospital(
        "A", People(58, 17, 0.46), _mix(0.36, 0.20, 0.10, 0.07, 0.12, 0.06, 0.05), 0.15,
        _machines("Alder DR 17", "Alder DR 21", "Alder Go"),
        MarkerStyle("R", 13.0, 2.4, initials=("", "MK", "TB", "JS"),
                    bedside=("PORTABLE", "PORTABLE", "AP")),
    ),
    # a district hospital: older patients, more hearts, fewer drains
    "B": Hospital(
        "B", People(63, 15, 0.52), _mix(0.36, 0.19, 0.10, 0.07, 0.14, 0.06, 0.06), 0.12,
        _machines("Birch Vista", "Birch Roll"),
        MarkerStyle("L", 16.0, 2.8, bedside=("AP", "AP SUPINE", "")),
        drain_share=(0.35, 0.12),
    ),
    # a chest clinic in another country: younger, more men, more tuberculosis
    "C": Hospital(
        "C", People(49, 18, 0.41), _mix(0.33, 0.20, 0.11, 0.07, 0.09, 0.11, 0.05), 0.08,
        _machines("Cedar One", "Cedar Cart"),
        MarkerStyle("R", 11.0, 2.2, ring=True, bedside=("MOBILE", ""), share=0.85),
        drain_share=(0.40, 0.20),
    ),
}  # fmt: skip


def draw_study(
    patient: Patient, hospital: Hospital, *, visit: int = 1, detectability: float = 1.0
) -> Study:
    """Return one visit of a patient to a hospital, the same at every call.

    Parameters
    ----------
    patient : Patient
    hospital : Hospital
    visit : int
        From 1; findings grow, heal or appear from one to the next.
    detectability : float
        Factor on how visible findings are, see ``findings.draw``.
    """
    findings = findings_at(patient, hospital, visit, detectability)
    day = date_of(patient, visit)
    chance = bedside_chance(hospital, findings)
    bedside = bool(stream(patient, "bedside", visit=visit).random() < chance)
    rng = stream(patient, "scanner", visit=visit)
    scanner = scanner_on(hospital, day, portable=bedside, rng=rng)
    technique = draw_technique(scanner, stream(patient, "technique", visit=visit))
    examination = draw_examination(patient, visit=visit, view="AP" if bedside else "PA")
    study = Study(
        patient=patient,
        examination=replace(
            examination,
            days_since_first=(day - date_of(patient, 1)).days,
            inspiration_mm=examination.inspiration_mm
            + shallow_mm(patient, visit, bedside=bedside),
        ),
        scanner=scanner,
        technique=technique,
        findings=findings,
        noise=visit,
        site=hospital.site,
        date=day.isoformat(),
    )
    devices, markers = draw_devices(study, hospital), draw_markers(study, hospital)
    return replace(study, devices=devices, markers=markers)


def stream(patient: Patient, what: str, *, visit: int = 0) -> np.random.Generator:
    """Return the generator of one decision; visit 0 for what is for life.

    Parameters
    ----------
    patient : Patient
    what : str
        A kind of finding, or one of the decisions made here.
    visit : int
    """
    number = (*FINDINGS, *_STREAMS).index(what)
    return np.random.default_rng([*patient.seed, _PURPOSE, number, visit])


def shallow_mm(patient: Patient, visit: int, *, bedside: bool) -> float:
    """Return how much higher the domes stand because somebody breathed in badly."""
    chance, much = stream(patient, "breath", visit=visit).random(2)
    low, high = SHALLOW_MM
    return float(low + much * (high - low)) if chance < POOR_BREATH[bedside] else 0.0


def gap_days(patient: Patient, visit: int) -> int:
    """Return the days from the visit before to this one."""
    median, spread, least, most = GAP_DAYS
    days = median * np.exp(spread * stream(patient, "gap", visit=visit).normal())
    return int(np.clip(days, least, most))


def date_of(patient: Patient, visit: int) -> datetime.date:
    """Return the day of a visit; first visits are spread evenly over the years."""
    days = int(stream(patient, "date").integers((LAST_DAY - FIRST_DAY).days + 1))
    days += sum(gap_days(patient, later) for later in range(2, visit + 1))
    return FIRST_DAY + datetime.timedelta(days=days)


def chance_of(kind: str, hospital: Hospital, *, oedema: bool) -> float:
    """Return the probability of a finding at the first visit, given oedema.

    Where oedema brings company, those without it have the less, so that the share
    of all patients stays the hospital's.
    """
    share = hospital.prevalence.get(kind, 0.0)
    wet = hospital.prevalence.get("oedema", 0.0)
    if kind not in COMPANY or not share or (wet == 1 and not oedema):
        return share
    with_it = max(COMPANY[kind], share)
    return with_it if oedema else max((share - wet * with_it) / (1 - wet), 0.0)


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


def bedside_chance(hospital: Hospital, findings: Sequence[Finding]) -> float:
    """Return the probability that a study is made at the bedside.

    The acutely ill are ``BEDSIDE_RATIO`` times as likely as the others; over all
    first visits the share is the hospital's.
    """
    well = np.prod([1 - hospital.prevalence.get(kind, 0.0) for kind in ACUTE])
    base = hospital.portable_share / (1 + (1 - well) * (BEDSIDE_RATIO - 1))
    ill = any(finding.kind in ACUTE for finding in findings)
    return float(min(base * (BEDSIDE_RATIO if ill else 1), 0.95))


def scanner_on(
    hospital: Hospital,
    day: datetime.date,
    *,
    portable: bool,
    rng: np.random.Generator,
) -> Scanner:
    """Return a machine of a hospital that was in use on a day."""
    today = day.isoformat()
    in_use = [
        scanner
        for scanner in hospital.scanners
        if scanner.portable == portable
        and (scanner.first_day or today) <= today <= (scanner.last_day or today)
    ]
    return in_use[int(rng.integers(len(in_use)))]


def draw_devices(study: Study, hospital: Hospital) -> tuple[Device, ...]:
    """Return the devices of a visit, given its findings and its machine."""
    patient, visit = study.patient, study.examination.visit
    anatomy, bedside = build_anatomy(patient), study.scanner.portable
    devices = _drains(anatomy, hospital, study)
    large = "cardiomegaly" in {f.kind for f in findings_at(patient, hospital, 1, 1.0)}
    chance = pacemaker_chance(patient.age, large_heart=large)
    if stream(patient, "pacemaker").random() < chance:
        rng = stream(patient, "pacemaker", visit=_FOR_LIFE)
        devices.append(draw_pacemaker(anatomy, rng))
    for kind, draw in _DRAW.items():
        rng = stream(patient, kind, visit=visit)
        if rng.random() < DEVICE_SHARES[kind][bedside]:
            devices.append(draw(anatomy, rng))
    rng = stream(patient, "tubes", visit=visit)
    tracheal, gastric = rng.random(2)
    if bedside and tracheal < INTUBATED_SHARE:
        devices.append(draw_tracheal_tube(anatomy, rng))
        if gastric < GASTRIC_SHARE:
            devices.append(draw_gastric_tube(anatomy, rng))
    return tuple(devices)


def pacemaker_chance(age: int, *, large_heart: bool) -> float:
    """Return the probability of a pacemaker at an age in years.

    Examples
    --------
    >>> round(pacemaker_chance(75, large_heart=True), 3)
    0.179
    """
    young, a_year, heart = PACEMAKER_SHARE
    return young + a_year * max(age - 55, 0) + heart * large_heart


def _drains(anatomy: Anatomy, hospital: Hospital, study: Study) -> list[Device]:
    """Return the drains of a visit: at most one a side, in place while needed."""
    chance = stream(anatomy.patient, "drain").random(2)
    rng = stream(anatomy.patient, "drain", visit=_FOR_LIFE)
    drains: dict[str, Device] = {}
    rows = zip(("pneumothorax", "effusion"), hospital.drain_share, chance, strict=True)
    for kind, share, number in rows:
        finding = study.finding(kind)
        if finding is None or number >= share:
            continue
        side = finding.side
        side = str(rng.choice(["right", "left"])) if side == "both" else side
        drain = draw_drain(anatomy, rng, side=side, fluid=kind == "effusion")
        drains.setdefault(side, drain)
    return list(drains.values())


def draw_markers(study: Study, hospital: Hospital) -> tuple[Marker, ...]:
    """Return all lead letters of one study: the side, and a word at the bedside."""
    style, portable = hospital.marker, study.scanner.portable
    rng = stream(study.patient, "marker", visit=study.examination.visit)
    marked, word = rng.random() < style.share, str(rng.choice(style.bedside))
    at_right = style.letter == "L"  # the patient's left is the image's right
    turn, initials = _turn(rng, portable), str(rng.choice(style.initials))
    text = f"{style.letter} {initials}" if initials else style.letter
    side = Marker(text, 0, 0, style.height_mm, style.stroke_mm, style.ring, turn)
    side = _placed(side, rng, study, at_right=at_right)
    turn, _ = _turn(rng, portable), rng.choice(style.initials)
    height = max(0.8 * style.height_mm, 10.0)
    bedside = Marker(word, 0, 0, height, style.stroke_mm, False, turn)
    bedside = _placed(bedside, rng, study, at_right=not at_right)
    shown = (side,) if marked else ()
    return (*shown, bedside) if portable and word else shown


def _turn(rng: np.random.Generator, portable: bool) -> float:
    """Return how a marker leans in degrees: less straight where it is taped on."""
    return float(rng.normal(0, 7.0 if portable else 3.0))


def _placed(
    marker: Marker, rng: np.random.Generator, study: Study, *, at_right: bool
) -> Marker:
    """Return a marker in an upper corner, whole inside the collimated field."""
    room = 0.5 * text_width_mm(marker)
    if marker.ring:
        room = ring_radius_mm(marker) + 0.5 * marker.stroke_mm
    # a leaning text is wider and higher
    high = room * abs(np.sin(np.deg2rad(marker.turn_deg))) + marker.height_mm / 2
    high = max(high, room) if marker.ring else high
    left, right, top, _ = study.technique.margins_mm
    off, down = rng.uniform(4, 22), rng.uniform(8, 70)
    edge = FIELD_MM / 2 - room - off
    x = edge - right if at_right else left - edge
    return replace(marker, x_mm=float(x), z_mm=float(FIELD_MM / 2 - top - down - high))
