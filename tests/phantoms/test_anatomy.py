"""Realism check 8 and the shape of the chest, measured on the solids themselves."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms import draw_patient, render_chest
from phantoms.chest.anatomy import SMALLEST_RADIUS_MM, build_anatomy, chest_solids
from phantoms.chest.patients import People, Posture, with_sex
from phantoms.chest.projection import flat_view
from phantoms.chest.thorax import cage_interval, dome_interval, heart_interval
from phantoms.shapes.solids import (
    HeightTable,
    Tube,
    ellipsoid,
    extent,
    hull,
    intersect,
    length,
    subtract,
    total_length,
    tube_interval,
)


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
    lung = total_length(chest_solids(anatomy, flat_view(x, z)).lungs)
    for side in (-1, 1):
        lateral = (lung > 1) & (side * x > 125)
        medial = (lung > 100) & (side * x > 40) & (side * x < 90)
        assert z[lateral].min() < z[medial].min() - 5


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


def test_dome_is_higher_when_the_breath_is_shallow():
    thorax = build_anatomy(draw_patient(2, cohort_seed=2026)).thorax
    x, z = grid(2.0)
    deep, shallow = (
        z[length(dome_interval(thorax, x, z, raised_mm=r)) > 0].max() for r in (0, 20)
    )
    assert shallow - deep == pytest.approx(20, abs=2)


def test_extent_holds_all_of_a_solid_and_no_more():
    back = np.zeros((5, 6))
    back[2, 1] = back[3, 4] = 1.0
    assert extent((np.zeros((5, 6)), back)) == (slice(2, 4), slice(1, 5))
    assert extent((back, back)) is None


def test_subtract_in_two_dimensions_touches_the_hole_only():
    front, back = np.zeros((4, 4)), np.full((4, 4), 10.0)
    hole = (np.zeros((4, 4)), np.zeros((4, 4)))
    hole[0][1, 2], hole[1][1, 2] = 3.0, 7.0
    rest = total_length(subtract([(front, back)], hole))
    # 10 mm everywhere, 3 + 3 in the one pixel with a hole of 4
    assert rest[1, 2] == 6
    assert (np.delete(rest.ravel(), 6) == 10).all()


def test_the_aorta_is_wider_and_the_chest_deeper_in_old_age():
    def mean(part, low, high):
        chosen = (draw_patient(n, cohort_seed=3) for n in range(1, 300))
        return np.mean([part(p) for p in chosen if low <= p.age < high])

    assert mean(lambda p: p.aorta_factor, 65, 91) > 1.1 * mean(
        lambda p: p.aorta_factor, 18, 45
    )
    assert mean(lambda p: p.barrel, 65, 91) > 1.3 * mean(lambda p: p.barrel, 18, 45)


def test_a_barrel_chest_has_low_flat_domes_and_a_narrow_heart():
    patient = draw_patient(2, cohort_seed=2026)
    slim, barrel = (
        build_anatomy(replace(patient, barrel=b)).thorax for b in (0.0, 1.0)
    )
    assert barrel.dome_top[0] == pytest.approx(slim.dome_top[0] - 14)
    assert barrel.dome_fall < 0.7 * slim.dome_fall
    assert barrel.heart_radius.max() < slim.heart_radius.max()
    assert barrel.cage_depth(np.zeros(1)) > slim.cage_depth(np.zeros(1))


def test_the_other_sex_is_the_same_person():
    patient = draw_patient(2, cohort_seed=2026)
    other = with_sex(patient, "F" if patient.sex == "M" else "M")
    assert with_sex(other, patient.sex) == replace(patient, stretch=pytest.approx(
        patient.stretch))  # fmt: skip
    kept = ("patient_id", "age", "fat_mm", "heart_factor", "aorta_factor", "seed")
    assert all(getattr(other, name) == getattr(patient, name) for name in kept)
    women = [other if other.sex == "F" else patient]
    assert women[0].breast_mm > 0


def test_a_woman_made_a_man_has_no_breasts_and_a_larger_chest():
    woman = next(
        p
        for p in (draw_patient(n, cohort_seed=2026) for n in range(1, 30))
        if p.sex == "F"
    )
    man = with_sex(woman, "M")
    assert man.breast_mm == 0
    assert man.stretch[0] - woman.stretch[0] == pytest.approx(0.085)
    with pytest.raises(ValueError, match="sex is 'X'"):
        with_sex(woman, "X")


def test_people_decide_age_and_sex():
    young = People(age_mean=30, age_sd=5, female_share=1.0)
    drawn = [draw_patient(n, cohort_seed=1, people=young) for n in range(1, 80)]
    assert all(p.sex == "F" for p in drawn)
    assert np.mean([p.age for p in drawn]) == pytest.approx(30, abs=2)


def test_posture_is_checked():
    with pytest.raises(ValueError, match="heart_factor is 0"):
        Posture(heart_factor=0)
