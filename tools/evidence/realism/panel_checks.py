"""Checks 1 to 5: the panel, measured at its own 0.15 mm elements.

Every function takes the detector, so that a test can hand in a broken one and see
the check fail.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phantoms.physics.detector import (
    Detector,
    absorbed_quanta,
    count_quanta,
    exposure_index,
    form_image,
    read_out,
)
from tools.evidence.realism.estimators import (
    frequency_at_half,
    noise_power,
    quantum_efficiency,
    slanted_edge_mtf,
)
from tools.evidence.realism.rows import Row

_MARSHALL = "Marshall 2011, doi:10.1088/0031-9155/56/4/007"
_DOSE_UGY = 2.5
_PIXEL_MM = 0.15
_FLAT_SIDE = 768


def flat_field(
    detector: Detector, *, dose_ugy: float, pixel_mm: float, seed: int, side: int = 512
) -> np.ndarray:
    """Return the counts of a uniform exposure without a patient."""
    return form_image(
        np.zeros((side, side), np.float32),
        pixel_mm=pixel_mm,
        detector_ugy=dose_ugy,
        detector=detector,
        rng=np.random.default_rng(seed),
    )


def slanted_edge(
    detector: Detector, *, pixel_mm: float = _PIXEL_MM, degrees: float = 3.0
) -> np.ndarray:
    """Return counts behind a lead edge that touches the panel, almost noiseless.

    Pixels hold the exact mean over their area in the horizontal direction; the
    exposure is so high that the quantum noise does not matter.
    """
    rows, columns = 256, 192
    down = (np.arange(rows)[:, None] + (np.arange(16) + 0.5) / 16 - rows / 2).ravel()
    place = columns / 2 + down * np.tan(np.deg2rad(degrees))
    covered = np.clip(np.arange(columns) + 1 - place[:, None], 0, 1)
    bright = covered.reshape(rows, 16, columns).mean(1).astype(np.float32)
    quanta = np.float32(1e9 * pixel_mm**2)
    return read_out(
        quanta * (0.02 + 0.98 * bright),
        pixel_mm=pixel_mm,
        detector=replace(detector, pitch_mm=pixel_mm),
        rng=np.random.default_rng(4),
    )


def noise_slope(detector: Detector) -> Row:
    """Check 1: relative noise falls with the square root of the dose."""
    doses = np.array([0.6, 1.25, 2.5, 5.0, 10.0])
    fields = [
        flat_field(detector, dose_ugy=dose, pixel_mm=3.0, seed=int(10 * dose))
        for dose in doses
    ]
    noise = [field.std() / field.mean() for field in fields]
    slope = float(np.polyfit(np.log(doses), np.log(noise), 1)[0])
    return Row(
        1,
        "slope of log noise on log dose, flat field",
        slope,
        "-0.50",
        -0.52,
        -0.48,
        source="Poisson",
        remark="electronic noise makes it a little steeper",
    )


def counting_variance(detector: Detector) -> Row:
    """Check 2: before gain and blur, the variance of the counts is their mean."""
    flat = np.ones((_FLAT_SIDE, _FLAT_SIDE), np.float32)
    expected = absorbed_quanta(
        flat, detector_ugy=_DOSE_UGY, pixel_mm=_PIXEL_MM, detector=detector
    )
    counts = count_quanta(expected, swank=1.0, rng=np.random.default_rng(2))
    ratio = float(counts.var(dtype=float) / counts.mean(dtype=float))
    return Row(
        2, "variance / mean of absorbed quanta", ratio, "1", 0.97, 1.03, "", "Poisson"
    )


def measured_transfer(detector: Detector) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies and MTF of the panel from its slanted edge."""
    return slanted_edge_mtf(slanted_edge(detector), pixel_mm=_PIXEL_MM)


def panel_rows(detector: Detector) -> list[Row]:
    """Return checks 3, 4 and 5 in the calibration beam: noise power, MTF50 and DQE."""
    panel = replace(detector, beam="RQA5")
    flat = flat_field(
        panel, dose_ugy=_DOSE_UGY, pixel_mm=_PIXEL_MM, seed=3, side=_FLAT_SIDE
    )
    frequency, power = noise_power(flat, pixel_mm=_PIXEL_MM)
    nnps = float(np.interp(0.5, frequency, power))
    at, mtf = measured_transfer(panel)
    quanta = _DOSE_UGY * panel.spectrum.photons_per_mm2_ugy
    dqe = quantum_efficiency(
        np.interp(0.5, at, mtf), np.float64(nnps), quanta_per_mm2=quanta
    )
    low, high = 1.4e-5 / 1.5, 1.4e-5 * 1.5
    half = frequency_at_half(at, mtf)
    return [
        Row(
            3, "NNPS at 0.5/mm and 2.5 uGy", nnps, "1.4e-5 mm2", low, high,
            "mm2", _MARSHALL,
        ),
        Row(
            4, "MTF50 of a slanted edge", half, "1.29/mm", 1.161, 1.419,
            "/mm", _MARSHALL,
        ),
        Row(5, "DQE at 0.5/mm", float(dqe), "0.60", 0.5, 0.7, "", _MARSHALL),
    ]  # fmt: skip


def coarse_pixel_noise(detector: Detector) -> Row:
    """Noise of 3 mm pixels drawn directly against 0.15 mm pixels averaged."""
    times = 20
    fine = flat_field(
        detector, dose_ugy=_DOSE_UGY, pixel_mm=_PIXEL_MM, seed=5, side=1280
    )
    averaged = fine.reshape(64, times, 64, times).sum((1, 3), dtype=float)
    direct = flat_field(
        detector, dose_ugy=_DOSE_UGY, pixel_mm=_PIXEL_MM * times, seed=6
    ).astype(float)
    ratio = (direct.std() / direct.mean()) / (averaged.std() / averaged.mean())
    return Row(
        0,
        "noise of 3 mm pixels, drawn directly / averaged from 0.15 mm",
        float(ratio),
        "1",
        0.94,
        1.06,
        source="own check",
    )


def index_of_exposure(detector: Detector) -> Row:
    """Exposure index of 2.5 uGy of the calibration beam: 100 per uGy."""
    panel = replace(detector, beam="RQA5")
    flat = flat_field(panel, dose_ugy=_DOSE_UGY, pixel_mm=_PIXEL_MM, seed=7, side=256)
    return Row(
        0,
        "exposure index of 2.5 uGy",
        exposure_index(flat, pixel_mm=_PIXEL_MM, detector=panel),
        "250",
        240.0,
        260.0,
        source="IEC 62494-1",
    )
