"""Counts, ROC and precision-recall: worked by hand, and against scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers import diagnostic_metrics as dm

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")

# six cases, sorted by score; diseased: 0.9, 0.7, 0.3
REFERENCE = np.array([1, 0, 1, 0, 0, 1])
SCORE = np.array([0.9, 0.8, 0.7, 0.5, 0.4, 0.3])


def cases(max_size=60):
    """Return a strategy for (reference, score) with both classes and many ties."""

    def build(size):
        labels = arrays(int, size, elements=st.integers(0, 1)).filter(
            lambda values: 0 < values.sum() < len(values)
        )
        scores = arrays(float, size, elements=st.integers(0, 8).map(lambda k: k / 8))
        return st.tuples(labels, scores)

    return st.integers(2, max_size).flatmap(build)


def test_confusion_counts_by_hand():
    # threshold 0.5: called positive are 0.9 (diseased), 0.8 (healthy), 0.7 (diseased)
    # and 0.5 (healthy, exactly at the threshold); 0.4 healthy and 0.3 diseased are not
    assert dm.confusion_counts(REFERENCE, SCORE, threshold=0.5) == (2, 2, 1, 1)


def test_confusion_counts_at_the_ends():
    assert dm.confusion_counts(REFERENCE, SCORE, threshold=-np.inf) == (3, 3, 0, 0)
    assert dm.confusion_counts(REFERENCE, SCORE, threshold=np.inf) == (0, 0, 3, 3)


def test_confusion_counts_accept_one_class_and_boolean_labels():
    counts = dm.confusion_counts([False, False], [0.2, 0.9], threshold=0.5)
    assert counts == dm.Counts(tp=0, fp=1, tn=1, fn=0)
    assert (counts.diseased, counts.healthy, counts.total) == (0, 2, 2)
    assert counts.called_positive == 1


def test_confusion_counts_accept_a_column_as_keras_returns_it():
    counts = dm.confusion_counts(REFERENCE, SCORE[:, None], threshold=0.5)
    assert counts == dm.confusion_counts(REFERENCE, SCORE, threshold=0.5)


def test_shares_by_hand():
    counts = dm.Counts(tp=8, fp=3, tn=27, fn=2)
    assert dm.sensitivity(counts) == 0.8
    assert dm.specificity(counts) == 0.9
    assert dm.accuracy(counts) == 35 / 40
    assert dm.positive_predictive_value(counts) == 8 / 11
    assert dm.negative_predictive_value(counts) == 27 / 29


@pytest.mark.parametrize(
    ("measure", "counts", "words"),
    [
        (
            dm.sensitivity,
            (0, 3, 4, 0),
            "Sensitivity is undefined: there are 0 diseased",
        ),
        (dm.specificity, (3, 0, 0, 4), "Specificity is undefined: there are 0 healthy"),
        (dm.accuracy, (0, 0, 0, 0), "Accuracy is undefined: there are 0 cases"),
        (dm.positive_predictive_value, (0, 0, 3, 4), "0 cases called positive"),
        (dm.negative_predictive_value, (3, 4, 0, 0), "0 cases called negative"),
    ],
)
def test_shares_of_nothing_are_an_error(measure, counts, words):
    with pytest.raises(ValueError, match=words):
        measure(dm.Counts(*counts))


def test_area_under_roc_by_hand():
    # 9 pairs; the diseased wins: 0.9 beats 3, 0.7 beats 2, 0.3 beats none: 5 of 9
    assert dm.area_under_roc(REFERENCE, SCORE) == pytest.approx(5 / 9)


def test_area_under_roc_counts_a_tie_half():
    # pairs: 2 against 1 wins, 2 against 2 ties, 3 wins both: 3.5 of 4
    assert dm.area_under_roc([1, 1, 0, 0], [2, 3, 1, 2]) == 3.5 / 4


def test_area_under_roc_extremes():
    assert dm.area_under_roc([0, 0, 1, 1], [1, 2, 3, 4]) == 1
    assert dm.area_under_roc([1, 1, 0, 0], [1, 2, 3, 4]) == 0
    assert dm.area_under_roc([0, 1, 0, 1], [7, 7, 7, 7]) == 0.5


def test_roc_curve_by_hand():
    # score falls through 0.9 (d), 0.8 (h), 0.7 (d), 0.5 (h), 0.4 (h), 0.3 (d)
    fpr, tpr, thresholds = dm.roc_curve(REFERENCE, SCORE)
    np.testing.assert_allclose(tpr * 3, [0, 1, 1, 2, 2, 2, 3])
    np.testing.assert_allclose(fpr * 3, [0, 0, 1, 1, 2, 3, 3])
    np.testing.assert_array_equal(thresholds, [np.inf, *SCORE])


def test_roc_curve_joins_ties_to_one_point():
    fpr, tpr, thresholds = dm.roc_curve([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.1])
    np.testing.assert_allclose(fpr, [0, 0.5, 1])
    np.testing.assert_allclose(tpr, [0, 1, 1])
    np.testing.assert_array_equal(thresholds, [np.inf, 0.5, 0.1])


def test_precision_recall_by_hand():
    recall, precision, thresholds = dm.precision_recall_curve(REFERENCE, SCORE)
    np.testing.assert_allclose(recall * 3, [1, 1, 2, 2, 2, 3])
    np.testing.assert_allclose(precision, [1, 1 / 2, 2 / 3, 2 / 4, 2 / 5, 3 / 6])
    np.testing.assert_array_equal(thresholds, SCORE)
    # steps up at recall 1/3 (precision 1), 2/3 (2/3), 1 (1/2)
    expected = (1 + 2 / 3 + 1 / 2) / 3
    assert dm.average_precision(REFERENCE, SCORE) == pytest.approx(expected)


@given(cases())
def test_areas_agree_with_scikit_learn(case):
    reference, score = case
    assert dm.area_under_roc(reference, score) == pytest.approx(
        sklearn.metrics.roc_auc_score(reference, score), abs=1e-12
    )
    assert dm.average_precision(reference, score) == pytest.approx(
        sklearn.metrics.average_precision_score(reference, score), abs=1e-12
    )


@given(cases())
def test_roc_curve_agrees_with_scikit_learn(case):
    reference, score = case
    ours = dm.roc_curve(reference, score)
    theirs = sklearn.metrics.roc_curve(reference, score, drop_intermediate=False)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-12)


@given(cases(), st.integers(-1, 9))
def test_counts_agree_with_scikit_learn(case, eighths):
    reference, score = case
    counts = dm.confusion_counts(reference, score, threshold=eighths / 8)
    tn, fp, fn, tp = sklearn.metrics.confusion_matrix(
        reference, score >= eighths / 8, labels=[0, 1]
    ).ravel()
    assert counts == (tp, fp, tn, fn)


@given(cases())
def test_auc_is_the_area_under_the_drawn_curve(case):
    fpr, tpr, _ = dm.roc_curve(*case)
    assert np.trapezoid(tpr, fpr) == pytest.approx(dm.area_under_roc(*case), abs=1e-12)


@given(cases())
def test_auc_turns_over_with_the_score(case):
    reference, score = case
    flipped = dm.area_under_roc(reference, -score)
    assert dm.area_under_roc(reference, score) + flipped == pytest.approx(1)


@given(cases())
@settings(max_examples=50)
def test_every_point_of_the_curve_is_a_threshold_of_the_table(case):
    reference, score = case
    for fpr, tpr, threshold in zip(*dm.roc_curve(reference, score), strict=True):
        counts = dm.confusion_counts(reference, score, threshold=threshold)
        assert dm.sensitivity(counts) == pytest.approx(tpr)
        assert 1 - dm.specificity(counts) == pytest.approx(fpr)


@pytest.mark.parametrize(
    ("reference", "score", "words"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], "one class only: all 3 cases are 1"),
        ([0, 0], [0.1, 0.2], "one class only: all 2 cases are 0"),
        ([0, 1, 1], [0.1, 0.2], "reference has 3 cases and score has 2"),
        (
            [0, 1],
            [0.1, np.nan],
            r"score holds 1 missing .* first at position 1 \(nan\)",
        ),
        ([0, 1], [np.inf, 0.3], r"score holds 1 missing .* position 0 \(inf\)"),
        ([0, np.nan], [0.1, 0.2], "reference holds 1 missing"),
        ([0, 1, 2], [0.1, 0.2, 0.3], "reference holds the value 2, expected only 0"),
        ([0.1, 0.9], [0, 1], "reference holds the value 0.1"),
        ([], [], "reference is empty"),
        (["no", "yes"], [0.1, 0.2], "reference must hold numbers"),
        ([[0, 1], [1, 0]], [0.1, 0.2], r"reference has shape \(2, 2\)"),
    ],
)
@pytest.mark.parametrize(
    "measure", [dm.area_under_roc, dm.roc_curve, dm.precision_recall_curve]
)
def test_bad_input_is_named(measure, reference, score, words):
    with pytest.raises(ValueError, match=words):
        measure(reference, score)


def test_threshold_must_be_a_number():
    with pytest.raises(ValueError, match="threshold is NaN"):
        dm.confusion_counts([0, 1], [0.1, 0.2], threshold=np.nan)
