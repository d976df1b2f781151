"""The realism checks are inside, can fail, and agree with second implementations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from phantoms.physics.detector import Detector, light_spread
from phantoms.physics.scanners import SCANNERS
from tools.evidence import pages, realism
from tools.evidence.pages import PAGE, put_into_page
from tools.evidence.physics_measures import (
    frequency_at_half,
    normalised_noise_power,
    slanted_edge_mtf,
)

PANEL = Detector()
PATIENTS = (1, 2, 3, 4, 5, 6)


def analytic_mtf(frequency, detector, pixel_mm=0.15):
    """Return the MTF from its definition: two Gaussians and a square aperture."""

    def gauss(sigma):
        return np.exp(-2 * np.square(np.pi * sigma * frequency))

    share = detector.broad_share
    light = (1 - share) * gauss(detector.narrow_mm) + share * gauss(detector.broad_mm)
    return light * np.sinc(frequency * pixel_mm)


def outside(values):
    """Return the keys' numbers of the checks that are not inside."""
    table = realism.beside_targets(values)
    assert len(table) == len(values)
    return set(table["number"][~table["inside"]])


def test_every_check_is_inside():
    values = (
        realism.dose_values(PANEL)
        | realism.pixel_values(PANEL)
        | realism.panel_values(PANEL)
    )
    values |= realism.heart_values(patients=range(1, 21))
    values |= realism.chest_values(PANEL, patients=PATIENTS)
    assert outside(values) == set()
    stored = pd.read_csv(realism.TABLE).set_index("name")["value"]
    today = realism.beside_targets(realism.panel_values(PANEL)).set_index("name")[
        "value"
    ]
    np.testing.assert_allclose(today, stored[today.index], rtol=0.02)


# every check can fail


@pytest.mark.parametrize(
    ("broken", "numbers"),
    [
        ({"swank": 0.4}, {3, 5}),
        ({"screen_mm": 0.1}, {3, 5}),
        ({"broad_share": 0.0, "narrow_mm": 0.3}, {4}),
        ({"broad_share": 0.0, "narrow_mm": 0.05}, {4}),
        ({"electronic_quanta": 40.0}, {3, 5}),
    ],
)
def test_a_broken_panel_fails_the_panel_checks(broken, numbers):
    assert numbers <= outside(realism.panel_values(replace(PANEL, **broken)))


def test_strong_electronic_noise_fails_the_dose_slope():
    assert outside(realism.dose_values(replace(PANEL, electronic_quanta=30.0))) == {1}


def test_noise_that_does_not_count_quanta_fails_the_variance(monkeypatch):
    def too_quiet(expected, *, swank, rng):
        return expected + 0.9 * np.sqrt(expected) * rng.standard_normal(expected.shape)

    monkeypatch.setattr(realism.panels, "count_quanta", too_quiet)
    assert outside(realism.dose_values(PANEL)) == {2}


@pytest.mark.parametrize("strength", [0.3, 1.6])
def test_wrong_scatter_fails_the_scatter_check(strength):
    broken = replace(PANEL, scatter_strength=strength)
    assert 6 in outside(realism.chest_values(broken, patients=PATIENTS))


def test_soft_beam_fails_the_contrast_check():
    assert 7 in outside(
        realism.chest_values(replace(PANEL, beam="80 kV"), patients=(1, 2))
    )


def test_large_hearts_fail_the_heart_check(monkeypatch):
    monkeypatch.setattr(realism, "cardiothoracic_ratio", lambda anatomy: 0.55)
    assert outside(realism.heart_values(patients=(1, 2))) == {8}


def test_pixels_that_ignore_the_spread_of_light_fail_the_pixel_check(monkeypatch):
    def only_fine(image, *, pixel_mm, detector):
        if pixel_mm > 1:
            return image
        return light_spread(image, pixel_mm=pixel_mm, detector=detector)

    monkeypatch.setattr(realism.panels, "light_spread", only_fine)
    assert outside(realism.pixel_values(replace(PANEL, broad_mm=0.8))) == {0}


# second implementations


def test_slanted_edge_agrees_with_the_analytic_mtf():
    frequency, mtf = slanted_edge_mtf(realism.slanted_edge(PANEL), pixel_mm=0.15)
    for at in (0.25, 0.5, 1.0, 1.29):
        assert np.interp(at, frequency, mtf) == pytest.approx(
            analytic_mtf(at, PANEL), abs=0.01
        )
    exact = brentq(lambda f: analytic_mtf(f, PANEL) - 0.5, 0.1, 3)
    assert frequency_at_half(frequency, mtf) == pytest.approx(exact, rel=0.03)


def test_an_mtf_that_never_falls_to_half_is_an_error():
    with pytest.raises(ValueError, match="stays above 0.5"):
        frequency_at_half(np.array([0.0, 1.0]), np.array([1.0, 0.9]))


