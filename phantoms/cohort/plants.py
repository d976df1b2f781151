"""What can be planted in a cohort, how strongly, and the sentence that says so.

``at_strength`` fades a plant: 1 is as stated, 0 is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from phantoms.hospital.readers import READERS


@dataclass(frozen=True)
class Shortcut:
    """Lead letters that go with a finding in hospitals A and B, not in C.

    Parameters
    ----------
    finding : str
    text : str
        What the letters say.
    share_with, share_without : float
        Share of the images of A and B that bear them, with and without the finding.
    share_external : float
        Share of the images of C, whatever they show.
    """

    finding: str = "consolidation"
    text: str = "ER"
    share_with: float = 0.85
    share_without: float = 0.10
    share_external: float = 0.45

    def at_strength(self, strength: float) -> Shortcut:
        """Return the letters with both shares drawn towards the external one."""
        return replace(
            self,
            share_with=_between(self.share_external, self.share_with, strength),
            share_without=_between(self.share_external, self.share_without, strength),
        )

    @property
    def sentence(self) -> str:
        """What is planted, for the data card."""
        return (
            f"Planted shortcut: the letters {self.text} lie on {self.share_with:.0%} "
            f"of the images of A and B with {self.finding} and on "
            f"{self.share_without:.0%} of those without; in C on "
            f"{self.share_external:.0%} of all."
        )


@dataclass(frozen=True)
class LabelNoise:
    """Wrong labels: the truth stays in ``<finding>_truth``.

    Parameters
    ----------
    finding : str
    missed : float
        Share of the present findings that are labelled 0.
    invented : float
        Share of the absent findings that are labelled 1.
    """

    finding: str = "consolidation"
    missed: float = 0.20
    invented: float = 0.10

    def at_strength(self, strength: float) -> LabelNoise:
        """Return the noise with both rates multiplied."""
        return replace(
            self, missed=self.missed * strength, invented=self.invented * strength
        )

    @property
    def sentence(self) -> str:
        """What is planted, for the data card."""
        return (
            f"Planted label noise: {self.missed:.0%} of the images with {self.finding} "
            f"are labelled 0 and {self.invented:.0%} of those without are labelled 1, "
            f"in every split; the truth is in {self.finding}_truth, the masks are true."
        )


@dataclass(frozen=True)
class HiddenStratum:
    """A finding that nearly always comes with its treatment.

    Parameters
    ----------
    finding : str
        Treated with a drain.
    prevalence : float
        Of the finding, in all hospitals; stays so at any strength.
    treated : float
        Share of the findings with a drain.
    treated_off : float
        The same at strength 0.
    """

    finding: str = "pneumothorax"
    prevalence: float = 0.30
    treated: float = 0.80
    treated_off: float = 0.0

    def at_strength(self, strength: float) -> HiddenStratum:
        """Return the stratum with fewer treated patients."""
        return replace(self, treated=_between(self.treated_off, self.treated, strength))

    @property
    def sentence(self) -> str:
        """What is planted, for the data card."""
        return (
            f"Planted hidden stratum: {self.prevalence:.0%} of the patients begin with "
            f"{self.finding}, and {self.treated:.0%} of them are treated with a drain."
        )


@dataclass(frozen=True)
class NewScanner:
    """All patients from hospital A; the external test on a machine not seen before.

    Parameters
    ----------
    scanner : str
        Key of ``SCANNERS``.
    share : float
        Share of the external test's studies on it.
    """

    scanner: str = "Cedar One"
    share: float = 1.0

    def at_strength(self, strength: float) -> NewScanner:
        """Return the change of machine for a part of the studies."""
        return replace(self, share=self.share * strength)

    @property
    def sentence(self) -> str:
        """What is planted, for the data card."""
        return (
            "Planted change of machine: all patients are from hospital A; "
            f"{self.share:.0%} of the upright studies of the external test were made "
            f"on {self.scanner}, none of the others."
        )


@dataclass(frozen=True)
class MissingValues:
    """Clinical values that were not measured.

    Parameters
    ----------
    mechanism : str
        Key of ``clinical.MISSING``.
    share : float
        Share of the studies to which the mechanism applies.
    """

    mechanism: str = "several ways"
    share: float = 1.0

    def at_strength(self, strength: float) -> MissingValues:
        """Return the mechanism for a part of the studies."""
        return replace(self, share=self.share * strength)

    @property
    def sentence(self) -> str:
        """What is planted, for the data card."""
        return (
            f"Planted missing values: {self.mechanism}, in {self.share:.0%} of the "
            "studies (see data/README.md)."
        )


@dataclass(frozen=True)
class Reading:
    """Scores of simulated readers in the columns ``reader_1`` and so on.

    Parameters
    ----------
    finding : str
    n_readers : int
        How many of ``readers.READERS``, from the least skilled on.
    """

    finding: str = "consolidation"
    n_readers: int = len(READERS)

    def at_strength(self, strength: float) -> Reading:
        """Return the same readers; at strength 0 there are none."""
        return self if strength > 0 else replace(self, n_readers=0)

    @property
    def sentence(self) -> str:
        """What is planted, for the data card."""
        return (
            f"Planted: {self.n_readers} simulated readers scored every image for "
            f"{self.finding}, 1 (definitely absent) to 5 (definitely present)."
        )


def _between(low: float, high: float, strength: float) -> float:
    return low + strength * (high - low)
