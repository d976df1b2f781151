"""What knowing the patient, or the hospital, gains: on films that hold nothing else."""

import numpy as np
import pandas as pd
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from helpers.diagnostic_metrics import area_under_roc
from helpers.patient_splits.hospitals import chosen_crookedly, crooked_and_fair
from helpers.patient_splits.optimism import (
    COINS,
    gains_of_knowing,
    label_on_another_film,
    repeated_gains,
    with_coins,
)
from helpers.patient_splits.similar_films import outlines, scores_after
from helpers.patient_splits.years import all_years_and_before, told_by_neighbours


def test_outlines_of_a_vertical_edge_point_one_way():
    image = np.zeros((1, 64, 64), np.uint8)
    image[0, :, 32:] = 200
    bins = outlines(image).reshape(-1, 8).sum(axis=0)
    assert bins.argmax() == 0  # the edge's gradient lies along the rows: 0 degrees
    assert bins[0] > 0.99 * bins.sum()


def test_outlines_of_any_size_and_of_colour_have_one_length():
    sizes = [np.zeros((2, 28, 28)), np.zeros((2, 100, 90)), np.zeros((2, 64, 64, 3))]
    assert {outlines(images).shape for images in sizes} == {(2, 1568)}
    with pytest.raises(ValueError, match="images has shape"):
        outlines(np.zeros((9, 9)))


def test_scores_agree_with_a_gaussian_process():
    # the mean of a Gaussian process with noise 0.1 is kernel ridge with alpha 0.1
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(30, 4)), rng.integers(0, 2, (30, 2))
    learn, exam = np.arange(20), np.arange(20, 30)
    ours = scores_after(features, labels, learn=learn, exam=exam)
    centred = (features - features[learn].mean(axis=0)) / features[learn].std(axis=0)
    kernel = RBF(np.sqrt(4 / 2), "fixed")  # gamma of 1 / features
    process = GaussianProcessRegressor(kernel, alpha=0.1)
    process.fit(centred[learn], labels[learn] - labels[learn].mean(axis=0))
    np.testing.assert_allclose(ours, process.predict(centred[exam]), atol=1e-6)


@pytest.mark.parametrize(
    ("labels", "exam", "words"),
    [
        (np.zeros((3, 1)), [2, 3], r"labels has shape \(3, 1\) and features \(4, 2\)"),
        (np.zeros(4), [2, 3], "expected two dimensions each and equally many rows"),
        (np.zeros((4, 1)), [1, 3], "1 rows are in learn and in exam, .* first is 1"),
    ],
)
def test_scores_refuse_what_would_leak_or_not_fit(labels, exam, words):
    with pytest.raises(ValueError, match=words):
        scores_after(np.zeros((4, 2)), labels, learn=[0, 1], exam=exam)


def test_coins_are_fair_and_one_belongs_to_the_patient():
    patients = np.arange(900) % 300
    labels = with_coins(pd.DataFrame({"mass": patients % 2}), patients, seed=3)
    assert list(labels) == ["mass", *COINS]
    per_patient = labels["coin per patient"].groupby(patients).nunique()
    per_film = labels["coin per film"].groupby(patients).nunique()
    assert per_patient.max() == 1
    assert 0.6 < (per_film == 2).mean() < 0.9  # 3 in 4 of three tosses differ
    assert labels[list(COINS)].mean().between(0.4, 0.6).all()


@pytest.fixture
def faces():
    """Return features that show only who somebody is, and patients with two films."""
    rng = np.random.default_rng(5)
    patients = np.repeat(np.arange(120), 2)
    return rng.normal(size=(120, 8))[patients] + 0.1 * rng.normal(
        size=(240, 8)
    ), patients


def test_only_a_label_that_stays_with_the_patient_is_gained(faces):
    features, patients = faces
    no_findings = pd.DataFrame(index=range(240))
    gains = repeated_gains(features, no_findings, patients, seeds=range(5))
    assert gains["seed"].nunique() == 5
    means = gains.groupby(["label", "group"])[["known", "strangers"]].mean()
    assert means.loc[("coin per patient", "patients met"), "known"] > 0.9
    assert means.loc["coin per patient", "strangers"].between(0.4, 0.6).all()
    assert means.loc["coin per film"].stack().between(0.35, 0.65).all()
    whole = means.loc[("coin per patient", "whole exam"), "known"]
    assert 0.6 < whole < means.loc[("coin per patient", "patients met"), "known"]


def test_gains_count_films(faces):
    features, patients = faces
    labels = with_coins(pd.DataFrame(index=range(240)), patients, seed=1)
    gains = gains_of_knowing(features, labels, patients, seed=1)
    assert set(gains["group"]) == {"whole exam", "patients met"}
    assert gains.loc[gains["group"] == "whole exam", "films"].eq(60).all()
    np.testing.assert_allclose(gains["gain"], gains["known"] - gains["strangers"])


def test_label_on_another_film_by_hand():
    # A has films 0, 2, 3 with labels 1, 0, 1: the next are 0, 1 and, round the end, 1
    rows, other = label_on_another_film([1, 1, 0, 1, 0], list("ABAAC"))
    assert rows.tolist() == [0, 2, 3]
    assert other.tolist() == [0, 1, 1]


def test_label_on_another_film_without_returning_patients():
    rows, other = label_on_another_film([1, 0], ["A", "B"])
    assert len(rows) == len(other) == 0


