import dataclasses

import numpy as np
import pandas as pd
import pytest

from helpers import input_pipeline, networks, training
from helpers.diagnostic_metrics import area_under_roc
from helpers.networks import keras
from helpers.training import TrainingError, TrainingSettings
from tests.helpers.square_cohort import square_cohort

QUICK = TrainingSettings(epochs=3, batch_size=16)


@pytest.fixture(autouse=True)
def _no_bar(monkeypatch):
    monkeypatch.setenv("COURSE_QUIET", "1")


@pytest.mark.parametrize(
    ("n_images", "batch_size", "steps_per_epoch", "epochs"),
    [
        (4708, 64, 73, 11),  # 4708 / 64 = 73.6; 800 / 73 = 10.96
        (1200, 32, 37, 22),  # 1200 / 32 = 37.5, batch 32; 800 / 37 = 21.6
        (20, 4, 5, 60),  # never more than 60 epochs
        (3, 3, 1, 60),
        (78468, 64, 100, 8),  # an "epoch" of 100 steps, 8 looks at the tuning set
    ],
)
def test_plan_follows_the_step_budget(n_images, batch_size, steps_per_epoch, epochs):
    plan = TrainingSettings().plan(n_images)
    assert dataclasses.astuple(plan) == (batch_size, steps_per_epoch, epochs)


def test_plan_takes_epochs_and_batch_size_when_given():
    plan = TrainingSettings(epochs=5, batch_size=100).plan(350)
    assert dataclasses.astuple(plan) == (100, 3, 5)


def test_plan_needs_two_images():
    with pytest.raises(TrainingError, match="at least 2"):
        TrainingSettings().plan(1)


def test_learning_rate_rises_then_sinks_along_a_cosine():
    network = networks.small_residual_network((28, 28, 1), filters=(4,))
    settings = TrainingSettings(learning_rate=0.004, warm_up=0.2)
    training.compile_network(network, steps=100, settings=settings)
    schedule = network.optimizer._learning_rate
    at = [float(schedule(step)) for step in (0, 10, 20, 60, 100)]
    # 20 steps up to 0.004, then half a cosine over 80 steps: the middle is 0.002
    np.testing.assert_allclose(at, [0.0, 0.002, 0.004, 0.002, 0.0], atol=1e-7)


def test_input_shape_of_grey_colour_and_volumes():
    assert training.input_shape(square_cohort(4)) == (28, 28, 1)
    coloured = square_cohort(4, columns=40, channels=3)
    assert training.input_shape(coloured) == (28, 40, 3)
    volumes = dataclasses.replace(
        square_cohort(4), name="ct", images=np.zeros((4, 16, 28, 28), "uint8")
    )
    with pytest.raises(TrainingError, match=r"'ct'.*2-D images.*one slice per volume"):
        training.input_shape(volumes)


def test_best_epoch_takes_the_first_of_equals():
    history = pd.DataFrame({"epoch": [1, 2, 3, 4], "tuning_loss": [0.6, 0.4, 0.4, 0.5]})
    assert training.best_epoch(history) == 2


def with_labels(cohort, labels):
    table = cohort.table.assign(square=labels)
    return dataclasses.replace(cohort, table=table, is_part=True)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (0, r"All 30 images of the training set have square = 0"),
        (1, r"square = 1"),
        (np.arange(30) % 3, r"labels of 'square'.*\[0.0, 1.0, 2.0\].*Turn grades"),
    ],
)
def test_train_refuses_labels_it_cannot_learn_from(labels, message):
    cohort = square_cohort(30)
    network = networks.small_residual_network((28, 28, 1), filters=(4,))
    with pytest.raises(TrainingError, match=message):
        training.train(network, with_labels(cohort, labels), cohort, finding="square")


def test_train_refuses_an_empty_tuning_set_and_another_image_size():
    cohort = dataclasses.replace(square_cohort(30), is_part=True)
    network = networks.small_residual_network((28, 28, 1), filters=(4,))
    with pytest.raises(TrainingError, match="tuning set is empty"):
        training.train(network, cohort, cohort.select([]), finding="square")
    larger = square_cohort(30, rows=40)
    with pytest.raises(TrainingError, match=r"those of the training set are \(40, 28"):
        training.train(network, larger, cohort, finding="square")


