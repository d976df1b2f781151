"""How often the writer of a report does what: misses, hedges, copies, mistypes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Habits:
    """How often a writer does what. Chosen for teaching; they describe no hospital.

    Parameters
    ----------
    missed, overcalled : mapping of str to float
        Share of present findings that are not seen, of absent ones that are seen.
        Small findings are missed twice as often.
    denied : mapping of str to float
        Share of findings not seen that the text denies; of the rest it is silent.
    hedged : float
        Share of findings seen that are called possible; half of the over-called.
    paraphrased : float
        Share of assertions without any of the ``SYNONYMS``.
    implied : float
        Share of denials in other words ("the lungs are clear").
    copied : float
        Share of later reports that carry sentences over from the previous one.
    wrong_side : float
        Share of findings on one side that are put on the other.
    typos : float
        Share of the longer words that are mistyped.
    """

    missed: Mapping[str, float] = field(
        default_factory=lambda: {
            "consolidation": 0.07,
            "nodule": 0.20,
            "effusion": 0.08,
            "pneumothorax": 0.08,
            "cardiomegaly": 0.10,
            "tuberculosis": 0.08,
            "oedema": 0.15,
        }
    )
    overcalled: Mapping[str, float] = field(
        default_factory=lambda: {
            "consolidation": 0.04,
            "nodule": 0.03,
            "effusion": 0.03,
            "pneumothorax": 0.005,
            "cardiomegaly": 0.05,
            "tuberculosis": 0.01,
            "oedema": 0.04,
        }
    )
    denied: Mapping[str, float] = field(
        default_factory=lambda: {
            "consolidation": 0.80,
            "nodule": 0.30,
            "effusion": 0.75,
            "pneumothorax": 0.70,
            "cardiomegaly": 0.70,
            "tuberculosis": 0.10,
            "oedema": 0.35,
        }
    )
    hedged: float = 0.18
    paraphrased: float = 0.10
    implied: float = 0.30
    copied: float = 0.12
    wrong_side: float = 0.01
    typos: float = 0.006


HABITS = Habits()
