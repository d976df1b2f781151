"""Counterfactual twins: exactly one thing changes, and the noise can be kept."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.layers import optical_depth
from phantoms.chest.patients import draw_examination, draw_patient
from phantoms.chest.projection import FIELD_MM
from phantoms.devices.draw import draw_pacemaker
from phantoms.devices.markers import Marker
from phantoms.findings.draw import draw_finding
from phantoms.physics.scanners import SCANNERS
from phantoms.study.radiograph import image_study, set_scene, to_pixels
from phantoms.study.study import (
    Study,
    as_sex,
    moved_finding,
    on_scanner,
    with_finding,
    with_new_noise,
    without_devices,
    without_finding,
    without_marker,
)

SIZE = 128
PATIENT = draw_patient(7, cohort_seed=5)
ANATOMY = build_anatomy(PATIENT)
HEALTHY = Study(
    PATIENT,
    draw_examination(PATIENT),
    SCANNERS["Birch Vista"],
    devices=(draw_pacemaker(ANATOMY, np.random.default_rng(2)),),
    markers=(Marker("R", -150.0, 150.0),),
)


def with_drawn(kind: str, seed: int = 4) -> Study:
    """Return the healthy study with one finding."""
    return with_finding(
        HEALTHY, draw_finding(kind, ANATOMY, np.random.default_rng(seed))
    )


@pytest.mark.parametrize("kind", ["consolidation", "nodule", "effusion"])
def test_without_finding_leaves_every_other_ray_as_it_was(kind):
    ill = with_drawn(kind)
    well = without_finding(ill, kind)
    before, after = (set_scene(s, size=SIZE) for s in (ill, well))
    outside = before.filled_mm[kind] == 0
    change = optical_depth(before.paths) - optical_depth(after.paths)
    assert outside.mean() > 0.5
    np.testing.assert_allclose(change[outside], 0, atol=1e-6)
    assert change[~outside].max() > 0.05


@pytest.mark.parametrize("kind", ["consolidation", "nodule", "effusion"])
def test_without_finding_scatter_changes_the_rest_by_a_few_per_cent(kind):
    ill = with_drawn(kind)
    before, after = (
        image_study(s, size=SIZE).counts for s in (ill, without_finding(ill, kind))
    )
    filled = to_pixels(set_scene(ill, size=SIZE).filled_mm[kind], SIZE)
    # away from the finding by more than the light spreads
    far = ~binary_dilation(filled > 0, iterations=3)
    ratio = before[far] / after[far]
    # automatic exposure is a common factor; the rest is scatter, which is smooth
    assert np.percentile(np.abs(ratio / np.median(ratio) - 1), 95) < 0.06


def test_kept_noise_is_the_same_noise_and_redrawn_noise_is_not():
    ill = with_drawn("nodule")
    first = image_study(ill, size=SIZE).counts
    kept = image_study(without_finding(ill, "nodule"), size=SIZE).counts
    redrawn = image_study(with_new_noise(ill, 9), size=SIZE).counts
    # a difference of neighbours leaves noise and takes the smooth change away
    rows = slice(60, 110)

    def noise(counts):
        log = np.log(counts[rows, 8:24])  # the side of the body, far from the nodule
        return (log[:, 1:] - log[:, :-1]).ravel()

    same = np.std(noise(kept) - noise(first))
    other = np.std(noise(redrawn) - noise(first))
    assert other > 10 * same
    assert not np.array_equal(redrawn, first)


def test_with_and_without_finding_are_inverse():
    ill = with_drawn("consolidation")
    np.testing.assert_array_equal(
        image_study(without_finding(ill, "consolidation"), size=SIZE).image,
        image_study(HEALTHY, size=SIZE).image,
    )
    assert without_finding(HEALTHY, "nodule") == HEALTHY


def test_moved_finding_lies_elsewhere_and_is_of_the_same_kind():
    ill = with_drawn("nodule")
    moved = moved_finding(ill, "nodule", np.random.default_rng(0))
    old, new = ill.finding("nodule"), moved.finding("nodule")
    assert (old.side, old.zone) != (new.side, new.zone)
    assert moved.devices == ill.devices
    masks = [image_study(s, size=SIZE).masks["nodule"] for s in (ill, moved)]
    assert (masks[0] & masks[1]).sum() < 0.5 * masks[0].sum()


def test_without_marker_changes_only_the_letters():
    first = image_study(HEALTHY, size=SIZE).counts
    second = image_study(without_marker(HEALTHY), size=SIZE).counts
    changed = np.abs(first / second - 1) > 1e-3
    rows, columns = np.nonzero(changed)
    # the letter's middle is 150 mm left of and above the middle
    middle = (SIZE - 1) / 2 - 150 / (FIELD_MM / SIZE)
    assert changed.any()
    assert np.abs(rows - middle).max() <= 6
    assert np.abs(columns - middle).max() <= 6
    assert (first[changed] <= second[changed] * 1.01).all()


def test_without_devices_takes_all_or_one_kind():
    assert without_devices(HEALTHY).devices == ()
    assert without_devices(HEALTHY, "drain").devices == HEALTHY.devices
    assert without_devices(HEALTHY, "pacemaker").devices == ()
    first, second = (
        image_study(s, size=SIZE).counts for s in (HEALTHY, without_devices(HEALTHY))
    )
    assert (second / first).max() > 1.5


def test_on_scanner_keeps_the_chest_and_changes_the_picture():
    other = on_scanner(HEALTHY, "Cedar One")
    assert other.examination == HEALTHY.examination
    assert other.scanner.name == "Cedar One"
    a, b = (image_study(s, size=SIZE) for s in (HEALTHY, other))
    assert a.cardiothoracic_ratio == b.cardiothoracic_ratio
    # the same structures in other grey values
    assert np.corrcoef(np.log(a.counts).ravel(), np.log(b.counts).ravel())[0, 1] > 0.95
    assert np.abs(a.image.astype(int) - b.image).mean() > 5


def test_as_sex_changes_size_and_breasts_and_comes_back():
    other = "M" if PATIENT.sex == "F" else "F"
    twin = as_sex(HEALTHY, other)
    assert twin.patient.sex == other
    assert twin.patient.seed == PATIENT.seed
    assert twin.patient.age == PATIENT.age
    assert (twin.patient.breast_mm > 0) == (other == "F")
    back = as_sex(twin, PATIENT.sex).patient
    assert back.breast_mm == pytest.approx(PATIENT.breast_mm)
    assert back.stretch == pytest.approx(PATIENT.stretch)


def test_wrong_wishes_are_answered_with_what_there_is():
    with pytest.raises(ValueError, match="'measles'.*consolidation"):
        without_finding(HEALTHY, "measles")
    with pytest.raises(ValueError, match="no nodule to move; its findings: none"):
        moved_finding(HEALTHY, "nodule", np.random.default_rng(0))
    with pytest.raises(ValueError, match="cannot be moved"):
        moved_finding(
            with_drawn("cardiomegaly"), "cardiomegaly", np.random.default_rng(0)
        )
    with pytest.raises(ValueError, match="Choose one of: Alder DR 17"):
        on_scanner(HEALTHY, "Dogwood")
    with pytest.raises(ValueError, match="noise is 0"):
        with_new_noise(HEALTHY, 0)
