"""People, their organs and layers of tissue: shape of the chest, posture, volumes."""

import numpy as np
import pytest

from phantoms.chest.anatomy import (
    SMALLEST_RADIUS_MM,
    build_anatomy,
    chest_solids,
    posed_tree,
)
from phantoms.chest.layers import optical_depth, tissue_layers, trace_paths
from phantoms.chest.patients import (
    UPRIGHT,
    People,
    Posture,
    draw_examination,
    draw_patient,
    posture_of,
)
from phantoms.chest.projection import flat_view, make_view
from phantoms.physics.attenuation import attenuation_per_mm
from phantoms.shapes.solids import intersect, length, path_length, total_length

GASSY = Posture(gas_mm=30.0, gas_kind="both")


def coarse(step=6.0):
    across, down = np.arange(-210, 211, step), np.arange(150, -181, -step)
    return flat_view(*np.meshgrid(across, down))


def anatomy_of(number):
    return build_anatomy(draw_patient(number, cohort_seed=2026))


def depth_of(layers, name, view):
    return path_length(layers[name], shape=view.x.shape)


def lung_litres(anatomy, posture=UPRIGHT, step=4.0):
    """Volume of both lungs, tissue and gas."""
    view = coarse(step)
    depth = total_length(chest_solids(anatomy, view, posture=posture).lungs)
    return depth.sum() * step**2 * np.prod(anatomy.patient.stretch) * 1e-6


# people and their days


def test_people_decide_age_and_sex():
    young = People(age_mean=30, age_sd=5, female_share=1.0)
    drawn = [draw_patient(n, cohort_seed=1, people=young) for n in range(1, 80)]
    assert all(p.sex == "F" and p.breast_mm > 0 for p in drawn)
    assert np.mean([p.age for p in drawn]) == pytest.approx(30, abs=2)
    men = People(female_share=0.0)
    men = [draw_patient(n, cohort_seed=1, people=men) for n in range(1, 80)]
    assert all(p.sex == "M" and p.breast_mm == 0 for p in men)
    # men are larger by 0.085 of the reference, whatever else chance has it
    sizes = [np.mean([p.stretch[0] for p in group]) for group in (drawn, men)]
    assert sizes[1] - sizes[0] == pytest.approx(0.085, abs=0.02)


def test_bedside_films_are_reclined_with_higher_domes_and_shoulders():
    people = [draw_patient(n, cohort_seed=2026) for n in range(1, 60)]
    pa = [draw_examination(p) for p in people]
    ap = [draw_examination(p, view="AP") for p in people]
    assert all(e.supine for e in ap)
    assert not any(e.supine for e in pa)
    for name, least in (("inspiration_mm", 8), ("shoulders_mm", 10)):
        more = np.mean([getattr(e, name) for e in ap])
        assert more - np.mean([getattr(e, name) for e in pa]) > least
    with pytest.raises(ValueError, match="LAT"):
        draw_examination(people[0], view="LAT")


# organs


def test_the_heart_lies_two_thirds_to_the_left_and_the_right_dome_above_the_left():
    view = coarse(2.0)
    heart = length(chest_solids(anatomy_of(2), view).heart) > 0
    low = heart & (view.z < -40)
    assert 0.55 < (view.x[low] > 0).mean() < 0.8
    tops = np.array([anatomy_of(n).thorax.dome_top for n in range(1, 31)])
    gaps = tops[:, 0] - tops[:, 1]
    assert 10 < gaps.mean() < 20
    assert gaps.min() > 0


def test_the_heart_rests_on_the_diaphragm_and_meets_the_chest_wall_in_front():
    view = flat_view(*np.meshgrid(np.arange(10.0, 41, 3), np.arange(-80.0, -170, -2)))
    for number in (1, 2, 3, 4):
        lungs = chest_solids(anatomy_of(number), view).lungs
        assert total_length([intersect(p, (-99.0, -5.0)) for p in lungs]).mean() < 0.5


def test_vessels_taper_and_obey_murray():
    tree = anatomy_of(2).tree
    assert tree.radius.min() > SMALLEST_RADIUS_MM
    daughters = {}
    for start, radius in zip(tree.start, tree.radius, strict=True):
        daughters.setdefault(tuple(np.round(start, 6)), []).append(radius)
    checked = 0
    for end, radius in zip(tree.end, tree.radius, strict=True):
        two = daughters.get(tuple(np.round(end, 6)), [])
        if len(two) == 2:
            assert sum(d**3 for d in two) == pytest.approx(radius**3, rel=1e-6)
            checked += 1
    assert checked > 100


