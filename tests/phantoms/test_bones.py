"""Bones as pieces of depth: sections worked by hand, symmetry, wear, places."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.bones import blade_of, bone_pieces, outline_distance
from phantoms.chest.patients import Posture, draw_examination, draw_patient
from phantoms.chest.projection import flat_view, make_view
from phantoms.chest.ribs import (
    CORTEX_MM,
    GAP_MM,
    RIB_MM,
    cage_wall,
    rib_intervals,
    rib_table,
    ribs_above,
)
from phantoms.chest.skeleton import (
    Callus,
    Mineral,
    add_shell,
    add_tube,
    body_depth,
    build_skeleton,
    column_front,
    edge,
    no_bones,
    spine_room,
)
from phantoms.chest.thorax import body_interval, cage_interval
from phantoms.physics.attenuation import attenuation_per_mm
from phantoms.shapes.solids import HeightTable, Piece, Tube, length, path_length

WHOLE_BONE = Mineral(1.0, 1.0)
SIXTH_LEFT = 12 + 5
STRAIGHT = HeightTable(np.zeros(1281, np.float32))


def person(number, *, age=None):
    """Return an invented person, aged at will."""
    patient = draw_patient(number, cohort_seed=2026)
    return patient if age is None else replace(patient, age=age)


def grid(x=(-185, 185), z=(150, -215), step=1.0):
    across = np.arange(*x, step, dtype=np.float32)
    return np.meshgrid(across, np.arange(*z, -step, dtype=np.float32))


def straight_skeleton(number=2):
    """Return a skeleton without the asymmetry of chance: left equals right."""
    anatomy = build_anatomy(person(number))
    old = anatomy.skeleton
    right = old.clavicles[0]
    skeleton = replace(
        old,
        rib_height=np.tile(old.rib_height[0], (2, 1)),
        rib_drop=np.tile(old.rib_drop[0], (2, 1)),
        rib_half=np.tile(old.rib_half[0], (2, 1)),
        rib_end=np.tile(old.rib_end[0], (2, 1)),
        cartilage=0.0,
        fractures=(),
        clavicles=(right, right * (-1, 1, 1, 1)),
        blade_shift=(0.0, 0.0),
        blade_turn=(0.0, 0.0),
        sternum=(1.0, 0.0, 0.0),
        spine=replace(
            old.spine,
            course=STRAIGHT,
            spurs=np.zeros_like(old.spine.spurs),
        ),
    )
    return replace(anatomy, skeleton=skeleton)


def shared(piece, other):
    """Return how long two pieces lie over each other on the same window."""
    front = np.maximum(piece.front, other.front)
    return np.maximum(np.minimum(piece.back, other.back) - front, 0)


def test_edge_runs_from_0_to_1_over_its_width():
    # a border of 4 mm: 1 mm inside is a quarter above a half
    np.testing.assert_allclose(edge(np.array([-3, -1, 0, 1, 3.0]), 4.0),
                               [0, 0.25, 0.5, 0.75, 1])  # fmt: skip


def test_shell_puts_cortex_on_both_sides_of_the_marrow():
    # a bone from 10 to 20 mm with marrow from 12 to 19 mm: 2 + 1 mm of cortex
    bones, ray = no_bones(), np.zeros((1, 1))
    add_shell(bones, (ray + 10, ray + 20), (ray + 12, ray + 19), mineral=WHOLE_BONE)
    paths = [path_length(bones[k], shape=(1, 1)).item() for k in bones]
    assert dict(zip(bones, paths, strict=True)) == {
        "cortical bone": 3.0,
        "spongiosa": 7.0,
    }


def test_shell_with_an_empty_inside_is_all_cortex():
    bones, ray = no_bones(), np.zeros((1, 1))
    add_shell(bones, (ray + 10, ray + 20), (ray + 30, ray + 5), mineral=WHOLE_BONE)
    assert path_length(bones["cortical bone"], shape=(1, 1)).item() == 10
    assert path_length(bones["spongiosa"], shape=(1, 1)).item() == 0


def test_long_bone_holds_the_volume_of_a_pipe():
    # 100 mm of a pipe of radius 10 with 2 mm of wall, and two half balls
    x, z = grid((-40, 40), (90, -90), 0.5)
    tube = Tube(np.array([[0, 5, 50], [0, 5, -50.0]]), np.array([10.0, 10.0]))
    bones = no_bones()
    add_tube(bones, tube, np.array([2.0, 2.0]), x, z, mineral=WHOLE_BONE)
    hard = path_length(bones["cortical bone"], shape=x.shape).sum() * 0.25
    shell = np.pi * (100 - 64) * 100 + 4 / 3 * np.pi * (1000 - 512)
    assert hard == pytest.approx(shell, rel=0.02)


def test_ray_through_the_middle_of_a_rib_crosses_its_thickness():
    # an ellipse of half axes 3.75 mm (through the wall) and h (upwards), whose plane
    # falls by the slope m: the longest chord is 2 / sqrt(1 / 3.75^2 + (m / h)^2)
    anatomy = straight_skeleton()
    skeleton = anatomy.skeleton
    x, z = grid((45, 75), (60, -140), 0.5)
    wall = cage_wall(skeleton, anatomy.thorax, flat_view(x, z), way=1)
    outer, inner, _ = rib_intervals(
        skeleton, wall, rib_table(skeleton, Posture()), SIXTH_LEFT
    )
    thick, core = length(outer).max(axis=0), length(inner).max(axis=0)
    slope = float(rib_table(skeleton, Posture()).slope[SIXTH_LEFT])
    tall = float(skeleton.rib_half[1, 5])
    chord = 2 / np.sqrt((2 / RIB_MM) ** 2 + (slope / tall) ** 2)
    np.testing.assert_allclose(thick, chord, rtol=0.06)
    share = 1 - 2 * CORTEX_MM / RIB_MM
    np.testing.assert_allclose(core / thick, share, atol=0.02)


def test_inside_of_the_bony_wall_is_the_cage_of_the_lungs():
    anatomy = straight_skeleton()
    x, z = grid((-150, 150), (90, -200), 2.0)
    for way in (1, -1):
        wall = cage_wall(anatomy.skeleton, anatomy.thorax, flat_view(x, z), way=way)
        cage = cage_interval(anatomy.thorax, wall.x, wall.z)[1]
        away = wall.off > 48  # nearer the spine the ribs bend forwards
        np.testing.assert_allclose(wall.inner[away], cage[away], atol=0.05)
        # the wall ends 2 x (1 + 3.75) mm outside, and further along slanting rays
        thick = (wall.last - cage)[away & (cage > 5)]
        assert thick.min() > 0.9 * (2 * GAP_MM + RIB_MM)


def test_rib_takes_10_to_20_percent_of_the_rays_over_the_lung():
    anatomy = straight_skeleton()
    x, z = grid((45, 75), (60, -140), 0.5)
    view = flat_view(x, z)
    skeleton = replace(anatomy.skeleton, mineral=WHOLE_BONE)
    wall = cage_wall(skeleton, anatomy.thorax, view, way=1)
    outer, inner, _ = rib_intervals(
        skeleton, wall, rib_table(skeleton, Posture()), SIXTH_LEFT
    )
    core = length(inner)
    soft = attenuation_per_mm("soft tissue")
    more = (length(outer) - core) * (attenuation_per_mm("cortical bone") - soft)
    more += core * (attenuation_per_mm("spongiosa") - soft)
    stopped = 1 - np.exp(-more)
    assert 0.08 < np.median(stopped[core > 4]) < 0.20


def test_every_ray_passes_between_two_neighbouring_ribs():
    # counted one by one: ribs whose axis lies above the middle of the back wall
    anatomy = straight_skeleton()
    skeleton = anatomy.skeleton
    x, z = grid((60, 80), (110, -150))
    wall = cage_wall(skeleton, anatomy.thorax, flat_view(x, z), way=1)
    table = rib_table(skeleton, Posture())
    depth = (wall.inner + wall.last) / 2
    counted = np.zeros(wall.z.shape, int)
    for rib in range(12, 24):
        axis = table.height[rib] + table.slope[rib] * depth
        counted += axis - table.fall[rib] * wall.beside > wall.z
    assert {0, 5, 9} <= set(counted.ravel().tolist())
    near = wall.neck == 0
    np.testing.assert_array_equal(ribs_above(wall, table)[near], counted[near])


def test_ribs_fall_forwards_and_sideways():
    anatomy = straight_skeleton()
    x, z = grid()
    view = flat_view(x, z)
    skeleton = anatomy.skeleton
    tops = []
    for way, columns in ((1, (40, 60)), (1, (110, 120)), (-1, (95, 105))):
        wall = cage_wall(skeleton, anatomy.thorax, view, way=way)
        outer, _, _ = rib_intervals(
            skeleton, wall, rib_table(skeleton, Posture()), SIXTH_LEFT
        )
        strip = (wall.x > columns[0]) & (wall.x < columns[1])
        tops.append(wall.z[(length(outer) > 1) & strip].mean())
    assert tops[0] > tops[1] + 10 > tops[2] + 20


def test_ribs_sink_with_a_shallow_breath():
    anatomy = straight_skeleton()
    x, z = grid()
    view = flat_view(x, z)
    deep, shallow = (
        path_length(
            bone_pieces(anatomy, Posture(raised_mm=(r, r)), view)["cortical bone"],
            shape=x.shape,
        )
        for r in (0.0, 30.0)
    )
    front = (np.abs(x) > 95) & (np.abs(x) < 125) & (z < 20)
    middle = [(path * z)[front].sum() / path[front].sum() for path in (deep, shallow)]
    assert middle[1] < middle[0] - 1.5


def test_slice_through_a_vertebra_has_a_ring_about_marrow():
    # an oval 2 a wide and d deep holds about 0.85 * 2 a * d: boxier than an ellipse
    anatomy = straight_skeleton()
    spine = anatomy.skeleton.spine
    level = int(np.abs(spine.centres + 60).argmin())
    centre, half = float(spine.centres[level]), float(spine.half_widths[level])
    x, z = grid((-24, 24), (centre + 3, centre - 3), 0.25)
    bones = bone_pieces(anatomy, Posture(), flat_view(x, z))
    row = len(z) // 2
    front = float(column_front(anatomy.thorax, np.array([centre]))[0])
    deep = float(body_depth(np.array([centre]))[0])
    area = {"cortical bone": 0.0, "spongiosa": 0.0}
    for name, pieces in bones.items():
        for piece in pieces:
            # the breast bone lies in front, the arch behind
            body = Piece(
                np.maximum(piece.front, 0), np.minimum(piece.back, front + deep)
            )
            there = np.asarray(piece.weight) > 0
            found = np.zeros(x.shape, np.float32)
            found[piece.window] = length((body.front, body.back)) * there
            inside = np.abs(x[row]) < half
            area[name] += float(found[row, inside].sum() * 0.25)
    whole = area["cortical bone"] + area["spongiosa"]
    assert 0.70 < whole / (2 * half * deep) < 0.95
    # the ring: half a millimetre about an outline of some 90 mm
    assert 25 < area["cortical bone"] < 90


def test_vertebral_canal_is_open():
    anatomy = straight_skeleton()
    spine = anatomy.skeleton.spine
    x, z = grid((-5, 5.5), (110, -180), 0.5)
    bones = bone_pieces(anatomy, Posture(), flat_view(x, z))
    back = column_front(anatomy.thorax, z) + body_depth(z)
    canal = Piece(back + 2, back + 10)
    for pieces in bones.values():
        for piece in pieces:
            part = Piece(canal.front[piece.window], canal.back[piece.window])
            inside = shared(piece, part) * piece.weight
            assert inside.max(initial=0) < 0.5
    assert spine.centres.size > 18


def test_left_and_right_are_alike_without_chance():
    x, z = grid((-170.5, 171), (140, -200))
    bones = bone_pieces(straight_skeleton(), Posture(), flat_view(x, z))
    for pieces in bones.values():
        path = path_length(pieces, shape=x.shape)
        unlike = np.abs(path - path[:, ::-1])
        assert unlike.mean() < 0.01 * path.mean()


def test_weights_lie_between_0_and_1_and_depths_are_finite():
    for number, age in ((2, 25), (5, 88), (14, 70)):
        patient = person(number, age=age)
        anatomy = build_anatomy(patient)
        for kind in ("PA", "AP"):
            examination = draw_examination(patient, view=kind)
            view = make_view(patient, examination, size=96)
            for pieces in bone_pieces(anatomy, Posture(), view).values():
                for piece in pieces:
                    weight = np.asarray(piece.weight)
                    assert weight.min() >= 0
                    assert weight.max() <= 1
                    assert np.isfinite(length((piece.front, piece.back))).all()


def test_same_bones_in_two_calls():
    x, z = grid(step=3.0)
    first, second = (
        bone_pieces(build_anatomy(person(7)), Posture(), flat_view(x, z))
        for _ in range(2)
    )
    for name in first:
        for one, two in zip(first[name], second[name], strict=True):
            np.testing.assert_array_equal(one.front, two.front)
            np.testing.assert_array_equal(one.weight, two.weight)


def outside(piece, interval):
    """Return the length of a piece outside an interval of the whole grid."""
    front, back = (side[piece.window] for side in interval)
    within = np.maximum(
        np.minimum(piece.back, back) - np.maximum(piece.front, front), 0
    )
    return (length((piece.front, piece.back)) - within) * piece.weight


@pytest.mark.parametrize("number", [2, 5, 9, 14])
def test_bones_of_the_trunk_stay_in_the_body(number):
    anatomy = build_anatomy(person(number))
    x, z = grid((-150, 150), (120, -200), 2.0)
    skin = body_interval(anatomy.thorax, x, z)
    bones = bone_pieces(anatomy, Posture(), flat_view(x, z))
    beside = np.abs(x) > 145  # the arms and shoulders have a skin of their own
    for piece in bones["cortical bone"]:
        out = outside(piece, skin)
        assert out[~beside[piece.window]].max(initial=0) < 1.0


@pytest.mark.parametrize("number", [2, 5, 9, 14])
def test_no_bone_lies_inside_the_lung(number):
    anatomy = build_anatomy(person(number))
    x, z = grid((-150, 150), (95, -200), 2.0)
    inside = cage_interval(anatomy.thorax, x, z)
    spine = spine_room(anatomy.skeleton.spine, anatomy.thorax, x, z)
    lung = Piece(inside[0], np.minimum(inside[1], spine[0]))
    bones = bone_pieces(anatomy, Posture(), flat_view(x, z))
    total = np.zeros(x.shape)
    for piece in bones["cortical bone"] + bones["spongiosa"]:
        part = Piece(lung.front[piece.window], lung.back[piece.window])
        total[piece.window] += shared(piece, part) * piece.weight
    # at the very edge of the cage a rib's end may lie a millimetre within
    assert np.mean(total > 1.0) < 0.01


def test_wear_grows_with_age():
    def mean(age, measure):
        return np.mean([measure(build_skeleton(person(n, age=age))) for n in range(40)])

    for measure in (
        lambda s: s.worn,
        lambda s: s.spine.spurs.mean(),
        lambda s: s.spine.plates.mean(),
        lambda s: s.cartilage,
        lambda s: len(s.fractures),
        lambda s: 1 - s.mineral.spongiosa,
        lambda s: 1 - s.mineral.cortex,
    ):
        assert mean(85, measure) > mean(30, measure)


def test_old_women_lose_more_bone_than_old_men():
    lost = {
        sex: np.mean([
            build_skeleton(replace(person(n, age=80), sex=sex)).mineral.spongiosa
            for n in range(40)
        ])
        for sex in ("F", "M")
    }  # fmt: skip
    assert lost["F"] < lost["M"]


def test_few_spines_are_bent_and_most_are_nearly_straight():
    line = np.linspace(-250, 100, 100)
    bends = [
        np.abs(build_skeleton(person(n)).spine.course(line)).max() for n in range(200)
    ]
    assert np.median(bends) < 8
    assert 0.02 < np.mean(np.array(bends) > 12) < 0.2


def test_healed_fracture_thickens_its_rib():
    anatomy = straight_skeleton()
    x, z = grid((30, 150), (60, -160))
    broken = replace(anatomy.skeleton, fractures=(Callus((1, 5), 100.0, 0.4),))
    whole, healed = (
        path_length(
            bone_pieces(replace(anatomy, skeleton=s), Posture(), flat_view(x, z))[
                "cortical bone"
            ],
            shape=x.shape,
        )
        for s in (anatomy.skeleton, broken)
    )
    changed = np.abs(healed - whole) > 0.05
    assert healed.sum() > whole.sum()
    assert x[changed].min() > 75
    assert x[changed].max() < 125


def test_arms_hanging_lay_the_blades_over_the_lungs():
    skeleton = straight_skeleton().skeleton
    rolled, hanging = (
        blade_of(skeleton, Posture(blades_mm=mm), 1) for mm in (10.0, -16.0)
    )
    assert hanging.medial_mm < rolled.medial_mm - 20
    assert hanging.forward < rolled.forward


def test_outline_of_the_blade_holds_its_middle_only():
    # (p, q - 20): the middle of the plate; far above; in front of the socket
    inside = outline_distance(np.array([40.0, 40, 120]), np.array([10.0, 90, 20]))
    assert inside[0] > 20
    assert inside[1:].max() < 0


def test_breast_bone_stands_in_front_of_the_cage():
    anatomy = straight_skeleton()
    x, z = grid((-6, 7), (30, -60))
    bones = bone_pieces(anatomy, Posture(), flat_view(x, z))
    front = -cage_interval(anatomy.thorax, x, z)[1]
    sternal = np.zeros(x.shape)
    for piece in bones["spongiosa"]:
        before = Piece(np.full_like(piece.front, -200), front[piece.window])
        sternal[piece.window] += shared(piece, before) * piece.weight
    # 11 mm thick with 0.9 mm of cortex on either side
    mineral = anatomy.skeleton.mineral.spongiosa
    assert np.median(sternal) == pytest.approx(9.2 * mineral, rel=0.05)
