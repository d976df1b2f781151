"""Changes of films, each by hand."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from skimage.exposure import equalize_adapthist

from helpers import augmentation

EVIDENCE = Path(__file__).resolve().parents[2] / "data" / "evidence"
FILMS = np.random.default_rng(0).integers(0, 256, (3, 40, 30)).astype("uint8")


def test_mirror_exchanges_left_and_right():
    films = np.array([[[1, 2, 3], [4, 5, 6]]])
    assert augmentation.mirror(films).tolist() == [[[3, 2, 1], [6, 5, 4]]]
    colour = np.array([[[[1, 2, 3], [4, 5, 6]]]])
    assert augmentation.mirror(colour).tolist() == [[[[4, 5, 6], [1, 2, 3]]]]


def crops_at(top, left):
    """Return a generator whose crops begin at shares of the room that is left."""
    return SimpleNamespace(random=lambda shape: np.full(shape, [top, left]))


# a film of 4 x 8 pixels; the crop has half of the sides, 2 x 4 pixels
ROW = (1, slice(0, 8))


@pytest.mark.parametrize(
    ("where", "top", "left", "lost"),
    [
        (ROW, 0, 0, 0),  # rows 0 and 1, columns 0 to 3: half of the row is left
        (ROW, 1, 0, 1),  # rows 2 and 3: nothing is left
        ((1, slice(3, 7)), 0, 0, 0),  # one of four, column 3: a quarter is left
        ((1, slice(3, 8)), 0, 0, 1),  # one of five
        ((1, slice(0, 4)), 0, 0.75, 0),  # columns 3 to 6: a quarter
        ((1, slice(0, 3)), 0, 0.75, 1),
        # the crop begins at the centre of column 1 and ends at that of column 5
        ((1, slice(1, 2)), 0, 0.375, 0),
        ((1, slice(5, 6)), 0, 0.375, 1),
        # and at the centre of row 1 (a quarter of the room and a quarter)
        ((1, slice(0, 1)), 0.75, 0, 0),
        ((0, slice(0, 1)), 0.75, 0, 1),
    ],
)
def test_a_film_is_lost_with_less_than_a_quarter_of_its_finding(where, top, left, lost):
    masks = np.zeros((2, 4, 8), bool)  # the second film shows nothing
    masks[0][where] = True
    assert augmentation.films_lost(masks, 0.25, rng=crops_at(top, left)) == (lost, 1)


def test_crops_lie_anywhere_in_the_film():
    # a finding of one pixel in the middle lies in every crop of half the side, and one
    # in the corner of a 100 x 100 film in hardly any
    masks = np.zeros((200, 100, 100), bool)
    masks[:100, 50, 50] = masks[100:, 0, 0] = True
    lost, films = augmentation.films_lost(masks, 0.25, rng=np.random.default_rng(3))
    assert 95 <= lost <= 105
    assert films == 200
    rng = np.random.default_rng(3)
    assert augmentation.films_lost(masks, 1.0, rng=rng) == (0, 200)


@pytest.mark.parametrize("share", [0, -0.1, 1.2])
def test_films_lost_needs_a_share_and_a_finding(share):
    masks, rng = np.ones((2, 4, 4), bool), np.random.default_rng(0)
    with pytest.raises(ValueError, match=f"2 of 2 masks.*area_share is {share}"):
        augmentation.films_lost(masks, share, rng=rng)
    with pytest.raises(ValueError, match="0 of 2 masks"):
        augmentation.films_lost(~masks, 0.5, rng=rng)


@pytest.mark.parametrize("name", augmentation.INTENSITY_CHANGES)
def test_strengths_are_those_of_the_evidence_and_the_first_does_nothing(name):
    table = pd.read_csv(EVIDENCE / "lesson_16_intensity.csv")
    change, nothing, strengths = augmentation.INTENSITY_CHANGES[name]
    of_change = table[table["change"] == name]["strength"].unique()
    assert [nothing, *strengths] == of_change.tolist()
    np.testing.assert_array_equal(change(FILMS, nothing), FILMS)
    for strength in strengths:
        changed = change(FILMS, strength)
        assert (changed.shape, changed.dtype) == (FILMS.shape, np.dtype("uint8"))
        assert (changed != FILMS).any()


@pytest.mark.parametrize(
    ("change", "strength", "wanted"),
    [
        # 255 x (60 / 255) ** 2 = 14.1; 255 x (200 / 255) ** 2 = 156.9
        ("gamma", 2.0, [0, 14, 157, 255]),
        # (60 - 127.5) x 2 + 127.5 = -7.5; (200 - 127.5) x 2 + 127.5 = 272.5
        ("contrast", 2.0, [0, 0, 255, 255]),
        # (0 - 127.5) / 2 + 127.5 = 63.75; 93.75; 163.75; 191.25
        ("contrast", 0.5, [64, 94, 164, 191]),
        ("brightness", 60, [60, 120, 255, 255]),
        ("brightness", -60, [0, 0, 140, 195]),
    ],
)
def test_grey_values_by_hand(change, strength, wanted):
    few = np.array([[[0, 60, 200, 255]]], "uint8")
    assert augmentation.INTENSITY_CHANGES[change][0](few, strength).tolist() == [
        [wanted]
    ]


def test_blur_and_local_equalisation_are_those_of_scipy_and_scikit_image():
    # 5 % of 40 rows are 2 pixels, along rows and columns and not from film to film
    smooth = gaussian_filter(FILMS[1].astype(float), 2)
    assert np.abs(augmentation.blur(FILMS, 0.05)[1] - smooth).max() <= 0.51
    equal = 255 * equalize_adapthist(FILMS[1], clip_limit=0.02)
    changed = augmentation.local_equalisation(FILMS, 0.02)[1]
    np.testing.assert_allclose(changed, equal, atol=0.5)


def test_black_patch_and_border_are_black_where_they_say():
    white = np.full((1, 100, 200), 255, "uint8")
    rows, columns = np.nonzero(augmentation.black_patch(white, 0.2)[0] == 0)
    assert (rows.min(), rows.max()) == (25, 44)  # 35 % of the rows, 20 pixels
    assert (columns.min(), columns.max()) == (30, 49)  # (0.25 - 0.1) x 200
    # too large to fit: it begins at the edge, and is no smaller
    rows, columns = np.nonzero(augmentation.black_patch(white, 0.8)[0] == 0)
    assert (rows.min(), columns.min(), columns.max()) == (0, 0, 79)
    frame = augmentation._black_border(white, 0.1)[0]
    assert (frame[10:90, 10:190] == 255).all()
    assert (frame == 255).sum() == 80 * 180
    assert white.all()
