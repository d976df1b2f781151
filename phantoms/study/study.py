"""A study: who is imaged, how, on what, with what in the chest. All chance is spent.

Everything random is drawn before a ``Study`` exists; imaging it is a pure function.
A counterfactual twin is therefore the same study with exactly one field replaced:
``without_finding`` and ``with_finding`` here, ``dataclasses.replace`` for the scanner,
the devices or the markers. Everything else stays, the quantum noise among it, whose
random numbers are those of the first image (``noise`` redraws it alone).

Rays outside the change are the same to the last digit. Counts there differ by what a
real exposure would do too: a common factor where the change lies in front of the
automatic exposure's chambers, and scatter (95 % of pixels within 0.01 % for a nodule,
1.2 % for a consolidation, 3 % for an effusion). The display's window then moves a
little everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from phantoms.chest.patients import Examination, Patient
from phantoms.devices.markers import Marker
from phantoms.devices.parts import Device
from phantoms.findings.finding import FINDINGS, Finding
from phantoms.physics.scanners import Scanner, Technique


@dataclass(frozen=True)
class Study:
    """One visit of one patient to one scanner.

    Parameters
    ----------
    patient : Patient
        The person in health; findings change the copy that is imaged.
    examination : Examination
        How the patient was positioned and exposed.
    scanner : Scanner
    technique : Technique
        How it was exposed, collimated and shown.
    findings : tuple of Finding
        At most one of each kind.
    devices : tuple of Device
    markers : tuple of Marker
        Lead letters on the detector, none for an unmarked image.
    noise : int
        Which of the patient's streams of quantum noise.
    site : str
        "A", "B" or "C"; empty outside the hospitals.
    date : str
        Day of the examination, ISO form; empty outside the hospitals.
    """

    patient: Patient
    examination: Examination
    scanner: Scanner
    technique: Technique = Technique()
    findings: tuple[Finding, ...] = ()
    devices: tuple[Device, ...] = ()
    markers: tuple[Marker, ...] = ()
    noise: int = 0
    site: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        """Let the fluid know of air on its side, so that it stands level."""
        air, fluid = self.finding("pneumothorax"), self.finding("effusion")
        if fluid:
            told = replace(fluid, air_over=air.side if air else "")
            found = tuple(told if f is fluid else f for f in self.findings)
            object.__setattr__(self, "findings", found)

    def finding(self, kind: str) -> Finding | None:
        """Return the finding of a kind, or None where there is none."""
        return next((f for f in self.findings if f.kind == kind), None)

    def has_device(self, kind: str) -> bool:
        """Return whether a device of a kind is in or on the patient."""
        return any(device.kind == kind for device in self.devices)


def without_finding(study: Study, kind: str) -> Study:
    """Return the study with one finding gone, or unchanged when it was not there.

    Devices stay, a drain too.

    Raises
    ------
    ValueError
        If the kind is unknown.
    """
    if kind not in FINDINGS:
        raise ValueError(f"kind is {kind!r}. Choose one of: {', '.join(FINDINGS)}.")
    rest = tuple(finding for finding in study.findings if finding.kind != kind)
    return replace(study, findings=rest)


def with_finding(study: Study, finding: Finding) -> Study:
    """Return the study with a finding added, in place of one of the same kind."""
    found = {f.kind: f for f in study.findings} | {finding.kind: finding}
    order = (found[kind] for kind in FINDINGS if kind in found)
    return replace(study, findings=tuple(order))
