"""Hounsfield units: by hand, against pydicom and SimpleITK, and what is refused."""

import io

import numpy as np
import pydicom
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_rescale

from helpers.dicom_pixels import DicomPixelsError
from helpers.dicom_writing import CtSeries, write_radiograph, write_series
from helpers.hounsfield_units import (
    WINDOWS,
    Window,
    export_grey,
    hounsfield_number,
    read_hounsfield,
    recover_hounsfield,
    stored_to_hounsfield,
)
from helpers.phantoms.physics.attenuation import attenuation_per_mm
from helpers.phantoms.physics.ct_numbers import material_hu


def small_series(folder, hu, **details):
    hu = np.asarray(hu, np.int16)
    return write_series(
        folder,
        hu,
        spacing_mm=(2, 1, 1),
        patient_id="P1",
        details=CtSeries(**details),
    )


def test_hounsfield_number_of_water_vacuum_and_twice_water():
    # (0.2 - 0.2) / 0.2 = 0, (0 - 0.2) / 0.2 = -1, (0.4 - 0.2) / 0.2 = 1, in thousands
    hu = hounsfield_number(np.array([0.2, 0.0, 0.4]), 0.2)
    np.testing.assert_allclose(hu, [0.0, -1000.0, 1000.0])


@pytest.mark.parametrize("material", ["adipose", "blood", "cortical bone"])
def test_hounsfield_number_agrees_with_the_phantoms(material):
    mu = attenuation_per_mm(material, energy_kev=70)
    water = attenuation_per_mm("water", energy_kev=70)
    assert hounsfield_number(mu, water) == pytest.approx(material_hu(material))


def test_hounsfield_number_refuses_water_of_zero_and_negative_attenuation():
    with pytest.raises(ValueError, match="mu_water is 0"):
        hounsfield_number(0.2, 0)
    with pytest.raises(ValueError, match=r"smallest mu -0\.1.*same photon energy"):
        hounsfield_number(np.array([0.3, -0.1]), 0.2)


def test_stored_values_of_every_integer_type_keep_their_sign():
    # 0 - 1024 = -1024; 24 - 1024 = -1000; 100 * 2 - 1024 = -824
    for kind in (np.uint8, np.int16, np.uint16, np.int32):
        hu = stored_to_hounsfield(np.array([0, 24], kind), slope=1, intercept=-1024)
        np.testing.assert_array_equal(hu, [-1024, -1000])
        assert hu.dtype == np.float32
    hu = stored_to_hounsfield(np.array([100], np.uint8), slope=2, intercept=-1024)
    np.testing.assert_array_equal(hu, [-824])


def test_padding_is_found_before_the_rescale():
    # stored -2000 is padding; stored -976 becomes -2000 HU and is not
    hu = stored_to_hounsfield(
        np.array([-2000, -976, 0], np.int16), slope=1, intercept=-1024, padding=-2000
    )
    np.testing.assert_array_equal(hu, [np.nan, -2000.0, -1024.0])


@given(
    stored=arrays(np.uint16, (2, 3)),
    slope=st.sampled_from([1.0, 0.5, 2.0, 0.37]),
    intercept=st.sampled_from([-1024.0, 0.0, -8192.0]),
)
@settings(max_examples=40, deadline=None)
def test_rescale_agrees_with_pydicom(stored, slope, intercept):
    header = pydicom.Dataset()
    header.RescaleSlope, header.RescaleIntercept = slope, intercept
    np.testing.assert_allclose(
        stored_to_hounsfield(stored, slope=slope, intercept=intercept),
        apply_rescale(stored, header),
        rtol=1e-6,
        atol=0.01,
    )


def test_stored_values_that_are_no_integers_are_refused():
    with pytest.raises(TypeError, match=r"float64.*dataset\.pixel_array.*already"):
        stored_to_hounsfield(np.array([-1000.0]), slope=1, intercept=-1024)


@pytest.mark.parametrize(
    ("slope", "intercept"), [(0, 0), (np.nan, 0), (1, np.inf), (1, np.nan)]
)
def test_slope_of_zero_and_numbers_that_are_none_are_refused(slope, intercept):
    with pytest.raises(ValueError, match=f"slope is {slope} and intercept {intercept}"):
        stored_to_hounsfield(np.array([1]), slope=slope, intercept=intercept)


@pytest.mark.parametrize("signed", [True, False])
def test_a_written_series_comes_back_as_simpleitk_reads_it(tmp_path, signed):
    hu = np.array([[[-1000, 0], [40, 1500]], [[-1024, 3], [-90, 700]]])
    for path, wanted in zip(
        small_series(tmp_path / "ct", hu, signed=signed), hu, strict=True
    ):
        read = read_hounsfield(path)
        np.testing.assert_array_equal(read, wanted)
        other = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))[0]
        np.testing.assert_array_equal(read, other)


def test_shipped_ct_agrees_with_simpleitk():
    path = get_testdata_file("CT_small.dcm", download=False)
    other = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path))[0]
    np.testing.assert_array_equal(read_hounsfield(path), other)


def test_declared_and_undeclared_padding_become_nan(tmp_path):
    (path,) = small_series(tmp_path / "ct", [[[-1000, 5], [-2000, 7]]], signed=True)
    np.testing.assert_array_equal(read_hounsfield(path), [[-1000, 5], [np.nan, 7]])
    kept = read_hounsfield(path, lowest=-np.inf)
    np.testing.assert_array_equal(kept, [[-1000, 5], [-2000, 7]])
    dataset = pydicom.dcmread(path)
    dataset.add_new("PixelPaddingValue", "SS", 5)
    np.testing.assert_array_equal(
        read_hounsfield(dataset, lowest=-np.inf), [[-1000, np.nan], [-2000, 7]]
    )


@pytest.mark.parametrize("type_of_rescale", ["US", "Z_EFF", "MGML"])
def test_a_ct_whose_rescale_type_is_not_hu_is_refused(tmp_path, type_of_rescale):
    (path,) = small_series(tmp_path / "ct", [[[0, 5], [6, 7]]])
    dataset = pydicom.dcmread(path)
    dataset.RescaleType = type_of_rescale
    with pytest.raises(DicomPixelsError, match=f"no Hounsfield.*{type_of_rescale}"):
        read_hounsfield(dataset)


def test_a_ct_without_rescale_is_refused(tmp_path):
    (path,) = small_series(tmp_path / "ct", [[[0, 5], [6, 7]]])
    dataset = pydicom.dcmread(path)
    del dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType
    with pytest.raises(DicomPixelsError, match="Rescale Slope None.*Do not guess"):
        read_hounsfield(dataset)


def test_a_radiograph_is_refused(tmp_path):
    film = np.arange(64, dtype=np.uint8).reshape(8, 8)
    path = write_radiograph(tmp_path / "dx.dcm", film, patient_id="P1")
    with pytest.raises(DicomPixelsError, match=r"dx\.dcm: the values are no.*DX"):
        read_hounsfield(path)


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


def test_pictures_of_another_type_and_windows_without_width_are_refused():
    with pytest.raises(TypeError, match=r"holds uint16.*Expected uint8"):
        recover_hounsfield(np.array([1], np.uint16), WINDOWS["lung"])
    for width in (0.0, -5.0, np.nan):
        with pytest.raises(ValueError, match="window width is"):
            recover_hounsfield(np.array([1], np.uint8), Window(40.0, width))
        with pytest.raises(ValueError, match="window width is"):
            export_grey(np.array([1.0]), Window(40.0, width))
