"""Linear attenuation of tissues, and the beams that meet them.

The coefficients were computed with xraylib 4.3.0 from ICRP and ICRU
compositions (NIST tables of X-ray mass attenuation coefficients,
https://physics.nist.gov/PhysRefData/XrayMassCoef/tab4.html). Spongiosa is a
mixture chosen here: one part cortical bone in twelve parts soft tissue by volume.
Soft tissue is skeletal muscle (ICRP composition, 1.05 g/cm3 as in ICRP
Publication 110). Never interpolate caesium iodide between 30 and 50 keV: its
K edges lie there.
A beam is a single energy, the mean of its spectrum (spekpy 2.5.4): hardening on
the way through the patient is not simulated.

CT numbers of tissues and of contrast medium, from their attenuation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ENERGIES_KEV = (20, 25, 30, 50, 60, 70, 80, 100)


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

ATTENUATION_PER_CM: dict[str, tuple[float, ...]] = {
    "water": (0.810, 0.508, 0.376, 0.227, 0.206, 0.193, 0.184, 0.171),
    "soft tissue": (0.867, 0.542, 0.398, 0.238, 0.215, 0.201, 0.191, 0.178),
    "adipose": (0.509, 0.350, 0.279, 0.195, 0.182, 0.173, 0.166, 0.156),
    "gland": (0.822, 0.518, 0.384, 0.233, 0.212, 0.199, 0.189, 0.176),
    "blood": (0.878, 0.549, 0.403, 0.240, 0.217, 0.203, 0.193, 0.180),
    "lung": (0.217, 0.135, 0.099, 0.059, 0.053, 0.050, 0.047, 0.044),
    "cortical bone": (7.08, 3.83, 2.37, 0.767, 0.574, 0.472, 0.411, 0.344),
    "caesium iodide": (121.0, 66.4, 40.8, 58.1, 35.7, 23.7, 16.6, 9.18),
    "air": (0.0009, 0.0006, 0.0004, 0.0003, 0.0002, 0.0002, 0.0002, 0.0002),
}

_SPONGIOSA_CORTICAL_FRACTION = 1 / 13


def attenuation_per_mm(
    material: str, *, energy_kev: float = EFFECTIVE_ENERGY_KEV
) -> float:
    """Return the linear attenuation coefficient of a tissue in 1/mm.

    Parameters
    ----------
    material : str
        A key of ``ATTENUATION_PER_CM``, or ``"spongiosa"``.
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
    if material == "spongiosa":
        bone = attenuation_per_mm("cortical bone", energy_kev=energy_kev)
        soft = attenuation_per_mm("soft tissue", energy_kev=energy_kev)
        part = _SPONGIOSA_CORTICAL_FRACTION
        return part * bone + (1 - part) * soft
    if material not in ATTENUATION_PER_CM:
        known = ", ".join([*ATTENUATION_PER_CM, "spongiosa"])
        raise ValueError(
            f"No attenuation is known for the material {material!r}. "
            f"Choose one of: {known}."
        )
    if not ENERGIES_KEV[0] <= energy_kev <= ENERGIES_KEV[-1]:
        raise ValueError(
            f"energy_kev is {energy_kev}, but the table covers {ENERGIES_KEV[0]} to "
            f"{ENERGIES_KEV[-1]} keV. Choose an energy in that range."
        )
    log_mu = np.interp(
        np.log(energy_kev), np.log(ENERGIES_KEV), np.log(ATTENUATION_PER_CM[material])
    )
    return float(np.exp(log_mu)) / 10


#: Mean energy of a 120 kV CT beam behind 20 cm of water (spekpy 2.5.4: 72.1 keV).
CT_ENERGY_KEV = 70.0
#: Mass attenuation of iodine in cm2/g by energy in keV (xraylib 4.3.0).
IODINE_CM2_PER_G = {50: 12.32, 60: 7.577, 70: 5.016, 80: 3.510, 100: 1.942}


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
    table = np.log(list(IODINE_CM2_PER_G.values()))
    per_gram = float(np.exp(np.interp(np.log(energy_kev), np.log(energies), table)))
    mu = per_gram * mg_ml / 10_000
    return 1000 * mu / attenuation_per_mm("water", energy_kev=energy_kev)
