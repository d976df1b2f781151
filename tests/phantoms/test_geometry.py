"""Solids, tubes, voxels and diverging rays: shapes and places worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms import draw_examination, draw_patient
from phantoms.chest.projection import SURFACE_MM, flat_view, make_view, splat
from phantoms.shapes.solids import (
    HeightTable,
    Piece,
    Tube,
    ellipsoid,
    extent,
    hull,
    intersect,
    length,
    path_length,
    subtract,
    total_length,
    tube_interval,
)
from phantoms.shapes.voxels import VoxelGrid, fill_pieces, tube_coverage, whole_box

PATIENT = replace(draw_patient(2, cohort_seed=2026), stretch=(1.0, 1.0, 1.0))


def interval(*bounds):
    return tuple(np.array([float(b)]) for b in bounds)


def grid(step=1.0, half=60):
    line = np.arange(-half, half, step, dtype=np.float32)
    return np.meshgrid(line, -line)


# solids


def test_subtract_agrees_with_counting_on_a_line():
    rng = np.random.default_rng(0)
    line = np.arange(0, 100, 0.05) + 0.025
    for _ in range(30):
        pieces, there = [interval(5, 95)], (line > 5) & (line < 95)
        for _ in range(4):
            low, high = np.sort(rng.uniform(0, 100, 2))
            pieces = subtract(pieces, interval(low, high))
            there &= ~((line > low) & (line < high))
        assert total_length(pieces).item() == pytest.approx(there.sum() * 0.05, abs=0.5)


def test_hull_intersection_and_extent():
    assert [s.item() for s in hull(interval(0, 10), interval(30, 40))] == [0, 40]
    # an empty interval adds nothing
    assert length(hull(interval(0, 10), interval(50, 50))).item() == 10
    assert length(intersect(interval(0, 10), interval(6, 20))).item() == 4
    back = np.zeros((5, 6))
    back[2, 1] = back[3, 4] = 1.0
    assert extent((np.zeros((5, 6)), back)) == (slice(2, 4), slice(1, 5))
    assert extent((back, back)) is None


def test_path_length_adds_weighted_pieces_in_their_windows():
    piece = Piece(np.zeros((1, 2)), np.array([[6.0, 8.0]]), 0.5, np.s_[1:2, 0:2])
    whole = Piece(np.zeros((2, 2)), np.ones((2, 2)))
    # half of 6 and of 8 mm in the lower row, 1 mm everywhere
    assert path_length([piece, whole], shape=(2, 2)).tolist() == [[1, 1], [4, 5]]


def test_a_ball_and_a_pipe_have_their_volumes():
    x, z = grid(0.5)
    ball = ellipsoid(x, z, centre=(10, 0, -30), radii=(20, 20, 20))
    assert length(ball).sum() * 0.25 == pytest.approx(4 / 3 * np.pi * 8000, rel=0.01)
    x, z = grid(half=80)
    tube = Tube(np.array([[20, 5, 50], [20, 5, -50.0]]), np.array([8.0, 8.0]))
    thick = length(tube_interval(tube, x, z))
    assert thick.max() == pytest.approx(16, abs=0.05)
    # 100 mm cylinder and two half balls at its ends
    assert thick.sum() == pytest.approx(np.pi * 6400 + 4 / 3 * np.pi * 512, rel=0.02)


def test_height_table_goes_through_its_points_and_stays_beyond():
    table = HeightTable.through([-100, 0, 50], [10, 20, 5])
    np.testing.assert_allclose(table(np.array([-300, -100, 0, 50])), [10, 10, 20, 5])


# voxels


def test_piece_fills_the_exact_share_of_each_voxel():
    # rows of 1 mm from -0.5 mm on; the piece reaches from 0.25 to 2 mm in one ray
    # and is empty in the other: 0.25 of the first row, all of the second, half of
    # the third
    voxels = VoxelGrid((0, 0, 0), (1, 1, 1), (1, 4, 2))
    piece = Piece(np.array([[0.25, 5.0]]), np.array([[2.0, 3.0]]), 1.0)
    filled = fill_pieces([piece], voxels, whole_box(voxels))
    np.testing.assert_allclose(filled[0].T, [[0.25, 1, 0.5, 0], [0, 0, 0, 0]])
    part = fill_pieces([piece], voxels, np.s_[0:1, 1:3, 0:1])
    np.testing.assert_allclose(part[0, :, 0], [1, 0.5])


def test_two_rays_of_a_slice_are_averaged_and_heights_fall_along_rays():
    voxels = VoxelGrid((0, 0, 0), (2, 1, 1), (2, 2, 1), rays_per_slice=2)
    np.testing.assert_allclose(voxels.rays()[1][:, 0], [2.5, 1.5, 0.5, -0.5])
    # only the highest ray is filled: half of the upper slice
    piece = Piece(np.full((1, 1), -0.5), np.full((1, 1), 1.5), 1.0, np.s_[0:1, 0:1])
    filled = fill_pieces([piece], voxels, whole_box(voxels))
    np.testing.assert_allclose(filled[:, :, 0], [[0, 0], [0.5, 0.5]])


@pytest.mark.parametrize(("radius", "tolerance"), [(0.5, 0.01), (0.8, 0.01), (3, 0.03)])
def test_branches_keep_their_volume_however_thin(radius, tolerance):
    voxels = VoxelGrid((-15, -15, -20), (2.5, 0.75, 0.75), (17, 41, 41))
    start, end = np.array([[-6.0, -5, -9]]), np.array([[7.0, 6, 8]])
    branch = tube_coverage(start, end, np.array([radius]), grid=voxels)
    ends = 4 / 3 * np.pi * radius**3 if radius > 1 else 0  # thick ones are round
    expected = np.pi * radius**2 * np.linalg.norm(end - start) + ends
    volume = branch.values.sum() * np.prod(voxels.spacing_mm)
    assert volume == pytest.approx(expected, rel=tolerance)


# diverging rays


def straight(view="PA", source_mm=1800.0, size=128):
    """Return a view without rotation, tilt, roll or shift."""
    still = {"rotation_deg": 0, "tilt_deg": 0, "roll_deg": 0, "shift_mm": (0, 0)}
    drawn = replace(draw_examination(PATIENT), view=view, source_mm=source_mm, **still)
    return make_view(PATIENT, drawn, size=size)


@pytest.mark.parametrize(
    ("view", "source_mm", "depth", "from_detector_mm"),
    [
        ("PA", 1800, -SURFACE_MM, 0),  # the chest touches the detector
        ("PA", 1800, -29, 101),  # the middle of the heart: 130 - 29
        ("AP", 1000, -29, 159),
        ("PA", np.inf, 90, 220),  # parallel rays magnify nothing
    ],
)
def test_magnification_is_source_over_source_less_distance(
    view, source_mm, depth, from_detector_mm
):
    by_hand = 1 / (1 - from_detector_mm / source_mm)
    seen = straight(view, source_mm)
    _, column = seen.points(np.array([[-10.0, depth, -34], [10.0, depth, -34]]))
    larger = np.diff(column).item() * seen.pixel_mm / 20
    assert larger == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize("view_name", ["PA", "AP"])
def test_points_and_at_depth_are_inverse(view_name):
    patient = draw_patient(5, cohort_seed=2026)
    view = make_view(patient, draw_examination(patient, view=view_name), size=96)
    rng = np.random.default_rng(0)
    for x, y, z in rng.uniform((-90, -90, -110), (90, 90, 60), (20, 3)):
        row, column = (part.item() for part in view.points(np.array([[x, y, z]])))
        i, j = round(row), round(column)
        at_x, at_z = view.at_depth(y)
        # half a pixel off at most, in both directions of the grid
        assert abs(at_x[i, j] - x) < 0.6 * abs(at_x[i, j] - at_x[i, j + 1]) + 0.3
        assert abs(at_z[i, j] - z) < 0.6 * abs(at_z[i, j] - at_z[i + 1, j]) + 0.3


def test_slant_of_an_oblique_ray():
    view = straight("AP", 1000, size=65)
    # the source stands 870 mm before depth 0; at depth 0 a ray of the middle row
    # that is 87 mm off the axis rises by 87/870 = 0.1 for each mm of depth
    column = np.abs(view.x[32] - 87).argmin()
    off = view.x[32, column] / 870
    assert view.slant()[32, column] == pytest.approx(np.sqrt(1 + off**2), abs=1e-5)


def test_splat_keeps_volume_times_the_square_of_the_magnification():
    place = np.array([[5.0, -80.0, -20.0], [-40.0, -80.0, -60.0]])
    volume, radius = np.array([300.0, 200.0]), np.array([1.0, 2.0])
    for source_mm, larger in ((np.inf, 1.0), (1000, 870 / 790)):
        view = straight("AP", source_mm)
        thick = splat(view, place, volume=volume, radius=radius)
        x_step, _, _, z_step = view.cell()
        projected = thick.sum() * abs(x_step * z_step)
        assert projected == pytest.approx(500 * larger**2, rel=0.002)


def test_a_flat_view_sees_its_own_grid_also_when_taller_than_wide():
    # 9 rows 2 mm apart, 3 columns 1 mm apart; the point lies one column, two rows on
    x, z = np.meshgrid(np.arange(3.0), np.arange(16.0, -1, -2))
    view = flat_view(x, z, stretch=(1.1, 1.0, 0.9))
    np.testing.assert_allclose(view.at_depth(77)[1], z)
    assert view.pixel_mm == pytest.approx(1.1)
    assert view.cell() == (1, 0, 0, -2)
    row, column = view.points(np.array([[1.0, 0.0, 12.0]]))
    assert (row.item(), column.item()) == (2, 1)
