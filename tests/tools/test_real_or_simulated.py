"""Telling two kinds of films apart: nothing to find, and one thing planted."""

import numpy as np
import pytest

from tools.evidence import real_or_simulated


@pytest.fixture(scope="module")
def films():
    """Return 120 noisy films of one kind, half of them called real, and owners."""
    rng = np.random.default_rng(3)
    images = rng.normal(120, 30, (120, 64, 64)).clip(0, 255).astype(np.uint8)
    real = np.repeat([1, 0], 60)
    return images, real, np.arange(120) // 2


def measured(images, real, patients):
    table = real_or_simulated.measure(images, real, patients)
    return table.set_index("features")


def test_films_of_one_kind_are_not_told_apart(films):
    assert measured(*films).loc["grey histogram", "auc"] < 0.7


def test_a_dark_border_betrays_by_the_border_and_not_by_the_fine_detail(films):
    images, real, patients = films
    planted = images.copy()
    planted[real == 0, :2] = planted[real == 0, :2] // 2
    table = measured(planted, real, patients)
    assert table.loc["border", "auc"] > 0.95
    assert table.loc["border", "strongest_feature"].startswith("top border")
    assert table.loc["border", "strongest_auc"] > 0.95


def test_it_says_what_is_missing_without_real_films(monkeypatch):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    monkeypatch.setattr("sys.argv", ["real_or_simulated"])
    with pytest.raises(SystemExit, match="set COURSE_DATA_DIR"):
        real_or_simulated.main()
