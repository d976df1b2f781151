"""Who is imaged, how they stood or lay on one day, and how their organs lay then.

A ``Patient`` fixes the anatomy for life and owns streams of random numbers. An
``Examination`` says how one film was taken: view, breath, turning. It begins a
``Posture``, which says what moves in the chest and which findings may change (a
collapsed lobe lifts a dome and draws the mediastinum over). Nothing here knows about
images. All spreads are chosen for appearance unless a source is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

# one independent stream of random numbers for each purpose of a patient
_STREAMS = {"person": 0, "anatomy": 1, "finding": 2, "examination": 3, "noise": 4}


@dataclass(frozen=True)
class Patient:
    """One invented person.

    Parameters
    ----------
    patient_id : str
        "P0001" and so on.
    sex : str
        "F" or "M".
    age : int
        Years at the first visit, 18 to 90.
    stretch : tuple of float
        Factors (x, y, z) from the reference thorax to this one.
    fat_mm : float
        Subcutaneous fat on the chest wall.
    heart_factor : float
        Size of the heart against the reference; 1 gives a cardiothoracic
        ratio near 0.45.
    aorta_factor : float
        Width and elongation of the aorta, which grow with age.
    breast_mm : float
        Greatest thickness of the breasts, 0 in men.
    gland_fraction : float
        Glandular part of the breast, 0 to 1.
    vessel_factor : float
        Prominence of the pulmonary vessels, 1 on average.
    seed : tuple of int
        Entropy of every further detail of this person.
    barrel : float
        Overinflation of old or emphysematous lungs, 0 to 1: a deep chest, low
        flat domes and a narrow heart.
    lung_density : float
        Of the lungs in full inspiration against the material "lung" (0.26 g/cm3);
        0.58 gives about -850 HU.
    """

    patient_id: str
    sex: str
    age: int
    stretch: tuple[float, float, float]
    fat_mm: float
    heart_factor: float
    aorta_factor: float
    breast_mm: float
    gland_fraction: float
    vessel_factor: float
    seed: tuple[int, int]
    barrel: float = 0.0
    lung_density: float = 0.58


def random_stream(seed: tuple[int, int], purpose: str, *, part: int = 0) -> Generator:
    """Return the generator of one purpose; the same arguments, the same numbers.

    Parameters
    ----------
    seed : tuple of int
        Cohort seed and number of the patient.
    purpose : str
        "person", "anatomy", "finding", "examination" or "noise".
    part : int
        A stream of its own within the purpose: an organ, a visit, a finding.

    Examples
    --------
    >>> a, b = (random_stream((7, 1), "anatomy").random() for _ in range(2))
    >>> a == b
    True
    """
    return np.random.default_rng([*seed, _STREAMS[purpose], part])


def limited_normal(
    rng: Generator, mean: float, spread: float, *, limit: float = 2.2
) -> float:
    """Return a normal number cut at ``limit`` spreads from the mean."""
    return float(mean + spread * np.clip(rng.standard_normal(), -limit, limit))


@dataclass(frozen=True)
class People:
    """Who comes to a hospital.

    Parameters
    ----------
    age_mean, age_sd : float
        Years; ages are cut at 18 and 90.
    female_share : float
        0 to 1.
    """

    age_mean: float = 56.0
    age_sd: float = 17.0
    female_share: float = 0.48


PEOPLE = People()

# mean size of the sexes against the reference thorax
_SIZE = {"F": 0.945, "M": 1.03}


def draw_patient(number: int, *, cohort_seed: int, people: People = PEOPLE) -> Patient:
    """Return invented patient ``number`` (counted from 1) of a cohort.

    Every property has a place of its own in the stream of random numbers, so the
    same person of the other sex differs in what belongs to the sex and in nothing
    else (see ``with_sex``).

    Examples
    --------
    >>> draw_patient(1, cohort_seed=2026).patient_id
    'P0001'
    """
    seed = (cohort_seed, number)
    rng = random_stream(seed, "person")
    sex = "F" if rng.random() < people.female_share else "M"
    age = int(np.clip(rng.normal(people.age_mean, people.age_sd), 18, 90))
    fat = float(np.clip(rng.gamma(2.6, 8.5), 3, 65))
    height, slender = limited_normal(rng, 0, 0.055), limited_normal(rng, 0, 0.045)
    depth = limited_normal(rng, 0, 0.05)
    size = _SIZE[sex]
    return Patient(
        patient_id=f"P{number:04d}",
        sex=sex,
        age=age,
        stretch=(
            size + 0.6 * height - slender + 0.0009 * (fat - 22),
            size + depth + 0.0022 * (fat - 22),
            0.985 * size + height + slender - 0.0012 * (fat - 22),
        ),
        fat_mm=fat,
        heart_factor=limited_normal(rng, 1.03 + 0.001 * (age - 55), 0.05),
        aorta_factor=limited_normal(rng, 1.0 + 0.005 * (age - 55), 0.08),
        breast_mm=_breast_mm(seed, fat) if sex == "F" else 0.0,
        gland_fraction=float(np.clip(rng.normal(0.75 - 0.008 * age, 0.18), 0.05, 0.95)),
        vessel_factor=float(np.exp(rng.normal(0, 0.13))),
        seed=seed,
        barrel=(barrel := _barrel(rng, age)),
        lung_density=limited_normal(rng, 0.59, 0.05) * (1 - 0.2 * barrel),
    )


def _barrel(rng: Generator, age: int) -> float:
    """Return how overinflated the lungs are: much in one old chest of six."""
    little, much = rng.uniform(0, 0.15), rng.uniform(0.35, 1.0)
    ill = rng.random() < np.clip((age - 40) / 180, 0.0, 0.2)
    return float(much if ill else little)


def _breast_mm(seed: tuple[int, int], fat_mm: float) -> float:
    """Return the greatest thickness of a woman's breasts, more with more fat."""
    own = random_stream(seed, "person", part=1).gamma(5.0, 5.0)
    return float(min(own + 0.5 * fat_mm, 80))


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

    Raises
    ------
    ValueError
        If the view is another one.

    Examples
    --------
    >>> from phantoms import draw_patient
    >>> draw_examination(draw_patient(1, cohort_seed=2026)).days_since_first
    0
    """
    if view not in _SOURCE_MM:
        raise ValueError(f"view is {view!r}. Choose one of: {', '.join(_SOURCE_MM)}.")
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
        shift_mm=tuple(wobble * limited_normal(rng, 0, mm) for mm in (10, 14)),
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
