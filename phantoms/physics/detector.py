"""The detector's side: primary beam, scatter, grid, quanta, blur, electronics.

``Detector`` holds every physical parameter of a flat panel with its tube and grid, and
its source. The order is that of a CsI panel. Quanta are absorbed and counted first
(Poisson), each turns into a varying amount of light (Swank), the screen spreads
signal and noise alike, and the electronics add noise that nothing has spread.
So quantum noise is correlated between neighbours, as measured in real panels.

Scatter spreads over centimetres and displays compress structures as wide: at full
resolution such blurs cost more than the rest of the imaging together, so
``broad_blur`` works on a grid as coarse as the blur allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from scipy.ndimage import correlate1d, gaussian_filter
from scipy.sparse import csr_array

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


#: Coarse pixels in one standard deviation of the blur.
_PIXELS_A_SIGMA = 2.0
_WORTH_IT = 4.0


def broad_blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return a Gaussian blur of an image; beyond the border the edge goes on.

    Parameters
    ----------
    image : float32 array of shape (rows, columns)
    sigma : float
        Standard deviation in pixels. From 4 pixels on the image is averaged over
        larger pixels, blurred there and interpolated; what averaging and
        interpolation blur by themselves is taken off the blur.

    Examples
    --------
    >>> broad_blur(np.ones((32, 32), np.float32), 8.0).round(3).min().item()
    1.0
    """
    if sigma < _WORTH_IT:
        return gaussian_filter(image, sigma, mode="nearest", truncate=2.5)
    few = [max(int(np.ceil(_PIXELS_A_SIGMA * n / sigma)), 4) for n in image.shape]
    down, across = (_area_means(*sizes) for sizes in zip(image.shape, few, strict=True))
    coarse = (across @ (down @ image).T).T
    # a box is step^2 / 12 wide in variance, straight interpolation step^2 / 6
    left = [
        np.sqrt(max(np.square(sigma * small / large) - 0.25, 0.01))
        for small, large in zip(coarse.shape, image.shape, strict=True)
    ]
    blurred = gaussian_filter(coarse, left, mode="nearest", truncate=3)
    up, sideways = (
        _interpolation(large, small)
        for small, large in zip(coarse.shape, image.shape, strict=True)
    )
    return np.ascontiguousarray((sideways @ (up @ blurred).T).T)


# sparse products add up in one order, whatever the number of threads
@lru_cache(maxsize=64)
def _area_means(pixels: int, coarse: int) -> csr_array:
    """Return the matrix that averages over coarse pixels, (coarse, fine)."""
    edges = np.linspace(0, pixels, coarse + 1)
    fine = np.arange(pixels)
    covered = np.minimum(edges[1:, None], fine + 1) - np.maximum(edges[:-1, None], fine)
    means = np.maximum(covered, 0) * coarse / pixels
    return csr_array(means.astype(np.float32))


@lru_cache(maxsize=64)
def _interpolation(pixels: int, coarse: int) -> csr_array:
    """Return the matrix that draws straight lines between coarse pixels' centres."""
    place = (np.arange(pixels) + 0.5) * coarse / pixels - 0.5
    place = np.clip(place, 0, coarse - 1)
    near = np.maximum(1 - np.abs(place[:, None] - np.arange(coarse)), 0)
    return csr_array(near.astype(np.float32))


def beam_opening(
    shape: tuple[int, int],
    *,
    pixel_mm: float,
    margins_mm: tuple[float, float, float, float],
    leak: float = 0.003,
) -> np.ndarray:
    """Return the share of the beam that the collimator lets through.

    Multiply the primary with it before ``form_image``, so that what is shut out
    scatters no more either.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    pixel_mm : float
    margins_mm : tuple of float
        Shut strips at the detector: left, right, top, bottom.
    leak : float
        Share that passes the closed lead (chosen).

    Examples
    --------
    >>> beam_opening((1, 4), pixel_mm=1.0, margins_mm=(1.5, 0, 0, 0), leak=0).tolist()
    [[0.0, 0.5, 1.0, 1.0]]
    """
    left, right, top, bottom = (margin / pixel_mm for margin in margins_mm)
    row, column = np.arange(shape[0]), np.arange(shape[1])
    across = np.clip(column + 1 - left, 0, 1) * np.clip(shape[1] - right - column, 0, 1)
    down = np.clip(row + 1 - top, 0, 1) * np.clip(shape[0] - bottom - row, 0, 1)
    return np.maximum(np.outer(down, across), leak).astype(np.float32)


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
    entering = np.maximum(primary, np.float32(1e-6))
    source = entering * -np.log(entering)
    spread = broad_blur(source, detector.scatter_sigma_mm / pixel_mm)
    return np.float32(detector.scatter_strength) * spread


def focal_blur(image: np.ndarray, *, pixel_mm: float, detector: Detector) -> np.ndarray:
    """Return the shadow softened by the size of the focal spot."""
    sigma = detector.focal_sigma_mm / pixel_mm
    return _gaussian(image, sigma) if sigma >= 0.5 else image


