"""Volumes of the lungs in litres, measured on the solids."""

from __future__ import annotations

import numpy as np

from phantoms.chest.anatomy import Anatomy, chest_solids
from phantoms.chest.patients import UPRIGHT, Posture
from phantoms.chest.projection import flat_view
from phantoms.shapes.solids import total_length

# of the material "lung" and of the tissue and blood in it (ICRP), g/cm3
_LUNG_DENSITY, _TISSUE_DENSITY = 0.26, 1.05


def lung_litres(
    anatomy: Anatomy, posture: Posture = UPRIGHT, *, step_mm: float = 4.0
) -> float:
    """Return the volume of both lungs, tissue and gas, in litres.

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
    return mm3 * float(np.prod(anatomy.patient.stretch)) * 1e-6


def total_lung_capacity_litres(anatomy: Anatomy) -> float:
    """Return the gas in both lungs in full inspiration, in litres."""
    density = _LUNG_DENSITY * anatomy.patient.lung_density
    return lung_litres(anatomy) * (1 - density / _TISSUE_DENSITY)
