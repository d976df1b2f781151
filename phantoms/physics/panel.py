"""A flat panel with its tube and grid: every physical parameter, with its source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.physics.attenuation import BEAMS, Beam, attenuation_per_mm


@dataclass(frozen=True)
class Detector:
    """A flat panel, its grid, and the tube in front of it.

    The defaults reproduce the six CsI panels of Marshall 2011
    (doi:10.1088/0031-9155/56/4/007): MTF50 1.29/mm, NNPS 1.42e-5 mm2 and DQE 0.60
    at 0.5/mm and about 2.5 uGy.

    Parameters
    ----------
    beam : str
        A key of ``attenuation.BEAMS``.
    target_ugy : float
        Air kerma behind the lungs that the automatic exposure aims at; 2.5
        is a detector of speed class 400.
    pitch_mm : float
        Side of a detector element; 0.15 is usual for chest panels.
    screen_mm : float
        Solid CsI in the path: 0.45 mm at a packing of 0.7 (chosen, typical).
    swank : float
        Statistical factor of the light yield, 1 for none (0.78, chosen so that
        the DQE comes out as measured; CsI is quoted at 0.8 to 0.9).
    narrow_mm, broad_mm, broad_share : float
        Light spread: standard deviations of two Gaussians and the share of the
        broad one. With the aperture they solve MTF(1.29/mm) = 0.5 and
        MTF(0.5/mm) = 0.80, which the measured DQE and NNPS imply together.
    electronic_quanta : float
        Electronic noise of one element, as absorbed quanta (chosen: about 2,000
        electrons at some 700 electrons a quantum).
    focal_mm, source_mm, object_mm : float
        Nominal focal spot; distance of the focus, and of the middle of the
        chest, from the detector.
    grid_primary, grid_scatter : float
        Shares of primary and scattered quanta that the grid lets through; 1 and
        1 without a grid (0.70 and 0.15 chosen for a 12:1 grid).
    scatter_strength, scatter_sigma_mm : float
        Size and width of the scatter kernel. 0.80 and 45 mm give the scatter
        fractions of Niklason 1981 (doi:10.1118/1.595027) without a grid.
    """

    beam: str = "120 kV Cu"
    target_ugy: float = 2.5
    pitch_mm: float = 0.15
    screen_mm: float = 0.315
    swank: float = 0.78
    narrow_mm: float = 0.0918
    broad_mm: float = 0.40
    broad_share: float = 0.30
    electronic_quanta: float = 3.0
    focal_mm: float = 1.2
    source_mm: float = 1800.0
    object_mm: float = 120.0
    grid_primary: float = 0.70
    grid_scatter: float = 0.15
    scatter_strength: float = 0.80
    scatter_sigma_mm: float = 45.0

    @property
    def spectrum(self) -> Beam:
        """Energy and quanta of the beam."""
        return BEAMS[self.beam]

    @property
    def energy_kev(self) -> float:
        """Energy at which tissues attenuate."""
        return self.spectrum.energy_kev

    @property
    def absorption(self) -> float:
        """Share of quanta that the screen absorbs, 0 to 1."""
        mu = attenuation_per_mm("caesium iodide", energy_kev=self.energy_kev)
        return 1 - float(np.exp(-mu * self.screen_mm))

    @property
    def quanta_per_mm2_ugy(self) -> float:
        """Absorbed quanta per mm2 and uGy of air kerma."""
        return self.spectrum.photons_per_mm2_ugy * self.absorption

    @property
    def focal_sigma_mm(self) -> float:
        """Blur of the focal spot at the detector: a square of focal (m - 1)."""
        beyond = self.object_mm / (self.source_mm - self.object_mm)
        return self.focal_mm * beyond / np.sqrt(12)
