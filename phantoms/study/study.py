"""A study: who is imaged, how, on what, with what in the chest. All chance is spent.

Everything random is drawn before a ``Study`` exists; imaging it is a pure function.
A counterfactual twin is therefore the same study with one field replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phantoms.chest.examinations import Examination
from phantoms.chest.patients import Patient
from phantoms.devices.markers import Marker
from phantoms.devices.parts import Device
from phantoms.physics.scanners import Scanner, Technique

if TYPE_CHECKING:
    from phantoms.findings.finding import Finding


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

    def finding(self, kind: str) -> Finding | None:
        """Return the finding of a kind, or None where there is none."""
        return next((f for f in self.findings if f.kind == kind), None)

    def has_device(self, kind: str) -> bool:
        """Return whether a device of a kind is in or on the patient."""
        return any(device.kind == kind for device in self.devices)
