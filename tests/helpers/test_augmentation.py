"""Changes of films, each by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from skimage.exposure import equalize_adapthist

from helpers import augmentation

EVIDENCE = Path(__file__).resolve().parents[2] / "data" / "evidence"
FILMS = np.random.default_rng(0).integers(0, 256, (3, 40, 30)).astype("uint8")


@pytest.mark.parametrize("name", augmentation.INTENSITY_CHANGES)
def test_strengths_are_those_of_the_evidence_and_the_first_does_nothing(name):
    table = pd.read_csv(EVIDENCE / "lesson_18_intensity.csv")
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
    colour = np.stack([FILMS, 255 - FILMS], axis=-1)  # channels do not mix
    assert np.abs(augmentation.blur(colour, 0.05)[1, ..., 0] - smooth).max() <= 0.51
    equal = 255 * equalize_adapthist(FILMS[1], clip_limit=0.02)
    changed = augmentation.local_equalisation(FILMS, 0.02)[1]
    np.testing.assert_allclose(changed, equal, atol=0.5)


def test_black_patch_is_black_where_it_says():
    white = np.full((1, 100, 200), 255, "uint8")
    rows, columns = np.nonzero(augmentation.black_patch(white, 0.2)[0] == 0)
    assert (rows.min(), rows.max()) == (25, 44)  # 35 % of the rows, 20 pixels
    assert (columns.min(), columns.max()) == (30, 49)  # (0.25 - 0.1) x 200
    # too large to fit: it begins at the edge, and is no smaller
    rows, columns = np.nonzero(augmentation.black_patch(white, 0.8)[0] == 0)
    assert (rows.min(), columns.min(), columns.max()) == (0, 0, 79)
    assert white.all()
