"""A study: who is imaged, how, on what, with what in the chest. All chance is spent.

Everything random is drawn before a ``Study`` exists; imaging it is a pure function.
A counterfactual twin is therefore the same study with one field replaced.

Counterfactual twins: the same study with exactly one thing changed.

Everything else stays, the quantum noise among it: its random numbers are those of
the first image. Rays outside the change are the same to the last digit. Counts there
differ by what a real exposure would do too: a common factor where the change lies in
front of the automatic exposure's chambers, and scatter (95 % of pixels within 0.01 %
for a nodule, 1.2 % for a consolidation, 3 % for an effusion). The display's window
then moves a little everywhere. ``with_new_noise`` redraws the noise alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.patients import Examination, Patient, with_sex
from phantoms.devices.markers import Marker
from phantoms.devices.parts import Device
from phantoms.findings.draw import draw_finding
from phantoms.findings.finding import FINDINGS, Finding
from phantoms.physics.scanners import SCANNERS, Scanner, Technique


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


_TRIES = 60


def without_finding(study: Study, kind: str) -> Study:
    """Return the study with one finding gone, or unchanged when it was not there.

    Devices stay, a drain too: use ``without_devices`` to take them out.

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


def moved_finding(study: Study, kind: str, rng: np.random.Generator) -> Study:
    """Return the study with a finding of the kind drawn anew in another place.

    The new one lies on another side or in another zone of the lung.

    Raises
    ------
    ValueError
        If the study has no such finding, or if none was drawn elsewhere.
    """
    old = study.finding(kind)
    if old is None:
        has = ", ".join(finding.kind for finding in study.findings) or "none"
        raise ValueError(f"The study has no {kind} to move; its findings: {has}.")
    anatomy = build_anatomy(study.patient)
    for _ in range(_TRIES):
        new = draw_finding(kind, anatomy, rng)
        if (new.side, new.zone) != (old.side, old.zone):
            return with_finding(study, new)
    raise ValueError(
        f"{_TRIES} draws put the {kind} into the same place every time: a finding "
        "that has only one place cannot be moved."
    )


def on_scanner(study: Study, scanner: Scanner | str) -> Study:
    """Return the study taken with another machine, position and technique kept.

    Parameters
    ----------
    study : Study
    scanner : Scanner, or str
        A machine, or the name of one of ``SCANNERS``.

    Raises
    ------
    ValueError
        If no machine has that name.
    """
    if isinstance(scanner, str):
        if scanner not in SCANNERS:
            raise ValueError(
                f"scanner is {scanner!r}. Choose one of: {', '.join(SCANNERS)}."
            )
        scanner = SCANNERS[scanner]
    return replace(study, scanner=scanner)


def as_sex(study: Study, sex: str) -> Study:
    """Return the study of the same person with the other sex: size and breasts."""
    return replace(study, patient=with_sex(study.patient, sex))


def without_marker(study: Study) -> Study:
    """Return the study without any lead letters."""
    return replace(study, markers=())


def without_devices(study: Study, kind: str | None = None) -> Study:
    """Return the study without devices, or without those of one kind."""
    rest = tuple(d for d in study.devices if kind is not None and d.kind != kind)
    return replace(study, devices=rest)


def with_new_noise(study: Study, noise: int) -> Study:
    """Return the study exposed again: another draw of the quantum noise.

    Raises
    ------
    ValueError
        If the number is that of the study itself.
    """
    if noise == study.noise:
        raise ValueError(
            f"noise is {noise}, the draw that this study has already. Any other whole "
            "number of 0 or more gives new noise."
        )
    return replace(study, noise=noise)
