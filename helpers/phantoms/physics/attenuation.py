"""Linear attenuation of tissues, and nothing else.

The coefficients were computed with xraylib 4.3.0 from ICRP and ICRU
compositions (NIST tables of X-ray mass attenuation coefficients,
https://physics.nist.gov/PhysRefData/XrayMassCoef/tab4.html). Spongiosa is a
mixture chosen here: one part cortical bone in six parts soft tissue by volume.
"""

from __future__ import annotations

import numpy as np

ENERGIES_KEV = (20, 25, 30, 50, 60, 70, 80, 100)

#: Mean energy of a 120 kV beam behind 0.1 mm of copper (spekpy 2.5.4: 60.4 keV).
EFFECTIVE_ENERGY_KEV = 60.0

ATTENUATION_PER_CM: dict[str, tuple[float, ...]] = {
    "water": (0.810, 0.508, 0.376, 0.227, 0.206, 0.193, 0.184, 0.171),
    "soft tissue": (0.763, 0.485, 0.362, 0.223, 0.203, 0.191, 0.182, 0.169),
    "adipose": (0.509, 0.350, 0.279, 0.195, 0.182, 0.173, 0.166, 0.156),
    "gland": (0.822, 0.518, 0.384, 0.233, 0.212, 0.199, 0.189, 0.176),
    "blood": (0.878, 0.549, 0.403, 0.240, 0.217, 0.203, 0.193, 0.180),
    "lung": (0.217, 0.135, 0.099, 0.059, 0.053, 0.050, 0.047, 0.044),
    "cortical bone": (7.08, 3.83, 2.37, 0.767, 0.574, 0.472, 0.411, 0.344),
    "air": (0.0009, 0.0006, 0.0004, 0.0003, 0.0002, 0.0002, 0.0002, 0.0002),
}

_SPONGIOSA_CORTICAL_FRACTION = 1 / 7


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
    0.0206
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
