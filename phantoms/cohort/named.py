"""The named variants of the chest cohort: what is planted in each, in a few lines.

Every variant differs from the default in the fields it names and in nothing else;
``at_strength`` fades what is planted, down to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from phantoms.cohort.plants import (
    HiddenStratum,
    LabelNoise,
    MissingValues,
    NewScanner,
    Reading,
    Shortcut,
)


@dataclass(frozen=True)
class Variant:
    """What a cohort has planted in it.

    Parameters
    ----------
    title : str
        For the list of cohorts.
    default_finding : str
    shortcut, noise, stratum, new_scanner, missing, reading : optional
        What is planted; None where nothing is.
    """

    title: str
    default_finding: str = "consolidation"
    shortcut: Shortcut | None = None
    noise: LabelNoise | None = None
    stratum: HiddenStratum | None = None
    new_scanner: NewScanner | None = None
    missing: MissingValues | None = None
    reading: Reading | None = None

    def at_strength(self, strength: float) -> Variant:
        """Return the variant with everything planted faded to a strength of 0 to 1."""
        faded = {
            name: part.at_strength(strength) for name, part in _planted_parts(self)
        }
        return replace(self, **faded)


VARIANTS: dict[str, Variant] = {
    "default": Variant("radiograph, simulated"),
    "confounded": Variant("the same, a shortcut planted", shortcut=Shortcut()),
    "label_noise": Variant("the same, wrong labels planted", noise=LabelNoise()),
    "hidden_stratum": Variant(
        "the same, treated pneumothorax", "pneumothorax", stratum=HiddenStratum()
    ),
    "new_scanner": Variant("the same, a new machine", new_scanner=NewScanner()),
    "missing_values": Variant("the same, values missing", missing=MissingValues()),
    "readers": Variant("the same, five readers", reading=Reading()),
}


def _planted_parts(variant: Variant) -> Iterator[tuple[str, object]]:
    """Yield every field that plants something."""
    for entry in fields(variant):
        part = getattr(variant, entry.name)
        if hasattr(part, "at_strength"):
            yield entry.name, part


def planted_sentences(variant: Variant) -> tuple[str, ...]:
    """Return what is planted and how strongly, in sentences for the data card.

    Examples
    --------
    >>> planted_sentences(VARIANTS["default"])
    ('Planted: nothing.',)
    """
    said = tuple(part.sentence for _, part in _planted_parts(variant))
    return said or ("Planted: nothing.",)
