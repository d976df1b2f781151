"""Intervals: by hand, against statsmodels and scipy, and by how often they cover."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from helpers.diagnostic_metrics import area_under_roc
from helpers.intervals import clustered_bootstrap, mean_interval, wilson

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


def test_wilson_by_hand():
    # 1 of 2 with z = 1.96: centre (0.5 + 0.9604) / 2.9208 = 0.5,
    # half width sqrt(0.125 + 0.2401) * 1.96 / 2.9208 = 0.4055
    low, high = wilson(1, 2)
    assert (low, high) == pytest.approx((0.0945, 0.9055), abs=2e-4)


def test_wilson_does_not_collapse_at_the_ends():
    # 0 of 10: upper limit z^2 / (10 + z^2) = 3.8415 / 13.8415 = 0.2775
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)


@given(st.integers(1, 400), st.data(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels(total, data, confidence):
    successes = data.draw(st.integers(0, total))
    theirs = proportion_confint(successes, total, alpha=1 - confidence, method="wilson")
    ours = wilson(successes, total, confidence=confidence)
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert 0 <= ours[0] <= successes / total <= ours[1] <= 1


@pytest.mark.parametrize(
    ("successes", "total", "words"),
    [
        (3, 2, "successes is 3 and total is 2"),
        (-1, 2, "successes is -1"),
        (0, 0, "total of at least 1"),
        (0.5, 2, "expected whole numbers"),
    ],
)
def test_wilson_names_impossible_counts(successes, total, words):
    with pytest.raises(ValueError, match=words):
        wilson(successes, total)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_share(confidence):
    with pytest.raises(ValueError, match=f"confidence is {confidence}, expected"):
        wilson(1, 2, confidence=confidence)


def test_mean_interval_by_hand():
    # mean 3, SD 1, SE 1 / sqrt(3), t(0.975, 2) = 4.3027: 3 +- 2.4841
    assert mean_interval([2, 3, 4]) == pytest.approx((3, 0.5159, 5.4841), abs=1e-4)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12))
def test_mean_interval_agrees_with_scipy(values):
    mean, low, high = mean_interval(values)
    if np.std(values) > 1e-6:  # scipy warns of lost precision below
        theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert mean == pytest.approx(np.mean(values))


@pytest.mark.parametrize(
    ("values", "words"),
    [([0.1], "at least 2 repeats"), ([0.1, np.nan], "values holds 1 missing")],
)
def test_mean_interval_needs_repeats(values, words):
    with pytest.raises(ValueError, match=words):
        mean_interval(values)


def simulated(rng, *, n_patients, images_each, patient_sd):
    """Return reference, score and patient of images that are alike within a patient."""
    disease = np.repeat(np.arange(n_patients) % 2, images_each)
    patient = np.repeat(np.arange(n_patients), images_each)
    shared = np.repeat(rng.normal(scale=patient_sd, size=n_patients), images_each)
    return disease, disease + shared + rng.normal(size=len(disease)), patient


def test_bootstrap_of_a_separable_score_is_one():
    interval = clustered_bootstrap(
        area_under_roc, [0] * 8 + [1] * 8, range(16), clusters=range(16)
    )
    assert interval[:2] == (1, 1)


def test_bootstrap_same_seed_same_limits_other_seed_other_limits():
    data = simulated(
        np.random.default_rng(0), n_patients=40, images_each=2, patient_sd=1
    )
    first = clustered_bootstrap(area_under_roc, *data[:2], clusters=data[2], seed=3)
    again = clustered_bootstrap(area_under_roc, *data[:2], clusters=data[2], seed=3)
    other = clustered_bootstrap(area_under_roc, *data[:2], clusters=data[2], seed=4)
    assert first == again
    assert first != other
    assert other.low == pytest.approx(first.low, abs=0.02)


def test_bootstrap_draws_whole_patients():
    seen = []

    def statistic(reference, score):
        seen.append(score)
        return float(score.mean())

    reference = [0, 1, 0, 1, 0, 1]
    patients = ["b", "a", "b", "a", "c", "c"]
    rows_of = {"a": [1, 3], "b": [0, 2], "c": [4, 5]}
    with pytest.raises(ValueError, match="undefined in"):
        # three patients: often all the drawn ones have one class only
        clustered_bootstrap(
            statistic, reference, [0, 1, 2, 3, 4, 5], clusters=patients, replicates=200
        )
    assert seen
    for scores in seen:
        counts = np.bincount(scores.astype(int), minlength=6)
        for rows in rows_of.values():
            assert counts[rows[0]] == counts[rows[1]]
        assert counts.sum() == 6


def test_bootstrap_does_not_depend_on_the_order_of_the_rows():
    rng = np.random.default_rng(1)
    reference, score, patient = simulated(
        rng, n_patients=30, images_each=3, patient_sd=1
    )
    order = rng.permutation(len(score))
    straight = clustered_bootstrap(area_under_roc, reference, score, clusters=patient)
    shuffled = clustered_bootstrap(
        area_under_roc, reference[order], score[order], clusters=patient[order]
    )
    assert straight[:2] == pytest.approx(shuffled[:2], abs=1e-12)


def test_bootstrap_of_single_images_agrees_with_scipy():
    # an independent implementation of the same image-level, class-mixed resampling
    reference, score, _ = simulated(
        np.random.default_rng(2), n_patients=200, images_each=1, patient_sd=0
    )
    ours = clustered_bootstrap(
        area_under_roc, reference, score, clusters=np.arange(200), replicates=4000
    )
    theirs = stats.bootstrap(
        (reference, score),
        area_under_roc,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(5),
    ).confidence_interval
    assert ours[:2] == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_clustered_interval_is_wider_when_images_of_a_patient_are_alike():
    # 4 images each, most of the score shared by the patient: image-level resampling
    # believes in four times as many witnesses as there are
    reference, score, patient = simulated(
        np.random.default_rng(3), n_patients=60, images_each=4, patient_sd=3
    )
    by_patient = clustered_bootstrap(area_under_roc, reference, score, clusters=patient)
    by_image = clustered_bootstrap(
        area_under_roc, reference, score, clusters=np.arange(len(score))
    )
    ratio = (by_patient.high - by_patient.low) / (by_image.high - by_image.low)
    assert 1.5 < ratio < 2.5


@pytest.mark.slow
def test_clustered_interval_covers_the_true_auc():
    # difference of two normals with SD sqrt(1 + 1): true AUC = Phi(1 / 2)
    truth = stats.norm.cdf(1 / (np.sqrt(2) * np.sqrt(2)))
    rng = np.random.default_rng(4)
    covered = {"patient": 0, "image": 0}
    runs = 150
    for run in range(runs):
        reference, score, patient = simulated(
            rng, n_patients=80, images_each=3, patient_sd=1
        )
        for name, clusters in (("patient", patient), ("image", np.arange(len(score)))):
            low, high, _ = clustered_bootstrap(
                area_under_roc,
                reference,
                score,
                clusters=clusters,
                replicates=300,
                seed=run,
            )
            covered[name] += low <= truth <= high
    assert covered["patient"] / runs > 0.89
    assert covered["image"] / runs < 0.89
    assert covered["patient"] > covered["image"] + 0.05 * runs


def test_bootstrap_of_500_images_takes_less_than_five_seconds():
    data = simulated(
        np.random.default_rng(6), n_patients=250, images_each=2, patient_sd=1
    )
    start = time.process_time()
    clustered_bootstrap(area_under_roc, *data[:2], clusters=data[2], replicates=2000)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("reference", "clusters", "options", "words"),
    [
        ([0, 1, 0, 1], [1, 1, 2], {}, r"clusters has shape \(3,\), expected \(4,\)"),
        ([0, 1, 0, 1], [7, 7, 7, 7], {}, r"one patient only \(7\)"),
        ([1, 1, 1, 1], [1, 2, 3, 4], {}, "one class only"),
        ([0, 1, 0, 1], [1, 2, 3, 4], {"replicates": 10}, "replicates is 10"),
        ([0, 0, 0, 1], [1, 2, 3, 4], {}, "one class only; expected in at most 5%"),
    ],
)
def test_bootstrap_names_bad_input(reference, clusters, options, words):
    with pytest.raises(ValueError, match=words):
        clustered_bootstrap(
            area_under_roc,
            reference,
            [0.1, 0.2, 0.3, 0.4],
            clusters=clusters,
            **options,
        )
