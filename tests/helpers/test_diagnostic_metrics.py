"""Counts and ROC: worked by hand, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers import diagnostic_metrics as dm

settings.register_profile("course", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("course")

# six cases, sorted by score; diseased: 0.9, 0.7, 0.3
REFERENCE = np.array([1, 0, 1, 0, 0, 1])
SCORE = np.array([0.9, 0.8, 0.7, 0.5, 0.4, 0.3])


@st.composite
def cases(draw):
    """Return (reference, score) with both classes and many ties."""
    size = draw(st.integers(2, 60))
    labels = draw(
        arrays(int, size, elements=st.integers(0, 1)).filter(
            lambda values: 0 < values.sum() < len(values)
        )
    )
    return labels, draw(arrays(float, size, elements=st.integers(0, 8))) / 8


@pytest.mark.parametrize(
    ("threshold", "counts"),
    [
        # called positive: 0.9 (diseased), 0.8 (healthy), 0.7 (diseased), 0.5 (healthy,
        # exactly at the threshold); not: 0.4 (healthy), 0.3 (diseased)
        (0.5, (2, 2, 1, 1)),
        (0.51, (2, 1, 2, 1)),
        (-np.inf, (3, 3, 0, 0)),
        (np.inf, (0, 0, 3, 3)),
    ],
)
def test_confusion_counts_by_hand(threshold, counts):
    found = dm.confusion_counts(REFERENCE, SCORE, threshold=threshold)
    assert found == counts
    assert found == dm.confusion_counts(REFERENCE, SCORE[:, None], threshold=threshold)
    assert isinstance(found.tp, int)


def test_confusion_counts_accept_one_class_and_boolean_labels():
    counts = dm.confusion_counts([False, False], [0.2, 0.9], threshold=0.5)
    assert counts == dm.Counts(tp=0, fp=1, tn=1, fn=0)


def test_shares_by_hand():
    counts = dm.Counts(tp=8, fp=3, tn=27, fn=2)
    assert (counts.diseased, counts.healthy) == (10, 30)
    assert (counts.called_positive, counts.total) == (11, 40)
    assert dm.sensitivity(counts) == 0.8
    assert dm.specificity(counts) == 0.9


@pytest.mark.parametrize(
    ("measure", "counts", "word"),
    [
        (dm.sensitivity, (0, 3, 4, 0), "0 diseased"),
        (dm.specificity, (3, 0, 0, 4), "0 healthy"),
    ],
)
def test_shares_of_nothing_are_refused(measure, counts, word):
    with pytest.raises(ValueError, match=word):
        measure(dm.Counts(*counts))


def test_area_under_roc_by_hand():
    # 9 pairs; the diseased wins: 0.9 beats 3, 0.7 beats 2, 0.3 beats none: 5 of 9
    assert dm.area_under_roc(REFERENCE, SCORE) == pytest.approx(5 / 9)
    # pairs: 2 against 1 wins, 2 against 2 ties, 3 wins both: 3.5 of 4
    assert dm.area_under_roc([1, 1, 0, 0], [2, 3, 1, 2]) == 3.5 / 4
    assert dm.area_under_roc([0, 1, 0, 1], [7, 7, 7, 7]) == 0.5


def test_curve_by_hand():
    # score falls through 0.9 (d), 0.8 (h), 0.7 (d), 0.5 (h), 0.4 (h), 0.3 (d)
    fpr, tpr, thresholds = dm.roc_curve(REFERENCE, SCORE)
    np.testing.assert_allclose(tpr * 3, [0, 1, 1, 2, 2, 2, 3])
    np.testing.assert_allclose(fpr * 3, [0, 0, 1, 1, 2, 3, 3])
    np.testing.assert_array_equal(thresholds, [np.inf, *SCORE])


def test_curve_joins_ties_and_keeps_points_on_a_straight_line():
    fpr, tpr, thresholds = dm.roc_curve([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.1])
    np.testing.assert_allclose(fpr, [0, 0.5, 1])
    np.testing.assert_allclose(tpr, [0, 1, 1])
    np.testing.assert_array_equal(thresholds, [np.inf, 0.5, 0.1])
    assert len(dm.roc_curve([0, 0, 0, 1], [4, 3, 2, 1])[0]) == 5


@given(cases())
def test_every_point_of_the_curve_is_a_threshold_of_the_table(case):
    fpr, tpr, thresholds = dm.roc_curve(*case)
    for x, y, threshold in zip(fpr, tpr, thresholds, strict=True):
        counts = dm.confusion_counts(*case, threshold=threshold)
        assert dm.sensitivity(counts) == pytest.approx(y)
        assert 1 - dm.specificity(counts) == pytest.approx(x)
    assert np.trapezoid(tpr, fpr) == pytest.approx(dm.area_under_roc(*case), abs=1e-12)


@pytest.mark.parametrize(
    ("reference", "score", "word"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], "one class only: all 3 cases are 1"),
        ([0, 0], [0.1, 0.2], "all 2 cases are 0"),
        ([0, 1, 1], [0.1, 0.2], "reference has 3 cases, score 2"),
        ([0, 1], [0.1, np.nan], "score holds 1 missing .* position 1"),
        ([0, 1], [np.inf, 0.3], "score holds 1 missing .* position 0"),
        ([0, np.nan], [0.1, 0.2], "reference holds 1 missing"),
        ([0, 1, 2], [0.1, 0.2, 0.3], "reference holds the value 2"),
        ([], [], "reference has shape"),
        (["no", "yes"], [0.1, 0.2], "must hold numbers"),
        ([[0, 1], [1, 0]], [0.1, 0.2], r"reference has shape \(2, 2\)"),
    ],
)
@pytest.mark.parametrize("measure", [dm.area_under_roc, dm.roc_curve])
def test_bad_input_is_refused(measure, reference, score, word):
    with pytest.raises(ValueError, match=word):
        measure(reference, score)


def test_threshold_must_be_a_number():
    with pytest.raises(ValueError, match="threshold is NaN"):
        dm.confusion_counts([0, 1], [0.1, 0.2], threshold=np.nan)
