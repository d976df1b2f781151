"""Resampling: by hand, against SimpleITK, and what must be refused."""

import numpy as np
import pytest
from scipy.ndimage import zoom

from helpers.dicom_series import SeriesVolume
from helpers.volume_resampling import resample, resample_values


def volume_of(values, spacing_mm=(2.5, 0.75, 0.5), origin=(10, -20, 30)):
    """Return an axial volume."""
    slices, rows, columns = spacing_mm
    affine = np.array([
        [0, 0, columns, origin[0]],
        [0, rows, 0, origin[1]],
        [slices, 0, 0, origin[2]],
    ])  # fmt: skip
    return SeriesVolume(np.asarray(values, np.float32), "HU", affine)


def test_linear_by_hand():
    # slices at 0, 3, 6 mm hold 0, 30, 90; at 0, 2, 4, 6 mm: 0, 20, 50, 90
    line = np.array([0.0, 30, 90]).reshape(3, 1, 1)
    found = resample_values(line, (3, 1, 1), (2, 1, 1))
    assert found.ravel() == pytest.approx([0, 20, 50, 90])


def test_nearest_by_hand():
    # slices at 0, 3, 6 mm; 2 mm is nearer to 3, 4 mm too
    line = np.array([0.0, 30, 90]).reshape(3, 1, 1)
    found = resample_values(line, (3, 1, 1), (2, 1, 1), order=0)
    assert found.ravel().tolist() == [0, 30, 30, 90]


def test_the_grid_ends_before_the_last_voxel():
    # 4 voxels of 1 mm span 3 mm between centres: 0, 2 mm; nothing is extrapolated
    found = resample_values(np.arange(4.0).reshape(1, 1, 4), (1, 1, 1), (1, 1, 2))
    assert found.ravel().tolist() == [0, 2]


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("new_mm", [(1, 1, 1), (5, 0.4, 0.5), (1.3, 1.7, 0.9)])
def test_resample_equals_simpleitk(order, new_mm):
    sitk = pytest.importorskip("SimpleITK")
    rng = np.random.default_rng(1)
    volume = volume_of(rng.normal(0, 100, (7, 12, 15)))
    ours = resample(volume, new_mm, order=order)
    image = sitk.GetImageFromArray(volume.values.astype(float))
    image.SetSpacing(volume.spacing_mm[::-1])
    image.SetOrigin(volume.origin_mm.tolist())
    grid = sitk.Image(*ours.values.shape[::-1], sitk.sitkFloat64)
    grid.SetSpacing(tuple(float(mm) for mm in new_mm[::-1]))
    grid.SetOrigin(ours.origin_mm.tolist())
    ways = {0: sitk.sitkNearestNeighbor, 1: sitk.sitkLinear, 3: sitk.sitkBSpline}
    theirs = sitk.GetArrayFromImage(
        sitk.Resample(image, grid, sitk.Transform(), ways[order], 0.0)
    )
    if order == 0:  # a tie between two voxels may fall either way
        assert (ours.values == theirs.astype(np.float32)).mean() > 0.8
    else:
        np.testing.assert_allclose(ours.values, theirs, atol=0.01)


def test_places_stay_in_the_patient():
    # a linear ramp along z is the same ramp on any grid
    slices = np.arange(6.0)[:, None, None] * 2.5 + 30
    volume = volume_of(np.broadcast_to(slices, (6, 4, 4)))
    finer = resample(volume, (1, 1, 1))
    assert finer.spacing_mm == pytest.approx((1, 1, 1))
    z = finer.to_patient_mm([[k, 0, 0] for k in range(len(finer.values))])[:, 2]
    np.testing.assert_allclose(finer.values[:, 0, 0], z, rtol=1e-6)


def test_same_grid_as_zoom_where_zoom_keeps_the_ends():
    # 5 slices of 2 mm span 8 mm; 9 slices of 1 mm span 8 mm too: here zoom agrees
    values = np.random.default_rng(0).normal(size=(5, 3, 3)).astype(np.float32)
    ours = resample_values(values, (2, 1, 1), (1, 1, 1))
    theirs = zoom(values, (9 / 5, 1, 1), order=1, grid_mode=False)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_mask_stays_a_mask():
    mask = np.zeros((3, 4, 4), bool)
    mask[1] = True
    found = resample_values(mask, (2, 1, 1), (1, 1, 1), order=0)
    assert found.dtype == bool
    assert found.shape == (5, 4, 4)
    with pytest.raises(ValueError, match="between yes and no is neither"):
        resample_values(mask, (2, 1, 1), (1, 1, 1), order=1)


@pytest.mark.parametrize(
    ("values", "new_mm", "order", "match"),
    [
        (np.zeros((2, 2, 2)), (1, 1, 0), 1, "distances above 0"),
        (np.zeros((2, 2, 2)), (1, 1), 1, "three distances"),
        (np.zeros((2, 2)), (1, 1, 1), 1, r"Expected \(slices, rows, columns\)"),
        (np.zeros((2, 2, 2)), (1, 1, 1), 5, "order is 5"),
        (np.zeros((20, 200, 200)), (1e-3, 1e-3, 1e-3), 1, "in mm, and not in metres"),
        (np.full((2, 2, 2), np.nan), (1, 1, 1), 1, "2 of 2 slices hold NaN"),
    ],
)
def test_what_cannot_be_resampled(values, new_mm, order, match):
    with pytest.raises(ValueError, match=match):
        resample_values(values, (1, 1, 1), new_mm, order=order)
