"""The recorded trainings of lesson 15: the networks, the exam, and what was written."""

import numpy as np
import pandas as pd
import pytest

from helpers.cohorts import Card, Cohort
from tools.evidence import leakage as evidence


@pytest.fixture
def squares():
    """Return 160 images of 80 patients, each as bright as the patient's number."""
    patients = np.arange(160) // 2
    images = np.zeros((160, 32, 32), np.uint8) + patients[:, None, None].astype("uint8")
    table = pd.DataFrame(
        {
            "patient_id": [f"P{number:02d}" for number in patients],
            "study_id": [f"S{row}" for row in range(160)],
            "site": "A",
            "split": "train",
            "mass": np.arange(160) % 2,
        }
    )
    card = Card("Squares", "this test", "CC0", "none", ("mass",))
    return Cohort("squares", images, table, None, card)


@pytest.mark.parametrize("name", evidence.NETWORKS)
def test_networks_give_one_score_per_label(name):
    network = evidence.NETWORKS[name](4, side=64)
    scores = network.predict(np.zeros((2, 64, 64, 1), np.uint8), verbose=0)
    assert scores.shape == (2, 4)
    assert ((scores > 0) & (scores < 1)).all()


def test_a_network_that_knows_who_was_met_gains_the_coin_of_the_patient(
    squares, monkeypatch
):
    def brightness_remembered(images, labels, *, learn, name, seed):
        """Return the mean label of the images learnt from that are as bright."""
        grey = images[:, 0, 0, 0]
        known = pd.DataFrame(labels[learn]).groupby(grey[learn]).mean()
        return known.reindex(grey).fillna(0.5).to_numpy()

    monkeypatch.setattr(evidence, "scores_of", brightness_remembered)
    rows = pd.DataFrame(evidence.measured(squares, name="dense", seed=1))
    assert rows["label"].tolist() == ["mass", "coin per patient", "coin per film"]
    coin = rows.set_index("label").loc["coin per patient"]
    assert coin["met_image_level"] == 1
    assert coin["met_patient_level"] == coin["patient_level"] == 0.5
    assert (rows["n_exam"] == 40).all()
    assert rows["n_met"].between(1, 40).all()


def test_recorded_table_holds_every_seed_network_and_label_once():
    rows = pd.read_csv(evidence.PATH)
    keys = ["seed", "network", "label"]
    assert not rows.duplicated(keys).any()
    assert set(rows["seed"]) == set(evidence.SEEDS)
    assert len(evidence.SEEDS) >= 5
    assert set(rows["network"]) == set(evidence.NETWORKS)
    assert len(rows) == len(evidence.SEEDS) * len(evidence.NETWORKS) * 9
    aucs = rows.filter(regex="_level$")
    assert aucs.shape[1] == 4
    assert aucs.stack().between(0.2, 1).all()
