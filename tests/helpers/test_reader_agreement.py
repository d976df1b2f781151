"""Reader agreement: by hand, against scikit-learn and statsmodels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from helpers.reader_agreement import (
    agreement_table,
    bootstrap_kappa,
    cohen_kappa,
    dawid_skene,
    fleiss_kappa,
    kappa_interval,
    majority,
)

settings.register_profile("course", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("course")

TABLES = arrays(np.int64, (4, 4), elements=st.integers(0, 30)).filter(
    lambda table: ((table.sum(axis=0) + table.sum(axis=1)) > 0).sum() > 1
)
WEIGHTS = {"none": None, "linear": "linear", "quadratic": "quadratic"}


def test_agreement_table_by_hand():
    names = ["no", "maybe", "yes"]  # not the order of the alphabet
    first = ["no", "maybe", "yes", "yes", "no", "maybe"]
    second = ["no", "yes", "yes", "maybe", "no", "maybe"]
    table = agreement_table(first, second, categories=names)
    assert table.tolist() == [[2, 0, 0], [0, 1, 1], [0, 1, 1]]
    assert agreement_table([1], [2], categories=[1, 2]).tolist() == [[0, 1], [0, 0]]


def test_kappa_by_hand():
    # observed 35/50 = 0.7; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5; (0.7 - 0.5) / 0.5
    assert cohen_kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)
    # 1 - sum(d^2 observed) / sum(d^2 by chance): observed 1 pair of 3 at distance 1;
    # rows 1/3 1/3 1/3, columns 1/3 2/3 0: by chance (2 + 1 + 4 + 2) / 9 = 1
    table = [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert cohen_kappa(table, weights="quadratic") == pytest.approx(1 - (1 / 3) / 1)
    # with d: observed 1/3, by chance (2 + 1 + 2 + 2) / 9 = 7/9
    assert cohen_kappa(table, weights="linear") == pytest.approx(1 - 3 / 7)


def test_interval_by_hand():
    # shares .4 .1 .2 .3, by chance 0.5. Fleiss 1969: .4 (1 - 1.1 * .6)^2 +
    # .3 (1 - .9 * .6)^2 + .6^2 (.1 * 1.1^2 + .2 * .9^2) - (.4 - .5 * .6)^2 = 0.2016;
    # / (50 * .5^2), root: SE 0.1270; at 95 % 0.4 +- 0.2489 (at 90 % 0.2089)
    found = kappa_interval([[20, 5], [10, 15]])
    assert found == pytest.approx((0.4, 0.1511, 0.6489), abs=1e-4)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # of statsmodels
@given(TABLES, st.sampled_from(list(WEIGHTS)))
def test_kappa_agrees_with_scikit_learn_and_statsmodels(table, weights):
    pairs = (np.repeat(place.ravel(), table.ravel()) for place in np.indices((4, 4)))
    theirs = cohen_kappa_score(*pairs, labels=range(4), weights=WEIGHTS[weights])
    assert cohen_kappa(table, weights=weights) == pytest.approx(theirs, abs=1e-9)
    theirs = inter_rater.cohens_kappa(table, wt=WEIGHTS[weights])
    found = kappa_interval(table, weights=weights)
    assert found.value == pytest.approx(theirs.kappa, abs=1e-9)
    if np.isfinite(theirs.std_kappa):
        limits = theirs.kappa_low, theirs.kappa_upp
        assert found[1:] == pytest.approx(limits, abs=1e-6)


@given(arrays(np.int64, (12, 3), elements=st.integers(0, 2)))
def test_fleiss_kappa_agrees_with_statsmodels(scores):
    if len(np.unique(scores)) < 2:
        refused("2 different scores", fleiss_kappa, scores, categories=range(3))
        return
    counts = (scores[:, :, None] == np.arange(3)).sum(axis=1)
    theirs = inter_rater.fleiss_kappa(counts)
    assert fleiss_kappa(scores, categories=range(3)) == pytest.approx(theirs)


def test_fleiss_kappa_by_hand():
    # pairs that agree: 1 of 1, 0 of 1; shares 3/4 and 1/4: by chance 10/16
    found = fleiss_kappa([[1, 1], [1, 0]], categories=[0, 1])
    assert found == pytest.approx((1 / 2 - 5 / 8) / (3 / 8))


SCORES = np.random.default_rng(1).integers(1, 4, (24, 1)) + [[0, 0], [0, 1], [0, 0]] * 8
PATIENTS = np.repeat(["f", "b", "a", "e", "c", "d"], 4)


@pytest.mark.parametrize("weights", ["none", "quadratic"])
def test_bootstrap_draw_by_draw(weights):
    # patients in the order of their names; the limits hold the middle 95 %
    rows = [np.flatnonzero(name == PATIENTS) for name in "abcdef"]
    rng, values = np.random.default_rng(4), []
    for _ in range(2000):
        drawn = np.concatenate([rows[k] for k in rng.integers(6, size=6)])
        table = agreement_table(*SCORES[drawn].T, categories=range(1, 5))
        values.append(cohen_kappa(table, weights=weights))
    options = {"categories": range(1, 5), "clusters": PATIENTS, "weights": weights}
    found = bootstrap_kappa(SCORES, seed=4, **options)
    theirs = cohen_kappa_score(*SCORES.T, weights=WEIGHTS[weights])
    assert found.value == pytest.approx(theirs)
    assert found[1:] == pytest.approx(np.percentile(values, [2.5, 97.5]))
    assert bootstrap_kappa(SCORES, **options) == bootstrap_kappa(
        SCORES, seed=0, **options
    )


def test_bootstrap_leaves_out_resamples_of_one_score():
    # two patients, one with 0 throughout: of four resamples one has no other score
    scores, patients = np.array([[0, 0], [1, 1], [1, 0]]), ["a", "b", "b"]
    found = bootstrap_kappa(scores, categories=[0, 1], clusters=patients)
    assert np.isfinite(found).all()


def test_majority_by_hand():
    assert majority([[1, 1, 0], [1, 0, 0], [1, 0, 1]]).tolist() == [1, 0, 1]
    assert majority([[1, 0], [1, 1]]).tolist() == [0, 1]  # a tie is 0
    assert majority([[1], [0]]).tolist() == [1, 0]


def test_dawid_skene_finds_the_skills_of_independent_readers():
    rng, truth = np.random.default_rng(2), np.arange(6000) < 1800
    sensitivity = np.array([0.9, 0.8, 0.7, 0.6])
    specificity = np.array([0.95, 0.9, 0.85, 0.8])
    right = rng.random((6000, 4)) < np.where(truth[:, None], sensitivity, specificity)
    calls = np.where(right, truth[:, None], ~truth[:, None]).astype(int)
    found = dawid_skene(calls)
    np.testing.assert_allclose(found.sensitivity, sensitivity, atol=0.03)
    np.testing.assert_allclose(found.specificity, specificity, atol=0.03)
    assert found.prevalence == pytest.approx(0.3, abs=0.02)
    assert found.prevalence == pytest.approx(found.probability.mean())
    panel = np.mean((found.probability > 0.5) == truth)
    assert panel > np.mean(majority(calls) == truth)
    # Bayes' rule with these skills, for a case that all four call positive
    odds = found.prevalence / (1 - found.prevalence)
    odds *= np.prod(found.sensitivity / (1 - found.specificity))
    one = found.probability[calls.all(axis=1)][0]
    assert one == pytest.approx(odds / (1 + odds), rel=1e-4)


def refused(word, function, *inputs, **options):
    """Check that bad input is refused in words, one of which is given."""
    with pytest.raises(ValueError, match=word):
        function(*inputs, **options)


def test_bad_input_is_refused():
    two = {"categories": [0, 1]}
    refused(r"shape \(2,\)", agreement_table, [0, 1], [0], **two)
    refused(r"shape \(1, 1\)", agreement_table, [[0]], [[1]], **two)
    refused(r"shape \(0,\)", agreement_table, [], [], **two)
    refused("nan", agreement_table, [0, np.nan], [0, 1], **two)
    refused("all once", agreement_table, [0], [0], categories=[0, 0, 1])
    refused("all once", agreement_table, [0], [0], categories=[0])
    refused("two different scores", cohen_kappa, [[3, 0], [0, 0]])
    refused("two different scores", cohen_kappa, [[0, 0], [0, 0]])
    refused("the sum nan", cohen_kappa, [[3, np.nan], [0, 1]])
    refused("the sum inf", cohen_kappa, [[3, np.inf], [0, 1]])
    refused("the sum 3", cohen_kappa, [[3, -1], [0, 1]])
    refused(r"shape \(1, 3\)", cohen_kappa, [[1, 2, 3]])
    refused("'cubic'", cohen_kappa, [[1, 0], [0, 1]], weights="cubic")
    refused("whole counts", kappa_interval, [[0.5, 0], [0, 0.5]])
    same = {"categories": range(5), "clusters": [7] * 24}
    refused(r"shape \(24, 1\)", bootstrap_kappa, SCORES[:, :1], **same)
    refused("1 patients", bootstrap_kappa, SCORES, **same)
    refused("at least 2 readers", fleiss_kappa, [[1], [0]], **two)
    refused("at least 2 readers", fleiss_kappa, [1, 0], **two)
    refused("found .2", fleiss_kappa, [[1, 2]], **two)
    refused("the value nan", majority, [[0, np.nan]])
    refused(r"shape \(0, 3\)", majority, np.zeros((0, 3)))
    refused(r"shape \(2,\)", majority, [0, 1])
    refused("at least 3 reader", dawid_skene, [[0, 1], [1, 1]])
    refused("All 9 calls are 1", dawid_skene, [[1, 1, 1]] * 3)
