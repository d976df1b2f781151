"""Each kind of finding looks as a radiologist expects and changes with time."""

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import Posture, draw_examination, draw_patient
from phantoms.findings.cardiac import (
    ENLARGED_RATIO,
    cardiomegaly_of,
    cardiothoracic_ratio,
)
from phantoms.findings.draw import at_later_visit, draw_finding
from phantoms.findings.nodule import (
    DOUBLING_DAYS,
    draw_nodule,
    later_nodule,
    round_nodule,
)
from phantoms.findings.pleura import effusion_of, pneumothorax_of
from phantoms.physics.scanners import SCANNERS
from phantoms.shapes.solids import length
from phantoms.study.radiograph import image_study, set_scene
from phantoms.study.study import Study

PATIENTS = [draw_patient(n, cohort_seed=21) for n in range(1, 9)]
ANATOMY = [build_anatomy(patient) for patient in PATIENTS]


def study_of(patient, *findings, view="PA"):
    examination = draw_examination(patient, view=view)
    return Study(patient, examination, SCANNERS["Alder DR 21"], findings=findings)


def drawn(kind, number, *, seed=1):
    return draw_finding(kind, ANATOMY[number], np.random.default_rng(seed))


def test_ball_in_the_lung_is_as_thick_as_its_diameter():
    # a ball of 20 mm in the middle of the right lung, reference mm
    ball = round_nodule(np.array([-75.0, 0.0, 0.0]), diameter_mm=20)
    scene = set_scene(study_of(PATIENTS[0], ball), size=512)
    thickest = scene.filled_mm["nodule"].max() / PATIENTS[0].stretch[1]
    assert thickest == pytest.approx(20, abs=0.4)


def test_lobar_consolidation_ends_at_its_fissure():
    for seed in range(40):
        finding = drawn("consolidation", 0, seed=seed)
        if finding.pattern == "lobar":
            scene = set_scene(study_of(PATIENTS[0], finding), size=96)
            filling = finding.fillings(ANATOMY[0], scene.paths.solids, scene.view)[0]
            x, z = scene.view.at_depth(0.0)
            for piece in filling.pieces:
                middle = (piece.front + piece.back) / 2
                solid = (piece.back > piece.front) & (piece.weight > 0.01)
                for fissure in finding.cloud.fissures:
                    side = fissure.inside(x[piece.window], middle, z[piece.window])
                    # half a slab of 6 mm, a pixel, and the fissure's slope of 1
                    assert side[solid].min(initial=0) > -8
            return
    pytest.fail("no lobar consolidation among 40")


def test_both_patterns_of_consolidation_are_drawn():
    patterns = [drawn("consolidation", 0, seed=seed).pattern for seed in range(60)]
    assert 0.25 < np.mean(np.array(patterns) == "lobar") < 0.65


def test_bronchi_in_a_consolidation_stay_full_of_air():
    finding = drawn("consolidation", 1, seed=3)
    dry = np.array([1.0, 0.0])
    total = []
    for keeps in dry:
        cloud = finding.cloud.__class__(
            **{**vars(finding.cloud), "bronchi": bool(keeps)}
        )
        other = finding.__class__(finding.pattern, cloud, finding.lobe)
        scene = set_scene(study_of(PATIENTS[1], other), size=128)
        total.append(scene.filled_mm["consolidation"])
    with_air, without = total
    assert (with_air <= without + 1e-3).all()
    assert (without - with_air).max() > 1.5


def test_benign_and_malignant_nodules_overlap_in_every_feature():
    nodules = [
        draw_nodule(ANATOMY[0], np.random.default_rng(seed)) for seed in range(400)
    ]
    bad = np.array([n.malignant for n in nodules])
    size = np.array([n.diameter_mm for n in nodules])
    assert np.median(size[bad]) > np.median(size[~bad])
    assert np.quantile(size[bad], 0.25) < np.quantile(size[~bad], 0.75)
    for feature in ("margin", "calcified"):
        value = np.array([n.severity[feature] for n in nodules])
        for level in np.unique(value):
            assert (value[bad] == level).any()
            assert (value[~bad] == level).any()
    spiculated = np.array([n.margin == "spiculated" for n in nodules])
    assert spiculated[bad].mean() > spiculated[~bad].mean()


def test_some_nodules_are_masses():
    size = [
        draw_nodule(ANATOMY[0], np.random.default_rng(s)).diameter_mm
        for s in range(300)
    ]
    assert 0.01 < np.mean(np.array(size) > 30) < 0.20


def test_nodule_doubles_its_volume_in_its_doubling_time():
    nodule = round_nodule(np.array([-75.0, 0, 0]), diameter_mm=10)
    later = later_nodule(nodule, days=nodule.doubling_days)
    # twice the volume is 2 ** (1 / 3) = 1.26 times the diameter
    assert later.diameter_mm == pytest.approx(12.6, abs=0.01)


def test_doubling_times_keep_to_the_clinical_limits():
    for seed in range(200):
        nodule = draw_nodule(ANATOMY[0], np.random.default_rng(seed))
        low, _, high = DOUBLING_DAYS[int(nodule.malignant)]
        assert low <= nodule.doubling_days <= high


