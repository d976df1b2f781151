"""Measures of saliency maps, worked by hand."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.saliency import covering, measures, overlay

MASK = np.array([[False, True], [False, False]])


def test_is_hit_looks_at_the_largest_value_only():
    # everything but the maximum lies outside, and still it is a hit
    assert measures.is_hit(np.array([[5.0, 6.0], [5.0, 5.0]]), MASK)
    assert not measures.is_hit(np.array([[7.0, 6.0], [0.0, 0.0]]), MASK)


def test_is_hit_takes_the_sign_as_it_is():
    # the map reacts most strongly, but downwards, inside the mask: no hit
    assert not measures.is_hit(np.array([[1.0, -9.0], [0.0, 0.0]]), MASK)


def test_is_hit_of_equal_maxima_wants_all_of_them_inside():
    assert not measures.is_hit(np.array([[6.0, 6.0], [0.0, 0.0]]), MASK)
    wide = np.array([[True, True], [False, False]])
    assert measures.is_hit(np.array([[6.0, 6.0], [0.0, 0.0]]), wide)


def test_is_hit_of_a_flat_map_is_never_a_hit():
    assert not measures.is_hit(np.zeros((2, 2)), MASK)


def test_hit_rate_counts_and_gives_the_wilson_interval():
    # 3 of 4; Wilson, z = 1.96: centre (0.75 + 0.48) / (1 + 0.96) = 0.628,
    # half-width 0.327 -> 0.30 to 0.95
    hit, miss = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    got = measures.hit_rate(np.stack([hit, hit, hit, miss]), np.stack([MASK] * 4))
    assert (got.hits, got.total, got.rate) == (3, 4, 0.75)
    assert (got.low, got.high) == pytest.approx((0.301, 0.954), abs=0.001)
    assert str(got) == "0.75 (3 of 4), 95 % CI 0.30 to 0.95"


def test_hit_rate_without_pairs_is_refused():
    with pytest.raises(ValueError, match="one mask per map and at least one pair"):
        measures.hit_rate(np.zeros((0, 2, 2)), np.zeros((0, 2, 2), bool))
    with pytest.raises(ValueError, match="2 maps and 1 masks"):
        measures.hit_rate(np.zeros((2, 2, 2)), MASK[None])


def test_pixel_average_precision_by_hand():
    # ranked: outside, inside, inside, outside -> (1/2 + 2/3) / 2 = 7/12
    mask = np.array([[False, True], [True, False]])
    got = measures.pixel_average_precision(np.array([[4.0, 3.0], [2.0, 1.0]]), mask)
    assert got == pytest.approx(7 / 12)


def test_pixel_average_precision_of_a_flat_map_is_the_share_of_the_mask():
    assert measures.pixel_average_precision(np.ones((2, 2)), MASK) == 0.25


def test_mean_mask_leaves_images_without_the_finding_out():
    masks = np.array([[[True, False]], [[True, True]], [[False, False]]])
    np.testing.assert_allclose(measures.mean_mask(masks), [[1.0, 0.5]])
    with pytest.raises(ValueError, match="All 1 masks are empty"):
        measures.mean_mask(masks[2:])


def test_centre_gaussian_peaks_in_the_middle_and_falls_by_its_width():
    hill = measures.centre_gaussian((5, 9), width=0.2)
    assert np.unravel_index(hill.argmax(), hill.shape) == (2, 4)
    # one row is 1 / (0.2 * 5) = 1 standard deviation
    assert hill[1, 4] / hill[2, 4] == pytest.approx(np.exp(-0.5))
    np.testing.assert_allclose(hill, hill[::-1, ::-1])


@pytest.mark.parametrize("measure", [measures.is_hit, measures.pixel_average_precision])
def test_pairs_that_do_not_fit_are_refused(measure):
    with pytest.raises(ValueError, match=r"\(4, 4\) and \(2, 2\).*enlarge"):
        measure(np.zeros((4, 4)), MASK)
    with pytest.raises(ValueError, match="bool with 0 pixels set"):
        measure(np.zeros((2, 2)), np.zeros((2, 2), bool))
    with pytest.raises(ValueError, match="got int64 with 1 pixels"):
        measure(np.zeros((2, 2)), MASK.astype("int64"))
    with pytest.raises(ValueError, match="not finite"):
        measure(np.array([[np.nan, 1.0], [0.0, 0.0]]), MASK)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_cover_fills_the_patch_and_leaves_the_rest(channels):
    images = np.full((1, 20, 20, *channels), 200.0)
    patch = np.zeros((1, 20, 20), bool)
    patch[0, :, 10:] = True
    got = covering.cover(images, patch, fill=np.full((20, 20, *channels), 50.0))
    assert got.shape == images.shape
    np.testing.assert_allclose(got[0, :, 19], 50, atol=0.1)
    np.testing.assert_allclose(got[0, :, 0], 200, atol=0.1)
    # the edge runs between columns 9 and 10: both are near half-way, 125
    np.testing.assert_allclose(got[0, :, 9] + got[0, :, 10], 250, atol=1e-6)


def test_strongest_pixels_by_hand():
    got = covering.strongest_pixels(np.array([[0.5, 4.0], [3.0, -9.0]]), 2)
    np.testing.assert_array_equal(got, [[False, True], [True, False]])


# --- the overlay ---------------------------------------------------------------------


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_overlay_of_one_sign_is_clear_where_the_map_is_zero(axes):
    saliency_map = np.array([[0.0, 1.0], [2.0, 4.0]])
    overlay.show_overlay(np.zeros((2, 2)), saliency_map, ax=axes, unit="logit")
    film, drawn = axes.images
    assert film.get_cmap().name == "gray"
    assert drawn.norm.vmin == 0
    # scale ends at the 99.5th percentile, 3.97: opacity 0, 1/3.97, 2/3.97, 1 of the
    # strongest
    np.testing.assert_allclose(
        drawn.get_alpha() / overlay.STRONGEST_OPACITY,
        [[0, 0.252], [0.504, 1]],
        atol=1e-3,
    )
    scale = axes.figure.axes[1]
    assert scale.get_ylabel() == "logit"


def test_overlay_of_two_signs_is_even_about_zero(axes):
    overlay.show_overlay(np.zeros((1, 2)), np.array([[-3.0, 1.0]]), ax=axes)
    drawn = axes.images[1]
    assert drawn.norm.vmin == -drawn.norm.vmax
    assert drawn.get_cmap().name == overlay.TWO_SIGNS


def test_overlay_of_an_empty_map_leaves_the_film(axes):
    overlay.show_overlay(np.zeros((2, 2)), np.zeros((2, 2)), ax=axes)
    assert not axes.images[1].get_alpha().any()


def test_overlay_of_another_size_is_refused(axes):
    with pytest.raises(ValueError, match=r"\(4, 4\), the image \(8, 8\).*enlarge"):
        overlay.show_overlay(np.zeros((8, 8)), np.zeros((4, 4)), ax=axes)
