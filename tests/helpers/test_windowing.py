"""Windows: worked by hand, and against pydicom's own implementation."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_windowing

from helpers.windowing import apply_window, plain_window, to_bytes, window_limits


def test_plain_window_clips_outside_the_window():
    # centre 40, width 400: black at -160 HU, white at 240 HU, 40 HU in the middle
    grey = plain_window(np.array([-1000.0, -60.0, 40.0, 3000.0]), center=40, width=400)
    np.testing.assert_allclose(grey, [0.0, 0.25, 0.5, 1.0])


def test_plain_window_does_not_wrap_unsigned_values():
    # 0 - (40 - 200) must not become 65376 / 400
    grey = plain_window(np.array([0, 240], dtype=np.uint16), center=40, width=400)
    np.testing.assert_allclose(grey, [0.4, 1.0])


def test_plain_window_leaves_its_input_alone():
    values = np.array([0.0, 50.0, 100.0])
    plain_window(values, center=50, width=100)
    np.testing.assert_array_equal(values, [0.0, 50.0, 100.0])


def test_linear_maps_eight_bits_onto_themselves():
    # centre 128, width 256: (x - 127.5) / 255 + 0.5 = x / 255
    values = np.array([0, 51, 102, 255], dtype=np.uint8)
    grey = apply_window(values, center=128, width=256)
    np.testing.assert_allclose(grey, [0.0, 0.2, 0.4, 1.0], atol=1e-6)


def test_linear_differs_from_linear_exact():
    # width 3, centre 1: LINEAR from -0.5 to 1.5, LINEAR_EXACT from -0.5 to 2.5
    values = np.array([0.5, 1.5])
    linear = apply_window(values, center=1, width=3)
    exact = apply_window(values, center=1, width=3, function="LINEAR_EXACT")
    np.testing.assert_allclose(linear, [0.5, 1.0])
    np.testing.assert_allclose(exact, [1 / 3, 2 / 3])


def test_linear_of_width_one_is_a_step():
    # above 40 - 0.5 white, at or below black
    grey = apply_window(np.array([39.0, 39.5, 40.0]), center=40, width=1)
    np.testing.assert_array_equal(grey, [0.0, 0.0, 1.0])


def test_sigmoid_is_a_half_at_the_centre():
    # 1 / (1 + exp(-4 * 100 / 400)) = 1 / (1 + e^-1) = 0.7311
    grey = apply_window(
        np.array([-60.0, 40.0, 140.0]), center=40, width=400, function="SIGMOID"
    )
    np.testing.assert_allclose(grey, [0.2689, 0.5, 0.7311], atol=1e-4)


def test_sigmoid_does_not_overflow():
    with np.errstate(over="raise"):
        grey = apply_window(
            np.array([-1e6, 1e6]), center=0, width=1, function="SIGMOID"
        )
    np.testing.assert_allclose(grey, [0.0, 1.0], atol=1e-30)


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
        ("LINEAR", float("nan"), "at least 1"),
    ],
)
def test_apply_window_refuses_a_window_without_extent(function, width, rule):
    with pytest.raises(ValueError, match=f"window width is .*{rule}"):
        apply_window(np.zeros(2), center=0, width=width, function=function)


def test_apply_window_names_the_functions_it_knows():
    with pytest.raises(ValueError, match="'LOG' is not known.*SIGMOID"):
        apply_window(np.zeros(2), center=0, width=10, function="LOG")


def test_window_limits_of_the_two_linear_functions():
    # LINEAR: 39.5 -/+ 199.5; exact: 40 -/+ 200
    assert window_limits(40, 400) == (-160.0, 239.0)
    assert window_limits(40, 400, function="LINEAR_EXACT") == (-160.0, 240.0)


def test_to_bytes_rounds_and_blackens_what_is_not_finite():
    # 0.5 * 255 = 127.5, to even: 128
    grey = np.array([-1.0, 0.5, 1.0, np.nan, np.inf, -np.inf])
    assert to_bytes(grey).tolist() == [0, 128, 255, 0, 255, 0]
