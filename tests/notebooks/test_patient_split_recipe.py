"""The recipe of lesson 15 stops at what it promises to stop at."""

import numpy as np
import pandas as pd
import pytest

from tests.notebooks import lesson_material


@pytest.fixture(scope="module")
def recipe():
    """Return the names that the recipe cell defines."""
    return lesson_material.recipe("patient_level_split")


@pytest.fixture
def table():
    """Return 30 rows of 20 patients, split by patient."""
    return pd.DataFrame({"patient_id": np.arange(30) % 20})


SHARES = {"train": 0.6, "test": 0.4}


def test_recipe_deals_whole_patients_in_the_shares_asked_for(recipe, table):
    dealt = recipe["split_by_patient"](table, SHARES, seed=3)
    per_patient = dealt.groupby("patient_id")["split"].agg(["nunique", "first"])
    assert per_patient["nunique"].max() == 1
    assert per_patient["first"].value_counts().to_dict() == {"train": 12, "test": 8}
    recipe["require_clean"](dealt, np.arange(120).reshape(30, 2, 2))


def test_recipe_stops_at_a_patient_in_two_splits(recipe, table):
    leaking = table.assign(split=["train", "test"] * 15)
    leaking.loc[20, "split"] = "test"  # row 0 of the same patient is in train
    with pytest.raises(ValueError, match="In two splits: .*'0'"):
        recipe["require_clean"](leaking, np.arange(120).reshape(30, 2, 2))


def test_recipe_stops_at_an_equal_image_in_two_splits(recipe, table):
    dealt = recipe["split_by_patient"](table, SHARES)
    images = np.arange(120).reshape(30, 2, 2)
    images[dealt.index[dealt["split"] == "test"][0]] = images[
        dealt.index[dealt["split"] == "train"][0]
    ]
    with pytest.raises(ValueError, match="In two splits"):
        recipe["require_clean"](dealt, images)


@pytest.mark.parametrize("patients", [["A", None, "B", "C"], ["A", "A"]])
def test_recipe_refuses_missing_or_too_few_patients(recipe, patients):
    with pytest.raises(ValueError, match="patient_id is missing, or there are too few"):
        recipe["split_by_patient"](pd.DataFrame({"patient_id": patients}), SHARES)
