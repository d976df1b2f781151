"""Readers: their skill, their thresholds, and why they agree."""

import numpy as np
import pytest
from scipy.special import ndtr
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from phantoms.hospital.readers import (
    CUTS,
    READERS,
    SHARED,
    Reader,
    expected_table,
    read_scores,
)

TRUTH = (np.arange(60_000) < 18_000).astype(int)  # 0.3


def scores(*readers, shared=0.5):
    return read_scores(TRUTH, readers, np.random.default_rng(4), shared=shared)


def test_scores_count_the_cuts_that_the_evidence_exceeds():
    # without chance: evidence 0 or 2, cuts -0.3, 0.5, 1.2, 1.9 and each reader's shift
    class NoChance:
        def standard_normal(self, shape):
            return np.zeros(shape)

    readers = [Reader("", 2.0, shift) for shift in (0.0, -0.6, 0.4)]
    given = read_scores([0, 1], readers, NoChance())
    assert given.tolist() == [[2, 3, 1], [5, 5, 4]]
    assert CUTS == (-0.3, 0.5, 1.2, 1.9)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_shares_of_scores_and_auc_are_those_of_the_formula(reader):
    given = scores(reader)[:, 0]
    for there in (0, 1):
        above = [(given[there == TRUTH] > score).mean() for score in (1, 2, 3, 4)]
        expected = ndtr(there * reader.skill - np.array(CUTS) - reader.shift)
        np.testing.assert_allclose(above, expected, atol=0.015)
    # five steps lose a little of the area that the evidence itself has
    area = ndtr(reader.skill / np.sqrt(2))
    assert area - 0.035 < roc_auc_score(TRUTH, given) < area + 0.005


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.8])
def test_the_expected_table_is_that_of_many_readings(shared):
    first, second = READERS[0], READERS[3]
    given = scores(first, second, shared=shared)
    table = expected_table(first, second, prevalence=0.3, shared=shared)
    counted = np.zeros((5, 5))
    np.add.at(counted, (given[:, 0] - 1, given[:, 1] - 1), 1 / len(given))
    np.testing.assert_allclose(table, counted, atol=0.005)
    assert table.sum() == pytest.approx(1)
    # kappa = 1 - observed over chance disagreement, quadratic: (i - j) squared
    penalty = np.subtract.outer(range(5), range(5)) ** 2
    chance = np.outer(table.sum(1), table.sum(0))
    kappa = 1 - (penalty * table).sum() / (penalty * chance).sum()
    found = cohen_kappa_score(given[:, 0], given[:, 1], weights="quadratic")
    assert kappa == pytest.approx(found, abs=0.015)


def test_independent_readers_of_the_healthy_agree_by_chance():
    # P(score 1) = ndtr(-0.3 + shift) each; prevalence 0 and all of the errors their own
    table = expected_table(READERS[0], READERS[1], prevalence=0, shared=0)
    assert table[0, 0] == pytest.approx(ndtr(-0.6) * ndtr(0.1), abs=1e-6)
    assert table[4, 4] == pytest.approx(ndtr(-1.6) * ndtr(-2.3), abs=1e-6)
    usual = expected_table(READERS[0], READERS[1], prevalence=0.3)
    same = expected_table(READERS[0], READERS[1], prevalence=0.3, shared=SHARED)
    np.testing.assert_array_equal(usual, same)
    assert SHARED == 0.5


def test_errors_are_shared_as_much_as_stated():
    healthy = TRUTH == 0
    for shared in (0.0, 0.5, 0.9):
        given = scores(*[Reader("", 2.0)] * 8, shared=shared)[healthy]
        alike = np.corrcoef(given.T)[np.triu_indices(8, 1)].mean()
        assert 0.8 * shared - 0.01 < alike < shared + 0.01


@pytest.mark.parametrize("shared", [-0.1, 1.1])
def test_a_share_outside_zero_to_one_is_refused(shared):
    with pytest.raises(ValueError, match="shared is"):
        read_scores([0, 1], READERS, np.random.default_rng(0), shared=shared)
