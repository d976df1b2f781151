import dataclasses
import json

import numpy as np
import pytest

from helpers import checkpoints, cohorts, networks, training
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
    table = cohort.table.replace({"split": {"tuning": "external test"}})
    cohort = dataclasses.replace(cohort, table=table)
    path = checkpoints.save(untrained, cohort)
    assert path.parent == cache
    reloaded = checkpoints.load_network(path)
    before = training.predict_scores(untrained, cohort.images)
    after = training.predict_scores(reloaded, cohort.images)
    np.testing.assert_allclose(after, before, atol=1e-6, rtol=0)
    table = checkpoints.read_scores(path.with_suffix(".csv"))
    np.testing.assert_allclose(table.score, before[20:], atol=1e-6)
    assert table.columns.tolist() == checkpoints.COLUMNS
    assert table.patient_id.tolist()[0] == "0020"  # the zeros are still there
    assert table.split.tolist() == ["external test"] * 10 + ["internal test"] * 10
    assert table.reference.tolist() == [0, 1] * 10
    line = path.with_suffix(".csv").read_bytes().splitlines(keepends=True)[1]
    assert len(line.rsplit(b".", 1)[1]) == 7  # six decimals and a line feed


def test_saved_network_leaves_the_optimiser_behind(untrained, tmp_path):
    training.compile_network(untrained, steps=10)
    untrained.optimizer.build(untrained.trainable_variables)
    checkpoints.save_network(untrained, tmp_path / "bare.keras")
    untrained.save(tmp_path / "whole.keras")
    sizes = [(tmp_path / f"{n}.keras").stat().st_size for n in ("bare", "whole")]
    assert sizes[0] < 0.8 * sizes[1]  # two numbers less per weight, same layers
    assert not checkpoints.load_network(tmp_path / "whole.keras").compiled


def test_predictions_train_once_and_say_so(trainings, monkeypatch, capsys):
    cohort = square_cohort(40)
    monkeypatch.setattr(checkpoints, "load", lambda name: cohort)
    first = checkpoints.predictions("squares")
    assert "no network for square in squares yet" in capsys.readouterr().err
    assert checkpoints.predictions(cohort).equals(first)
    checkpoints.trained_network(cohort)
    assert (trainings, capsys.readouterr().err) == (["square"], "")
    pixels = cohort.images.copy()
    pixels[0, 0, 0] += 1
    checkpoints.predictions(dataclasses.replace(cohort, images=pixels))
    assert trainings == ["square", "square"]


def test_cached_path_depends_on_the_finding_and_hides_odd_names():
    cohort = dataclasses.replace(square_cohort(40), name="/home/me/My Films, 2nd")
    default = checkpoints._cached_path(cohort, "grade >= 2")
    assert default.name.startswith("my-films-2nd_grade-2_")
    assert default != checkpoints._cached_path(cohort, "grade >= 3")


@pytest.mark.parametrize("lost", ["network", "scores"])
def test_a_damaged_network_is_trained_anew(trainings, cache, capsys, lost):
    cohort = square_cohort(40)
    checkpoints.trained_network(cohort)
    path = next(cache.glob("*.keras"))
    if lost == "network":
        path.write_bytes(path.read_bytes()[:1000])
    else:
        path.with_suffix(".csv").unlink()
    checkpoints.trained_network(cohort)
    assert trainings == ["square", "square"]
    assert ("training anew" in capsys.readouterr().err) == (lost == "network")
    checkpoints.load_network(path)


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


def test_committed_files_belong_together_and_to_this_generator(monkeypatch):
    assert checkpoints._committed_fit()
    record = json.loads(checkpoints.COMMITTED_RECORD.read_text(encoding="utf-8"))
    assert record["training_settings"] == training.TrainingSettings().as_dict()
    monkeypatch.setattr(checkpoints, "load", None)  # scores by name need no images
    table = checkpoints.predictions("chest_insilico", "consolidation")
    assert table.equals(checkpoints.predictions("chest_insilico"))
    assert set(table.split) == {"tuning", "internal test", "external test"}
    from tools.rebuild_artefacts import aucs

    assert aucs(table) == pytest.approx(record["auc"], abs=1e-4)
    network = checkpoints.load_network(checkpoints.COMMITTED_NETWORK)
    assert network.count_params() == record["weights"] < 100_000


def test_committed_files_fit_one_cohort_one_finding_one_generator(
    tmp_path, monkeypatch
):
    cohort = dataclasses.replace(square_cohort(8), name="chest_insilico")
    fits, path = checkpoints._committed_fit, tmp_path / "record.json"
    assert not fits(cohort, "square")
    monkeypatch.setattr(checkpoints, "COMMITTED_FINDING", "square")
    assert not fits(cohort, "square")  # other images
    monkeypatch.setattr(checkpoints, "COMMITTED_RECORD", path)
    assert not fits()
    made = checkpoints.describe_cohort(cohort, "square")
    versions = {"generator_version": checkpoints.GENERATOR_VERSION}
    for more, fit in ((0, True), (0.09, True), (0.11, False), (-0.11, False)):
        other = made | {"mean_grey": made["mean_grey"] + more}
        path.write_text(json.dumps({"cohort": other} | versions))
        assert fits(cohort, "square") == fit
        assert fits()
    path.write_text(json.dumps({"cohort": made} | versions))
    assert not fits(dataclasses.replace(cohort, name="squares"), "square")
    table = cohort.table.assign(square=1 - cohort.table.square)
    assert not fits(dataclasses.replace(cohort, table=table), "square")
    path.write_text(json.dumps({"cohort": made, "generator_version": "of old"}))
    assert not fits(cohort, "square")
    assert not fits()


@pytest.mark.slow
def test_committed_network_gives_the_committed_scores(monkeypatch):
    monkeypatch.delenv("COURSE_CACHE_DIR")
    cohort = cohorts.load(checkpoints.COMMITTED_COHORT)
    assert checkpoints._committed_fit(cohort, checkpoints.COMMITTED_FINDING)
    network = checkpoints.trained_network(cohort)
    table = checkpoints.score_table(network, cohort, checkpoints.COMMITTED_FINDING)
    committed = checkpoints.predictions(cohort)
    assert table.drop(columns="score").equals(committed.drop(columns="score"))
    assert np.abs(table.score - committed.score).max() < 1e-3


@pytest.mark.slow
def test_a_new_training_agrees_with_the_committed_scores(monkeypatch, capsys):
    from tools import rebuild_artefacts

    monkeypatch.delenv("COURSE_CACHE_DIR")
    assert rebuild_artefacts.main(["--check"]) == 0
    assert "rank correlation" in capsys.readouterr().out
