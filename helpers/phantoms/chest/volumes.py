"""Volumes of the lungs in litres, measured on the solids."""

from __future__ import annotations

import numpy as np

from helpers.phantoms.chest.anatomy import Anatomy, chest_solids
from helpers.phantoms.chest.posture import UPRIGHT, Posture
from helpers.phantoms.chest.projection import flat_view
from helpers.phantoms.shapes.solids import total_length

#: Share of the inflated lung that is gas: density 0.26 g/cm3 (ICRP lung), the
#: tissue and blood in it 1.05 g/cm3.
GAS_SHARE = 1 - 0.26 / 1.05


def lung_gas_litres(
    anatomy: Anatomy, posture: Posture = UPRIGHT, *, step_mm: float = 4.0
) -> float:
    """Return the gas in both lungs in litres.

    In full inspiration, the default, this is the total lung capacity.

    Parameters
    ----------
    anatomy : Anatomy
    posture : Posture
    step_mm : float
        Step of the grid that is summed over.
    """
    across = np.arange(-170, 170 + step_mm, step_mm)
    down = np.arange(120, -220 - step_mm, -step_mm)
    view = flat_view(*np.meshgrid(across, down))
    depth = total_length(chest_solids(anatomy, view, posture=posture).lungs)
    mm3 = float(depth.sum(dtype=float)) * step_mm**2
    return GAS_SHARE * mm3 * float(np.prod(anatomy.patient.stretch)) * 1e-6
