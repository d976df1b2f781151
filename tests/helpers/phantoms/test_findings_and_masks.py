"""Findings: in the lung, brighter than without, the same at both visits."""

import numpy as np
import pytest

from helpers.phantoms import draw_examination, draw_patient, render_chest
from helpers.phantoms.chest.anatomy import build_anatomy
from helpers.phantoms.chest.projection import make_view
from helpers.phantoms.chest.tracing import trace_paths
from helpers.phantoms.findings.airspace import (
    FINDINGS,
    FREQUENCY,
    draw_consolidation,
    draw_nodules,
    finding_at_visit,
    in_lung,
)
from helpers.phantoms.findings.filling import MASK_THRESHOLD_MM
from helpers.phantoms.shapes.solids import total_length
from helpers.phantoms.study.radiograph import to_pixels

PATIENTS = [draw_patient(n, cohort_seed=11) for n in range(1, 13)]


@pytest.mark.parametrize("kind", FINDINGS)
def test_finding_raises_brightness_inside_its_mask(kind):
    gains, outside = [], []
    for patient in PATIENTS:
        # the twin: same patient, same day, same noise seed, without the finding
        sick = render_chest(patient, size=128, findings=(kind,))
        well = render_chest(patient, size=128, findings=())
        change = sick.image.astype(float) - well.image
        mask = sick.masks[kind]
        assert mask.any()
        gains.append(change[mask].mean())
        outside.append(np.abs(change[~mask]).mean())
    assert min(gains) > 0
    assert np.mean(gains) > 5 * np.mean(outside)


@pytest.mark.parametrize("kind", FINDINGS)
def test_masks_lie_inside_the_lungs(kind):
    for patient in PATIENTS[:6]:
        shot = render_chest(patient, size=128, findings=(kind,))
        view = make_view(patient, shot.examination, size=128)
        paths = trace_paths(build_anatomy(patient), shot.examination, view)
        lung = total_length(paths.solids.lungs)
        assert (lung[shot.masks[kind]] > 0).mean() > 0.97


def test_a_finding_never_fills_more_than_the_lung():
    for patient in PATIENTS[:4]:
        examination = draw_examination(patient)
        shot = render_chest(patient, size=96, findings=FINDINGS)
        view = make_view(patient, examination, size=144)
        lung = to_pixels(
            trace_paths(build_anatomy(patient), examination, view).lung, 96
        )
        for kind in FINDINGS:
            assert (shot.filled_mm[kind] <= lung + 0.01).all()


def test_mask_is_where_the_stated_thickness_is_reached():
    shot = render_chest(PATIENTS[0], size=96, findings=FINDINGS)
    for kind in FINDINGS:
        thick = shot.filled_mm[kind] >= MASK_THRESHOLD_MM[kind]
        np.testing.assert_array_equal(shot.masks[kind], thick)


def test_mask_at_512_is_the_mask_at_128_in_more_detail():
    coarse = render_chest(PATIENTS[1], size=128, findings=("consolidation",))
    fine = render_chest(PATIENTS[1], size=512, findings=("consolidation",))
    shrunk = to_pixels(fine.masks["consolidation"].astype(float), 128) > 0.5
    both = (shrunk & coarse.masks["consolidation"]).sum()
    either = shrunk.sum() + coarse.masks["consolidation"].sum()
    assert 2 * both / either > 0.9


def test_healthy_twin_has_empty_masks():
    shot = render_chest(PATIENTS[0], size=64, findings=())
    assert not any(mask.any() for mask in shot.masks.values())


def test_prevalence_is_near_the_stated_frequency():
    anatomy = [build_anatomy(draw_patient(n, cohort_seed=3)) for n in range(1, 241)]
    for kind in FINDINGS:
        shown = [finding_at_visit(a, kind, visit=1) is not None for a in anatomy]
        # three standard errors of 240 patients are at most 0.10
        assert np.mean(shown) == pytest.approx(FREQUENCY[kind], abs=0.10)


def test_most_consolidations_persist_and_some_heal_or_appear():
    anatomy = [build_anatomy(draw_patient(n, cohort_seed=3)) for n in range(1, 241)]
    first = [finding_at_visit(a, "consolidation", visit=1) is not None for a in anatomy]
    later = [finding_at_visit(a, "consolidation", visit=2) is not None for a in anatomy]
    first, later = np.array(first), np.array(later)
    assert 0.75 < later[first].mean() < 0.97
    assert 0.02 < later[~first].mean() < 0.20


def test_a_persisting_finding_stays_where_it_was():
    for patient in PATIENTS:
        anatomy = build_anatomy(patient)
        before = finding_at_visit(anatomy, "nodule", visit=1)
        after = finding_at_visit(anatomy, "nodule", visit=2)
        if before is not None and after is not None:
            np.testing.assert_array_equal(before.centres, after.centres)
            assert not np.array_equal(before.radii, after.radii)
            return
    pytest.fail("no patient of this seed has a nodule at both visits")


def test_drawn_findings_begin_in_the_lung_and_nodules_measure_6_to_30_mm():
    anatomy = build_anatomy(PATIENTS[0])
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert in_lung(anatomy, draw_consolidation(anatomy, rng).centres[:1]).all()
        nodules = draw_nodules(anatomy, rng)
        middles, radii = nodules.centres[::4], nodules.radii[::4] / 0.92
        assert in_lung(anatomy, middles).all()
        assert ((radii >= 3) & (radii <= 15)).all()


def test_to_pixels_averages_by_area():
    # 3 cells to 2 pixels: each pixel holds one and a half cells
    # [6, 0, 3] -> [(6 + 0/2) / 1.5, (0/2 + 3) / 1.5] = [4, 2]
    row = np.array([[6.0, 0.0, 3.0]] * 3)
    np.testing.assert_allclose(to_pixels(row, 2), [[4.0, 2.0], [4.0, 2.0]])
