"""Splits by patient: by hand, as properties, and against scikit-learn's groups."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupShuffleSplit

from helpers.patient_splits import (
    LeakageError,
    check_leakage,
    exact_duplicates,
    split_patients,
)

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")

HALVES = {"train": 0.5, "test": 0.5}


def table_of(patients, **columns):
    """Return a table with one row per given patient."""
    return pd.DataFrame({"patient_id": list(patients), **columns})


patient_lists = st.lists(st.integers(0, 40).map(str), min_size=1, max_size=120).filter(
    lambda patients: len(set(patients)) >= 3
)


@given(patient_lists, st.integers(0, 5))
def test_no_patient_is_ever_in_two_splits_and_none_is_empty(patients, seed):
    table = table_of(patients)
    table["split"] = split_patients(table, seed=seed)
    assert check_leakage(table).clean
    assert set(table["split"]) == {"train", "tuning", "internal test"}


@given(patient_lists, st.integers(0, 5), st.randoms(use_true_random=False))
def test_split_belongs_to_the_patient_not_to_the_order_of_rows(patients, seed, random):
    shuffled = list(patients)
    random.shuffle(shuffled)
    straight = dict(
        zip(patients, split_patients(table_of(patients), seed=seed), strict=True)
    )
    other = dict(
        zip(shuffled, split_patients(table_of(shuffled), seed=seed), strict=True)
    )
    assert straight == other


@given(st.integers(3, 300))
def test_sizes_are_the_fractions_to_the_nearest_patient(n_patients):
    split = split_patients(table_of(range(n_patients)), seed=1)
    sizes = split.value_counts()
    for name, share in {"train": 0.6, "tuning": 0.15, "internal test": 0.25}.items():
        assert abs(sizes[name] - share * n_patients) <= 1.3


def test_sizes_by_hand():
    # 20 patients: 12, 3 and 5 exactly
    sizes = split_patients(table_of(range(20)), seed=0).value_counts()
    assert sizes.to_dict() == {"train": 12, "tuning": 3, "internal test": 5}


def test_index_of_the_table_is_kept():
    table = table_of("AABC")
    table.index = [10, 11, 20, 30]
    split = split_patients(table, fractions=HALVES, seed=1)
    assert split.index.tolist() == [10, 11, 20, 30]
    assert split.name == "split"
    assert split[10] == split[11]


def test_seed_decides():
    table = table_of(range(50))
    first = split_patients(table, seed=1)
    pd.testing.assert_series_equal(first, split_patients(table, seed=1))
    assert (first != split_patients(table, seed=2)).any()


def test_stratified_split_keeps_the_share_of_diseased_patients():
    # 40 patients, the first 10 diseased at one of two visits: halves get 5 each
    table = table_of([p for p in range(40) for _ in range(2)])
    table["effusion"] = [int(p < 10 and visit) for p in range(40) for visit in (0, 1)]
    table["split"] = split_patients(
        table, fractions=HALVES, stratify="effusion", seed=3
    )
    diseased = table[table["effusion"] == 1]
    assert diseased["split"].value_counts().to_dict() == {"train": 5, "test": 5}
    assert check_leakage(table).clean


def test_agrees_with_scikit_learn_that_groups_do_not_mix():
    # scikit-learn deals other patients, but both must put whole groups on one side
    rng = np.random.default_rng(0)
    patients = rng.integers(0, 60, size=200)
    split = split_patients(
        table_of(patients), fractions={"train": 0.75, "test": 0.25}, seed=1
    )
    theirs = next(
        GroupShuffleSplit(1, test_size=0.25, random_state=1).split(
            patients, groups=patients
        )
    )[1]
    n_ours = len(set(patients[split == "test"]))
    assert not set(patients[split == "test"]) & set(patients[split == "train"])
    assert n_ours == len(set(patients[theirs]))


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (
            table_of("AABB"),
            {},
            "number of patients is 2, expected at least 3: one for each split",
        ),
        (
            table_of("AAAA"),
            {"fractions": HALVES},
            "number of patients is 1, expected at least 2",
        ),
        (
            table_of("ABCD", mass=[1, 0, 0, 0]),
            {"fractions": HALVES, "stratify": "mass"},
            "number of patients with mass is 1, expected at least 2",
        ),
        (pd.DataFrame({"case": [1]}), {}, "no column patient_id; it has case"),
        (table_of([]), {}, "The table has no rows"),
        (table_of(["A", None, "B"]), {}, "patient_id is missing in 1 of 3 rows.*row 1"),
        (table_of(["A", " ", "B"]), {}, "patient_id is missing in 1 of 3 rows"),
        (table_of("ABC"), {"stratify": "mass"}, "stratify is 'mass', expected one of"),
        (
            table_of("ABC", mass=[0, 1, 2]),
            {"stratify": "mass"},
            "column mass holds 2, expected only 0 and 1",
        ),
        (table_of("ABC"), {"fractions": {"train": 0.7, "test": 0.2}}, "sum 0.900"),
        (table_of("ABC"), {"fractions": {"train": 1.0}}, "at least two splits"),
        (
            table_of("ABC"),
            {"fractions": {"train": 1.2, "test": -0.2}},
            "shares above 0",
        ),
    ],
)
def test_impossible_splits_are_named(table, options, words):
    with pytest.raises(ValueError, match=words):
        split_patients(table, seed=1, **options)


LEAKING = pd.DataFrame(
    {
        "patient_id": ["A", "A", "B", "B", "C", "D", "D"],
        "split": ["train", "test", "train", "train", "test", "test", "train"],
    }
)


def test_check_leakage_names_patient_splits_and_count():
    report = check_leakage(LEAKING)
    assert not report.clean
    assert report.splits == ("test", "train")
    assert (report.n_images, report.n_patients) == (7, 4)
    assert report.shared_patients.to_dict("list") == {
        "patient_id": ["A", "D"],
        "splits": ["test, train", "test, train"],
        "images": [2, 2],
    }
    assert report.describe() == (
        "7 images of 4 patients in 2 splits (test, train).\n"
        "Patients in more than one split: 2. For example A (2 images: test, train), "
        "D (2 images: test, train)."
    )
    with pytest.raises(
        LeakageError,
        match=r"2 of 4 patients lie in more than one split, expected 0\. For example "
        r"A \(2 images: test, train\), D \(2 images: test, train\)\. Split by patient",
    ):
        report.require_clean()


def test_check_leakage_of_a_clean_split():
    table = LEAKING.assign(split=["train"] * 4 + ["test"] * 3)
    report = check_leakage(table)
    report.require_clean()
    assert report.clean
    assert "Patients in more than one split: 0." in report.describe()
    assert "identical" not in report.describe()


def test_check_leakage_shortens_a_long_list():
    table = table_of(list("ABCDEFAB") + list("CDEF"))
    table["split"] = ["train"] * 6 + ["test"] * 6
    assert check_leakage(table).describe().endswith("test, train) and 3 more.")


def test_exact_duplicates_by_hand():
    images = np.zeros((5, 2, 2), dtype=np.uint8)
    images[1, 0, 0] = images[4, 0, 0] = 9  # rows 1 and 4 are equal
    images[3, 1, 1] = 9  # same value at another place: not equal to rows 1 and 4
    assert exact_duplicates(images) == [[0, 2], [1, 4]]
    assert exact_duplicates(images[:2]) == []


def test_exact_duplicates_see_colour_and_strided_views():
    colour = np.random.default_rng(0).integers(0, 255, (4, 3, 3, 3), dtype=np.uint8)
    colour[3] = colour[0]
    assert exact_duplicates(colour) == [[0, 3]]
    assert exact_duplicates(colour[:, ::-1]) == [[0, 3]]


def test_check_leakage_finds_duplicates_within_and_across_splits():
    images = np.arange(6, dtype=np.uint8)[:, None, None] * np.ones((2, 2), np.uint8)
    images[1] = images[0]  # both in train
    images[4] = images[3]  # train and test, under two patient names
    table = table_of("ABCDEF", split=["train"] * 4 + ["test"] * 2)
    report = check_leakage(table, images=images)
    assert report.duplicates_within == ((0, 1),)
    assert report.duplicates_across == ((3, 4),)
    assert "identical images: 1 across splits, 1 within one split" in report.describe()
    with pytest.raises(LeakageError, match=r"1 groups of identical .* rows \[3, 4\]"):
        report.require_clean()


@pytest.mark.parametrize(
    ("table", "images", "words"),
    [
        (table_of("AB"), None, "no column split; it has patient_id"),
        (
            table_of("AB", split=["train", None]),
            None,
            "split is missing in 1 of 2 rows",
        ),
        (
            table_of("AB", split=["train", "test"]),
            np.zeros((3, 2, 2)),
            "images has 3 images and the table has 2 rows",
        ),
        (
            table_of("AB", split=["train", "test"]),
            np.zeros((2, 2)),
            r"images has shape \(2, 2\), expected",
        ),
    ],
)
def test_check_leakage_names_bad_input(table, images, words):
    with pytest.raises(ValueError, match=words):
        check_leakage(table, images=images)
