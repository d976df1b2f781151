"""Changed copies are found and other films are not; each step against another way."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.transform import resize, resize_local_mean

from helpers import near_duplicates as module
from helpers.near_duplicates import (
    CHANGES,
    near_duplicates,
    planted_copies,
    similarity_of_pairs,
    small_grey,
)


@pytest.fixture(scope="module")
def films():
    """Return 27 grey images of 96 x 96, no two alike."""
    noise = np.random.default_rng(7).normal(size=(27, 96, 96))
    smooth = sum(gaussian_filter(noise, (0, s, s)) * s for s in (1, 2, 4, 8))
    return np.clip(127 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def pairs_of(table):
    """Return the pairs of a table as a list."""
    return table[["first", "second"]].to_numpy().tolist()


def test_changed_copies_are_found_and_nothing_else(films):
    copies, names = planted_copies(films[9:18])
    found = near_duplicates(np.concatenate([films, copies]))
    wanted = [[9 + k, 27 + k] for k, name in enumerate(names) if name != "negative"]
    assert sorted(pairs_of(found)) == wanted
    assert found["similarity"].between(0.95, 1).all()
    assert found["similarity"].is_monotonic_decreasing


def test_short_list_misses_no_pair_that_comparing_all_finds(films):
    # in blocks smaller than the stack, each image against each by another function
    copies, _ = planted_copies(films[:9])
    stack = np.concatenate([films[:9], copies, films[[3]]])  # the last an exact copy
    first, second = np.triu_indices(len(stack), 1)
    every = similarity_of_pairs(stack[first], stack[second])
    found = near_duplicates(stack, threshold=0.8)
    wanted = {
        (a, b): value
        for a, b, value in zip(first, second, every, strict=True)
        if value >= 0.8
    }
    kept = dict(zip(map(tuple, pairs_of(found)), found["similarity"], strict=True))
    assert kept.keys() == wanted.keys()
    assert kept == pytest.approx(wanted, abs=2e-3)  # kept in half precision
    assert pairs_of(found)[0] == [3, 18]


def test_blocks_leave_no_seam(films, monkeypatch):
    stack = np.concatenate([films, films[[20]], 255 - films[:3] // 2])
    whole, small = near_duplicates(stack), small_grey(stack)
    monkeypatch.setattr(module, "_BLOCK", 4)
    np.testing.assert_allclose(small_grey(stack), small, atol=1e-4)
    assert pairs_of(near_duplicates(stack)) == pairs_of(whole) == [[20, 27]]


def test_a_group_of_copies_is_compared_with_its_five_nearest(films):
    found = near_duplicates(np.repeat(films[:1], 6, axis=0))
    assert len(found) == 15  # six alike: 6 x 5 / 2 pairs, five neighbours each
    assert near_duplicates(np.repeat(films[:1], 2, axis=0)).shape == (1, 3)


def test_what_is_no_copy_is_not_called_one(films):
    assert near_duplicates(films).empty
    assert near_duplicates(films[:1]).empty
    assert near_duplicates(np.zeros((3, 16, 16))).empty
    mirrored = similarity_of_pairs(films, films[:, :, ::-1])
    assert mirrored.max() < 0.7
    assert similarity_of_pairs(films, np.zeros_like(films)).max() < 0.01


@pytest.mark.parametrize("crop", [0, 4, 7])  # of 96 pixels, at each side
def test_similarity_undoes_a_crop_whichever_comes_first(films, crop):
    cropped = films[:4, crop : 96 - crop, crop : 96 - crop]
    forth, back = (
        similarity_of_pairs(*pair)
        for pair in ((films[:4], cropped), (cropped, films[:4]))
    )
    np.testing.assert_allclose(forth, back, atol=1e-6)
    assert forth.min() > 0.9
    assert similarity_of_pairs(films[:4], cropped[::-1]).max() < 0.7


@pytest.mark.parametrize("shape", [(128, 128), (100, 90), (64, 64), (70, 28)])
def test_small_grey_agrees_with_scikit_image(shape):
    image = np.random.default_rng(1).random((2, *shape)).astype("float32")

    def by_sides(one):
        tall = resize_local_mean(one, (64, shape[1]))
        if shape[1] >= 64:
            return resize_local_mean(tall, (64, 64))
        return resize(tall, (64, 64), order=1)

    theirs = [by_sides(one) for one in image]
    np.testing.assert_allclose(small_grey(image), theirs, atol=1e-4)


def test_small_grey_averages_colours():
    colour = np.zeros((1, 64, 64, 3), np.uint8)
    colour[..., 0] = 30
    np.testing.assert_allclose(small_grey(colour), 10, atol=1e-4)


def test_enlarged_keeps_the_centre_and_spreads_a_ramp():
    # a ramp enlarged by 1.16 about the middle 31.5 rises 1.16 times more slowly
    ramp = np.tile(np.arange(64, dtype=np.float32), (1, 64, 1))
    expected = 31.5 + (np.arange(64) - 31.5) / 1.16
    np.testing.assert_allclose(module._enlarged(ramp, 1.16)[0, 10], expected, atol=1e-4)


def test_detail_has_norm_one_no_mean_and_does_not_mind_a_window(films):
    small = small_grey(films)
    described = module._detail(small)
    np.testing.assert_allclose((described**2).sum(axis=(1, 2)), 1, atol=1e-4)
    np.testing.assert_allclose(described.mean(axis=(1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(module._detail(3 * small + 20), described, atol=1e-3)
    blurs = [gaussian_filter(small[0].astype(float), s) for s in (0.7, 3.0)]
    band = blurs[0] - blurs[1]
    inner = (slice(20, 44),) * 2
    assert np.corrcoef(band[inner].ravel(), described[0][inner].ravel())[0, 1] > 0.85
    assert not module._detail(np.full((1, 64, 64), 9.0, np.float32)).any()


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


def test_frequency_strengths_hardly_mind_a_shift(films):
    same, moved = (
        module._frequency_strengths(module._detail(small_grey(part)))
        for part in (films[:2, 2:66, 2:66], films[:2, 5:69, :64])
    )
    likeness = np.corrcoef(np.concatenate([same, moved]))
    assert likeness[0, 2] > 0.9 > likeness[0, 1]
    assert same.shape == (2, 21 * 11)  # -10 to 10 down, 0 to 10 across


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
    refused("2 of 2 images", small_grey, np.full((2, 9, 9), np.inf))
    refused("first has 1 ", similarity_of_pairs, stack[:1], np.zeros((2, 9, 9)))
    refused("float64", planted_copies, stack)
    refused(r"shape \(9, 9\)", planted_copies, np.zeros((9, 9), np.uint8))


# --- copies of known kinds


@pytest.fixture
def film():
    """Return 50 x 40 pixels that grow to the right and downwards."""
    rows, columns = np.mgrid[:50, :40]
    return (60 + rows + 2 * columns).astype(np.uint8)


def test_changes_are_dealt_in_turn_and_leave_the_films_alone(film):
    stack = np.repeat(film[None], len(CHANGES) + 1, axis=0)
    copies, names = planted_copies(stack)
    assert names == [*CHANGES, "JPEG, quality 50"]
    np.testing.assert_array_equal(copies[-1], copies[0])
    assert (copies != film).any(axis=(1, 2)).all()
    assert (stack == film).all()
    assert copies.dtype == np.uint8


def test_grey_values_by_hand():
    # window: (100 - 40) x 1.5 = 90; gamma: 255 x (100 / 255) ** 0.6 = 145.4
    grey = np.array([[[0, 40, 100, 255]]] * 9, np.uint8)
    with np.errstate(all="ignore"):
        changed = {
            name: CHANGES[name](grey[0])
            for name in ("narrower window", "another gamma", "negative")
        }
    assert changed["narrower window"].tolist() == [[0, 0, 90, 255]]
    assert changed["another gamma"][0, [0, 2, 3]].tolist() == [0, 145, 255]
    assert changed["negative"].tolist() == [[255, 215, 155, 0]]


def test_places_by_hand(film):
    # 2 % of 50 rows: one down; 3 % of 40 columns: one to the left
    moved = CHANGES["shifted"](film)
    np.testing.assert_array_equal(moved[1:, :-1], film[:-1, 1:])
    marked = CHANGES["mark added"](film)
    assert (marked[2:7, 30:35] == 255).all()
    assert (marked != film).sum() == 25
    # cropped by 2 rows and 2 columns at each side: 50 / 46 and 40 / 36 times larger
    cropped, halved = (CHANGES[name](film) for name in ("cropped", "half the pixels"))
    assert cropped.shape == halved.shape == (50, 40)
    assert cropped[0, 0] == film[2, 2]
    assert cropped[-1, -1] == film[47, 37]
    assert np.abs(halved.astype(int) - film)[2:-2, 2:-2].max() <= 2
    noise = np.random.default_rng(0).integers(0, 255, (50, 40)).astype(np.uint8)
    assert CHANGES["half the pixels"](noise).std() < 0.7 * noise.std()
