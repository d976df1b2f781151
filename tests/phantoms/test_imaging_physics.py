"""Beams, scatter, quanta, light spread and display, each against a second way."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.special import erf

from phantoms.physics.attenuation import (
    ATTENUATION_PER_CM,
    BEAMS,
    EFFECTIVE_ENERGY_KEV,
    ENERGIES_KEV,
    attenuation_per_mm,
)
from phantoms.physics.detector import (
    Detector,
    absorbed_quanta,
    beam_opening,
    broad_blur,
    count_quanta,
    exposure_index,
    focal_blur,
    form_image,
    light_spread,
    read_out,
    scatter,
)
from phantoms.physics.scanners import (
    Processing,
    close_shutter,
    process_for_display,
)

PANEL = Detector()
FLAT = np.ones((256, 256), np.float32)


def quanta(dose_ugy=2.5, detector=PANEL):
    return absorbed_quanta(FLAT, detector_ugy=dose_ugy, pixel_mm=0.5, detector=detector)


# attenuation and beams


def test_attenuation_interpolates_logarithms_between_energies():
    # water at 60 keV 0.206 /cm and at 70 keV 0.193 /cm
    between = attenuation_per_mm("water", energy_kev=65)
    energies = np.log([60, 65, 70])
    straight = np.interp(energies[1], energies[::2], np.log([0.206, 0.193]))
    assert 0.0193 < between < 0.0206
    assert between == pytest.approx(np.exp(straight) / 10)


def test_every_tissue_attenuates_less_at_every_higher_energy():
    for name, values in ATTENUATION_PER_CM.items():
        assert len(values) == len(ENERGIES_KEV)
        if name != "caesium iodide":  # its K edges lie between 30 and 50 keV
            assert (np.diff(values) <= 0).all(), name


def test_soft_tissue_has_the_ct_number_of_muscle():
    water = attenuation_per_mm("water", energy_kev=60)
    muscle = attenuation_per_mm("soft tissue", energy_kev=60)
    assert 40 <= 1000 * (muscle / water - 1) <= 60


def test_spongiosa_has_the_ct_number_of_a_vertebra():
    water = attenuation_per_mm("water", energy_kev=60)
    spongiosa = attenuation_per_mm("spongiosa", energy_kev=60)
    assert 130 < 1000 * (spongiosa / water - 1) < 230


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


@pytest.mark.parametrize(
    ("name", "energy", "photons"),
    [
        ("120 kV Cu", 60.4, 27_400),
        ("120 kV", 55.4, 23_700),
        ("100 kV", 50.1, 22_100),
        ("80 kV", 43.8, 19_600),
        ("RQA5", 52.1, 29_600),
    ],
)
def test_beams_have_the_energy_and_quanta_computed_with_spekpy(name, energy, photons):
    assert BEAMS[name].energy_kev == energy
    assert BEAMS[name].photons_per_mm2_ugy == photons


def test_default_energy_is_that_of_the_default_beam():
    assert PANEL.energy_kev == EFFECTIVE_ENERGY_KEV == 60.4


def test_screen_absorbs_what_beer_and_lambert_say():
    # RQA5, 52.1 keV: between 58.1/cm at 50 and 35.7/cm at 60 keV, about 52.2/cm;
    # 0.0315 cm: 1 - exp(-1.645) = 0.807
    assert replace(PANEL, beam="RQA5").absorption == pytest.approx(0.807, abs=0.005)


def test_lower_tube_voltage_raises_the_contrast_of_bone():
    ratio = [
        attenuation_per_mm("cortical bone", energy_kev=BEAMS[name].energy_kev)
        / attenuation_per_mm("soft tissue", energy_kev=BEAMS[name].energy_kev)
        for name in ("120 kV Cu", "120 kV", "100 kV", "80 kV")
    ]
    assert (np.diff(ratio) > 0.05).all()


# quanta and noise


def test_quanta_per_pixel_follow_dose_area_and_absorption():
    # 2.5 uGy x 27,400 /mm2/uGy x 0.25 mm2 x share absorbed
    expected = 2.5 * 27_400 * 0.25 * PANEL.absorption
    assert quanta().mean() == pytest.approx(expected, rel=1e-5)
    assert quanta(5.0).mean() == pytest.approx(2 * expected, rel=1e-5)


def test_kerma_is_meant_behind_the_lungs_not_over_the_image():
    fluence = np.full((96, 96), 0.2, np.float32)
    bright_corner = fluence.copy()
    bright_corner[-20:] = 1.0  # direct beam far from the chambers
    one, other = (
        absorbed_quanta(f, detector_ugy=2.5, pixel_mm=3.0, detector=PANEL)
        for f in (fluence, bright_corner)
    )
    assert one[40, 30] == other[40, 30]


def test_exposure_of_zero_is_an_error():
    with pytest.raises(ValueError, match="detector_ugy is 0, but an exposure must be"):
        quanta(0)


def test_varying_light_yield_multiplies_the_variance():
    rng = np.random.default_rng(5)
    counts = count_quanta(np.full((512, 512), 400.0), swank=0.8, rng=rng)
    assert counts.mean() == pytest.approx(400, rel=0.001)
    assert counts.var() / counts.mean() == pytest.approx(1 / 0.8, rel=0.02)


def test_counting_noise_has_the_distribution_of_poisson_counts():
    rng = np.random.default_rng(6)
    ours = count_quanta(np.full(40_000, 300.0), swank=1.0, rng=rng)
    theirs = rng.poisson(300.0, 40_000)
    share = [1, 5, 25, 50, 75, 95, 99]
    assert np.percentile(ours, share) == pytest.approx(
        np.percentile(theirs, share), abs=1.5
    )


def test_electronic_noise_is_white_and_adds_to_a_dark_image():
    rng = np.random.default_rng(7)
    dark = np.full((512, 512), 100.0, np.float32)
    quiet = replace(PANEL, electronic_quanta=0.0)
    still = read_out(dark, pixel_mm=0.15, detector=quiet, rng=np.random.default_rng(7))
    noisy = read_out(dark, pixel_mm=0.15, detector=PANEL, rng=rng)
    extra = noisy - still
    neighbours = np.corrcoef(extra[:, 1:].ravel(), extra[:, :-1].ravel())[0, 1]
    assert extra.std() == pytest.approx(3.0, rel=0.02)
    assert abs(neighbours) < 0.01


def test_quantum_noise_is_shared_between_neighbouring_elements():
    rng = np.random.default_rng(8)
    flat = np.full((512, 512), 1000.0, np.float32)
    image = read_out(flat, pixel_mm=0.15, detector=PANEL, rng=rng)
    assert np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1] > 0.3


def test_form_image_is_the_same_for_the_same_generator_and_positive():
    depth = np.linspace(0, 9, 64 * 64, dtype=np.float32).reshape(64, 64)
    a, b = (
        form_image(
            depth,
            pixel_mm=3.0,
            detector_ugy=0.05,
            detector=PANEL,
            rng=np.random.default_rng(1),
        )
        for _ in range(2)
    )
    assert np.array_equal(a, b)
    assert a.min() >= 1


@pytest.mark.parametrize("dose_ugy", [1.0, 4.0])
def test_exposure_index_counts_100_a_microgray(dose_ugy):
    panel = replace(PANEL, beam="RQA5")
    counts = quanta(dose_ugy, panel)
    index = exposure_index(counts, pixel_mm=0.5, detector=panel)
    assert index == pytest.approx(100 * dose_ugy, rel=0.001)


# blur


def test_focal_blur_follows_spot_and_magnification():
    # 1.2 mm spot, object 120 mm in front of a detector at 1800 mm: the shadow of a
    # point is 1.2 x 120 / 1680 = 0.0857 mm wide, its standard deviation / sqrt(12)
    assert PANEL.focal_sigma_mm == pytest.approx(0.0857 / np.sqrt(12), rel=0.001)
    bedside = replace(PANEL, source_mm=1000.0)
    assert bedside.focal_sigma_mm > 1.8 * PANEL.focal_sigma_mm


def test_focal_blur_of_a_wide_spot_softens_an_edge_by_its_width():
    edge = np.zeros((8, 400))
    edge[:, 200:] = 1
    wide = replace(PANEL, focal_mm=6.0)
    soft = focal_blur(edge, pixel_mm=0.02, detector=wide)[4]
    place = (np.arange(400) + 0.5 - 200) * 0.02
    exact = 0.5 * (1 + erf(place / (np.sqrt(2) * wide.focal_sigma_mm)))
    assert soft == pytest.approx(exact, abs=0.01)


def test_light_spread_keeps_the_light():
    point = np.zeros((65, 65))
    point[32, 32] = 7.0
    for pixel_mm in (0.15, 0.75, 3.0):
        spread = light_spread(point, pixel_mm=pixel_mm, detector=PANEL)
        assert spread.sum() == pytest.approx(7.0, rel=1e-3)
        assert spread[32, 32] < 7.0


# scatter and collimation


def test_scatter_is_smooth_and_needs_a_scatterer():
    primary = np.ones((96, 96), np.float32)
    assert scatter(primary, pixel_mm=4.0, detector=PANEL).max() < 1e-6
    primary[:, 48:] = 0.1
    shed = scatter(primary, pixel_mm=4.0, detector=PANEL)
    assert shed[48, 80] > 10 * shed[48, 5]
    assert np.abs(np.diff(shed[48])).max() < 0.1 * shed.max()


def test_scatter_does_not_depend_on_the_pixel_size():
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0.02, 0.2, (16, 16))
    fine, medium = (np.kron(coarse, np.ones((n, n))) for n in (16, 8))
    one = scatter(fine, pixel_mm=1.5, detector=PANEL)
    other = scatter(medium, pixel_mm=3.0, detector=PANEL)
    averaged = one.reshape(128, 2, 128, 2).mean((1, 3))
    assert averaged == pytest.approx(other, rel=0.02)


def test_closing_the_beam_lowers_the_scatter_in_the_field():
    primary = np.full((96, 96), 0.1, np.float32)
    opening = beam_opening((96, 96), pixel_mm=4.0, margins_mm=(60, 60, 60, 60))
    free, shut = (
        scatter(p, pixel_mm=4.0, detector=PANEL)[48, 20]
        for p in (primary, primary * opening)
    )
    assert shut < 0.9 * free


def test_beam_opening_names_the_sides_left_right_top_bottom():
    opening = beam_opening((4, 6), pixel_mm=1.0, margins_mm=(1, 2, 0, 3), leak=0.0)
    assert opening.tolist() == [[0, 1, 1, 1, 0, 0]] + 3 * [[0, 0, 0, 0, 0, 0]]


# display


def chest_like(seed=0):
    """Return counts of two dark lungs in a dense body, with direct beam outside."""
    depth = np.full((128, 128), 4.0)
    depth[20:100, 24:56] = depth[20:100, 72:104] = 2.0
    depth[:, :6] = depth[:, -6:] = 0.0
    rng = np.random.default_rng(seed)
    return 1e5 * np.exp(-depth + 0.02 * rng.standard_normal(depth.shape))


def test_display_shows_bone_white_and_direct_beam_black():
    grey = process_for_display(chest_like(), pixel_mm=3.0)
    assert grey.dtype == np.uint8
    assert grey[60, 2] < 30 < grey[60, 40] < 150 < grey[60, 64]


def test_display_does_not_depend_on_the_exposure():
    counts = chest_like()
    one, other = (
        process_for_display(f * counts, pixel_mm=3.0).astype(int) for f in (1, 7)
    )
    assert np.abs(one - other).max() <= 1


def test_contrast_widens_and_brightness_lifts_the_greys():
    def shown(**settings):
        return process_for_display(chest_like(), pixel_mm=3.0, **settings)

    def gap(grey):
        return float(grey[60, 64]) - float(grey[60, 40])

    assert gap(shown(contrast=1.2)) > gap(shown()) > gap(shown(contrast=0.7))
    assert shown(brightness=0.1).mean() > shown().mean() + 15


def test_edge_gain_lifts_fine_noise():
    def noise(detail):
        vendor = Processing(detail=detail)
        grey = process_for_display(chest_like(), pixel_mm=0.75, processing=vendor)
        return grey[40:80, 30:50].astype(float).std()

    assert noise((0.8, 0.0)) > 1.3 * noise((0.0, 0.0))


def test_lead_is_whiter_than_bone_and_leaves_its_surroundings_alone():
    counts = chest_like()
    lead = counts.copy()
    lead[100:104, 60:64] = 20.0
    bare, marked = (process_for_display(c, pixel_mm=3.0) for c in (counts, lead))
    assert marked[101:103, 61:63].min() > bare[60, 64] + 10
    around = np.s_[90:98, 55:70]
    assert np.abs(marked[around].astype(int) - bare[around]).max() <= 2


def test_blur_on_a_coarser_grid_changes_the_display_by_a_grey_or_two():
    counts = np.kron(chest_like(), np.ones((4, 4)))
    fine = process_for_display(counts, pixel_mm=0.75)
    coarse = process_for_display(chest_like(), pixel_mm=3.0)
    shrunk = fine.reshape(128, 4, 128, 4).mean((1, 3))
    assert np.abs(shrunk - coarse).mean() < 3


@pytest.mark.parametrize(("look", "grey"), [("black", 0), ("white edge", 250)])
def test_shutter_covers_its_strips_and_nothing_else(look, grey):
    shown = close_shutter(
        np.full((4, 6), 90, np.uint8), pixel_mm=1, margins_mm=(1, 2, 0, 3), look=look
    )
    assert shown[0].tolist() == [grey, 90, 90, 90, grey, grey]
    assert (shown[1:] == grey).all()


def test_unknown_look_of_the_shutter_is_an_error():
    with pytest.raises(ValueError, match="look is 'pink'. Choose one of: black"):
        close_shutter(
            np.zeros((2, 2), np.uint8), pixel_mm=1, margins_mm=(0, 0, 0, 0), look="pink"
        )


@pytest.mark.parametrize("sigma", [3.0, 6.7, 15.0])
def test_broad_blur_agrees_with_the_gaussian_it_replaces(sigma):
    image = gaussian_filter(np.random.default_rng(0).standard_normal((128, 160)), 3)
    image = (image / image.std()).astype(np.float32)
    exact = gaussian_filter(image, sigma, mode="nearest")
    inner = (slice(30, -30), slice(30, -30))
    assert broad_blur(image, sigma)[inner] == pytest.approx(exact[inner], abs=0.03)
