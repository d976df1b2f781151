"""Reading series: order, spacing, affine, against SimpleITK and by hand."""

import shutil

import numpy as np
import pydicom
import pytest

from helpers.dicom_pixels import decoder_process, many_files, read_pixels
from helpers.dicom_series import (
    SeriesVolume,
    affine_of,
    find_series,
    list_series,
    read_series,
    slice_normal,
    slice_position_mm,
    spacing_from_positions,
)
from helpers.dicom_series.__main__ import main
from helpers.dicom_series.geometry import angle_deg, tolerance_mm, toward
from tests.helpers.dicom_examples import course_files, item, make_dataset, write
from tests.helpers.series_examples import (
    ORIGIN_MM,
    SHAPE,
    SPACING_MM,
    change,
    example_hu,
    turned,
    write_example,
)


def kinds(found):
    """Return the names of the problems."""
    return [problem.kind for problem in found.problems]


def plane(position, orientation=(1, 0, 0, 0, 1, 0)):
    """Return a header with nothing but its place."""
    return item(
        ImagePositionPatient=list(position), ImageOrientationPatient=list(orientation)
    )


# ---------------------------------------------------------------- geometry, by hand


def test_slice_position_is_z_for_an_axial_slice():
    assert slice_position_mm(plane((-160, -150, 42.5))) == 42.5


def test_slice_position_of_a_sagittal_slice_is_along_x():
    # rows run to the back (0, 1, 0), columns to the feet (0, 0, -1):
    # (0, 1, 0) x (0, 0, -1) = (-1, 0, 0)
    assert slice_position_mm(plane((7, 1, 2), (0, 1, 0, 0, 0, -1))) == -7


def test_slice_position_of_an_oblique_slice():
    # turned by 30 degrees about x: normal (0, -sin 30, cos 30) = (0, -0.5, 0.866)
    position = slice_position_mm(plane((5, 10, 20), turned(30)))
    assert position == pytest.approx(-5 + 20 * np.sqrt(3) / 2)


def test_spacing_from_positions_needs_no_order():
    assert spacing_from_positions([plane((0, 0, z)) for z in (5, 0, 7.5, 2.5)]) == 2.5


def test_spacing_of_a_tilted_series_is_smaller_than_the_step_of_the_table():
    # 10 mm along z, planes turned by 60 degrees: 10 * cos 60 = 5 mm apart
    series = [plane((0, 0, z), turned(60)) for z in (0, 10, 20)]
    assert spacing_from_positions(series) == pytest.approx(5)


def test_spacing_from_positions_refuses_a_gap_and_a_single_slice():
    with pytest.raises(ValueError, match="5 mm between slices 1 and 2"):
        spacing_from_positions([plane((0, 0, z)) for z in (0, 2.5, 7.5, 10)])
    with pytest.raises(ValueError, match="1 slices have no distance"):
        spacing_from_positions([plane((0, 0, 0))])


def test_affine_of_puts_rows_and_columns_where_the_standard_does():
    # 2 rows down (0.5 mm each, toward the back), 4 columns (0.25 mm each, left)
    affine = affine_of((-10, -20, 5), (1, 0, 0, 0, 1, 0), (0.5, 0.25), (0, 0, 2))
    assert (affine @ [1, 2, 4, 1]).tolist() == [-9, -19, 7]
    assert affine.shape == (3, 4)


def test_words_and_angles():
    assert toward((0, 0, 2)) == "the head"
    assert toward((-1, 0.2, 0)) == "the right"
    assert angle_deg((0, 0, 1), (0, 1, 1)) == pytest.approx(45)
    assert angle_deg((0, 0, 1), (0, 0, -3)) == 0
    assert tolerance_mm(0.5) == pytest.approx(0.1, abs=1e-3)
    assert np.linalg.norm(slice_normal(turned(17))) == pytest.approx(1)


# ------------------------------------------------------------------------- volumes


@pytest.mark.parametrize("syntax", ["uncompressed", "deflated", "rle"])
def test_read_series_gives_back_what_was_written(tmp_path, syntax):
    paths = write_example(tmp_path / "ct", syntax=syntax)
    volume = read_series(tmp_path / "ct")
    np.testing.assert_array_equal(volume.values, example_hu())
    assert volume.unit == "HU"
    assert volume.spacing_mm == pytest.approx(SPACING_MM)
    np.testing.assert_allclose(volume.origin_mm, ORIGIN_MM)
    assert list(volume.paths) == paths
    assert volume.voxel_ml == pytest.approx(2.5 * 0.75 * 0.5 / 1000)
    assert "shuffled" in kinds(volume)


def test_read_series_takes_paths_in_any_order_and_subfolders(tmp_path):
    paths = write_example(tmp_path / "ct")
    (tmp_path / "ct" / "deeper").mkdir()
    moved = paths[2].rename(tmp_path / "ct" / "deeper" / paths[2].name)
    whole = read_series(tmp_path / "ct")
    some = read_series([paths[4], moved, paths[3]])
    np.testing.assert_array_equal(whole.values, example_hu())
    np.testing.assert_array_equal(some.values, example_hu()[2:5])
    assert some.origin_mm[2] == ORIGIN_MM[2] + 2 * SPACING_MM[0]


