"""What two splits share, as a report to read and as an error to stop at."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


class LeakageError(ValueError):
    """The same patient, or the same image, lies in more than one split."""


@dataclass(frozen=True)
class LeakageReport:
    """What two splits share.

    Attributes
    ----------
    splits : tuple of str
        Splits that were compared.
    n_patients, n_images : int
        Size of the table.
    shared_patients : pandas.DataFrame
        One row per patient that lies in more than one split: ``patient_id``,
        ``splits``, ``images``.
    duplicates_within : tuple of tuple of int
        Groups of equal images inside one split (rows of the table, by position).
    duplicates_across : tuple of tuple of int
        Groups of equal images in more than one split.
    images_compared : bool
        Whether images were given, so that duplicates could be looked for.
    near_pairs : pandas.DataFrame or None
        Changed copies (see `near_duplicates`) with ``across`` True where the two images
        lie in different splits; None if they were not looked for.
    """

    splits: tuple[str, ...]
    n_patients: int
    n_images: int
    shared_patients: pd.DataFrame
    duplicates_within: tuple[tuple[int, ...], ...]
    duplicates_across: tuple[tuple[int, ...], ...]
    images_compared: bool
    near_pairs: pd.DataFrame | None = None

    @property
    def clean(self) -> bool:
        """Whether no patient, image or changed copy lies in more than one split."""
        return (
            self.shared_patients.empty
            and not self.duplicates_across
            and self.near_across.empty
        )

    @property
    def near_across(self) -> pd.DataFrame:
        """Pairs of changed copies in different splits; empty if not looked for."""
        if self.near_pairs is None:
            return pd.DataFrame(columns=["first", "second", "similarity"])
        return self.near_pairs[self.near_pairs["across"]].drop(columns="across")

    def describe(self) -> str:
        """Return the findings in two to four lines."""
        lines = [
            f"{self.n_images} images of {self.n_patients} patients in "
            f"{len(self.splits)} splits ({', '.join(self.splits)}).",
            f"Patients in more than one split: {len(self.shared_patients)}."
            + _examples(self.shared_patients),
        ]
        if self.images_compared:
            across, within = len(self.duplicates_across), len(self.duplicates_within)
            lines.append(
                f"Groups of identical images: {across} across splits, "
                f"{within} within one split."
            )
        if self.near_pairs is not None:
            across = len(self.near_across)
            lines.append(
                f"Pairs of near-duplicates: {across} across splits, "
                f"{len(self.near_pairs) - across} within one split."
            )
        return "\n".join(lines)

    def require_clean(self) -> None:
        """Raise `LeakageError` if a patient or an image lies in more than one split."""
        if not self.shared_patients.empty:
            raise LeakageError(
                f"{len(self.shared_patients)} of {self.n_patients} patients lie in "
                f"more than one split, expected 0.{_examples(self.shared_patients)} "
                "Split by patient: helpers.patient_splits.split_patients deals each "
                "patient once."
            )
        if self.duplicates_across:
            raise LeakageError(
                f"{len(self.duplicates_across)} groups of identical images lie in more "
                "than one split, expected 0; the first is rows "
                f"{list(self.duplicates_across[0])}. Find out whether they are one "
                "patient, and keep them in one split or leave the copies out."
            )
        if not self.near_across.empty:
            first, second, similarity = self.near_across.iloc[0]
            raise LeakageError(
                f"{len(self.near_across)} pairs of near-duplicates lie in more than "
                f"one split, expected 0; the most alike are rows {first:.0f} and "
                f"{second:.0f} (similarity {similarity:.3f}). Look at the pairs: keep "
                "copies of one image, and films of one patient, in one split."
            )


def _examples(shared: pd.DataFrame, *, most: int = 3) -> str:
    """Name the first few shared patients."""
    if shared.empty:
        return ""
    named = [
        f"{row.patient_id} ({row.images} images: {row.splits})"
        for row in shared.head(most).itertuples()
    ]
    more = f" and {len(shared) - most} more" if len(shared) > most else ""
    return f" For example {', '.join(named)}{more}."
