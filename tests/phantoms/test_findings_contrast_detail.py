"""Model observers against closed forms, and a contrast-detail curve that rises."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tools.evidence.contrast_detail import draw_figure, measure
from tools.evidence.physics_measures import (
    auc_interval,
    cross_fitted_scores,
    hotelling_template,
    laguerre_gauss,
    mean_difference,
    rank_auc,
)


@pytest.fixture(scope="module")
def table():
    return measure((5.0, 10.0, 20.0), (0.3, 1.0), patients=12, size=160)


def test_laguerre_gauss_channels_are_orthonormal():
    channels = laguerre_gauss(81, pixel_mm=1.0, width_mm=20.0)
    np.testing.assert_allclose(channels.T @ channels, np.eye(6), atol=0.02)


def test_observers_reach_the_closed_form_in_white_noise():
    # detectability d of a known signal in white noise is |signal| / sigma, and
    # AUC = Phi(d / sqrt 2)
    rng = np.random.default_rng(1)
    channels = laguerre_gauss(21, pixel_mm=1.0, width_mm=8.0)
    absent = rng.standard_normal((200, 6, 441))
    present = rng.standard_normal((200, 6, 441)) + 1.5 * channels[:, 0]
    best = norm.cdf(1.5 / np.sqrt(2))
    seen = present @ channels, absent @ channels
    hotelling = rank_auc(*cross_fitted_scores(*seen, hotelling_template))
    assert hotelling == pytest.approx(best, abs=0.03)
    # the template of 441 pixels is itself noisy: a little under the best
    matched = rank_auc(*cross_fitted_scores(present, absent, mean_difference))
    assert best - 0.10 < matched < best


def test_no_signal_gives_no_auc():
    rng = np.random.default_rng(4)
    absent, present = (rng.standard_normal((100, 4, 6)) for _ in range(2))
    scores = cross_fitted_scores(present, absent, hotelling_template)
    low, high = auc_interval(*scores)
    assert low < 0.5 < high


def test_interval_shrinks_with_more_patients():
    rng = np.random.default_rng(3)
    few, many = (
        auc_interval(rng.normal(1, 1, (n, 3)), rng.normal(0, 1, (n, 3)))
        for n in (10, 160)
    )
    assert many[1] - many[0] < 0.5 * (few[1] - few[0])


def test_auc_rises_with_diameter_and_density(table):
    for (_, density), rows in table.groupby(["observer", "density"]):
        auc = rows.sort_values("diameter_mm")["auc"].to_numpy()
        assert (np.diff(auc) > -0.03).all()  # noise of 48 pairs
        assert density < 1 or auc[-1] > auc[0] + 0.1
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
