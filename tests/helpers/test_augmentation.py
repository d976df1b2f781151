import numpy as np
import pytest
from skimage.exposure import adjust_gamma

from helpers import augmentation

FILMS = np.random.default_rng(0).integers(0, 256, (3, 40, 30)).astype("uint8")


def test_mirror_twice_is_the_film_itself():
    np.testing.assert_array_equal(
        augmentation.mirror(augmentation.mirror(FILMS)), FILMS
    )
    assert augmentation.mirror(FILMS)[0, 5, 0] == FILMS[0, 5, -1]


def test_random_boxes_have_the_area_and_lie_inside():
    boxes = augmentation.random_boxes(500, 0.25, rng=np.random.default_rng(1))
    np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2], 0.5)
    assert boxes.min() >= 0
    assert boxes.max() <= 1
    assert boxes[:, 0].min() < 0.02  # each edge is reached
    assert boxes[:, 2].max() > 0.98


@pytest.mark.parametrize("share", [0, -0.1, 1.2])
def test_random_boxes_need_a_share(share):
    with pytest.raises(ValueError, match="expected a share above 0 and at most 1"):
        augmentation.random_boxes(1, share, rng=np.random.default_rng(0))


def test_share_lost_by_hand():
    # a finding of four pixels in a row; the box keeps columns 1 and 2 of 0..3
    mask = np.zeros((3, 4, 4), bool)
    mask[:, 1] = True
    boxes = np.array([[0, 0.25, 1, 0.75], [0, 0, 1, 1], [0.5, 0, 1, 1]])
    np.testing.assert_allclose(augmentation.share_lost(mask, boxes), [0.5, 0.0, 1.0])


def test_share_lost_agrees_with_cutting_the_masks():
    rng = np.random.default_rng(2)
    masks = rng.random((20, 32, 32)) < 0.1
    corners = rng.integers(0, 16, (20, 2))
    boxes = np.concatenate([corners, corners + 16], axis=1) / 32
    lost = augmentation.share_lost(masks, boxes)
    for mask, (top, left), share in zip(masks, corners, lost, strict=True):
        kept = mask[top : top + 16, left : left + 16].sum()
        assert share == pytest.approx(1 - kept / mask.sum())


def test_share_lost_refuses_empty_masks_and_wrong_numbers():
    boxes = np.array([[0, 0, 1, 1.0]])
    with pytest.raises(ValueError, match="1 of 1 masks are empty"):
        augmentation.share_lost(np.zeros((1, 4, 4), bool), boxes)
    with pytest.raises(ValueError, match="one box for each mask"):
        augmentation.share_lost(np.ones((2, 4, 4), bool), boxes)


def test_films_lost_counts_findings_with_less_than_a_quarter_left():
    # a single pixel in the middle lies in every box of half the side; one in the corner
    # of a 100 x 100 film in hardly any
    masks = np.zeros((300, 100, 100), bool)
    masks[:100, 50, 50] = True
    masks[100:200, 0, 0] = True
    rng = np.random.default_rng(3)
    lost, films = augmentation.films_lost(masks, 0.25, rng=rng)
    assert films == 200
    assert 95 <= lost <= 105
    assert augmentation.films_lost(masks, 1.0, rng=rng) == (0, 200)
    with pytest.raises(ValueError, match="All 100 masks are empty"):
        augmentation.films_lost(masks[200:], 0.5, rng=rng)


@pytest.mark.parametrize("name", augmentation.INTENSITY_CHANGES)
def test_intensity_changes_keep_form_and_do_nothing_at_no_strength(name):
    change, nothing, strengths = augmentation.INTENSITY_CHANGES[name]
    np.testing.assert_array_equal(change(FILMS, nothing), FILMS)
    for strength in strengths:
        changed = change(FILMS, strength)
        assert (changed.shape, changed.dtype) == (FILMS.shape, np.dtype("uint8"))
        assert (changed != FILMS).any()


def test_gamma_agrees_with_scikit_image_to_a_grey_level():
    ours = augmentation.gamma(FILMS, 1.7).astype(int)
    theirs = adjust_gamma(FILMS, 1.7).astype(int)  # it cuts, this rounds
    assert np.abs(ours - theirs).max() <= 1


def test_contrast_and_brightness_stop_at_black_and_white():
    few = np.array([[[0, 60, 200, 255]]], "uint8")
    # (60 - 127.5) * 2 + 127.5 = -7.5; (200 - 127.5) * 2 + 127.5 = 272.5
    assert augmentation.contrast(few, 2.0).ravel().tolist() == [0, 0, 255, 255]
    assert augmentation.brightness(few, 60).ravel().tolist() == [60, 120, 255, 255]


def test_blur_keeps_the_mean_and_flattens():
    smooth = augmentation.blur(FILMS, 0.05)
    assert abs(smooth.mean() - FILMS.mean()) < 3
    assert smooth.std() < FILMS.std() / 2


def test_black_patch_and_border_are_black_where_they_say():
    white = np.full((1, 100, 100), 255, "uint8")
    patch = augmentation.black_patch(white, 0.2)[0] == 0
    rows, columns = np.nonzero(patch)
    assert (rows.min(), rows.max()) == (25, 44)  # 35 % of the rows, 20 pixels
    assert (columns.min(), columns.max()) == (15, 34)
    frame = augmentation.black_border(white, 0.1)[0]
    assert (frame == 255).sum() == 80 * 80