def light_spread(
    image: np.ndarray, *, pixel_mm: float, detector: Detector
) -> np.ndarray:
    """Return the image blurred by the screen: two Gaussians, one of them broad."""
    narrow = _gaussian(image, detector.narrow_mm / pixel_mm)
    broad = _gaussian(image, detector.broad_mm / pixel_mm)
    share = np.float32(detector.broad_share)
    return narrow + share * (broad - narrow)


def _gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return a Gaussian blur; narrow ones lose to the neighbours what leaves a pixel.

    Of the light of an evenly lit pixel, sigma / sqrt(2 pi) pixels' worth crosses
    each side.
    """
    if sigma >= 0.5:
        return gaussian_filter(image, sigma, mode="nearest", truncate=4)
    if sigma < 0.05:
        return image
    lost = sigma / np.sqrt(2 * np.pi)
    taps = np.array([lost, 1 - 2 * lost, lost])
    down = correlate1d(image, taps, axis=0, mode="nearest")
    return correlate1d(down, taps, axis=1, mode="nearest")


def absorbed_quanta(
    fluence: np.ndarray, *, detector_ugy: float, pixel_mm: float, detector: Detector
) -> np.ndarray:
    """Return the expected number of absorbed quanta of every pixel.

    Parameters
    ----------
    fluence : float array of shape (rows, columns)
        Share of the unattenuated beam that reaches the detector.
    detector_ugy : float
        Mean air kerma over the chambers of the automatic exposure, in uGy.
    pixel_mm : float
    detector : Detector
    """
    quanta = detector_ugy * detector.quanta_per_mm2_ugy * pixel_mm**2
    return fluence * np.float32(quanta / _chamber_mean(fluence))


def _chamber_mean(fluence: np.ndarray) -> float:
    """Return the mean behind the two side chambers, which lie behind the lungs."""
    rows, columns = fluence.shape
    high = slice(int(rows * 0.34), int(rows * 0.34) + max(rows // 8, 1))
    sides = (int(columns * 0.25), int(columns * 0.62))
    wide = max(columns // 8, 1)
    return float(np.mean([fluence[high, left : left + wide].mean() for left in sides]))


def count_quanta(expected: np.ndarray, *, swank: float, rng: Generator) -> np.ndarray:
    """Return what the screen registers: Poisson counts with varying light yield.

    Counts above some tens are drawn from the normal distribution of equal mean
    and variance, which keeps platforms in step. The variance is ``expected /
    swank``: 1 is pure Poisson counting.
    """
    noise = rng.standard_normal(expected.shape, dtype=np.float32)
    return expected + np.sqrt(expected / np.float32(swank)) * noise


def form_image(
    depth: np.ndarray,
    *,
    pixel_mm: float,
    detector_ugy: float,
    detector: Detector,
    rng: Generator,
    shield: np.ndarray | None = None,
) -> np.ndarray:
    """Return detector counts from an optical depth: Beer-Lambert to quanta.

    Parameters
    ----------
    depth : float array of shape (rows, columns)
        Line integral of attenuation, a mean over each pixel's area.
    pixel_mm, detector_ugy, detector
        As in ``absorbed_quanta``. A pixel may be larger than an element of the
        detector: it then holds the sum of the elements that it covers.
    rng : numpy.random.Generator
    shield : float array of shape (rows, columns), optional
        Share that lead lying on the detector lets through, of primary and scatter.

    Returns
    -------
    float32 array of shape (rows, columns)
        Counts in absorbed quanta per pixel, at least 1.
    """
    primary = np.exp(-depth)
    scattered = scatter(primary, pixel_mm=pixel_mm, detector=detector)
    primary = focal_blur(primary, pixel_mm=pixel_mm, detector=detector)
    fluence = detector.grid_primary * primary + detector.grid_scatter * scattered
    if shield is not None:
        fluence = fluence * shield
    expected = absorbed_quanta(
        fluence, detector_ugy=detector_ugy, pixel_mm=pixel_mm, detector=detector
    )
    return read_out(expected, pixel_mm=pixel_mm, detector=detector, rng=rng)


def read_out(
    expected: np.ndarray, *, pixel_mm: float, detector: Detector, rng: Generator
) -> np.ndarray:
    """Return the counts that the panel reads for expected absorbed quanta."""
    counts = count_quanta(expected, swank=detector.swank, rng=rng)
    counts = light_spread(counts, pixel_mm=pixel_mm, detector=detector)
    electronic = detector.electronic_quanta * pixel_mm / detector.pitch_mm
    noise = rng.standard_normal(expected.shape, dtype=np.float32)
    return np.maximum(counts + np.float32(electronic) * noise, 1)


def exposure_index(counts: np.ndarray, *, pixel_mm: float, detector: Detector) -> float:
    """Return the exposure index of IEC 62494-1: 100 per uGy of the calibration beam.

    The median of the image's counts is taken, turned into the air kerma of the
    RQA5 beam that would give the same signal.

    Parameters
    ----------
    counts : float array of shape (rows, columns)
        From ``form_image``.
    pixel_mm : float
    detector : Detector
    """
    calibration = BEAMS["RQA5"]
    mu = attenuation_per_mm("caesium iodide", energy_kev=calibration.energy_kev)
    absorbed = 1 - np.exp(-mu * detector.screen_mm)
    per_ugy = calibration.photons_per_mm2_ugy * absorbed * pixel_mm**2
    return float(100 * np.median(counts) / per_ugy)
