import dataclasses
import json

import numpy as np
import pytest

from helpers import artefacts, checkpoints, networks, training
from helpers.networks import keras
from tests.helpers.square_cohort import square_cohort


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_QUIET", "1")
    return tmp_path / "networks"


@pytest.fixture
def untrained():
    training.set_seed(0)
    return networks.small_residual_network((28, 28, 1), filters=(4, 8))


@pytest.fixture
def trainings(untrained, monkeypatch):
    """Count trainings instead of making them."""
    made = []

    def quick(cohort, *, finding, settings=None):
        made.append(finding)
        return untrained, None

    monkeypatch.setattr(training, "train_small_network", quick)
    return made


def test_saved_and_reloaded_network_gives_the_same_scores(untrained, cache):
    cohort = square_cohort(40)
    path = checkpoints.save(untrained, cohort)
    assert path.parent == cache
    reloaded = checkpoints.load_network(path)
    before = training.predict_scores(untrained, cohort.images)
    after = training.predict_scores(reloaded, cohort.images)
    np.testing.assert_allclose(after, before, atol=1e-6, rtol=0)
    table = artefacts.read_scores(path.with_suffix(".csv"))
    np.testing.assert_allclose(table.score, before[20:], atol=1e-6)


def test_saved_network_leaves_the_optimiser_behind(untrained, tmp_path):
    training.compile_network(untrained, steps=10)
    untrained.optimizer.build(untrained.trainable_variables)
    checkpoints.save_network(untrained, tmp_path / "bare.keras")
    untrained.save(tmp_path / "whole.keras")
    bare, whole = (
        (tmp_path / name).stat().st_size for name in ("bare.keras", "whole.keras")
    )
    assert bare < 0.8 * whole  # two numbers less per weight, same layers


def test_scores_are_of_every_image_outside_the_training_set(untrained):
    cohort = square_cohort(40)
    path = checkpoints.save(untrained, cohort).with_suffix(".csv")
    table = artefacts.read_scores(path)
    assert table.columns.tolist() == artefacts.COLUMNS
    assert table.patient_id.tolist()[0] == "0020"  # the zeros are still there
    assert table.split.value_counts().to_dict() == {"tuning": 10, "internal test": 10}
    assert table.reference.tolist() == [0, 1] * 10
    first_score = path.read_text().splitlines()[1].split(",")[-1]
    assert len(first_score.split(".")[1]) == 6


def test_predictions_train_once_and_say_so(trainings, capsys):
    cohort = square_cohort(40)
    first = checkpoints.predictions(cohort)
    assert "no trained network for square in squares yet" in capsys.readouterr().err
    second = checkpoints.predictions(cohort)
    assert trainings == ["square"]
    assert capsys.readouterr().err == ""
    assert first.equals(second)


def test_a_changed_cohort_is_not_mistaken_for_the_old_one(trainings):
    cohort = square_cohort(40)
    checkpoints.predictions(cohort)
    pixels = cohort.images.copy()
    pixels[0, 0, 0] += 1
    checkpoints.predictions(dataclasses.replace(cohort, images=pixels))
    assert trainings == ["square", "square"]


def test_cached_path_depends_on_settings_and_hides_odd_names():
    cohort = dataclasses.replace(square_cohort(40), name="/home/me/My Films, 2nd")
    default = checkpoints.cached_path(cohort, "grade >= 2")
    longer = training.TrainingSettings(steps=2000)
    assert default.name.startswith("my-films-2nd_grade-2_")
    assert default == checkpoints.cached_path(
        cohort, "grade >= 2", settings=training.TrainingSettings()
    )
    assert default != checkpoints.cached_path(cohort, "grade >= 2", settings=longer)
    assert default != checkpoints.cached_path(cohort, "grade >= 3")


