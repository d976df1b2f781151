"""Hospitals: who comes when, with what, on which machine, and what goes together."""

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from phantoms import FIELD_MM, FINDINGS, ChestCohortSettings, draw_patient
from phantoms.chest.patients import draw_examination
from phantoms.cohort.settings import groups_of_patients, visits_of_patients
from phantoms.devices.markers import marker_shield
from phantoms.hospital.hospitals import (
    HOSPITALS,
    bedside_chance,
    chance_of,
    date_of,
    draw_markers,
    draw_study,
    findings_at,
    gap_days,
    pacemaker_chance,
    scanner_on,
)
from phantoms.physics.scanners import SCANNERS
from phantoms.study.study import Study

A = HOSPITALS["A"]
# many of each group; exact tests of drawn studies at 0.005
MANY = replace(A, prevalence={"pneumothorax": 0.5, "nodule": 0.3}, portable_share=0.4)


def drawn(hospital, *, number=160, visit=1):
    """Return a visit of many patients."""
    return [
        draw_study(draw_patient(n, cohort_seed=6, people=hospital.people), hospital,
                   visit=visit)
        for n in range(1, number + 1)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def many():
    return drawn(MANY)


def agrees(studies, says, share):
    count = sum(bool(says(study)) for study in studies)
    return binomtest(count, len(studies), share).pvalue > 0.005


def portable(study):
    return study.scanner.portable


def test_prevalence_is_that_of_the_hospital(many):
    for kind in FINDINGS:
        shown = [study.finding(kind) for study in many]
        assert agrees(shown, bool, MANY.prevalence.get(kind, 0))


def test_the_acutely_ill_are_imaged_at_the_bedside_three_times_as_often(many):
    # half are ill: 0.4 = base * (0.5 + 0.5 * 3), base 0.2
    chance = [bedside_chance(MANY, study.findings) for study in many]
    ill = [study.finding("pneumothorax") is not None for study in many]
    assert chance == pytest.approx(np.where(ill, 0.6, 0.2))
    for group, share in ((True, 0.6), (False, 0.2)):
        studies = [s for s, sick in zip(many, ill, strict=True) if sick == group]
        assert agrees(studies, portable, share)
    # two kinds of acute illness: well 0.5 * 0.5, 0.9 = base * (0.25 + 0.75 * 3)
    two = replace(MANY, prevalence={"oedema": 0.5, "effusion": 0.5}, portable_share=0.9)
    assert bedside_chance(two, ()) == pytest.approx(0.36)
    sick = next(study.findings for study in many if study.finding("pneumothorax"))
    assert bedside_chance(two, sick) == 0.95  # 1.08 cannot be


@pytest.mark.parametrize(
    ("kind", "upright", "bedside"),
    [
        ("ECG leads", 0.02, 0.60),
        ("central line", 0.04, 0.40),
        ("endotracheal tube", 0.0, 0.25),
        ("nasogastric tube", 0.0, 0.25 * 0.85),
    ],
)
def test_lines_and_tubes_belong_to_the_bedside(many, kind, upright, bedside):
    for group, share in ((True, bedside), (False, upright)):
        studies = [study for study in many if portable(study) == group]
        assert agrees(studies, lambda study: study.has_device(kind), share)
    with_tube = {"endotracheal tube", "nasogastric tube"}
    for study in many:
        kinds = {device.kind for device in study.devices} & with_tube
        assert "endotracheal tube" in kinds or not kinds


def test_drains_treat_their_share_on_the_right_side(many):
    ill = [study for study in many if study.finding("pneumothorax")]
    assert agrees(ill, lambda study: study.has_device("drain"), MANY.drain_share[0])
    for study in many:
        sides = {d.side for d in study.devices if d.kind == "drain"}
        assert sides <= {f.side for f in study.findings if f.kind == "pneumothorax"}
    wet = replace(MANY, prevalence={"effusion": 1.0}, drain_share=(0.0, 0.3))
    assert agrees(drawn(wet, number=40), lambda s: s.has_device("drain"), 0.3)
    # both treated, one side: one drain
    ill = {"effusion": 1.0, "pneumothorax": 1.0}
    both = replace(MANY, prevalence=ill, drain_share=(1, 1))
    for study in drawn(both, number=12):
        sides = [d.side for d in study.devices if d.kind == "drain"]
        assert len(sides) == len(set(sides)) in (1, 2)


def test_pacemakers_follow_age_and_heart_for_life():
    # 1.5 % of the young, 0.22 % more a year above 55, 12 % with an enlarged heart
    assert pacemaker_chance(40, large_heart=False) == 0.015
    assert pacemaker_chance(55, large_heart=False) == 0.015
    assert pacemaker_chance(85, large_heart=False) == pytest.approx(0.081)
    assert pacemaker_chance(75, large_heart=True) == pytest.approx(0.179)
    old = replace(A, people=replace(A.people, age_mean=80), prevalence={})
    first, second = drawn(old, number=40), drawn(old, number=40, visit=2)
    has, later = ([s.has_device("pacemaker") for s in each] for each in (first, second))
    assert has == later
    assert any(has)


@pytest.mark.parametrize("site", HOSPITALS)
@pytest.mark.parametrize("kind", ["cardiomegaly", "effusion"])
def test_company_of_oedema_keeps_every_share(site, kind):
    hospital = HOSPITALS[site]
    wet, share = hospital.prevalence["oedema"], hospital.prevalence[kind]
    with_it, without = (chance_of(kind, hospital, oedema=o) for o in (True, False))
    assert with_it == {"cardiomegaly": 0.60, "effusion": 0.45}[kind]
    assert wet * with_it + (1 - wet) * without == pytest.approx(share)


def test_company_at_the_edges():
    assert chance_of("nodule", A, oedema=True) == A.prevalence["nodule"]
    rare = replace(A, prevalence={"effusion": 0.01, "oedema": 0.5})
    assert chance_of("effusion", rare, oedema=False) == 0
    often = replace(A, prevalence={"effusion": 0.9, "oedema": 0.5})
    assert chance_of("effusion", often, oedema=True) == 0.9
    assert chance_of("effusion", often, oedema=False) == pytest.approx(0.9)
    always = replace(A, prevalence={"effusion": 0.1, "oedema": 1.0})
    assert chance_of("effusion", always, oedema=False) == 0.1
    assert chance_of("effusion", replace(A, prevalence={}), oedema=True) == 0


def test_visits_follow_in_time():
    patients = [draw_patient(n, cohort_seed=8) for n in range(1, 400)]
    gaps = np.array([gap_days(patient, 2) for patient in patients])
    assert (gaps.min(), gaps.max()) == (2, 420)  # the least and the most
    assert np.median(gaps) == pytest.approx(40, rel=0.15)
    first = [date_of(patient, 1) for patient in patients]
    assert datetime.date(2019, 1, 7) <= min(first) < datetime.date(2019, 2, 7)
    assert datetime.date(2022, 12, 1) < max(first) <= datetime.date(2022, 12, 30)
    third = date_of(patients[0], 3) - first[0]
    assert third.days == gaps[0] + gap_days(patients[0], 3)
    study = draw_study(patients[0], A, visit=3)
    assert study.examination.days_since_first == third.days
    assert study.date == date_of(patients[0], 3).isoformat()


def test_findings_stay_heal_and_appear():
    sick = replace(A, prevalence={"nodule": 0.5, "pneumothorax": 0.5})
    pairs = {"nodule": [], "pneumothorax": []}
    for number in range(1, 121):
        patient = draw_patient(number, cohort_seed=8)
        visits = [findings_at(patient, sick, visit, 1.0) for visit in (1, 2)]
        one, two = ({finding.kind: finding for finding in each} for each in visits)
        for kind, found in pairs.items():
            found.append((one.get(kind), two.get(kind)))
    assert all(two and one.side == two.side for one, two in pairs["nodule"] if one)
    # what was absent appears with 8 % and 60 % of its share
    for kind, share in (("nodule", 0.5 * 0.08), ("pneumothorax", 0.5 * 0.6)):
        absent = [two for one, two in pairs[kind] if not one]
        assert agrees(absent, bool, share)
    assert any(one and not two for one, two in pairs["pneumothorax"])


def test_hospital_a_changes_its_stand_on_the_stated_day():
    rng = np.random.default_rng(0)
    for day, name in (("2021-03-31", "Alder DR 17"), ("2021-04-01", "Alder DR 21")):
        day = datetime.date.fromisoformat(day)
        assert scanner_on(A, day, portable=False, rng=rng).name == name
        assert scanner_on(A, day, portable=True, rng=rng).name == "Alder Go"
    two = replace(A, scanners=(SCANNERS["Birch Vista"], SCANNERS["Cedar One"]))
    names = {scanner_on(two, day, portable=False, rng=rng).name for _ in range(20)}
    assert names == {"Birch Vista", "Cedar One"}


@pytest.mark.parametrize("site", HOSPITALS)
def test_markers_lie_on_their_side_whole_inside_the_field(site):
    hospital = replace(HOSPITALS[site], portable_share=0.5)
    sign = {"R": -1, "L": 1}[hospital.marker.letter]
    texts = {True: [], False: []}
    for study in drawn(hospital, number=50):
        texts[portable(study)].append(tuple(m.text for m in study.markers))
        for marker in study.markers:
            at_side = marker.text in ("L", "R") or marker.text[:2] in ("L ", "R ")
            assert marker.x_mm * (sign if at_side else -sign) > 60
            assert marker.ring == (at_side and hospital.marker.ring)
            lead = marker_shield([marker], size=int(FIELD_MM), pixel_mm=1.0) < 0.5
            rows, columns = np.nonzero(lead)
            left, right, top, bottom = study.technique.margins_mm
            assert top <= rows.min() < rows.max() < FIELD_MM - bottom
            assert left <= columns.min() < columns.max() < FIELD_MM - right
    style = hospital.marker

    def lettered(words):
        return any(word.split(" ")[0] == style.letter for word in words)

    assert {len(words) for words in texts[False]} == {0, 1}
    assert agrees(texts[False] + texts[True], lettered, style.share)
    words = {word for film in texts[True] for word in film}
    assert {word for word in style.bedside if word} <= words


def test_the_data_page_counts_the_films_with_initials():
    settings, number, stand = ChestCohortSettings(), 0, SCANNERS["Alder DR 21"]
    visits = visits_of_patients(settings)
    for patient in np.flatnonzero(groups_of_patients(settings) == "A"):
        person = draw_patient(int(patient) + 1, cohort_seed=settings.seed)
        for visit in range(1, int(visits[patient]) + 1):
            study = Study(person, draw_examination(person, visit=visit), stand)
            number += any(" " in marker.text for marker in draw_markers(study, A))
    page = Path(__file__).parents[2] / "data" / "README.md"
    assert f"on {number} of the 2,000 films" in page.read_text(encoding="utf-8")
