"""The recipes that take patients (15, 30) stop at what they promise to stop at."""

import numpy as np
import pandas as pd
import pytest

from helpers.diagnostic_metrics import area_under_roc
from helpers.files import folder_words
from helpers.intervals import clustered_bootstrap
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


@pytest.mark.parametrize("word", [*folder_words("missing"), None, np.nan, pd.NA])
def test_recipes_refuse_missing_patients_in_whichever_word(recipe, word):
    patients = ["A", word, "B", "C"]
    with pytest.raises(ValueError, match="patient_id is missing"):
        recipe["split_by_patient"](pd.DataFrame({"patient_id": patients}), SHARES)
    with pytest.raises(ValueError, match="patient is missing"):
        auc_recipe()["auc_interval"]([0, 1, 0, 1], [1, 2, 3, 4], patients)


def test_recipe_knows_a_patient_in_another_type(recipe):
    leaking = {"patient_id": ["7", 7.0, "8"], "split": ["train", "test", "test"]}
    with pytest.raises(ValueError, match="In two splits: .'7'"):
        recipe["require_clean"](pd.DataFrame(leaking), np.arange(12).reshape(3, 2, 2))


def test_recipe_refuses_what_cannot_be_split(recipe, table):
    with pytest.raises(ValueError, match="shares"):
        recipe["split_by_patient"](table.iloc[:1], SHARES)
    with pytest.raises(ValueError, match="shares"):
        recipe["split_by_patient"](table, {"train": 0.6, "test": 0.2})
    with pytest.raises(ValueError, match="for every row"):
        recipe["require_clean"](table.assign(split=None), np.arange(30))


def auc_recipe():
    return lesson_material.recipe("auc_with_patient_interval")


def test_auc_recipe_agrees_with_helpers_for_arrays_and_shuffled_columns():
    rng = np.random.default_rng(4)
    truth, patient = rng.integers(0, 2, 90), np.arange(90) // 2
    score = np.round(truth + rng.normal(size=90), 1)  # with ties
    recipe, draws = auc_recipe(), {"replicates": 200, "seed": 6}
    data = (area_under_roc, truth, score)
    expected = clustered_bootstrap(*data, clusters=patient, **draws)
    table = pd.DataFrame({"truth": truth, "score": score, "patient": patient})
    shuffled = table.sample(frac=1, random_state=1).astype({"patient": float})
    for part in (table, shuffled):
        found = recipe["auc_interval"](part.truth, part.score, part.patient, **draws)
        assert tuple(found) == pytest.approx(expected)
    found = recipe["auc"](truth == 1, [*score])
    assert found == pytest.approx(area_under_roc(truth, score))


BAD = [{"truth": [1] * 4}, {"truth": [0, 1, 0, 2]}, {"truth": [0, 1, 0, np.nan]}]
BAD += [{"score": [1, 2, np.nan, 4]}, {"score": [1, 2, np.inf, 4]}, {"score": [1, 2]}]
BAD += [{"patient": "abc"}, {"patient": "aaaa"}]
BAD += [{"patient": "abbb", "truth": [0, 1, 1, 1]}]  # half of the draws: one class


@pytest.mark.parametrize("changes", BAD)
def test_auc_recipe_ends_and_refuses(changes):
    data = {"truth": [0, 1, 0, 1], "score": [1, 2, 3, 4], "patient": "abcd"} | changes
    with pytest.raises(ValueError, match="truth|patient"):
        auc_recipe()["auc_interval"](**data)
