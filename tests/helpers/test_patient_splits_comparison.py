"""One exam, two training sets of one size: by hand, and as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.patient_splits import exam_and_training


def test_by_hand():
    # A to D have two images each: an exam of 2 images takes out 2 to 4 training images
    patients = np.array(list("AABBCCDD"))
    rows = exam_and_training(patients, test_fraction=0.25, seed=0)
    assert len(rows.exam) == 2
    examined = set(patients[rows.exam])
    assert set(patients[rows.patient_level]) == set("ABCD") - examined
    assert len(rows.patient_level) == 2 * (4 - len(examined))
    assert rows.met.tolist() == [
        patient in set(patients[rows.image_level]) for patient in patients[rows.exam]
    ]


lists = st.lists(st.integers(0, 30), min_size=20, max_size=90).filter(
    lambda patients: len(set(patients)) >= 15
)


@given(lists, st.integers(0, 20))
def test_sets_are_disjoint_from_the_exam_and_of_one_size(patients, seed):
    patients = np.array(patients)
    rows = exam_and_training(patients, test_fraction=0.1, seed=seed)
    assert len(rows.exam) == max(1, round(0.1 * len(patients)))
    assert len(rows.image_level) == len(rows.patient_level) > 0
    for learn in (rows.image_level, rows.patient_level):
        assert len(set(learn)) == len(learn)
        assert not set(learn) & set(rows.exam)
    assert not set(patients[rows.patient_level]) & set(patients[rows.exam])


def test_same_seed_same_rows_and_another_seed_others():
    patients = np.arange(60) % 40
    first, again = (exam_and_training(patients, seed=1) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert set(exam_and_training(patients, seed=2).exam) != set(first.exam)


def test_without_returning_patients_nobody_is_met():
    assert not exam_and_training(range(50), seed=4).met.any()


@pytest.mark.parametrize(
    ("patients", "fraction", "words"),
    [
        (list("ABCD"), 1.5, "test_fraction is 1.5, expected a share above 0"),
        (list("ABCD"), 0, "test_fraction is 0, expected a share above 0"),
        (list("AAAA"), 0.25, "All 1 patients have an image in the exam of 1, expected"),
        (["A", None, "B"], 0.25, "patient_id is missing in 1 of 3 rows"),
        ([], 0.25, "The table has no rows"),
    ],
)
def test_bad_input_is_named(patients, fraction, words):
    with pytest.raises(ValueError, match=words):
        exam_and_training(patients, test_fraction=fraction, seed=1)
