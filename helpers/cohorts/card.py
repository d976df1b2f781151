"""The card of a cohort, and the two errors of this package."""

from __future__ import annotations

from dataclasses import dataclass


class CohortError(ValueError):
    """A cohort that cannot be used; the message says what to do about it."""


class DownloadError(CohortError):
    """A file that could not be fetched; the message says which file to put where."""


@dataclass(frozen=True)
class Card:
    """What a reader must know about a cohort before believing a number from it.

    Parameters
    ----------
    title, origin, licence, citation : str
        Whose images these are, and on what terms.
    findings : tuple of str
        The 0/1 columns of the table, the default finding first unless
        `default_finding` says otherwise.
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
    variant : str or None
        How these files differ from the published ones; None when they do not.
    default_finding : str or None
        None: the first finding.
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
    variant: str | None = None
    default_finding: str | None = None

    @property
    def default(self) -> str:
        """The finding that lessons take when none is asked for."""
        return self.default_finding or self.findings[0]
