"""Planted copies: each change by hand on a film of a few grey values."""

import numpy as np
import pytest

from helpers.patient_splits.planted_copies import CHANGES, planted_copies


@pytest.fixture
def film():
    """Return 50 x 40 pixels that grow to the right and downwards."""
    rows, columns = np.mgrid[:50, :40]
    return (60 + rows + 2 * columns).astype(np.uint8)


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_keeps_form_and_the_original_and_changes_something(name, film):
    before = film.copy()
    copy = CHANGES[name](film)
    assert (copy.shape, copy.dtype) == (film.shape, np.uint8)
    assert (copy != film).any()
    np.testing.assert_array_equal(film, before)


def test_grey_values_by_hand():
    # window: (100 - 40) x 1.5 = 90; gamma: 255 x (100 / 255) ** 0.6 = 145.4
    grey = np.array([[0, 40, 100, 255]], np.uint8)
    assert CHANGES["narrower window"](grey).tolist() == [[0, 0, 90, 255]]
    assert CHANGES["another gamma"](grey)[0, [0, 2, 3]].tolist() == [0, 145, 255]
    assert CHANGES["negative"](grey).tolist() == [[255, 215, 155, 0]]


def test_places_by_hand(film):
    # 2 % of 50 rows: one down; 3 % of 40 columns: one to the left
    moved = CHANGES["shifted"](film)
    np.testing.assert_array_equal(moved[1:, :-1], film[:-1, 1:])
    marked = CHANGES["mark added"](film)
    assert (marked[2:7, 30:35] == 255).all()
    assert (marked != film).sum() == 25


def test_cropping_and_halving_keep_the_middle(film):
    for name in ("cropped", "half the pixels"):
        middle = np.abs(
            CHANGES[name](film)[20:30, 15:25].astype(float) - film[20:30, 15:25]
        )
        assert middle.max() <= 2


def test_changes_are_dealt_in_turn(film):
    copies, names = planted_copies(np.repeat(film[None], len(CHANGES) + 1, axis=0))
    assert names == [*CHANGES, next(iter(CHANGES))]
    np.testing.assert_array_equal(copies[-1], copies[0])
    np.testing.assert_array_equal(copies[8], 255 - film)


def test_no_films_give_no_copies():
    copies, names = planted_copies(np.zeros((0, 9, 9), np.uint8))
    assert copies.shape == (0, 9, 9)
    assert names == []


@pytest.mark.parametrize("films", [np.zeros((2, 9, 9)), np.zeros((9, 9), np.uint8)])
def test_what_is_no_stack_of_grey_bytes_is_named(films):
    with pytest.raises(TypeError, match=r"films has shape .* expected \(n, rows"):
        planted_copies(films)
