"""Clinical values: every stated effect is there, and the best AUC is the true one."""

import numpy as np
import pandas as pd
import pytest
from phantoms.hospital.clinical_models import CONDITIONS, Amount, YesNo
from scipy.special import ndtr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from phantoms.hospital.clinical import MISSING, VARIABLES, People, draw_clinical
from tools.evidence.best_possible import (
    Evidence,
    auc_of_d,
    best_possible_auc,
    independent_states,
    states_of,
)

N = 40_000


def draw(*there, n=N, seed=1, missing="nothing"):
    """Return values of n people of 60 years with exactly these conditions."""
    state = [int(name in there) for name in CONDITIONS]
    people = People(np.tile(state, (n, 1)))
    return draw_clinical(people, np.random.default_rng(seed), missing=missing)


EFFECTS = [
    (name, condition)
    for name, model in VARIABLES.items()
    for condition in (model.odds_ratio if isinstance(model, YesNo) else model.times)
]


@pytest.mark.parametrize(("name", "condition"), EFFECTS)
def test_every_stated_effect_is_there_and_of_its_size(name, condition):
    model = VARIABLES[name]
    extra = ("nodule",) if condition == "malignant" else ()
    without, with_it = draw(*extra, seed=1), draw(*extra, condition, seed=2)
    if isinstance(model, YesNo):
        yes, no = with_it[name].mean(), without[name].mean()
        found = np.log(yes / (1 - yes)) - np.log(no / (1 - no))
        stated = np.log(model.odds_ratio[condition])
        error = np.sqrt(sum(1 / (N * share * (1 - share)) for share in (yes, no)))
        assert abs(found - stated) < 4 * error
    else:
        logs = [np.log(part) for part in map(amounts, (with_it, without), [name] * 2)]
        stated = np.log(model.times[condition])
        # the median is unchanged by rounding but for half a step of the amount
        found = np.median(logs[0]) - np.median(logs[1])
        half_steps = sum(
            0.5 * model.step / np.median(part)
            for part in map(amounts, (with_it, without), [name] * 2)
        )
        assert abs(found - stated) < half_steps + 0.04


def amounts(values, name):
    """Return the amounts above zero behind the reported values."""
    value = values[name]
    model = VARIABLES[name]
    amount = value if model.minus_from is None else model.minus_from - value
    return amount[amount > 0]


NO_EFFECT = [
    (name, condition)
    for name, model in VARIABLES.items()
    for condition in CONDITIONS
    if (name, condition) not in EFFECTS and name != "marker_expression"
]


@pytest.mark.parametrize(("name", "condition"), NO_EFFECT)
def test_a_condition_without_stated_effect_changes_nothing(name, condition):
    # the same random numbers: the values must agree one by one
    extra = ("nodule",) if condition == "malignant" else ()
    np.testing.assert_array_equal(draw(*extra)[name], draw(*extra, condition)[name])


def test_marker_is_measured_in_nodules_only():
    assert np.isnan(draw("consolidation")["marker_expression"]).all()
    assert not np.isnan(draw("nodule")["marker_expression"]).any()


def test_values_are_reported_within_their_limits_and_steps():
    values = draw(*CONDITIONS)
    for name in ("crp_mg_l", "spo2_percent", "pack_years"):
        assert (values[name] == np.round(values[name])).all()
    assert values["spo2_percent"].max() <= 100
    assert values["spo2_percent"].min() >= 70
    assert values["crp_mg_l"].min() >= 1


def test_pack_years_grow_with_the_years_since_sixteen():
    # medians of 0.4 packs a day over 44 and over 22 years: 17.6 and 8.8 pack-years
    rng = np.random.default_rng(0)
    states = np.zeros((N, len(CONDITIONS)), int)
    old = draw_clinical(People(states, np.full(N, 60)), rng)["pack_years"]
    young = draw_clinical(People(states, np.full(N, 38)), rng)["pack_years"]
    assert np.median(old[old > 0]) == pytest.approx(17.6, abs=0.9)
    assert np.median(young[young > 0]) == pytest.approx(8.8, abs=0.9)


def test_amount_says_exactly_how_likely_a_reported_value_is():
    # ln of the amount is normal(0, 1): 2 is reported for 1.5 to 2.5
    model = Amount(1.0, 1.0, {}, step=1.0, limits=(1.0, 9.0))
    state, age = np.zeros(len(CONDITIONS), int), np.full(3, 60)
    like = np.exp(model.log_likelihood(np.array([1.0, 2.0, 9.0]), age, state))
    expected = [
        ndtr(np.log(1.5)),
        ndtr(np.log(2.5)) - ndtr(np.log(1.5)),
        1 - ndtr(np.log(8.5)),
    ]
    np.testing.assert_allclose(like, expected, rtol=1e-9)


@pytest.mark.parametrize("name", VARIABLES)
def test_likelihoods_of_all_reported_values_add_up_to_one(name):
    model = VARIABLES[name]
    state = np.ones(len(CONDITIONS), int)
    if isinstance(model, YesNo):
        values = np.array([0.0, 1.0])
    else:
        low, high = model.limits
        values = np.round(np.arange(low, high + model.step / 2, model.step), 6)
        values = np.append(values, 0.0) if model.nonzero else values
    like = model.log_likelihood(values, np.full(len(values), 47), state)
    assert np.exp(like).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("d", [None, 0.8, 1.7])
