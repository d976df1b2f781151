"""Linear attenuation of tissues, the beams that meet them, and CT numbers.

The coefficients in ``attenuation.csv`` were computed with xraylib 4.3.0 to five digits:
density times ``CS_Total_CP(name, energy)`` of the compositions in its list from NIST
(https://physics.nist.gov/PhysRefData/XrayMassCoef/tab4.html): "Water, Liquid" (1
g/cm3), "Muscle, Skeletal" for soft tissue (1.05, as in ICRP Publication 110), "Adipose
Tissue (ICRP)" (0.92), "Blood (ICRP)" (1.06), "Lung (ICRP)" (0.26, inflated), "Bone,
Cortical (ICRP)" (1.85), "Cesium Iodide" (4.51), "Air, Dry (near sea level)" (0.001205).
Gland (1.04) has Hammerstein's weights of H, C, N, O and Ca: 0.102, 0.184, 0.032, 0.677
and 0.005. Spongiosa is a mixture chosen here: by volume one part of cortical bone in
eight of soft tissue. Never interpolate caesium iodide between 30 and 50 keV: its K
edges lie there.
A beam is a single energy, the mean of its spectrum (spekpy 2.5.4): hardening on
the way through the patient is not simulated.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


def read_rows(path: Path) -> tuple[tuple[float, ...], dict[str, tuple[float, ...]]]:
    """Return the numbers in the head of a CSV file, and those behind each name."""
    with path.open(encoding="utf-8", newline="") as file:
        (_, *head), *rows = csv.reader(file)
    found = {name: tuple(map(float, values)) for name, *values in rows}
    return tuple(map(float, head)), found


#: Linear attenuation in 1/cm at photon energies in keV.
ENERGIES_KEV, ATTENUATION_PER_CM = read_rows(Path(__file__).with_suffix(".csv"))


@dataclass(frozen=True)
class Beam:
    """An X-ray beam at the tube window.

    Parameters
    ----------
    kilovolts : int
        Peak tube voltage.
    filtration : str
        What lies in the beam, in words.
    energy_kev : float
        Mean photon energy.
    photons_per_mm2_ugy : float
        Photons per mm2 and uGy of air kerma.
    """

    kilovolts: int
    filtration: str
    energy_kev: float
    photons_per_mm2_ugy: float


#: Beams computed with spekpy 2.5.4; "RQA5" is the calibration beam of IEC 62220-1.
BEAMS: dict[str, Beam] = {
    "120 kV Cu": Beam(120, "3 mm Al + 0.1 mm Cu", 60.4, 27_400),
    "120 kV": Beam(120, "3 mm Al", 55.4, 23_700),
    "100 kV": Beam(100, "3 mm Al", 50.1, 22_100),
    "80 kV": Beam(80, "3 mm Al", 43.8, 19_600),
    "RQA5": Beam(70, "2.5 mm + 21 mm Al", 52.1, 29_600),
}

#: Energy at which tissues are told apart unless a scanner says otherwise.
EFFECTIVE_ENERGY_KEV = BEAMS["120 kV Cu"].energy_kev


def attenuation_per_mm(
    material: str, *, energy_kev: float = EFFECTIVE_ENERGY_KEV
) -> float:
    """Return the linear attenuation coefficient of a tissue in 1/mm.

    Parameters
    ----------
    material : str
        A key of ``ATTENUATION_PER_CM``.
    energy_kev : float
        Photon energy, 20 to 100 keV; between the table's energies the logarithms
        are interpolated.

    Raises
    ------
    ValueError
        If the material is unknown or the energy lies outside the table.

    Examples
    --------
    >>> round(attenuation_per_mm("water"), 4)
    0.0205
    """
    if material not in ATTENUATION_PER_CM:
        known = ", ".join(ATTENUATION_PER_CM)
        raise ValueError(f"material is {material!r}. Choose one of: {known}.")
    if not ENERGIES_KEV[0] <= energy_kev <= ENERGIES_KEV[-1]:
        raise ValueError(
            f"energy_kev is {energy_kev}, but the table covers {ENERGIES_KEV[0]:g} to "
            f"{ENERGIES_KEV[-1]:g} keV. Choose an energy in that range."
        )
    row = ATTENUATION_PER_CM[material]
    return between_energies(energy_kev, ENERGIES_KEV, row) / 10


def between_energies(
    energy_kev: float, energies: Sequence[float], values: Sequence[float]
) -> float:
    """Return a coefficient at an energy, straight between the logarithms of a table.

    Examples
    --------
    >>> round(between_energies(20, (10, 40), (8.0, 2.0)), 6)
    4.0
    """
    log = np.interp(np.log(energy_kev), np.log(energies), np.log(values))
    return float(np.exp(log))


#: Mean energy of a 120 kV CT beam behind 20 cm of water (spekpy 2.5.4: 72.1 keV).
CT_ENERGY_KEV = 70.0
#: Mass attenuation of iodine in cm2/g by energy in keV (xraylib 4.3.0).
IODINE_CM2_PER_G = {50: 12.324, 60: 7.577, 70: 5.0156, 80: 3.5103, 100: 1.9422}


def hounsfield(mu_per_mm: float, *, energy_kev: float = CT_ENERGY_KEV) -> float:
    """Return the CT number of an attenuation coefficient, in HU.

    Examples
    --------
    >>> round(hounsfield(0.0206, energy_kev=60))
    0
    """
    water = attenuation_per_mm("water", energy_kev=energy_kev)
    return 1000 * (mu_per_mm / water - 1)


def material_hu(material: str, *, energy_kev: float = CT_ENERGY_KEV) -> float:
    """Return the CT number of a material of ``physics.attenuation``, in HU."""
    mu = attenuation_per_mm(material, energy_kev=energy_kev)
    return hounsfield(mu, energy_kev=energy_kev)


def iodine_hu(mg_ml: float, *, energy_kev: float = CT_ENERGY_KEV) -> float:
    """Return how much iodine in blood raises its CT number.

    Raises
    ------
    ValueError
        If the energy lies outside the table, which begins above the K-edge.

    Examples
    --------
    >>> round(iodine_hu(10.0))
    260
    """
    energies = list(IODINE_CM2_PER_G)
    if not energies[0] <= energy_kev <= energies[-1]:
        raise ValueError(
            f"energy_kev is {energy_kev}, but iodine is known from {energies[0]} to "
            f"{energies[-1]} keV, above its K-edge. Choose an energy in that range."
        )
    per_gram = between_energies(energy_kev, energies, list(IODINE_CM2_PER_G.values()))
    mu = per_gram * mg_ml / 10_000
    return 1000 * mu / attenuation_per_mm("water", energy_kev=energy_kev)
