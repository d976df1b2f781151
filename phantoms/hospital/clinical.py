"""Symptoms, laboratory values and a tumour marker with known effects of the findings.

Every variable is drawn from a model with stated parameters (``VARIABLES``), given what
is truly there. So the likelihood of any value is known, and with it the best area
under the ROC curve that any method can reach: see ``best_possible``. The
parameters are of a plausible size but chosen for teaching; they describe no population.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from phantoms.hospital.clinical_models import CONDITIONS, Amount, YesNo

#: Every clinical variable and how the findings move it: the one table of effects.
VARIABLES: dict[str, YesNo | Amount] = {
    "fever": YesNo(0.07, {"consolidation": 5.0, "tuberculosis": 4.0, "effusion": 1.5}),
    "cough": YesNo(
        0.22, {"consolidation": 3.0, "tuberculosis": 6.0, "oedema": 2, "malignant": 1.7}
    ),
    "dyspnoea": YesNo(
        0.15,
        {
            "consolidation": 2.0,
            "effusion": 3.5,
            "pneumothorax": 5.0,
            "oedema": 7.0,
            "cardiomegaly": 2.0,
        },
    ),
    "crp_mg_l": Amount(
        median=4.0,
        spread=1.2,
        times={"consolidation": 4.0, "tuberculosis": 3.0, "effusion": 1.6},
        step=1.0,
        limits=(1.0, 400.0),
    ),
    "spo2_percent": Amount(
        median=3.0,
        spread=0.40,
        times={
            "consolidation": 1.35,
            "effusion": 1.3,
            "pneumothorax": 1.4,
            "oedema": 1.8,
        },
        step=1.0,
        limits=(70.0, 100.0),
        minus_from=100.0,
    ),
    "pack_years": Amount(
        median=0.40,
        spread=0.75,
        times={"malignant": 1.7, "tuberculosis": 1.2},
        step=1.0,
        limits=(1.0, 150.0),
        per_year=True,
        nonzero=YesNo(0.40, {"malignant": 4.0, "tuberculosis": 1.5}),
    ),
    "marker_expression": Amount(
        median=1.0,
        spread=1.0,
        times={"malignant": 3.0},
        step=0.01,
        limits=(0.01, 100.0),
        only_with="nodule",
    ),
}
#: Variables that belong to the person: the same at every visit.
LIFELONG = ("pack_years", "marker_expression")


@dataclass(frozen=True)
class Missing:
    """When a variable is not measured.

    Parameters
    ----------
    variable : str
        A key of ``VARIABLES``.
    measured : float
        Share of studies in which it is measured.
    because_of : str, optional
        A symptom (missing at random: the reason is in the table) or a condition
        (missing not at random: the doctor saw something that the table lacks).
    measured_with : float
        The share where that symptom or condition is there.
    """

    variable: str
    measured: float
    because_of: str | None = None
    measured_with: float = 1.0


MISSING: dict[str, tuple[Missing, ...]] = {
    "nothing": (),
    "completely at random": (
        Missing("crp_mg_l", 0.55),
        Missing("spo2_percent", 0.80),
    ),
    "at random": (Missing("crp_mg_l", 0.35, "fever", 0.95),),
    "not at random": (Missing("crp_mg_l", 0.35, "consolidation", 0.90),),
    "several ways": (
        Missing("crp_mg_l", 0.35, "consolidation", 0.90),
        Missing("spo2_percent", 0.40, "dyspnoea", 0.95),
        Missing("pack_years", 0.75),
    ),
}


@dataclass(frozen=True)
class People:
    """Of whom clinical values are drawn.

    Parameters
    ----------
    states : int array of shape (n, 8)
        0 or 1 for each of ``CONDITIONS``.
    age : int array of shape (n,)
        Years.
    """

    states: np.ndarray
    age: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Fill in the age of 60, at which no effect differs from any other age."""
        states = np.atleast_2d(np.asarray(self.states, int))
        if states.shape[1] != len(CONDITIONS):
            raise ValueError(
                f"states has {states.shape[1]} columns, but expected "
                f"{len(CONDITIONS)}: {', '.join(CONDITIONS)}."
            )
        age = np.full(len(states), 60) if self.age is None else np.asarray(self.age)
        object.__setattr__(self, "states", states)
        object.__setattr__(self, "age", age)


def draw_clinical(
    people: People, rng: np.random.Generator, *, missing: str = "nothing"
) -> dict[str, np.ndarray]:
    """Return every clinical variable, given what is truly there.

    Parameters
    ----------
    people : People
    rng : numpy.random.Generator
        One uniform number a variable and person is taken whatever happens, so that
        switching one thing moves no other.
    missing : str
        A key of ``MISSING``.

    Returns
    -------
    dict of str to float array of shape (n,)
        Symptoms as 0.0 and 1.0; NaN where a value was not measured.
    """
    n = len(people.states)
    values = {
        name: model.draw(people.states, people.age, rng.random(n))
        for name, model in VARIABLES.items()
    }
    there = {name: people.states[:, k] == 1 for k, name in enumerate(CONDITIONS)}
    return hide_values(values, there, rng, missing=missing)


def hide_values(
    values: Mapping[str, np.ndarray | float],
    there: Mapping[str, np.ndarray | bool],
    rng: np.random.Generator,
    *,
    missing: str,
) -> dict[str, np.ndarray]:
    """Return clinical values with NaN where they were not measured.

    Parameters
    ----------
    values : mapping of str to float array of shape (n,), or floats
        Every variable.
    there : mapping of str to bool array of shape (n,), or bools
        Every condition.
    rng : numpy.random.Generator
    missing : str
        A key of ``MISSING``.
    """
    kept = dict(values)
    hidden = {name: rng.random(np.shape(value)) for name, value in values.items()}
    for rule in _rules(missing):
        because = np.zeros(np.shape(values[rule.variable]), bool)
        if rule.because_of is not None:
            because = there.get(rule.because_of, values.get(rule.because_of, 0.0) == 1)
        share = np.where(because, rule.measured_with, rule.measured)
        measured = hidden[rule.variable] < share
        kept[rule.variable] = np.where(measured, values[rule.variable], np.nan)[()]
    return kept


def _rules(missing: str) -> tuple[Missing, ...]:
    if missing not in MISSING:
        raise ValueError(
            f"missing is {missing!r}. Choose one of: {', '.join(MISSING)}."
        )
    return MISSING[missing]