def test_noise_power_of_white_noise_is_variance_times_pixel_area():
    rng = np.random.default_rng(1)
    flat = 50 + 2 * rng.standard_normal((512, 512))
    frequency, power = normalised_noise_power(flat, pixel_mm=0.2)
    # relative variance (2/50)^2 = 0.0016 times 0.04 mm2 = 6.4e-5 mm2 everywhere
    assert power[5:] == pytest.approx(6.4e-5, rel=0.12)
    assert frequency[-1] < 1 / (2 * 0.2)


def test_noise_power_of_the_panel_agrees_with_its_formula():
    # quantum part spread by light, electronic part white: per mm2 of a pixel
    flat = realism.flat_field(PANEL, 3, 1024)
    frequency, power = normalised_noise_power(flat, pixel_mm=0.15)
    density = 2.5 * PANEL.quanta_per_mm2_ugy
    for at in (0.3, 0.5, 1.0):
        light = analytic_mtf(at, PANEL) / np.sinc(at * 0.15)
        quantum = light**2 / (PANEL.swank * density)
        electronic = PANEL.electronic_quanta**2 / 0.15**2 / density**2
        near = np.abs(frequency - at) < 0.08
        assert power[near].mean() == pytest.approx(quantum + electronic, rel=0.06)


def test_nodule_contrast_after_scatter_is_primary_contrast_times_primary_share():
    sample = realism.chest_sample(1, energy_kev=PANEL.energy_kev)
    place = tuple(int(p[len(p) // 2]) for p in np.nonzero(sample.lung))
    still = replace(PANEL, scatter_strength=0.0)
    before, after = realism.nodule_contrast(sample, place=place, detector=still)
    assert before == pytest.approx(after)
    assert realism.nodule_contrast(sample, place=place, detector=PANEL)[1] < before


# greys and the page


def test_a_number_is_inside_at_its_limits_and_never_where_it_is_missing():
    for value, inside in ((1.161, True), (1.419, True), (1.42, False), (np.nan, False)):
        (row,) = realism.beside_targets({"mtf50": value}).itertuples()
        assert row.inside == inside
        (words,) = realism.shown(realism.beside_targets({"mtf50": value})).to_dict(
            "records"
        )
        assert words["inside"] == ("yes" if inside else "**no**")
    assert words["check"] == "4. MTF50 of a slanted edge"


def test_a_page_without_marks_is_an_error(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="lacks <!-- begin checks -->"):
        put_into_page("checks", pd.DataFrame(), page=page)


def test_stored_table_covers_every_check_and_stands_in_the_page():
    table = pd.read_csv(realism.TABLE)
    assert {1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17} <= set(table["number"])
    page = PAGE.read_text(encoding="utf-8")
    for line in realism.shown(table.fillna("")).to_numpy():
        assert f"| {' | '.join(line)} |" in page


def test_the_page_names_every_machine_with_its_numbers():
    page = PAGE.read_text(encoding="utf-8")
    for scanner in SCANNERS.values():
        panel = scanner.detector
        (line,) = [
            one for one in page.splitlines() if one.startswith(f"| {scanner.name}")
        ]
        for number in (panel.target_ugy, panel.pitch_mm, panel.screen_mm):
            assert f"| {number:g} |" in line
        assert f"{panel.spectrum.kilovolts} kV, {panel.spectrum.filtration}" in line


def test_the_command_writes_what_is_inside_and_ends_with_an_error_where_not(
    monkeypatch, tmp_path, capsys
):
    page = tmp_path / "page.md"
    page.write_text("a <!-- begin checks -->x<!-- end checks --> kept")
    monkeypatch.setitem(put_into_page.__kwdefaults__, "page", page)
    monkeypatch.setattr(realism, "TABLE", tmp_path / "table.csv")
    monkeypatch.setattr(pages, "missing_data", lambda *_: "")
    monkeypatch.setattr(realism, "measure", lambda: {"dqe": 0.60004})
    assert realism.main(write=True) == 0
    assert pd.read_csv(realism.TABLE)["value"].tolist() == [0.6]
    before, heads, _, row, after = page.read_text().splitlines()
    assert (before, after) == ("a <!-- begin checks -->", "<!-- end checks --> kept")
    assert heads.startswith("| check | measured | target |")
    assert row.startswith("| 5. DQE at 0.5/mm | 0.6 | 0.60 | 0.5 to 0.7 | yes |")
    monkeypatch.setattr(realism, "measure", lambda: {"dqe": 0.6, "ct_dose": 0.6})
    assert realism.main() == 1
    assert "1 of 2 inside" in capsys.readouterr().out


def test_greys_are_as_close_to_real_films_as_the_page_says(monkeypatch):
    if not pages.missing_data(realism.REAL_SET):
        assert realism.grey_values(patients=(1,), n_films=30)["greys_real"] < 10
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    assert set(realism.grey_values(patients=(1,))) == {"greys_birch", "greys_cedar"}
    with pytest.raises(SystemExit, match="set COURSE_DATA_DIR"):
        realism.main(write=True)
