"""The cohort: images, one table row per image, masks and a card, always in one form.

Every lesson takes a `Cohort` and never asks where it came from. `validation.validate`
checks the form when a cohort is loaded.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from helpers.cohorts.card import Card, CohortError
from helpers.cohorts.packed_masks import select_masks

SPLITS = ("train", "tuning", "internal test", "external test")
REQUIRED_COLUMNS = ("patient_id", "study_id", "site", "split")


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
    masks : mapping of str to bool array of shape (n, rows, columns), or None
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
    masks: Mapping[str, np.ndarray] | None
    card: Card
    is_part: bool = field(default=False)

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        shape = " x ".join(str(side) for side in self.images.shape[1:])
        return f"<Cohort {self.name}: {len(self)} images of {shape}>"

    @property
    def findings(self) -> list[str]:
        """Names of the 0/1 columns that the card calls findings."""
        return list(self.card.findings)

    @property
    def splits(self) -> list[str]:
        """Splits that hold at least one image, in the order of the contract."""
        present = set(self.table["split"])
        return [split for split in SPLITS if split in present]

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
        columns = ["patient_id", "study_id", "split", *self.card.findings]
        digest.update(self.table[columns].to_csv(index=False).encode())
        return digest.hexdigest()[:16]

    def finding(self, name: str | None = None) -> str:
        """Return the name of a finding that can be learnt and tested here.

        Parameters
        ----------
        name : str, optional
            None or "" takes the card's default.

        Raises
        ------
        CohortError
            If there is no such finding (the message lists them), or if a split of the
            whole cohort holds one class only, so that no ROC can be drawn.
        """
        wanted = name or self.card.default
        if wanted not in self.card.findings:
            known = "; ".join(self.card.findings)
            raise CohortError(
                f"The cohort {self.name} has no finding {wanted!r}. It has: {known}. "
                "Set FINDING to one of these, or leave it unset for the default "
                f"({self.card.default})."
            )
        if not self.is_part:
            self._require_both_classes(wanted)
        return wanted

    def _require_both_classes(self, finding: str) -> None:
        for split in self.splits:
            labels = self.table.loc[self.table["split"] == split, finding]
            positives = int(labels.sum())
            if 0 < positives < len(labels):
                continue
            usable = [
                name for name in self.card.findings if self._both_everywhere(name)
            ]
            advice = (
                f"Findings with both classes in every split: {'; '.join(usable)}."
                if usable
                else "No finding of this cohort has both classes in every split: "
                "more images are needed, or another split (COHORT_SPLIT=by_patient)."
            )
            raise CohortError(
                f"The split {split!r} of {self.name} holds one class only for "
                f"{finding}: {positives} of {len(labels)} images have it. Both classes "
                f"are needed to train and to draw a ROC curve. {advice}"
            )

    def _both_everywhere(self, finding: str) -> bool:
        means = self.table.groupby("split")[finding].mean()
        return bool(((means > 0) & (means < 1)).all())

    def split(self, name: str) -> Cohort:
        """Return the images of one split as a cohort.

        Raises
        ------
        CohortError
            If the split is unknown or empty here.
        """
        rows = (self.table["split"] == name).to_numpy()
        if not rows.any():
            raise CohortError(
                f"The cohort {self.name} has no image in the split {name!r}. It has: "
                f"{'; '.join(self.splits)}. Splits are called {'; '.join(SPLITS)}."
            )
        return self.select(rows)

    def select(self, rows: Sequence[int] | np.ndarray | pd.Series) -> Cohort:
        """Return some rows as a cohort, in the order asked for.

        Parameters
        ----------
        rows : bool mask of length n, or integer positions
        """
        chosen = np.asarray(rows)
        if chosen.dtype == bool:
            if len(chosen) != len(self):
                raise CohortError(
                    f"A mask of rows must have one value per image: got {len(chosen)} "
                    f"values for the {len(self)} images of {self.name}."
                )
            chosen = np.flatnonzero(chosen)
        chosen = chosen.astype(int)
        masks = select_masks(self.masks, chosen)
        table = self.table.iloc[chosen].reset_index(drop=True)
        return replace(
            self, images=self.images[chosen], table=table, masks=masks, is_part=True
        )

    def labels(self, finding: str | None = None) -> np.ndarray:
        """Return the reference standard of one finding: 0 or 1, integer, shape (n,)."""
        name = finding or self.card.default
        if name not in self.card.findings:
            self.finding(name)  # raises, and lists the findings
        return self.table[name].to_numpy(dtype=int)

    def lacks(self, what: str) -> str | None:
        """Return one sentence saying what is missing, or None when it is there.

        Parameters
        ----------
        what : {"patients", "visits", "masks", "sites"}
        """
        studies = self.table.groupby("patient_id")["study_id"].nunique()
        missing = {
            "patients": (
                not self.knows_patients,
                "does not say which images belong to one patient: "
                "each image is counted as a patient of its own.",
            ),
            "visits": (
                not self.knows_patients or studies.max() < 2,
                "knows no patient with more than one visit.",
            ),
            "masks": (
                not self.masks,
                "has no masks: where a finding is, is not known.",
            ),
            "sites": (self.table["site"].nunique() < 2, "comes from one site only."),
        }
        if what not in missing:
            raise CohortError(
                f"lacks() can be asked for {', '.join(missing)}; got {what!r}."
            )
        is_missing, sentence = missing[what]
        return f"The cohort {self.name} {sentence}" if is_missing else None

    def describe(self) -> str:
        """Return the card as short readable text, with the counts of every split."""
        n_patients = f"{self.table['patient_id'].nunique():,}"
        patients = n_patients if self.knows_patients else "unknown"
        shape = " x ".join(str(side) for side in self.images.shape[1:])
        spacing = self.card.pixel_spacing_mm
        lines = [
            f"{self.card.title} ({self.name})",
            f"Images: {len(self):,} of {shape}, {self.card.unit}; patients: {patients}",
            *(f"  {split}: {self._counts(split)}" for split in self.splits),
            f"Findings: {', '.join(self.card.findings)}",
            f"Masks: {', '.join(self.masks) if self.masks else 'none'}",
            f"Reference standard: {self.card.reference_standard}",
            f"Pixel spacing: {'unknown' if spacing is None else f'{spacing:.4g} mm'}",
            f"Origin: {self.card.origin}",
            f"Licence: {self.card.licence}",
            f"Cite: {self.card.citation}",
            *([f"Variant: {self.card.variant}"] if self.card.variant else []),
            *(f"Note: {note}" for note in self.card.notes),
        ]
        return "\n".join(
            textwrap.fill(line, 96, subsequent_indent="    ") for line in lines
        )

    def _counts(self, split: str) -> str:
        part = self.table[self.table["split"] == split]
        patients = f" of {part['patient_id'].nunique():,} patients"
        with_it = f"{self.card.default} in {int(part[self.card.default].sum()):,}"
        return f"{len(part):,} images{patients * self.knows_patients}, {with_it}"
