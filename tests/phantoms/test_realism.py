"""The realism checks are inside, can fail, and agree with second implementations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.signal import periodogram

from phantoms.physics.detector import Detector, light_spread
from tools.evidence.realism import __main__ as command
from tools.evidence.realism import report
from tools.evidence.realism.chest_checks import (
    chest_sample,
    contrast_rows,
    heart_rows,
    nodule_contrast,
    scatter_rows,
)
from tools.evidence.realism.estimators import (
    frequency_at_half,
    noise_power,
    slanted_edge_mtf,
)
from tools.evidence.realism.grey_levels import (
    distance_of_halves,
    grey_distance,
    histogram_rows,
    real_films,
)
from tools.evidence.realism.panel_checks import (
    coarse_pixel_noise,
    counting_variance,
    flat_field,
    index_of_exposure,
    measured_transfer,
    noise_slope,
    panel_rows,
    slanted_edge,
)
from tools.evidence.realism.report import (
    PAGE,
    TABLE,
    fill_in,
    scanners_markdown,
)
from tools.evidence.realism.rows import Row, as_markdown, as_table

PANEL = Detector()
PATIENTS = (1, 2, 3, 4, 5, 6)


def analytic_mtf(frequency, detector, pixel_mm=0.15):
    """Return the MTF from its definition: two Gaussians and a square aperture."""

    def gauss(sigma):
        return np.exp(-2 * np.square(np.pi * sigma * frequency))

    share = detector.broad_share
    light = (1 - share) * gauss(detector.narrow_mm) + share * gauss(detector.broad_mm)
    return light * np.sinc(frequency * pixel_mm)


# every check is inside


def test_dose_checks_are_inside():
    assert noise_slope(PANEL).inside
    assert counting_variance(PANEL).inside
    assert index_of_exposure(PANEL).inside
    assert coarse_pixel_noise(PANEL).inside


def test_panel_checks_are_inside():
    rows = panel_rows(PANEL)
    assert [row.number for row in rows] == [3, 4, 5]
    assert all(row.inside for row in rows), rows


def test_chest_checks_are_inside():
    rows = [
        *scatter_rows(PANEL, patients=PATIENTS),
        *contrast_rows(PANEL, patients=PATIENTS),
        *heart_rows(patients=range(1, 21)),
    ]
    assert all(row.inside for row in rows), [row for row in rows if not row.inside]


# every check can fail


def outside(rows):
    """Return the numbers of the checks that are not inside."""
    return {row.number for row in rows if not row.inside}


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
    assert numbers <= outside(panel_rows(replace(PANEL, **broken)))


def test_strong_electronic_noise_fails_the_dose_slope():
    assert outside([noise_slope(replace(PANEL, electronic_quanta=30.0))]) == {1}


def test_noise_that_does_not_count_quanta_fails_the_variance(monkeypatch):
    def too_quiet(expected, *, swank, rng):
        return expected + 0.9 * np.sqrt(expected) * rng.standard_normal(expected.shape)

    monkeypatch.setattr("tools.evidence.realism.panel_checks.count_quanta", too_quiet)
    assert outside([counting_variance(PANEL)]) == {2}


@pytest.mark.parametrize("strength", [0.3, 1.6])
def test_wrong_scatter_fails_the_scatter_check(strength):
    broken = replace(PANEL, scatter_strength=strength)
    assert 6 in outside(scatter_rows(broken, patients=PATIENTS))


def test_soft_beam_fails_the_contrast_check():
    assert 7 in outside(contrast_rows(replace(PANEL, beam="80 kV"), patients=(1, 2)))


def test_large_hearts_fail_the_heart_check(monkeypatch):
    name = "tools.evidence.realism.chest_checks.cardiothoracic_ratio"
    monkeypatch.setattr(name, lambda anatomy: 0.55)
    assert outside(heart_rows(patients=(1, 2))) == {8}


def test_pixels_that_ignore_the_spread_of_light_fail_the_pixel_check(monkeypatch):
    spread = "phantoms.physics.detector.light_spread"
    honest = light_spread

    def only_fine(image, *, pixel_mm, detector):
        return (
            honest(image, pixel_mm=pixel_mm, detector=detector)
            if (pixel_mm < 1)
            else image
        )

    monkeypatch.setattr(spread, only_fine)
    assert coarse_pixel_noise(replace(PANEL, broad_mm=0.8)).value > 1.06


# second implementations


def test_slanted_edge_agrees_with_the_analytic_mtf():
    frequency, mtf = measured_transfer(PANEL)
    for at in (0.25, 0.5, 1.0, 1.29):
        assert np.interp(at, frequency, mtf) == pytest.approx(
            analytic_mtf(at, PANEL), abs=0.01
        )
    exact = brentq(lambda f: analytic_mtf(f, PANEL) - 0.5, 0.1, 3)
    assert frequency_at_half(frequency, mtf) == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize("degrees", [2.0, 3.0, 5.0])
def test_slanted_edge_does_not_depend_on_the_angle(degrees):
    frequency, mtf = slanted_edge_mtf(
        slanted_edge(PANEL, degrees=degrees), pixel_mm=0.15
    )
    assert frequency_at_half(frequency, mtf) == pytest.approx(1.30, abs=0.03)


def test_slanted_edge_of_bare_pixels_is_the_aperture():
    sharp = replace(PANEL, narrow_mm=1e-6, broad_share=0.0)
    frequency, mtf = measured_transfer(sharp)
    below = (frequency > 0.1) & (frequency < 3.0)
    exact = np.sinc(frequency[below] * 0.15)
    assert mtf[below] == pytest.approx(exact, abs=0.03)


def test_an_mtf_that_never_falls_to_half_is_an_error():
    with pytest.raises(ValueError, match="does not fall below 0.5"):
        frequency_at_half(np.array([0.0, 1.0]), np.array([1.0, 0.9]))


def test_noise_power_of_white_noise_is_variance_times_pixel_area():
    rng = np.random.default_rng(1)
    flat = 50 + 2 * rng.standard_normal((512, 512))
    frequency, power = noise_power(flat, pixel_mm=0.2)
    # relative variance (2/50)^2 = 0.0016 times 0.04 mm2 = 6.4e-5 mm2 everywhere
    assert power[5:] == pytest.approx(6.4e-5, rel=0.12)
    assert frequency[-1] < 1 / (2 * 0.2)


def test_noise_power_agrees_with_periodograms_of_slit_averages():
    # a slit measurement: rows averaged over a height h see the noise power of
    # horizontal frequencies; one-dimensional power x h is the two-dimensional one
    flat = flat_field(PANEL, dose_ugy=2.5, pixel_mm=0.15, seed=9, side=1024)
    height = 32
    slits = flat.astype(float).reshape(32, height, 1024).mean(1) / flat.mean()
    f, one_sided = periodogram(slits, fs=1 / 0.15, detrend="constant", axis=1)
    slit_power = one_sided.mean(0) / 2 * height * 0.15
    frequency, power = noise_power(flat, pixel_mm=0.15)
    for low, high in ((0.3, 0.5), (0.5, 0.7), (0.9, 1.1)):
        by_slit = slit_power[(f > low) & (f < high)].mean()
        by_square = power[(frequency > low) & (frequency < high)].mean()
        assert by_square == pytest.approx(by_slit, rel=0.08)


def test_noise_power_of_the_panel_agrees_with_its_formula():
    # quantum part spread by light, electronic part white: per mm2 of a pixel
    flat = flat_field(PANEL, dose_ugy=2.5, pixel_mm=0.15, seed=3, side=1024)
    frequency, power = noise_power(flat, pixel_mm=0.15)
    density = 2.5 * PANEL.quanta_per_mm2_ugy
    for at in (0.3, 0.5, 1.0):
        light = analytic_mtf(at, PANEL) / np.sinc(at * 0.15)
        quantum = light**2 / (PANEL.swank * density)
        electronic = PANEL.electronic_quanta**2 / 0.15**2 / density**2
        near = np.abs(frequency - at) < 0.08
        assert power[near].mean() == pytest.approx(quantum + electronic, rel=0.06)


def test_nodule_contrast_after_scatter_is_primary_contrast_times_primary_share():
    sample = chest_sample(1, energy_kev=PANEL.energy_kev)
    place = tuple(int(p[len(p) // 2]) for p in np.nonzero(sample.lung))
    still = replace(PANEL, scatter_strength=0.0)
    before, after = nodule_contrast(sample, place=place, detector=still)
    assert before == pytest.approx(after)
    assert nodule_contrast(sample, place=place, detector=PANEL)[1] < before


# greys and the page


def test_grey_distance_is_the_area_between_histograms():
    from scipy.stats import wasserstein_distance

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 256, 500), rng.integers(40, 200, 300)
    assert grey_distance(one, other) == pytest.approx(wasserstein_distance(one, other))


def test_halves_of_one_kind_of_film_hardly_differ():
    rng = np.random.default_rng(1)
    films = rng.integers(0, 256, (40, 16, 16))
    assert distance_of_halves(films, np.arange(40)) < 3


def test_row_is_inside_at_its_limits_and_never_for_a_missing_value():
    row = Row(1, "n", 0.5, "0.5", 0.5, 0.6)
    assert row.inside
    assert not replace(row, value=0.61).inside
    assert not replace(row, value=float("nan")).inside


def test_tables_say_what_is_not_inside():
    rows = [Row(3, "noise", 2.0, "1", 0.9, 1.1, "mm2", "Marshall", "broken")]
    assert as_table(rows).loc[0, "inside"] == False  # noqa: E712
    assert "**no** | Marshall; broken |" in as_markdown(rows)


def test_fill_in_asks_for_missing_marks():
    with pytest.raises(ValueError, match="lacks <!-- begin checks -->"):
        fill_in("no marks", name="checks", text="")


def test_stored_table_covers_every_check_and_stands_in_the_page():
    table = pd.read_csv(TABLE)
    assert {1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17} <= set(table["number"])
    rows = [
        Row(**row)
        for row in table.drop(columns="inside").fillna("").to_dict(orient="records")
    ]
    page = PAGE.read_text(encoding="utf-8")
    for row in rows:
        assert row.name in page
    assert scanners_markdown() in page


def test_stored_panel_values_are_those_of_today():
    stored = pd.read_csv(TABLE).set_index("name")["value"]
    for row in panel_rows(PANEL):
        assert stored[row.name] == pytest.approx(row.value, rel=0.02)


GOOD = Row(2, "variance", 1.0, "1", 0.97, 1.03)


def test_command_prints_every_row_and_fails_where_a_check_is_not_inside(
    monkeypatch, capsys
):
    bad = replace(GOOD, number=4, name="edge", value=3.0, unit="/mm")
    monkeypatch.setattr(command, "measure", lambda: [GOOD])
    assert command.main([]) == 0
    monkeypatch.setattr(command, "measure", lambda: [GOOD, bad])
    assert command.main([]) == 1
    assert "NO             3 /mm" in capsys.readouterr().out


def test_command_writes_nothing_where_a_number_is_missing(monkeypatch, capsys):
    missing = replace(GOOD, number=0, name="greys", value=float("nan"))
    monkeypatch.setattr(command, "measure", lambda: [GOOD, missing])
    monkeypatch.setattr(command, "write", lambda rows: pytest.fail("wrote"))
    assert command.main(["--write"]) == 1
    assert "Nothing written: greys could not be measured" in capsys.readouterr().out


def test_write_changes_its_own_parts_of_the_page_alone(monkeypatch, tmp_path):
    page, table = tmp_path / "page.md", tmp_path / "table.csv"
    page.write_text(
        "<!-- begin checks -->x<!-- end checks --> kept "
        "<!-- begin scanners --><!-- end scanners --> <!-- begin transfer -->y"
    )
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "TABLE", table)
    report.write([GOOD])
    text = page.read_text()
    assert " kept " in text
    assert text.endswith("<!-- begin transfer -->y")
    assert "1 of 1 inside." in text
    assert pd.read_csv(table).loc[0, "value"] == 1.0


def test_histogram_row_without_data_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    (row,) = histogram_rows()
    assert not row.inside
    assert "COURSE_DATA_DIR has no folder cxr_nih14_256px" in row.remark


@pytest.mark.skipif(
    real_films() is None, reason="COURSE_DATA_DIR has no folder cxr_nih14_256px"
)
def test_greys_are_as_close_to_real_films_as_the_page_says():
    (row,) = histogram_rows(number=30)
    assert row.inside
