"""What survives a copy: resizing, detail, shifts, each against another way to it."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.transform import resize_local_mean

from helpers.patient_splits import image_detail
from helpers.patient_splits.image_detail import (
    checked_stack,
    detail,
    enlarged,
    frequency_strengths,
    overlap,
    similarity_of_pairs,
    small_grey,
)


def films(count=3, side=64, seed=0):
    """Return smooth random images with detail at every scale."""
    noise = np.random.default_rng(seed).normal(size=(count, side, side))
    return sum(gaussian_filter(noise, (0, s, s)) * s for s in (1, 2, 4)) + 10


def test_small_grey_averages_blocks_by_hand():
    # 128 x 128 to 64 x 64: each pixel is the mean of a block of 2 x 2
    image = np.zeros((1, 128, 128), np.uint8)
    image[0, :2, :2] = [[4, 8], [0, 0]]
    image[0, 2, 3] = 100
    small = small_grey(image)[0]
    assert small.shape == (64, 64)
    np.testing.assert_allclose(
        [small[0, 0], small[1, 1], small[5, 5]], [3, 25, 0], atol=1e-5
    )


@pytest.mark.parametrize("shape", [(128, 128), (100, 90), (70, 200)])
def test_small_grey_agrees_with_scikit_image(shape):
    image = np.random.default_rng(1).random((2, *shape)).astype("float32")
    theirs = [resize_local_mean(one, (64, 64)) for one in image]
    np.testing.assert_allclose(small_grey(image), theirs, atol=1e-4)


def test_small_grey_averages_colours_and_enlarges_small_images():
    colour = np.zeros((1, 64, 64, 3), np.uint8)
    colour[..., 0] = 30
    np.testing.assert_allclose(small_grey(colour), 10, atol=1e-4)
    assert small_grey(np.full((2, 28, 28), 7, np.uint8)).shape == (2, 64, 64)
    np.testing.assert_allclose(small_grey(np.full((1, 9, 9), 7.0)), 7, atol=1e-4)


def test_small_grey_works_in_blocks_without_a_seam(monkeypatch):
    images = films(5)
    whole = small_grey(images)
    monkeypatch.setattr(image_detail, "BLOCK", 2)
    np.testing.assert_array_equal(small_grey(images), whole)


def test_enlarged_keeps_the_centre_and_spreads_a_ramp():
    # a ramp enlarged by 1.16 about the middle 31.5 rises 1.16 times more slowly
    ramp = np.tile(np.arange(64, dtype=np.float32), (1, 64, 1))
    wider = enlarged(ramp, 1.16)
    expected = 31.5 + (np.arange(64) - 31.5) / 1.16
    np.testing.assert_allclose(wider[0, 10], expected, atol=1e-4)
    assert enlarged(ramp, 1.0) is ramp


def test_detail_has_norm_one_and_no_mean_and_does_not_mind_brightness():
    images = films()
    described = detail(small_grey(images))
    np.testing.assert_allclose((described**2).sum(axis=(1, 2)), 1, atol=1e-4)
    np.testing.assert_allclose(described.mean(axis=(1, 2)), 0, atol=1e-6)
    again = detail(small_grey(3 * images + 20))
    np.testing.assert_allclose(again, described, atol=1e-3)


def test_detail_of_a_blank_image_is_zero():
    assert not detail(np.full((1, 64, 64), 9.0, np.float32)).any()


def test_overlap_finds_the_shift_by_hand():
    # one bright pixel against the same pixel four rows and six columns away
    one, other = np.zeros((2, 1, 64, 64), np.float32)
    one[0, 30, 30] = other[0, 34, 36] = 1
    assert overlap(one, other)[0] == pytest.approx(1, abs=1e-5)
    other[:] = 0
    other[0, 37, 30] = 1  # seven rows: farther than a tenth of the side
    assert overlap(one, other)[0] == pytest.approx(0, abs=1e-5)


def test_overlap_agrees_with_shifting_one_by_one():
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=(2, 1, 64, 64)).astype("float32")
    padded = np.pad(other[0], 6)
    by_hand = max(
        float((one[0] * padded[6 + down : 70 + down, 6 + right : 70 + right]).sum())
        for down in range(-6, 7)
        for right in range(-6, 7)
    )
    assert overlap(one, other)[0] == pytest.approx(by_hand, rel=1e-4)


def test_frequency_strengths_hardly_mind_a_shift():
    images = films(2, side=72)
    here, there = images[:, 2:66, 2:66], images[:, 5:69, 0:64]
    same = frequency_strengths(detail(small_grey(here)))
    moved = frequency_strengths(detail(small_grey(there)))
    likeness = np.corrcoef(np.concatenate([same, moved]))
    assert likeness[0, 2] > 0.9 > likeness[0, 1]
    assert likeness[1, 3] > 0.9 > likeness[0, 3]


@pytest.mark.parametrize(
    "change",
    [
        lambda x: 255 - 0.5 * (255 - x),  # another window
        lambda x: np.roll(x, (3, -4), axis=(1, 2)),
        lambda x: np.round(x),  # stored as whole numbers
        lambda x: x[:, 3:-3, 3:-3],  # cropped by 3 of 64 pixels at each side
    ],
)
def test_similarity_of_a_changed_copy_is_high_and_of_another_film_low(change):
    images = 40 * (films(4) - 10) + 120
    copies = change(images)
    assert similarity_of_pairs(images, copies).min() > 0.9
    assert similarity_of_pairs(images, copies[::-1]).max() < 0.7


def test_similarity_does_not_depend_on_which_comes_first():
    images = films(3)
    cropped = images[:, 4:-4, 4:-4]
    np.testing.assert_allclose(
        similarity_of_pairs(images, cropped),
        similarity_of_pairs(cropped, images),
        atol=1e-6,
    )


def test_a_mirrored_or_blank_image_is_no_copy():
    images = films(2)
    assert similarity_of_pairs(images, images[:, :, ::-1]).max() < 0.7
    assert similarity_of_pairs(images, np.zeros_like(images)).max() < 0.01


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((64, 64)), r"images has shape \(64, 64\), expected \(images, rows"),
        (np.zeros((2, 9, 9, 9)), r"shape \(2, 9, 9, 9\), .* of volumes take one slice"),
        (np.zeros((2, 4, 64)), "have 4 x 64 pixels, expected at least 8 x 8"),
        (
            np.stack([np.zeros((8, 8)), np.full((8, 8), np.nan), np.full((8, 8), 1)]),
            "1 of 3 images hold missing or infinite values, the first is image 1",
        ),
    ],
)
def test_what_is_no_stack_of_images_is_named(images, words):
    with pytest.raises(ValueError, match=words):
        checked_stack(images)


def test_pairs_of_unequal_number_are_named():
    with pytest.raises(ValueError, match="first has 2 images and second 3; expected"):
        similarity_of_pairs(np.zeros((2, 8, 8)), np.zeros((3, 8, 8)))
