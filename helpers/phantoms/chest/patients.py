"""Who is imaged, and how they stood: the random numbers of anatomy and visits.

Nothing here knows about images. A ``Patient`` fixes the anatomy for life; an
``Examination`` says how that anatomy was positioned and exposed on one day.
All spreads are chosen for appearance unless a source is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Half width, half depth and height of the reference thorax that is stretched, mm.
REFERENCE_CAGE_MM = (140.0, 98.0, 260.0)

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
        Radius of the gas in the stomach, 0 for none.
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


def random_stream(
    seed: tuple[int, int], purpose: str, *, part: int = 0
) -> np.random.Generator:
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


def _limited_normal(
    rng: np.random.Generator, mean: float, spread: float, *, limit: float = 2.2
) -> float:
    """Return a normal number cut at ``limit`` spreads from the mean."""
    return float(mean + spread * np.clip(rng.standard_normal(), -limit, limit))


def draw_patient(number: int, *, cohort_seed: int) -> Patient:
    """Return invented patient ``number`` (counted from 1) of a cohort.

    Examples
    --------
    >>> draw_patient(1, cohort_seed=2026).patient_id
    'P0001'
    """
    seed = (cohort_seed, number)
    rng = random_stream(seed, "person")
    female = bool(rng.random() < 0.48)
    age = int(np.clip(rng.normal(56, 17), 18, 90))
    size = 0.945 if female else 1.03
    fat = float(np.clip(rng.gamma(4.0, 4.2), 4, 42))
    stretch = (
        _limited_normal(rng, size, 0.05) + 0.0009 * (fat - 15),
        _limited_normal(rng, size, 0.06) + 0.0025 * (fat - 15),
        _limited_normal(rng, size * 0.985, 0.05) - 0.0012 * (fat - 15),
    )
    breast = rng.gamma(5.0, 5.0) + 0.5 * fat if female else 0.0
    return Patient(
        patient_id=f"P{number:04d}",
        sex="F" if female else "M",
        age=age,
        stretch=stretch,
        fat_mm=fat,
        heart_factor=_limited_normal(rng, 0.985 + 0.001 * (age - 55), 0.075),
        aorta_factor=_limited_normal(rng, 1.0 + 0.005 * (age - 55), 0.08),
        breast_mm=float(min(breast, 75)),
        gland_fraction=float(np.clip(rng.normal(0.75 - 0.008 * age, 0.18), 0.05, 0.95)),
        vessel_factor=float(np.exp(rng.normal(0, 0.13))),
        seed=seed,
    )


def draw_examination(patient: Patient, *, visit: int = 1) -> Examination:
    """Return how the patient stood and was exposed at a visit.

    Examples
    --------
    >>> draw_examination(draw_patient(1, cohort_seed=2026)).days_since_first
    0
    """
    rng = random_stream(patient.seed, "examination", part=visit)
    return Examination(
        visit=visit,
        days_since_first=0 if visit == 1 else int(rng.integers(14, 420)),
        inspiration_mm=float(min(rng.gamma(1.5, 7.0), 34)),
        rotation_deg=_limited_normal(rng, 0, 2.0),
        tilt_deg=_limited_normal(rng, 0, 2.5),
        roll_deg=_limited_normal(rng, 0, 1.2),
        shift_mm=(_limited_normal(rng, 0, 6), _limited_normal(rng, 0, 9)),
        arm_mm=_limited_normal(rng, 6, 7),
        detector_ugy=float(2.5 * np.exp(rng.normal(0, 0.35))),
        contrast=_limited_normal(rng, 1.0, 0.08),
        brightness=_limited_normal(rng, 0.0, 0.045),
        gas_mm=float(rng.uniform(10, 36)) if rng.random() < 0.6 else 0.0,
    )
