"""Changed copies are found, other films are not, and a report names them."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, shift

from helpers.patient_splits import (
    LeakageError,
    check_leakage,
    near_duplicates,
    similarity_of_pairs,
)
from helpers.patient_splits import near_duplicates as package_function
from helpers.patient_splits.near_duplicates import near_duplicates as module_function


@pytest.fixture(scope="module")
def films():
    """Return 40 grey images of 96 x 96, no two alike."""
    noise = np.random.default_rng(7).normal(size=(40, 96, 96))
    smooth = sum(gaussian_filter(noise, (0, s, s)) * s for s in (1, 2, 4, 8))
    return np.clip(127 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def compressed(film):
    """Return the image after a JPEG file of quality 60."""
    stream = io.BytesIO()
    Image.fromarray(film).save(stream, format="JPEG", quality=60)
    return np.asarray(Image.open(stream))


def marked(film):
    """Return the image with a white block, a letter's size, in a corner."""
    film = film.copy()
    film[4:12, 80:86] = 255
    return film


CHANGES = {
    "compressed": compressed,
    "another window": lambda film: np.clip(1.3 * film - 30, 0, 255).astype(np.uint8),
    "gamma": lambda film: (255 * (film / 255) ** 0.7).astype(np.uint8),
    "shifted": lambda film: shift(film, (3, -3), mode="nearest"),
    "marked": marked,
    "cropped": lambda film: np.asarray(
        Image.fromarray(film[4:-4, 4:-4]).resize((96, 96), Image.BILINEAR)
    ),
    "exact": lambda film: film,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_planted_copy_is_found_and_nothing_else(films, change):
    planted = np.concatenate([films, [CHANGES[change](films[11])]])
    pairs = near_duplicates(planted)
    assert pairs[["first", "second"]].to_numpy().tolist() == [[11, 40]]
    assert 0.95 <= pairs["similarity"][0] <= 1


def test_films_without_copies_give_an_empty_table(films):
    pairs = near_duplicates(films)
    assert pairs.empty
    assert list(pairs.columns) == ["first", "second", "similarity"]


def test_short_list_misses_no_pair_that_comparing_all_finds(films):
    few = np.concatenate([films[:10], [compressed(films[2]), marked(films[5])]])
    ours = near_duplicates(few)
    first, second = np.triu_indices(len(few), 1)
    all_pairs = similarity_of_pairs(few[first], few[second])
    wanted = {
        (int(a), int(b))
        for a, b, value in zip(first, second, all_pairs, strict=True)
        if value >= 0.95
    }
    assert set(zip(ours["first"], ours["second"], strict=True)) == wanted
    assert len(wanted) == 2


def test_similarity_agrees_with_that_of_the_pair_alone(films):
    planted = np.concatenate([films, [CHANGES["cropped"](films[3])]])
    found = near_duplicates(planted)["similarity"][0]
    alone = similarity_of_pairs(films[[3]], planted[[40]])[0]
    assert found == pytest.approx(alone, abs=2e-3)  # kept in half precision


def test_most_similar_pair_comes_first_and_order_of_films_does_not_matter(films):
    planted = np.concatenate([films, [films[1]], [compressed(films[4])]])
    forth, back = near_duplicates(planted), near_duplicates(planted[::-1])
    assert forth["similarity"].is_monotonic_decreasing
    last = len(planted) - 1
    turned = {
        (last - b, last - a) for a, b in zip(back["first"], back["second"], strict=True)
    }
    assert set(zip(forth["first"], forth["second"], strict=True)) == turned


@pytest.mark.parametrize("count", [0, 1])
def test_no_pair_among_no_or_one_image(films, count):
    assert near_duplicates(films[:count]).empty


def test_blank_images_are_not_called_copies():
    assert near_duplicates(np.zeros((3, 16, 16))).empty


@pytest.mark.parametrize(
    ("images", "threshold", "words"),
    [
        (np.zeros((3, 9, 9)), 0, "threshold is 0, expected a similarity above 0"),
        (np.zeros((3, 9, 9)), 1.2, "threshold is 1.2, expected .* for example 0.95"),
        (np.zeros((9, 9)), 0.9, r"images has shape \(9, 9\)"),
        (np.full((2, 9, 9), np.inf), 0.9, "2 of 2 images hold missing or infinite"),
    ],
)
def test_bad_input_is_named(images, threshold, words):
    with pytest.raises(ValueError, match=words):
        near_duplicates(images, threshold=threshold)


def test_package_offers_the_function_of_the_module():
    assert package_function is module_function


@pytest.fixture
def with_copies(films):
    """Return images with one changed copy within train and one in train and test."""
    images = np.concatenate(
        [films[:8], [compressed(films[0])], [marked(films[1])], films[20:22]]
    )
    table = pd.DataFrame(
        {
            "patient_id": [f"P{row:02d}" for row in range(12)],
            "split": ["train"] * 9 + ["test"] * 3,
        }
    )
    return table, images


def test_check_leakage_counts_changed_copies_across_and_within(with_copies):
    table, images = with_copies
    report = check_leakage(table, images=images, near_threshold=0.95)
    assert not report.clean
    assert report.near_across[["first", "second"]].to_numpy().tolist() == [[1, 9]]
    assert report.describe().splitlines()[-2:] == [
        "Groups of identical images: 0 across splits, 0 within one split.",
        "Pairs of near-duplicates: 1 across splits, 1 within one split.",
    ]
    with pytest.raises(
        LeakageError, match=r"1 pairs of near-duplicates .* rows 1 and 9 \(simil"
    ):
        report.require_clean()


def test_check_leakage_is_clean_when_copies_stay_within_one_split(with_copies):
    table, images = with_copies
    table["split"] = ["train"] * 10 + ["test"] * 2
    report = check_leakage(table, images=images, near_threshold=0.95)
    report.require_clean()
    assert report.clean
    assert len(report.near_pairs) == 2


def test_check_leakage_does_not_look_for_copies_unless_asked(with_copies):
    table, images = with_copies
    report = check_leakage(table, images=images)
    assert report.near_pairs is None
    assert report.near_across.empty
    assert report.clean
    assert "near-duplicates" not in report.describe()


def test_check_leakage_needs_images_to_look_for_copies(with_copies):
    with pytest.raises(ValueError, match="near_threshold is 0.95 and there are no im"):
        check_leakage(with_copies[0], near_threshold=0.95)
