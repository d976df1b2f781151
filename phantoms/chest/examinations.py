"""How a patient stood or lay on one day: view, breath, turning, exposure.

All spreads are chosen for appearance unless a source is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.patients import Patient, limited_normal, random_stream

#: Where the gas under the left dome lies.
GAS_KINDS = ("none", "fundus", "colon", "both")

# focus to detector; 1.8 m upright and about 1 m at the bedside are usual
_SOURCE_MM = {"PA": 1800.0, "AP": 1050.0}


@dataclass(frozen=True)
class Examination:
    """How one radiograph of a patient was positioned and exposed.

    Parameters
    ----------
    visit : int
        1 or 2.
    days_since_first : int
        0 at the first visit.
    inspiration_mm : float
        How far the diaphragm stands above its place in full inspiration.
    rotation_deg, tilt_deg, roll_deg : float
        Turn about the long axis, lean towards the detector, and turn in the
        plane of the image.
    shift_mm : tuple of float
        Off-centre position (x, z).
    arm_mm : float
        How far the shoulder blades are rolled out of the lung fields.
    detector_ugy : float
        Mean air kerma behind the patient.
    contrast, brightness : float
        Display settings of the day: width factor and offset of the window.
    gas_mm : float
        Size of the gas under the left dome, 0 for none.
    gas_kind : str
        Which gut holds it, one of ``GAS_KINDS``.
    view : str
        "PA" upright, the chest at the detector; "AP" at the bedside, the back.
    source_mm : float
        Focus to detector; infinite for parallel rays.
    recline_deg : float
        0 upright, 90 flat on the back.
    shoulders_mm : float
        How far the shoulders are shrugged.

    Raises
    ------
    ValueError
        If the view is unknown or the focus stands inside the body.
    """

    visit: int
    days_since_first: int
    inspiration_mm: float
    rotation_deg: float
    tilt_deg: float
    roll_deg: float
    shift_mm: tuple[float, float]
    arm_mm: float
    detector_ugy: float
    contrast: float
    brightness: float
    gas_mm: float
    gas_kind: str = "fundus"
    view: str = "PA"
    source_mm: float = _SOURCE_MM["PA"]
    recline_deg: float = 0.0
    shoulders_mm: float = 0.0

    def __post_init__(self) -> None:
        """Check the view and its distance."""
        if self.view not in _SOURCE_MM:
            raise ValueError(
                f"view is {self.view!r}, but this phantom is imaged from the front. "
                f"Choose one of: {', '.join(_SOURCE_MM)}."
            )
        if not self.source_mm >= 600:
            raise ValueError(
                f"source_mm is {self.source_mm}, but the focus must stand at least "
                "600 mm from the detector. 1800 is usual for PA, 1000 for AP."
            )

    @property
    def supine(self) -> bool:
        """Whether the patient lies or half lies, the arms at the sides."""
        return self.recline_deg > 20


def draw_examination(
    patient: Patient, *, visit: int = 1, view: str = "PA"
) -> Examination:
    """Return how the patient stood, or lay, and was exposed at a visit.

    Parameters
    ----------
    patient : Patient
    visit : int
        1, 2, ...
    view : str
        "PA" or "AP"; an AP film is taken lying or half lying, at the bedside.

    Examples
    --------
    >>> from phantoms import draw_patient
    >>> draw_examination(draw_patient(1, cohort_seed=2026)).days_since_first
    0
    """
    rng = random_stream(patient.seed, "examination", part=visit)
    bedside = view == "AP"
    wobble = 1.7 if bedside else 1.0
    return Examination(
        visit=visit,
        days_since_first=0 if visit == 1 else int(rng.integers(14, 420)),
        inspiration_mm=float(min(rng.gamma(1.5, 7.0) + 12 * bedside, 34)),
        rotation_deg=wobble * limited_normal(rng, 0, 3.0),
        tilt_deg=wobble * limited_normal(rng, 2 * bedside, 2.5),
        roll_deg=wobble * limited_normal(rng, 0, 1.7),
        shift_mm=(
            wobble * limited_normal(rng, 0, 10),
            wobble * limited_normal(rng, 0, 14),
        ),
        arm_mm=limited_normal(rng, -10 if bedside else 6, 7),
        detector_ugy=float(2.5 * np.exp(rng.normal(0, 0.35))),
        contrast=limited_normal(rng, 1.0, 0.08),
        brightness=limited_normal(rng, 0.0, 0.045),
        gas_mm=float(rng.uniform(10, 36)),
        gas_kind=str(rng.choice(GAS_KINDS, p=(0.30, 0.36, 0.20, 0.14))),
        view=view,
        source_mm=_SOURCE_MM[view] * float(rng.uniform(0.95, 1.05) if bedside else 1),
        recline_deg=float(rng.choice((30.0, 45.0, 90.0))) if bedside else 0.0,
        shoulders_mm=limited_normal(rng, 14 if bedside else 0, 6),
    )
