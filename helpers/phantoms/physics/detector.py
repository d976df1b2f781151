"""The detector's side: primary beam, scatter, blur and quantum noise.

Figures with a source: quanta per kerma (spekpy 2.5.4, 120 kV with 0.1 mm Cu),
the Gaussian of a CsI panel with MTF50 of 1.29/mm (Marshall 2011,
doi:10.1088/0031-9155/56/4/007), and the scatter fraction at the mediastinum
without a grid, about 0.90 (Niklason 1981, doi:10.1118/1.595027).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

PHOTONS_PER_MM2_UGY = 27_400
DETECTOR_SIGMA_MM = 0.145


@dataclass(frozen=True)
class Detector:
    """A digital radiography stand with its grid.

    Parameters
    ----------
    scatter_strength : float
        Scattered quanta at the detector against the mean primary, no grid.
        0.80 puts 0.87 scatter behind the mediastinum and 0.64 behind the lungs.
    scatter_sigma_mm : float
        Width of the scatter kernel (chosen: some centimetres).
    grid_primary, grid_scatter : float
        Shares of primary and scattered quanta that the grid lets through;
        1 and 1 without a grid (0.70 and 0.15 chosen for a 12:1 grid).
    absorption : float
        Share of quanta that the screen absorbs (chosen).
    focal_sigma_mm : float
        Geometric blur of the focal spot at the detector (chosen).
    """

    scatter_strength: float = 0.80
    scatter_sigma_mm: float = 45.0
    grid_primary: float = 0.70
    grid_scatter: float = 0.15
    absorption: float = 0.85
    focal_sigma_mm: float = 0.06


NO_GRID = Detector(grid_primary=1.0, grid_scatter=1.0)


def scatter(primary: np.ndarray, *, pixel_mm: float, detector: Detector) -> np.ndarray:
    """Return scattered quanta behind the patient, before the grid.

    The scatter of a place goes with the primary that enters it and with how much
    of it is stopped on the way; a broad Gaussian spreads it.

    Parameters
    ----------
    primary : float array of shape (rows, columns)
        Transmitted share of the beam, 0 to 1.
    pixel_mm : float
    detector : Detector
    """
    step = max(int(round(9.0 / pixel_mm)), 1)
    rows, columns = (n // step * step for n in primary.shape)
    coarse = primary[:rows, :columns].reshape(rows // step, step, columns // step, step)
    coarse = np.maximum(coarse.mean((1, 3)), 1e-6)
    source = coarse * -np.log(coarse)
    sigma = detector.scatter_sigma_mm / (pixel_mm * step)
    broad = gaussian_filter(source, sigma, mode="nearest", truncate=3)
    scale = (primary.shape[0] / broad.shape[0], primary.shape[1] / broad.shape[1])
    spread = zoom(broad, scale, order=1, grid_mode=True, mode="nearest")
    return (detector.scatter_strength * spread).astype(primary.dtype)


def detector_blur(
    image: np.ndarray, *, pixel_mm: float, detector: Detector
) -> np.ndarray:
    """Return the image blurred by the screen and the focal spot."""
    sigma = np.hypot(DETECTOR_SIGMA_MM, detector.focal_sigma_mm) / pixel_mm
    return gaussian_filter(image, sigma, truncate=4) if sigma > 0.1 else image


def expose(
    fluence: np.ndarray,
    *,
    detector_ugy: float,
    pixel_mm: float,
    detector: Detector,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return counted quanta per pixel with Poisson noise.

    Counts above some hundreds are drawn from the normal distribution of equal
    mean and variance, which keeps platforms in step.

    Parameters
    ----------
    fluence : float array of shape (rows, columns)
        Share of the unattenuated beam that reaches the detector.
    detector_ugy : float
        Mean air kerma over the image, in uGy.
    pixel_mm : float
    detector : Detector
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If the exposure is not positive.
    """
    if not detector_ugy > 0:
        raise ValueError(
            f"detector_ugy is {detector_ugy}, but an exposure must be above 0 uGy. "
            "A chest radiograph needs about 2.5 uGy at the detector."
        )
    quanta = detector_ugy * PHOTONS_PER_MM2_UGY * pixel_mm**2 * detector.absorption
    mean = fluence * np.float32(quanta / fluence.mean())
    noise = rng.standard_normal(mean.shape, dtype=np.float32)
    return np.maximum(mean + np.sqrt(mean) * noise, 1)


def form_image(
    depth: np.ndarray,
    *,
    pixel_mm: float,
    detector_ugy: float,
    detector: Detector,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return detector counts from an optical depth: Beer-Lambert to quanta.

    Parameters
    ----------
    depth : float array of shape (rows, columns)
        Line integral of attenuation.
    pixel_mm, detector_ugy, detector, rng
        As in ``expose``.
    """
    primary = np.exp(-depth)
    scattered = scatter(primary, pixel_mm=pixel_mm, detector=detector)
    fluence = detector.grid_primary * primary + detector.grid_scatter * scattered
    fluence = detector_blur(fluence, pixel_mm=pixel_mm, detector=detector)
    return expose(
        fluence,
        detector_ugy=detector_ugy,
        pixel_mm=pixel_mm,
        detector=detector,
        rng=rng,
    )
