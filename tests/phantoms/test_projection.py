"""Diverging rays: magnification by hand, inverse maps, volume of what is projected."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms import draw_examination, draw_patient
from phantoms.chest.projection import SURFACE_MM, flat_view, make_view, splat
from phantoms.shapes.solids import Tube, tube_interval

PATIENT = replace(draw_patient(2, cohort_seed=2026), stretch=(1.0, 1.0, 1.0))


def straight(view="PA", source_mm=1800.0, size=128):
    """Return a view without rotation, tilt, roll or shift."""
    examination = replace(
        draw_examination(PATIENT),
        view=view,
        source_mm=source_mm,
        rotation_deg=0.0,
        tilt_deg=0.0,
        roll_deg=0.0,
        shift_mm=(0.0, 0.0),
    )
    return make_view(PATIENT, examination, size=size)


def magnification(view, depth):
    """Return mm at the detector for each mm across at a depth."""
    _, column = view.points(np.array([[-10.0, depth, -34], [10.0, depth, -34]]))
    return np.diff(column)[0] * view.pixel_mm / 20


@pytest.mark.parametrize(
    ("view", "source_mm", "depth", "from_detector_mm"),
    [
        ("PA", 1800, -SURFACE_MM, 0),  # the chest touches the detector
        ("PA", 1800, -29, 101),  # the middle of the heart: 130 - 29
        ("PA", 1800, 90, 220),  # the spine
        ("AP", 1000, 130, 0),  # the back touches it
        ("AP", 1000, -29, 159),
    ],
)
def test_magnification_is_source_over_source_less_distance(
    view, source_mm, depth, from_detector_mm
):
    by_hand = source_mm / (source_mm - from_detector_mm)
    assert magnification(straight(view, source_mm), depth) == pytest.approx(
        by_hand, rel=1e-4
    )


def test_the_heart_is_larger_in_ap_than_in_pa():
    # 1000/841 against 1800/1699: 12 % larger
    larger = magnification(straight("AP", 1000), -29) / magnification(straight(), -29)
    assert larger == pytest.approx(1.1223, abs=0.001)


def test_parallel_rays_magnify_nothing():
    view = straight(source_mm=np.inf)
    for depth in (-100, 0, 100):
        assert magnification(view, depth) == pytest.approx(1, abs=1e-4)
        np.testing.assert_allclose(view.at_depth(depth)[0], view.x, atol=1e-4)
    assert view.slant().max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("view_name", ["PA", "AP"])
def test_points_and_at_depth_are_inverse(view_name):
    patient = draw_patient(5, cohort_seed=2026)
    examination = draw_examination(patient, view=view_name)
    view = make_view(patient, examination, size=96)
    rng = np.random.default_rng(0)
    for x, y, z in rng.uniform((-90, -90, -110), (90, 90, 60), (20, 3)):
        row, column = (part[0] for part in view.points(np.array([[x, y, z]])))
        i, j = int(round(row)), int(round(column))
        at_x, at_z = view.at_depth(y)
        # half a pixel off at most, in both directions of the grid
        assert abs(at_x[i, j] - x) < 0.6 * abs(at_x[i, j] - at_x[i, j + 1]) + 0.3
        assert abs(at_z[i, j] - z) < 0.6 * abs(at_z[i, j] - at_z[i + 1, j]) + 0.3


def test_at_depth_takes_a_depth_for_every_pixel():
    view = straight(size=32)
    depth = np.full(view.x.shape, 60.0, np.float32)
    np.testing.assert_allclose(view.at_depth(depth)[0], view.at_depth(60.0)[0])


def test_rotation_moves_front_and_back_apart():
    view = replace(straight(source_mm=np.inf), rotation=np.tan(np.deg2rad(3.0)))
    front, back = view.at_depth(-80.0)[0], view.at_depth(80.0)[0]
    # 160 mm times tan 3 degrees
    np.testing.assert_allclose(front - back, 8.385, atol=1e-3)


def test_slant_of_an_oblique_ray():
    view = straight("AP", 1000, size=65)
    # the source stands 870 mm before depth 0; at depth 0 a ray of the middle row
    # that is 87 mm off the axis rises by 87/870 = 0.1 for each mm of depth
    column = np.abs(view.x[32] - 87).argmin()
    off = view.x[32, column] / 870
    slant = view.slant()[32, column]
    assert slant == pytest.approx(np.sqrt(1 + off**2), abs=1e-5)
    assert 1.004 < slant < 1.006


def test_a_tube_is_drawn_where_it_is_seen():
    view = straight("AP", 1000, size=256)
    tube = Tube(np.array([[60.0, -80, 0], [60, -80, -60]]), np.array([8.0, 8.0]))
    front, back = tube_interval(view.seen(tube), view.x, view.z)
    seen = back > front
    # 1000/790 at the detector, shrunk to depth 0 by 870/1000
    larger = (1000 / 790) * 0.87
    assert view.x[seen].mean() == pytest.approx(60 * larger, abs=1.0)
    width = np.ptp(view.x[seen & (np.abs(view.z + 30) < 10)])
    assert width == pytest.approx(16 * larger, abs=2.5)


def test_splat_keeps_volume_times_the_square_of_the_magnification():
    place = np.array([[5.0, -80.0, -20.0], [-40.0, -80.0, -60.0]])
    volume, radius = np.array([300.0, 200.0]), np.array([1.0, 2.0])
    for view, larger in (
        (straight(source_mm=np.inf, size=128), 1.0),
        (straight("AP", 1000, size=128), 870 / 790),
    ):
        thick = splat(view, place, volume=volume, radius=radius)
        x_step, _, _, z_step = view.cell()
        projected = thick.sum() * abs(x_step * z_step)
        assert projected == pytest.approx(500 * larger**2, rel=0.002)


def test_flat_view_sees_its_own_grid():
    x, z = np.meshgrid(np.arange(-10.0, 11, 5), np.arange(10.0, -11, -5))
    view = flat_view(x, z, stretch=(1.1, 1.0, 0.9))
    np.testing.assert_allclose(view.at_depth(77)[1], z)
    assert view.shown((3, 40, 2)) == pytest.approx((3, 40, 2))
    assert view.pixel_mm == pytest.approx(5.5)


def test_an_unknown_view_is_refused():
    with pytest.raises(ValueError, match="view is 'LAT'.*PA, AP"):
        replace(draw_examination(PATIENT), view="LAT")


def test_a_focus_inside_the_body_is_refused():
    with pytest.raises(ValueError, match="source_mm is 100.*at least 600"):
        replace(draw_examination(PATIENT), source_mm=100.0)


def test_bedside_films_are_reclined_with_higher_domes_and_shoulders():
    pairs = [
        (draw_examination(p), draw_examination(p, view="AP"))
        for p in (draw_patient(n, cohort_seed=2026) for n in range(1, 60))
    ]
    assert not any(pa.supine for pa, _ in pairs)
    assert all(ap.supine for _, ap in pairs)
    for name, least in (("inspiration_mm", 8), ("shoulders_mm", 10)):
        more = np.mean([getattr(ap, name) - getattr(pa, name) for pa, ap in pairs])
        assert more > least


def test_a_grid_taller_than_wide_has_its_steps_too():
    # 9 rows 2 mm apart, 3 columns 1 mm apart; the point lies one column, two rows on
    x, z = np.meshgrid(np.arange(3.0), np.arange(16.0, -1, -2))
    view = flat_view(x, z)
    assert view.cell() == (1, 0, 0, -2)
    row, column = view.points(np.array([[1.0, 0.0, 12.0]]))
    assert (row[0], column[0]) == (2, 1)
