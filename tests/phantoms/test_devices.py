"""Devices and lead letters: real materials, right places, exact shares of pixels."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import UPRIGHT, Posture, draw_patient
from phantoms.chest.projection import flat_view
from phantoms.chest.thorax import cage_interval, heart_interval
from phantoms.devices.draw import (
    draw_central_line,
    draw_drain,
    draw_gastric_tube,
    draw_pacemaker,
    draw_tracheal_tube,
)
from phantoms.devices.markers import Marker, marker_shield, strokes_of, text_width_mm
from phantoms.devices.parts import (
    Device,
    Plate,
    Wire,
    attenuation_of,
    device_shadow,
)

ANATOMIES = [build_anatomy(draw_patient(n, cohort_seed=8)) for n in range(1, 7)]
STRAIGHT = Wire(((-90.0, 0.0, 0.4), (90.0, 0.0, 0.4)), 0.55, "coiled MP35N")


def view_of(pixel_mm, *, side_mm=48.0, low_mm=0.0):
    """Return parallel rays over a square about the origin, or below it."""
    number = round(side_mm / pixel_mm)
    line = (np.arange(number) - (number - 1) / 2) * pixel_mm
    return flat_view(*np.meshgrid(line, -line - low_mm))


def shadow_of(part, view, posture=UPRIGHT):
    """Return what a part lets through, for a device of no importance."""
    device = Device("drain", "left", (part,))
    return device_shadow([device], view, posture=posture, energy_kev=60.0)


def test_attenuation_is_that_of_the_table_and_straight_in_logarithms():
    assert attenuation_of("lead", energy_kev=60) == pytest.approx(5.69)
    # the geometric mean of energies has that of 9.98 and 5.47 /cm
    between = attenuation_of("titanium", energy_kev=np.sqrt(40 * 50))
    assert between == pytest.approx(np.sqrt(0.998 * 0.547))


@pytest.mark.parametrize("pixel_mm", [3.0, 0.75])
def test_a_wire_stops_the_mean_over_each_pixel(pixel_mm):
    view = view_of(pixel_mm)
    found = shadow_of(STRAIGHT, view)[:, 8]
    # an independent sum: 400 rays a pixel through the circle, one column is enough
    rays = (np.arange(400) + 0.5) / 400 * pixel_mm - pixel_mm / 2
    off = view.z[:, :1] + rays - 0.4
    chord = 2 * np.sqrt(np.maximum(0.55**2 - off**2, 0))
    np.testing.assert_allclose(found, np.exp(-0.676 * chord).mean(axis=1), atol=0.01)


def test_a_tube_is_denser_at_its_walls_than_in_its_middle():
    tube = Wire(((-90.0, 0.0, 0.0), (90.0, 0.0, 0.0)), 5.0, "PVC", 1.4)
    column = shadow_of(tube, view_of(0.25))[:, 96]
    z = np.abs(view_of(0.25).z[:, 0])
    # at 4.125 mm only wall, 2 x sqrt(25 - 17.02) = 5.65 mm; in the middle 2.8 mm
    for place, chord in ((4.125, 5.65), (0, 2.8)):
        through = column[np.abs(z - place).argmin()]
        assert through == pytest.approx(np.exp(-0.0465 * chord), abs=0.005)


def test_a_plate_has_its_area_place_and_transmission():
    plate = Plate((2.0, 0.0, -3.0), (9.0, 6.0), 0.8, "titanium", turn_deg=30.0)
    view = view_of(0.5)
    found = shadow_of(replace(plate, offset_mm=(4.0, 0.0)), view)
    through = np.exp(-0.345 * 0.8)
    assert found.min() == pytest.approx(through, abs=1e-3)
    area = (1 - found).sum() * 0.25 / (1 - through)
    assert area == pytest.approx(np.pi * 9 * 6, rel=0.02)
    # 4 mm along the plate's own width, turned by 30 degrees anticlockwise
    weight = 1 - found
    middle = [(weight * axis).sum() / weight.sum() for axis in (view.x, view.z)]
    assert middle == pytest.approx([2 + 4 * 0.866, -3 + 4 * 0.5], abs=0.1)


def test_wires_of_the_mediastinum_go_with_heart_and_shift():
    wire = replace(STRAIGHT, points=((-9.0, 0, -90), (9.0, 0, -90)))
    view = view_of(1.0, side_mm=121, low_mm=60)
    moved = Posture(raised_mm=(20, 20), mediastinum_mm=15)
    # 0.55 of the dome's 20 mm, and all of the shift, as chest.thorax moves the heart
    for inside, place in (("wall", (0, -90)), ("mediastinum", (15, -79))):
        stopped = 1 - shadow_of(replace(wire, inside=inside), view, moved)
        found = [(stopped * axis).sum() / stopped.sum() for axis in (view.x, view.z)]
        assert found == pytest.approx(place, abs=0.1)


def wires(device, material=None):
    """Return the points of all wires of a device."""
    parts = [part for part in device.parts if isinstance(part, Wire)]
    return [np.asarray(p.points) for p in parts if material in (None, p.material)]


@pytest.mark.parametrize(("side", "sign"), [("right", -1), ("left", 1)])
@pytest.mark.parametrize("fluid", [False, True])
def test_a_drain_enters_at_its_side_and_ends_in_the_chest(side, sign, fluid):
    for seed, anatomy in enumerate(ANATOMIES):
        drain = draw_drain(anatomy, np.random.default_rng(seed), side=side, fluid=fluid)
        tube = wires(drain)[0]
        x, y, z = tube[-1]
        front, back = cage_interval(anatomy.thorax, tube[-1, :1], tube[-1, 2:])
        assert sign * tube[0, 0] > 180
        assert np.sign(x) == sign
        assert front[0] < y < back[0]
        assert (z > 30) != fluid
        stripes = wires(drain, "barium stripe")
        # the last side hole interrupts the line
        for one, other in pairwise(stripes):
            assert 4 < np.linalg.norm(one[-1] - other[0]) < 20


def test_leads_lines_and_tubes_end_where_they_should():
    for seed, anatomy in enumerate(ANATOMIES):
        rng = np.random.default_rng(seed)
        for lead in wires(draw_pacemaker(anatomy, rng), "coiled MP35N"):
            x, y, z = lead[-1]
            place = np.array([x]), np.array([z])
            front, back = heart_interval(anatomy.thorax, *place, raised_mm=0.0)
            assert front[0] - 8 < y < back[0]
        x, _, z = wires(draw_central_line(anatomy, rng))[-1][-1]
        assert -35 < x < -8
        assert -65 < z < 15
        x, _, z = wires(draw_tracheal_tube(anatomy, rng))[0][-1]
        assert abs(x) < 20
        assert 10 < z < 80
        stomach = wires(draw_gastric_tube(anatomy, rng))[0][-1]
        assert stomach[2] < anatomy.thorax.dome_top[1]


def test_a_marker_covers_the_area_of_its_strokes_at_any_size():
    # an L 4 wide and 6 high about the middle: down the left side, then right
    assert strokes_of("L", height=6) == [[(-2.0, 3.0), (-2.0, -3.0), (2.0, -3.0)]]
    # of 18 mm: strokes of 18 and 12 mm, 3 mm wide, with two round ends and
    # one corner: 90 + pi/4 x 9 + about 2 mm2
    marker = Marker("L", 20.0, -10.0, height_mm=18.0, stroke_mm=3.0)
    assert text_width_mm(marker) == pytest.approx(12 + 3)
    for size, pixel in ((512, 0.75), (128, 3.0)):
        # the logarithm goes with the covered share; 1 mm of lead has 5.69
        cover = -np.log(marker_shield([marker], size=size, pixel_mm=pixel)) / 5.69
        assert cover.sum() * pixel**2 == pytest.approx(99, rel=0.12)
        rows, columns = np.nonzero(cover > 0.3)
        middle = (size - 1) / 2
        assert (columns.mean() - middle) * pixel == pytest.approx(20, abs=5)
        assert (middle - rows.mean()) * pixel == pytest.approx(-10, abs=6)


def test_a_ring_goes_round_the_letters_and_a_turn_is_anticlockwise():
    marker = Marker("R", 0.0, 0.0, ring=True)
    far = np.nonzero(marker_shield([marker], size=100, pixel_mm=1.0) < 0.5)
    reach = np.hypot(text_width_mm(marker), marker.height_mm) / 2 + 3
    assert np.hypot(*(np.array(far) - 49.5)).max() == pytest.approx(reach + 1.3, abs=1)
    # a letter I that leans to the left: its top is left of its foot
    turned = marker_shield([Marker("I", 0, 0, turn_deg=45.0)], size=40, pixel_mm=1.0)
    rows, columns = np.nonzero(turned < 0.5)
    assert np.corrcoef(rows, columns)[0, 1] > 0.9
