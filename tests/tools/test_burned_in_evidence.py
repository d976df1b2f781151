"""The measurement of the search for text: what it draws and how it counts."""

import numpy as np

from tools.evidence import burned_in


def test_a_line_is_drawn_in_white_and_nothing_else_changes():
    film = np.full((256, 400), 90, np.uint8)
    written, letters = burned_in.drawn(film, np.random.default_rng(0), 16)
    assert letters.any()
    assert set(written[letters]) == {255}
    np.testing.assert_array_equal(written[~letters], film[~letters])
    assert burned_in.contrast_beside(film, letters) == 165  # 255 - 90


def test_covered_is_the_share_of_the_letters_in_boxes():
    film = np.full((256, 400), 40, np.uint8)
    written, letters = burned_in.drawn(film, np.random.default_rng(1), 16)
    assert burned_in.covered(written, letters) > 0.9
    assert burned_in.covered(film, letters) == 0


def test_a_small_measurement_has_a_row_for_every_film():
    table = burned_in.measure(0, 2)
    assert table["height_px"].tolist() == list(burned_in.HEIGHTS_PX[:2])
    assert table["found"].isin([0, 1]).all()
    assert (burned_in.measure(0, 2) == table).all(axis=None)
