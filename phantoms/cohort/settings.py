"""What decides every pixel and every word of a cohort."""

from __future__ import annotations

from dataclasses import dataclass

from phantoms.cohort.named import VARIANTS

#: Factor on the detectability of every finding.
DIFFICULTY = {"easy": 1.5, "default": 1.0, "hard": 0.6}
MOST_VISITS = 3


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
        self._check_numbers()
        if not 32 <= self.size <= 1024:
            raise ValueError(
                f"size is {self.size}, but a radiograph can have 32 to 1024 rows. "
                "The lessons use 128."
            )
        if self.difficulty not in DIFFICULTY:
            raise ValueError(
                f"difficulty is {self.difficulty!r}. "
                f"Choose one of: {', '.join(DIFFICULTY)}."
            )
        if self.variant not in VARIANTS:
            raise ValueError(
                f"variant is {self.variant!r}. Choose one of: {', '.join(VARIANTS)}."
            )
        if not 0 <= self.strength <= 1:
            raise ValueError(
                f"strength is {self.strength}, but it lies between 0 (nothing "
                "planted) and 1 (as the data card says)."
            )

    def _check_numbers(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}, but it must be 0 or more.")
        if self.n_patients < 20:
            raise ValueError(
                f"n_patients is {self.n_patients}, but three hospitals and four "
                "splits need at least 20."
            )
        most = MOST_VISITS * self.n_patients
        if not self.n_patients <= self.n_images <= most:
            raise ValueError(
                f"n_images is {self.n_images} for {self.n_patients} patients. Each "
                f"patient has one to {MOST_VISITS} visits, so choose a number from "
                f"{self.n_patients} to {most}."
            )
