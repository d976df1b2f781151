"""Beams, scatter, quanta, light spread, machines and display, each a second way."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.special import erf

from phantoms.physics.attenuation import (
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
    SCANNERS,
    Processing,
    Technique,
    close_shutter,
    draw_technique,
    process_for_display,
)

PANEL = Detector()
FLAT = np.ones((256, 256), np.float32)


# attenuation and beams


def test_attenuation_interpolates_logarithms_between_energies():
    # halfway in the logarithm of energy lies the geometric mean of water's 0.20587 /cm
    # at 60 keV and 0.19285 /cm at 70 keV
    between = attenuation_per_mm("water", energy_kev=np.sqrt(60 * 70))
    assert between == pytest.approx(np.sqrt(0.020587 * 0.019285))
    # one part of bone in nine: (0.57391 + 8 x 0.21499) / 9 /cm
    spongiosa = attenuation_per_mm("spongiosa", energy_kev=60)
    assert spongiosa == pytest.approx(0.025487, rel=1e-4)
    for wrong in ({"material": "jelly"}, {"material": "water", "energy_kev": 19.9}):
        with pytest.raises(ValueError, match="Choose"):
            attenuation_per_mm(**wrong)


def test_absorption_of_the_caesium_iodide():
    # RQA5, 52.1 keV: between 58.1/cm at 50 and 35.7/cm at 60 keV, about 52.2/cm;
    # 0.0315 cm: 1 - exp(-1.645) = 0.807
    assert replace(PANEL, beam="RQA5").absorption == pytest.approx(0.807, abs=0.005)


# quanta and noise


def test_quanta_per_pixel_follow_dose_area_and_absorption_behind_the_lungs():
    # 2.5 uGy x 27,400 /mm2/uGy x 0.25 mm2 x share absorbed
    how = {"detector_ugy": 2.5, "pixel_mm": 0.5, "detector": PANEL}
    expected = 2.5 * 27_400 * 0.25 * PANEL.absorption
    quanta = absorbed_quanta(0.2 * FLAT, **how)
    assert quanta.mean() == pytest.approx(expected, rel=1e-5)
    bright = 0.2 * FLAT
    bright[-40:] = 1.0  # direct beam far from the chambers
    np.testing.assert_allclose(absorbed_quanta(bright, **how)[:-40], quanta[:-40])
    # the exposure index counts 100 a microgray of the calibration beam
    panel = replace(PANEL, beam="RQA5")
    counts = absorbed_quanta(FLAT, **how | {"detector": panel})
    index = exposure_index(counts, pixel_mm=0.5, detector=panel)
    assert index == pytest.approx(250, rel=0.001)


def test_noise_counts_quanta_and_varying_light_yield_multiplies_the_variance():
    rng = np.random.default_rng(5)
    counts = count_quanta(np.full((512, 512), 400.0), swank=0.8, rng=rng)
    assert counts.mean() == pytest.approx(400, rel=0.001)
    assert counts.var() / counts.mean() == pytest.approx(1 / 0.8, rel=0.02)
    share = [1, 5, 25, 50, 75, 95, 99]
    ours = np.percentile(count_quanta(np.full(40_000, 300.0), swank=1, rng=rng), share)
    theirs = np.percentile(rng.poisson(300.0, 40_000), share)
    assert ours == pytest.approx(theirs, abs=1.5)


def test_electronic_noise_is_white_and_quantum_noise_is_shared_with_neighbours():
    dark = np.full((512, 512), 100.0, np.float32)
    how = {"pixel_mm": 0.3, "rng": np.random.default_rng(7)}
    noisy = read_out(dark, detector=PANEL, **how)
    how["rng"] = np.random.default_rng(7)
    still = read_out(dark, detector=replace(PANEL, electronic_quanta=0.0), **how)
    # 3 quanta an element of 0.15 mm: four elements in the pixel, twice the spread
    extra = noisy - still
    assert extra.std() == pytest.approx(6.0, rel=0.02)
    for image, low, high in ((extra, -0.01, 0.01), (still, 0.1, 1)):
        beside = np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1]
        assert low < beside < high


# blur, scatter and collimation


def test_focal_blur_follows_spot_and_magnification():
    # 1.2 mm spot, object 120 mm in front of a detector at 1800 mm: the shadow of a
    # point is 1.2 x 120 / 1680 = 0.0857 mm wide, its standard deviation / sqrt(12)
    assert PANEL.focal_sigma_mm == pytest.approx(0.0857 / np.sqrt(12), rel=0.001)
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
    # at 3 mm a share s / sqrt(2 pi) of the light crosses each of four sides
    lost = 4 * (0.7 * 0 + 0.3 * 0.40 / 3.0 / np.sqrt(2 * np.pi))
    assert 1 - spread[32, 32] / 7 == pytest.approx(lost, rel=0.1)


def test_scatter_by_hand_and_at_every_pixel_size():
    # a wide field of primary 0.1: 0.80 x 0.1 x -log 0.1 = 0.184; none without scatterer
    flat = scatter(np.full((96, 96), 0.1, np.float32), pixel_mm=4.0, detector=PANEL)
    assert flat == pytest.approx(0.1842, abs=1e-4)
    assert scatter(FLAT, pixel_mm=4.0, detector=PANEL).max() < 1e-6
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0.02, 0.2, (16, 16))
    fine, medium = (np.kron(coarse, np.ones((n, n))) for n in (16, 8))
    one = scatter(fine, pixel_mm=1.5, detector=PANEL)
    other = scatter(medium, pixel_mm=3.0, detector=PANEL)
    averaged = one.reshape(128, 2, 128, 2).mean((1, 3))
    assert averaged == pytest.approx(other, rel=0.02)


@pytest.mark.parametrize("sigma", [3.0, 6.7, 15.0])
def test_broad_blur_agrees_with_the_gaussian_it_replaces(sigma):
    image = gaussian_filter(np.random.default_rng(0).standard_normal((128, 160)), 3)
    image = (image / image.std()).astype(np.float32)
    exact = gaussian_filter(image, sigma, mode="nearest")
    inner = (slice(30, -30), slice(30, -30))
    assert broad_blur(image, sigma)[inner] == pytest.approx(exact[inner], abs=0.03)


def test_grid_lets_through_seven_tenths_of_the_primary_and_little_scatter():
    # without noise the counts behind a wide field are grid_primary x primary +
    # grid_scatter x scatter, scaled to the chambers: two fields of 0.1 and 0.02
    depth = np.full((96, 96), -np.log(0.1), np.float32)
    depth[:, 80:] = -np.log(0.02)
    quiet = replace(PANEL, swank=1e9, electronic_quanta=0.0, scatter_sigma_mm=0.5)
    how = {"pixel_mm": 4.0, "detector_ugy": 2.5, "rng": np.random.default_rng(0)}
    counts = form_image(depth, detector=quiet, **how)

    def behind(primary):
        return 0.70 * primary + 0.15 * 0.80 * primary * -np.log(primary)

    ratio = counts[48, 90] / counts[48, 40]
    assert ratio == pytest.approx(behind(0.02) / behind(0.1), rel=1e-3)


def test_beam_opening_and_shutter_name_the_sides_left_right_top_bottom():
    sides = {"pixel_mm": 1.0, "margins_mm": (1.5, 2, 0, 3)}
    opening = beam_opening((4, 6), **sides, leak=0.0)
    assert opening.tolist() == [[0, 0.5, 1, 1, 0, 0]] + 3 * [[0, 0, 0, 0, 0, 0]]
    sides["margins_mm"] = (1, 2, 0, 3)
    for look, grey in (("black", 0), ("white edge", 250), ("none", 90)):
        shown = close_shutter(np.full((4, 6), 90, np.uint8), **sides, look=look)
        assert shown[0].tolist() == [grey, 90, 90, 90, grey, grey]
        assert (shown[1:] == grey).all()


# display


def chest_like(seed=0):
    """Return counts of two dark lungs in a dense body, with direct beam outside."""
    depth = np.full((128, 128), 4.0)
    depth[20:100, 24:56] = depth[20:100, 72:104] = 2.0
    depth[:, :6] = depth[:, -6:] = 0.0
    rng = np.random.default_rng(seed)
    return 1e5 * np.exp(-depth + 0.02 * rng.standard_normal(depth.shape))


def displayed(counts, *, pixel_mm=3.0, processing=None, **technique):
    vendor = processing or Processing()
    return process_for_display(
        counts, pixel_mm=pixel_mm, processing=vendor, technique=Technique(**technique)
    ).astype(float)


def test_display_shows_bone_white_and_direct_beam_black_at_any_exposure():
    grey = displayed(chest_like())
    assert grey[60, 2] < 30 < grey[60, 40] < 150 < grey[60, 64]
    assert np.abs(grey - displayed(7 * chest_like())).max() <= 1
    # the darkest lung is -1 and the densest bone +1 of an S curve of slope 1.8 about
    # -0.48: 255 x 0.93 / (1 + exp(0.94)) and / (1 + exp(-2.66))
    smooth = displayed(gaussian_filter(chest_like(), 2))
    assert smooth[50:70, 40].mean() == pytest.approx(67, abs=25)
    assert smooth[50:70, 64].mean() == pytest.approx(222, abs=12)


def test_contrast_brightness_latitude_and_detail_do_what_they_say():
    def gap(grey):
        return grey[60, 64] - grey[60, 40]

    counts, usual = chest_like(), displayed(chest_like())
    assert gap(displayed(counts, contrast=1.2)) > gap(usual)
    assert gap(displayed(counts, contrast=0.7)) < gap(usual)
    # a tenth of white, but for greys at its end
    dark = usual < 200
    lifted = displayed(counts, brightness=0.1) - usual
    assert lifted[dark].mean() == pytest.approx(25.5, abs=0.6)
    crisp, soft = (
        displayed(counts, pixel_mm=0.75, processing=Processing(fine_detail=gain))
        for gain in (0.8, 0.0)
    )
    assert crisp[40:80, 30:50].std() > 1.3 * soft[40:80, 30:50].std()


def test_lead_is_whiter_than_bone_and_leaves_its_surroundings_alone():
    counts = chest_like()
    lead = counts.copy()
    lead[100:104, 60:64] = 20.0
    bare, marked = displayed(counts), displayed(lead)
    assert marked[101:103, 61:63].min() > bare[60, 64] + 10
    around = np.s_[90:98, 55:70]
    assert np.abs(marked[around] - bare[around]).max() <= 2


# machines


def test_technique_is_drawn_from_the_same_numbers_for_every_scanner():
    one, other, portable = (
        [draw_technique(SCANNERS[name], np.random.default_rng(k)) for k in range(300)]
        for name in ("Alder DR 21", "Cedar One", "Birch Roll")
    )
    assert one == other
    # portable films are flatter and vary 1.4 times as much
    for stand, bedside in zip(one, portable, strict=True):
        assert bedside.contrast == pytest.approx(stand.contrast * 0.85 / 0.92)
        assert np.log(bedside.dose) == pytest.approx(1.4 * np.log(stand.dose))
        assert bedside.margins_mm == stand.margins_mm
    closed = np.mean([np.array(t.margins_mm) > 0 for t in one])
    assert closed == pytest.approx(0.2, abs=0.04)
