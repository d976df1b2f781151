"""Models of a symptom and of a measured amount, given what is truly there.

A model can be drawn from and can say how likely a value is; both use the same
parameters, so the best possible use of a value is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

#: Columns of a state: what may truly be there.
CONDITIONS = (
    "consolidation",
    "nodule",
    "effusion",
    "pneumothorax",
    "cardiomegaly",
    "tuberculosis",
    "oedema",
    "malignant",
)
_FIRST_SMOKING_AGE = 16


def _effect(states: np.ndarray, factors: Mapping[str, float]) -> np.ndarray:
    """Return the sum of the logarithms of all factors that apply, shape (n,)."""
    logs = np.array([np.log(factors.get(name, 1.0)) for name in CONDITIONS])
    return np.asarray(states, float) @ logs


@dataclass(frozen=True)
class YesNo:
    """A symptom by logistic regression.

    Parameters
    ----------
    share : float
        Probability when nothing is there.
    odds_ratio : mapping of str to float
        Factor on the odds for each condition that is there.
    """

    share: float
    odds_ratio: Mapping[str, float]

    def chance(self, states: np.ndarray) -> np.ndarray:
        """Return the probability of yes, shape (n,)."""
        return expit(logit(self.share) + _effect(states, self.odds_ratio))

    def draw(self, states: np.ndarray, age: np.ndarray, uniform: np.ndarray):
        """Return 0.0 or 1.0, shape (n,)."""
        return (uniform < self.chance(states)).astype(float)

    def log_likelihood(self, values: np.ndarray, age: np.ndarray, state: np.ndarray):
        """Return log P(value given one state), shape (n,)."""
        yes = self.chance(state[None])[0]
        return np.where(values == 1, np.log(yes), np.log1p(-yes))


@dataclass(frozen=True)
class Amount:
    """A log-normal amount, rounded as it is reported.

    Parameters
    ----------
    median : float
        When nothing is there.
    spread : float
        Standard deviation of the natural logarithm.
    times : mapping of str to float
        Factor on the median for each condition that is there.
    step : float
        Rounding of the value.
    limits : tuple of float
        Lowest and highest value that is reported.
    minus_from : float, optional
        The value is this number less the amount (oxygen saturation: 100).
    per_year : bool
        The amount grows with every year after the age of 16.
    nonzero : YesNo, optional
        Chance that there is any amount at all; otherwise the value is 0.
    only_with : str, optional
        Condition without which the value does not exist (NaN).
    """

    median: float
    spread: float
    times: Mapping[str, float]
    step: float
    limits: tuple[float, float]
    minus_from: float | None = None
    per_year: bool = False
    nonzero: YesNo | None = None
    only_with: str | None = None

    def _centre(self, states: np.ndarray, age: np.ndarray) -> np.ndarray:
        years = np.maximum(np.asarray(age, float) - _FIRST_SMOKING_AGE, 1)
        grown = np.log(years) if self.per_year else 0.0
        return np.log(self.median) + _effect(states, self.times) + grown

    def draw(self, states: np.ndarray, age: np.ndarray, uniform: np.ndarray):
        """Return the values that a laboratory would report, shape (n,)."""
        none = 1 - self.nonzero.chance(states) if self.nonzero else np.zeros(len(age))
        rest = np.clip((uniform - none) / (1 - none), 1e-12, 1 - 1e-12)
        amount = np.exp(self._centre(states, age) + self.spread * ndtri(rest))
        value = self._reported(amount)
        value = np.where(uniform < none, 0.0, value)
        if self.only_with:
            there = np.asarray(states)[:, CONDITIONS.index(self.only_with)]
            value = np.where(there == 1, value, np.nan)
        return value

    def _reported(self, amount: np.ndarray) -> np.ndarray:
        value = amount if self.minus_from is None else self.minus_from - amount
        rounded = np.round(value / self.step) * self.step
        return np.round(np.clip(rounded, *self.limits), 6)

    def log_likelihood(self, values: np.ndarray, age: np.ndarray, state: np.ndarray):
        """Return log P(reported value given one state), shape (n,).

        A reported value stands for the interval that is rounded to it; a missing one
        says that its condition is absent.
        """
        if self.only_with and not state[CONDITIONS.index(self.only_with)]:
            return np.where(np.isnan(values), 0.0, -np.inf)
        states = np.broadcast_to(state, (len(values), len(state)))
        low, high = self._edges(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (np.log([low, high]) - self._centre(states, age)) / self.spread
            # the difference in the lower tail is the accurate one
            z = np.where(z[0] > 0, -z[::-1], z)
            inside = np.log(ndtr(z[1]) - ndtr(z[0]))
        if self.nonzero:
            any_amount = self.nonzero.chance(state[None])[0]
            inside = np.where(
                values == 0, np.log1p(-any_amount), np.log(any_amount) + inside
            )
        return np.where(np.isnan(values), -np.inf, inside) if self.only_with else inside

    def _edges(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the smallest and largest amount that is reported as each value."""
        low, high = values - self.step / 2, values + self.step / 2
        low = np.where(values <= self.limits[0], -np.inf, low)
        high = np.where(values >= self.limits[1], np.inf, high)
        if self.minus_from is not None:
            low, high = self.minus_from - high, self.minus_from - low
        return np.maximum(low, 0.0), high
