"""Realism check 8 and the shape of the chest, measured on the solids themselves."""

import numpy as np
import pytest

from helpers.phantoms import draw_examination, draw_patient, render_chest
from helpers.phantoms.chest.anatomy import build_anatomy, chest_solids
from helpers.phantoms.chest.projection import make_view
from helpers.phantoms.chest.pulmonary_tree import SMALLEST_RADIUS_MM
from helpers.phantoms.chest.thorax import cage_interval, dome_interval, heart_interval
from helpers.phantoms.shapes.solids import (
    HeightTable,
    ellipsoid,
    hull,
    intersect,
    length,
    subtract,
    total_length,
)
from helpers.phantoms.shapes.tubes import Tube, tube_interval


def interval(*bounds):
    return tuple(np.array([float(b)]) for b in bounds)


def grid(step=1.0):
    x, z = np.meshgrid(np.arange(-190, 190, step), np.arange(170, -220, -step))
    return x.astype(np.float32), z.astype(np.float32)


def test_subtract_splits_a_piece_in_two():
    rest = subtract([interval(0, 100)], interval(40, 60))
    assert [(float(a[0]), float(b[0])) for a, b in rest] == [(0, 40), (60, 100)]


def test_subtract_across_a_gap_between_two_pieces():
    # pieces 0-40 and 60-100, hole 30-70: 0-30 and 70-100 stay
    rest = subtract([interval(0, 40), interval(60, 100)], interval(30, 70))
    assert float(total_length(rest)[0]) == 60


def test_subtract_of_an_empty_hole_changes_nothing():
    rest = subtract([interval(0, 40), interval(60, 100)], interval(50, 50))
    assert float(total_length(rest)[0]) == 80


def test_subtract_agrees_with_counting_on_a_line():
    rng = np.random.default_rng(0)
    line = np.arange(0, 100, 0.05) + 0.025
    for _ in range(50):
        pieces, there = [interval(5, 95)], (line > 5) & (line < 95)
        for _ in range(4):
            low, high = np.sort(rng.uniform(0, 100, 2))
            pieces = subtract(pieces, interval(low, high))
            there &= ~((line > low) & (line < high))
        counted = there.sum() * 0.05
        assert float(total_length(pieces)[0]) == pytest.approx(counted, abs=0.5)


def test_hull_and_intersection_of_two_intervals():
    both = hull(interval(0, 10), interval(30, 40))
    assert [float(side[0]) for side in both] == [0, 40]
    # an empty interval adds nothing
    assert float(length(hull(interval(0, 10), interval(50, 50)))[0]) == 10
    assert float(length(intersect(interval(0, 10), interval(6, 20)))[0]) == 4


def test_thickness_of_a_ball_adds_up_to_its_volume():
    x, z = grid(0.5)
    ball = ellipsoid(x, z, centre=(10, 0, -30), radii=(20, 20, 20))
    volume = length(ball).sum() * 0.25
    assert volume == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.01)


def test_height_table_goes_through_its_points():
    table = HeightTable.through([-100, 0, 50], [10, 20, 5])
    np.testing.assert_allclose(table(np.array([-300, -100, 0, 50])), [10, 10, 20, 5])


def test_tube_along_z_has_a_chord_of_twice_its_radius():
    x, z = grid()
    tube = Tube(np.array([[20, 5, 50], [20, 5, -50.0]]), np.array([8.0, 8.0]))
    thick = length(tube_interval(tube, x, z))
    assert thick.max() == pytest.approx(16, abs=0.05)
    # 100 mm cylinder and two half balls at its ends
    volume = np.pi * 64 * 100 + 4 / 3 * np.pi * 512
    assert thick.sum() == pytest.approx(volume, rel=0.02)


def heart_and_chest_width(number):
    anatomy = build_anatomy(draw_patient(number, cohort_seed=2026))
    x, z = grid()
    heart = length(heart_interval(anatomy.thorax, x, z, raised_mm=0)) > 0
    rows = (z[:, 0] < 0) & (z[:, 0] > -135)
    widest = length(cage_interval(anatomy.thorax, x, z)) > 0
    width = [np.ptp(x[shape & rows[:, None]]) for shape in (heart, widest)]
    return width[0] / width[1]


def test_cardiothoracic_ratio_is_about_045():
    ratios = [heart_and_chest_width(number) for number in range(1, 61)]
    assert np.mean(ratios) == pytest.approx(0.45, abs=0.025)
    assert np.mean(np.array(ratios) < 0.5) > 0.85


