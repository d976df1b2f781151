"""Layers of tissue: disjoint, complete, met by oblique rays, moved by posture."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from phantoms import draw_examination, draw_patient
from phantoms.chest.anatomy import build_anatomy, chest_solids
from phantoms.chest.layers import tissue_layers, trace_paths
from phantoms.chest.patients import UPRIGHT, Posture, posture_of
from phantoms.chest.projection import flat_view, make_view
from phantoms.chest.volumes import lung_litres, total_lung_capacity_litres
from phantoms.shapes.solids import path_length, total_length

GASSY = Posture(gas_mm=30.0, gas_kind="both")


def coarse(step=6.0):
    return flat_view(
        *np.meshgrid(np.arange(-210, 211, step), np.arange(150, -181, -step))
    )


def anatomy_of(number):
    return build_anatomy(draw_patient(number, cohort_seed=2026))


def depth_of(layers, name, view):
    return path_length(layers[name], shape=view.x.shape)


def covered(pieces, depth, shape):
    """Return how many pieces hold a depth at each ray, borders not counted."""
    count = np.zeros(shape, int)
    for front, back, _, window in pieces:
        count[window] += (depth > front + 0.01) & (depth < back - 0.01)
    return count


@pytest.mark.parametrize("number", [2, 3, 11])
def test_lung_blood_air_and_fat_are_disjoint(number):
    view = coarse()
    layers = tissue_layers(anatomy_of(number), GASSY, view)
    soft = [piece for name in ("lung", "blood", "air", "adipose", "gland")
            for piece in layers[name]]  # fmt: skip
    for depth in np.arange(-150, 140, 7.3):
        count = covered(soft, depth, view.x.shape)
        # gland and fat share the breast by their weights: the only double cover
        gland = covered(layers["gland"], depth, view.x.shape)
        assert (count - gland).max() <= 1


def test_weights_of_gland_and_fat_in_a_breast_add_up_to_one():
    women = (draw_patient(n, cohort_seed=2026) for n in range(1, 30))
    woman = next(p for p in women if p.sex == "F")
    layers = tissue_layers(build_anatomy(woman), UPRIGHT, coarse())
    gland = layers["gland"][0]
    fat = [p for p in layers["adipose"] if np.array_equal(p.front, gland.front)]
    assert len(fat) == 1
    assert float(fat[0].weight) + float(gland.weight) == pytest.approx(1)


@pytest.mark.parametrize("number", [2, 3, 11])
def test_nothing_lies_outside_the_body(number):
    view = coarse()
    layers = tissue_layers(anatomy_of(number), GASSY, view)
    body = depth_of(layers, "body", view)
    inside = sum(depth_of(layers, n, view) for n in layers if n != "body")
    # bones of neighbours may touch: 6 mm of 250
    trunk = np.abs(view.x) < 140
    assert (inside - body)[trunk].max() < 6
    # the tip of the shoulder lies just under the skin, where all is counted as fat
    assert (inside - body).max() < 15
    # fat, lung and bone alone do not make a chest: muscle is left
    assert (body - inside)[body > 100].mean() > 20


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
    layers = tissue_layers(anatomy, posture, view)
    lung = depth_of(layers, "lung", view)
    chest = marched > 20
    assert lung[chest].sum() == pytest.approx(marched[chest].sum(), rel=0.02)
    assert np.abs(lung - marched)[chest].mean() < 0.05 * marched[chest].mean()


def test_paths_are_true_millimetres_along_the_ray():
    anatomy = anatomy_of(3)
    examination = draw_examination(anatomy.patient, view="AP")
    view = make_view(anatomy.patient, examination, size=48)
    paths = trace_paths(anatomy, posture_of(examination), view)
    layers = tissue_layers(anatomy, posture_of(examination), view)
    expected = depth_of(layers, "lung", view) * anatomy.patient.stretch[1]
    np.testing.assert_allclose(paths.lung, expected * view.slant(), rtol=1e-5)
    assert view.slant().max() > 1.01


def test_total_lung_capacity_of_men_and_women():
    litres = {"F": [], "M": []}
    for number in range(1, 61):
        anatomy = anatomy_of(number)
        litres[anatomy.patient.sex].append(total_lung_capacity_litres(anatomy))
    # about 4.2 to 5 l in women and 6 to 7 l in men
    assert 4.2 < np.mean(litres["F"]) < 5.2
    assert 5.6 < np.mean(litres["M"]) < 7.0
    assert min(litres["F"]) > 3.0
    assert max(litres["M"]) < 9.0


def test_a_raised_dome_empties_its_own_lung():
    anatomy, view = anatomy_of(2), coarse(4.0)

    def sides(posture):
        lung = total_length(chest_solids(anatomy, view, posture=posture).lungs)
        return lung[view.x < 0].sum(), lung[view.x > 0].sum()

    right, left = sides(UPRIGHT)
    lifted_right, lifted_left = sides(Posture(raised_mm=(30.0, 0.0)))
    assert lifted_right < 0.9 * right
    assert lifted_left == pytest.approx(left, rel=0.01)


def test_lungs_empty_with_the_breath_and_grow_denser():
    anatomy = anatomy_of(2)
    deep, shallow = lung_litres(anatomy), lung_litres(anatomy, Posture((30.0, 30.0)))
    assert 0.7 < shallow / deep < 0.92
    examination = replace(draw_examination(anatomy.patient), inspiration_mm=0.0)
    view = make_view(anatomy.patient, examination, size=48)
    dense = [
        trace_paths(anatomy, Posture((r, r)), view).lung_mottle.mean() for r in (0, 30)
    ]
    # tissue stays when gas leaves: density goes with one over the volume
    assert dense[1] / dense[0] == pytest.approx(deep / shallow, rel=0.08)


def test_a_shift_moves_heart_and_trachea_but_not_the_spine():
    anatomy, view = anatomy_of(2), coarse(3.0)

    def middles(posture):
        solids = chest_solids(anatomy, view, posture=posture)
        airway, heart, spine = solids.airway, solids.heart, solids.spine
        low = (view.z > -10) & (view.z < 30)
        return [
            float(view.x[(back > front) & low].mean())
            for front, back in (airway, heart, spine)
        ]

    still, moved = middles(UPRIGHT), middles(Posture(mediastinum_mm=20.0))
    by = np.subtract(moved, still)
    assert by[0] == pytest.approx(20, abs=2)
    assert by[1] == pytest.approx(20, abs=3)
    assert by[2] == 0


def test_gas_is_there_when_asked_for_and_only_under_the_diaphragm():
    anatomy, view = anatomy_of(2), coarse(3.0)
    air = {
        kind: depth_of(
            tissue_layers(anatomy, replace(GASSY, gas_kind=kind), view), "air", view
        )
        for kind in ("none", "fundus", "colon", "both")
    }
    abdomen = total_length([chest_solids(anatomy, view, posture=GASSY).abdomen])
    for kind in ("fundus", "colon", "both"):
        more = air[kind] - air["none"]
        assert more.max() > 10
        assert (more[abdomen == 0] == 0).all()
        # on the left, where stomach and splenic flexure are
        assert (view.x[more > 5] > 0).mean() > 0.9
    assert not np.array_equal(air["fundus"], air["colon"])


def test_arms_overhead_leave_the_body_alone():
    anatomy, view = anatomy_of(2), coarse()
    hanging = Posture(supine=True, arms_down=True)
    with_arms, without = (
        depth_of(tissue_layers(anatomy, posture, view), "body", view)
        for posture in (hanging, replace(hanging, arms_down=False))
    )
    beside = (np.abs(view.x) > 190) & (view.z < -60)
    assert (with_arms - without)[beside].max() > 30
    middle = (np.abs(view.x) < 120) & (view.z < 90)
    np.testing.assert_allclose(with_arms[middle], without[middle])


def test_an_unknown_gut_is_refused():
    with pytest.raises(ValueError, match="gas_kind is 'ileum'"):
        Posture(gas_kind="ileum")


def fingerprint():
    """Return a hash of all layers of one patient."""
    view = coarse(12.0)
    layers = tissue_layers(anatomy_of(7), GASSY, view)
    paths = [depth_of(layers, name, view) for name in sorted(layers)]
    return hashlib.sha256(np.stack(paths).tobytes()).hexdigest()


def test_another_process_builds_the_same_anatomy():
    code = "from tests.phantoms.test_layers import fingerprint; print(fingerprint())"
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == fingerprint()
