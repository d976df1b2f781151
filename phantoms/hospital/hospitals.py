"""Three hospitals: who comes, what they have, and the machines and markers there.

``HOSPITALS`` is the one table of numbers. They are chosen, not measured, so that the
sites differ as real ones do: A and B serve to develop, C is another country.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from phantoms.chest.patients import People
from phantoms.findings.finding import FINDINGS
from phantoms.physics.scanners import SCANNERS, Scanner


@dataclass(frozen=True)
class MarkerStyle:
    """How a hospital marks the side and the bedside.

    Parameters
    ----------
    letter : str
        "L" or "R": the side that is marked.
    height_mm, stroke_mm : float
        Of the letters.
    ring : bool
        A ring about the side letter.
    initials : tuple of str
        One of these is added under the letter's side, or nothing for "".
    bedside : tuple of str
        What portable films bear beside it; one is drawn.
    share : float
        Share of the films that bear a side letter at all.
    """

    letter: str
    height_mm: float
    stroke_mm: float
    ring: bool = False
    initials: tuple[str, ...] = ("",)
    bedside: tuple[str, ...] = ("AP",)
    share: float = 0.92


@dataclass(frozen=True)
class Ties:
    """How strongly things that go together in hospitals do so here, 0 to 1 each.

    At 0 there is no relation at all; the shares over all studies stay the same,
    but for the tubes of intubated patients, which then do not occur.

    Parameters
    ----------
    portable : float
        The acutely ill are imaged at the bedside more often.
    devices : float
        Lines, leads and tubes belong to the bedside.
    pacemaker : float
        Pacemakers belong to old age and to large hearts.
    company : float
        Oedema comes with large hearts and effusions.
    """

    portable: float = 1.0
    devices: float = 1.0
    pacemaker: float = 1.0
    company: float = 1.0


NO_TIES = Ties(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Hospital:
    """Everything that decides which studies a hospital makes.

    Parameters
    ----------
    site, name : str
        "A", "B" or "C", and an invented name.
    people : People
        Age and sex mix.
    prevalence : dict of str to float
        Share of the patients with each of ``FINDINGS`` at the first visit.
    portable_share : float
        Share of the studies made at the bedside.
    scanners : tuple of Scanner
        Upright and portable ones; their days say which is in use.
    marker : MarkerStyle
    drain_share : tuple of float
        Share of pneumothoraces, and of effusions, that have a drain: the treated
        are a hidden stratum.
    ties : Ties
    first_day, last_day : str
        ISO dates between which first visits lie.

    Raises
    ------
    ValueError
        If a share is not between 0 and 1, or a finding is unknown.
    """

    site: str
    name: str
    people: People
    prevalence: dict[str, float] = field(hash=False)
    portable_share: float
    scanners: tuple[Scanner, ...]
    marker: MarkerStyle
    drain_share: tuple[float, float] = (0.45, 0.15)
    ties: Ties = Ties()
    first_day: str = "2019-01-07"
    last_day: str = "2022-12-30"

    def __post_init__(self) -> None:
        """Check shares and findings."""
        unknown = sorted(set(self.prevalence) - set(FINDINGS))
        if unknown:
            raise ValueError(
                f"prevalence holds {', '.join(map(repr, unknown))}. "
                f"Choose from: {', '.join(FINDINGS)}."
            )
        shares = {
            **self.prevalence,
            "portable_share": self.portable_share,
            "drain_share": max(self.drain_share),
            "least drain_share": min(self.drain_share),
            **{f"ties.{name}": value for name, value in vars(self.ties).items()},
        }
        for name, value in shares.items():
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}, but a share lies from 0 to 1.")


def _mix(*shares: float) -> dict[str, float]:
    """Return prevalences in the order of ``FINDINGS``."""
    return dict(zip(FINDINGS, shares, strict=True))


def _machines(*names: str) -> tuple[Scanner, ...]:
    return tuple(SCANNERS[name] for name in names)


# Shares of consolidation, nodule, effusion, pneumothorax, cardiomegaly,
# tuberculosis, oedema. A third with consolidation gives every split enough of them.
HOSPITALS: dict[str, Hospital] = {
    # a university hospital: the most portables, drains and thoracic surgery; its
    # stand is replaced by the next generation on 2021-04-01
    "A": Hospital(
        "A", "Alderbrook University Hospital", People(58, 17, 0.46),
        _mix(0.36, 0.20, 0.10, 0.06, 0.12, 0.05, 0.05), 0.15,
        _machines("Alder DR 17", "Alder DR 21", "Alder Go"),
        MarkerStyle("R", 13.0, 2.4, initials=("", "MK", "TB", "JS"),
                    bedside=("PORTABLE", "PORTABLE", "AP")),
    ),
    # a district hospital: older patients, more hearts, fewer drains
    "B": Hospital(
        "B", "Birchfield District Hospital", People(63, 15, 0.52),
        _mix(0.36, 0.19, 0.10, 0.06, 0.14, 0.04, 0.06), 0.12,
        _machines("Birch Vista", "Birch Roll"),
        MarkerStyle("L", 16.0, 2.8, bedside=("AP", "AP SUPINE", "")),
        drain_share=(0.35, 0.12),
    ),
    # a chest clinic in another country: younger, more men, more tuberculosis
    "C": Hospital(
        "C", "Cedar Bay Chest Clinic", People(49, 18, 0.41),
        _mix(0.33, 0.20, 0.11, 0.07, 0.09, 0.11, 0.05), 0.08,
        _machines("Cedar One", "Cedar Cart"),
        MarkerStyle("R", 11.0, 2.2, ring=True, bedside=("MOBILE", ""), share=0.85),
        drain_share=(0.40, 0.20),
    ),
}  # fmt: skip


def without_ties(hospital: Hospital) -> Hospital:
    """Return a hospital where nothing goes with anything: no drain marks a finding."""
    return replace(hospital, ties=NO_TIES, drain_share=(0.0, 0.0))
