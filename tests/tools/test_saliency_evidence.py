"""The evidence of lesson 40: the protocol on films that can be worked by hand."""

import numpy as np
import pytest

from tests.tools.toy_cohort import brightness_network, toy_cohort
from tools.evidence import saliency as evidence

SIDE = 32


@pytest.fixture
def squares():
    """24 dark films; every second one has a bright square left of the middle."""
    images = np.full((24, SIDE, SIDE), 50, dtype="uint8")
    masks = np.zeros(images.shape, dtype=bool)
    masks[::2, 8:16, 2:10] = True
    images[masks] = 250
    images[:, 0, 0] = np.arange(24)  # no two films are the same
    images[9:16:2] += 5  # tuning films without the square: mean 55, logit -0.5
    split = np.repeat(["train", "tuning", "internal test"], 8)
    patients, labels = np.arange(24) // 2, [1, 0] * 12
    return toy_cohort(images, labels, split, patients=patients, masks=masks)


@pytest.fixture
def network():
    return brightness_network(SIDE, bias=-6)


def test_explained_takes_flagged_films_with_the_finding(squares, network):
    threshold, scores, films = evidence.explained(network, squares, "square")
    # tuning films without the square have logit -0.5, test films with it 0.25
    assert threshold == pytest.approx(1 / (1 + np.exp(0.5)), abs=0.01)
    assert len(scores) == 8
    np.testing.assert_array_equal(films, [0, 2, 4, 6])


def test_counts_of_a_network_that_sees_brightness(squares, network):
    table = evidence.counts_of(network, squares, "square")
    counts = table.set_index("measure")
    assert (counts["films"] == 4).all()
    # only the square differs from the mean film, so the attributions lie in it
    assert counts.loc["hit: integrated gradients", "count"] == 4
    assert counts.loc["hit: Grad-CAM", "count"] == 4
    # the gradient of a mean is the same everywhere: such a map never hits
    assert counts.loc["hit: gradient (size)", "count"] == 0
    # the square always lies in the same place
    assert counts.loc["hit: mean training mask", "count"] == 4
    assert counts.loc["flagged, covered: the finding", "count"] == 0
    assert counts.loc["flagged, covered: its mirror image", "count"] == 4


def test_at_edge_counts_the_outer_tenth():
    maps = np.zeros((3, 20, 20))
    maps[0, 10, 10] = maps[1, 1, 10] = maps[2, 10, 18] = 1
    np.testing.assert_array_equal(evidence.at_edge(maps), [False, True, True])


def test_completeness_gaps_by_hand():
    # parts 3 of a rise of 4, and -3 of a rise of -3
    parts = np.array([[[1.0, 2.0]], [[-3.0, 0.0]]])
    gaps = evidence.completeness_gaps(parts, np.array([4.0, -3.0]))
    np.testing.assert_allclose(gaps, [0.25, 0.0])
