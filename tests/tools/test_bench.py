import numpy as np
import pandas as pd

from helpers.networks import keras
from tests.helpers.square_cohort import square_cohort
from tools import bench


def constant_recipe(score):
    """Return a recipe that trains nothing and gives every image one score."""

    def recipe(cohort, seed):
        image = keras.Input((28, 28, 1))
        x = keras.layers.GlobalAveragePooling2D()(image)
        x = keras.layers.Rescaling(0.0, offset=score)(x)
        return keras.Model(image, x), 0.5

    return recipe


def test_network_section_prints_ratios_and_records_ours(tmp_path, monkeypatch, capsys):
    cohort = square_cohort(40)
    monkeypatch.setattr(bench.cohorts, "load", lambda name: cohort)
    monkeypatch.setattr(bench, "REAL_COHORT", cohort.name)
    monkeypatch.setattr(bench, "lesson_21", constant_recipe(0.7))
    monkeypatch.setattr(bench, "reference_recipe", constant_recipe(0.2))
    monkeypatch.setattr(bench, "EVIDENCE", tmp_path)
    monkeypatch.setattr(bench, "SEEDS", (7, 0))
    assert bench.main(["--only", "network", "--record"]) == 0
    assert "lesson 21 / reference: 1 - AUC 1.00" in capsys.readouterr().out
    recorded = pd.read_csv(tmp_path / "first_network_pneumoniamnist.csv")
    columns = ["seed", "n_test", "auc", "correct"]
    assert recorded[columns].to_numpy().tolist() == [[7, 10, 0.5, 5], [0, 10, 0.5, 5]]


def test_speeds_of_training_and_reading_are_ratios(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "BLOCKS", 1)
    monkeypatch.setattr(bench, "STEPS_PER_BLOCK", 2)
    image = np.zeros((4, 28, 28, 1), "uint8")
    one = bench.input_pipeline.tf.data.Dataset.from_tensors((image, np.zeros((4, 1))))
    share, rate = bench.speed_share(one.repeat(), side=28)
    assert share > 0
    assert rate > 0
    path = bench.dicom_files(tmp_path)["CT, 128 x 128"]
    ratio, milliseconds = bench.reading_ratio(path, repeats=2)
    assert ratio > 0
    assert milliseconds > 0


def test_bare_pydicom_reads_the_same_values(tmp_path):
    files = bench.dicom_files(tmp_path)
    assert len(files) == 8
    for path in files.values():
        values = bench.read_pixels(path).values
        np.testing.assert_allclose(values, bench.bare_pydicom(path), rtol=1e-6)
