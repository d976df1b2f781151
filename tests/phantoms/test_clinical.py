"""Clinical values: every stated effect is there, of the size that theory gives."""

import numpy as np
import pytest
from scipy.special import ndtr
from sklearn.metrics import roc_auc_score

from phantoms.hospital.clinical import (
    CONDITIONS,
    MISSING,
    SYMPTOMS,
    VARIABLES,
    chance_of_any,
    draw_clinical,
    hide_values,
    log_effect,
    log_median,
)

N = 40_000


def state(*there):
    return np.array([[int(name in there) for name in CONDITIONS]])


def draw(*there, age=60, seed=1):
    """Return values of N people with exactly these conditions."""
    states = np.repeat(state(*there), N, axis=0)
    return draw_clinical(states, np.full(N, age), np.random.default_rng(seed))


def test_odds_and_medians_are_multiplied():
    # 7 % fever are odds 0.07 / 0.93; times 5 for consolidation, times 1.5 for effusion
    odds = 0.07 / 0.93 * 5 * 1.5
    both = state("consolidation", "effusion")
    assert chance_of_any("fever", both) == pytest.approx([odds / (1 + odds)])
    assert chance_of_any("crp_mg_l", both) == [1]
    # C-reactive protein: median 4, times 4 and 1.6
    assert np.exp(log_median("crp_mg_l", both, [60])) == pytest.approx([25.6])
    # 0.4 packs a day since 16, times 1.7 with a malignant nodule; a year at least
    ill = state("nodule", "malignant")
    for age, years in ((60, 44), (17, 1), (15, 1)):
        found = np.exp(log_median("pack_years", ill, [age]))
        assert found == pytest.approx([0.4 * 1.7 * years])
    assert log_effect(state("oedema"), {"oedema": np.e, "nodule": 9.0}) == [1]


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("there", [(), ("effusion", "oedema"), CONDITIONS])
def test_values_have_the_stated_distribution(name, there):
    model, values = VARIABLES[name], draw(*there)[name]
    if name == "marker_expression" and "nodule" not in there:
        assert np.isnan(values).all()
        return
    chance = chance_of_any(name, state(*there))[0]
    if name in SYMPTOMS:
        assert set(values) == {0, 1}
        assert values.mean() == pytest.approx(chance, abs=4 * 0.5 / np.sqrt(N))
        return
    some = values[values > 0]
    assert len(some) / N == pytest.approx(chance, abs=4 * 0.5 / np.sqrt(N))
    assert model.lowest <= some.min() < some.max() <= model.highest
    np.testing.assert_allclose(some / model.step, np.rint(some / model.step), atol=1e-6)
    amount = 100 - some if name == "spo2_percent" else some
    centre = log_median(name, state(*there), np.array([60]))[0]
    for sd in (-1, 0, 1):  # shares below the median and one spread to each side
        edge = np.exp(centre + sd * model.spread)
        edge = (np.floor(edge / model.step) + 0.5) * model.step  # between two steps
        if model.lowest < edge < model.highest or name == "spo2_percent":
            below = ndtr((np.log(edge) - centre) / model.spread)
            assert (amount < edge).mean() == pytest.approx(below, abs=0.012)


@pytest.mark.parametrize(
    ("name", "condition", "factor"),
    [("crp_mg_l", "consolidation", 4.0), ("spo2_percent", "oedema", 1.8)],
)
def test_two_shifted_log_normals_are_told_apart_as_theory_says(name, condition, factor):
    # AUC = Phi(ln(factor) / (sigma * sqrt 2)): 0.793 for C-reactive protein
    score = np.concatenate([draw(seed=1)[name], draw(condition, seed=2)[name]])
    score = -score if name == "spo2_percent" else score  # falls with the condition
    expected = ndtr(np.log(factor) / (VARIABLES[name].spread * np.sqrt(2)))
    found = roc_auc_score(np.repeat([0, 1], N), score)
    assert found == pytest.approx(expected, abs=0.01)


def test_the_likelihood_ratio_of_a_reported_value_is_the_stated_one():
    # ln amount is normal(ln 4, 1.2), or (ln 16, 1.2) with consolidation; the report
    # "2 mg/l" stands for 1.5 to 2.5, "1" for all below 1.5
    shares = {
        median: np.diff(ndtr(np.log(np.array([1e-9, 1.5, 2.5]) / median) / 1.2))
        for median in (4, 16)
    }
    ill, healthy = (draw(*there)["crp_mg_l"] for there in (("consolidation",), ()))
    for value, ratio in zip((1, 2), shares[16] / shares[4], strict=True):
        found = (ill == value).mean() / (healthy == value).mean()
        assert found == pytest.approx(ratio, rel=0.1)
    assert draw("consolidation", age=30)["crp_mg_l"] == pytest.approx(ill)


@pytest.mark.parametrize(
    ("name", "there", "symptom", "share"),
    [
        ("crp_mg_l", {"consolidation": True}, {}, 0.90),  # not at random
        ("crp_mg_l", {}, {"dyspnoea": 1.0, "fever": 1.0}, 0.35),
        ("spo2_percent", {}, {"dyspnoea": 1.0}, 0.95),  # at random
        ("spo2_percent", {"consolidation": True}, {}, 0.40),
        ("pack_years", {"consolidation": True}, {"dyspnoea": 1.0}, 0.75),
        ("fever", {"consolidation": True}, {"dyspnoea": 1.0}, 1.0),
    ],
)
def test_values_are_measured_in_the_stated_shares(name, there, symptom, share):
    values = dict.fromkeys(VARIABLES, 5.0) | {s: symptom.get(s, 0.0) for s in SYMPTOMS}
    conditions = dict.fromkeys(CONDITIONS, False) | there
    rng = np.random.default_rng(0)
    kept = [hide_values(values, conditions, rng)[name] for _ in range(4000)]
    assert np.mean(np.equal(kept, values[name])) == pytest.approx(share, abs=0.03)
    assert {rule[0] for rule in MISSING} == {"crp_mg_l", "spo2_percent", "pack_years"}
