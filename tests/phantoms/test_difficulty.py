"""The default cohort must not give its answer away to brightness or coarse pixels."""

import numpy as np
import pandas as pd
import pytest

from helpers import cohorts
from phantoms import GENERATOR_VERSION
from tools.evidence.difficulty import (
    BRIGHTNESS_LIMIT,
    PIXEL_LIMIT,
    brightness_auc,
    coarse_pixels,
    pixel_regression_auc,
)


def test_brightness_auc_counts_pairs_and_takes_the_better_direction():
    # means 1, 2, 3, 4 with labels 0, 1, 0, 1: 3 of 4 pairs are in order
    images = np.array([1, 2, 3, 4], np.uint8).reshape(4, 1, 1)
    assert brightness_auc(images, np.array([0, 1, 0, 1])) == pytest.approx(0.75)
    assert brightness_auc(images, np.array([1, 0, 1, 0])) == pytest.approx(0.75)


def test_coarse_pixels_averages_blocks():
    images = np.zeros((1, 32, 32), np.uint8)
    images[0, :2, :2] = [[10, 20], [30, 40]]
    assert coarse_pixels(images)[0, 0] == 25
    assert coarse_pixels(images).shape == (1, 256)


def test_coarse_pixels_needs_a_multiple_of_16():
    with pytest.raises(ValueError, match="40 x 40 pixels.*multiple of 16"):
        coarse_pixels(np.zeros((1, 40, 40), np.uint8))


def test_pixel_regression_finds_what_is_always_at_one_place():
    # the measure itself must be able to see: a bright corner gives the answer away
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 120)
    images = rng.integers(0, 60, (120, 16, 16)).astype(np.uint8)
    images[labels == 1, :4, :4] += 120
    split = np.repeat(["train", "tuning", "internal test"], 40)
    table = pd.DataFrame({"split": split, "spot": labels})
    assert pixel_regression_auc(images, table, finding="spot") > 0.99


@pytest.mark.slow
def test_default_cohort_is_not_trivial():
    cohort = cohorts.load("chest_insilico")
    test = (cohort.table["split"] == "internal test").to_numpy()
    labels = cohort.table["consolidation"].to_numpy()
    bright = brightness_auc(cohort.images[test], labels[test])
    pixels = pixel_regression_auc(cohort.images, cohort.table, finding="consolidation")
    print(f"version {GENERATOR_VERSION}: brightness {bright:.2f}, pixels {pixels:.2f}")
    assert bright <= BRIGHTNESS_LIMIT
    assert pixels <= PIXEL_LIMIT
    assert 0.28 < labels.mean() < 0.42
