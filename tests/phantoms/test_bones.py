"""Bones as pieces of depth: sections worked by hand, symmetry, wear, places."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.bones import bone_pieces
from phantoms.chest.patients import Posture, draw_patient
from phantoms.chest.projection import flat_view
from phantoms.chest.ribs import CORTEX_MM, RIB_MM, cage_wall, rib_intervals, rib_table
from phantoms.chest.skeleton import (
    Bones,
    Mineral,
    add_tube,
    build_skeleton,
    edge,
    spine_room,
)
from phantoms.chest.thorax import body_interval, cage_interval
from phantoms.shapes.solids import HeightTable, Piece, Tube, length, path_length

SIXTH_LEFT = 12 + 5


def person(number):
    return draw_patient(number, cohort_seed=2026)


def view_of(x, z, step=1.0):
    across = np.arange(*x, step, dtype=np.float32)
    return flat_view(*np.meshgrid(across, np.arange(*z, -step, dtype=np.float32)))


def straight_anatomy(number=2):
    """Return an anatomy without the asymmetry of chance: left equals right."""
    anatomy = build_anatomy(person(number))
    old = anatomy.skeleton
    names = ("rib_height", "rib_drop", "rib_half", "rib_end")
    alike = {name: np.tile(getattr(old, name)[0], (2, 1)) for name in names}
    right = old.clavicles[0]
    straight = HeightTable(np.zeros(1281, np.float32))
    spine = replace(old.spine, course=straight, spurs=np.zeros_like(old.spine.spurs))
    skeleton = replace(
        old, cartilage=0.0, fractures=(), clavicles=(right, right * (-1, 1, 1, 1)),
        blade_shift=(0.0, 0.0), blade_turn=(0.0, 0.0), sternum=(1.0, 0.0, 0.0),
        spine=spine, **alike,
    )  # fmt: skip
    return replace(anatomy, skeleton=skeleton)


ANATOMY = straight_anatomy()


def shared(piece, front, back):
    """Return how long a piece lies between two depths of the whole grid."""
    low = np.maximum(piece.front, front[piece.window])
    return np.maximum(np.minimum(piece.back, back[piece.window]) - low, 0)


# what all bones share


def test_edge_runs_from_0_to_1_over_its_width():
    # a border of 4 mm: 1 mm inside is a quarter above a half
    found = edge(np.array([-3, -1, 0, 1, 3.0]), 4.0)
    np.testing.assert_allclose(found, [0, 0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize(
    ("marrow", "hard", "soft"),
    # cortex on both sides, no marrow, marrow cut to the bone
    [((12, 19), 3.0, 7.0), ((30, 5), 10.0, 0.0), ((5, 30), 0.0, 10.0)],
)
def test_a_bone_is_cortex_on_both_sides_of_its_marrow(marrow, hard, soft):
    bones, ray = Bones(Mineral(0.5, 0.25)), np.zeros((1, 1))
    bones.add((ray + 10, ray + 20), (ray + marrow[0], ray + marrow[1]))
    # mineral that age has left weighs the path
    assert path_length(bones.cortex, shape=(1, 1)).item() == 0.5 * hard
    assert path_length(bones.spongiosa, shape=(1, 1)).item() == 0.25 * soft


def test_long_bone_holds_the_volume_of_a_pipe():
    # 100 mm of a pipe of radius 10 with 2 mm of wall, and two half balls
    view = view_of((-40, 40), (90, -90), 0.5)
    tube = Tube(np.array([[0, 5, 50], [0, 5, -50.0]]), np.array([10.0, 10.0]))
    bones = Bones(Mineral(1.0, 1.0))
    add_tube(bones, tube, np.array([2.0, 2.0]), view)
    hard = path_length(bones.cortex, shape=view.x.shape).sum() * 0.25
    shell = np.pi * (100 - 64) * 100 + 4 / 3 * np.pi * (1000 - 512)
    assert hard == pytest.approx(shell, rel=0.02)


# ribs


def test_ray_through_the_middle_of_a_rib_crosses_its_thickness():
    # an ellipse of half axes 3.75 mm (through the wall) and h (upwards), whose plane
    # falls by the slope m: the longest chord is 2 / sqrt(1 / 3.75^2 + (m / h)^2)
    view = view_of((45, 75), (60, -140), 0.5)
    wall = cage_wall(ANATOMY.skeleton, ANATOMY.thorax, view, way=1)
    table = rib_table(ANATOMY.skeleton, Posture())
    outer, inner, _ = rib_intervals(ANATOMY.skeleton, wall, table, SIXTH_LEFT)
    thick, core = length(outer).max(axis=0), length(inner).max(axis=0)
    slope = float(table.slope[SIXTH_LEFT])
    tall = float(ANATOMY.skeleton.rib_half[1, 5])
    chord = 2 / np.sqrt((2 / RIB_MM) ** 2 + (slope / tall) ** 2)
    np.testing.assert_allclose(thick, chord, rtol=0.06)
    np.testing.assert_allclose(core / thick, 1 - 2 * CORTEX_MM / RIB_MM, atol=0.02)


def test_ribs_sink_with_a_shallow_breath():
    # 0.35 of the domes' 30 mm is the fall from back to front, half of it in the middle
    deep, shallow = (
        rib_table(ANATOMY.skeleton, Posture(raised_mm=(r, r))) for r in (0.0, 30.0)
    )
    np.testing.assert_allclose(shallow.height, deep.height - 5.25, atol=1e-4)


# spine, breast bone, shoulders


def test_breast_bone_stands_in_front_of_the_cage():
    view = view_of((-6, 7), (30, -60))
    front = -cage_interval(ANATOMY.thorax, view.x, view.z)[1]
    sternal = np.zeros(view.x.shape)
    for piece in bone_pieces(ANATOMY, Posture(), view)["spongiosa"]:
        far = np.full_like(front, -200)
        sternal[piece.window] += shared(piece, far, front) * piece.weight
    # 11 mm thick with 0.9 mm of cortex on either side
    mineral = ANATOMY.skeleton.mineral.spongiosa
    assert np.median(sternal) == pytest.approx(9.2 * mineral, rel=0.05)


# the whole skeleton


@pytest.mark.parametrize("number", [2, 5, 14])
def test_bones_stay_in_the_body_and_out_of_the_lung(number):
    anatomy = build_anatomy(replace(person(number), age=88))
    view = view_of((-150, 150), (95, -200), 2.0)
    skin = body_interval(anatomy.thorax, view.x, view.z)
    cage = cage_interval(anatomy.thorax, view.x, view.z)
    spine = spine_room(anatomy.skeleton.spine, anatomy.thorax, view.x, view.z)
    lung = Piece(cage[0], np.minimum(cage[1], spine[0]))
    trunk = np.abs(view.x) <= 145  # arms and shoulders have a skin of their own
    total = np.zeros(view.x.shape)
    bones = bone_pieces(anatomy, Posture(), view)
    for piece in bones["cortical bone"] + bones["spongiosa"]:
        assert 0 <= np.min(piece.weight) <= np.max(piece.weight) <= 1
        out = length(piece[:2]) - shared(piece, *skin)
        assert (out * piece.weight)[trunk[piece.window]].max(initial=0) < 1.0
        total[piece.window] += shared(piece, lung.front, lung.back) * piece.weight
    # at the very edge of the cage a rib's end may lie a millimetre within
    assert np.mean(total > 1.0) < 0.01


def test_wear_grows_with_age_and_old_women_lose_more_than_old_men():
    def mean(measure, **changes):
        people = (replace(person(n), **changes) for n in range(40))
        return np.mean([measure(build_skeleton(one)) for one in people], axis=0)

    def wear(s):
        lost = (1 - s.mineral.spongiosa, 1 - s.mineral.cortex)
        return (s.spine.spurs.mean(), s.cartilage, len(s.fractures), *lost)

    assert np.greater(mean(wear, age=85), mean(wear, age=30)).all()
    left = [mean(lambda s: s.mineral.spongiosa, age=80, sex=sex) for sex in "FM"]
    # of 35 years after 45, 0.45 % a year and 1.35 times that: 1.6 x 0.055 less
    assert left[1] - left[0] == pytest.approx(0.088, abs=0.02)
