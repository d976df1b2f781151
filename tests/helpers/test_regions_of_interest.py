"""Regions of interest: by hand, against scikit-image and SimpleITK, their coverage."""

import numpy as np
import pytest
import SimpleITK
from scipy import stats
from skimage.draw import disk

from helpers.regions_of_interest import disc, measure_region
from phantoms.physics.ct_noise import KERNELS, noise_fields


@pytest.mark.parametrize("radius", [1, 2.5, 4, 7])
def test_disc_agrees_with_scikit_image(radius):
    other = np.zeros((20, 24), bool)
    other[disk((9, 11), radius + 1e-9, shape=other.shape)] = True
    np.testing.assert_array_equal(disc((20, 24), (9, 11), radius), other)


def test_disc_of_radius_zero_is_one_pixel():
    assert disc((5, 5), (2, 3), 0).sum() == 1


@pytest.mark.parametrize(
    ("center", "radius"), [((0, 5), 1), ((5, 9), 1), ((-1, 5), 0), ((5, 5), -1)]
)
def test_disc_over_the_edge_is_refused(center, radius):
    with pytest.raises(ValueError, match="does not lie in an image of 10 x 10"):
        disc((10, 10), center, radius)


def test_measurement_by_hand():
    # slice means 10 and 14: mean 12, SD of the means 2.828, standard error 2;
    # t of 1 degree of freedom 12.706: 12 -+ 25.41
    volume = np.array([[[9.0, 11.0, 99.0]], [[13.0, 15.0, 99.0]]])
    got = measure_region(volume, np.array([[True, True, False]]))
    assert got.mean == 12.0
    assert (got.voxels, got.slices) == (4, 2)
    assert got.sd == pytest.approx(np.std([9, 11, 13, 15], ddof=1))
    assert (got.low, got.high) == pytest.approx((12 - 25.412, 12 + 25.412), abs=0.01)


def test_mean_and_sd_agree_with_simpleitk():
    volume = np.random.default_rng(0).normal(40, 12, (5, 16, 16))
    mask = disc((16, 16), (8, 8), 4)
    filter_ = SimpleITK.LabelStatisticsImageFilter()
    labels = np.broadcast_to(mask, volume.shape).astype(np.uint8)
    filter_.Execute(
        SimpleITK.GetImageFromArray(volume), SimpleITK.GetImageFromArray(labels)
    )
    got = measure_region(volume, mask)
    assert got.mean == pytest.approx(filter_.GetMean(1))
    assert got.sd == pytest.approx(filter_.GetSigma(1))
    assert got.voxels == filter_.GetCount(1)


def test_padding_and_empty_slices_are_left_out():
    volume = np.array([[[1.0, np.nan]], [[3.0, 5.0]], [[np.nan, np.nan]]])
    got = measure_region(volume, np.ones((1, 2), bool))
    assert (got.mean, got.voxels, got.slices) == (2.5, 3, 2)


def test_integer_volumes_do_not_overflow():
    volume = np.full((3, 40, 40), 30000, np.int16)
    assert measure_region(volume, np.ones((40, 40), bool)).mean == 30000


def test_a_mask_for_each_slice_may_move():
    volume = np.array([[[1.0, 9.0]], [[9.0, 3.0]]])
    got = measure_region(volume, np.array([[[True, False]], [[False, True]]]))
    assert got.mean == 2.0


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"shape \(4, 4\), the mask \(4, 4\)"):
        measure_region(np.zeros((4, 4)), np.ones((4, 4), bool))
    with pytest.raises(ValueError, match=r"the mask \(3, 4\)"):
        measure_region(np.zeros((2, 4, 4)), np.ones((3, 4), bool))


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_slices_are_refused(count):
    volume = np.full((3, 2, 2), np.nan)
    volume[:count] = 1.0
    with pytest.raises(ValueError, match=f"{count} of 3 slices hold a value"):
        measure_region(volume, np.ones((2, 2), bool))


@pytest.mark.parametrize("radius", [1.5, 12])
def test_interval_of_ct_noise_covers_and_that_of_the_pixels_does_not(radius):
    fields = noise_fields(
        np.random.default_rng(3),
        count=1500,
        shape=(48, 48),
        pixel_mm=0.9,
        kernel=KERNELS["soft"],
    ).reshape(300, 5, 48, 48)
    mask = disc((48, 48), (24, 24), radius)
    found = [measure_region(five, mask) for five in fields]
    covered = np.mean([one.low <= 0 <= one.high for one in found])
    # 300 intervals of 95 %: binomial SD 1.3 points
    assert 0.90 <= covered <= 0.99
    half = [stats.norm.ppf(0.975) * one.sd / np.sqrt(one.voxels) for one in found]
    naive = np.mean([abs(one.mean) <= h for one, h in zip(found, half, strict=True)])
    assert naive < 0.90 if radius < 2 else naive > 0.97
