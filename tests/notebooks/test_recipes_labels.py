"""Recipes of lessons 14 and 17: a second implementation, and bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from tests.notebooks.lesson_material import recipe

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(1)
FIRST = RNG.integers(1, 6, 80)
SECOND = np.clip(FIRST + RNG.integers(-1, 3, 80), 1, 5)
PATIENTS = np.repeat([f"P{n}" for n in range(40)], 2)


@pytest.fixture(scope="module")
def kappa():
    return recipe("weighted-kappa-with-interval")["kappa_with_interval"]


def test_kappa_is_that_of_scikit_learn_with_limits_around_it(kappa):
    value, low, high = kappa(FIRST, SECOND, PATIENTS)
    theirs = cohen_kappa_score(FIRST, SECOND, weights="quadratic")
    assert value == pytest.approx(theirs)
    assert low < value < high


def test_limits_do_not_depend_on_the_kind_or_order_of_a_column(kappa):
    shuffled = pd.DataFrame({"one": FIRST, "two": SECOND, "patient": PATIENTS})
    shuffled = shuffled.sample(frac=1, random_state=3)
    columns = kappa(shuffled["one"], shuffled["two"], shuffled["patient"])
    assert columns == pytest.approx(kappa(FIRST, SECOND, PATIENTS))


def test_limits_resample_patients_not_films(kappa):
    one, other = np.tile([1, 5, 3], 4), np.tile([1, 4, 5], 4)
    value, low, high = kappa(one, other, np.repeat(["a", "b", "c", "d"], 3))
    assert low == pytest.approx(value) == high  # four patients with the same films


@pytest.mark.parametrize(
    "patients",
    [["nan"] * 2 + ["P"] * 78, [np.nan, *range(79)], [7, 7.0, "7"] * 26 + [7] * 2],
)
def test_unknown_or_too_few_patients_are_refused(kappa, patients):
    with pytest.raises(ValueError, match="patient"):
        kappa(FIRST, SECOND, patients)


def test_missing_scores_and_a_single_score_are_refused(kappa):
    with pytest.raises(ValueError, match="two scores"):
        kappa(FIRST.astype(float), np.where(SECOND > 4, np.nan, SECOND), PATIENTS)
    with pytest.raises(ValueError, match="two different scores"):
        kappa(np.ones(80), np.ones(80), PATIENTS)


def test_reports_are_labelled_and_missing_ones_refused():
    recipe_14 = recipe("label-reports-by-rules")
    label, names = recipe_14["label"], recipe_14["NAMES"]["nodule"]
    reports = ["History: nodule\nClear.", "No effusion, but a nodule.", "No nodule?"]
    assert [label(one, names) for one in reports] == ["", "positive", "uncertain"]
    for missing in (np.nan, None, "  "):
        with pytest.raises(ValueError, match="missing or empty"):
            label(missing, names)
