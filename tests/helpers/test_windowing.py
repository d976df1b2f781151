"""Windows: worked by hand, and against pydicom and SimpleITK."""

import io

import numpy as np
import pytest
import SimpleITK
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_windowing

from helpers.windowing import (
    WINDOWS,
    Window,
    apply_window,
    export_grey,
    plain_window,
    recover_hounsfield,
    to_bytes,
    window_limits,
)


def test_plain_window_clips_outside_the_window():
    # centre 40, width 400: black at -160 HU, white at 240 HU, 40 HU in the middle
    values = np.array([-1000.0, -60.0, 40.0, 3000.0])
    grey = plain_window(values, center=40, width=400)
    np.testing.assert_allclose(grey, [0.0, 0.25, 0.5, 1.0])
    assert values.tolist() == [-1000.0, -60.0, 40.0, 3000.0]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(np.uint8, np.float32), (np.uint16, np.float32), (np.uint32, np.float64)],
)
def test_plain_window_does_not_wrap_unsigned_values(kind, expected):
    # 0 - (40 - 200) must not become 65376 / 400
    grey = plain_window(np.array([0, 240], kind), center=40, width=400)
    np.testing.assert_allclose(grey, [0.4, 1.0], rtol=1e-6)
    assert grey.dtype == expected


def test_the_three_functions_differ():
    # width 3, centre 1: LINEAR from -0.5 to 1.5, LINEAR_EXACT from -0.5 to 2.5
    values = np.array([0.5, 1.5])
    assert apply_window(values, center=1, width=3).tolist() == [0.5, 1.0]
    exact = apply_window(values, center=1, width=3, function="LINEAR_EXACT")
    np.testing.assert_allclose(exact, [1 / 3, 2 / 3])
    # 1 / (1 + exp(-4 * 0.5 / 3)) = 0.6608, and 1 - 0.6608
    sigmoid = apply_window(values, center=1, width=3, function="SIGMOID")
    np.testing.assert_allclose(sigmoid, [0.3392, 0.6608], atol=1e-4)


def test_linear_of_width_one_is_a_step():
    # above 40 - 0.5 white, at or below black
    grey = apply_window(np.array([39.0, 39.5, 40.0]), center=40, width=1)
    np.testing.assert_array_equal(grey, [0.0, 0.0, 1.0])
    exact = {"center": 0, "width": 0.5, "function": "LINEAR_EXACT"}
    assert apply_window(np.array([0.0, 0.25]), **exact).tolist() == [0.5, 1.0]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600, 1500), (7.5, 2)])
def test_apply_window_agrees_with_pydicom(function, center, width):
    header = Dataset()
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsStored, header.PixelRepresentation = 16, 0
    header.WindowCenter, header.WindowWidth = center, width
    header.VOILUTFunction = function
    values = np.linspace(-1200, 1200, 97)
    theirs = apply_windowing(values, header) / (2**16 - 1)
    ours = apply_window(values, center=center, width=width, function=function)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("function", "width", "rule"),
    [
        ("LINEAR", 0.5, "at least 1"),
        ("LINEAR_EXACT", 0, "above 0"),
        ("SIGMOID", -3, "above 0"),
    ],
)
def test_a_window_without_extent_is_refused(function, width, rule):
    with pytest.raises(ValueError, match=rule):
        apply_window(np.zeros(2), center=0, width=width, function=function)


def test_an_unknown_function_and_a_picture_of_another_type_are_refused():
    with pytest.raises(ValueError, match="'LOG' is none of"):
        apply_window(np.zeros(2), center=0, width=10, function="LOG")
    with pytest.raises(TypeError, match=r"holds uint16"):
        recover_hounsfield(np.array([1], np.uint16), WINDOWS["lung"])


def test_window_limits():
    # LINEAR: 39.5 -/+ 199.5; exact and sigmoid: 40 -/+ 200
    assert window_limits(40, 400) == (-160.0, 239.0)
    assert window_limits(40, 400, function="LINEAR_EXACT") == (-160.0, 240.0)
    assert window_limits(40, 400, function="SIGMOID") == (-160.0, 240.0)


def test_to_bytes_rounds_and_blackens_what_is_no_number():
    # 0.5 * 255 = 127.5, to even: 128; 0.3 * 255 = 76.5, to even: 76
    grey = np.array([-1.0, 0.5, 0.3, 1.0, np.nan, np.inf, -np.inf])
    assert to_bytes(grey).tolist() == [0, 128, 76, 255, 0, 255, 0]


def test_window_has_two_ends_and_a_step():
    # 40 +- 200; 400 / 255 = 1.569
    window = Window(40.0, 400.0)
    assert (window.low, window.high) == (-160.0, 240.0)
    assert window.step == pytest.approx(1.5686, abs=1e-4)
    assert {name: tuple(window) for name, window in WINDOWS.items()} == {
        "lung": (-600, 1500),
        "mediastinum": (40, 400),
        "bone": (500, 2000),
    }


@pytest.mark.parametrize("window", WINDOWS.values())
def test_export_agrees_with_simpleitk_and_comes_back_within_half_a_step(window):
    hu = np.linspace(window.low + window.step, window.high - window.step, 999)
    grey = export_grey(hu, window)
    image = SimpleITK.GetImageFromArray(hu[None])
    other = SimpleITK.IntensityWindowing(image, window.low, window.high, 0.0, 255.0)
    assert np.abs(grey - SimpleITK.GetArrayFromImage(other)[0]).max() <= 0.51
    back = recover_hounsfield(grey, window)
    assert np.abs(back - hu).max() <= window.step / 2 + 1e-3


def test_export_does_not_wrap_and_draws_padding_black():
    hu = np.array([-32768, 241, 32767], np.int16)
    window = WINDOWS["mediastinum"]
    np.testing.assert_array_equal(export_grey(hu, window), [0, 255, 255])
    assert export_grey(np.array([np.nan, 40]), window).tolist() == [0, 128]


def test_clipped_values_are_not_recovered_not_even_from_a_file():
    # grey 129 is -160 + 129 * 400 / 255 = 42.4
    window = WINDOWS["mediastinum"]
    file = io.BytesIO()
    grey = export_grey(np.array([[-900.0, 42.0], [240.0, 1200.0]]), window)
    Image.fromarray(grey).save(file, "PNG")
    back = recover_hounsfield(np.asarray(Image.open(file)), window)
    np.testing.assert_allclose(back, [[np.nan, 42.353], [np.nan] * 2], atol=1e-3)
    assert back.dtype == np.float32


@pytest.mark.parametrize(
    "window",
    [(40, 0.0), (40, -5.0), (40, np.nan), (np.nan, 400), (np.inf, 4), (4, np.inf)],
)
def test_windows_without_place_or_extent_are_refused(window):
    for function in (export_grey, recover_hounsfield):
        with pytest.raises(ValueError, match="The window is"):
            function(np.zeros(2, np.uint8), Window(*window))