def test_heart_lies_two_thirds_to_the_left_on_the_images_right():
    anatomy = build_anatomy(draw_patient(2, cohort_seed=2026))
    x, z = grid()
    heart = length(heart_interval(anatomy.thorax, x, z, raised_mm=0)) > 0
    assert 0.55 < (x[heart] > 0).mean() < 0.8


def test_right_dome_stands_above_the_left():
    gaps = []
    for number in range(1, 31):
        top = build_anatomy(draw_patient(number, cohort_seed=2026)).thorax.dome_top
        gaps.append(top[0] - top[1])
    assert 10 < np.mean(gaps) < 20
    assert min(gaps) > 0


def test_nine_to_ten_posterior_ribs_stand_above_the_right_dome():
    counts = []
    for number in range(1, 41):
        anatomy = build_anatomy(draw_patient(number, cohort_seed=2026))
        ribs = anatomy.skeleton.rib_height[0]
        counts.append((ribs > anatomy.thorax.dome_top[0]).sum())
    assert 9 <= np.mean(counts) <= 10.5


def test_costophrenic_angles_lie_below_the_domes():
    anatomy = build_anatomy(draw_patient(2, cohort_seed=2026))
    x, z = grid()
    lung = total_length(chest_solids(anatomy, x, z, raised_mm=0).lungs)
    for side in (-1, 1):
        lateral = (lung > 1) & (side * x > 125)
        medial = (lung > 100) & (side * x > 40) & (side * x < 90)
        assert z[lateral].min() < z[medial].min() - 5


def test_deep_inspiration_shows_more_lung():
    anatomy = build_anatomy(draw_patient(2, cohort_seed=2026))
    x, z = grid(2.0)
    deep, shallow = (
        total_length(chest_solids(anatomy, x, z, raised_mm=r).lungs).sum()
        for r in (0, 30)
    )
    assert 0.6 < shallow / deep < 0.95
    # in litres: 4 mm2 a pixel, 1e6 mm3 a litre
    assert 3 < deep * 4e-6 < 8


def test_vessels_taper_and_obey_murray():
    tree = build_anatomy(draw_patient(2, cohort_seed=2026)).tree
    assert tree.radius.min() > SMALLEST_RADIUS_MM
    starts = {tuple(np.round(s, 6)): [] for s in tree.start}
    for start, radius in zip(tree.start, tree.radius, strict=True):
        starts[tuple(np.round(start, 6))].append(radius)
    checked = 0
    for end, radius in zip(tree.end, tree.radius, strict=True):
        daughters = starts.get(tuple(np.round(end, 6)), [])
        if len(daughters) == 2:
            assert sum(d**3 for d in daughters) == pytest.approx(radius**3, rel=1e-6)
            checked += 1
    assert checked > 100


def test_vessels_are_sparser_at_the_periphery():
    anatomy = build_anatomy(draw_patient(2, cohort_seed=2026))
    tree, off = anatomy.tree, np.abs(anatomy.tree.start[:, 0])
    blood = np.pi * tree.radius**2 * np.linalg.norm(tree.end - tree.start, axis=1)
    inner, outer = blood[(off > 40) & (off < 70)].sum(), blood[off > 100].sum()
    assert inner > 2 * outer


def test_bone_is_white_and_air_is_black():
    image = render_chest(draw_patient(2, cohort_seed=2026), size=128).image
    corner = image[:6, :6].mean()
    lung = image[45:60, 28:38].mean()
    abdomen = image[115:125, 40:88].mean()
    assert corner < lung < abdomen


def test_rotation_moves_front_and_back_apart():
    patient = draw_patient(2, cohort_seed=2026)
    view = make_view(patient, draw_examination(patient), size=64)
    front, back = view.at_depth(-80.0)[0], view.at_depth(80.0)[0]
    assert np.allclose(front - back, 160 * view.rotation, atol=1e-3)


def test_dome_is_higher_when_the_breath_is_shallow():
    thorax = build_anatomy(draw_patient(2, cohort_seed=2026)).thorax
    x, z = grid(2.0)
    deep, shallow = (
        z[length(dome_interval(thorax, x, z, raised_mm=r)) > 0].max() for r in (0, 20)
    )
    assert shallow - deep == pytest.approx(20, abs=2)
