"""The linear baseline: what it learns, what it leaves out, what it refuses."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from helpers.diagnostic_metrics import area_under_roc
from helpers.linear_baseline import hog_features, scores_after_training
from tests.helpers.square_cohort import square_cohort


@pytest.fixture(scope="module")
def squares():
    """Return features, labels and the mask of the training images."""
    cohort = square_cohort(400, rows=32, columns=32)
    train = (cohort.table["split"] == "train").to_numpy()
    return hog_features(cohort.images, train=train), cohort.labels("square"), train


def test_it_learns_a_bright_square(squares):
    features, labels, train = squares
    scores = scores_after_training(features, labels, train=train)
    assert area_under_roc(labels[~train], scores[~train]) > 0.95


def test_another_linear_classifier_orders_alike(squares):
    features, labels, train = squares
    scores = scores_after_training(features, labels, train=train)
    other = RidgeClassifier(300).fit(features[train], labels[train])
    theirs = other.decision_function(features)
    assert np.corrcoef(scores[~train], theirs[~train])[0, 1] > 0.95


def test_features_are_scaled_on_the_training_images_and_know_no_others(squares):
    features, _, train = squares
    assert features[train].std() == pytest.approx(1)
    assert features.shape == (400, train.sum() - 1)
    cohort = square_cohort(400, rows=32, columns=32)
    cohort.images[~train] = 255 - cohort.images[~train]  # the others change
    again = hog_features(cohort.images, train=train)
    np.testing.assert_allclose(again[train], features[train], atol=1e-6)


def test_only_labels_of_the_training_images_count(squares):
    features, labels, train = squares
    other = np.where(train, labels, 1 - labels)
    np.testing.assert_array_equal(
        scores_after_training(features, labels, train=train),
        scores_after_training(features, other, train=train),
    )


def test_a_missing_label_leaves_its_image_out(squares):
    features, labels, train = squares
    gap = labels.astype(float)
    gap[:10] = np.nan
    fewer = train.copy()
    fewer[:10] = False
    np.testing.assert_array_equal(
        scores_after_training(features, gap, train=train),
        scores_after_training(features, labels, train=fewer),
    )


def test_large_images_are_averaged_down():
    images = np.random.default_rng(0).integers(0, 256, (5, 150, 130)).astype("uint8")
    assert hog_features(images, train=np.ones(5, bool), components=2).shape == (5, 2)


IMAGES, ALL = np.zeros((4, 16, 16)), np.ones(4, bool)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: hog_features(np.zeros((4, 16, 16, 3)), train=ALL), "Average the"),
        (lambda: hog_features(np.zeros((4, 8, 8)), train=ALL), "at least 16 pixels"),
        (lambda: hog_features(IMAGES * np.nan, train=ALL), "4 of 4 images hold"),
        (lambda: hog_features(IMAGES, train=~ALL), "train marks 0 images"),
        (lambda: hog_features(IMAGES, train=[0, 1, 2]), r"train has shape \(3,\)"),
        (
            lambda: scores_after_training(np.eye(4), [1, 1, 1, 1], train=ALL),
            r"hold \[1.0\], expected 0 and 1",
        ),
        (
            lambda: scores_after_training(np.eye(4), [np.nan] * 4, train=ALL),
            r"The 0 training labels hold \[\]",
        ),
        (
            lambda: scores_after_training(np.eye(4), [0, 1, 2, 1], train=ALL),
            "expected 0 and 1",
        ),
        (
            lambda: scores_after_training(np.eye(4), [0, 1], train=ALL),
            r"labels has shape \(2,\)",
        ),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
