"""What is true of one study, in words and numbers only: no pixels, no geometry.

Reports, readers and clinical values are made from these facts alone, so that each
of them can be drawn a million times without a single image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SIDES = ("right", "left", "both")
ZONES = ("upper", "middle", "lower", "all")


@dataclass(frozen=True)
class Seen:
    """One finding that is truly there.

    Parameters
    ----------
    side : str
        "right", "left" or "both", of the patient.
    zone : str
        "upper", "middle", "lower" or "all", of the lung.
    size : float
        Extent in the unit of its kind, used to say small or large and to compare
        visits: diameter in mm, volume in ml, depth in mm, cardiothoracic ratio, ...
    malignant : bool
        True for a malignant nodule.
    lobe : str
        Such as "right upper lobe", where the finding keeps to one lobe.
    """

    side: str
    zone: str
    size: float
    malignant: bool = False
    lobe: str = ""

    def __post_init__(self) -> None:
        """Check the two words."""
        if self.side not in SIDES or self.zone not in ZONES:
            raise ValueError(
                f"side is {self.side!r} and zone {self.zone!r}, but expected one of "
                f"{', '.join(SIDES)} and one of {', '.join(ZONES)}."
            )


@dataclass(frozen=True)
class Facts:
    """One study.

    Parameters
    ----------
    findings : mapping of str to Seen
        Only what is there, by kind.
    devices : mapping of str to str
        Side ("right", "left" or "both") of each kind of device that is there.
    site : str
        "A", "B" or "C"; decides the style of the report.
    view : str
        "PA" or "AP".
    age : int
        Years.
    days_since_first : int
        0 at the first visit.
    symptoms : tuple of str
        Such as "fever"; what the request for the examination says.
    """

    findings: Mapping[str, Seen] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    site: str = "A"
    view: str = "PA"
    age: int = 60
    days_since_first: int = 0
    symptoms: tuple[str, ...] = ()
