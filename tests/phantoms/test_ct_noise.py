"""Checks 16 and 17: texture and size of CT noise, against real back projection."""

from itertools import pairwise

import numpy as np
import pytest
from skimage.transform import iradon

from phantoms.physics.ct_noise import (
    KERNELS,
    Kernel,
    noise_fields,
    noise_power,
    noise_sigma_hu,
    relative_sigma,
)
from tools.evidence import physics_measures
from tools.evidence.realism_ct import ct_rows, low_frequency_slope

#: A ramp times a Hann window that ends at the Nyquist frequency of 1 mm pixels.
HANN = Kernel("Hann", 0.5)


def back_projected_noise(count, *, size=128, seed=1):
    """Filtered back projection, by scikit-image, of projections of pure noise."""
    rng = np.random.default_rng(seed)
    angles = np.linspace(0, 180, 160, endpoint=False)
    slices = [
        iradon(
            rng.standard_normal((size, len(angles))),
            theta=angles,
            filter_name="hann",
            interpolation="cubic",
            circle=True,
        )
        for _ in range(count)
    ]
    middle = slice(size // 4, 3 * size // 4)
    return np.array(slices)[:, middle, middle]


def radial_power(slices):
    window = np.hanning(slices.shape[-1])
    return physics_measures.radial_power(slices, pixel_mm=1.0, window=window)


def fields(count, *, kernel=HANN, size=128, pixel_mm=1.0, seed=2):
    rng = np.random.default_rng(seed)
    return noise_fields(
        rng, count=count, shape=(size, size), pixel_mm=pixel_mm, kernel=kernel
    )


def test_noise_has_the_texture_of_filtered_back_projection():
    frequency, real = radial_power(back_projected_noise(12))
    _, ours = radial_power(fields(80)[:, 32:96, 32:96])
    band = (frequency > 0.04) & (frequency < 0.40)
    ratio = (ours / ours[band].sum() / (real / real[band].sum()))[band]
    # one curve over a factor of ten in frequency, within the noise of 12 images
    assert np.abs(np.log(ratio)).mean() < 0.12
    low = (frequency > 0.03) & (frequency < 0.12)
    slopes = [
        np.polyfit(np.log(frequency[low]), np.log(power[low]), 1)[0]
        for power in (real, ours)
    ]
    assert slopes[0] == pytest.approx(slopes[1], abs=0.15)


def test_white_noise_would_be_told_from_back_projection():
    frequency, real = radial_power(back_projected_noise(4))
    white = np.random.default_rng(3).standard_normal((40, 64, 64))
    _, flat = radial_power(white)
    low = (frequency > 0.03) & (frequency < 0.12)
    assert np.polyfit(np.log(frequency[low]), np.log(real[low]), 1)[0] > 0.7
    assert np.polyfit(np.log(frequency[low]), np.log(flat[low]), 1)[0] < 0.3


@pytest.mark.parametrize("name", list(KERNELS))
def test_noise_power_rises_in_proportion_to_frequency(name):
    assert low_frequency_slope(name) == pytest.approx(1, abs=0.15)


def test_sharp_kernel_has_more_noise_at_higher_frequencies():
    frequency = np.linspace(0.01, 1.5, 300)
    peaks = [
        frequency[noise_power(frequency, KERNELS[name]).argmax()]
        for name in ("soft", "sharp")
    ]
    assert peaks[0] < peaks[1]
    soft, sharp = (
        noise_sigma_hu(100, slice_mm=2.5, kernel=KERNELS[name])
        for name in ("soft", "sharp")
    )
    assert sharp > 1.5 * soft


def test_noise_falls_with_the_square_root_of_dose_and_slice():
    doses = np.array([25.0, 50, 100, 200, 400])
    sigma = [noise_sigma_hu(d, slice_mm=2.5, kernel=KERNELS["soft"]) for d in doses]
    assert np.polyfit(np.log(doses), np.log(sigma), 1)[0] == pytest.approx(-0.5)
    thin = noise_sigma_hu(100, slice_mm=1.25, kernel=KERNELS["soft"])
    # a quarter of the thickness, twice the noise: 10 HU at 5 mm
    assert thin == pytest.approx(20)


def test_noise_of_a_larger_patient_is_greater():
    # 36 mm more water halve the quanta at 0.0193/mm
    sizes = [
        noise_sigma_hu(100, slice_mm=5, kernel=KERNELS["soft"], water_mm=mm)
        for mm in (300.0, 300.0 + np.log(2) / 0.0193)
    ]
    assert sizes[1] / sizes[0] == pytest.approx(np.sqrt(2))


def test_slices_are_independent_and_of_unit_spread():
    noise = fields(40, kernel=KERNELS["soft"], pixel_mm=0.75)
    assert noise.std() == pytest.approx(1, abs=0.01)
    pairs = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairwise(noise)]
    assert np.abs(np.mean(pairs)) < 0.01
    # but neighbouring pixels of a slice are alike with a soft kernel
    beside = np.corrcoef(noise[:, :, :-1].ravel(), noise[:, :, 1:].ravel())[0, 1]
    assert beside > 0.3


def test_middle_is_noisier_than_the_edge_of_a_cylinder():
    place = np.arange(-199.5, 200)
    path = 2 * np.sqrt(np.maximum(150.0**2 - place**2, 0))
    sigma = relative_sigma(path[None], path[None], water_per_mm=0.0193)[0]
    assert sigma[200, 200] == pytest.approx(1, abs=0.01)
    assert sigma[200, 200] > 1.3 * sigma[200, 60]


def test_all_rows_of_the_report_lie_inside_their_tolerance():
    rows = ct_rows()
    assert sorted({row.number for row in rows}) == [15, 16, 17]
    outside = [f"{row.name}: {row.value:.3g}" for row in rows if not row.inside]
    assert not outside


@pytest.mark.parametrize(("mas", "slice_mm"), [(0, 2.5), (100, -1)])
def test_impossible_dose_or_slice_is_refused(mas, slice_mm):
    with pytest.raises(ValueError, match="both must be above 0"):
        noise_sigma_hu(mas, slice_mm=slice_mm, kernel=KERNELS["soft"])