def test_a_damaged_network_is_trained_anew(trainings, cache, capsys):
    cohort = square_cohort(40)
    checkpoints.trained_network(cohort)
    path = next(cache.glob("*.keras"))
    path.write_bytes(path.read_bytes()[:1000])
    network = checkpoints.trained_network(cohort)
    assert trainings == ["square", "square"]
    assert "cannot be read; training anew" in capsys.readouterr().err
    assert network.count_params() == checkpoints.load_network(path).count_params()


def test_nothing_half_written_stays(untrained, cache, monkeypatch):
    def full_disk(self, path, **kwargs):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save_network(untrained, cache / "a.keras")
    assert list(cache.iterdir()) == []


def test_load_network_refuses_code_in_the_file(tmp_path):
    image = keras.Input((28, 28, 1))
    with_code = keras.Model(image, keras.layers.Lambda(lambda x: x * 2)(image))
    with_code.save(tmp_path / "code.keras")
    with pytest.raises(ValueError, match=r"(?i)lambda"):
        checkpoints.load_network(tmp_path / "code.keras")


# the committed files


def test_committed_files_belong_together_and_to_this_generator():
    assert artefacts.stale() is None, artefacts.stale()
    record = artefacts.record()
    table = artefacts.read_scores(artefacts.COMMITTED_SCORES)
    assert record["training_settings"] == training.TrainingSettings().as_dict()
    from tools.rebuild_artefacts import aucs

    for split, auc in aucs(table).items():
        assert auc == pytest.approx(record["auc"][split], abs=1e-4)
    network = checkpoints.load_network(artefacts.COMMITTED_NETWORK)
    assert network.count_params() == record["weights"] < 100_000
    assert 0.85 <= record["auc"]["internal test"] <= 0.97


def test_predictions_by_name_need_no_images(monkeypatch):
    def no_images(*args, **kwargs):
        raise AssertionError("the cohort was made")

    monkeypatch.setattr(checkpoints, "load", no_images)
    table = checkpoints.predictions("chest_insilico")
    assert set(table.split) == {"tuning", "internal test", "external test"}
    assert len(table) > 1000


def test_stale_names_what_changed(tmp_path, monkeypatch):
    made = artefacts.record() | {"generator_version": "of old"}
    monkeypatch.setattr(artefacts, "COMMITTED_RECORD", tmp_path / "record.json")
    assert "record.json not found" in artefacts.stale()
    (tmp_path / "record.json").write_text(json.dumps(made))
    assert "generator version of old" in artefacts.stale()
    assert "They are for consolidation" in artefacts.stale(square_cohort(8), "square")


def test_same_cohort_by_description():
    cohort = square_cohort(40)
    described = artefacts.describe_cohort(cohort, "square")
    swapped = dataclasses.replace(
        cohort, table=cohort.table.assign(square=1 - cohort.table.square)
    )
    brighter = dataclasses.replace(cohort, images=cohort.images + 1)
    assert artefacts._same(described, artefacts.describe_cohort(cohort, "square"))
    assert not artefacts._same(described, artefacts.describe_cohort(swapped, "square"))
    assert not artefacts._same(described, artefacts.describe_cohort(brighter, "square"))


@pytest.mark.slow
def test_committed_network_gives_the_committed_scores(monkeypatch):
    from helpers import cohorts

    monkeypatch.delenv("COURSE_CACHE_DIR")
    cohort = cohorts.load(artefacts.COMMITTED_COHORT)
    assert artefacts.stale(cohort, artefacts.COMMITTED_FINDING) is None
    network = checkpoints.trained_network(cohort)
    table = checkpoints.score_table(network, cohort, artefacts.COMMITTED_FINDING)
    committed = checkpoints.predictions(cohort)
    assert table.drop(columns="score").equals(committed.drop(columns="score"))
    assert np.abs(table.score - committed.score).max() < 1e-3


@pytest.mark.slow
def test_a_new_training_agrees_with_the_committed_scores(monkeypatch, capsys):
    from tools import rebuild_artefacts

    monkeypatch.delenv("COURSE_CACHE_DIR")
    assert rebuild_artefacts.main(["--check"]) == 0
    assert "rank correlation" in capsys.readouterr().out
