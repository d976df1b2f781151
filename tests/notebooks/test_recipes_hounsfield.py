"""The recipes of lesson 11 against the helpers: same numbers, same refusals."""

import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from helpers.dicom_pixels import DicomPixelsError, read_hounsfield
from phantoms.dicom_writing import CtSeries, write_series
from tests.notebooks.lesson_material import recipe


@pytest.fixture(scope="module")
def to_hounsfield():
    return recipe("ct-to-hounsfield")["ct_to_hounsfield"]


@pytest.fixture
def ct_file(tmp_path):
    hu = np.array([[[-1024, -90], [40, 1500]]], np.int16)
    details = CtSeries(signed=False)
    (path,) = write_series(
        tmp_path / "ct", hu, spacing_mm=(2, 1, 1), patient_id="P1", details=details
    )
    return path


def test_the_hu_recipe_agrees_with_the_helper(to_hounsfield, ct_file):
    for path in (ct_file, get_testdata_file("CT_small.dcm", download=False)):
        np.testing.assert_array_equal(to_hounsfield(path), read_hounsfield(path))


def test_the_hu_recipe_marks_padding(to_hounsfield, ct_file):
    dataset = pydicom.dcmread(ct_file)
    dataset.add_new("PixelPaddingValue", "US", 0)  # stored 0 is -1024
    dataset.save_as(ct_file)
    np.testing.assert_array_equal(to_hounsfield(ct_file), [[np.nan, -90], [40, 1500]])


def test_padding_of_another_sign_is_marked(to_hounsfield, tmp_path):
    hu = np.array([[[-1200, -90], [40, 1500]]], np.int16)
    details = CtSeries(signed=True, bits=16)
    (path,) = write_series(
        tmp_path / "ct", hu, spacing_mm=(2, 1, 1), patient_id="P1", details=details
    )
    dataset = pydicom.dcmread(path)
    lowest = int(dataset.pixel_array.min())
    dataset.add_new("PixelPaddingValue", "US", lowest % 2**16)
    dataset.save_as(path)
    np.testing.assert_array_equal(to_hounsfield(path), [[np.nan, -90], [40, 1500]])


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("Modality", "MR"),
        ("RescaleType", "Z_EFF"),
        ("RescaleSlope", None),
        ("RescaleIntercept", None),
        ("RescaleIntercept", 0),
        ("ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"]),
    ],
)
def test_the_hu_recipe_refuses(to_hounsfield, ct_file, keyword, value):
    dataset = pydicom.dcmread(ct_file)
    if value is None:
        delattr(dataset, keyword)
    else:
        setattr(dataset, keyword, value)
    dataset.save_as(ct_file)
    with pytest.raises(ValueError, match="no HU"):
        to_hounsfield(ct_file)


@pytest.mark.real_data
@pytest.mark.skipif(
    not os.environ.get("COURSE_DATA_DIR"), reason="COURSE_DATA_DIR is not set"
)
def test_the_hu_recipe_agrees_on_real_files(to_hounsfield):
    folder = Path(os.environ["COURSE_DATA_DIR"]) / "dicom"
    taken = 0
    for path in sorted(folder.rglob("*.dcm")):
        try:
            wanted = read_hounsfield(path)
        except DicomPixelsError:
            with pytest.raises(Exception):  # noqa: B017, PT011 - any, but no numbers
                to_hounsfield(path)
            continue
        np.testing.assert_allclose(to_hounsfield(path), wanted, atol=1e-3)
        taken += 1
    assert taken >= 30
