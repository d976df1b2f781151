"""Training: settings by hand, the best epoch kept, and what lesson 21 writes out."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers import input_pipeline, networks, training
from helpers.networks import keras
from helpers.training import KeepBest, TrainingError, TrainingSettings


@pytest.fixture(autouse=True)
def _no_bar(monkeypatch):
    monkeypatch.setenv("COURSE_QUIET", "1")


@dataclasses.dataclass
class Films:
    """What a training asks of a cohort: a bright film has the finding."""

    images: np.ndarray
    truth: np.ndarray
    name: str = "films"

    def labels(self, finding):
        return {"bright": self.truth, "dark": 1 - self.truth}[finding]

    def finding(self, name):
        return name or "bright"

    def split(self, name):
        rows = slice(0, 24) if name == "train" else slice(24, 40)
        return Films(self.images[rows], self.truth[rows])

    def __len__(self):
        return len(self.images)


def films(side=8, count=40):
    rng = np.random.default_rng(0)
    truth = np.arange(count) % 2
    images = rng.integers(0, 200, (count, side, side)) + 50 * truth[:, None, None]
    return Films(images.astype("uint8"), truth)


def linear(side=8):
    """Return a network whose score is the sigmoid of weighted grey values."""
    grey = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    score = keras.layers.Dense(1, activation="sigmoid")
    return keras.Sequential([keras.Input((side, side, 1)), *grey, score])


def train_linear(network, **options):
    training.set_seed(4)
    network.set_weights([np.zeros((64, 1)), np.zeros(1)])
    sets = films().split("train"), films().split("tuning")
    settings = TrainingSettings(batch_size=8, **options)
    return training.train(network, *sets, finding="dark", settings=settings)


@pytest.mark.parametrize(
    ("options", "n_images", "plan"),
    [
        ({}, 4708, (64, 73, 11)),  # 4708 / 64 = 73.6; 800 / 73 = 10.96
        ({}, 2047, (32, 63, 13)),  # one image short of batches of 64
        ({}, 1200, (32, 37, 22)),  # 1200 / 32 = 37.5, batch 32; 800 / 37 = 21.6
        ({}, 20, (4, 5, 60)),  # never more than 60 epochs
        ({}, 2, (2, 1, 60)),
        ({}, 78468, (64, 100, 8)),  # an "epoch" of 100 steps, 8 looks at the tuning set
        ({"steps": 5}, 100, (4, 1, 5)),  # 5 // 8 = 0, but an epoch has a step
        ({"epochs": 5, "batch_size": 100}, 350, (100, 3, 5)),
        ({"epochs": 5}, 78468, (64, 1226, 5)),
        ({"batch_size": 100}, 30, (30, 1, 60)),
    ],
)
def test_plan_follows_the_step_budget(options, n_images, plan):
    found = TrainingSettings(**options).plan(n_images)
    assert found == plan
    assert {type(number) for number in found} == {int}


def test_plan_needs_two_images_and_settings_are_plain_values():
    settings = TrainingSettings(steps=9, seed=3)
    assert TrainingSettings(**settings.as_dict()) == settings
    with pytest.raises(TrainingError, match="1 training images"):
        settings.plan(1)
    with pytest.raises(TrainingError, match="-5 steps"):
        TrainingSettings(steps=-5).plan(100)


def test_learning_rate_rises_then_sinks_along_a_cosine():
    slow = TrainingSettings(learning_rate=0.004, warm_up=0.2)
    for settings, steps, rates in (
        # 20 steps up to 0.004, then half a cosine over 80 steps: the middle is 0.002
        (slow, 100, {0: 0, 10: 0.002, 20: 0.004, 60: 0.002, 100: 0}),
        (None, 3, {0: 0, 1: 0.002, 2: 0.001, 3: 0}),  # a tenth of 3 is no step: one
        (None, 1, {0: 0, 1: 0.002}),
    ):
        network = linear()
        training.compile_network(network, steps=steps, settings=settings)
        at = [float(network.optimizer._learning_rate(step)) for step in rates]
        np.testing.assert_allclose(at, list(rates.values()), atol=1e-7)


def test_compile_network_smooths_labels_and_decays_weights():
    network = linear()
    settings = TrainingSettings(label_smoothing=0.2, weight_decay=0.03)
    training.compile_network(network, steps=10, settings=settings)
    # label 1 becomes 0.9: -(0.9 ln 0.8 + 0.1 ln 0.2) = 0.36177
    assert float(network.loss([[1.0]], [[0.8]])) == pytest.approx(0.36177, abs=1e-5)
    assert network.optimizer.weight_decay == 0.03
    assert not network.jit_compile


def test_input_shape_of_grey_and_colour_but_not_of_volumes():
    for more, wanted in (((), (8, 7, 1)), ((1,), (8, 7, 1)), ((3,), (8, 7, 3))):
        cohort = Films(np.zeros((4, 8, 7, *more)), np.zeros(4))
        assert training.input_shape(cohort) == wanted
    for more in ((28,), (28, 3)):
        cohort = Films(np.zeros((4, 8, 7, *more)), np.zeros(4), name="ct")
        with pytest.raises(TrainingError, match=r"'ct'.*one slice"):
            training.input_shape(cohort)


def test_best_epoch_takes_the_first_of_equals():
    history = pd.DataFrame({"epoch": [1, 2, 3, 4], "tuning_loss": [0.6, 0.4, 0.4, 0.5]})
    assert training.best_epoch(history) == 2


def test_train_refuses_what_it_cannot_learn_from():
    good, options = (
        films(count=12),
        {"finding": "bright", "settings": TrainingSettings()},
    )
    labels = (0 * good.truth, 0 * good.truth + 1, np.arange(12) % 3)
    spoiled = [Films(good.images, truth) for truth in labels]
    spoiled += [Films(good.images[:0], good.truth[:0]), films(side=9, count=12)]
    for bad, match in zip(spoiled, ["both 0"] * 4 + [r"\(9, 9, 1\)"], strict=True):
        for name, sets in (("training", (bad, good)), ("tuning", (good, bad))):
            with pytest.raises(TrainingError, match=f"{name} set.*{match}"):
                training.train(linear(), *sets, **options)


def test_predict_scores_by_hand():
    start = [keras.Input((8, 8, 1)), keras.layers.Dropout(0.5)]  # for training alone
    network = keras.Sequential([*start, linear()])
    network.set_weights([np.full((64, 1), 1 / 64), np.array([-0.5])])
    images = np.repeat(np.arange(70, dtype="uint8"), 64).reshape(70, 8, 8)
    scores = training.predict_scores(network, images)
    # film k has the mean grey k: its logit is k / 255 - 0.5
    wanted = 1 / (1 + np.exp(0.5 - np.arange(70) / 255))
    np.testing.assert_allclose(scores, wanted, rtol=1e-5)
    assert scores.dtype == np.float32
    again = training.predict_scores(network, images[..., None])
    np.testing.assert_array_equal(again, scores)
    assert training.predict_scores(network, images[:0]).shape == (0,)
    with pytest.raises(TrainingError, match=r"reads images of \(8, 8, 1\)"):
        training.predict_scores(network, images[:, :5])


# --- the best epoch ------------------------------------------------------------------


class Network:
    """A network whose weights are the number of the epoch."""

    weights = 0
    optimizer = SimpleNamespace(iterations=0)

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def after_epochs(*tuning_losses):
    progress = KeepBest()
    progress.set_model(Network())
    progress.set_params({"epochs": len(tuning_losses), "steps": 1})
    progress.on_train_begin()
    for epoch, loss in enumerate(tuning_losses):
        progress.model.weights = epoch + 1
        progress.on_train_batch_end(0, {"loss": 0.3})
        logs = {"loss": 0.3, "auc": 0.6, "val_loss": loss, "val_auc": 0.7}
        progress.on_epoch_end(epoch, logs)
    return progress


def test_keep_best_puts_the_weights_of_the_lowest_tuning_loss_back():
    progress = after_epochs(0.6, 0.4, 0.4, 0.5)
    assert not progress.finished
    progress.on_train_end()
    assert (progress.model.weights, progress.finished) == (2, True)
    history = progress.history_table()
    assert history.to_dict("records")[2] == {
        **{"epoch": 3, "loss": 0.3, "auc": 0.6, "tuning_loss": 0.4, "tuning_auc": 0.7}
    }
    assert len(history) == 4


def test_keep_best_counts_steps_where_no_reader_takes_them_for_an_error(
    monkeypatch, capsys
):
    monkeypatch.delenv("COURSE_QUIET")
    after_epochs(0.5, 0.4).on_train_end()
    out, err = capsys.readouterr()
    assert "compiling" in out
    assert "step 2/2" in out
    assert err == ""


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_keep_best_stops_at_a_loss_that_is_no_number(loss):
    with (
        pytest.raises(TrainingError, match="in epoch 3, step 5.*learning_rate"),
        after_epochs(0.5, 0.6) as progress,
    ):
        progress.on_train_batch_end(4, {"loss": loss})
    assert (progress.model.weights, progress.finished) == (1, False)


class StoppedAt(keras.callbacks.Callback):
    """Stop as a reader does who presses the square, at a step counted from 0."""

    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_begin(self, batch, logs=None):
        if self.left == 0:
            raise KeyboardInterrupt
        self.left = self.left and self.left - 1


def stopped_while_compiling(labels, scores):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("step", "epochs"), [(None, 0), (0, 0), (5, 0), (14, 2)])
def test_stopped_training_is_tidied_up_and_can_be_run_again(step, epochs):
    network, cohort = linear(), films()
    loss = stopped_while_compiling if step is None else "binary_crossentropy"
    network.compile(loss=loss, metrics=["auc"])
    callbacks = [progress := KeepBest(), StoppedAt(step)]
    tuning, options = (cohort.images[24:], cohort.truth[24:]), {"verbose": 0}
    options |= {"batch_size": 6, "epochs": 4, "validation_data": tuning}
    with pytest.raises(KeyboardInterrupt), progress:  # 40 films: 7 steps an epoch
        network.fit(cohort.images, cohort.truth, callbacks=callbacks, **options)
    assert (progress.finished, len(progress.rows)) == (False, epochs)
    if epochs:  # the best, not the last
        np.testing.assert_array_equal(progress.weights[0], network.get_weights()[0])
        assert training.best_epoch(progress.history_table()) <= epochs
    else:
        with pytest.raises(TrainingError, match="No epoch"):
            progress.history_table()
    assert len(train_linear(network, epochs=2)) == 2


def test_a_second_fit_asks_for_a_new_network():
    network, cohort = linear(), films()
    assert len(train_linear(network, epochs=1)) == 1
    with pytest.raises(TrainingError, match="new network"):
        network.fit(cohort.images, cohort.truth, callbacks=[KeepBest()], verbose=0)


def test_train_learns_what_the_finding_asks_for():
    def contrast(**options):
        network = linear()
        history = train_linear(network, epochs=20, learning_rate=0.05, **options)
        scores = training.predict_scores(network, films().images)
        return scores[::2].mean() - scores[1::2].mean(), len(history)

    dark_minus_bright, epochs = contrast()
    assert dark_minus_bright > 0.1
    assert epochs == 20
    # another order of the films, and films as they are: other weights
    others = contrast(seed=2)[0], contrast(augment=False)[0]
    assert len({round(float(one), 5) for one in (dark_minus_bright, *others)}) == 3


# --- the whole of it -----------------------------------------------------------------


@pytest.mark.slow
def test_train_does_what_lesson_21_writes_out():
    cohort, settings = films(side=28), TrainingSettings(epochs=2, batch_size=8, seed=5)
    helped, history = training.train_small_network(cohort, settings=settings)

    training.set_seed(5)
    plain = networks.small_residual_network((28, 28, 1))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=5, warmup_target=2e-3, warmup_steps=1
    )  # 24 images, 3 steps an epoch, 6 in all, a tenth of them warm up
    plain.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=1e-3),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.05),
        metrics=[keras.metrics.AUC(name="auc")],
        jit_compile=False,
    )
    batches, tuning_batches = (
        input_pipeline.make_dataset(part.images, part.labels("bright"), **options)
        for part, options in (
            (cohort.split("train"), {"batch_size": 8, "augment": True, "seed": 5}),
            (cohort.split("tuning"), {"batch_size": 64}),
        )
    )
    plain.evaluate(tuning_batches, verbose=0)  # the loss before the first step
    with KeepBest() as progress:
        plain.fit(
            batches.repeat(),
            **{"steps_per_epoch": 3, "epochs": 2, "shuffle": False, "verbose": 0},
            validation_data=tuning_batches,
            callbacks=[progress],
        )
    pd.testing.assert_frame_equal(progress.history_table(), history)
    for taught, tested in zip(plain.get_weights(), helped.get_weights(), strict=True):
        np.testing.assert_array_equal(taught, tested)
