"""Symptoms, laboratory values and a tumour marker with known effects of the findings.

Every variable is drawn from a model with stated parameters (``clinical.csv``), given
what is truly there: so the likelihood of any value is known, and with it the best use
of it. The parameters are of a plausible size but chosen for teaching; they describe no
population.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.special import expit, logit, ndtri

from phantoms.findings.finding import FINDINGS

#: Columns of a state: what may truly be there.
CONDITIONS = (*FINDINGS, "malignant")
SYMPTOMS = ("fever", "cough", "dyspnoea")
#: Variables that belong to the person: the same at every visit.
LIFELONG = ("pack_years", "marker_expression")
SATURATION, MARKER, SMOKING = "spo2_percent", "marker_expression", "pack_years"
_FIRST_SMOKING_AGE = 16
#: Variable, share measured, because of which symptom or condition, share then.
MISSING = (
    ("crp_mg_l", 0.35, "consolidation", 0.90),  # not at random: not in the table
    ("spo2_percent", 0.40, "dyspnoea", 0.95),  # at random: the reason is in the table
    ("pack_years", 0.75, "", 1.0),  # completely at random
)


@dataclass(frozen=True)
class Variable:
    """One variable: a symptom by logistic regression, or a log-normal amount.

    Parameters
    ----------
    share : float
        Probability of yes, or of any amount at all, when nothing is there.
    odds_ratio : mapping of str to float
        Factor on the odds of it for each condition that is there.
    times : mapping of str to float
        Factor on the median for each condition that is there.
    median, spread : float
        Of the amount when nothing is there; standard deviation of its natural
        logarithm. 0 for a symptom. Of oxygen saturation the amount is what lacks to
        100 %; of smoking it is that of one year after the age of 16.
    step : float
        Rounding of the value.
    lowest, highest : float
        Values that are reported.
    """

    share: float
    median: float
    spread: float
    step: float
    lowest: float
    highest: float
    odds_ratio: Mapping[str, float] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_symptom(self) -> bool:
        """Whether the values are yes and no."""
        return self.median == 0


def _read_variables() -> dict[str, Variable]:
    """Return ``clinical.csv``: numbers, then factors on odds and on the median."""
    found = {}
    path = Path(__file__).with_name("clinical.csv")
    with path.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            name, effect = row.pop("variable"), row.pop("factor_on")
            stated = {key: float(text) for key, text in row.items() if text}
            factors = {key: stated.pop(key) for key in CONDITIONS if key in stated}
            found.setdefault(name, {}).update({effect: factors} | stated)
    return {name: Variable(**numbers) for name, numbers in found.items()}


VARIABLES: dict[str, Variable] = _read_variables()


def log_effect(states: np.ndarray, factors: Mapping[str, float]) -> np.ndarray:
    """Return the sum of the logarithms of all factors that apply, shape (n,).

    Parameters
    ----------
    states : int array of shape (n, 8)
        0 or 1 for each of ``CONDITIONS``.
    factors : mapping of str to float

    Examples
    --------
    >>> states = np.array([[1, 0, 0, 0, 0, 0, 1, 0]])
    >>> np.exp(log_effect(states, {"consolidation": 3.0, "oedema": 2.0})).round(6)
    array([6.])
    """
    logs = np.array([np.log(factors.get(name, 1.0)) for name in CONDITIONS])
    return np.asarray(states, float) @ logs


def chance_of_any(name: str, states: np.ndarray) -> np.ndarray:
    """Return the probability of a symptom, or of any amount at all, shape (n,)."""
    model = VARIABLES[name]
    if model.share == 1:
        return np.ones(len(states))
    return expit(logit(model.share) + log_effect(states, model.odds_ratio))


def log_median(name: str, states: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the logarithm of the median amount, shape (n,)."""
    model = VARIABLES[name]
    centre = np.log(model.median) + log_effect(states, model.times)
    if name != SMOKING:
        return centre
    return centre + np.log(np.maximum(np.asarray(age) - _FIRST_SMOKING_AGE, 1.0))


def draw_clinical(
    states: np.ndarray, age: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return every clinical variable, given what is truly there.

    Parameters
    ----------
    states : int array of shape (n, 8)
        0 or 1 for each of ``CONDITIONS``.
    age : int array of shape (n,)
        Years.
    rng : numpy.random.Generator
        One uniform number a variable and person is taken whatever happens, so that
        switching one thing moves no other.

    Returns
    -------
    dict of str to float array of shape (n,)
        Symptoms as 0.0 and 1.0; the tumour marker is NaN without a nodule.
    """
    return {name: _drawn(name, states, age, rng.random(len(age))) for name in VARIABLES}


def _drawn(name: str, states, age, uniform: np.ndarray) -> np.ndarray:
    """Return one variable as a laboratory would report it, shape (n,)."""
    model, chance = VARIABLES[name], chance_of_any(name, states)
    if model.is_symptom:
        return (uniform < chance).astype(float)
    none = 1 - chance
    rest = np.clip((uniform - none) / (1 - none), 1e-12, 1 - 1e-12)
    amount = np.exp(log_median(name, states, age) + model.spread * ndtri(rest))
    value = 100.0 - amount if name == SATURATION else amount
    value = np.round(value / model.step) * model.step
    value = np.round(np.clip(value, model.lowest, model.highest), 6)
    value = np.where(uniform < none, 0.0, value)
    if name == MARKER:
        value = np.where(states[:, CONDITIONS.index("nodule")] == 1, value, np.nan)
    return value


def hide_values(
    values: Mapping[str, float], there: Mapping[str, bool], rng: np.random.Generator
) -> dict[str, float]:
    """Return one study's clinical values with NaN where they were not measured.

    Parameters
    ----------
    values : mapping of str to float
        Every variable.
    there : mapping of str to bool
        Every condition.
    rng : numpy.random.Generator
        One number a variable is taken whatever happens.
    """
    hidden = {name: rng.random() for name in values}
    kept = dict(values)
    for name, share, reason, share_then in MISSING:
        because = there.get(reason, values.get(reason, 0.0) == 1)
        if hidden[name] >= (share_then if because else share):
            kept[name] = np.nan
    return kept
