"""The cohort: images, one table row per image, masks and a card, always in one form.

Every lesson takes a `Cohort` and never asks where it came from. `validate` checks the
form when a cohort is loaded (`helpers.cohorts.load`).
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from helpers.patient_splits import check_leakage, is_missing

SPLITS = ("train", "tuning", "internal test", "external test")
LACKING = {
    "patients": "does not say which images belong to one patient: each image is "
    "counted as a patient of its own.",
    "visits": "knows no patient with more than one visit.",
    "masks": "has no masks: where a finding is, is not known.",
    "sites": "comes from one site only.",
}


class CohortError(ValueError):
    """A cohort that cannot be used; the message says what to do about it."""


@dataclass(frozen=True)
class Card:
    """What a reader must know about a cohort before believing a number from it.

    Parameters
    ----------
    title, origin, licence, citation : str
        Whose images these are, and on what terms.
    findings : tuple of str
        The 0/1 columns of the table, the default finding first.
    reference_standard : str
        Who or what decided that a finding is present.
    unit : str
        Meaning of a pixel value.
    n_patients : int or None
        None: it is not known which images belong to one patient.
    pixel_spacing_mm : float or None
        Side of a pixel; None when it is unknown or differs between images.
    notes : tuple of str
        Sentences a user must read: what was changed, guessed or left out.
    """

    title: str
    origin: str
    licence: str
    citation: str
    findings: tuple[str, ...]
    reference_standard: str = "unknown"
    unit: str = "display value, 0 (black) to 255 (white)"
    n_patients: int | None = None
    pixel_spacing_mm: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def default(self) -> str:
        """The finding that lessons take when none is asked for."""
        return self.findings[0]


@dataclass(frozen=True)
class Cohort:
    """Images with their table, masks and card.

    Parameters
    ----------
    name : str
        Name under which it was loaded, for example "chest_insilico".
    images : uint8 array of shape (n, rows, columns) or (n, rows, columns, 3)
        Display values, 0 black to 255 white; (n, slices, rows, columns) for volumes.
    table : DataFrame of n rows
        patient_id, study_id, site, split and one 0/1 column per finding, at least.
    masks : dict of str to bool array of shape (n, rows, columns), or None
        Per finding, where it is.
    card : Card
        Origin, licence, reference standard.
    is_part : bool
        True for a split or a selection of a loaded cohort.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> table = pd.DataFrame({"patient_id": ["P1"], "study_id": ["S1"], "site": "A",
    ...                       "split": "train", "nodule": [0]})
    >>> card = Card("One square", "this example", "CC0", "none", ("nodule",))
    >>> cohort = Cohort("squares", np.zeros((1, 8, 8), np.uint8), table, None, card)
    >>> cohort.lacks("masks")
    'The cohort squares has no masks: where a finding is, is not known.'
    """

    name: str
    images: np.ndarray
    table: pd.DataFrame
    masks: dict[str, np.ndarray] | None
    card: Card
    is_part: bool = False

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        return f"<Cohort {self.name}: images {self.images.shape}>"

    @property
    def findings(self) -> list[str]:
        """Names of the 0/1 columns that the card calls findings, the default first."""
        return list(self.card.findings)

    @property
    def splits(self) -> list[str]:
        """Splits that hold at least one image, in the order of the contract."""
        return [split for split in SPLITS if (self.table["split"] == split).any()]

    @property
    def is_volume(self) -> bool:
        """True for (n, slices, rows, columns); False for single images."""
        return self.images.ndim == 4 and self.images.shape[-1] != 3

    @property
    def knows_patients(self) -> bool:
        """False when it is unknown which images belong to one patient."""
        return self.card.n_patients is not None

    @cached_property
    def fingerprint(self) -> str:
        """Hash of images, splits and labels, 16 hex digits, for cache keys."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        digest.update(np.ascontiguousarray(self.images))
        labels = [column for column in self.table if column in self.card.findings]
        columns = ["patient_id", "study_id", "split", *labels]
        digest.update(self.table[columns].to_csv(index=False).encode())
        return digest.hexdigest()[:16]

    def finding(self, name: str | None = None) -> str:
        """Return the name of a finding that can be learnt and tested here.

        Parameters
        ----------
        name : str, optional
            None or "" takes the first of the card.

        Raises
        ------
        CohortError
            If there is no such finding (the message lists them), or if a split of the
            whole cohort holds one class only, so that no ROC can be drawn.
        """
        wanted = self._known(name)
        usable = with_both_classes(self.table, self.findings)
        if not self.is_part and wanted not in usable:
            raise CohortError(
                f"A split of {self.name} holds one class only for {wanted}; both in "
                f"every split have: {'; '.join(usable) or 'no findings: add images'}."
            )
        return wanted

    def _known(self, finding: str | None) -> str:
        wanted = finding or self.card.default
        if wanted not in self.findings:
            raise CohortError(
                f"The cohort {self.name} has no finding {wanted!r}. Set FINDING to one "
                f"of {'; '.join(self.findings)}, or leave it unset."
            )
        return wanted

    def labels(self, finding: str | None = None) -> np.ndarray:
        """Return the reference standard of one finding: 0 or 1, integer, shape (n,)."""
        return self.table[self._known(finding)].to_numpy(dtype=int)

    def split(self, name: str) -> Cohort:
        """Return the images of one split as a cohort.

        Raises
        ------
        CohortError
            If the split is unknown or empty here.
        """
        if name not in self.splits:
            raise CohortError(
                f"The cohort {self.name} has no image in the split {name!r}; it has "
                f"{'; '.join(self.splits)}."
            )
        return self.select(self.table["split"] == name)

    def select(self, rows: Sequence[int] | np.ndarray | pd.Series) -> Cohort:
        """Return some rows as a cohort, in the order asked for.

        Parameters
        ----------
        rows : bool mask of length n, or integer positions
        """
        chosen = np.arange(len(self))[np.asarray(rows)]
        masks = self.masks and {name: of[chosen] for name, of in self.masks.items()}
        table = self.table.iloc[chosen].reset_index(drop=True)
        images = self.images[chosen]
        return replace(self, images=images, table=table, masks=masks, is_part=True)

    def lacks(self, what: str) -> str | None:
        """Return one sentence saying what is missing, or None when it is there.

        Parameters
        ----------
        what : {"patients", "visits", "masks", "sites"}
        """
        visits = self.table.groupby("patient_id")["study_id"].nunique()
        is_missing = {
            "patients": not self.knows_patients,
            "visits": not self.knows_patients or visits.max() < 2,
            "masks": not self.masks,
            "sites": self.table["site"].nunique() < 2,
        }
        return f"The cohort {self.name} {LACKING[what]}" if is_missing[what] else None

    def describe(self) -> str:
        """Return the card as short readable text, with the counts of every split."""
        card, spacing = self.card, self.card.pixel_spacing_mm
        n_patients = f"{self.table['patient_id'].nunique():,}"
        patients = n_patients if self.knows_patients else "unknown"
        shape = " x ".join(str(side) for side in self.images.shape[1:])
        lines = [
            f"{card.title} ({self.name})",
            f"Images: {len(self):,} of {shape}, {card.unit}; patients: {patients}",
            *(f"  {split}: {self._counts(split)}" for split in self.splits),
            f"Findings: {', '.join(card.findings)}",
            f"Masks: {', '.join(self.masks or ['none'])}",
            f"Reference standard: {card.reference_standard}",
            f"Pixel spacing: {f'{spacing:.4g} mm' if spacing else 'unknown'}",
            f"Origin: {card.origin}",
            f"Licence: {card.licence}",
            f"Cite: {card.citation}",
            *(f"Note: {note}" for note in card.notes),
        ]
        wrap = textwrap.TextWrapper(96, subsequent_indent="    ")
        return "\n".join(wrap.fill(line) for line in lines)

    def _counts(self, split: str) -> str:
        part = self.table[self.table["split"] == split]
        patients = f" of {part['patient_id'].nunique():,} patients"
        with_it = f"{self.card.default} in {int(part[self.card.default].sum()):,}"
        return f"{len(part):,} images{patients * self.knows_patients}, {with_it}"