def test_voxels_and_patient_coordinates_are_inverse(tmp_path):
    write_example(tmp_path / "ct", orientation=turned(20))
    volume = read_series(tmp_path / "ct")
    voxels = np.array([[0, 0, 0], [5, 19, 15], [2.5, 3.25, 7]])
    back = volume.to_voxel(volume.to_patient_mm(voxels))
    np.testing.assert_allclose(back, voxels, atol=1e-9)
    # 2 columns of 0.5 mm to the left of the origin
    place = volume.to_patient_mm([0, 0, 2])
    np.testing.assert_allclose(place, np.add(ORIGIN_MM, (1, 0, 0)))


@pytest.mark.parametrize(
    "orientation",
    [
        (1, 0, 0, 0, 1, 0),
        (-1, 0, 0, 0, 1, 0),
        (0, 1, 0, 0, 0, -1),
        (1, 0, 0, 0, 0, -1),
        turned(25),
        turned(-40, "z"),
    ],
)
def test_affine_spacing_and_voxels_equal_simpleitk(tmp_path, orientation):
    sitk = pytest.importorskip("SimpleITK")
    write_example(tmp_path / "ct", orientation=orientation)
    ours = read_series(tmp_path / "ct")
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "ct"))
    theirs = sitk.ReadImage(names)
    np.testing.assert_allclose(ours.spacing_mm[::-1], theirs.GetSpacing(), rtol=1e-6)
    np.testing.assert_array_equal(ours.values, sitk.GetArrayFromImage(theirs))
    for voxel in ((0, 0, 0), (5, 19, 15), (3, 7, 11)):
        place = theirs.TransformIndexToPhysicalPoint(voxel[::-1])
        np.testing.assert_allclose(ours.to_patient_mm(voxel), place, atol=1e-5)


def test_slices_follow_the_normal_whatever_it_points_to(tmp_path):
    # rows to the right: (-1, 0, 0) x (0, 1, 0) = (0, 0, -1), so slices go to the feet
    write_example(tmp_path / "ct", orientation=(-1, 0, 0, 0, 1, 0))
    volume = read_series(tmp_path / "ct")
    assert [volume.toward(axis) for axis in range(3)] == [
        "the feet",
        "the back",
        "the right",
    ]
    assert "slices toward the feet" in volume.describe()


def test_order_is_that_of_positions_for_any_names(tmp_path):
    rng = np.random.default_rng(3)
    paths = write_example(tmp_path / "ct")
    for number, path in enumerate(rng.permutation(paths)):
        path.rename(path.with_name(f"a{number}"))
    np.testing.assert_array_equal(read_series(tmp_path / "ct").values, example_hu())


def test_find_series_reads_no_pixels(tmp_path):
    paths = write_example(tmp_path / "ct")
    for path in paths:
        change(path, PixelData=b"\0\0")
    geometry = find_series(tmp_path / "ct")
    assert geometry.spacing_mm == pytest.approx(SPACING_MM)
    assert geometry.slices == SHAPE[0]
    assert "6 slices of 20 x 16 pixels, 2.50 mm apart" in geometry.describe()


# ----------------------------------------------------------------------- multi-frame


def enhanced_ct(stored, *, positions=True):
    """Return a multi-frame object with a position for each frame."""
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.25], SliceThickness=3)],
        PixelValueTransformationSequence=[
            item(RescaleIntercept=-1024, RescaleSlope=1, RescaleType="HU")
        ],
    )
    frames = [
        item(PlanePositionSequence=[item(ImagePositionPatient=[1, 2, z])])
        for z in (8, 4, 6, 2)[: len(stored)]
    ]
    groups = {"PerFrameFunctionalGroupsSequence": frames} if positions else {}
    return make_dataset(
        stored, Modality="CT", SharedFunctionalGroupsSequence=[shared], **groups
    )


def test_frames_of_one_file_are_slices(tmp_path):
    stored = np.arange(4 * 6, dtype=np.uint16).reshape(4, 2, 3)
    path = write(enhanced_ct(stored), tmp_path / "multi.dcm")
    volume = read_series(path)
    # positions 8, 4, 6, 2 mm: frames 3, 1, 2, 0 from the feet up
    np.testing.assert_array_equal(volume.values, stored[[3, 1, 2, 0]] - 1024.0)
    assert volume.spacing_mm == (2, 0.5, 0.25)
    assert volume.origin_mm.tolist() == [1, 2, 2]
    assert {"overlap", "shuffled"} <= set(kinds(volume))


