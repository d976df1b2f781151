"""Readers: their skill, their thresholds, and why they agree."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from phantoms.hospital.readers import (
    READERS,
    Reader,
    expected_table,
    kappa_of,
    read_scores,
)

N = 60_000


def truth(n=N, share=0.3):
    return (np.arange(n) < share * n).astype(int)


def scores(readers, *, shared=0.5, n=N, **options):
    return read_scores(
        truth(n), readers, np.random.default_rng(4), shared=shared, **options
    )


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_readers_auc_is_that_of_the_skill_less_a_little_for_five_steps(reader):
    found = roc_auc_score(truth(), scores([reader])[:, 0])
    assert reader.auc - 0.035 < found < reader.auc + 0.005


def test_better_skill_is_a_better_auc_and_no_skill_is_chance():
    given = scores([Reader("none", 0.0), Reader("some", 1.0), Reader("much", 2.0)])
    areas = [roc_auc_score(truth(), given[:, j]) for j in range(3)]
    assert areas[0] == pytest.approx(0.5, abs=0.01)
    assert areas[0] + 0.1 < areas[1] < areas[2] - 0.1


def test_a_cautious_reader_calls_less_and_knows_the_same():
    eager, cautious = Reader("eager", 1.5, -0.5), Reader("cautious", 1.5, 0.5)
    given = scores([eager, cautious]) >= 4
    positive = truth() == 1
    for group in (positive, ~positive):
        assert given[group, 0].mean() > given[group, 1].mean() + 0.1


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("weighted", [False, True])
def test_kappa_between_readers_is_the_one_expected(shared, weighted):
    first, second = READERS[0], READERS[3]
    given = scores([first, second], shared=shared)
    weights = "quadratic" if weighted else None
    found = cohen_kappa_score(given[:, 0], given[:, 1], weights=weights)
    table = expected_table(first, second, prevalence=0.3, shared=shared)
    assert found == pytest.approx(kappa_of(table, weighted=weighted), abs=0.015)


def test_shared_difficulty_makes_readers_agree():
    kappas = [
        kappa_of(expected_table(*READERS[2:4], prevalence=0.3, shared=s), weighted=True)
        for s in (0.0, 0.3, 0.6, 0.9)
    ]
    assert (np.diff(kappas) > 0.05).all()


def test_without_shared_difficulty_errors_are_independent_given_the_truth():
    healthy = truth() == 0
    apart, alike = scores(READERS[:2], shared=0.0), scores(READERS[:2], shared=0.8)
    assert abs(np.corrcoef(apart[healthy].T)[0, 1]) < 0.02
    assert np.corrcoef(alike[healthy].T)[0, 1] > 0.6


def test_subtle_cases_are_missed_and_invisible_ones_look_healthy():
    half = np.where(np.arange(N) % 2, 1.0, 0.0)
    given = scores([READERS[4]], subtlety=half)[:, 0]
    positive = truth() == 1
    plain, invisible = (given[positive & (half == h)].mean() for h in (1.0, 0.0))
    assert invisible == pytest.approx(given[~positive].mean(), abs=0.05)
    assert plain > invisible + 1


@pytest.mark.parametrize("weights", [None, "quadratic"])
def test_kappa_of_a_table_agrees_with_scikit_learn(weights):
    pairs = np.random.default_rng(0).integers(0, 4, (200, 2))
    pairs[:80, 1] = pairs[:80, 0]
    table = np.zeros((4, 4))
    np.add.at(table, (pairs[:, 0], pairs[:, 1]), 1)
    expected = cohen_kappa_score(pairs[:, 0], pairs[:, 1], weights=weights)
    assert kappa_of(table, weighted=weights is not None) == pytest.approx(expected)


def test_shared_outside_zero_to_one_is_an_error():
    with pytest.raises(ValueError, match="shared is 1.5, but a share"):
        scores(READERS, shared=1.5, n=10)
