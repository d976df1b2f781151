"""Volumes: resampling, planes and regions; by hand, against SimpleITK and skimage."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import zoom
from skimage.draw import disk

from helpers.dicom_series import SeriesVolume, read_series
from helpers.volumes import (
    disc,
    in_patient_axes,
    measure_region,
    plane_of,
    plane_slider,
    resample_values,
    show_planes,
)
from tests.helpers.series_examples import example_hu, turned, write_example

WINDOW = (0, 2000)


def upright(shape=(4, 5, 6), spacing_mm=(3.0, 2.0, 1.0)):
    """Return a volume in patient axes whose value is 100 slice + 10 row + column."""
    k, j, i = np.indices(shape)
    slices, rows, columns = spacing_mm
    affine = np.array([[0, 0, columns, 0.5], [0, rows, 0, 0], [slices, 0, 0, 10]])
    values = (100 * k + 10 * j + i).astype(np.float32)
    return SeriesVolume(values, "HU", affine)


# ----------------------------------------------------------------------- resampling


def test_linear_by_hand():
    # slices at 0, 3, 6 mm hold 0, 30, 90; at 0, 2, 4, 6 mm: 0, 20, 50, 90
    line = np.array([0, 30, 90]).reshape(3, 1, 1)
    found = resample_values(line, (3, 1, 1), (2, 1, 1))
    assert found.ravel() == pytest.approx([0, 20, 50, 90])
    assert found.dtype == np.float32


def test_the_grid_ends_before_the_last_voxel():
    # 4 voxels of 1 mm span 3 mm between centres: 0, 2 mm; nothing is extrapolated
    found = resample_values(np.arange(4.0).reshape(1, 1, 4), (1, 1, 1), (1, 1, 2))
    assert found.ravel().tolist() == [0, 2]


@pytest.mark.parametrize("new_mm", [(1, 1, 1), (5, 0.4, 0.5), (1.3, 1.7, 0.9)])
def test_resampling_equals_simpleitk(new_mm):
    sitk = pytest.importorskip("SimpleITK")
    old_mm = (2.5, 0.75, 0.5)
    values = np.random.default_rng(1).normal(0, 100, (7, 12, 15))
    ours = resample_values(values, old_mm, new_mm)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(old_mm[::-1])
    grid = sitk.Image(*ours.shape[::-1], sitk.sitkFloat64)
    grid.SetSpacing(tuple(float(mm) for mm in new_mm[::-1]))
    theirs = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkLinear, 0.0)
    np.testing.assert_allclose(ours, sitk.GetArrayFromImage(theirs), atol=0.01)


def test_same_grid_as_zoom_where_zoom_keeps_the_ends():
    # 5 slices of 2 mm span 8 mm; 9 slices of 1 mm span 8 mm too: here zoom agrees
    values = np.random.default_rng(0).normal(size=(5, 3, 3)).astype(np.float32)
    ours = resample_values(values, (2, 1, 1), (1, 1, 1))
    theirs = zoom(values, (9 / 5, 1, 1), order=1, grid_mode=False)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


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
    with pytest.raises(ValueError, match="above 0|three axes|NaN|mask|in mm"):
        resample_values(values, new_mm, new_mm[:2])


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
    assert sagittal[0, 0] == 305  # head on top, front on the left
    assert sagittal[0, -1] == 345  # the back on the right
    assert aspect == 1.5


@pytest.mark.parametrize(
    ("plane", "index"), [("oblique", 0), ("axial", 4), ("axial", -1)]
)
def test_planes_that_are_not_there(plane, index):
    with pytest.raises(ValueError, match=f"no {plane} plane {index}"):
        plane_of(upright(), plane, index)
    assert plane_of(upright(), "axial", 3)[0][0, 0] == 300  # the last one is


@pytest.mark.parametrize(
    "orientation",
    [
        (1, 0, 0, 0, 1, 0),
        (-1, 0, 0, 0, 1, 0),  # rows to the right: slices go to the feet
        (0, 1, 0, 0, 0, -1),  # sagittal
        (1, 0, 0, 0, 0, -1),  # coronal
        turned(20),
    ],
)
def test_in_patient_axes_equals_simpleitk(tmp_path, orientation):
    sitk = pytest.importorskip("SimpleITK")
    write_example(tmp_path / "ct", orientation=orientation)
    acquired = read_series(tmp_path / "ct")
    ours = in_patient_axes(acquired)
    # slices rise to the head, rows to the back, columns to the left
    assert (np.diag(ours.affine[::-1]) > 0).all()
    for voxel in ((0, 0, 0), (5, 19, 15), (2, 7, 3)):
        place = acquired.to_patient_mm(voxel)
        k, j, i = np.rint(ours.to_voxel(place)).astype(int)
        assert ours.values[k, j, i] == example_hu()[voxel]
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "ct"))
    theirs = sitk.DICOMOrient(sitk.ReadImage(names), "LPS")
    np.testing.assert_array_equal(ours.values, sitk.GetArrayFromImage(theirs))
    np.testing.assert_allclose(ours.affine[:, 3], theirs.GetOrigin(), atol=1e-5)


def test_show_planes_draws_three_with_sides_places_and_crosses():
    fig = show_planes(upright(), (1, 2, 3), window=WINDOW)
    # 10 + 1 x 3 mm to the head, 2 x 2 mm to the back, 0.5 + 3 x 1 mm to the left
    titles = ["axial 1 (13 mm)", "coronal 2 (4 mm)", "sagittal 3 (4 mm)"]
    assert [ax.get_title() for ax in fig.axes] == titles
    sides = ["".join(text.get_text() for text in ax.texts) for ax in fig.axes]
    assert sides == ["RLAP", "RLHF", "APHF"]
    spots = [(text.get_position(), text.get_ha(), text.get_va())
             for text in fig.axes[0].texts]  # fmt: skip
    assert spots == [
        ((0.01, 0.5), "left", "center"),
        ((0.99, 0.5), "right", "center"),
        ((0.5, 0.99), "center", "top"),
        ((0.5, 0.01), "center", "bottom"),
    ]
    planes = (("axial", 1), ("coronal", 2), ("sagittal", 3))
    for ax, (plane, number) in zip(fig.axes, planes, strict=True):
        image, aspect = plane_of(upright(), plane, number)
        np.testing.assert_array_equal(ax.images[0].get_array(), image)
        assert ax.get_aspect() == aspect
        assert ax.images[0].get_clim() == (-1000, 1000)
        assert not ax.axison
    # column 3, row 2; the axial slice 1 of 4 is row 2 from the top of the others
    crosses = [(ax.lines[0].get_xdata()[0], ax.lines[1].get_ydata()[0])
               for ax in fig.axes]  # fmt: skip
    assert crosses == [(3, 2), (3, 2), (2, 2)]
    # 6, 6 and 10 mm wide, the highest 12 mm
    assert fig.get_size_inches().tolist() == pytest.approx([9, 9 * 12 / 22 + 0.4])
    plt.close(fig)


def test_slider_draws_another_plane():
    slider, picture = plane_slider(upright(), "sagittal", window=WINDOW).children
    assert (slider.min, slider.max, slider.value) == (0, 5, 2)
    first = bytes(picture.value)
    assert Image.open(io.BytesIO(first)).format == "PNG"
    slider.value = 4
    assert bytes(picture.value) != first
    slider.value = 2
    assert bytes(picture.value) == first
    assert not plt.get_fignums()


# -------------------------------------------------------------------------- regions


@pytest.mark.parametrize("radius", [0, 1, 2.5, 4, 7])
def test_disc_agrees_with_scikit_image(radius):
    other = np.zeros((20, 24), bool)
    other[disk((9, 11), radius + 1e-9, shape=other.shape)] = True
    np.testing.assert_array_equal(disc((20, 24), (9, 11), radius), other)


@pytest.mark.parametrize(
    ("center", "radius"),
    [((0, 5), 1), ((5, 0), 1), ((9, 5), 1), ((5, 11), 1), ((-1, 5), 0), ((5, 5), -1)],
)
def test_disc_over_the_edge_is_refused(center, radius):
    with pytest.raises(ValueError, match="to lie inside"):
        disc((10, 12), center, radius)


@pytest.mark.parametrize("center", [(1, 5), (5, 1), (8, 5), (5, 10)])
def test_disc_may_touch_the_edge(center):
    assert disc((10, 12), center, 1).sum() == 5


def test_measurement_by_hand():
    # slice means 10 and 14: mean 12, SD of the means 2.828, standard error 2;
    # t of 1 degree of freedom 12.706: 12 -+ 25.41
    volume = np.array([[[9.0, 11.0, 99.0]], [[13.0, 15.0, 99.0]]])
    got = measure_region(volume, np.array([[True, True, False]]))
    assert got.mean == 12.0
    assert (got.voxels, got.slices) == (4, 2)
    # SD of 9, 11, 13, 15: squares 9 + 1 + 1 + 9 = 20 over 3
    assert got.sd == pytest.approx(np.sqrt(20 / 3))
    assert (got.low, got.high) == pytest.approx((12 - 25.412, 12 + 25.412), abs=0.01)


def test_slices_count_alike_and_padding_is_left_out():
    # means 1 and 4, the third slice is empty: 2.5, and not (1 + 3 + 5) / 3
    volume = np.array([[[1.0, np.nan]], [[3.0, 5.0]], [[np.nan, np.inf]]])
    got = measure_region(volume, np.ones((1, 2), bool))
    assert (got.mean, got.voxels, got.slices) == (2.5, 3, 2)


def test_integer_volumes_do_not_overflow_and_a_mask_may_move():
    volume = np.array([[[30000, 9]], [[9, 30002]]], np.int16)
    got = measure_region(volume, np.array([[[True, False]], [[False, True]]]))
    assert got.mean == 30001.0


def test_regions_that_cannot_be_measured():
    with pytest.raises(ValueError, match=r"got \(4, 4\)"):
        measure_region(np.zeros((4, 4)), np.ones((4, 4), bool))
    with pytest.raises(ValueError, match=r"\(3, 4\)"):
        measure_region(np.zeros((2, 4, 4)), np.ones((3, 4), bool))
    volume = np.full((3, 2, 2), np.nan)
    volume[0] = 1.0
    with pytest.raises(ValueError, match="1 of 3 slices hold a value"):
        measure_region(volume, np.ones((2, 2), bool))
