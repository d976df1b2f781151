"""The linear baseline: what it learns from, what it leaves out, what it refuses."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.feature import hog
from skimage.transform import resize_local_mean
from sklearn.linear_model import LogisticRegression

from helpers.linear_baseline import hog_features, scores_after_training

TRAIN = np.arange(30) % 3 > 0  # 20 of 30


@pytest.fixture(scope="module")
def films():
    """Return 30 smooth grey images of 48 x 40 pixels."""
    noise = np.random.default_rng(0).normal(size=(30, 48, 40))
    return np.clip(128 + 300 * gaussian_filter(noise, (0, 3, 3)), 0, 255).round()


def test_features_by_another_way(films):
    # gradients in cells of 5 pixels (40 // 8), standardised on the training images;
    # projected on the 19 directions that 20 images span, their distances stay
    raw = np.stack([hog(one, 8, (5, 5), (2, 2)) for one in films])
    spread = raw[TRAIN].std(axis=0)
    scaled = (raw - raw[TRAIN].mean(axis=0)) / spread
    found = hog_features(films, train=TRAIN)
    assert found.shape == (30, 19)
    assert found[TRAIN].std() == pytest.approx(1)
    products = found[TRAIN] @ found[TRAIN].T
    wanted = scaled[TRAIN] @ scaled[TRAIN].T
    factor = np.trace(products) / np.trace(wanted)
    np.testing.assert_allclose(products, factor * wanted, atol=1e-6)
    across = found @ found[TRAIN].T  # the others lie in the space of the training set
    np.testing.assert_allclose(across, factor * scaled @ scaled[TRAIN].T, atol=1e-6)


def test_scale_and_axes_come_from_the_training_images_alone(films):
    # the others become stripes, whose gradients have another mean, spread and direction
    other = films.copy()
    other[~TRAIN] = 255 * (np.arange(40) % 8 < 4)
    before, after = (hog_features(some, train=TRAIN) for some in (films, other))
    np.testing.assert_allclose(after[TRAIN], before[TRAIN], atol=1e-9)
    assert np.abs(after[~TRAIN] - before[~TRAIN]).mean() > 0.3  # they would be noticed
    leaking = hog_features(other, train=np.ones(30, bool))
    assert np.abs(leaking[:, :5][TRAIN] - before[TRAIN][:, :5]).mean() > 0.2


def test_at_most_300_components():
    films = np.random.default_rng(3).random((310, 16, 16))
    assert hog_features(films, train=np.arange(310) < 305).shape == (310, 300)


def test_large_images_are_averaged_down_and_others_are_not():
    films = np.random.default_rng(0).random((4, 130, 70))
    small = np.stack([resize_local_mean(one, (64, 64)) for one in films])
    train = np.ones(4, bool)
    found, by_hand = (hog_features(some, train=train) for some in (films, small))
    np.testing.assert_allclose(found, by_hand)
    assert hog_features(np.float32(films), train=train) == pytest.approx(found, 1e-3)


def test_scores_are_a_ridge_penalised_logistic_regression():
    # where the derivative of 300 w^2 / 2 + sum of log-losses vanishes
    features = np.array([[-2.0], [-1.0], [0.5], [1.0], [2.0], [30.0]])
    labels, train = np.array([0, 0, 1, 0, 1, np.nan]), np.ones(6, bool)
    scores = scores_after_training(features, labels, train=train)
    weight = (scores[5] - scores[0]) / 32
    missed = labels[:5] - 1 / (1 + np.exp(-scores[:5]))
    assert missed.sum() == pytest.approx(0, abs=1e-3)
    assert 300 * weight == pytest.approx((missed * features[:5, 0]).sum(), rel=1e-3)


def test_only_training_labels_count_and_a_missing_one_leaves_its_image_out(films):
    features, labels = hog_features(films, train=TRAIN), np.arange(30.0) % 2
    scores = scores_after_training(features, labels, train=TRAIN)
    other = np.where(TRAIN, labels, 1 - labels)
    again = scores_after_training(features, other, train=TRAIN)
    np.testing.assert_array_equal(again, scores)
    labels[:10] = np.nan
    gap = scores_after_training(features, labels, train=TRAIN)
    fewer = TRAIN & (np.arange(30) >= 10)
    model = LogisticRegression(C=1 / 300).fit(features[fewer], labels[fewer])
    np.testing.assert_allclose(gap, model.decision_function(features), atol=1e-4)
    assert np.isfinite(gap).all()


def refused(word, function, *inputs, **options):
    """Check that bad input is refused in words, one of which is given."""
    with pytest.raises(ValueError, match=word):
        function(*inputs, **options)


def test_bad_input_is_refused():
    images, train = np.zeros((4, 16, 16)), np.ones(4, bool)
    refused("16, 3", hog_features, np.zeros((4, 16, 16, 3)), train=train)
    refused("16 or up", hog_features, np.zeros((4, 15, 16)), train=train)
    refused("4 of 4 images hold", hog_features, images * np.nan, train=train)
    refused("1 are for training", hog_features, images, train=np.arange(4) < 1)
    refused(r"train is bool \(3,\)", hog_features, images, train=train[:3])
    refused("train is int", hog_features, images, train=[0, 1, 1, 1])
    scores = (scores_after_training, np.eye(4))
    refused(r"\[1.0\] in training", *scores, [1, 1, 1, 1], train=train)
    refused("both 0 and 1", *scores, [0, 1, 2, 1], train=train)
    refused("3 labels for 4 images", *scores, [0, 1, 0], train=train[:3])
