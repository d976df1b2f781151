"""Clinical values: every stated effect is there, and likelihoods are the true ones."""

import numpy as np
import pytest
from scipy.special import expit, logit, ndtr

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
from tests.phantoms import best_possible
from tests.phantoms.best_possible import (
    Evidence,
    auc_of_d,
    best_possible_auc,
    independent_states,
    log_likelihood,
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


@pytest.mark.parametrize("name", VARIABLES)
def test_likelihoods_of_all_reported_values_add_up_to_one(name):
    model = VARIABLES[name]
    values = np.arange(model.lowest, model.highest + model.step / 2, model.step)
    if name == "pack_years":
        values = np.append(values, 0.0)
    like = log_likelihood(name, values.round(6), state(*CONDITIONS)[0], age=47)
    assert np.exp(like).sum() == pytest.approx(1, abs=1e-6)


def test_likelihood_is_that_of_the_interval_that_is_rounded():
    # ln amount is normal(ln 4, 1.2): 1 stands for all below 1.5, 2 for 1.5 to 2.5
    like = np.exp(log_likelihood("crp_mg_l", np.array([1.0, 2.0, 400.0]), state()[0]))
    edges = ndtr(np.log(np.array([1.5, 2.5, 399.5]) / 4) / 1.2)
    expected = [edges[0], edges[1] - edges[0], 1 - edges[2]]
    np.testing.assert_allclose(like, expected, rtol=1e-7)
    marker = log_likelihood("marker_expression", np.array([np.nan, 1.0]), state()[0])
    assert marker.tolist() == [0, -np.inf]


def test_best_auc_is_that_of_two_groups_known_by_formula():
    # one symptom of 15 % and odds x 5: AUC = 0.5 + (p1 - p0) / 2
    mixture = independent_states({"pneumothorax": 0.3})
    p1 = expit(logit(0.15) + np.log(5))
    best = best_possible_auc("pneumothorax", mixture, evidence=Evidence(["dyspnoea"]))
    assert best.value == pytest.approx(
        0.5 + (p1 - 0.15) / 2, abs=4 * best.standard_error
    )
    image = best_possible_auc("effusion", independent_states({"effusion": 0.3}),
                              evidence=Evidence((), image_d=1.5))  # fmt: skip
    assert image.value == pytest.approx(auc_of_d(1.5), abs=4 * image.standard_error)
    mixture = independent_states({"consolidation": 0.3})
    auc = {
        name: best_possible_auc(
            "consolidation", mixture, evidence=Evidence(["crp_mg_l"], missing=name)
        ).value
        for name in best_possible.MECHANISMS
    }
    # that it was measured is evidence too: 90 % against 35 %, 0.5 + 0.55 / 2
    assert auc["completely at random"] < auc["nothing"]
    assert auc["not at random"] > max(auc["nothing"], 0.775)
    with pytest.raises(ValueError, match="consolidation occurs in 0%"):
        best_possible_auc("consolidation", independent_states({"oedema": 0.5}))
    with pytest.raises(ValueError, match="nothing to use"):
        best_possible_auc("consolidation", mixture, evidence=Evidence(()))


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
