"""The best area under the ROC curve that clinical values, and an image, allow.

By the lemma of Neyman and Pearson no rule separates two groups better than the
likelihood ratio. The generator knows it exactly: it drew the values. Conditions other
than the one asked for are averaged over, as often as they occur together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import logsumexp, ndtr
from scipy.stats import rankdata

from phantoms.hospital import clinical
from phantoms.hospital.clinical import CONDITIONS, VARIABLES, draw_clinical

#: Why values are not measured: variable, share measured, because of which symptom or
#: condition, share then.
MECHANISMS = {
    "nothing": (),
    "completely at random": (
        ("crp_mg_l", 0.55, "", 1.0),
        ("spo2_percent", 0.80, "", 1.0),
    ),
    "at random": (("crp_mg_l", 0.35, "fever", 0.95),),
    "not at random": (("crp_mg_l", 0.35, "consolidation", 0.90),),
}
AGE = 60  # years, of all simulated cases


@dataclass(frozen=True)
class Mixture:
    """Which states occur, and how often.

    Parameters
    ----------
    states : int array of shape (k, 8)
        Different rows of 0 and 1 for each of ``CONDITIONS``.
    weights : float array of shape (k,)
        Shares, adding up to 1.
    """

    states: np.ndarray
    weights: np.ndarray

    def given(self, condition: str) -> Mixture:
        """Return the part in which a condition is there, its weights again adding to 1.

        A malignant nodule is to be told from a benign one: ``mixture.given("nodule")``.
        """
        there = self.states[:, CONDITIONS.index(condition)] == 1
        weights = self.weights[there]
        return Mixture(self.states[there], weights / weights.sum())


@dataclass(frozen=True)
class Evidence:
    """What a decision may use.

    Parameters
    ----------
    variables : sequence of str
        Keys of ``VARIABLES``; ``()`` for the image alone.
    image_d : float, optional
        Also an image score: normal with standard deviation 1 and a mean higher by this
        much when the condition is there (d'), independent of the rest.
    missing : str
        A key of ``MECHANISMS``.
    """

    variables: Sequence[str] = tuple(VARIABLES)
    image_d: float | None = None
    missing: str = "nothing"


@dataclass(frozen=True)
class BestAuc:
    """A best possible AUC by simulation.

    Parameters
    ----------
    value, standard_error : float
        The error is that of the simulation alone (Hanley and McNeil 1982).
    """

    value: float
    standard_error: float


def independent_states(shares: Mapping[str, float]) -> Mixture:
    """Return all combinations of conditions that occur independently.

    Parameters
    ----------
    shares : mapping of str to float
        Share of each condition; that of "malignant" is among nodules. A condition that
        is not named never occurs.

    Examples
    --------
    >>> independent_states({"effusion": 0.25}).weights.tolist()
    [0.75, 0.25]
    """
    states, weights = [], []
    choices = [(0, 1) if shares.get(name, 0) > 0 else (0,) for name in CONDITIONS]
    for state in product(*choices):
        there = dict(zip(CONDITIONS, state, strict=True))
        used = {**shares}
        if not there["nodule"]:
            used["malignant"] = 0.0
        odds = [
            used.get(name, 0.0) if yes else 1 - used.get(name, 0.0)
            for name, yes in there.items()
        ]
        if np.prod(odds) > 0:
            states.append(state)
            weights.append(np.prod(odds))
    return Mixture(np.array(states), np.array(weights))


def states_of(table: pd.DataFrame) -> Mixture:
    """Return the states of a cohort's table and how often each occurs.

    Parameters
    ----------
    table : pandas.DataFrame
        With 0/1 columns named as in ``CONDITIONS``; a missing column counts as 0.
    """
    states = np.array([table.get(name, 0 * table.index) for name in CONDITIONS], int).T
    different, counts = np.unique(states, axis=0, return_counts=True)
    return Mixture(different, counts / counts.sum())


def best_possible_auc(
    condition: str,
    mixture: Mixture,
    *,
    evidence: Evidence = Evidence(),  # noqa: B008 - frozen
    n: int = 20_000,
    seed: int = 0,
) -> BestAuc:
    """Return the AUC of the true likelihood ratio of a condition.

    Parameters
    ----------
    condition : str
        One of ``CONDITIONS``.
    mixture : Mixture
        What else occurs; see ``states_of`` and ``independent_states``.
    evidence : Evidence
        What may be used; by default all clinical variables and no image.
    n, seed : int
        Simulated cases of each group.

    Raises
    ------
    ValueError
        If the condition always or never occurs, or nothing is left to use.

    References
    ----------
    Neyman J, Pearson ES. Phil Trans R Soc A 1933;231:289-337.
    """
    column = CONDITIONS.index(condition)
    truly = mixture.states[:, column] == 1
    if truly.all() or not truly.any():
        raise ValueError(
            f"{condition} occurs in {mixture.weights[truly].sum():.0%} of the cases, "
            "but both groups are needed. Give another mixture of states."
        )
    if not evidence.variables and evidence.image_d is None:
        raise ValueError("variables is empty and image_d is None: nothing to use.")
    rng = np.random.default_rng([seed, 71])
    groups = [_drawn_states(mixture, group, n, rng) for group in (~truly, truly)]
    states = np.concatenate(groups)
    values = draw_clinical(states, np.full(len(states), AGE), rng)
    values = _with_holes(values, states, rng, evidence.missing)
    log_like = _log_likelihoods(values, mixture, evidence)
    score = _log_ratio(log_like, mixture.weights, truly)
    if evidence.image_d is not None:
        image = rng.standard_normal(2 * n) + evidence.image_d * np.repeat([0, 1], n)
        score = score + evidence.image_d * image
    return _area(score[n:], score[:n])


def auc_of_d(d: float) -> float:
    """Return the AUC of two normal groups that lie d standard deviations apart.

    Examples
    --------
    >>> round(auc_of_d(1.0), 2)
    0.76
    """
    return float(ndtr(d / np.sqrt(2)))


def _drawn_states(
    mixture: Mixture, group: np.ndarray, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Return n states of one group, shape (n, 8)."""
    weights = np.where(group, mixture.weights, 0)
    return mixture.states[rng.choice(len(weights), n, p=weights / weights.sum())]


def _with_holes(values, states, rng: np.random.Generator, missing: str) -> dict:
    """Return values with NaN where a mechanism leaves them unmeasured."""
    hidden = {name: rng.random(len(states)) for name in values}
    kept = dict(values)
    for name, share, reason, share_then in MECHANISMS[missing]:
        because = np.zeros(len(states), bool)
        if reason in CONDITIONS:
            because = states[:, CONDITIONS.index(reason)] == 1
        elif reason:
            because = values[reason] == 1
        measured = hidden[name] < np.where(because, share_then, share)
        kept[name] = np.where(measured, values[name], np.nan)
    return kept


def _log_likelihoods(
    values: Mapping[str, np.ndarray], mixture: Mixture, evidence: Evidence
) -> np.ndarray:
    """Return log P(all used values given each state), shape (n, k)."""
    total = np.zeros((len(values["fever"]), len(mixture.states)))
    rules = {rule[0]: rule for rule in MECHANISMS[evidence.missing]}
    for name in evidence.variables:
        for k, state in enumerate(mixture.states):
            part = log_likelihood(name, values[name], state)
            if name in rules:
                part = _with_missing(part, values[name], rules[name], state)
            total[:, k] += part
    return total


def log_likelihood(
    name: str, values: np.ndarray, state: np.ndarray, age: int = AGE
) -> np.ndarray:
    """Return log P(reported value given one state), shape (n,).

    A reported amount stands for the interval that is rounded to it; a missing tumour
    marker says that there is no nodule.

    Parameters
    ----------
    name : str
        A key of ``VARIABLES``.
    values : float array of shape (n,)
    state : int array of shape (8,)
    age : int
        Years.
    """
    model, states = VARIABLES[name], state[None]
    any_at_all = clinical.chance_of_any(name, states)[0]
    with np.errstate(divide="ignore"):
        yes, no = np.log([any_at_all, 1 - any_at_all])
    if model.is_symptom:
        return np.where(values == 1, yes, no)
    marker = name == clinical.MARKER
    if marker and not state[CONDITIONS.index("nodule")]:
        return np.where(np.isnan(values), 0.0, -np.inf)
    centre = clinical.log_median(name, states, np.array([age]))[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.log(_edges(name, values)) - centre) / model.spread
        # the difference in the lower tail is the accurate one
        z = np.where(z[0] > 0, -z[::-1], z)
        inside = yes + np.log(ndtr(z[1]) - ndtr(z[0]))
    inside = np.where(values == 0, no, inside) if any_at_all < 1 else inside
    return np.where(np.isnan(values), -np.inf, inside) if marker else inside


def _edges(name: str, values: np.ndarray) -> np.ndarray:
    """Return the smallest and largest amount that is reported as each value."""
    model = VARIABLES[name]
    low, high = values - model.step / 2, values + model.step / 2
    low = np.where(values <= model.lowest, -np.inf, low)
    high = np.where(values >= model.highest, np.inf, high)
    if name == clinical.SATURATION:
        low, high = 100.0 - high, 100.0 - low
    return np.array([np.maximum(low, 0.0), high])


def _with_missing(part, values, rule, state) -> np.ndarray:
    """Return a likelihood in which missing says only what its mechanism allows."""
    _, share, reason, share_then = rule
    gone = np.isnan(values)
    if reason not in CONDITIONS:
        return np.where(gone, 0.0, part)
    there = state[CONDITIONS.index(reason)] == 1
    share = share_then if there else share
    return np.where(gone, np.log1p(-share), part + np.log(share))


def _log_ratio(
    log_like: np.ndarray, weights: np.ndarray, truly: np.ndarray
) -> np.ndarray:
    """Return log P(values | there) - log P(values | not there), shape (n,)."""
    parts = [
        logsumexp(log_like[:, group], axis=1, b=weights[group] / weights[group].sum())
        for group in (truly, ~truly)
    ]
    # a value that is impossible without the condition is worth more than any other
    return np.clip(parts[0], -1e6, None) - np.clip(parts[1], -1e6, None)


def _area(positive: np.ndarray, negative: np.ndarray) -> BestAuc:
    """Return the area under the ROC curve, ties counted half."""
    n_pos, n_neg = len(positive), len(negative)
    ranks = rankdata(np.concatenate([positive, negative]))
    area = (ranks[:n_pos].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (n_pos - 1) * (q1 - area**2)
    spread = spread + (n_neg - 1) * (q2 - area**2)
    return BestAuc(float(area), float(np.sqrt(spread / (n_pos * n_neg))))
