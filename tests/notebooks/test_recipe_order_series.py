"""The recipe of lesson 12 against `dicom_series`: same order, same refusals."""

import shutil

import numpy as np
import pydicom
import pytest

from helpers.dicom_series import DicomSeriesError, read_series
from tests.helpers.series_examples import (
    SPACING_MM,
    change,
    lean,
    turned,
    write_example,
)
from tests.notebooks.lesson_material import recipe


@pytest.fixture(scope="module")
def order_series():
    return recipe("order-series-and-spacing")["order_series"]


@pytest.mark.parametrize(
    "orientation",
    [
        (1, 0, 0, 0, 1, 0),
        (-1, 0, 0, 0, 1, 0),  # from the head downwards
        (0, 1, 0, 0, 0, -1),  # sagittal
        turned(20),  # oblique
    ],
)
def test_order_and_spacing_are_those_of_the_helper(tmp_path, order_series, orientation):
    write_example(tmp_path / "ct", orientation=orientation)
    files = sorted((tmp_path / "ct").iterdir())
    ordered, spacing_mm = order_series(files)
    volume = read_series(tmp_path / "ct")
    assert tuple(ordered) == volume.paths
    assert ordered != files  # names were shuffled
    assert spacing_mm == pytest.approx(volume.spacing_mm)


def test_thickness_is_not_asked(tmp_path, order_series):
    paths = write_example(tmp_path / "ct", slice_thickness_mm=5.0)
    assert order_series(paths)[1] == pytest.approx(SPACING_MM)


def gap(paths):
    paths.pop(3).unlink()


def duplicate(paths):
    place = pydicom.dcmread(paths[1]).ImagePositionPatient
    change(paths[2], ImagePositionPatient=place)


def tilt(paths):
    lean(paths, (0, 0.7, 0))


def uneven(paths):
    for number, path in enumerate(paths[3:]):
        change(path, ImagePositionPatient=[-10, -20, 40 + 4 * number])


def single(paths):
    for path in paths[1:]:
        path.unlink()
    del paths[1:]


def two_series(paths):
    change(paths[0], SeriesInstanceUID="1.2.3")


def two_frames(paths):
    change(paths[0], FrameOfReferenceUID="1.2.3")


def overview(paths):
    scout = shutil.copy(paths[0], paths[0].with_name("scout.dcm"))
    # no LOCALIZER in its Image Type: the helper has to refuse it as well
    change(scout, ImageOrientationPatient=[1, 0, 0, 0, 0, -1], SOPInstanceUID="1.2.3.4")
    paths.append(scout)


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (gap, "No even stack"),
        (duplicate, "No even stack"),
        (tilt, "No even stack"),
        (uneven, "No even stack"),
        (single, "No even stack"),
        (two_series, "Expected one series"),
        (two_frames, "Expected one series"),
        (overview, "without overviews"),
    ],
)
def test_what_the_helper_refuses_the_recipe_refuses(
    tmp_path, order_series, damage, match
):
    paths = write_example(tmp_path / "ct", shuffled_names=False)
    damage(paths)
    with pytest.raises(ValueError, match=match):
        order_series(paths)
    with pytest.raises(DicomSeriesError):
        read_series(paths)


def test_a_series_of_an_order_of_its_own_keeps_its_pixels(tmp_path, order_series):
    paths = write_example(tmp_path / "ct")
    ordered, _ = order_series(sorted(paths))
    stack = np.stack([pydicom.dcmread(path).pixel_array for path in ordered])
    np.testing.assert_array_equal(stack, read_series(paths).values + 1024)
