"""Model observers against closed forms, and a contrast-detail curve that rises."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from tools.evidence.contrast_detail import draw_figure, measure
from tools.evidence.physics_measures import (
    auc_interval,
    hotelling_scores,
    laguerre_gauss,
    matched_filter_scores,
    rank_auc,
)


@pytest.fixture(scope="module")
def table():
    return measure((5.0, 10.0, 20.0), (0.3, 1.0), patients=12, size=160)


def test_rank_auc_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    present, absent = rng.normal(1, 1, 40).round(1), rng.normal(0, 1, 30).round(1)
    labels = np.repeat([1, 0], [40, 30])
    expected = roc_auc_score(labels, np.concatenate([present, absent]))
    assert rank_auc(present, absent) == pytest.approx(expected)


def test_laguerre_gauss_channels_are_orthonormal():
    channels = laguerre_gauss(81, pixel_mm=1.0, width_mm=20.0).reshape(6, -1)
    np.testing.assert_allclose(channels @ channels.T, np.eye(6), atol=0.02)


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


def test_no_signal_gives_no_auc():
    rng = np.random.default_rng(2)
    absent, present = (rng.standard_normal((100, 4, 15, 15)) for _ in range(2))
    scores = hotelling_scores(present, absent, pixel_mm=1.0, width_mm=8.0)
    low, high = auc_interval(*scores)
    assert low < 0.5 < high


def test_interval_shrinks_with_more_patients():
    rng = np.random.default_rng(3)
    few, many = (
        auc_interval(rng.normal(1, 1, (n, 3)), rng.normal(0, 1, (n, 3)))
        for n in (10, 160)
    )
    assert many[1] - many[0] < 0.5 * (few[1] - few[0])


def test_auc_rises_with_diameter(table):
    for (_, density), rows in table.groupby(["observer", "density"]):
        auc = rows.sort_values("diameter_mm")["auc"].to_numpy()
        assert (np.diff(auc) > -0.03).all()  # noise of 48 pairs
        if density == 1.0:
            assert auc[-1] > auc[0] + 0.1


def test_auc_rises_with_density(table):
    for _, rows in table.groupby(["observer", "diameter_mm"]):
        auc = rows.sort_values("density")["auc"].to_numpy()
        assert auc[1] > auc[0] - 0.01
    assert table[table["density"] == 1.0]["contrast_percent"].is_monotonic_increasing


def test_whitening_the_anatomy_helps(table):
    solid = table[(table["density"] == 1.0) & (table["diameter_mm"] >= 10)]
    auc = solid.pivot(index="diameter_mm", columns="observer", values="auc")
    assert (auc["channelised Hotelling"] > auc["matched filter"]).all()


def test_figure_is_written(table: pd.DataFrame, tmp_path):
    draw_figure(table, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 10_000
