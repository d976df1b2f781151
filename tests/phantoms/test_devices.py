"""Devices and lead letters: real materials, right places, exact shares of pixels."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import Posture, draw_patient
from phantoms.chest.projection import flat_view
from phantoms.chest.thorax import cage_interval, heart_interval
from phantoms.devices.draw import (
    draw_central_line,
    draw_drain,
    draw_ecg_leads,
    draw_gastric_tube,
    draw_pacemaker,
    draw_tracheal_tube,
)
from phantoms.devices.markers import (
    STROKES,
    Marker,
    marker_shield,
    strokes_of,
    text_width_mm,
)
from phantoms.devices.parts import (
    DEVICES,
    MATERIALS_PER_CM,
    Device,
    Plate,
    Wire,
    attenuation_of,
    device_shadow,
    smooth_path,
)

ANATOMIES = [build_anatomy(draw_patient(n, cohort_seed=8)) for n in range(1, 7)]


def view_of(pixel_mm: float, *, side_mm: float = 48.0):
    """Return parallel rays over a square about the origin."""
    number = round(side_mm / pixel_mm)
    line = (np.arange(number) - (number - 1) / 2) * pixel_mm
    return flat_view(*np.meshgrid(line, -line))


def shadow_of(*parts, pixel_mm: float) -> np.ndarray:
    """Return what parts let through, for a device of no importance."""
    return device_shadow(
        [Device("drain", "left", parts)], view_of(pixel_mm), energy_kev=60.0
    )


STRAIGHT = Wire(((-90.0, 0.0, 0.4), (90.0, 0.0, 0.4)), 0.55, "coiled MP35N")


@pytest.mark.parametrize("energy", [40, 52, 60, 70])
def test_attenuation_of_lies_on_the_table_and_between_its_neighbours(energy):
    for material, row in MATERIALS_PER_CM.items():
        value = 10 * attenuation_of(material, energy_kev=energy)
        assert row[3] * 0.999 <= value <= row[0] * 1.001
    assert attenuation_of("lead", energy_kev=60) == pytest.approx(5.69)


def test_attenuation_of_names_the_known_materials():
    with pytest.raises(ValueError, match="'gold'.*titanium"):
        attenuation_of("gold", energy_kev=60)


def test_device_refuses_unknown_kinds_and_sides():
    with pytest.raises(ValueError, match="'hip'.*Kinds: drain"):
        Device("hip", "left", ())
    with pytest.raises(ValueError, match="sides: right, left, both"):
        Device("drain", "up", ())


@pytest.mark.parametrize("pixel_mm", [3.0, 0.75])
def test_a_wire_stops_the_mean_over_each_pixel(pixel_mm):
    found = shadow_of(STRAIGHT, pixel_mm=pixel_mm)
    # an independent sum: 400 rays a pixel through the circle, one column is enough
    rays = (np.arange(400) + 0.5) / 400 * pixel_mm - pixel_mm / 2
    rows = view_of(pixel_mm).z[:, 0]
    off = rows[:, None] + rays[None, :] - 0.4
    chord = 2 * np.sqrt(np.maximum(0.55**2 - off**2, 0))
    expected = np.exp(-0.676 * chord).mean(axis=1)
    middle = found[:, found.shape[1] // 2]
    np.testing.assert_allclose(middle, expected, atol=0.01)


def test_a_wire_is_sharp_at_512_and_faint_at_128():
    fine, coarse = (shadow_of(STRAIGHT, pixel_mm=p) for p in (0.75, 3.0))
    assert fine.min() < 0.75
    assert coarse.min() > 0.80
    # what is stopped in all is the same
    stopped = [(1 - found).sum() * p**2 for found, p in ((fine, 0.75), (coarse, 3.0))]
    assert stopped[0] == pytest.approx(stopped[1], rel=0.02)


def test_a_tube_is_denser_at_its_walls_than_in_its_middle():
    tube = Wire(((-90.0, 0.0, 0.0), (90.0, 0.0, 0.0)), 5.0, "PVC", 1.4)
    column = shadow_of(tube, pixel_mm=0.25)[:, 96]
    z = np.abs(view_of(0.25).z[:, 0])
    # at 4.125 mm only wall, 2 x sqrt(25 - 17.02) = 5.65 mm; in the middle 2.8 mm
    wall, middle = column[np.abs(z - 4.125).argmin()], column[z.argmin()]
    assert wall == pytest.approx(np.exp(-0.0465 * 5.65), abs=0.005)
    assert middle == pytest.approx(np.exp(-0.0465 * 2.8), abs=0.005)


def test_a_plate_has_its_area_and_its_transmission():
    plate = Plate((2.0, 0.0, -3.0), (9.0, 6.0), 0.8, "titanium", turn_deg=30.0)
    found = shadow_of(plate, pixel_mm=0.5)
    through = np.exp(-0.345 * 0.8)
    assert found.min() == pytest.approx(through, abs=1e-3)
    area = (1 - found).sum() * 0.25 / (1 - through)
    assert area == pytest.approx(np.pi * 9 * 6, rel=0.02)


def test_no_device_lets_everything_through():
    assert (device_shadow([], view_of(3.0)) == 1).all()


def test_wires_of_the_mediastinum_go_with_heart_and_shift():
    wire = replace(STRAIGHT, points=((-9.0, 0, -90), (9.0, 0, -90)))
    line = np.arange(-60, 60.1, 1.0)
    view = flat_view(*np.meshgrid(line, -line - 60))

    def middle(part: Wire, posture: Posture) -> tuple[float, float]:
        device = Device("pacemaker", "left", (part,))
        stopped = 1 - device_shadow([device], view, posture=posture)
        return tuple(
            float((stopped * axis).sum() / stopped.sum()) for axis in (view.x, view.z)
        )

    moved = Posture(raised_mm=(20, 20), mediastinum_mm=15)
    inside = replace(wire, inside="mediastinum")
    assert middle(wire, moved) == pytest.approx((0, -90), abs=0.1)
    # 0.55 of the dome's 20 mm, and all of the shift, as chest.thorax moves the heart
    assert middle(inside, moved) == pytest.approx((15, -79), abs=0.1)


def wires(device: Device) -> list[np.ndarray]:
    """Return the points of all wires of a device."""
    return [np.asarray(p.points) for p in device.parts if isinstance(p, Wire)]


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("fluid", [False, True])
def test_a_drain_enters_at_its_side_and_ends_in_the_chest(side, fluid):
    sign = {"right": -1, "left": 1}[side]
    for seed, anatomy in enumerate(ANATOMIES):
        rng = np.random.default_rng(seed)
        drain = draw_drain(anatomy, rng, side=side, fluid=fluid)
        tube = wires(drain)[0]
        tip = tube[-1]
        front, back = cage_interval(anatomy.thorax, tip[:1], tip[2:])
        assert sign * tube[0, 0] > 180
        assert np.sign(tip[0]) == sign
        assert front[0] < tip[1] < back[0]
        assert (tip[2] > 30) != fluid


def test_a_drain_has_a_line_that_its_side_hole_interrupts():
    for seed in range(20):
        drain = draw_drain(ANATOMIES[0], np.random.default_rng(seed), side="left")
        stripes = [p for p in drain.parts if p.material == "barium stripe"]
        if stripes:
            first, second = (np.asarray(s.points) for s in stripes)
            gap = np.linalg.norm(first[-1] - second[0])
            assert 4 < gap < 20
            return
    pytest.fail("no drain of 20 has a line")


def test_pacemaker_leads_end_in_the_heart():
    for seed, anatomy in enumerate(ANATOMIES):
        device = draw_pacemaker(anatomy, np.random.default_rng(seed))
        leads = [p for p in device.parts if isinstance(p, Wire)]
        tips = [np.asarray(p.points)[-1] for p in leads if p.material == "coiled MP35N"]
        for x, y, z in tips:
            front, back = heart_interval(
                anatomy.thorax, np.array([x]), np.array([z]), raised_mm=0.0
            )
            assert front[0] - 8 < y < back[0], (x, y, z)


def test_central_lines_end_by_the_right_atrium_and_tubes_above_the_carina():
    for seed, anatomy in enumerate(ANATOMIES):
        rng = np.random.default_rng(seed)
        tip = wires(draw_central_line(anatomy, rng))[-1][-1]
        assert -35 < tip[0] < -8
        assert -65 < tip[2] < 15
        end = wires(draw_tracheal_tube(anatomy, rng))[0][-1]
        assert 10 < end[2] < 80
        assert abs(end[0]) < 20
        stomach = wires(draw_gastric_tube(anatomy, rng))[0][-1]
        assert stomach[2] < anatomy.thorax.dome_top[1]


def test_every_electrode_has_its_wire():
    for seed, anatomy in enumerate(ANATOMIES):
        leads = draw_ecg_leads(anatomy, np.random.default_rng(seed))
        plates = [p for p in leads.parts if isinstance(p, Plate)]
        copper = [p for p in leads.parts if p.material == "copper"]
        assert 3 <= len(copper) <= 5
        assert {w.points[0] for w in copper} == {p.centre for p in plates}


def test_drawn_devices_are_the_same_for_the_same_numbers():
    draws = (draw_pacemaker, draw_central_line, draw_ecg_leads, draw_gastric_tube)
    for draw in draws:
        one, two = (draw(ANATOMIES[0], np.random.default_rng(3)) for _ in range(2))
        assert one == two
        assert one.kind in DEVICES
        assert hash(one) == hash(two)


def test_smooth_path_goes_through_its_ends_in_even_steps():
    path = np.asarray(smooth_path([(0, 0, 0), (20, 0, 10), (40, 5, 60)], step_mm=5))
    np.testing.assert_allclose(path[[0, -1]], [[0, 0, 0], [40, 5, 60]], atol=1e-9)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.max() < 7


def test_strokes_of_an_l_by_hand():
    # 4 wide and 6 high about the middle: down the left side, then right
    assert strokes_of("L", height=6) == [[(-2.0, 3.0), (-2.0, -3.0), (2.0, -3.0)]]


def test_letters_are_all_different_and_unknown_ones_are_refused():
    shapes = {letter: strokes for letter, strokes in STROKES.items() if letter != "0"}
    assert len(set(shapes.values())) == len(shapes)
    with pytest.raises(ValueError, match="no '!'"):
        strokes_of("R!", height=6)


def test_a_marker_covers_the_area_of_its_strokes_at_any_size():
    # an L of 18 mm: strokes of 18 and 12 mm, 3 mm wide, with two round ends and
    # one corner: 90 + pi/4 x 9 + about 2 mm2
    marker = Marker("L", 20.0, -10.0, height_mm=18.0, stroke_mm=3.0)
    for size, pixel in ((512, 0.75), (128, 3.0)):
        # the logarithm goes with the covered share; 1 mm of lead has 5.69
        cover = -np.log(marker_shield([marker], size=size, pixel_mm=pixel)) / 5.69
        assert cover.sum() * pixel**2 == pytest.approx(99, rel=0.12)
        rows, columns = np.nonzero(cover > 0.3)
        middle = (size - 1) / 2
        assert columns.mean() * pixel - middle * pixel == pytest.approx(20, abs=5)
        assert middle * pixel - rows.mean() * pixel == pytest.approx(-10, abs=6)


def test_a_millimetre_of_lead_lets_less_than_one_per_cent_through():
    shield = marker_shield(
        [Marker("I", 0.0, 0.0, stroke_mm=6.0)], size=64, pixel_mm=1.0
    )
    assert shield.min() < 0.01
    assert shield.max() == 1


def test_a_ring_goes_round_the_letters():
    marker = Marker("R", 0.0, 0.0, ring=True)
    shield = marker_shield([marker], size=100, pixel_mm=1.0)
    reach = np.hypot(*(np.array(np.nonzero(shield < 0.5)) - 49.5)).max()
    assert reach > np.hypot(text_width_mm(marker), marker.height_mm) / 2 + 2
