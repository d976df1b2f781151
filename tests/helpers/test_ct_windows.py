"""Windows in HU: their ends, against SimpleITK, and what comes back from a picture."""

import io

import numpy as np
import pytest
import SimpleITK
from PIL import Image

from helpers.ct_windows import WINDOWS, Window, export_grey, recover_hounsfield


def test_window_has_two_ends_and_a_step():
    # 40 +- 200; 400 / 255 = 1.569
    window = Window(40.0, 400.0)
    assert (window.low, window.high) == (-160.0, 240.0)
    assert window.step == pytest.approx(1.5686, abs=1e-4)
    assert {"lung", "mediastinum", "bone"} == set(WINDOWS)


@pytest.mark.parametrize("window", WINDOWS.values())
def test_export_agrees_with_simpleitk(window):
    hu = np.arange(-1400, 1600, 7, dtype=np.float32)[None]
    other = SimpleITK.IntensityWindowing(
        SimpleITK.GetImageFromArray(hu), window.low, window.high, 0.0, 255.0
    )
    other = np.rint(SimpleITK.GetArrayFromImage(other))
    assert np.abs(export_grey(hu, window) - other).max() <= 1


def test_export_does_not_wrap_and_draws_padding_black():
    hu = np.array([-32768, 241, 32767], np.int16)
    np.testing.assert_array_equal(
        export_grey(hu, WINDOWS["mediastinum"]), [0, 255, 255]
    )
    assert export_grey(np.array([np.nan]), WINDOWS["lung"])[0] == 0


@pytest.mark.parametrize("window", WINDOWS.values())
def test_recovered_values_are_within_half_a_step(window):
    hu = np.linspace(window.low + window.step, window.high - window.step, 999)
    back = recover_hounsfield(export_grey(hu, window), window)
    assert np.abs(back - hu).max() <= window.step / 2 + 1e-3


def test_clipped_values_are_not_recovered_not_even_from_a_file():
    window = WINDOWS["mediastinum"]
    grey = export_grey(np.array([[-900.0, 42.0], [240.0, 1200.0]]), window)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    back = recover_hounsfield(np.asarray(Image.open(file)), window)
    np.testing.assert_array_equal(np.isnan(back), [[True, False], [True, True]])


def test_pictures_of_another_type_are_refused():
    with pytest.raises(TypeError, match=r"holds uint16.*Expected uint8"):
        recover_hounsfield(np.array([1], np.uint16), WINDOWS["lung"])


@pytest.mark.parametrize(
    "window", [(40, 0.0), (40, -5.0), (40, np.nan), (np.nan, 400), (40, np.inf)]
)
def test_windows_without_place_or_extent_are_refused(window):
    center, width = window
    words = f"window width is {width:g} and the centre {center:g}.*above 0"
    with pytest.raises(ValueError, match=words):
        recover_hounsfield(np.array([1], np.uint8), Window(center, width))
    with pytest.raises(ValueError, match=words):
        export_grey(np.array([1.0]), Window(center, width))
