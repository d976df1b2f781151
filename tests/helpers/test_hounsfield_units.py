"""Hounsfield units: by hand, against pydicom and SimpleITK, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_rescale

from helpers.dicom_pixels import DicomPixelsError
from helpers.hounsfield_units import (
    hounsfield_number,
    read_hounsfield,
    stored_to_hounsfield,
)
from phantoms.dicom_writing import CtSeries, write_radiograph, write_series
from phantoms.physics.attenuation import attenuation_per_mm, material_hu


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


def test_a_localizer_is_refused_even_if_its_rescale_type_is_hu(tmp_path):
    (path,) = small_series(tmp_path / "ct", [[[0, 5], [6, 7]]])
    dataset = pydicom.dcmread(path)
    assert dataset.RescaleType == "HU"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    with pytest.raises(DicomPixelsError, match=r"localizer.*Leave it out"):
        read_hounsfield(dataset)


@pytest.mark.parametrize("name", ["MR_small.dcm", "examples_overlay.dcm"])
def test_an_mr_is_refused(name):
    path = get_testdata_file(name, download=False)
    with pytest.raises(DicomPixelsError, match=r"no Hounsfield units.*Modality MR"):
        read_hounsfield(path)


def test_one_half_of_a_rescale_is_refused(tmp_path):
    (path,) = small_series(tmp_path / "ct", [[[0, 5], [6, 7]]])
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        dataset = pydicom.dcmread(path)
        delattr(dataset, keyword)
        words = "no Hounsfield units but 'half a rescale'.*None"
        with pytest.raises(DicomPixelsError, match=words):
            read_hounsfield(dataset)


def test_a_file_cut_off_in_its_pixels_is_refused(tmp_path):
    (path,) = small_series(tmp_path / "ct", [np.zeros((64, 64))])
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole[:-2000])
    with pytest.raises(DicomPixelsError, match="Expected"):
        read_hounsfield(path)


ODD = {
    "bad_vr_frames_1A.dcm": "Number of Frames is '1A'",
    "cr_dental_mono1_modality_lut_sequence.dcm": "no Hounsfield units.*Modality CR",
    "empty_dicomdir.dcm": "DICOMDIR",
    "j2k_embedded_sequence_delimiter.dcm": "compressed image has",
    "meta_missing_transfer_syntax.dcm": "no Transfer Syntax UID",
    "rtplan_truncated.dcm": "no pixel data",
    "sr_no_pixel_data.dcm": "no pixel data",
}


@pytest.mark.real_data
@pytest.mark.skipif(
    not os.environ.get("COURSE_DATA_DIR"), reason="COURSE_DATA_DIR is not set"
)
def test_odd_files_are_refused_in_words():
    folder = Path(os.environ["COURSE_DATA_DIR"]) / "dicom" / "odd"
    assert {path.name for path in folder.glob("*.dcm")} >= set(ODD)
    for name, words in ODD.items():
        with pytest.raises(DicomPixelsError, match=f"{words}.*Expected"):
            read_hounsfield(folder / name)
