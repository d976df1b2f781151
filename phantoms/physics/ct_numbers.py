"""CT numbers of tissues and of contrast medium, from their attenuation."""

from __future__ import annotations

import numpy as np

from phantoms.physics.attenuation import attenuation_per_mm

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
