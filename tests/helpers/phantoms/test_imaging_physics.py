"""Realism checks 1, 2, 4, 6, 7: quanta, blur, scatter, contrast, in physical units."""

import numpy as np
import pytest

from helpers.phantoms import draw_examination, draw_patient
from helpers.phantoms.chest.anatomy import build_anatomy
from helpers.phantoms.chest.projection import make_view
from helpers.phantoms.chest.tracing import optical_depth, trace_paths
from helpers.phantoms.physics.attenuation import (
    ATTENUATION_PER_CM,
    ENERGIES_KEV,
    attenuation_per_mm,
)
from helpers.phantoms.physics.detector import (
    NO_GRID,
    PHOTONS_PER_MM2_UGY,
    Detector,
    detector_blur,
    expose,
    scatter,
)
from helpers.phantoms.shapes.solids import length, total_length

FLAT = np.ones((256, 256), np.float32)


def flat_field(dose_ugy, seed=0):
    rng = np.random.default_rng(seed)
    return expose(
        FLAT, detector_ugy=dose_ugy, pixel_mm=0.5, detector=Detector(), rng=rng
    )


def test_attenuation_interpolates_logarithms_between_energies():
    # water at 60 keV 0.206 /cm and at 70 keV 0.193 /cm
    between = attenuation_per_mm("water", energy_kev=65)
    assert 0.0193 < between < 0.0206
    energies = np.log([60, 65, 70])
    straight = np.interp(energies[1], energies[::2], np.log([0.206, 0.193]))
    assert between == pytest.approx(np.exp(straight) / 10)


def test_every_material_has_a_value_at_every_energy():
    for name, values in ATTENUATION_PER_CM.items():
        assert len(values) == len(ENERGIES_KEV)
        falling = np.diff(values)
        assert (falling <= 0).all(), name


def test_spongiosa_lies_between_soft_tissue_and_cortical_bone():
    soft, hard = attenuation_per_mm("soft tissue"), attenuation_per_mm("cortical bone")
    assert soft < attenuation_per_mm("spongiosa") < 0.5 * hard


@pytest.mark.parametrize(
    ("material", "energy", "message"),
    [
        ("jelly", 60, "'jelly'.*Choose one of: water"),
        ("water", 10, "energy_kev is 10, but the table covers 20 to 100 keV"),
    ],
)
def test_attenuation_errors_say_what_to_do(material, energy, message):
    with pytest.raises(ValueError, match=message):
        attenuation_per_mm(material, energy_kev=energy)


def test_relative_noise_falls_with_the_square_root_of_dose():
    doses = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
    noise = [flat_field(dose).std() / flat_field(dose).mean() for dose in doses]
    slope = np.polyfit(np.log(doses), np.log(noise), 1)[0]
    assert slope == pytest.approx(-0.50, abs=0.02)


def test_variance_of_a_flat_field_equals_its_mean():
    counts = flat_field(2.5).astype(float)
    assert counts.var() / counts.mean() == pytest.approx(1, abs=0.03)


def test_quanta_per_pixel_follow_dose_and_area():
    # 2.5 uGy x 27,400 /mm2/uGy x 0.25 mm2 x 0.85 absorbed = 14,556
    assert flat_field(2.5).mean() == pytest.approx(14_556, rel=0.002)
    assert PHOTONS_PER_MM2_UGY == 27_400


def test_exposure_of_zero_is_an_error():
    with pytest.raises(ValueError, match="detector_ugy is 0, but an exposure must be"):
        flat_field(0)


def test_slanted_edge_gives_the_measured_mtf50():
    pixel = 0.02  # mm, an oversampled edge
    edge = np.zeros((8, 1024), np.float64)
    edge[:, 512:] = 1
    spread = np.diff(detector_blur(edge, pixel_mm=pixel, detector=Detector())[0])
    mtf = np.abs(np.fft.rfft(spread))
    frequency = np.fft.rfftfreq(len(spread), pixel)
    half = np.interp(-0.5, -mtf[:200] / mtf[0], frequency[:200])
    assert half == pytest.approx(1.29, rel=0.10)


def without_grid(number):
    patient = draw_patient(number, cohort_seed=2026)
    examination = draw_examination(patient)
    view = make_view(patient, examination, size=96)
    paths = trace_paths(build_anatomy(patient), examination, view)
    primary = np.exp(-optical_depth(paths))
    scattered = scatter(primary, pixel_mm=view.pixel_mm, detector=NO_GRID)
    return scattered / (scattered + primary), paths


def test_scatter_fractions_without_grid_are_those_measured():
    heart, lung = [], []
    for number in range(1, 9):
        fraction, paths = without_grid(number)
        lungs = total_length(paths.solids.lungs)
        heart.append(np.median(fraction[(length(paths.solids.mediastinum) > 90)]))
        lung.append(np.median(fraction[lungs > 110]))
    # Niklason 1981: 0.90 behind the mediastinum; lungs 0.5 to 0.65 from memory
    assert np.mean(heart) == pytest.approx(0.90, abs=0.05)
    assert 0.5 < np.mean(lung) < 0.65


def test_grid_lowers_the_scatter_fraction():
    grid = Detector()
    assert grid.grid_scatter / grid.grid_primary < 0.3


def test_primary_contrast_of_a_10_mm_nodule_is_14_percent():
    # 10 mm of soft tissue instead of lung at 60 keV
    difference = attenuation_per_mm("soft tissue") - attenuation_per_mm("lung")
    assert 1 - np.exp(-10 * difference) == pytest.approx(0.14, abs=0.01)
