"""Reader agreement: by hand, against statsmodels and scikit-learn, and by coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from helpers.reader_agreement import (
    adjudicate,
    agreement_table,
    agreement_weights,
    bootstrap_kappa,
    cohen_kappa,
    dawid_skene,
    fleiss_kappa,
    kappa_interval,
    majority,
)
from phantoms.hospital.readers import READERS, expected_table, read_scores

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")

TABLES = arrays(np.int64, (4, 4), elements=st.integers(0, 30)).filter(
    lambda table: ((table.sum(axis=0) + table.sum(axis=1)) > 0).sum() > 1
)
THEIR_NAME = {"none": None, "linear": "linear", "quadratic": "quadratic"}


def test_kappa_by_hand():
    # observed 35/50 = 0.7; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5; (0.7 - 0.5) / 0.5
    assert cohen_kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)


def test_quadratic_kappa_by_hand():
    # 1 - sum(d^2 observed) / sum(d^2 by chance): observed 1 pair of 3 at distance 1;
    # rows 1/3 1/3 1/3, columns 1/3 2/3 0: by chance (2 + 1 + 4 + 2) / 9 = 1
    table = [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert cohen_kappa(table, weights="quadratic") == pytest.approx(1 - (1 / 3) / 1)


@given(TABLES, st.sampled_from(["none", "linear", "quadratic"]))
def test_kappa_agrees_with_scikit_learn(table, weights):
    first, second = (
        np.repeat(place.ravel(), table.ravel()) for place in np.indices((4, 4))
    )
    theirs = cohen_kappa_score(
        first, second, labels=range(4), weights=THEIR_NAME[weights]
    )
    assert cohen_kappa(table, weights=weights) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # of statsmodels
@given(TABLES, st.sampled_from(["none", "linear", "quadratic"]))
def test_interval_agrees_with_statsmodels(table, weights):
    theirs = inter_rater.cohens_kappa(table, wt=THEIR_NAME[weights])
    found = kappa_interval(table, weights=weights)
    assert found.value == pytest.approx(theirs.kappa, abs=1e-9)
    if np.isfinite(theirs.std_kappa):
        assert found.low == pytest.approx(theirs.kappa_low, abs=1e-6)
        assert found.high == pytest.approx(theirs.kappa_upp, abs=1e-6)


@given(arrays(np.int64, (12, 3), elements=st.integers(0, 2)))
def test_fleiss_kappa_agrees_with_statsmodels(scores):
    if len(np.unique(scores)) < 2:
        with pytest.raises(ValueError, match="Every score is"):
            fleiss_kappa(scores, categories=range(3))
        return
    counts = (scores[:, :, None] == np.arange(3)).sum(axis=1)
    theirs = inter_rater.fleiss_kappa(counts)
    assert fleiss_kappa(scores, categories=range(3)) == pytest.approx(theirs)


@pytest.mark.parametrize("weights", ["none", "quadratic"])
def test_intervals_cover_the_true_kappa(weights):
    # 200 studies of 300 films: of 95 % intervals, 190 +- 3 * 3.1 hold the truth
    truth = (np.arange(300) < 100).astype(int)
    true = cohen_kappa(
        expected_table(READERS[0], READERS[3], prevalence=1 / 3), weights=weights
    )
    held = 0
    for seed in range(200):
        scores = read_scores(
            truth, [READERS[0], READERS[3]], np.random.default_rng(seed)
        )
        table = agreement_table(*scores.T, categories=range(1, 6))
        found = kappa_interval(table, weights=weights)
        held += found.low <= true <= found.high
    assert 180 <= held <= 200


def test_bootstrap_agrees_with_the_formula_where_films_are_independent():
    scores = read_scores(np.arange(400) % 2, READERS[3:], np.random.default_rng(1))
    table = agreement_table(*scores.T, categories=range(1, 6))
    formula = kappa_interval(table, weights="quadratic")
    drawn = bootstrap_kappa(
        scores, categories=range(1, 6), clusters=range(400), weights="quadratic"
    )
    assert drawn.value == pytest.approx(formula.value)
    assert drawn[1:] == pytest.approx(formula[1:], abs=0.01)


def test_bootstrap_is_wider_where_a_patient_repeats():
    scores = read_scores(np.arange(60) % 2, READERS[3:], np.random.default_rng(1))
    four = np.repeat(scores, 4, axis=0)
    settings_ = {"categories": range(1, 6), "seed": 3}
    by_film = bootstrap_kappa(four, clusters=range(240), **settings_)
    by_patient = bootstrap_kappa(four, clusters=np.arange(240) // 4, **settings_)
    widths = [found.high - found.low for found in (by_film, by_patient)]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.2)  # root of four


def test_scores_may_be_words_in_any_order():
    names = ["no", "maybe", "yes"]  # not the order of the alphabet
    first = ["no", "maybe", "yes", "yes", "no", "maybe"]
    second = ["no", "yes", "yes", "maybe", "no", "maybe"]
    table = agreement_table(first, second, categories=names)
    assert table.tolist() == [[2, 0, 0], [0, 1, 1], [0, 1, 1]]
    drawn = bootstrap_kappa(
        np.column_stack([first, second]), categories=names, clusters=range(6)
    )
    assert drawn.value == pytest.approx(cohen_kappa(table))


def test_weights_by_hand():
    assert agreement_weights(3, weights="quadratic")[0].tolist() == [1, 0.75, 0]
    assert agreement_weights(2, weights="none").tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: agreement_table([0, 1], [0], categories=[0, 1]), r"\(2,\) and second"),
        (
            lambda: agreement_table([0, np.nan], [0, 1], categories=[0, 1]),
            "score nan is not among",
        ),
        (lambda: agreement_table([], [], categories=[0, 1]), "expected one score"),
        (lambda: agreement_table([0], [0], categories=[0, 0]), "every possible score"),
        (lambda: cohen_kappa([[3, 0], [0, 0]]), "one and the same score"),
        (lambda: cohen_kappa([[3, np.nan], [0, 1]]), "the sum nan"),
        (lambda: cohen_kappa([[3, -1], [0, 1]]), "expected counts of pairs"),
        (lambda: cohen_kappa([[1, 2, 3]]), r"table has shape \(1, 3\)"),
        (lambda: cohen_kappa([[1, 0], [0, 1]], weights="cubic"), "weights is 'cubic'"),
        (lambda: kappa_interval([[0.5, 0], [0, 0.5]]), "whole counts"),
        (lambda: kappa_interval([[5, 1], [0, 5]], confidence=95), "confidence is 95"),
        (
            lambda: bootstrap_kappa(np.ones(4), categories=[0, 1], clusters=range(4)),
            r"scores has shape \(4,\)",
        ),
        (
            lambda: bootstrap_kappa(
                np.array([[0, 0], [1, 1]]), categories=[0, 1], clusters=["a", "a"]
            ),
            "clusters names 1 patients",
        ),
        (lambda: fleiss_kappa([[1], [0]], categories=[0, 1]), "at least 2 readers"),
        (lambda: fleiss_kappa([[1, 2]], categories=[0, 1]), "score 2 is not among"),
        (lambda: majority([[0, 2]]), "the value 2"),
        (lambda: majority([[0, np.nan]]), "the value nan"),
        (lambda: adjudicate([[0, 1]], [np.nan]), "the value nan"),
        (lambda: adjudicate([[0, 1]], [1, 1]), r"senior \(2,\)"),
        (lambda: dawid_skene([[0, 1], [1, 1]]), "at least 3 reader"),
        (lambda: dawid_skene([[1, 1, 1]] * 3), "All 9 calls are 1"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_majority_and_adjudication_by_hand():
    assert majority([[1, 1, 0], [1, 0, 0], [1, 0, 1]]).tolist() == [1, 0, 1]
    assert majority([[1, 0], [1, 1]]).tolist() == [0, 1]  # a tie is 0
    # the senior is not asked where the two agree, so a missing call does no harm
    said = adjudicate([[1, 1], [0, 1], [1, 0], [0, 0]], [np.nan, 1, 0, 1])
    assert said.tolist() == [1, 1, 0, 0]


def test_dawid_skene_finds_the_skills_of_independent_readers():
    truth = (np.arange(4000) < 1200).astype(int)
    scores = read_scores(truth, READERS, np.random.default_rng(2), shared=0.0)
    calls = (scores >= 4).astype(int)
    found = dawid_skene(calls)
    np.testing.assert_allclose(found.sensitivity, calls[truth == 1].mean(0), atol=0.04)
    np.testing.assert_allclose(
        found.specificity, 1 - calls[truth == 0].mean(0), atol=0.02
    )
    assert found.prevalence == pytest.approx(0.3, abs=0.02)
    right = np.mean((found.probability > 0.5) == truth)
    assert right > np.mean(majority(calls) == truth)


def test_dawid_skene_trusts_readers_with_shared_errors_too_much():
    truth = (np.arange(4000) < 1200).astype(int)
    scores = read_scores(truth, READERS, np.random.default_rng(2), shared=0.5)
    calls = (scores >= 4).astype(int)
    believed = dawid_skene(calls).sensitivity
    assert (believed > calls[truth == 1].mean(axis=0)).all()
