"""The radiograph of a study, one pure function of frozen data, and its twins."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.layers import Paths, optical_depth
from phantoms.chest.patients import draw_examination, draw_patient
from phantoms.chest.projection import FIELD_MM
from phantoms.devices.draw import draw_pacemaker
from phantoms.devices.markers import Marker
from phantoms.findings.draw import draw_finding
from phantoms.findings.finding import FINDINGS, Filling
from phantoms.physics.scanners import SCANNERS, Technique
from phantoms.shapes.solids import Piece
from phantoms.study.radiograph import fill_lungs, image_study, set_scene, to_pixels
from phantoms.study.study import Study, with_finding, without_finding

SIZE = 96
PATIENT = draw_patient(7, cohort_seed=5)
ANATOMY = build_anatomy(PATIENT)
HEALTHY = Study(
    PATIENT,
    draw_examination(PATIENT),
    SCANNERS["Birch Vista"],
    devices=(draw_pacemaker(ANATOMY, np.random.default_rng(2)),),
    markers=(Marker("R", -150.0, 150.0),),
)


def with_drawn(kind):
    """Return the healthy study with one finding."""
    rng = np.random.default_rng(4)
    return with_finding(HEALTHY, draw_finding(kind, ANATOMY, rng))


def counts_of(study):
    return image_study(study, size=SIZE).counts


# one radiograph


def test_a_radiograph_shows_exactly_the_findings_of_its_study():
    study = with_finding(with_drawn("effusion"), with_drawn("nodule").findings[0])
    shot = image_study(study, size=SIZE)
    shown = [kind for kind in FINDINGS if shot.masks[kind].any()]
    assert shown == ["nodule", "effusion"]
    assert (shot.image.shape, shot.image.dtype) == ((SIZE, SIZE), np.uint8)
    assert shot.pixel_mm == FIELD_MM / SIZE
    # air is black, lung dark, abdomen white
    image = image_study(HEALTHY, size=SIZE).image
    assert image[:4, :4].mean() < image[34:45, 21:28].mean() < image[88:, 30:66].mean()
    for size in (31, 1025):
        with pytest.raises(ValueError, match=f"size is {size}"):
            image_study(HEALTHY, size=size)


def test_the_same_study_gives_the_same_pixels_in_another_process():
    code = (
        "from tests.phantoms.test_study import counts_of, with_drawn\n"
        "print(counts_of(with_drawn('oedema')).astype(float).sum())"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert float(said) == counts_of(with_drawn("oedema")).astype(float).sum()


def test_dose_and_collimation_reach_the_detector():
    once = counts_of(HEALTHY)
    twice = counts_of(replace(HEALTHY, technique=Technique(dose=2.0)))
    assert np.median(twice / once) == pytest.approx(2.0, rel=0.01)
    strip = Technique(margins_mm=(0, 0, 8 * FIELD_MM / SIZE, 0))  # 8 rows
    shut = counts_of(replace(HEALTHY, technique=strip))
    assert shut[:7].mean() < 0.25 * once[:7].mean()
    assert shut[20:].mean() > 0.8 * once[20:].mean()


def test_fill_lungs_replaces_no_more_than_the_lung_that_is_left():
    # one ray: 10 mm lung with 2 mm vessels, 50 mm soft tissue
    def ray(value):
        return np.full((1, 1), value, np.float32)

    paths = Paths({"soft tissue": ray(50)}, ray(10), ray(2), ray(1), None)
    fluid = Filling("fluid", [Piece(ray(0), ray(4))])  # 4 of 10 mm: vessels x 0.6
    nodule = Filling("soft tissue", [Piece(ray(0), ray(9))], clears_vessels=False)
    wet = fill_lungs(paths, [fluid], ray(1))
    assert (wet.lung.item(), wet.vessels.item()) == (6, pytest.approx(1.2))
    filled = fill_lungs(paths, [fluid, nodule], ray(1))
    assert filled.tissue["water"].item() == pytest.approx(4)
    assert filled.tissue["soft tissue"].item() == pytest.approx(50 + 6)
    # 1.2 mm of vessels are left beside the fluid, and no lung to hold them
    assert (filled.lung.item(), filled.vessels.item()) == (0, 0)


def test_to_pixels_averages_by_area():
    # 3 cells to 2 pixels: each pixel holds one and a half cells
    # [6, 0, 3] -> [(6 + 0/2) / 1.5, (0/2 + 3) / 1.5] = [4, 2]
    row = np.array([[6.0, 0.0, 3.0]] * 3)
    np.testing.assert_allclose(to_pixels(row, 2), [[4.0, 2.0], [4.0, 2.0]])


# twins differ only where they should


@pytest.mark.parametrize("kind", ["consolidation", "nodule", "effusion"])
def test_a_twin_differs_by_its_finding_and_a_little_scatter(kind):
    ill = with_drawn(kind)
    well = without_finding(ill, kind)
    before, after = (set_scene(study, size=SIZE) for study in (ill, well))
    outside = before.filled_mm[kind] == 0
    change = optical_depth(before.paths) - optical_depth(after.paths)
    assert outside.mean() > 0.5
    np.testing.assert_allclose(change[outside], 0, atol=1e-6)
    assert change[~outside].max() > 0.05
    # away from the finding by more than the light spreads automatic exposure is a
    # common factor; the rest is scatter, and the noise is the same noise
    filled = to_pixels(before.filled_mm[kind], SIZE)
    far = ~binary_dilation(filled > 0, iterations=3)
    ratio = counts_of(ill)[far] / counts_of(well)[far]
    assert np.percentile(np.abs(ratio / np.median(ratio) - 1), 95) < 0.06
    other = counts_of(replace(ill, noise=9))[far] / counts_of(ill)[far]
    noise = [np.median(np.abs(np.diff(part))) for part in (other, ratio)]
    assert noise[0] > 5 * noise[1]


def test_with_and_without_finding_are_inverse_and_keep_one_of_a_kind():
    ill = with_drawn("consolidation")
    assert without_finding(ill, "consolidation") == HEALTHY
    assert without_finding(HEALTHY, "nodule") == HEALTHY
    both = with_finding(with_drawn("nodule"), ill.findings[0])
    assert [finding.kind for finding in both.findings] == ["consolidation", "nodule"]
    assert len(with_finding(both, ill.findings[0]).findings) == 2
    assert both.finding("nodule") is both.findings[1]
    assert HEALTHY.finding("nodule") is None
    assert both.has_device("pacemaker")
    assert not both.has_device("drain")
    with pytest.raises(ValueError, match="measles"):
        without_finding(HEALTHY, "measles")


def test_a_twin_without_its_marker_or_device_differs_there_alone():
    first = counts_of(HEALTHY)
    bare = counts_of(replace(HEALTHY, markers=()))
    rows, columns = np.nonzero(np.abs(first / bare - 1) > 1e-3)
    # the letter's middle is 150 mm left of and above the middle
    middle = (SIZE - 1) / 2 - 150 / (FIELD_MM / SIZE)
    assert np.abs(rows - middle).max() <= 5
    assert np.abs(columns - middle).max() <= 5
    assert (counts_of(replace(HEALTHY, devices=())) / first).max() > 1.5
