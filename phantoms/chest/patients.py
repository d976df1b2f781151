"""Who is imaged: invented people, and the streams of random numbers they own.

Nothing here knows about images. A ``Patient`` fixes the anatomy for life. All
spreads are chosen for appearance unless a source is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

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
        0.8 gives about -800 HU.
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
    lung_density: float = 0.8


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


def limited_normal(
    rng: np.random.Generator, mean: float, spread: float, *, limit: float = 2.2
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
        lung_density=limited_normal(rng, 0.82, 0.07) * (1 - 0.2 * barrel),
    )


def _barrel(rng: np.random.Generator, age: int) -> float:
    """Return how overinflated the lungs are: much in one old chest of six."""
    little, much = rng.uniform(0, 0.15), rng.uniform(0.35, 1.0)
    ill = rng.random() < np.clip((age - 40) / 180, 0.0, 0.2)
    return float(much if ill else little)


def _breast_mm(seed: tuple[int, int], fat_mm: float) -> float:
    """Return the greatest thickness of a woman's breasts, more with more fat."""
    own = random_stream(seed, "person", part=1).gamma(5.0, 5.0)
    return float(min(own + 0.5 * fat_mm, 80))


def with_sex(patient: Patient, sex: str) -> Patient:
    """Return the same person with the other sex's size and breasts, or as before.

    Raises
    ------
    ValueError
        If the sex is neither "F" nor "M".
    """
    if sex not in _SIZE:
        raise ValueError(f"sex is {sex!r}, but this phantom knows 'F' and 'M' only.")
    if sex == patient.sex:
        return patient
    more = _SIZE[sex] - _SIZE[patient.sex]
    x, y, z = patient.stretch
    breast = _breast_mm(patient.seed, patient.fat_mm) if sex == "F" else 0.0
    stretch = (x + more, y + more, z + 0.985 * more)
    return replace(patient, sex=sex, stretch=stretch, breast_mm=breast)
