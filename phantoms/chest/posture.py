"""How the organs of one chest lie on one day: breath, shift, arms, bowel gas.

An anatomy is for life; a posture says what moves. Findings may change it (a
collapsed lobe lifts a dome and draws the mediastinum over), and an examination
begins it.
"""

from __future__ import annotations

from dataclasses import dataclass

from phantoms.chest.examinations import GAS_KINDS, Examination


@dataclass(frozen=True)
class Posture:
    """What differs between two days in the same chest.

    Parameters
    ----------
    raised_mm : tuple of float
        Height of the right and left dome of the diaphragm above full inspiration;
        below 0 for a dome pushed down.
    mediastinum_mm : float
        Shift of heart, great vessels, airways and hila to the patient's left.
    heart_factor : float
        Extra factor on the size of the heart, 1 for none.
    blades_mm : float
        How far the shoulder blades are rolled out of the lung fields.
    shoulders_mm : float
        How far the shoulders are shrugged.
    supine : bool
        Lying or half lying.
    arms_down : bool
        The arms lie at the sides; else the hands are on the hips, or, lying, the
        arms are over the head.
    recline_deg : float
        0 upright, 90 flat on the back: where gravity draws fluid and free air.
    gas_mm, gas_kind : float, str
        Size of the gas under the left dome, and which gut holds it.

    Raises
    ------
    ValueError
        If the gut is unknown or the heart's factor is not positive.
    """

    raised_mm: tuple[float, float] = (0.0, 0.0)
    mediastinum_mm: float = 0.0
    heart_factor: float = 1.0
    blades_mm: float = 6.0
    shoulders_mm: float = 0.0
    supine: bool = False
    arms_down: bool = False
    recline_deg: float = 0.0
    gas_mm: float = 0.0
    gas_kind: str = "fundus"

    def __post_init__(self) -> None:
        """Check the values."""
        if self.gas_kind not in GAS_KINDS:
            raise ValueError(
                f"gas_kind is {self.gas_kind!r}. Choose one of: {', '.join(GAS_KINDS)}."
            )
        if not self.heart_factor > 0:
            raise ValueError(
                f"heart_factor is {self.heart_factor}, but a factor must be above 0. "
                "1 leaves the heart as it is."
            )

    @property
    def breath_mm(self) -> float:
        """Mean height of the domes above full inspiration."""
        return (self.raised_mm[0] + self.raised_mm[1]) / 2


def posture_of(examination: Examination) -> Posture:
    """Return the posture of a healthy chest at an examination.

    Examples
    --------
    >>> from phantoms import draw_examination, draw_patient
    >>> posture_of(draw_examination(draw_patient(1, cohort_seed=2026))).supine
    False
    """
    breath = examination.inspiration_mm
    return Posture(
        raised_mm=(breath, breath),
        heart_factor=1.06 if examination.supine else 1.0,
        blades_mm=examination.arm_mm,
        shoulders_mm=examination.shoulders_mm,
        supine=examination.supine,
        arms_down=examination.supine,
        recline_deg=examination.recline_deg,
        gas_mm=examination.gas_mm,
        gas_kind=examination.gas_kind,
    )


#: Upright, in full inspiration.
UPRIGHT = Posture()
