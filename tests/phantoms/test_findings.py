"""Findings: masks, volumes and courses in time, each against a number of its own."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.layers import optical_depth
from phantoms.chest.patients import Posture, draw_examination, draw_patient
from phantoms.findings import cardiac, consolidation, pleura, tuberculosis
from phantoms.findings.cardiac import cardiomegaly_of, cardiothoracic_ratio
from phantoms.findings.draw import at_later_visit, draw_finding
from phantoms.findings.finding import (
    FINDINGS,
    MASK_THRESHOLD_MM,
    finding_mask,
    side_of,
    zone_of,
)
from phantoms.findings.lung_space import coarse_lung, in_lung, places_in_lung
from phantoms.findings.nodule import round_nodule
from phantoms.findings.pleura import effusion_of, pneumothorax_of
from phantoms.physics.scanners import SCANNERS
from phantoms.shapes.solids import length
from phantoms.study.radiograph import image_study, set_scene
from phantoms.study.study import Study

PATIENTS = [draw_patient(n, cohort_seed=21) for n in range(1, 9)]
ANATOMY = [build_anatomy(patient) for patient in PATIENTS]


def study_of(number, *findings, view="PA"):
    patient = PATIENTS[number]
    examination = draw_examination(patient, view=view)
    return Study(patient, examination, SCANNERS["Alder DR 21"], findings=findings)


def drawn(kind, number, *, seed=1, detectability=1.0):
    rng = np.random.default_rng(seed)
    return draw_finding(kind, ANATOMY[number], rng, detectability=detectability)


class Middle:
    """Numbers without chance: the middle of every distribution."""

    def normal(self, mean, spread):
        return mean

    def random(self):
        return 0.5

    def uniform(self, low, high):
        return (low + high) / 2


# every kind


@pytest.mark.parametrize("kind", FINDINGS)
def test_a_finding_changes_the_rays_in_its_mask_and_stays_in_its_lung(kind):
    inside, outside = [], []
    for number in range(3):
        finding = drawn(kind, number, seed=number)
        sick = set_scene(study_of(number, finding), size=96)
        well = set_scene(study_of(number), size=96)
        # before detector and display, both of which adapt to the whole film
        change = np.abs(optical_depth(sick.paths) - optical_depth(well.paths))
        mask = finding_mask(kind, sick.marked_mm[kind], sick.cavity_mm)
        inside.append(change[mask].mean())
        outside.append(change[~mask].mean())
        assert (sick.filled_mm[kind] <= sick.cavity_mm + 1e-3).all()
        assert (sick.paths.lung >= -1e-3).all()
        if finding.side != "both":
            sign = {"right": -1, "left": 1}[finding.side]
            x = sign * (sick.view.x - sick.posture.mediastinum_mm)
            marked = sick.marked_mm[kind]
            assert marked[x < -28].sum() < 0.02 * marked.sum()
    assert np.mean(inside) > 4 * np.mean(outside)  # a collapsed lung is denser, too


@pytest.mark.parametrize("kind", FINDINGS)
def test_mask_is_where_the_stated_thickness_is_reached(kind):
    study = study_of(1, drawn(kind, 1))
    scene, shot = set_scene(study, size=512), image_study(study, size=512)
    thick = scene.marked_mm[kind] >= MASK_THRESHOLD_MM[kind]
    if kind == "pneumothorax":
        thick &= scene.marked_mm[kind] >= 0.5 * scene.cavity_mm
    np.testing.assert_array_equal(shot.masks[kind], thick)
    assert [other for other in FINDINGS if shot.masks[other].any()] == [kind]


def test_unknown_findings_and_impossible_wishes_are_refused():
    rng = np.random.default_rng(0)
    for kind, factor in (("fracture", 1.0), ("nodule", 0.0)):
        with pytest.raises(ValueError, match=kind):
            draw_finding(kind, ANATOMY[0], rng, detectability=factor)
    with pytest.raises(ValueError, match="days is -1"):
        at_later_visit(drawn("nodule", 0), ANATOMY[0], days=-1, rng=rng)
    for side, collapse in (("up", 0.3), ("left", 0.0), ("left", 1.0)):
        with pytest.raises(ValueError, match="collapse"):
            pneumothorax_of(ANATOMY[0], side, collapse=collapse)


# where they lie


def test_points_in_lung_lie_in_the_lung_and_away_from_the_middle():
    points = places_in_lung(ANATOMY[0], np.random.default_rng(0), number=200)
    assert in_lung(ANATOMY[0], points).all()
    assert (np.abs(points[:, 0]) > 24).all()
    # a point in the heart, one in the liver, one beside the body
    outside = np.array([[16.0, -22, -78], [-60, 0, -190], [170, 0, 0]])
    assert not in_lung(ANATOMY[0], outside).any()


def test_side_and_zone_of_places():
    assert side_of(np.array([-30.0, -50])) == "right"
    assert side_of(np.array([-30.0, 50])) == "both"
    # thirds of the height from the apex (104 mm) to the domes
    zones = [zone_of(z) for z in (29, 27, -47, -49)]
    assert zones == ["upper", "middle", "middle", "lower"]


# in time: with the middle of every distribution half is left after a half-life


@pytest.mark.parametrize(
    ("kind", "half_life", "amount"),
    [
        ("effusion", pleura.HALF_LIFE_DAYS, lambda f: sum(f.volume_ml)),
        ("oedema", cardiac.HALF_LIFE_DAYS, lambda f: f.amount),
        ("consolidation", consolidation.HALF_LIFE_DAYS[0], lambda f: f.cloud.fill),
        ("tuberculosis", tuberculosis.HALF_LIFE_DAYS, lambda f: f.infiltrate.fill),
    ],
)
def test_half_is_left_after_a_half_life_and_a_third_of_it_takes_off_a_fifth(
    kind, half_life, amount
):
    finding = drawn(kind, 0)
    for part in (1 / 3, 1.0):
        later = finding.later(ANATOMY[0], days=part * half_life, rng=Middle())
        left = amount(later) / amount(finding)
        assert left == pytest.approx(0.5**part, rel=1e-3)


def test_findings_are_gone_once_little_is_left():
    effusion = effusion_of(ANATOMY[0], {"left": 100.0, "right": 130.0})
    # after a half-life 50 and 65 ml: under 60 ml none is seen
    assert effusion.later(ANATOMY[0], days=16.0, rng=Middle()).sides == ("right",)
    assert effusion.later(ANATOMY[0], days=32.0, rng=Middle()) is None
    patchy = drawn("consolidation", 0)
    # 0.5 ** (20 / 12) is 0.315, 0.5 ** (21 / 12) is 0.297: under 30 % it is gone
    assert patchy.later(ANATOMY[0], days=20.0, rng=Middle()) is not None
    assert patchy.later(ANATOMY[0], days=21.0, rng=Middle()) is None


def test_a_pneumothorax_loses_one_to_two_percent_a_day_and_a_large_heart_stays():
    finding = pneumothorax_of(ANATOMY[0], "left", collapse=0.4, tension_mm=12.0)
    later = finding.later(ANATOMY[0], days=10, rng=Middle())
    # 0.4 - 10 x (0.0125 + 0.02) / 2
    assert later.collapse == pytest.approx(0.2375)
    assert later.tension_mm == 0
    assert finding.later(ANATOMY[0], days=24, rng=Middle()) is None
    heart = drawn("cardiomegaly", 0)
    assert at_later_visit(heart, ANATOMY[0], days=300, rng=Middle()) is heart


def test_a_nodule_doubles_its_volume_in_its_doubling_time():
    nodule = round_nodule(np.array([-75.0, 0, 0]), diameter_mm=10)
    # twice the volume is 2 ** (1 / 3) = 1.26 times the diameter
    for days, size in ((nodule.doubling_days, 12.6), (1e6, 90)):
        later = nodule.later(ANATOMY[0], days=days, rng=Middle())
        assert later.diameter_mm == pytest.approx(size, abs=0.01)


# consolidation and nodules


def test_lobar_consolidation_ends_at_its_fissure_and_keeps_its_bronchi():
    drawings = (drawn("consolidation", 0, seed=seed) for seed in range(60))
    finding = next(each for each in drawings if each.pattern == "lobar")
    scene = set_scene(study_of(0, finding), size=96)
    x, z = scene.view.at_depth(0.0)
    for piece in finding.fillings(ANATOMY[0], scene.paths.solids, scene.view)[0].pieces:
        middle = (piece.front + piece.back) / 2
        solid = (piece.back > piece.front) & (piece.weight > 0.01)
        for fissure in finding.cloud.fissures:
            side = fissure.inside(x[piece.window], middle, z[piece.window])
            # half a slab of 6 mm, a pixel, and the fissure's slope of 1
            assert side[solid].min(initial=0) > -8
    drowned = replace(finding, cloud=replace(finding.cloud, bronchi=False))
    without = set_scene(study_of(0, drowned), size=96).filled_mm["consolidation"]
    air = without - scene.filled_mm["consolidation"]
    assert air.min() > -1e-3
    assert air.max() > 1.5


def test_no_fissure_has_the_edge_of_a_ruler():
    x = np.linspace(40, 115, 40)
    for seed in range(30):
        for fissure in drawn("consolidation", 0, seed=seed).cloud.fissures:
            height = -fissure.keep * fissure.inside(x, 0 * x, 0 * x)
            line = np.polyval(np.polyfit(x, height, 1), x)
            assert np.ptp(height - line) > 1.0


def test_a_ball_in_the_lung_is_as_thick_as_its_diameter():
    ball = round_nodule(np.array([-75.0, 0.0, 0.0]), diameter_mm=20)
    scene = set_scene(study_of(0, ball), size=512)
    thickest = scene.filled_mm["nodule"].max() / PATIENTS[0].stretch[1]
    assert thickest == pytest.approx(20, abs=0.4)


def test_benign_and_malignant_nodules_overlap_in_every_feature():
    nodules = [drawn("nodule", 0, seed=seed) for seed in range(250)]
    bad = np.array([n.malignant for n in nodules])
    size = np.array([n.diameter_mm for n in nodules])
    assert np.median(size[bad]) > np.median(size[~bad]) > np.quantile(size[bad], 0.1)
    for feature in ("margin", "calcified"):
        value = np.array([n.severity[feature] for n in nodules])
        assert set(value[bad]) == set(value[~bad])


# pleura


@pytest.mark.parametrize("wanted", [150.0, 1500.0])
def test_effusion_holds_its_stated_volume_and_rises_towards_the_side(wanted):
    scene = set_scene(study_of(0, effusion_of(ANATOMY[0], {"left": wanted})), size=256)
    # magnification: pixels at the middle of the chest are smaller than at the detector
    x_step, _, _, z_step = scene.view.cell()
    sx, _, sz = PATIENTS[0].stretch
    area = abs(x_step * z_step) * sx * sz
    measured = scene.filled_mm["effusion"].sum() * area / 1000
    assert measured == pytest.approx(wanted, rel=0.2)
    wet = scene.marked_mm["effusion"] > 0.5 * np.maximum(scene.cavity_mm, 20)
    x, z = scene.view.x, scene.view.z
    assert z[wet & (x > 108)].max() > z[wet & (x > 60) & (x < 85)].max() + 5


def test_fluid_under_air_is_level_in_the_room_and_has_a_meniscus_without():
    fluid = effusion_of(ANATOMY[0], {"left": 800.0})
    sides = ((pneumothorax_of(ANATOMY[0], s, collapse=0.4),) for s in ("left", "right"))
    study = study_of(0, fluid)
    study = replace(study, examination=replace(study.examination, roll_deg=3.0))
    tops, volumes = {}, {}
    for name, more in zip(("air", "other side", "none"), (*sides, ()), strict=True):
        scene = set_scene(replace(study, findings=(fluid, *more)), size=512)
        wet = scene.marked_mm["effusion"] > 0.5 * np.maximum(scene.cavity_mm, 20)
        columns = np.flatnonzero((scene.view.x[256] > 60) & (scene.view.x[256] < 100))
        tops[name] = wet[:, columns].argmax(axis=0)
        volumes[name] = scene.filled_mm["effusion"].sum()
    # level in the patient it would climb 40 mm x tan 3 deg = 2.1 mm, 2.5 pixels
    assert np.ptp(tops["air"]) <= 1
    assert np.ptp(tops["none"]) > 5
    np.testing.assert_array_equal(tops["other side"], tops["none"])
    assert volumes["air"] == pytest.approx(volumes["none"], rel=0.1)


def test_more_fluid_stands_higher_and_a_white_out_pushes():
    room = coarse_lung(ANATOMY[0], "right").volume_ml()
    small, large = (effusion_of(ANATOMY[0], {"right": v}) for v in (200.0, 1200.0))
    assert large.level_mm[0][0] > small.level_mm[0][0] + 30
    assert small.on_posture(Posture()).mediastinum_mm == 0
    huge = effusion_of(ANATOMY[0], {"right": 9000.0})
    assert huge.volume_ml[0] == pytest.approx(0.9 * room)
    # to the left, 26 mm x (0.9 - 0.45) / 0.55
    assert huge.on_posture(Posture()).mediastinum_mm == pytest.approx(21.27, abs=0.01)


@pytest.mark.parametrize("collapse", [0.12, 0.35])
def test_pneumothorax_takes_its_share_at_the_apex_and_holds_no_vessel(collapse):
    finding = pneumothorax_of(ANATOMY[1], "left", collapse=collapse)
    scene = set_scene(study_of(1, finding), size=192)
    air, cavity = scene.marked_mm["pneumothorax"], scene.cavity_mm
    share = air.sum() / cavity[scene.view.x > 0].sum()
    assert share == pytest.approx(collapse, abs=0.06)
    mask = (air > 0.5 * cavity) & (cavity > 5)
    assert np.median(scene.view.z[mask]) > 10
    lung = finding.surface(scene.anatomy, scene.paths.solids, scene.view)
    beyond = (length(lung) == 0) & (air > 0.98 * cavity) & (cavity > 5)
    assert beyond.sum() > 50
    assert scene.paths.vessels[beyond].max() == pytest.approx(0, abs=1e-3)


def test_tension_pushes_the_mediastinum_away_and_the_dome_down():
    finding = pneumothorax_of(ANATOMY[0], "left", collapse=0.7, tension_mm=15.0)
    posture = finding.on_posture(Posture(raised_mm=(10.0, 10.0)))
    assert posture.mediastinum_mm == -15.0  # to the right
    assert posture.raised_mm == (10.0, pytest.approx(10 - 16.5))


# heart, tuberculosis, oedema


def test_healthy_hearts_are_not_enlarged_and_drawn_ones_are():
    healthy = [cardiothoracic_ratio(anatomy) for anatomy in ANATOMY]
    assert 0.38 < np.mean(healthy) < max(healthy) < 0.5
    for number, anatomy in enumerate(ANATOMY):
        heart = drawn("cardiomegaly", number, detectability=0.5)
        posture = heart.on_posture(Posture())
        assert heart.ratio == cardiothoracic_ratio(anatomy, posture) > 0.5
    film = image_study(study_of(0, cardiomegaly_of(ANATOMY[0], 0.6)), size=128)
    assert film.cardiothoracic_ratio == pytest.approx(0.6, abs=0.03)
    assert cardiomegaly_of(ANATOMY[1], 0.62).ratio == pytest.approx(0.62, abs=0.015)


def test_tuberculosis_lies_in_the_upper_zones_and_draws_the_hilum_up():
    for number in range(3):
        finding = drawn("tuberculosis", number)
        scene = set_scene(study_of(number, finding), size=96)
        marked = scene.marked_mm["tuberculosis"]
        assert np.average(scene.view.z, weights=marked) > 5
        lifted = scene.anatomy.tree.start[:, 2] - ANATOMY[number].tree.start[:, 2]
        assert lifted.max() == pytest.approx(finding.loss_mm, rel=0.1)
        sign = {"right": -1, "left": 1}[finding.sides[0]]
        shift = finding.on_posture(Posture()).mediastinum_mm
        assert shift == pytest.approx(0.55 * sign * finding.loss_mm)
