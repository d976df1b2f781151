"""Planes: their sides, their proportions, and axes turned without moving a voxel."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.dicom_series import SeriesVolume, read_series
from helpers.multiplanar import (
    in_patient_axes,
    plane_of,
    plane_png,
    plane_slider,
    show_plane,
    show_planes,
)
from tests.helpers.series_examples import example_hu, turned, write_example

WINDOW = (0, 2000)


def upright(shape=(4, 5, 6), spacing_mm=(3.0, 2.0, 1.0)):
    """Return a volume in patient axes whose value is 100 slice + 10 row + column."""
    k, j, i = np.indices(shape)
    slices, rows, columns = spacing_mm
    affine = np.array([[0, 0, columns, 0], [0, rows, 0, 0], [slices, 0, 0, 0]])
    values = (100 * k + 10 * j + i).astype(np.float32)
    return SeriesVolume(values, "HU", affine)


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
    "orientation",
    [
        (1, 0, 0, 0, 1, 0),
        (-1, 0, 0, 0, 1, 0),  # rows to the right: slices go to the feet
        (0, 1, 0, 0, 0, -1),  # sagittal
        (1, 0, 0, 0, 0, -1),  # coronal
        turned(20),
    ],
)
def test_in_patient_axes_keeps_every_voxel_in_its_place(tmp_path, orientation):
    write_example(tmp_path / "ct", orientation=orientation)
    acquired = read_series(tmp_path / "ct")
    turned_volume = in_patient_axes(acquired)
    assert [turned_volume.toward(axis) for axis in range(3)] == [
        "the head",
        "the back",
        "the left",
    ]
    assert turned_volume.values.size == acquired.values.size
    for voxel in ((0, 0, 0), (5, 19, 15), (2, 7, 3)):
        place = acquired.to_patient_mm(voxel)
        k, j, i = np.rint(turned_volume.to_voxel(place)).astype(int)
        assert turned_volume.values[k, j, i] == example_hu()[voxel]


def test_in_patient_axes_equals_simpleitk(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    write_example(tmp_path / "ct", orientation=(0, 1, 0, 0, 0, -1))
    ours = in_patient_axes(read_series(tmp_path / "ct"))
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "ct"))
    theirs = sitk.DICOMOrient(sitk.ReadImage(names), "LPS")
    np.testing.assert_array_equal(ours.values, sitk.GetArrayFromImage(theirs))
    np.testing.assert_allclose(ours.origin_mm, theirs.GetOrigin(), atol=1e-5)


def test_show_plane_marks_the_sides_and_the_place():
    fig, ax = plt.subplots()
    show_plane(upright(), "coronal", 2, window=WINDOW, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["R", "L", "H", "F"]
    assert ax.get_title() == "coronal 2 (4 mm)"
    assert ax.get_aspect() == 3
    assert ax.images[0].get_clim() == (-1000, 1000)
    plt.close(fig)


def test_show_planes_draws_three_with_crosses():
    fig = show_planes(upright(), (1, 2, 3), window=WINDOW)
    assert [ax.get_title()[:5] for ax in fig.axes] == ["axial", "coron", "sagit"]
    assert [len(ax.lines) for ax in fig.axes] == [2, 2, 2]
    # the axial slice 1 of 4 cuts the coronal picture in its row 2 from the top
    assert fig.axes[1].lines[1].get_ydata()[0] == 2
    plt.close(fig)


def test_slider_draws_another_plane():
    slider, picture = plane_slider(upright(), "sagittal", window=WINDOW).children
    assert (slider.min, slider.max, slider.value) == (0, 5, 2)
    first = bytes(picture.value)
    assert first.startswith(b"\x89PNG")
    slider.value = 4
    assert bytes(picture.value) != first
    assert bytes(picture.value) == plane_png(upright(), "sagittal", 4, window=WINDOW)


def test_planes_that_are_not_there():
    with pytest.raises(ValueError, match="Expected one of axial, coronal, sagittal"):
        plane_of(upright(), "oblique", 0)
    with pytest.raises(ValueError, match="no axial plane 4. Expected 0 to 3"):
        plane_of(upright(), "axial", 4)