def test_frames_without_positions_are_refused(tmp_path):
    stored = np.zeros((4, 2, 3), dtype=np.uint16)
    path = write(enhanced_ct(stored, positions=False), tmp_path / "multi.dcm")
    with pytest.raises(ValueError, match="4 frames without a position of their own"):
        read_series(path)


# ----------------------------------------------------------------------- many series


def test_list_series_has_a_row_for_each(tmp_path):
    write_example(tmp_path / "one")
    write_example(tmp_path / "two", series=2, spacing_mm=(5, 1, 1))
    (tmp_path / "notes.txt").write_text("read me")
    table = list_series(tmp_path).sort_values("number")
    assert table.images.tolist() == [6, 6]
    assert table.spacing_mm.tolist() == pytest.approx([2.5, 5.0])
    assert table.volume.tolist() == [True, True]
    assert table.attrs["passed_over"] == ["notes.txt: no DICOM file"]


def test_series_uid_chooses_one_series(tmp_path):
    write_example(tmp_path / "one")
    second = write_example(tmp_path / "two", series=2, spacing_mm=(5, 1, 1))
    uid = pydicom.dcmread(second[0]).SeriesInstanceUID
    volume = read_series(tmp_path, series_uid=uid)
    assert volume.spacing_mm == pytest.approx((5, 1, 1))


def test_command_line(tmp_path, capsys):
    assert main([]) == 2
    assert main([str(tmp_path / "nothing")]) == 1
    paths = write_example(tmp_path / "ct")
    shutil.copy(__file__, tmp_path / "ct" / "notes.txt")
    assert main([str(tmp_path / "ct")]) == 0
    paths[2].unlink()
    assert main([str(tmp_path / "ct")]) == 0
    printed = capsys.readouterr().out
    assert "CT series" in printed
    assert "1 of 1 series can be read as a volume." in printed
    assert "0 of 1 series can be read as a volume." in printed
    assert "Passed over: notes.txt: no DICOM file." in printed


# ------------------------------------------------------------------------ real files


@pytest.mark.real_data
def test_real_series_equals_simpleitk():
    sitk = pytest.importorskip("SimpleITK")
    files = [path for path in course_files() if "ct_series" in str(path)]
    if not files:
        pytest.skip("COURSE_DATA_DIR with the DICOM files is not set")
    ours = read_series(files[0].parent)
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(files[0].parent))
    theirs = sitk.ReadImage(names)
    assert ours.values.shape == (30, 512, 512)
    assert ours.spacing_mm == pytest.approx((8, 0.646484375, 0.646484375))
    np.testing.assert_allclose(ours.spacing_mm[::-1], theirs.GetSpacing())
    np.testing.assert_allclose(ours.origin_mm, theirs.GetOrigin())
    np.testing.assert_array_equal(ours.values, sitk.GetArrayFromImage(theirs))
    assert kinds(ours) == ["reversed", "passed over"]


@pytest.mark.real_data
def test_real_multiframe_ct_is_a_volume_and_the_others_are_refused():
    files = {path.name: path for path in course_files()}
    if not files:
        pytest.skip("COURSE_DATA_DIR with the DICOM files is not set")
    perfusion = files["ect_2frames_enhanced_ct.dcm"]
    volume = read_series(perfusion)
    assert volume.spacing_mm[0] == 10
    # rows run to the right, so the normal points to the feet: z = -149, then -159 mm
    frames = read_pixels(perfusion).values
    np.testing.assert_array_equal(volume.values, frames[[1, 0]])
    assert volume.toward(0) == "the feet"
    for name in ("emri_10frames.dcm", "nm_13frames_heart.dcm"):
        with pytest.raises(ValueError, match="frames without a position"):
            read_series(files[name])


def test_series_volume_prints_its_problems():
    affine = np.column_stack([np.diag((3.0, 2, 1))[:, ::1], np.zeros(3)])
    volume = SeriesVolume(np.zeros((2, 3, 4), np.float32), "HU", affine)
    assert volume.describe().startswith("2 x 3 x 4 voxels of 3.00 x 2.00 x 1.00 mm")


def test_compressed_slices_are_decoded_in_another_process_too(tmp_path, monkeypatch):
    hu = example_hu((16, 64, 64))
    write_example(tmp_path / "ct", hu=hu, syntax="jpeg2000")
    elsewhere = []

    class Decoders(decoder_process.Decoders):
        def __enter__(self):
            super().fetch(wait=True)  # it is ready: these files are quickly read here
            return self

        def fetch(self, *, wait):
            came = super().fetch(wait=wait)
            arrived = [one for one in came.values() if isinstance(one, np.ndarray)]
            elsewhere.extend(arrived)
            return came

    monkeypatch.setattr(many_files, "Decoders", Decoders)
    alone = read_series(tmp_path / "ct", workers=1)
    assert not elsewhere
    shared = read_series(tmp_path / "ct", workers=2)
    assert elsewhere
    np.testing.assert_array_equal(alone.values, hu)
    np.testing.assert_array_equal(shared.values, hu)
