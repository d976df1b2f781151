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
    body_depth,
    build_skeleton,
    column_front,
    edge,
    spine_room,
)
from phantoms.chest.thorax import body_interval, cage_interval
from phantoms.physics.attenuation import attenuation_per_mm
from phantoms.shapes.solids import HeightTable, Piece, Tube, length, path_length

SIXTH_LEFT = 12 + 5


def person(number, *, age=None):
    """Return an invented person, aged at will."""
    patient = draw_patient(number, cohort_seed=2026)
    return patient if age is None else replace(patient, age=age)


def view_of(x=(-185, 185), z=(150, -215), step=1.0):
    across = np.arange(*x, step, dtype=np.float32)
    return flat_view(*np.meshgrid(across, np.arange(*z, -step, dtype=np.float32)))


def straight_anatomy(number=2):
    """Return an anatomy without the asymmetry of chance: left equals right."""
    anatomy = build_anatomy(person(number))
    old = anatomy.skeleton
    alike = ("rib_height", "rib_drop", "rib_half", "rib_end")
    right = old.clavicles[0]
    straight = HeightTable(np.zeros(1281, np.float32))
    spine = replace(old.spine, course=straight, spurs=np.zeros_like(old.spine.spurs))
    skeleton = replace(
        old, cartilage=0.0, fractures=(), clavicles=(right, right * (-1, 1, 1, 1)),
        blade_shift=(0.0, 0.0), blade_turn=(0.0, 0.0), sternum=(1.0, 0.0, 0.0),
        spine=spine, **{name: np.tile(getattr(old, name)[0], (2, 1)) for name in alike},
    )  # fmt: skip
    return replace(anatomy, skeleton=skeleton)


ANATOMY = straight_anatomy()


def hard_path(anatomy, view, posture=None):
    """Return the path through cortical bone."""
    bones = bone_pieces(anatomy, posture or Posture(), view)
    return path_length(bones["cortical bone"], shape=view.x.shape)


def shared(piece, front, back):
    """Return how long a piece lies between two depths of the whole grid."""
    low = np.maximum(piece.front, front[piece.window])
    return np.maximum(np.minimum(piece.back, back[piece.window]) - low, 0)


def wall_and_rib(view, way=1):
    wall = cage_wall(ANATOMY.skeleton, ANATOMY.thorax, view, way=way)
    table = rib_table(ANATOMY.skeleton, Posture())
    return wall, table, rib_intervals(ANATOMY.skeleton, wall, table, SIXTH_LEFT)


# what all bones share


def test_edge_runs_from_0_to_1_over_its_width():
    # a border of 4 mm: 1 mm inside is a quarter above a half
    np.testing.assert_allclose(edge(np.array([-3, -1, 0, 1, 3.0]), 4.0),
                               [0, 0.25, 0.5, 0.75, 1])  # fmt: skip


@pytest.mark.parametrize(
    ("marrow", "hard", "soft"),
    [((12, 19), 3.0, 7.0), ((30, 5), 10.0, 0.0), ((5, 30), 0.0, 10.0)],
    ids=["2 + 1 mm of cortex", "no marrow", "marrow cut to the bone"],
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
    _, table, (outer, inner, _) = wall_and_rib(view_of((45, 75), (60, -140), 0.5))
    thick, core = length(outer).max(axis=0), length(inner).max(axis=0)
    slope = float(table.slope[SIXTH_LEFT])
    tall = float(ANATOMY.skeleton.rib_half[1, 5])
    chord = 2 / np.sqrt((2 / RIB_MM) ** 2 + (slope / tall) ** 2)
    np.testing.assert_allclose(thick, chord, rtol=0.06)
    np.testing.assert_allclose(core / thick, 1 - 2 * CORTEX_MM / RIB_MM, atol=0.02)
    # which stops 10 to 20 % of the rays over the lung
    soft = attenuation_per_mm("soft tissue")
    hard, spongy = (
        attenuation_per_mm(m) - soft for m in ("cortical bone", "spongiosa")
    )
    more = (length(outer) - length(inner)) * hard + length(inner) * spongy
    stopped = 1 - np.exp(-more)
    assert 0.08 < np.median(stopped[length(inner) > 4]) < 0.20


def test_ribs_fall_forwards_and_sideways_and_sink_with_a_shallow_breath():
    view, tops = view_of(), []
    for way, low, high in ((1, 40, 60), (1, 110, 120), (-1, 95, 105)):
        wall, _, (outer, _, _) = wall_and_rib(view, way)
        strip = (wall.x > low) & (wall.x < high)
        tops.append(wall.z[(length(outer) > 1) & strip].mean())
    assert tops[0] > tops[1] + 10 > tops[2] + 20
    # 0.35 of the domes' 30 mm is the fall from back to front, half of it in the middle
    deep, shallow = (
        rib_table(ANATOMY.skeleton, Posture(raised_mm=(r, r))) for r in (0.0, 30.0)
    )
    np.testing.assert_allclose(shallow.height, deep.height - 5.25, atol=1e-4)


# spine, breast bone, shoulders


def test_slice_through_a_vertebra_has_a_ring_about_marrow():
    # an oval 2 a wide and d deep holds about 0.85 * 2 a * d: boxier than an ellipse
    spine = ANATOMY.skeleton.spine
    level = int(np.abs(spine.centres + 60).argmin())
    centre, half = float(spine.centres[level]), float(spine.half_widths[level])
    view = view_of((-24, 24), (centre + 3, centre - 3), 0.25)
    row = len(view.z) // 2
    front = column_front(ANATOMY.thorax, np.array([centre])).item()
    deep = body_depth(np.array([centre])).item()
    area = {"cortical bone": 0.0, "spongiosa": 0.0}
    low, high = np.zeros_like(view.x), np.full_like(view.x, front + deep)
    for name, pieces in bone_pieces(ANATOMY, Posture(), view).items():
        for piece in pieces:
            # the breast bone lies in front, the arch behind
            found = np.zeros_like(view.x)
            found[piece.window] = shared(piece, low, high) * (piece.weight > 0)
            area[name] += found[row, np.abs(view.x[row]) < half].sum() * 0.25
    assert 0.70 < sum(area.values()) / (2 * half * deep) < 0.95
    # the ring: half a millimetre about an outline of some 90 mm
    assert 25 < area["cortical bone"] < 90


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
    anatomy = build_anatomy(person(number, age=88))
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
        return np.mean([measure(build_skeleton(person)) for person in people])

    for measure in (
        lambda s: s.spine.spurs.mean(),
        lambda s: s.spine.plates.mean(),
        lambda s: s.cartilage,
        lambda s: len(s.fractures),
        lambda s: 1 - s.mineral.spongiosa,
        lambda s: 1 - s.mineral.cortex,
    ):
        assert mean(measure, age=85) > mean(measure, age=30)
    left = [mean(lambda s: s.mineral.spongiosa, age=80, sex=sex) for sex in "FM"]
    # of 35 years after 45, 0.45 % a year and 1.35 times that: 1.6 x 0.055 less
    assert left[1] - left[0] == pytest.approx(0.088, abs=0.02)
