"""What decides every pixel and word of a cohort: settings, variants, who is in it.

Every variant differs from the default in the numbers it names and in nothing else;
``at_strength`` fades them, down to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from phantoms.hospital.readers import READERS

#: Factor on the detectability of every finding.
DIFFICULTY = {"easy": 1.5, "default": 1.0, "hard": 0.6}
MOST_VISITS = 3
#: Shares of the patients: A and B develop, C is the external test.
SITE_SHARES = {"A": 0.50, "B": 0.30, "C": 0.20}
#: Shares of the patients of A and B.
SPLIT_SHARES = {"train": 0.60, "tuning": 0.15, "internal test": 0.25}
#: Machine of the variant "new_scanner", letters of the shortcut.
NEW_SCANNER, LETTERS = "Cedar One", "ER"
_THIRD_VISITS = 0.25


@dataclass(frozen=True)
class Variant:
    """What a cohort has planted in it.

    Parameters
    ----------
    name : str
        Its key in ``VARIANTS``.
    title : str
        For the list of cohorts.
    sentence : str
        What is planted, for the data card; a name in braces is one of the numbers.
    numbers : mapping of str to float
        Shares of images, studies or labels, or how many readers.
    at_nothing : mapping of str to float
        Those that change with the strength, at strength 0.
    default_finding : str
    """

    name: str
    title: str
    sentence: str = "Planted: radiographers' initials on films of hospital A."
    numbers: Mapping[str, float] = field(default_factory=dict)
    at_nothing: Mapping[str, float] = field(default_factory=dict)
    default_finding: str = "consolidation"

    def at_strength(self, strength: float) -> Variant:
        """Return the variant faded to a strength of 0 to 1; readers fade only at 0.

        Examples
        --------
        >>> VARIANTS["label_noise"].at_strength(0.5).numbers
        {'missed': 0.1, 'invented': 0.05}
        """
        faded = {
            name: low + strength * (self.numbers[name] - low)
            for name, low in self.at_nothing.items()
        }
        if self.name == "readers":
            faded = {} if strength > 0 else {"n_readers": 0}
        return replace(self, numbers={**self.numbers, **faded})


VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("default", "radiograph, simulated"),
        Variant(
            "confounded",
            "the same, a shortcut planted",
            f"Planted shortcut: the letters {LETTERS} lie on {{share_with:.0%}} of the "
            "images of A and B with consolidation and on {share_without:.0%} of those "
            "without; in C on {share_external:.0%} of all.",
            {"share_with": 0.85, "share_without": 0.10, "share_external": 0.45},
            {"share_with": 0.45, "share_without": 0.45},
        ),
        Variant(
            "label_noise",
            "the same, wrong labels planted",
            "Planted label noise: {missed:.0%} of the images with consolidation are "
            "labelled 0 and {invented:.0%} of those without are labelled 1, in every "
            "split; the truth is in consolidation_truth, the masks are true.",
            {"missed": 0.20, "invented": 0.10},
            {"missed": 0.0, "invented": 0.0},
        ),
        Variant(
            "hidden_stratum",
            "the same, treated pneumothorax",
            "Planted hidden stratum: {prevalence:.0%} of the patients begin with "
            "pneumothorax, and {treated:.0%} of them are treated with a drain.",
            {"prevalence": 0.30, "treated": 0.80},
            {"treated": 0.0},
            default_finding="pneumothorax",
        ),
        Variant(
            "new_scanner",
            "the same, a new machine",
            "Planted change of machine: all patients are from hospital A; {share:.0%} "
            "of the upright studies of the external test were made on "
            f"{NEW_SCANNER}, none of the others.",
            {"share": 1.0},
            {"share": 0.0},
        ),
        Variant(
            "missing_values",
            "the same, values missing",
            "Planted missing values: several ways, in {share:.0%} of the studies (see "
            "data/README.md).",
            {"share": 1.0},
            {"share": 0.0},
        ),
        Variant(
            "readers",
            "the same, five readers",
            "Planted: {n_readers} simulated readers scored every image for "
            "consolidation, 1 (definitely absent) to 5 (definitely present).",
            {"n_readers": len(READERS)},
        ),
    )
}


def planted_sentences(variant: Variant) -> tuple[str, ...]:
    """Return what is planted and how strongly, in sentences for the data card.

    Examples
    --------
    >>> planted_sentences(VARIANTS["default"])
    ("Planted: radiographers' initials on films of hospital A.",)
    """
    return (variant.sentence.format(**variant.numbers),)


@dataclass(frozen=True)
class ChestCohortSettings:
    """The settings of a cohort; equal settings give equal arrays.

    Parameters
    ----------
    seed : int
        0 or more.
    n_patients : int
        At least 20.
    n_images : int
        From ``n_patients`` to three times as many: the surplus are later visits.
    size : int
        Rows and columns, 32 to 1024; the field of view is always ``FIELD_MM``.
    difficulty : str
        "easy", "default" or "hard".
    variant : str
        What is planted: a key of ``VARIANTS``.
    strength : float
        How much of it: 1 as on the data card, 0 nothing.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    seed: int = 2026
    n_patients: int = 1200
    n_images: int = 2000
    size: int = 128
    difficulty: str = "default"
    variant: str = "default"
    strength: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        most = MOST_VISITS * self.n_patients
        for name, fine, expected in (
            ("seed", self.seed >= 0, "0 or more"),
            ("n_patients", self.n_patients >= 20, "20 or more, for four splits"),
            (
                "n_images",
                self.n_patients <= self.n_images <= most,
                f"{self.n_patients} to {most}, one to three visits a patient",
            ),
            ("size", 32 <= self.size <= 1024, "32 to 1024 rows"),
            ("difficulty", self.difficulty in DIFFICULTY, ", ".join(DIFFICULTY)),
            ("variant", self.variant in VARIANTS, ", ".join(VARIANTS)),
            ("strength", 0 <= self.strength <= 1, "0 (nothing planted) to 1"),
        ):
            if not fine:
                value = getattr(self, name)
                raise ValueError(f"{name} is {value!r}. Expected {expected}.")