def with_both_classes(table: pd.DataFrame, findings: Sequence[str]) -> list[str]:
    """Return the findings that some images of every split have and others have not."""
    shares = table.groupby("split")[list(findings)].mean()
    return [name for name in findings if shares[name].between(0, 1, "neither").all()]


def validate(cohort: Cohort) -> Cohort:
    """Return the cohort unchanged when it keeps the contract.

    Raises
    ------
    CohortError
        At the first breach: pixel type, lengths, columns, labels, splits, masks, or a
        patient in two splits.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> table = pd.DataFrame({"patient_id": ["P1"], "study_id": ["S1"], "site": "A",
    ...                       "split": ["train"], "nodule": [2]})
    >>> card = Card("One square", "this example", "CC0", "none", ("nodule",))
    >>> squares = Cohort("squares", np.zeros((1, 8, 8), np.uint8), table, None, card)
    >>> validate(squares)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    helpers.cohort_contract.CohortError: Row 0 of squares, column 'nodule': found 2...
    """
    name, images, table = cohort.name, cohort.images, cohort.table
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise CohortError(
            f"The images of {name} are {images.dtype} {images.shape}; expected uint8, "
            "(n, rows, columns[, 3]) or (n, slices, rows, columns). Window them first."
        )
    missing = {"patient_id", "study_id", "site", "split", *cohort.findings} - {*table}
    if missing or not cohort.findings or len(images) != len(table):
        raise CohortError(
            f"{name} has {len(images)} images and {len(table)} rows, findings "
            f"{cohort.findings}, and lacks columns: {sorted(missing) or 'none'}."
        )
    _check_values(cohort)
    empty = [split for split in SPLITS[:3] if split not in cohort.splits]
    if empty and not cohort.is_part:
        raise CohortError(
            f"{name} has no image in {', '.join(empty)}; COHORT_SPLIT=by_patient "
            "splits an own folder anew."
        )
    check_patients(table, name)
    _check_masks(cohort)
    return cohort


