"""Hospitals: what is tied together is found when on, and vanishes when off."""

import datetime
from dataclasses import replace

import numpy as np
import pytest
from phantoms.hospital.equipment import (
    device_chance,
    draw_text_marker,
    pacemaker_chance,
)
from phantoms.hospital.history import chance_of, date_of
from scipy.stats import binomtest, fisher_exact

from phantoms.chest.patients import draw_patient
from phantoms.chest.projection import FIELD_MM
from phantoms.devices.markers import marker_shield
from phantoms.findings.finding import FINDINGS
from phantoms.hospital.hospitals import (
    ACUTE,
    HOSPITALS,
    NO_TIES,
    Ties,
    bedside_chance,
    draw_study,
    scanner_on,
    without_ties,
)
from phantoms.physics.scanners import SCANNERS

NUMBER = 220
A = HOSPITALS["A"]
# many of each group; exact tests of drawn studies at 0.001 (on) and 0.005 or 0.01 (off)
MANY = replace(A, prevalence={"pneumothorax": 0.5, "nodule": 0.3}, portable_share=0.35)


def drawn(hospital, *, number: int = NUMBER):
    """Return the first visits of many patients."""
    patients = (
        draw_patient(n, cohort_seed=5, people=hospital.people)
        for n in range(1, number + 1)
    )
    return [draw_study(patient, hospital) for patient in patients]


@pytest.fixture(scope="module")
def tied():
    return drawn(MANY)


@pytest.fixture(scope="module")
def untied():
    return drawn(without_ties(MANY))


def p_value(studies, first, second) -> float:
    """Return Fisher's exact p for two yes-or-no properties of studies."""
    one = np.array([bool(first(s)) for s in studies])
    two = np.array([bool(second(s)) for s in studies])
    table = [
        [(one & two).sum(), (one & ~two).sum()],
        [(~one & two).sum(), (~one & ~two).sum()],
    ]
    return fisher_exact(table).pvalue


def ill(study) -> bool:
    return any(finding.kind in ACUTE for finding in study.findings)


def portable(study) -> bool:
    return study.scanner.portable


