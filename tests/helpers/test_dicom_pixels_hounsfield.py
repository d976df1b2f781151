"""Hounsfield units: by hand, against SimpleITK, and what is refused."""

import numpy as np
import pytest
import SimpleITK
from pydicom.data import get_testdata_file

from helpers.dicom_pixels import DicomPixelsError, read_hounsfield
from tests.helpers.dicom_examples import make_dataset

CT = {"Modality": "CT", "RescaleSlope": 2, "RescaleIntercept": -1024}
CT |= {"RescaleType": "HU"}


def ct(stored, **attributes):
    """Return a CT of one row of stored values, signed."""
    return make_dataset(np.array([stored], np.int16), **CT | attributes)


def test_values_are_rescaled_and_what_lies_below_every_measurement_is_none():
    # -238 * 2 - 1024 = -1500; -239 * 2 - 1024 = -1502; 532 * 2 - 1024 = 40
    hu = read_hounsfield(ct([-238, -239, 532]))
    np.testing.assert_array_equal(hu, [[-1500, np.nan, 40]])
    assert hu.dtype == np.float32
    np.testing.assert_array_equal(
        read_hounsfield(ct([-238, -239, 532]), lowest=-np.inf), [[-1500, -1502, 40]]
    )
    assert np.isnan(read_hounsfield(ct([-238, 532]), lowest=0)[0, 0])


def test_padding_is_found_before_the_rescale():
    # stored 532 is padding; stored 1044 becomes 1064 HU and 20 becomes -984: both stay
    dataset = ct([532, 1044, 20])
    dataset.add_new("PixelPaddingValue", "SS", 532)
    np.testing.assert_array_equal(read_hounsfield(dataset), [[np.nan, 1064, -984]])


def test_shipped_ct_agrees_with_simpleitk():
    path = get_testdata_file("CT_small.dcm", download=False)
    other = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path))[0]
    np.testing.assert_array_equal(read_hounsfield(path), other)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"RescaleType": "US"}, "'US'"),
        ({"RescaleType": "Z_EFF"}, "'Z_EFF'"),
        ({"RescaleSlope": None}, "RescaleSlope None"),
        ({"RescaleIntercept": None}, "RescaleIntercept None"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
    ],
)
def test_a_ct_whose_values_are_none_is_refused(attributes, words):
    with pytest.raises(DicomPixelsError, match=f"no Hounsfield .*{words}.*Expected"):
        read_hounsfield(ct([0, 5], **attributes))