def _check_masks(cohort: Cohort) -> None:
    images = cohort.images
    shape = images.shape if cohort.is_volume else images.shape[:3]
    for finding, mask in (cohort.masks or {}).items():
        if finding not in cohort.findings or mask.shape != shape or mask.dtype != bool:
            raise CohortError(
                f"The mask of {finding!r} in {cohort.name} is {mask.dtype} of shape "
                f"{mask.shape}; expected bool of shape {shape}, for a finding."
            )


def _check_values(cohort: Cohort) -> None:
    """Refuse the first row that has no patient, no study, no split or no 0/1 label."""
    table = cohort.table
    texts = ("patient_id", "study_id")
    checks = [(name, table[name].map(_is_text), "a text") for name in texts]
    checks.append(("split", table["split"].isin(SPLITS), ", ".join(SPLITS)))
    checks += [(f, table[f].isin([0, 1]), "0 or 1") for f in cohort.findings]
    for column, good, expected in checks:
        bad = np.flatnonzero(~good.to_numpy(bool))
        if len(bad):
            raise CohortError(
                f"Row {bad[0]} of {cohort.name}, column {column!r}: found "
                f"{table[column].iloc[bad[0]]}; expected {expected}. {len(bad)} are so."
            )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not is_missing(value)


def check_patients(table: pd.DataFrame, name: str) -> None:
    """Raise a CohortError when a patient is in two splits.

    Parameters
    ----------
    table : DataFrame with patient_id and split
    name : str
        What to call it in the message.
    """
    report = check_leakage(table)
    if not report.clean:
        raise CohortError(
            f"{name}: {report.describe()} Expected every patient in one. Mend the "
            "column split, or COHORT_SPLIT=by_patient splits an own folder anew."
        )
