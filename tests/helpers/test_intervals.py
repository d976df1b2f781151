"""Intervals: by hand and draw by draw; lesson 30 writes Wilson's out once more."""

import numpy as np
import pandas as pd
import pytest

from helpers.diagnostic_metrics import area_under_roc
from helpers.intervals import clustered_bootstrap, mean_interval, wilson


def test_wilson_by_hand():
    # 1 of 2 with z = 1.96: centre (0.5 + 0.9604) / 2.9208 = 0.5,
    # half width sqrt(0.125 + 0.2401) * 1.96 / 2.9208 = 0.4055
    assert wilson(1, 2) == pytest.approx((0.0945, 0.9055), abs=2e-4)
    # 0 of 10: upper limit z^2 / (10 + z^2); 3.8415 / 13.8415
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)


def test_mean_interval_by_hand():
    # mean 3, SD 1, SE 1 / sqrt(3), t(0.975, 2) = 4.3027: 3 +- 2.4841
    assert mean_interval([2, 3, 4]) == pytest.approx((3, 0.5159, 5.4841), abs=1e-4)


REFERENCE, SCORES = [0, 1] * 6, np.arange(12.0) ** 2
PATIENTS = list("bbaaccddeeff")  # two images each; a comes before b


def mean_score(clusters=PATIENTS, **options):
    data = (lambda _, score: score.mean(), REFERENCE, SCORES)
    return clustered_bootstrap(*data, clusters=clusters, **options)


def test_bootstrap_draws_whole_patients_and_takes_percentiles():
    # the same draws by hand: six patients with replacement, in the order a, b, c ...
    rng, means = np.random.default_rng(9), []
    rows = np.array([[2, 3], [0, 1], [4, 5], [6, 7], [8, 9], [10, 11]])
    for _ in range(300):
        means.append(SCORES[rows[rng.integers(6, size=6)]].mean())
    found = mean_score(replicates=300, seed=9)
    assert found == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))
    # 2, 2.0 and "2" are one patient, in whatever kind of column
    numbers = ["2", 2.0, 1, "1", *np.repeat(np.arange(3, 7), 2)]
    assert mean_score(pd.Series(numbers), replicates=300, seed=9) == found


def rare(n):
    """Return 40 patients of whom the first n have the finding."""
    return (np.arange(40) < n).astype(int)


def test_bootstrap_bears_a_few_resamples_of_one_class():
    # of resamples of 40 patients, (1 - n / 40) ** 40 lack all n: 0.4 % of 5, 13 % of 2
    found = clustered_bootstrap(
        area_under_roc, rare(5), np.arange(40), clusters=range(40), seed=2
    )
    assert found == (0, 0)
    data = (clustered_bootstrap, area_under_roc, rare(2), range(40))
    refused("resamples of 40 patients gave", *data, clusters=range(40))


def test_bootstrap_takes_a_hundred_resamples_and_two_patients():
    found = clustered_bootstrap(
        lambda _, score: score.mean(),
        [0, 1, 0, 1],
        [1.0, 2.0, 3.0, 4.0],
        clusters=[1, 1, 2, 2],
        replicates=100,
    )
    # means of the two patients: 1.5 and 3.5; of both 2.5
    assert found == (1.5, 3.5)


def refused(word, function, *inputs, **options):
    """Check that bad input is refused in words, one of which is given."""
    with pytest.raises(ValueError, match=word):
        function(*inputs, **options)


def test_bad_input_is_refused():
    refused("successes is 3, total 2", wilson, 3, 2)
    refused("successes is -1", wilson, -1, 2)
    refused("total 0", wilson, 0, 0)
    refused("successes is 0.5", wilson, 0.5, 2)
    refused("total 2.5", wilson, 1, 2.5)
    refused("at least 2 finite", mean_interval, [0.1])
    refused("nan", mean_interval, [0.1, np.nan])
    refused("at least 2 finite", mean_interval, [[0.1, 0.2]])
    data = (clustered_bootstrap, area_under_roc, REFERENCE, SCORES)
    refused("clusters has 3 values", *data, clusters=[1, 1, 2])
    refused("names 1 patient", *data, clusters=[7] * 12)
    refused("at least 100 resamples", *data, clusters=PATIENTS, replicates=99)
    for missing in (np.nan, None, pd.NA, "", "nan", "N/A", "<NA>", "?", "Unknown"):
        unknown = [missing, *PATIENTS[1:]]
        refused("clusters is missing in 1 of 12", *data, clusters=unknown)
    refused("one class only", *data[:2], [1] * 12, SCORES, clusters=PATIENTS)