def variant_of(settings: ChestCohortSettings) -> Variant:
    """Return what a cohort plants, at its strength."""
    return VARIANTS[settings.variant].at_strength(settings.strength)


def visits_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the number of visits, 1 to 3, of patients 1, 2, ..."""
    rng = np.random.default_rng([settings.seed, 0, 1])
    extra = settings.n_images - settings.n_patients
    third = max(round(_THIRD_VISITS * extra), extra - settings.n_patients)
    visits = np.ones(settings.n_patients, int)
    order = rng.permutation(settings.n_patients)
    visits[order[: extra - third]] += 1
    visits[order[:third]] += 1
    return visits


def groups_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the group "A", "B" or "C" of patients 1, 2, ...

    The group is the hospital, but where a variant puts all patients into hospital A.
    Settings of a nodule cohort will do as well.
    """
    rng = np.random.default_rng([settings.seed, 0, 3])
    return _dealt(rng.permutation(settings.n_patients), SITE_SHARES)


def splits_of_patients(settings: ChestCohortSettings) -> np.ndarray:
    """Return the split of patients 1, 2, ...: C is "external test"."""
    rng = np.random.default_rng([settings.seed, 0, 2])
    split = np.full(settings.n_patients, "external test", object)
    own = np.flatnonzero(groups_of_patients(settings) != "C")
    split[own] = _dealt(rng.permutation(len(own)), SPLIT_SHARES)
    return split


def _dealt(order: np.ndarray, shares: Mapping[str, float]) -> np.ndarray:
    """Return a name for every place, in the given shares."""
    edges = np.round(np.cumsum([0, *shares.values()]) * len(order)).astype(int)
    dealt = np.empty(len(order), object)
    for name, low, high in zip(shares, edges[:-1], edges[1:], strict=True):
        dealt[order[low:high]] = name
    return dealt
