"""Readers together: majority and consensus, by hand and on simulated skills."""

import numpy as np
import pytest

from helpers.reader_agreement import dawid_skene, majority


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
    refused("the value nan", majority, [[0, np.nan]])
    refused(r"shape \(0, 3\)", majority, np.zeros((0, 3)))
    refused(r"shape \(2,\)", majority, [0, 1])
    refused("at least 3 reader", dawid_skene, [[0, 1], [1, 1]])
    refused("All 9 calls are 1", dawid_skene, [[1, 1, 1]] * 3)
