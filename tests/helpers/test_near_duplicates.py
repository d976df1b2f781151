"""Changed copies are found and other films are not; steps against another way."""

from functools import partial

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.transform import resize, resize_local_mean

from helpers import near_duplicates as module
from helpers.near_duplicates import near_duplicates, small_grey


@pytest.fixture(scope="module")
def films():
    """Return 27 grey images of 96 x 96, no two alike."""
    noise = np.random.default_rng(7).normal(size=(27, 96, 96))
    smooth = sum(gaussian_filter(noise, (0, s, s)) * s for s in (1, 2, 4, 8))
    return np.clip(127 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def pairs_of(table):
    """Return the pairs of a table as a list."""
    return table[["first", "second"]].to_numpy().tolist()


def similarity(first, second):
    """Compare images pair by pair, each of the two enlarged in turn."""
    ours, theirs = small_grey(first), small_grey(second)
    tries = [
        module._overlap(
            module._detail(module._enlarged(one, zoom)), module._detail(other)
        )
        for one, other in ((ours, theirs), (theirs, ours))
        for zoom in module.ZOOMS
    ]
    return np.max(tries, axis=0).astype(float)


def changed(films):
    """Return films in another window, gamma and place, cropped, marked or negated."""
    copies = films.copy()
    copies[0] = np.clip((films[0] - 40.0) * 1.5, 0, 255)
    copies[1] = 255 * (films[1] / 255) ** 0.6
    copies[2] = np.roll(films[2], (2, -3), axis=(0, 1))
    copies[3] = resize(films[3, 4:-4, 4:-4], films[3].shape, preserve_range=True)
    copies[4, 5:14, -18:-9] = 255
    copies[5] = 255 - films[5]
    return copies


def test_changed_copies_are_found_and_nothing_else(films):
    found = near_duplicates(np.concatenate([films, changed(films[9:15])]))
    assert sorted(pairs_of(found)) == [[9 + k, 27 + k] for k in range(5)]
    assert found["similarity"].between(0.95, 1).all()
    assert found["similarity"].is_monotonic_decreasing
    assert near_duplicates(films).empty
    assert near_duplicates(films[:1]).empty
    assert near_duplicates(np.zeros((3, 16, 16))).empty


def test_short_list_misses_no_pair_that_comparing_all_finds(films):
    stack = np.concatenate([films[:9], changed(films[:6]), films[[3]]])
    first, second = np.triu_indices(len(stack), 1)
    every = similarity(stack[first], stack[second])
    wanted = every >= 0.8
    found = near_duplicates(stack, threshold=0.8)
    assert pairs_of(found)[0] == [3, 15]
    found = found.sort_values(["first", "second"])
    assert pairs_of(found) == np.transpose([first[wanted], second[wanted]]).tolist()
    # kept in half precision
    np.testing.assert_allclose(found["similarity"], every[wanted], atol=2e-3)


def test_blocks_leave_no_seam(films, monkeypatch):
    stack = np.concatenate([films, films[[20]], 255 - films[:3] // 2])
    whole = near_duplicates(stack)
    monkeypatch.setattr(module, "_BLOCK", 4)
    assert pairs_of(near_duplicates(stack)) == pairs_of(whole) == [[20, 27]]


def test_a_group_of_copies_is_compared_with_its_five_nearest(films):
    found = near_duplicates(np.repeat(films[:1], 6, axis=0))
    assert len(found) == 15  # six alike: 6 x 5 / 2 pairs, five neighbours each


def test_similarities_are_those_of_the_course(films):
    # the threshold of 0.95 was chosen for these; compare test_overlap for the measure
    assert similarity(films[:6], changed(films[:6])) == pytest.approx(
        [0.988, 0.983, 0.977, 0.994, 0.996, 0.179], abs=0.0011
    )
    others = similarity(films[:4], films[1:5])
    assert others == pytest.approx([0.195, 0.156, 0.211, 0.141], abs=0.001)
    assert similarity(films, films[:, :, ::-1]).max() < 0.7  # mirrored
    assert similarity(films, np.zeros_like(films)).max() < 0.01


@pytest.mark.parametrize("crop", [0, 4, 7])  # of 96 pixels, at each side
def test_similarity_undoes_a_crop_whichever_comes_first(films, crop):
    cropped = films[:4, crop : 96 - crop, crop : 96 - crop]
    forth, back = similarity(films[:4], cropped), similarity(cropped, films[:4])
    np.testing.assert_allclose(forth, back, atol=1e-6)
    assert forth.min() > 0.9


@pytest.mark.parametrize("shape", [(128, 128), (100, 90), (64, 64), (70, 28)])
def test_small_grey_agrees_with_scikit_image(shape):
    image = np.random.default_rng(1).random((2, *shape))

    tall = [resize_local_mean(one, (64, shape[1])) for one in image]
    smaller = {True: resize_local_mean, False: partial(resize, order=1)}[shape[1] >= 64]
    theirs = [smaller(one, (64, 64)) for one in tall]
    np.testing.assert_allclose(small_grey(image), theirs, atol=1e-4)
    colour = np.stack([image, image, 4 * image], axis=-1)
    np.testing.assert_allclose(small_grey(colour), 2 * small_grey(image), atol=1e-4)


def test_detail_has_norm_one_no_mean_and_does_not_mind_a_window(films):
    small = small_grey(films)
    described = module._detail(small)
    np.testing.assert_allclose((described**2).sum(axis=(1, 2)), 1, atol=1e-4)
    np.testing.assert_allclose(described.mean(axis=(1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(module._detail(3 * small + 20), described, atol=1e-3)


def test_overlap_agrees_with_shifting_one_by_one():
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=(2, 1, 64, 64)).astype("float32")
    padded = np.pad(other[0], 6)  # six pixels: a tenth of the side
    by_hand = max(
        float((one[0] * padded[6 + down : 70 + down, 6 + right : 70 + right]).sum())
        for down in range(-6, 7)
        for right in range(-6, 7)
    )
    assert module._overlap(one, other)[0] == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize(("rows", "seen"), [(6, 1), (-6, 1), (7, 0), (-7, 0)])
def test_overlap_reaches_a_tenth_of_the_side(rows, seen):
    one, other = np.zeros((2, 1, 64, 64), np.float32)
    one[0, 30, 30] = other[0, 30 + rows, 24] = 1
    assert module._overlap(one, other)[0] == pytest.approx(seen, abs=1e-5)


def refused(word, function, *inputs, **options):
    """Check that bad input is refused in words, one of which is given."""
    with pytest.raises((ValueError, TypeError), match=word):
        function(*inputs, **options)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_bad_input_is_refused():
    stack = np.zeros((2, 9, 9))
    refused("threshold is 0", near_duplicates, stack, threshold=0)
    refused("threshold is 1.01", near_duplicates, stack, threshold=1.01)
    refused(r"shape \(9, 9\)", small_grey, stack[0])
    refused(r"shape \(0, 9, 9\)", small_grey, stack[:0])
    refused("volumes", small_grey, np.zeros((2, 9, 9, 9)))
    refused("8 x 8", small_grey, stack[:, :7])
    stack[1, 4, 4] = np.nan
    refused("1 of 2 images .* image 1", small_grey, stack)