@pytest.mark.parametrize("wanted", [150.0, 600.0, 1500.0])
def test_effusion_holds_its_stated_volume(wanted):
    effusion = effusion_of(ANATOMY[0], {"left": wanted})
    examination = draw_examination(PATIENTS[0])
    study = Study(
        PATIENTS[0],
        examination,
        SCANNERS["Alder DR 21"],
        findings=(effusion,),
    )
    scene = set_scene(study, size=256)
    # magnification: pixels at the middle of the chest are smaller than at the detector
    x_step, _, _, z_step = scene.view.cell()
    sx, _, sz = PATIENTS[0].stretch
    area = abs(x_step * z_step) * sx * sz
    measured = scene.filled_mm["effusion"].sum() * area / 1000
    assert measured == pytest.approx(wanted, rel=0.2)


def test_effusion_rises_towards_the_side():
    for number in range(4):
        effusion = effusion_of(ANATOMY[number], {"right": 600.0})
        scene = set_scene(study_of(PATIENTS[number], effusion), size=128)
        share = scene.marked_mm["effusion"] / np.maximum(scene.cavity_mm, 1)
        x, z = scene.view.x, scene.view.z
        lung = scene.cavity_mm > 20

        def top(low, high, share=share, x=x, z=z, lung=lung):
            there = lung & (share > 0.5) & (x > low) & (x < high)
            return z[there].max()

        assert top(-130, -108) > top(-85, -60) + 5


def test_more_fluid_stands_higher_and_a_white_out_pushes():
    small, large = (effusion_of(ANATOMY[0], {"right": v}) for v in (200.0, 1200.0))
    assert large.level_mm[0][0] > small.level_mm[0][0] + 30
    huge = effusion_of(ANATOMY[0], {"right": 9000.0})
    assert huge.share[0] == pytest.approx(0.9)
    assert small.on_posture(Posture()).mediastinum_mm == 0
    assert huge.on_posture(Posture()).mediastinum_mm > 10  # to the left


def test_effusion_veils_the_lung_of_a_lying_patient():
    effusion = effusion_of(ANATOMY[0], {"right": 500.0})
    shares = []
    for view in ("PA", "AP"):
        scene = set_scene(study_of(PATIENTS[0], effusion, view=view), size=96)
        right = (scene.view.x < -30) & (scene.cavity_mm > 40)
        wet = scene.marked_mm["effusion"] > 4
        shares.append(float(wet[right].mean()))
    assert shares[1] > 1.1 * shares[0]


def test_effusion_refuses_an_unknown_side():
    with pytest.raises(ValueError, match="volume_ml is"):
        effusion_of(ANATOMY[0], {"up": 100.0})


@pytest.mark.parametrize("collapse", [0.1, 0.3, 0.6])
def test_pneumothorax_takes_its_stated_share_of_the_lung(collapse):
    finding = pneumothorax_of(ANATOMY[1], "left", collapse=collapse)
    scene = set_scene(study_of(PATIENTS[1], finding), size=128)
    left = scene.view.x > 0
    share = scene.marked_mm["pneumothorax"].sum() / scene.cavity_mm[left].sum()
    assert share == pytest.approx(collapse, abs=0.06)


def test_no_vessel_and_no_lung_outside_the_pleural_line():
    for number in range(4):
        finding = pneumothorax_of(ANATOMY[number], "left", collapse=0.35)
        scene = set_scene(study_of(PATIENTS[number], finding), size=192)
        lung = finding.surface(scene.anatomy, scene.paths.solids, scene.view)
        beyond = (length(lung) == 0) & (scene.view.x > 12) & (scene.cavity_mm > 5)
        assert beyond.sum() > 200
        # what lies in front of the spine belongs to the other lung's border
        beyond &= scene.marked_mm["pneumothorax"] > 0.98 * scene.cavity_mm
        assert scene.paths.vessels[beyond].max() == pytest.approx(0, abs=1e-3)
        assert scene.paths.lung[beyond].max() < 0.03 * scene.cavity_mm[beyond].max()


def test_pleural_line_is_denser_than_the_air_beside_it():
    finding = pneumothorax_of(ANATOMY[2], "right", collapse=0.3)
    study = study_of(PATIENTS[2], finding)
    scene = set_scene(study, size=512)
    fillings = finding.fillings(scene.anatomy, scene.paths.solids, scene.view)
    line = fillings[1]
    thick = np.zeros(scene.view.x.shape)
    for piece in line.pieces:
        thick[piece.window] += length((piece.front, piece.back)) * piece.weight
    # rays along a rim of 1 mm on a surface that curves with some 10 cm
    assert 5 < np.quantile(thick[thick > 0.5], 0.99) < 40


def test_air_gathers_at_the_apex_of_a_standing_patient():
    finding = pneumothorax_of(ANATOMY[0], "right", collapse=0.12)
    scene = set_scene(study_of(PATIENTS[0], finding), size=128)
    z, mask = scene.view.z, scene.marked_mm["pneumothorax"] > 0.5 * scene.cavity_mm
    mask &= scene.cavity_mm > 5
    assert np.median(z[mask]) > 20


