"""What a finding is: changes to the posture and the organs, fillings, and a mask.

A finding knows nothing of X-rays or voxels. It says which pieces of the lung hold
something else than lung; a radiograph sums the pieces along its rays and a CT fills
its voxels with them, so both show the same disease. The thickness of what it fills
decides which pixels belong to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy, ChestSolids
from phantoms.chest.patients import Posture
from phantoms.chest.projection import View
from phantoms.shapes.solids import Piece

#: Every kind of finding, in the order in which they are drawn and stored, with the
#: thickness of its material, mm, from which on a pixel belongs to it. Of soft tissue,
#: 4 mm instead of lung take 6 % of the primary beam at 60 keV.
MASK_THRESHOLD_MM = {
    "consolidation": 4.0,
    "nodule": 2.0,
    "effusion": 6.0,
    "pneumothorax": 5.0,
    "cardiomegaly": 8.0,
    "tuberculosis": 3.0,
    "oedema": 4.0,
}
FINDINGS = tuple(MASK_THRESHOLD_MM)
#: And from this share of the ray's way through the pleural cavity on: outside the
#: pleural line all of it is free air, inside the line little.
MASK_SHARE = {"pneumothorax": 0.5}

#: What a filling can consist of, as a material of ``physics.attenuation``.
MATERIALS = {
    "soft tissue": "soft tissue",
    "fluid": "water",
    "air": "air",
    "calcium": "cortical bone",
}


@dataclass(frozen=True)
class Filling:
    """Pieces of lung that hold another material.

    Parameters
    ----------
    material : str
        A key of ``MATERIALS``.
    pieces : list of Piece
        Inside the lungs; a piece's weight is the share of the lung it replaces.
        Where pieces overlap, no more than all of the lung is replaced.
    clears_vessels : bool
        Whether pulmonary vessels vanish inside the pieces (in fluid they cannot be
        told apart, in free air there are none).
    marks : bool
        Whether the pieces belong to the finding's mask.
    """

    material: str
    pieces: list[Piece]
    clears_vessels: bool = True
    marks: bool = True


class Finding:
    """One disease of one patient at one visit; a frozen dataclass a kind.

    Every default below is "changes nothing", so a kind states only what it does.

    Attributes
    ----------
    kind : str
        One of ``FINDINGS``.
    side, zone : str
        "right", "left" or "both"; the third of the lung's height in which most of it
        lies, "upper", "middle" or "lower", or "all".
    severity : dict of str to float
        What the table stores, by name with unit: mm, ml, fractions.
    """

    kind: str
    side: str
    zone: str
    severity: dict[str, float]

    def on_anatomy(self, anatomy: Anatomy) -> Anatomy:
        """Return the organs as this finding moves or widens them."""
        return anatomy

    def on_posture(self, posture: Posture) -> Posture:
        """Return the posture with the diaphragm and mediastinum moved."""
        return posture

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return what lies in the lung instead of lung, over the grid of a view."""
        return []

    def marked(
        self, fillings: list[Filling], solids: ChestSolids, view: View
    ) -> list[Piece]:
        """Return the pieces whose thickness decides the finding's mask.

        Parameters
        ----------
        fillings : list of Filling
            What ``fillings`` returned for the same solids and view.
        solids : ChestSolids
        view : View
        """
        return [p for filling in fillings if filling.marks for p in filling.pieces]

    def later(self, anatomy: Anatomy, *, days: float, rng: Generator) -> Finding | None:
        """Return it some days later, grown or healing, or None once it is gone.

        Parameters
        ----------
        anatomy : Anatomy
            Of the patient in health.
        days : float
            Since the visit that this finding describes, 0 or more.
        rng : numpy.random.Generator
        """
        return self


def zone_of(z: float | np.ndarray) -> str:
    """Return the zone of a height or of the mean of several, reference frame in mm.

    The zones are thirds of the height from the apex (104 mm) to the domes.

    Examples
    --------
    >>> zone_of(60.0), zone_of(-20.0), zone_of(-90.0)
    ('upper', 'middle', 'lower')
    """
    height = float(np.mean(z))
    return "upper" if height > 28 else "middle" if height > -48 else "lower"


def side_of(x: float | np.ndarray) -> str:
    """Return on which side a place lies, or "both" when places lie on either side.

    Examples
    --------
    >>> side_of(-40.0), side_of(30.0), side_of(np.array([-40.0, 30.0]))
    ('right', 'left', 'both')
    """
    x = np.atleast_1d(x)
    return "right" if (x < 0).all() else "left" if (x > 0).all() else "both"


def finding_mask(kind: str, marked_mm: np.ndarray, cavity_mm: np.ndarray) -> np.ndarray:
    """Return the pixels that belong to a finding.

    Parameters
    ----------
    kind : str
        One of ``FINDINGS``.
    marked_mm : float array of shape (rows, columns)
        Thickness of the finding's marked pieces.
    cavity_mm : float array of shape (rows, columns)
        Way of the rays through the lungs, whatever fills them.

    Returns
    -------
    bool array of shape (rows, columns)

    Examples
    --------
    >>> finding_mask("effusion", np.array([5.9, 6.0]), np.array([9.0, 90.0])).tolist()
    [False, True]
    """
    share = MASK_SHARE.get(kind, 0.0)
    return marked_mm >= np.maximum(MASK_THRESHOLD_MM[kind], share * cavity_mm)