def test_best_auc_of_one_amount_is_that_of_two_normal_groups(monkeypatch, d):
    # fine steps: nothing is lost by rounding; independent evidence adds as d squared
    fine = Amount(100.0, 1.0, {"effusion": 3.0}, step=0.01, limits=(0.01, 1e5))
    monkeypatch.setitem(VARIABLES, "crp_mg_l", fine)
    best = best_possible_auc(
        "effusion",
        independent_states({"effusion": 0.3}),
        evidence=Evidence(["crp_mg_l"], image_d=d),
    )
    expected = auc_of_d(np.hypot(np.log(3.0), d or 0.0))
    assert best.value == pytest.approx(expected, abs=4 * best.standard_error)


def test_best_auc_of_the_image_alone_is_that_of_its_d():
    mixture = independent_states({"effusion": 0.3})
    best = best_possible_auc("effusion", mixture, evidence=Evidence((), image_d=1.5))
    assert best.value == pytest.approx(auc_of_d(1.5), abs=4 * best.standard_error)
    assert auc_of_d(1.5) == pytest.approx(0.8556, abs=1e-4)  # Phi(1.5 / sqrt 2)


def test_no_fitted_model_beats_the_best_and_a_good_one_comes_near():
    shares = {"consolidation": 0.34, "effusion": 0.2, "oedema": 0.12}
    mixture = independent_states(shares)
    best = best_possible_auc("consolidation", mixture)
    rng = np.random.default_rng(3)
    rows = rng.choice(len(mixture.weights), 30_000, p=mixture.weights)
    people = People(mixture.states[rows])
    values = draw_clinical(people, rng)
    features = np.stack(
        [
            values["fever"],
            values["cough"],
            values["dyspnoea"],
            np.log(values["crp_mg_l"]),
            np.log(101 - values["spo2_percent"]),
        ],
        axis=1,
    )
    truth = people.states[:, 0]
    model = LogisticRegression().fit(features[:15_000], truth[:15_000])
    fitted = roc_auc_score(truth[15_000:], model.decision_function(features[15_000:]))
    assert best.value - 0.02 < fitted < best.value + 0.01


def test_malignant_is_told_from_benign_nodules_by_marker_and_smoking():
    mixture = independent_states({"nodule": 0.2, "malignant": 0.4}).given("nodule")
    assert mixture.weights.sum() == pytest.approx(1)
    marker = best_possible_auc(
        "malignant", mixture, evidence=Evidence(["marker_expression"])
    )
    assert marker.value == pytest.approx(auc_of_d(np.log(3)), abs=0.01)
    both = Evidence(["marker_expression", "pack_years"])
    assert best_possible_auc("malignant", mixture, evidence=both).value > marker.value


def test_states_of_a_table_are_counted():
    table = pd.DataFrame({"nodule": [0, 1, 1, 1], "malignant": [0, 0, 1, 1]})
    mixture = states_of(table)
    assert mixture.weights.tolist() == [0.25, 0.25, 0.5]
    assert mixture.states[:, CONDITIONS.index("malignant")].tolist() == [0, 0, 1]


def share_measured(missing, *there):
    return (~np.isnan(draw(*there, missing=missing)["crp_mg_l"])).mean()


def test_nothing_is_missing_when_the_switch_is_off():
    assert share_measured("nothing") == 1
    assert share_measured("nothing", "consolidation") == 1


def test_completely_at_random_is_the_same_in_ill_and_healthy():
    (rule,) = [r for r in MISSING["completely at random"] if r.variable == "crp_mg_l"]
    for there in ((), ("consolidation",)):
        found = share_measured("completely at random", *there)
        assert found == pytest.approx(rule.measured, abs=0.012)


def test_at_random_depends_on_fever_and_on_nothing_else():
    (rule,) = MISSING["at random"]
    for there in ((), ("consolidation",)):
        values = draw(*there, missing="at random")
        measured, fever = ~np.isnan(values["crp_mg_l"]), values["fever"] == 1
        assert measured[fever].mean() == pytest.approx(rule.measured_with, abs=0.02)
        assert measured[~fever].mean() == pytest.approx(rule.measured, abs=0.02)


def test_not_at_random_depends_on_the_finding_itself():
    (rule,) = MISSING["not at random"]
    assert share_measured("not at random") == pytest.approx(rule.measured, abs=0.012)
    ill = share_measured("not at random", "consolidation")
    assert ill == pytest.approx(rule.measured_with, abs=0.012)


def test_switching_missing_on_changes_no_value_that_is_measured():
    whole, holes = draw("oedema"), draw("oedema", missing="completely at random")
    for name in VARIABLES:
        seen = ~np.isnan(holes[name])
        np.testing.assert_array_equal(whole[name][seen], holes[name][seen])


def test_missing_not_at_random_is_itself_evidence():
    # only the fact of measurement differs: P = .9 against .35, so the best AUC of this
    # fact alone is .5 + (.9 - .35) / 2 = .775; the values add to it
    mixture = independent_states({"consolidation": 0.3})
    evidence = [Evidence(["crp_mg_l"], missing=name) for name in MISSING]
    auc = {
        e.missing: best_possible_auc("consolidation", mixture, evidence=e).value
        for e in evidence
    }
    assert auc["completely at random"] < auc["nothing"]
    assert auc["not at random"] > max(auc["nothing"], 0.775)


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="missing is 'often'.*completely at random"):
        draw(missing="often")
    with pytest.raises(ValueError, match="states has 3 columns, but expected 8"):
        People(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="consolidation occurs in 0%.*both groups"):
        best_possible_auc("consolidation", independent_states({"oedema": 0.5}))
    with pytest.raises(ValueError, match="nothing to use"):
        best_possible_auc(
            "oedema", independent_states({"oedema": 0.5}), evidence=Evidence(())
        )