def test_tension_pushes_the_mediastinum_away_and_the_dome_down():
    finding = pneumothorax_of(ANATOMY[0], "left", collapse=0.7, tension_mm=15.0)
    posture = finding.on_posture(Posture())
    assert posture.mediastinum_mm == -15.0  # to the right
    assert posture.raised_mm[1] < 0


def test_cardiothoracic_ratio_is_reached_and_measured():
    for number in range(4):
        for wanted in (0.54, 0.62):
            finding = cardiomegaly_of(ANATOMY[number], wanted)
            posture = finding.on_posture(Posture())
            measured = cardiothoracic_ratio(ANATOMY[number], posture)
            assert measured == pytest.approx(wanted, abs=0.015)
            assert finding.ratio == pytest.approx(measured)


def test_healthy_hearts_are_not_enlarged_and_drawn_ones_are():
    healthy = [cardiothoracic_ratio(anatomy) for anatomy in ANATOMY]
    assert max(healthy) < ENLARGED_RATIO
    assert 0.38 < np.mean(healthy) < 0.48
    for number in range(4):
        assert drawn("cardiomegaly", number).ratio > ENLARGED_RATIO


def test_radiograph_measures_the_enlarged_heart():
    finding = cardiomegaly_of(ANATOMY[0], 0.6)
    well = image_study(study_of(PATIENTS[0]), size=128)
    sick = image_study(study_of(PATIENTS[0], finding), size=128)
    assert sick.cardiothoracic_ratio > well.cardiothoracic_ratio + 0.08


def test_tuberculosis_lies_in_the_upper_zones_and_draws_the_hilum_up():
    for number in range(4):
        finding = drawn("tuberculosis", number)
        scene = set_scene(study_of(PATIENTS[number], finding), size=96)
        weight = scene.marked_mm["tuberculosis"]
        assert np.average(scene.view.z, weights=weight) > 5
        lifted = scene.anatomy.tree.start[:, 2] - ANATOMY[number].tree.start[:, 2]
        assert lifted.max() == pytest.approx(finding.loss_mm, rel=0.1)


def test_cavities_hold_air_within_a_wall():
    for seed in range(20):
        finding = drawn("tuberculosis", 0, seed=seed)
        if finding.cavities:
            scene = set_scene(study_of(PATIENTS[0], finding), size=256)
            air, wall = finding.fillings(scene.anatomy, scene.paths.solids, scene.view)[
                :2
            ]
            assert (air.material, wall.material) == ("air", "soft tissue")
            assert sum(length(p[:2]).sum() for p in air.pieces) > 0
            assert sum(length(p[:2]).sum() for p in wall.pieces) > 0
            return
    pytest.fail("no cavity among 20")


def test_oedema_widens_the_upper_vessels_more_than_the_lower():
    finding = drawn("oedema", 0)
    before, after = ANATOMY[0].tree, finding.on_anatomy(ANATOMY[0]).tree
    growth, height = after.radius / before.radius, before.start[:, 2]
    assert growth[height > 35].min() > 1.05
    assert growth[height < -60].max() < growth[height > 35].min()


def test_septal_lines_lie_beside_the_wall_at_the_bases():
    finding = drawn("oedema", 0)
    outer = finding.septa.ends[-5:, 0]
    assert (np.abs(outer[:, 0]) > 90).all()
    assert (outer[:, 2] < -40).all()


def test_diseases_heal_at_their_own_pace():
    gone = {}
    for kind, days in (("consolidation", 60), ("oedema", 30), ("pneumothorax", 60)):
        rng = np.random.default_rng(4)
        later = [
            at_later_visit(drawn(kind, 0, seed=s), ANATOMY[0], days=days, rng=rng)
            for s in range(30)
        ]
        gone[kind] = np.mean([finding is None for finding in later])
    assert gone["consolidation"] > 0.7
    assert gone["oedema"] > 0.6
    assert gone["pneumothorax"] > 0.7


def test_pneumothorax_loses_one_or_two_percent_a_day():
    finding = pneumothorax_of(ANATOMY[0], "left", collapse=0.4)
    later = at_later_visit(finding, ANATOMY[0], days=10, rng=np.random.default_rng(0))
    assert 0.199 < later.collapse < 0.276  # 0.4 - 10 x (0.0125 to 0.02)
    assert later.gap_mm[0] < finding.gap_mm[0]


def test_effusion_drains_and_large_heart_stays():
    effusion = effusion_of(ANATOMY[0], {"left": 1000.0})
    rng = np.random.default_rng(3)
    later = [at_later_visit(effusion, ANATOMY[0], days=20, rng=rng) for _ in range(20)]
    volume = [0 if finding is None else finding.volume_ml[0] for finding in later]
    assert np.median(volume) < 700
    heart = drawn("cardiomegaly", 0)
    assert at_later_visit(heart, ANATOMY[0], days=300, rng=rng) is heart
