"""Volumes: resampling, planes and regions; by hand, against SimpleITK and skimage."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import SimpleITK
from skimage.draw import disk

from helpers import volumes
from helpers.dicom_series import SeriesVolume, read_series
from helpers.volumes import disc, measure_region, plane_of, resample_values
from tests.helpers import series_examples as series

WINDOW = (0, 2000)


def upright(shape=(4, 5, 6), spacing_mm=(3.0, 2.0, 1.0)):
    """Return a volume in patient axes whose value is 100 slice + 10 row + column."""
    k, j, i = np.indices(shape)
    slices, rows, columns = spacing_mm
    affine = np.array([[0, 0, columns, 0.4], [0, rows, 0, 0], [slices, 0, 0, 10]])
    values = (100 * k + 10 * j + i).astype(np.float32)
    return SeriesVolume(values, "HU", affine)


# ----------------------------------------------------------------------- resampling


def test_resampling_by_hand():
    # slices at 0, 3, 6 mm hold 0, 30, 90; at 0, 2, 4, 6 mm: 0, 20, 50, 90
    line = np.array([0, 30, 90]).reshape(3, 1, 1)
    found = resample_values(line, (3, 1, 1), (2, 1, 1))
    assert found.ravel() == pytest.approx([0, 20, 50, 90])
    assert found.dtype == np.float32
    # 4 voxels of 1 mm span 3 mm between centres: 0, 2 mm; nothing is extrapolated
    found = resample_values(np.arange(4.0).reshape(1, 1, 4), (1, 1, 1), (1, 1, 2))
    assert found.ravel().tolist() == [0, 2]


@pytest.mark.parametrize("new_mm", [(1, 1, 1), (5, 0.4, 0.5), (1.3, 1.7, 0.9)])
def test_resampling_equals_simpleitk(new_mm):
    values = np.random.default_rng(1).normal(0, 100, (7, 12, 15))
    ours = resample_values(values, (2.5, 0.75, 0.5), new_mm)
    image = SimpleITK.GetImageFromArray(values)
    image.SetSpacing((0.5, 0.75, 2.5))
    grid = SimpleITK.Image(*ours.shape[::-1], SimpleITK.sitkFloat64)
    grid.SetSpacing(tuple(float(mm) for mm in new_mm[::-1]))
    theirs = SimpleITK.Resample(image, grid)  # linear, and no transform
    np.testing.assert_allclose(ours, SimpleITK.GetArrayFromImage(theirs), atol=0.01)


@pytest.mark.parametrize(
    ("values", "new_mm", "match"),
    [
        (np.zeros((2, 2, 2)), (1, 1, 0), "mm above 0"),
        (np.zeros((2, 2, 2)), (1, 1, np.inf), "mm above 0"),
        (np.zeros((2, 2, 2)), (1, 1), "three axes"),
        (np.zeros((2, 2)), (1, 1, 1), "three axes"),
        (np.zeros((20, 200, 200)), (1e-3, 1e-3, 1e-3), "in mm"),
        (np.full((2, 2, 2), np.nan), (1, 1, 1), "NaN"),
        (np.zeros((2, 2, 2), bool), (1, 1, 1), "mask"),
    ],
)
def test_what_cannot_be_resampled(values, new_mm, match):
    with pytest.raises(ValueError, match=match):
        resample_values(values, (1, 1, 1), new_mm)


# --------------------------------------------------------------------------- planes


def test_planes_lie_as_radiologists_read_them():
    volume = upright()
    axial, aspect = plane_of(volume, "axial", 1)
    assert axial[0, 0] == 100  # front and patient's right: upper left
    assert aspect == 2  # rows 2 mm, columns 1 mm
    coronal, aspect = plane_of(volume, "coronal", 2)
    assert coronal[0, 0] == 320  # the head slice (3) on top
    assert aspect == 3
    sagittal, aspect = plane_of(volume, "sagittal", 5)
    assert sagittal[0, [0, -1]].tolist() == [305, 345]  # head on top, front on the left
    assert aspect == 1.5
    assert plane_of(volume, "axial", 3)[0][0, 0] == 300


@pytest.mark.parametrize("place", [("oblique", 0), ("axial", 4), ("axial", -1)])
def test_planes_that_are_not_there(place):
    with pytest.raises(ValueError, match="There is no {} plane {}".format(*place)):
        plane_of(upright(), *place)


@pytest.mark.parametrize(
    "orientation",
    [
        (1, 0, 0, 0, 1, 0),
        (-1, 0, 0, 0, 1, 0),  # rows to the right: slices go to the feet
        (0, 1, 0, 0, 0, -1),  # sagittal
        (1, 0, 0, 0, 0, -1),  # coronal
        series.turned(20),
    ],
)
def test_in_patient_axes_equals_simpleitk(tmp_path, orientation):
    series.write_example(tmp_path / "ct", orientation=orientation)
    ours = volumes.in_patient_axes(read_series(tmp_path / "ct"))
    # slices rise to the head, rows to the back, columns to the left
    assert (np.diag(ours.affine[::-1]) > 0).all()
    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "ct"))
    theirs = SimpleITK.DICOMOrient(SimpleITK.ReadImage(names), "LPS")
    np.testing.assert_array_equal(ours.values, SimpleITK.GetArrayFromImage(theirs))
    np.testing.assert_allclose(ours.affine[:, 3], theirs.GetOrigin(), atol=1e-5)
    directions = ours.affine[:, 2::-1] / ours.spacing_mm[::-1]
    np.testing.assert_allclose(directions.ravel(), theirs.GetDirection(), atol=1e-6)


def test_show_planes_draws_three_with_sides_places_and_crosses():
    fig = volumes.show_planes(upright(), (1, 2, 3), window=WINDOW)
    # 10 + 1 x 3 mm to the head, 2 x 2 mm to the back, 0.4 + 3 x 1 mm to the left
    titles = ["axial 1 (13 mm)", "coronal 2 (4 mm)", "sagittal 3 (3 mm)"]
    assert [ax.get_title() for ax in fig.axes] == titles
    sides = ["".join(text.get_text() for text in ax.texts) for ax in fig.axes]
    assert sides == ["RLAP", "RLHF", "APHF"]  # left, right, top, bottom
    spots = [text.get_position() for text in fig.axes[0].texts]
    assert spots == [(0.01, 0.5), (0.99, 0.5), (0.5, 0.99), (0.5, 0.01)]
    planes = (("axial", 1), ("coronal", 2), ("sagittal", 3))
    for ax, (plane, number) in zip(fig.axes, planes, strict=True):
        image, aspect = plane_of(upright(), plane, number)
        np.testing.assert_array_equal(ax.images[0].get_array(), image)
        assert (ax.get_aspect(), ax.axison) == (aspect, False)
        assert ax.images[0].get_clim() == (-1000, 1000)
    # column 3, row 2; the axial slice 1 of 4 is row 2 from the top of the others
    across = [ax.lines[0].get_xdata()[0] for ax in fig.axes]
    down = [ax.lines[1].get_ydata()[0] for ax in fig.axes]
    assert (across, down) == ([3, 3, 2], [2, 2, 2])
    # 6, 6 and 10 mm wide, the highest 12 mm
    assert fig.get_size_inches().tolist() == pytest.approx([9, 9 * 12 / 22 + 0.4])
    plt.close(fig)


def test_slider_draws_another_plane():
    box = volumes.plane_slider(upright(), "sagittal", start=2, window=WINDOW)
    slider, picture = box.children
    assert (slider.min, slider.max, slider.value) == (0, 5, 2)
    first = bytes(picture.value)
    assert first.startswith(b"\x89PNG")
    slider.value = 4
    assert bytes(picture.value) != first
    assert not plt.get_fignums()


# -------------------------------------------------------------------------- regions


@pytest.mark.parametrize("radius", [0, 1, 2.5, 4, 7])
def test_disc_agrees_with_scikit_image(radius):
    other = np.zeros((20, 24), bool)
    other[disk((9, 11), radius + 1e-9, shape=other.shape)] = True
    np.testing.assert_array_equal(disc((20, 24), (9, 11), radius), other)


@pytest.mark.parametrize("center", [(1, 5), (5, 1), (8, 5), (5, 10)])
def test_disc_may_touch_the_edge_but_not_cross_it(center):
    assert disc((10, 12), center, 1).sum() == 5
    with pytest.raises(ValueError, match="to lie inside"):
        disc((10, 12), center, 1.1)
    with pytest.raises(ValueError, match="to lie inside"):
        disc((10, 12), center, -1)


def test_measurement_by_hand():
    # slice means 10 and 14: mean 12, SD of the means 2.828, standard error 2;
    # t of 1 degree of freedom 12.706: 12 -+ 25.41
    volume = np.array([[[9.0, 11.0, 99.0]], [[13.0, 15.0, 99.0]]])
    got = measure_region(volume, np.array([[True, True, False]]))
    assert (got.mean, got.voxels, got.slices) == (12, 4, 2)
    # SD of 9, 11, 13, 15: squares 9 + 1 + 1 + 9 = 20 over 3
    assert got.sd == pytest.approx(np.sqrt(20 / 3))
    assert (got.low, got.high) == pytest.approx((12 - 25.412, 12 + 25.412), abs=0.01)


def test_slices_count_alike_and_padding_is_left_out():
    # means 1 and 4, the third slice is empty: 2.5, and not (1 + 3 + 5) / 3
    volume = np.array([[[1.0, np.nan]], [[3.0, 5.0]], [[np.nan, np.inf]]])
    got = measure_region(volume, np.ones((1, 2), bool))
    assert (got.mean, got.voxels, got.slices) == (2.5, 3, 2)
    with pytest.raises(ValueError, match="1 of 2 slices hold a value"):
        measure_region(volume[1:], np.ones((1, 2), bool))


def test_a_mask_may_move_and_must_fit():
    volume = np.array([[[30000, 9]], [[9, 30002]]], np.int16)
    got = measure_region(volume, np.array([[[True, False]], [[False, True]]]))
    assert got.mean == 30001.0
    for shape in ((2, 2), (3, 2), (3, 1, 2)):
        with pytest.raises(ValueError, match="a mask like it"):
            measure_region(volume, np.ones(shape, bool))
    with pytest.raises(ValueError, match="Expected .slices"):
        measure_region(volume[0], np.ones((1, 2), bool))