def test_total_lung_capacity_of_men_and_women():
    # gas is what tissue and blood (1.05 g/cm3) leave of a lung of 0.26 g/cm3 times
    # the person's own density: 4.2 to 5 l in women and 6 to 7 l in men
    litres = {"F": [], "M": []}
    for number in range(1, 41):
        anatomy = anatomy_of(number)
        gas = 1 - 0.26 * anatomy.patient.lung_density / 1.05
        litres[anatomy.patient.sex].append(lung_litres(anatomy) * gas)
    assert 4.2 < np.mean(litres["F"]) < 5.2
    assert 5.6 < np.mean(litres["M"]) < 7.0
    assert 3.0 < min(litres["F"]) < max(litres["M"]) < 9.0


# posture


def test_lungs_empty_with_the_breath_and_grow_denser():
    anatomy = anatomy_of(2)
    deep, shallow = lung_litres(anatomy), lung_litres(anatomy, Posture((30.0, 30.0)))
    assert 0.7 < shallow / deep < 0.92
    view = coarse()
    thin, dense = (trace_paths(anatomy, Posture((r, r)), view) for r in (0, 30))
    # tissue stays when gas leaves: density goes with one over the volume
    denser = dense.lung_mottle.mean() / thin.lung_mottle.mean()
    assert denser == pytest.approx(deep / shallow, rel=0.08)


def test_a_shift_moves_heart_trachea_and_hila_but_not_the_spine():
    anatomy, view = anatomy_of(2), coarse(3.0)

    def middles(posture):
        solids = chest_solids(anatomy, view, posture=posture)
        low = (view.z > -10) & (view.z < 30)
        return [
            float(view.x[(back > front) & low].mean())
            for front, back in (solids.airway, solids.heart, solids.spine)
        ]

    shifted = Posture(mediastinum_mm=20.0)
    by = np.subtract(middles(shifted), middles(UPRIGHT))
    assert by == pytest.approx([20, 20, 0], abs=3)
    moved = posed_tree(anatomy, shifted).start - anatomy.tree.start
    off = np.abs(anatomy.tree.start[:, 0])
    low = anatomy.tree.start[:, 2] < 30
    assert moved[(off < 40) & low, 0] == pytest.approx(20)
    assert moved[off > 120] == pytest.approx(0)


# layers and paths


def covered(pieces, depth, shape):
    """Return how many pieces hold a depth at each ray, borders not counted."""
    count = np.zeros(shape, int)
    for front, back, _, window in pieces:
        count[window] += (depth > front + 0.01) & (depth < back - 0.01)
    return count


@pytest.mark.parametrize("number", [2, 3, 11])
def test_layers_are_disjoint_and_fill_no_more_than_the_body(number):
    view = coarse()
    layers = tissue_layers(anatomy_of(number), GASSY, view)
    names = ("lung", "blood", "air", "adipose", "gland")
    soft = [piece for name in names for piece in layers[name]]
    for depth in np.arange(-150, 140, 7.3):
        count = covered(soft, depth, view.x.shape)
        # gland and fat share the breast by their weights: the only double cover
        gland = covered(layers["gland"], depth, view.x.shape)
        assert (count - gland).max() <= 1
    body = depth_of(layers, "body", view)
    inside = sum(depth_of(layers, n, view) for n in layers if n != "body")
    # bones of neighbours may touch: 6 mm of 250
    assert (inside - body)[np.abs(view.x) < 140].max() < 6


@pytest.mark.parametrize("view_name", ["PA", "AP"])
def test_lung_path_agrees_with_marching_along_the_oblique_ray(view_name):
    anatomy = anatomy_of(3)
    examination = draw_examination(anatomy.patient, view=view_name)
    view = make_view(anatomy.patient, examination, size=48)
    posture = posture_of(examination)
    step, marched = 2.0, np.zeros(view.x.shape)
    for depth in np.arange(-125 + step / 2, 125, step):
        # a point (x, depth, z) is in the lung when its own line in depth says so
        here = flat_view(*view.at_depth(depth))
        for front, back in chest_solids(anatomy, here, posture=posture).lungs:
            marched += step * ((front < depth) & (depth < back))
    lung = depth_of(tissue_layers(anatomy, posture, view), "lung", view)
    chest = marched > 20
    assert lung[chest].sum() == pytest.approx(marched[chest].sum(), rel=0.02)
    assert np.abs(lung - marched)[chest].mean() < 0.05 * marched[chest].mean()
    # paths are true millimetres along the ray
    paths = trace_paths(anatomy, posture, view)
    true = lung * anatomy.patient.stretch[1] * view.slant()
    np.testing.assert_allclose(paths.lung, true, rtol=1e-5)


def test_optical_depth_is_the_sum_of_attenuation_times_path():
    paths = trace_paths(anatomy_of(3), UPRIGHT, coarse(30.0))
    mu = {m: attenuation_per_mm(m, energy_kev=60) for m in ("lung", "blood")}
    # blood in the lung's vessels takes the place of lung
    expected = mu["lung"] * (paths.lung - paths.vessels) * paths.lung_mottle
    expected += mu["blood"] * paths.vessels
    for material, path in paths.tissue.items():
        expected += attenuation_per_mm(material, energy_kev=60) * path
    found = optical_depth(paths, energy_kev=60)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
