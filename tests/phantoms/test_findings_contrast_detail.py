"""Model observers against closed forms."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from tools.evidence.realism.observers import (
    hotelling_scores,
    laguerre_gauss,
    matched_filter_scores,
    rank_auc,
)


def test_rank_auc_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    present, absent = rng.normal(1, 1, 40).round(1), rng.normal(0, 1, 30).round(1)
    labels = np.repeat([1, 0], [40, 30])
    expected = roc_auc_score(labels, np.concatenate([present, absent]))
    assert rank_auc(present, absent) == pytest.approx(expected)


def test_observers_reach_the_closed_form_in_white_noise():
    # detectability d of a known signal in white noise is |signal| / sigma, and
    # AUC = Phi(d / sqrt 2)
    rng = np.random.default_rng(1)
    signal = laguerre_gauss(21, pixel_mm=1.0, width_mm=8.0)[0] * 1.5
    absent = rng.standard_normal((200, 6, 21, 21))
    present = rng.standard_normal((200, 6, 21, 21)) + signal
    best = norm.cdf(1.5 / np.sqrt(2))
    hotelling = hotelling_scores(present, absent, pixel_mm=1.0, width_mm=8.0)
    assert rank_auc(*hotelling) == pytest.approx(best, abs=0.03)
    # the template of 441 pixels is itself noisy: a little under the best
    assert best - 0.10 < rank_auc(*matched_filter_scores(present, absent)) < best
