"""Area averages against hand-worked numbers and scikit-image."""

import numpy as np
import pytest
from skimage.transform import resize_local_mean

from helpers.resizing import (
    _mean_in_area,
    as_bytes,
    fit_into_square,
    half_covered,
    shrink_images,
    shrink_masks,
)


@pytest.mark.parametrize(
    ("old", "new"),
    [((9, 9), (9, 9)), ((30, 25), (12, 7)), ((3, 3), (8, 5)), ((64, 48), (63, 1))],
)
def test_mean_in_area_agrees_with_scikit_image(old, new):
    image = np.random.default_rng(3).integers(0, 256, old).astype(np.uint8)
    expected = resize_local_mean(image.astype(float), new, preserve_range=True)
    np.testing.assert_allclose(_mean_in_area(image, *new), expected, atol=1e-3)


def test_mean_in_area_keeps_colours_apart():
    image = np.zeros((2, 2, 3), np.uint8)
    image[..., 0] = 200
    image[0, 0, 2] = 80
    np.testing.assert_allclose(_mean_in_area(image, 1, 1), [[[200, 0, 20]]])


def test_fit_into_square_centres_and_pads_with_black():
    # 2 x 4 white into 4 x 4: rows 1 and 2 are white; 4 x 2: columns 1 and 2
    fitted = fit_into_square(np.full((2, 4), 255, np.uint8), 4)
    assert fitted[:, 0].tolist() == [0, 255, 255, 0]
    fitted = fit_into_square(np.full((4, 2), 255, np.uint8), 4)
    assert fitted[3].tolist() == [0, 255, 255, 0]


def test_fit_into_square_never_loses_a_very_thin_image():
    fitted = fit_into_square(np.full((1000, 2), 9, np.uint8), 16)
    assert (fitted == 9).sum() == 16  # one column of the sixteen


def test_as_bytes_rounds_and_cuts():
    values = np.array([-3.0, 0.4, 0.6, 254.7, 300.0])
    assert as_bytes(values).tolist() == [0, 0, 1, 255, 255]
    assert as_bytes(values).dtype == np.uint8


def test_shrink_images_is_the_rounded_mean_of_blocks():
    image = np.array([[0, 4, 10, 10], [8, 12, 10, 11]], np.uint8)
    square = np.repeat(image, 2, axis=0)[None]  # rows 0, 0, 1, 1
    # upper left block (0 + 4) * 2 / 4 = 2, upper right 10; lower 10, (10 + 11) / 2
    assert shrink_images(square, 2).tolist() == [[[2, 10], [10, 10]]]


def test_shrink_masks_keeps_half_covered_pixels_and_the_smallest_finding():
    masks = np.zeros((3, 4, 4), bool)
    masks[0, 0] = True  # half of both upper blocks
    masks[0, 3, 3] = True  # a quarter of the lower right one: lost beside another
    masks[1, 3, 3] = True  # alone: kept all the same
    small = shrink_masks(masks, 2).astype(int).tolist()
    assert small == [[[1, 1], [0, 0]], [[0, 0], [0, 1]], [[0, 0], [0, 0]]]
    assert not half_covered(np.zeros((3, 3))).any()