def test_crooked_choice_by_hand_and_in_the_long_run():
    truth, at_first = (
        np.tile([1, 0, 1, 0], 2000),
        np.tile([True, True, False, False], 2000),
    )
    taken = chosen_crookedly(truth, at_first, share=0.9, seed=1)
    shares = [taken[k::4].mean() for k in range(4)]
    np.testing.assert_allclose(shares, [0.9, 0.1, 0.1, 0.9], atol=0.03)
    fair = chosen_crookedly(truth, at_first, share=0.5, seed=1)
    np.testing.assert_allclose([fair[k::4].mean() for k in range(4)], 0.5, atol=0.04)
    with pytest.raises(ValueError, match="share is 9, expected a number from 0 to 1"):
        chosen_crookedly(truth, at_first, share=9, seed=1)


@pytest.fixture
def two_hospitals():
    """Return features that show the hospital and nothing else, and their table."""
    rng = np.random.default_rng(2)
    site = rng.choice(["A", "B", "C"], 1200)
    features = rng.normal(size=(1200, 5))
    features[:, 0] += 6 * (site == "A")
    truth = rng.integers(0, 2, 1200)
    return features, pd.DataFrame(
        {"patient_id": np.arange(1200) // 2, "site": site, "truth": truth}
    )


def test_a_crooked_sample_teaches_the_hospital_and_only_its_own_exam_is_passed(
    two_hospitals,
):
    found = pd.concat(
        crooked_and_fair(*two_hospitals, sites=["A", "B"], share=0.9, seed=s)
        for s in range(3)
    )
    auc = found.groupby(["sample", "exam"])["auc"].mean()
    assert auc["hospital alone", "chosen alike"] == pytest.approx(0.9, abs=0.04)
    assert auc["crooked", "chosen alike"] > 0.8
    assert auc["fair", "chosen alike"] == pytest.approx(0.5, abs=0.12)
    for exam in ("all of A", "all of B", "elsewhere"):
        assert auc["crooked", exam] == pytest.approx(0.5, abs=0.1)
    assert found.groupby("sample")["learnt"].nunique().max() <= 3


def test_hospital_alone_is_the_formula(two_hospitals):
    features, table = two_hospitals
    found = crooked_and_fair(features, table, sites=["A", "B"], share=0.8, seed=0)
    alone = found.set_index(["sample", "exam"])["auc"]["hospital alone", "all of A"]
    assert alone == 0.5  # one hospital: the score is the same for all
    known, truth = np.array([1, 1, 0, 0, 0]), np.array([1, 1, 1, 0, 0])
    by_hand = 0.5 + (2 / 3 - 0) / 2
    assert area_under_roc(truth, known) == pytest.approx(by_hand)


@pytest.fixture
def years():
    """Return features that show the label before a day, and its opposite after it."""
    rng = np.random.default_rng(8)
    truth, later = rng.integers(0, 2, 600), np.arange(600) >= 300
    features = rng.normal(size=(600, 3))
    features[:, 0] += np.where(later, -2, 2) * (2 * truth - 1)
    patients = np.where(np.arange(600) % 10 == 0, "both", np.arange(600)).astype(str)
    return features, pd.DataFrame({"patient_id": patients, "truth": truth}), later


def test_years_that_changed_are_learnt_only_from_all_years(years):
    features, table, later = years
    found = all_years_and_before(features, table, later=later, seed=1)
    assert found["before"] < 0.2
    assert found["all years"] > found["before"] + 0.05
    # the patient "both" has 60 of 600 films, half of them later: 270 are of new people
    assert found["films"] == 135
    assert found["learnt"] == 270


def test_years_without_a_change_are_equal(years):
    _, table, later = years
    features = np.random.default_rng(0).normal(size=(600, 3))
    features[:, 0] += 3 * table["truth"]
    found = all_years_and_before(features, table, later=later, seed=1)
    assert found["before"] == pytest.approx(found["all years"], abs=0.03)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (
            np.zeros(600, bool),
            "0 of 600 films are later, expected some before and some",
        ),
        (np.arange(600) % 10 == 0, "One patient came only later, expected at least 2"),
    ],
)
def test_years_that_cannot_be_compared_are_named(years, later, words):
    features, table, _ = years
    with pytest.raises(ValueError, match=words):
        all_years_and_before(features, table, later=later, seed=1)


def test_told_by_neighbours_by_hand_and_in_any_order():
    # pairs (earlier, later): A 0-1, 1-1; B 0-0; C 1-0, in whatever order the rows lie
    label, day = [0, 1, 1, 0, 0, 1, 0], [1, 2, 9, 1, 2, 3, 4]
    # earlier for later: ones 1 of 2 diseased, 1 of 2 healthy; and back: 1 of 2, 1 of 2
    assert told_by_neighbours(label, list("AAABBCC"), day) == (0.5, 0.5)
    rows = [6, 2, 0, 4, 1, 5, 3]
    turned = ([values[k] for k in rows] for values in (label, list("AAABBCC"), day))
    assert told_by_neighbours(*turned) == (0.5, 0.5)


def test_told_by_neighbours_sees_that_a_finding_which_appears_is_told_by_the_next():
    # of ten patients without it at first, five get it; ten have it from the start
    label = [[1, 1]] * 10 + [[0, 1]] * 5 + [[0, 0]] * 5
    before, after = told_by_neighbours(
        np.ravel(label), np.repeat(range(20), 2), [1, 2] * 20
    )
    assert before == pytest.approx(0.5 + (10 / 15 - 0) / 2)
    assert after == pytest.approx(0.5 + (1 - 5 / 10) / 2)
