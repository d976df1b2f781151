"""The recorded trainings of lesson 15: the networks, the exam, and what was written."""

import numpy as np
import pandas as pd
import pytest

from tests.tools.toy_cohort import toy_cohort
from tools.evidence import leakage as evidence


@pytest.fixture
def squares():
    """Return 160 images of 80 patients, each as bright as the patient's number."""
    patients = np.arange(160) // 2
    images = patients[:, None, None] * np.ones((32, 32), int)
    labels = np.arange(160) % 2
    return toy_cohort(images, labels, "train", finding="mass", patients=patients)


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
    rows = pd.DataFrame(evidence.measured(squares, 1, "dense"))
    assert rows["label"].tolist() == ["mass", "coin per patient", "coin per film"]
    coin = rows.set_index("label").loc["coin per patient"]
    assert coin["met_image_level"] == 1
    assert coin["met_patient_level"] == coin["patient_level"] == 0.5
    assert (rows["n_exam"] == 40).all()
    assert rows["n_met"].between(1, 40).all()
