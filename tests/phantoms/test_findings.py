"""Findings: there when on, gone when off, inside their lung, more with severity."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.layers import optical_depth
from phantoms.chest.patients import draw_examination, draw_patient
from phantoms.findings.draw import at_later_visit, draw_finding
from phantoms.findings.finding import (
    FINDINGS,
    MASK_THRESHOLD_MM,
    finding_mask,
    side_of,
    zone_of,
)
from phantoms.findings.lung_space import coarse_lung, in_lung, places_in_lung
from phantoms.physics.scanners import SCANNERS
from phantoms.study.radiograph import image_study, set_scene
from phantoms.study.study import Study

PATIENTS = [draw_patient(n, cohort_seed=11) for n in range(1, 9)]
FILLING = [kind for kind in FINDINGS if kind != "cardiomegaly"]


def study_of(patient, *findings, view="PA"):
    examination = draw_examination(patient, view=view)
    return Study(patient, examination, SCANNERS["Alder DR 21"], findings=findings)


def drawn(kind, patient, *, seed=1, detectability=1.0):
    rng = np.random.default_rng(seed)
    return draw_finding(kind, build_anatomy(patient), rng, detectability=detectability)


@pytest.mark.parametrize("kind", FINDINGS)
def test_finding_changes_the_rays_in_its_mask_more_than_elsewhere(kind):
    inside, outside = [], []
    for patient in PATIENTS[:4]:
        sick = set_scene(study_of(patient, drawn(kind, patient)), size=96)
        well = set_scene(study_of(patient), size=96)
        # before detector and display, both of which adapt to the whole film
        change = np.abs(optical_depth(sick.paths) - optical_depth(well.paths))
        mask = finding_mask(kind, sick.marked_mm[kind], sick.cavity_mm)
        assert mask.any()
        inside.append(change[mask].mean())
        outside.append(change[~mask].mean())
    assert np.mean(inside) > 5 * np.mean(outside)


@pytest.mark.parametrize("kind", ["consolidation", "nodule"])
def test_twin_is_equal_far_from_a_small_finding(kind):
    patient = PATIENTS[0]
    sick = study_of(patient, drawn(kind, patient))
    one, two = set_scene(sick, size=96), set_scene(study_of(patient), size=96)
    away = one.filled_mm[kind] < 1e-3
    for name in two.paths.tissue:
        np.testing.assert_allclose(
            one.paths.tissue[name][away], two.paths.tissue[name][away], atol=2e-3
        )


@pytest.mark.parametrize("kind", FINDINGS)
def test_no_finding_no_mask(kind):
    shot = image_study(study_of(PATIENTS[0]), size=64)
    assert not shot.masks[kind].any()
    assert not shot.filled_mm[kind].any()


@pytest.mark.parametrize("kind", FILLING)
def test_filled_lung_is_never_more_than_the_lung(kind):
    for patient in PATIENTS[:4]:
        scene = set_scene(study_of(patient, drawn(kind, patient)), size=96)
        assert (scene.filled_mm[kind] <= scene.cavity_mm + 1e-3).all()
        assert (scene.paths.lung >= -1e-3).all()


@pytest.mark.parametrize("kind", FILLING)
def test_finding_stays_on_its_side(kind):
    for seed, patient in enumerate(PATIENTS):
        finding = drawn(kind, patient, seed=seed)
        if finding.side == "both":
            continue
        scene = set_scene(study_of(patient, finding), size=96)
        shift = scene.posture.mediastinum_mm
        x = scene.view.x - shift
        other = x > 28 if finding.side == "right" else x < -28
        total = scene.marked_mm[kind].sum()
        assert scene.marked_mm[kind][other].sum() < 0.02 * total


@pytest.mark.parametrize("kind", FINDINGS)
def test_detectability_makes_the_finding_larger(kind):
    for patient in PATIENTS[:3]:
        amount = []
        for factor in (0.5, 1.0, 1.6):
            finding = drawn(kind, patient, detectability=factor)
            scene = set_scene(study_of(patient, finding), size=96)
            marked = scene.marked_mm[kind]
            if kind == "pneumothorax":  # what counts is the air against the cavity
                marked = scene.filled_mm[kind]
            amount.append(float(marked.sum()))
        assert amount[0] < amount[1] < amount[2]


@pytest.mark.parametrize("kind", FINDINGS)
def test_mask_is_where_the_stated_thickness_is_reached(kind):
    scene = set_scene(study_of(PATIENTS[1], drawn(kind, PATIENTS[1])), size=512)
    mask = image_study(study_of(PATIENTS[1], drawn(kind, PATIENTS[1])), size=512).masks[
        kind
    ]
    thick = scene.marked_mm[kind] >= MASK_THRESHOLD_MM[kind]
    if kind == "pneumothorax":
        thick &= scene.marked_mm[kind] >= 0.5 * scene.cavity_mm
    np.testing.assert_array_equal(mask, thick)


@pytest.mark.parametrize("kind", FINDINGS)
def test_severity_side_and_zone_are_given(kind):
    finding = drawn(kind, PATIENTS[0])
    assert finding.kind == kind
    assert finding.side in ("right", "left", "both")
    assert finding.zone in ("upper", "middle", "lower", "all")
    assert all(np.isfinite(value) for value in finding.severity.values())


@pytest.mark.parametrize("kind", FINDINGS)
def test_the_same_seed_draws_the_same_finding(kind):
    one, two = (drawn(kind, PATIENTS[2], seed=5) for _ in range(2))
    assert one.severity == two.severity
    first, second = (
        image_study(study_of(PATIENTS[2], finding), size=64).image
        for finding in (one, two)
    )
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("kind", FINDINGS)
def test_findings_are_seen_lying_as_well(kind):
    patient = PATIENTS[3]
    shot = image_study(study_of(patient, drawn(kind, patient), view="AP"), size=96)
    change = shot.filled_mm[kind].sum() > 0 or kind == "cardiomegaly"
    assert change


def test_twins_differ_by_the_finding_alone():
    patient = PATIENTS[4]
    sick = study_of(patient, drawn("effusion", patient), drawn("nodule", patient))
    well = replace(sick, findings=sick.findings[1:])
    a, b = image_study(sick, size=96), image_study(well, size=96)
    np.testing.assert_array_equal(a.masks["nodule"], b.masks["nodule"])
    assert not b.masks["effusion"].any()


def test_points_in_lung_lie_in_the_lung_and_away_from_the_middle():
    anatomy = build_anatomy(PATIENTS[0])
    points = places_in_lung(anatomy, np.random.default_rng(0), number=200)
    assert in_lung(anatomy, points).all()
    assert (np.abs(points[:, 0]) > 24).all()
    # a point in the heart, one in the liver, one beside the body
    outside = np.array([[16.0, -22, -78], [-60, 0, -190], [170, 0, 0]])
    assert not in_lung(anatomy, outside).any()


def test_lungs_hold_litres():
    # total lung capacity of adults is about 4 to 8 l (ERS 1993, both lungs)
    for patient in PATIENTS:
        anatomy = build_anatomy(patient)
        both = sum(coarse_lung(anatomy, s).volume_ml() for s in ("right", "left"))
        assert 2500 < both < 10000


def test_side_and_zone_of_places():
    assert side_of(np.array([-30.0, -50])) == "right"
    assert side_of(np.array([-30.0, 50])) == "both"
    assert [zone_of(z) for z in (60, 0, -100)] == ["upper", "middle", "lower"]


def test_unknown_finding_and_factor_are_refused():
    anatomy, rng = build_anatomy(PATIENTS[0]), np.random.default_rng(0)
    with pytest.raises(ValueError, match="kind is 'fracture'"):
        draw_finding("fracture", anatomy, rng)
    with pytest.raises(ValueError, match="detectability is 0"):
        draw_finding("nodule", anatomy, rng, detectability=0)
    with pytest.raises(ValueError, match="days is -1"):
        at_later_visit(drawn("nodule", PATIENTS[0]), anatomy, days=-1, rng=rng)
    with pytest.raises(ValueError, match="needs cavity_mm"):
        finding_mask("pneumothorax", np.ones((2, 2)))