def test_predict_scores_does_not_depend_on_the_batch():
    network = networks.small_residual_network((28, 28, 1), filters=(4,))
    images = square_cohort(70).images
    scores = training.predict_scores(network, images)
    assert scores.shape == (70,)
    assert scores.dtype == np.float32
    one_by_one = [training.predict_scores(network, images[i : i + 1]) for i in (0, 69)]
    np.testing.assert_allclose(scores[[0, 69]], np.concatenate(one_by_one), atol=1e-6)
    assert training.predict_scores(network, images[:0]).shape == (0,)
    with pytest.raises(TrainingError, match=r"reads images of \(28, 28, 1\)"):
        training.predict_scores(network, images[:, :20])


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{}, {"channels": 3}, {"rows": 36, "columns": 30}], ids=str
)
def test_train_learns_a_square(options):
    cohort = square_cohort(160, **options)
    settings = TrainingSettings(steps=160, batch_size=16)
    network, history = training.train_small_network(cohort, settings=settings)
    test = cohort.split("internal test")
    scores = training.predict_scores(network, test.images)
    assert area_under_roc(test.labels("square"), scores) > 0.95
    assert history.columns.tolist() == [
        "epoch", "loss", "auc", "tuning_loss", "tuning_auc",
    ]  # fmt: skip
    assert history.epoch.tolist() == list(range(1, 33))


@pytest.mark.slow
def test_train_keeps_the_weights_of_the_best_epoch():
    cohort = square_cohort(120)
    settings = TrainingSettings(epochs=6, batch_size=8, learning_rate=0.02)
    network, history = training.train_small_network(cohort, settings=settings)
    tuning = cohort.split("tuning")
    score = training.predict_scores(network, tuning.images).astype(float)
    label = tuning.labels("square") * 0.95 + 0.025  # label smoothing 0.05
    loss = -np.mean(label * np.log(score) + (1 - label) * np.log(1 - score))
    assert loss == pytest.approx(history.tuning_loss.min(), abs=1e-4)
    assert history.tuning_loss.iloc[-1] != pytest.approx(loss, abs=1e-4)


@pytest.mark.slow
def test_train_gives_the_same_digits_twice_and_others_with_another_seed():
    cohort = square_cohort(60)

    def scores(seed):
        settings = dataclasses.replace(QUICK, seed=seed)
        network, _ = training.train_small_network(cohort, settings=settings)
        return training.predict_scores(network, cohort.images)

    first = scores(1)
    np.testing.assert_array_equal(first, scores(1))
    assert np.abs(first - scores(2)).max() > 1e-3


@pytest.mark.slow
def test_train_does_what_lesson_21_writes_out():
    cohort = square_cohort(60)
    train, tuning = cohort.split("train"), cohort.split("tuning")
    settings = TrainingSettings(epochs=2, batch_size=8)
    helped, history = training.train_small_network(cohort, settings=settings)

    training.set_seed(settings.seed)
    plain = networks.small_residual_network((28, 28, 1))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=5, warmup_target=2e-3, warmup_steps=1
    )  # 30 images, 3 steps an epoch, 6 in all, a tenth of them warm up
    plain.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=1e-3),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.05),
        metrics=[keras.metrics.AUC(name="auc")],
        jit_compile=False,
    )
    batches = input_pipeline.make_dataset(
        train.images, train.labels("square"), batch_size=8, augment=True, seed=7
    )
    tuning_batches = input_pipeline.make_dataset(
        tuning.images, tuning.labels("square"), batch_size=64
    )
    progress = training.KeepBest(2)
    plain.fit(
        batches.repeat(),
        steps_per_epoch=3,
        epochs=2,
        validation_data=tuning_batches,
        callbacks=[progress],
        shuffle=False,
        verbose=0,
    )
    pd.testing.assert_frame_equal(progress.history_table(), history)
    for taught, tested in zip(plain.get_weights(), helped.get_weights(), strict=True):
        np.testing.assert_array_equal(taught, tested)


def test_train_refuses_pixels_that_are_no_numbers():
    cohort = square_cohort(60)
    images = cohort.images.astype("float32")
    images[[3, 5], 0, 0] = np.nan
    with pytest.raises(TrainingError, match="2 images of the training set hold pixels"):
        training.train_small_network(dataclasses.replace(cohort, images=images))


@pytest.mark.slow
def test_train_stops_at_a_loss_that_is_no_number():
    settings = dataclasses.replace(QUICK, learning_rate=1e30)
    with pytest.raises(
        TrainingError, match=r"loss became nan in epoch .*learning_rate"
    ):
        training.train_small_network(square_cohort(60), settings=settings)


@pytest.mark.slow
def test_train_works_with_a_dozen_images_and_shows_its_progress(capsys, monkeypatch):
    monkeypatch.delenv("COURSE_QUIET")
    cohort = square_cohort(24)  # 12 to train, 6 to tune
    settings = TrainingSettings(steps=24)
    _, history = training.train_small_network(cohort, settings=settings)
    assert len(history) == 8  # batch 4, 3 steps an epoch
    assert np.isfinite(history.loss).all()
    shown = capsys.readouterr().err
    assert "epoch 8/8" in shown
    assert f"tuning loss {history.tuning_loss.iloc[-1]:.3f}" in shown
