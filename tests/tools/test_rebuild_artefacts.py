import numpy as np
import pandas as pd
import pytest

from tools.rebuild_artefacts import aucs, compare


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    reference = np.arange(200) % 2
    return pd.DataFrame(
        {
            "patient_id": [f"P{number:03d}" for number in range(200)],
            "study_id": [f"P{number:03d}-1" for number in range(200)],
            "split": ["tuning"] * 80 + ["internal test"] * 120,
            "reference": reference,
            "score": (rng.normal(reference, 1.0) / 10 + 0.5).clip(0, 1),
        }
    )


def test_compare_allows_small_noise_and_no_other_scores(scores):
    rng = np.random.default_rng(1)
    noisy = scores.assign(score=scores.score + rng.normal(0, 0.005, 200))
    problem, sentence = compare(scores, scores.copy())
    assert "largest difference of a score 0.000000" in sentence
    assert not problem
    assert not compare(scores, noisy)[0]
    assert compare(scores, scores.assign(score=rng.permutation(scores.score)))[0]


def test_compare_notices_an_auc_that_moved_while_ranks_hardly_did(scores):
    # pull the images with the finding up a little: same order within each class
    moved = scores.assign(score=scores.score + 0.05 * scores.reference)
    problem, sentence = compare(scores, moved)
    assert scores.score.rank().corr(moved.score.rank()) > 0.9
    assert problem, sentence


def test_compare_refuses_other_images(scores):
    problem, sentence = compare(scores, scores.assign(reference=1 - scores.reference))
    assert problem
    assert "other images or labels" in sentence


def test_aucs_by_hand():
    # tuning: of 4 pairs 3 are in order; internal test: its one pair is a tie
    table = pd.DataFrame(
        {
            "split": ["tuning"] * 4 + ["internal test"] * 2,
            "reference": [0, 1, 0, 1, 0, 1],
            "score": [0.1, 0.2, 0.3, 0.4, 0.5, 0.5],
        }
    )
    assert aucs(table) == {"tuning": 0.75, "internal test": 0.5}
