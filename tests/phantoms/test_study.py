"""The radiograph of a study: one pure function of frozen data."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.layers import Paths
from phantoms.chest.patients import draw_examination, draw_patient
from phantoms.chest.projection import FIELD_MM
from phantoms.devices.draw import (
    draw_central_line,
    draw_drain,
    draw_ecg_leads,
    draw_gastric_tube,
    draw_pacemaker,
    draw_tracheal_tube,
)
from phantoms.devices.markers import Marker
from phantoms.findings.draw import draw_finding
from phantoms.findings.finding import FINDINGS, Filling
from phantoms.physics.scanners import SCANNERS, Technique
from phantoms.shapes.solids import Piece
from phantoms.study.radiograph import fill_lungs, image_study, render_chest, to_pixels
from phantoms.study.study import Study

PATIENT = draw_patient(3, cohort_seed=5)
SIZE = 64


def study_with_everything(view: str) -> Study:
    """Return a study with all findings, all devices and two markers."""
    anatomy, rng = build_anatomy(PATIENT), np.random.default_rng(1)
    return Study(
        PATIENT,
        draw_examination(PATIENT, view=view),
        SCANNERS["Alder Go" if view == "AP" else "Birch Vista"],
        findings=tuple(draw_finding(kind, anatomy, rng) for kind in FINDINGS),
        devices=(
            draw_drain(anatomy, rng, side="right"),
            draw_pacemaker(anatomy, rng),
            draw_central_line(anatomy, rng),
            draw_ecg_leads(anatomy, rng),
            draw_tracheal_tube(anatomy, rng),
            draw_gastric_tube(anatomy, rng),
        ),
        markers=(Marker("R", -150.0, 150.0), Marker("AP", 120.0, 150.0)),
    )


@pytest.mark.parametrize("view", ["PA", "AP"])
def test_an_image_with_everything_in_it_is_complete(view):
    study = study_with_everything(view)
    shot = image_study(study, size=SIZE)
    assert shot.image.shape == (SIZE, SIZE)
    assert shot.image.dtype == np.uint8
    assert set(shot.masks) == set(shot.filled_mm) == set(FINDINGS)
    assert all(shot.masks[kind].any() for kind in FINDINGS)
    assert np.isfinite(shot.counts).all()
    assert shot.image.std() > 20
    assert shot.study is study
    assert shot.examination.view == view


def test_a_healthy_study_has_empty_masks_and_nothing_filled():
    shot = render_chest(PATIENT, size=SIZE)
    assert not any(mask.any() for mask in shot.masks.values())
    assert not any(filled.any() for filled in shot.filled_mm.values())


def test_the_same_study_gives_the_same_pixels_in_two_processes():
    code = (
        "import hashlib\n"
        "from phantoms.chest.patients import draw_patient\n"
        "from phantoms.hospital.hospitals import draw_study\n"
        "from phantoms.hospital.hospitals import HOSPITALS\n"
        "from phantoms.study.radiograph import image_study\n"
        "hospital = HOSPITALS['A']\n"
        "patient = draw_patient(5, cohort_seed=5, people=hospital.people)\n"
        "shot = image_study(draw_study(patient, hospital, visit=2), size=64)\n"
        "print(hashlib.sha256(shot.image.tobytes()).hexdigest())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert said[0] == said[1] != ""


def test_imaging_twice_changes_no_pixel():
    study = study_with_everything("AP")
    first, second = (image_study(study, size=SIZE) for _ in range(2))
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.counts, second.counts)


def test_twice_the_dose_gives_twice_the_counts():
    study = Study(PATIENT, draw_examination(PATIENT), SCANNERS["Birch Vista"])
    once = image_study(study, size=SIZE).counts
    twice = image_study(replace(study, technique=Technique(dose=2.0)), size=SIZE).counts
    assert np.median(twice / once) == pytest.approx(2.0, rel=0.01)


def test_collimated_strips_are_dark_to_the_detector():
    study = Study(PATIENT, draw_examination(PATIENT), SCANNERS["Birch Vista"])
    strip = 8 * FIELD_MM / SIZE  # 8 rows
    closed = replace(study, technique=Technique(margins_mm=(0, 0, strip, 0)))
    open_, shut = (image_study(s, size=SIZE).counts for s in (study, closed))
    assert shut[:7].mean() < 0.25 * open_[:7].mean()
    assert shut[20:].mean() > 0.8 * open_[20:].mean()


def test_fill_lungs_replaces_no_more_than_the_lung_that_is_left():
    # one ray: 10 mm lung with 2 mm vessels, 50 mm soft tissue
    def ray(value):
        return np.full((1, 1), value, np.float32)

    paths = Paths({"soft tissue": ray(50)}, ray(10), ray(2), ray(1), None)
    fluid = Filling("fluid", [Piece(ray(0), ray(4))])  # 4 of 10 mm: vessels x 0.6
    nodule = Filling("soft tissue", [Piece(ray(0), ray(9))], clears_vessels=False)
    filled = fill_lungs(paths, [fluid, nodule], np.ones((1, 1), np.float32))
    assert filled.lung.item() == 0
    assert filled.tissue["water"].item() == pytest.approx(4)
    assert filled.tissue["soft tissue"].item() == pytest.approx(50 + 6)
    # 1.2 mm of vessels are left beside the fluid, and no lung to hold them
    assert filled.vessels.item() == 0
    only_fluid = fill_lungs(paths, [fluid], np.ones((1, 1), np.float32))
    assert only_fluid.vessels.item() == pytest.approx(1.2)


def test_to_pixels_averages_by_area():
    # 3 cells to 2 pixels: each pixel holds one and a half cells
    # [6, 0, 3] -> [(6 + 0/2) / 1.5, (0/2 + 3) / 1.5] = [4, 2]
    row = np.array([[6.0, 0.0, 3.0]] * 3)
    np.testing.assert_allclose(to_pixels(row, 2), [[4.0, 2.0], [4.0, 2.0]])


def test_an_enlarged_heart_raises_the_measured_cardiothoracic_ratio():
    well = render_chest(PATIENT, size=SIZE).cardiothoracic_ratio
    ill = render_chest(PATIENT, size=SIZE, findings=["cardiomegaly"])
    assert ill.cardiothoracic_ratio > max(well, 0.5)


def test_finding_and_device_are_found_by_kind():
    study = study_with_everything("PA")
    assert study.finding("nodule").kind == "nodule"
    assert replace(study, findings=()).finding("nodule") is None
    assert study.has_device("drain")
    assert not replace(study, devices=()).has_device("drain")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 16}, "size is 16.*32 to 1024"),
        ({"visit": 0}, "visit is 0"),
        ({"findings": ["measles"]}, "'measles'.*Choose from: consolidation"),
        ({"findings": ["nodule"], "detectability": 0.0}, "detectability is 0.0"),
    ],
)
def test_render_chest_says_which_setting_is_wrong(changes, message):
    with pytest.raises(ValueError, match=message):
        render_chest(PATIENT, **{"size": SIZE, **changes})
