"""Label noise: exact shares, and the apparent AUC by counting and by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from helpers.label_noise import (
    KINDS,
    apparent_auc,
    flip_labels,
    hide_smallest,
    predictive_values,
    wrong_labels,
)

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


@given(
    st.integers(0, 40),
    st.integers(0, 40),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 99),
)
def test_exactly_the_stated_share_is_wrong(ones, zeros, missed, invented, seed):
    if ones + zeros == 0:
        return
    truth = np.array([1] * ones + [0] * zeros)
    noisy = flip_labels(truth, missed=missed, invented=invented, seed=seed)
    assert (noisy != truth)[truth == 1].sum() == round(missed * ones)
    assert (noisy != truth)[truth == 0].sum() == round(invented * zeros)


def test_flips_follow_the_seed_and_leave_the_input_alone():
    truth = np.tile([1, 0, 0], 20)
    kept = truth.copy()
    first, again, other = (
        flip_labels(truth, missed=0.3, invented=0.3, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(truth, kept)


def test_hide_smallest_by_hand():
    truth, size = [1, 1, 0, 1, 1], [30, 5, np.nan, 20, 5]
    assert hide_smallest(truth, size, missed=0.25).tolist() == [1, 0, 0, 1, 1]
    assert hide_smallest(truth, size, missed=0.5).tolist() == [1, 0, 0, 1, 0]
    assert hide_smallest(truth, size, missed=0).tolist() == truth


def test_wrong_labels_of_each_kind():
    truth, size = np.array([1] * 10 + [0] * 20), np.arange(30)
    changed = {
        kind: wrong_labels(truth, kind=kind, rate=0.2, seed=3, size=size) - truth
        for kind in KINDS
    }
    assert [(change == -1).sum() for change in changed.values()] == [2, 2, 2]
    assert [(change == 1).sum() for change in changed.values()] == [4, 0, 0]
    assert np.flatnonzero(changed["smallest missed"]).tolist() == [0, 1]


def test_predictive_values_by_hand():
    # of 100: 20 ill, 18 labelled 1; 80 well, 8 labelled 1: 18 of 26, 72 of 74
    values = predictive_values(prevalence=0.2, missed=0.1, invented=0.1)
    assert values == pytest.approx((18 / 26, 72 / 74))


@given(st.floats(0.05, 0.95), st.floats(0, 0.9), st.floats(0, 0.9))
def test_predictive_values_agree_with_counting(prevalence, missed, invented):
    truth = np.arange(20_000) < round(20_000 * prevalence)
    noisy = flip_labels(truth.astype(int), missed=missed, invented=invented, seed=0)
    found = predictive_values(prevalence=truth.mean(), missed=missed, invented=invented)
    counted = truth[noisy == 1].mean(), 1 - truth[noisy == 0].mean()
    assert found == pytest.approx(counted, abs=2e-3)


def test_apparent_auc_by_counting_every_pair():
    # score orders 3 of 4 pairs: AUC 0.75. Averaged over all ways to turn one 1 and one
    # 0 round: half of the labels true in each class, a + b - 1 = 0, so 0.5
    truth, score = np.array([1, 1, 0, 0]), np.array([4, 2, 3, 1])
    seen = []
    for one in (0, 1):
        for zero in (2, 3):
            noisy = truth.copy()
            noisy[[one, zero]] = 0, 1
            seen.append(roc_auc_score(noisy, score))
    assert np.mean(seen) == pytest.approx(
        apparent_auc(0.75, true_ones=0.5, true_zeros=0.5)
    )


@pytest.mark.parametrize("missed", [0.0, 0.2, 0.4])
@pytest.mark.parametrize("invented", [0.0, 0.1, 0.3])
def test_apparent_auc_agrees_with_simulation(missed, invented):
    rng = np.random.default_rng(5)
    truth = (rng.random(4000) < 0.3).astype(int)
    score = rng.standard_normal(4000) + 1.5 * truth
    seen = [
        roc_auc_score(
            flip_labels(truth, missed=missed, invented=invented, seed=seed), score
        )
        for seed in range(10)
    ]
    a, b = predictive_values(prevalence=truth.mean(), missed=missed, invented=invented)
    expected = apparent_auc(roc_auc_score(truth, score), true_ones=a, true_zeros=b)
    assert np.mean(seen) == pytest.approx(expected, abs=0.008)


def test_the_formula_fails_where_errors_follow_the_image():
    rng = np.random.default_rng(5)
    truth = (rng.random(4000) < 0.3).astype(int)
    size = rng.random(4000)
    score = rng.standard_normal(4000) + 3 * truth * size
    noisy = hide_smallest(truth, size, missed=0.3)
    a = 1.0
    b = np.mean(truth[noisy == 0] == 0)
    expected = apparent_auc(roc_auc_score(truth, score), true_ones=a, true_zeros=b)
    assert roc_auc_score(noisy, score) > expected + 0.05


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: flip_labels([0, 1], missed=20, invented=0, seed=1), "missed is 20"),
        (
            lambda: flip_labels([0, 2], missed=0, invented=0, seed=1),
            "value 2, expected",
        ),
        (lambda: flip_labels([0, np.nan], missed=0, invented=0, seed=1), "missing"),
        (lambda: flip_labels([], missed=0, invented=0, seed=1), "reference"),
        (lambda: hide_smallest([1, 0], [1], missed=0.5), r"size has shape \(1,\)"),
        (lambda: hide_smallest([1, 0], [np.nan, 1], missed=0.5), "missing in 1 images"),
        (lambda: wrong_labels([1, 0], kind="any", rate=0.1), "kind is 'any'"),
        (lambda: wrong_labels([1, 0], kind="smallest missed", rate=0.1), "the size"),
        (
            lambda: predictive_values(prevalence=0, missed=0, invented=0),
            "All labels would be 0",
        ),
        (lambda: apparent_auc(1.2, true_ones=1, true_zeros=1), "auc is 1.2"),
        (lambda: apparent_auc(np.nan, true_ones=1, true_zeros=1), "auc is nan"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
