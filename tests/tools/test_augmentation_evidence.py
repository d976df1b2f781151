"""The experiments of lessons 16 and 18, on films that can be worked by hand."""

import numpy as np
import pandas as pd
import pytest

from helpers.augmentation import INTENSITY_CHANGES
from tests.tools.toy_cohort import brightness_network
from tools.evidence import augmentation as evidence
from tools.evidence.augmentation import SIDE, Films


@pytest.fixture
def squares():
    """96 dark films; the second half has a bright square, its mask, and label 1."""
    images = np.full((96, SIDE, SIDE), 40, np.uint8)
    masks = np.zeros(images.shape, bool)
    masks[48:, 8:20, 8:20] = True
    images[masks] = 200
    split = np.tile(["train", "tuning", "internal test", "external test"], 24)
    return Films(images, np.repeat([0, 1], 48), split, masks)


@pytest.fixture
def network():
    return brightness_network(SIDE, bias=-5)


def planned_changes():
    return [(task, change) for task, made in evidence.PLAN for change in made]


def test_every_planned_change_keeps_the_form_of_a_batch():
    images = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 1))
    labels = np.ones((4, 1), "float32")
    for _, change in planned_changes():
        if change in ("none", *evidence.ORDERS):
            continue
        batch = np.repeat(images, 2, axis=-1) if change.startswith("crop") else images
        changed, kept = evidence.change_of(change, 1)(batch.astype("uint8"), labels)
        assert changed.shape == images.shape, change
        assert kept.shape == labels.shape
        assert np.abs(np.asarray(changed) - images).max() > 0


def test_crops_take_the_label_only_where_the_finding_is_lost(squares):
    ill = squares.part(squares.labels == 1)
    both = np.stack([ill.images, ill.masks], axis=-1).astype("uint8")
    labels = np.ones((len(both), 1), "float32")
    old, kept = evidence.change_of("crop, old label", 3)(both, labels)
    new, true = evidence.change_of("crop, label by mask", 3)(both, labels)
    np.testing.assert_array_equal(old, new)  # the same boxes
    assert np.asarray(kept).min() == 1
    # the square of 144 pixels fills 144 / 0.3 = 480 of the enlarged crop if all is left
    visible = (np.asarray(new)[..., 0] > 120).sum(axis=(1, 2)) >= 480 * evidence.VISIBLE
    agree = visible == (np.asarray(true)[:, 0] == 1)
    assert agree.mean() > 0.9  # interpolation blurs the border
    assert 0 < np.asarray(true).sum() < len(true)


def test_sorted_files_give_batches_of_one_class(squares):
    first = {}
    for order in evidence.ORDERS:
        batches = iter(evidence.batches_of(squares, order, seed=1))
        first[order] = [np.asarray(next(batches)[1]).mean() for _ in range(3)]
    small_buffer, batched_first = first.values()
    # 96 films, buffer of 32: nearly all healthy first, nearly all ill at the end
    assert small_buffer[0] < 0.3
    assert small_buffer[2] > 0.7
    assert sorted(batched_first) == [0.0, 0.5, 1.0]


def test_flagged_counts_films_of_both_kinds(squares, network):
    # healthy mean 40, logit -1; ill mean 40 + 160 * 144 / 4096 = 45.6, logit -0.44
    test = squares.part("internal test")
    table = evidence.flagged(network, test, threshold=0.33)
    assert set(table["change"]) == set(INTENSITY_CHANGES)
    unchanged = table[(table["change"] == "gamma") & (table["strength"] == 1)].iloc[0]
    assert (unchanged.healthy, unchanged.healthy_flagged) == (12, 0)
    assert (unchanged.ill, unchanged.ill_flagged) == (12, 12)
    brighter = table[(table["change"] == "brightness") & (table["strength"] == 60)]
    assert brighter.healthy_flagged.iloc[0] == 12
    darker = table[(table["change"] == "brightness") & (table["strength"] == -60)]
    assert darker.ill_flagged.iloc[0] == 0


def test_threshold_is_a_quantile_of_healthy_tuning_films(squares, network):
    threshold = evidence.threshold_of(network, squares.part("tuning"))
    assert threshold == pytest.approx(1 / (1 + np.exp(1)), abs=1e-3)


@pytest.mark.slow
def test_a_training_starts_anew_in_the_network_of_the_process(squares, monkeypatch):
    monkeypatch.setattr(evidence, "STEPS", 3)
    monkeypatch.setattr(evidence, "BATCH", 8)
    films = squares.part("train")

    def weights(seed):
        return evidence.train(films, "none", seed).get_weights()

    first, other, again = weights(1), weights(2), weights(1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_kept_tables_are_complete():
    trainings, scores, real = (
        pd.read_csv(evidence.EVIDENCE / name)
        for name in (evidence.TRAININGS, evidence.SCORES, evidence.REAL)
    )
    found = zip(trainings["seed"], trainings["task"], trainings["change"], strict=True)
    assert sorted(found) == sorted(evidence.planned())
    strengths = sum(1 + len(some) for _, _, some in INTENSITY_CHANGES.values())
    assert scores["seed"].value_counts().to_dict() == dict.fromkeys(
        evidence.SEEDS, strengths
    )
    counts = real.groupby("change")["seed"].nunique()
    assert set(counts.index) == set(evidence.REAL_CHANGES)
    assert set(counts) == {len(evidence.SEEDS)}


def test_a_test_that_a_cohort_lacks_is_left_out(squares, network):
    only_internal = squares.part(squares.split != "external test")
    found = evidence.aucs(network, only_internal)
    assert found == {"n_internal": 24, "auc_internal": 1.0}
