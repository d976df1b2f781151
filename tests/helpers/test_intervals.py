"""Intervals: by hand, against statsmodels and scipy, and draw by draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from helpers.diagnostic_metrics import area_under_roc
from helpers.intervals import clustered_bootstrap, mean_interval, wilson

settings.register_profile("course", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("course")


def test_wilson_by_hand():
    # 1 of 2 with z = 1.96: centre (0.5 + 0.9604) / 2.9208 = 0.5,
    # half width sqrt(0.125 + 0.2401) * 1.96 / 2.9208 = 0.4055
    assert wilson(1, 2) == pytest.approx((0.0945, 0.9055), abs=2e-4)
    # 0 of 10: upper limit z^2 / (10 + z^2); 3.8415 / 13.8415, at 90 % 2.7055 / 12.7055
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
    assert wilson(0, 10, confidence=0.9) == pytest.approx((0, 0.2129), abs=1e-4)


@given(st.integers(1, 400), st.data(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels(total, data, confidence):
    successes = data.draw(st.integers(0, total))
    theirs = proportion_confint(successes, total, alpha=1 - confidence, method="wilson")
    ours = wilson(successes, total, confidence=confidence)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_mean_interval_by_hand():
    # mean 3, SD 1, SE 1 / sqrt(3), t(0.975, 2) = 4.3027: 3 +- 2.4841
    assert mean_interval([2, 3, 4]) == pytest.approx((3, 0.5159, 5.4841), abs=1e-4)
    # t(0.95, 2) = 2.9200: 3 +- 1.6859
    found = mean_interval([2, 3, 4], confidence=0.9)
    assert found == pytest.approx((3, 1.3141, 4.6859), abs=1e-4)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12))
def test_mean_interval_agrees_with_scipy(values):
    mean, low, high = mean_interval(values)
    if np.std(values) > 1e-6:  # scipy warns of lost precision below
        theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert mean == pytest.approx(np.mean(values))


REFERENCE, SCORES = [0, 1] * 6, np.arange(12.0) ** 2
PATIENTS = list("bbaaccddeeff")  # two images each; a comes before b


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95])
def test_bootstrap_draws_whole_patients_and_takes_percentiles(confidence):
    # the same draws by hand: six patients with replacement, in the order a, b, c ...
    rng, means = np.random.default_rng(9), []
    rows = np.array([[2, 3], [0, 1], [4, 5], [6, 7], [8, 9], [10, 11]])
    for _ in range(300):
        means.append(SCORES[rows[rng.integers(6, size=6)]].mean())
    tail = 100 * (1 - confidence) / 2
    found = clustered_bootstrap(
        lambda _, score: score.mean(),
        REFERENCE,
        SCORES,
        clusters=PATIENTS,
        replicates=300,
        seed=9,
        confidence=confidence,
    )
    expected = (*np.percentile(means, [tail, 100 - tail]), 300)
    assert found == pytest.approx(expected)


def test_bootstrap_defaults_are_95_percent_of_2000_resamples_from_seed_0():
    def found(**options):
        return clustered_bootstrap(
            lambda _, score: score.mean(),
            REFERENCE,
            SCORES,
            clusters=PATIENTS,
            **options,
        )

    plain = found()
    assert plain == found(confidence=0.95, replicates=2000, seed=0) != found(seed=1)
    assert plain.replicates == 2000


def rare(n):
    """Return 40 patients of whom the first n have the finding."""
    return (np.arange(40) < n).astype(int)


def test_bootstrap_bears_a_few_resamples_of_one_class():
    # of resamples of 40 patients, (1 - n / 40) ** 40 lack all n: 0.4 % of 5, 13 % of 2
    found = clustered_bootstrap(
        area_under_roc, rare(5), np.arange(40), clusters=range(40), seed=2
    )
    assert 1980 < found.replicates < 2000
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
    assert (found.low, found.high, found.replicates) == (1.5, 3.5, 100)


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
    refused("confidence is 1,", wilson, 1, 2, confidence=1)
    refused("confidence is 0,", mean_interval, [1, 2], confidence=0)
    refused("at least 2 finite", mean_interval, [0.1])
    refused("nan", mean_interval, [0.1, np.nan])
    refused("at least 2 finite", mean_interval, [[0.1, 0.2]])
    data = (clustered_bootstrap, area_under_roc, REFERENCE, SCORES)
    refused(r"clusters has shape \(3,\)", *data, clusters=[1, 1, 2])
    refused("names 1 patient", *data, clusters=[7] * 12)
    refused("at least 100 resamples", *data, clusters=PATIENTS, replicates=99)
    refused("confidence is 95", *data, clusters=PATIENTS, confidence=95)
    refused("one class only", *data[:2], [1] * 12, SCORES, clusters=PATIENTS)