PLANTED = {
    "portable": (ill, portable),
    "leads": (portable, lambda s: s.has_device("ECG leads")),
    "line": (portable, lambda s: s.has_device("central line")),
    "tube": (portable, lambda s: s.has_device("endotracheal tube")),
    "drain": (ill, lambda s: s.has_device("drain")),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_relation_is_there_when_on(name, tied):
    assert p_value(tied, *PLANTED[name]) < 1e-3


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_relation_is_absent_when_off(name, untied):
    assert p_value(untied, *PLANTED[name]) > 0.01


def test_ties_off_keep_the_shares_of_the_hospital(tied, untied):
    for studies in (tied, untied):
        shown = sum(map(portable, studies))
        assert binomtest(shown, NUMBER, MANY.portable_share).pvalue > 0.005
    expected = device_chance("ECG leads", without_ties(MANY), bedside=False)
    shown = sum(study.has_device("ECG leads") for study in untied)
    assert binomtest(shown, NUMBER, expected).pvalue > 0.005


def test_the_drain_share_is_that_of_the_pneumothoraces(tied, untied):
    ill_ones = [s for s in tied if s.finding("pneumothorax")]
    drained = sum(s.has_device("drain") for s in ill_ones)
    assert binomtest(drained, len(ill_ones), MANY.drain_share[0]).pvalue > 0.005
    assert not any(s.has_device("drain") for s in tied if not ill(s))
    assert not any(s.has_device("drain") for s in untied)


def test_a_drain_lies_on_the_side_of_its_pneumothorax(tied):
    for study in tied:
        for device in study.devices:
            if device.kind == "drain":
                assert device.side == study.finding("pneumothorax").side


def test_prevalence_is_that_of_the_hospital(tied):
    for kind, share in MANY.prevalence.items():
        shown = sum(study.finding(kind) is not None for study in tied)
        assert binomtest(shown, NUMBER, share).pvalue > 0.005
    absent = set(FINDINGS) - set(MANY.prevalence)
    assert not any(study.finding(kind) for study in tied for kind in absent)


def test_company_of_oedema_keeps_every_share():
    hospital = HOSPITALS["B"]
    wet = hospital.prevalence["oedema"]
    for kind in ("cardiomegaly", "effusion"):
        with_it, without = (
            chance_of(kind, hospital, oedema=present) for present in (True, False)
        )
        assert with_it > 3 * without
        mean = wet * with_it + (1 - wet) * without
        assert mean == pytest.approx(hospital.prevalence[kind])
        alone = replace(hospital, ties=NO_TIES)
        for present in (True, False):
            assert chance_of(kind, alone, oedema=present) == pytest.approx(
                hospital.prevalence[kind]
            )


def test_pacemakers_follow_age_and_heart_only_when_tied():
    ages = (40, 80)
    young, old = (pacemaker_chance(A, age=age, large_heart=False) for age in ages)
    assert old > 2 * young
    assert pacemaker_chance(A, age=80, large_heart=True) > old
    off = replace(A, ties=Ties(pacemaker=0.0))
    chances = {
        pacemaker_chance(off, age=age, large_heart=large)
        for age in ages
        for large in (False, True)
    }
    assert len(chances) == 1


def test_a_tie_of_one_half_lies_between():
    half = replace(MANY, ties=Ties(portable=0.5))
    sick = drawn(replace(MANY, prevalence={"pneumothorax": 1.0}), number=1)[0].findings
    chances = [bedside_chance(h, sick) for h in (without_ties(MANY), half, MANY)]
    assert chances[0] == pytest.approx(MANY.portable_share)
    assert chances[1] == pytest.approx((chances[0] + chances[2]) / 2)
    assert chances[2] > chances[1]


def test_changing_one_strength_moves_no_other_decision():
    other = replace(MANY, portable_share=0.9, drain_share=(0.0, 0.0))
    for one, two in zip(drawn(MANY, number=20), drawn(other, number=20), strict=True):
        assert [f.kind for f in one.findings] == [f.kind for f in two.findings]
        assert [f.severity for f in one.findings] == [f.severity for f in two.findings]
        assert (one.date, one.patient) == (two.date, two.patient)


def test_hospital_a_changes_its_stand_on_the_stated_day():
    rng = np.random.default_rng(0)
    last = datetime.date.fromisoformat(SCANNERS["Alder DR 17"].last_day)
    for days, name in ((0, "Alder DR 17"), (1, "Alder DR 21")):
        day = last + datetime.timedelta(days=days)
        assert scanner_on(A, day, portable=False, rng=rng).name == name
    with pytest.raises(ValueError, match="no portable machine in use on 2021"):
        scanner_on(replace(A, scanners=A.scanners[:2]), last, portable=True, rng=rng)


def test_every_hospital_has_machines_for_every_day_and_only_its_own():
    names = [{s.name for s in hospital.scanners} for hospital in HOSPITALS.values()]
    assert len(set.union(*names)) == sum(map(len, names))
    rng = np.random.default_rng(0)
    for hospital in HOSPITALS.values():
        for day in (hospital.first_day, "2021-03-31", "2021-04-01", "2025-12-31"):
            for bedside in (False, True):
                scanner_on(
                    hospital,
                    datetime.date.fromisoformat(day),
                    portable=bedside,
                    rng=rng,
                )


def test_visits_follow_in_time_and_what_stays_keeps_its_side():
    kept = 0
    for number in range(1, 40):
        patient = draw_patient(number, cohort_seed=8, people=A.people)
        visits = [draw_study(patient, A, visit=visit) for visit in (1, 2, 3)]
        days = [v.examination.days_since_first for v in visits]
        assert days[0] == 0
        assert days[0] < days[1] < days[2]
        first = date_of(patient, A, 1)
        for visit, day in zip(visits, days, strict=True):
            assert visit.date == (first + datetime.timedelta(days=day)).isoformat()
            assert visit.has_device("pacemaker") == visits[0].has_device("pacemaker")
        before, after = (v.finding("nodule") for v in visits[:2])
        if before and after:
            kept += 1
            assert before.side == after.side
    assert kept >= 3


def test_marker_lies_on_its_side_and_whole_inside_the_field():
    for hospital in HOSPITALS.values():
        sign = {"R": -1, "L": 1}[hospital.marker.letter]
        for study in drawn(hospital, number=12):
            for place, marker in enumerate(study.markers):
                if place == 0 and marker.text[0] == hospital.marker.letter:
                    assert sign * marker.x_mm > 60
                size = int(FIELD_MM)
                lead = marker_shield([marker], size=size, pixel_mm=1.0) < 0.5
                rows, columns = np.nonzero(lead)
                left, right, top, bottom = study.technique.margins_mm
                assert rows.min() >= top
                assert rows.max() < FIELD_MM - bottom
                assert columns.min() >= left
                assert columns.max() < FIELD_MM - right


def test_hospitals_mark_differently():
    styles = [hospital.marker for hospital in HOSPITALS.values()]
    assert len(set(styles)) == 3


def test_text_marker_is_large_and_knows_no_side():
    rng = np.random.default_rng(0)
    markers = [draw_text_marker("ER", rng) for _ in range(40)]
    assert all(marker.height_mm >= 16 for marker in markers)
    assert 8 < sum(marker.x_mm > 0 for marker in markers) < 32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"portable_share": 1.2}, "portable_share is 1.2"),
        ({"prevalence": {"measles": 0.1}}, "'measles'.*Choose from: consolidation"),
        ({"prevalence": {"nodule": -0.1}}, "nodule is -0.1"),
        ({"drain_share": (0.4, -1.0)}, "drain_share is -1.0"),
        ({"ties": Ties(portable=2.0)}, "ties.portable is 2.0"),
    ],
)
def test_a_hospital_refuses_impossible_numbers(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(A, **changes)


def test_draw_study_refuses_a_fourth_visit():
    with pytest.raises(ValueError, match="visit is 4.*1 to 3"):
        draw_study(draw_patient(1, cohort_seed=1), A, visit=4)
