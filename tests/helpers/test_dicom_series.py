"""Reading series: order, spacing, affine, damage; by hand and against SimpleITK."""

import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from helpers.dicom_series import (
    DicomSeriesError,
    SeriesVolume,
    affine_of,
    list_series,
    read_series,
    slice_position_mm,
)
from tests.helpers.series_examples import (
    ORIGIN_MM,
    SHAPE,
    SPACING_MM,
    change,
    example_hu,
    lean,
    turned,
    write_example,
)

SHIPPED = Path(pydicom.data.data_manager.DATA_ROOT) / "test_files"
DATA = Path(os.environ.get("COURSE_DATA_DIR") or "missing") / "dicom"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="COURSE_DATA_DIR is not set")


def item(**attributes):
    """Return a data set with some attributes."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def plane(position, orientation=(1, 0, 0, 0, 1, 0)):
    """Return a header with nothing but its place."""
    return item(
        ImagePositionPatient=list(position), ImageOrientationPatient=list(orientation)
    )


def kinds(folder):
    """Return the names of the problems of the only series in a folder."""
    (problems,) = list_series(folder)["problems"]
    return [problem.kind for problem in problems]


def place(path):
    return np.asarray(pydicom.dcmread(path).ImagePositionPatient, dtype=float)


@pytest.fixture
def paths(tmp_path):
    """The slices of a sound series, in order; names rise with the slices."""
    paths = write_example(tmp_path / "ct", shuffled_names=False)
    return [
        path.rename(path.with_name(f"slice{number}.dcm"))
        for number, path in enumerate(paths)
    ]


# ---------------------------------------------------------------- geometry, by hand


def test_slice_position_is_along_the_normal():
    assert slice_position_mm(plane((-160, -150, 42.5))) == 42.5
    # sagittal: (0, 1, 0) x (0, 0, -1) = (-1, 0, 0)
    assert slice_position_mm(plane((7, 1, 2), (0, 1, 0, 0, 0, -1))) == -7
    # turned by 30 degrees about x: normal (0, -sin 30, cos 30) = (0, -0.5, 0.866)
    position = slice_position_mm(plane((5, 10, 20), turned(30)))
    assert position == pytest.approx(-5 + 20 * np.sqrt(3) / 2)
    # directions of length 2 and 1 give the same normal, of length 1
    assert slice_position_mm(plane((1, 2, 3), (2, 0, 0, 0, 1, 0))) == 3


def test_affine_of_puts_rows_and_columns_where_the_standard_does():
    # 2 rows down (0.5 mm each, toward the back), 4 columns (0.25 mm each, left)
    affine = affine_of((-10, -20, 5), (1, 0, 0, 0, 1, 0), (0.5, 0.25), (0, 0, 2))
    assert (affine @ [1, 2, 4, 1]).tolist() == [-9, -19, 7]
    assert affine.shape == (3, 4)


def test_a_volume_knows_its_millimetres():
    affine = affine_of((1, 2, 3), (1, 0, 0, 0, 1, 0), (0.5, 0.25), (0, 0, -2))
    volume = SeriesVolume(np.zeros((2, 3, 4), np.float32), "HU", affine)
    assert volume.spacing_mm == (2, 0.5, 0.25)
    assert volume.voxel_ml == 2 * 0.5 * 0.25 / 1000
    # slice 1 is 2 mm lower, row 2 is 1 mm further back, column 4 is 1 mm to the left
    assert volume.to_patient_mm([[1, 2, 4]]).tolist() == [[2, 3, 1]]
    assert volume.to_voxel([[2, 3, 1], [1, 2, 3]]).tolist() == [[1, 2, 4], [0, 0, 0]]


# ------------------------------------------------------------------------- volumes


@pytest.mark.parametrize("syntax", ["uncompressed", "rle"])
def test_read_series_gives_back_what_was_written(tmp_path, syntax):
    paths = write_example(tmp_path / "ct", syntax=syntax)
    volume = read_series(tmp_path / "ct")
    np.testing.assert_array_equal(volume.values, example_hu())
    assert (volume.values.dtype, volume.unit) == (np.float32, "HU")
    assert volume.spacing_mm == pytest.approx(SPACING_MM)
    np.testing.assert_allclose(volume.affine[:, 3], ORIGIN_MM)
    assert list(volume.paths) == paths
    assert volume.problems == ()


def test_read_series_takes_paths_in_any_order_and_subfolders(tmp_path):
    paths = write_example(tmp_path / "ct")
    (tmp_path / "ct" / "deeper").mkdir()
    moved = paths[2].rename(tmp_path / "ct" / "deeper" / paths[2].name)
    np.testing.assert_array_equal(read_series(str(tmp_path)).values, example_hu())
    some = read_series([paths[4], str(moved), paths[3]])
    np.testing.assert_array_equal(some.values, example_hu()[2:5])
    assert some.affine[2, 3] == ORIGIN_MM[2] + 2 * SPACING_MM[0]


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
    write_example(tmp_path / "ct", orientation=orientation)
    assert_equal_to_simpleitk(tmp_path / "ct")


def assert_equal_to_simpleitk(folder):
    sitk = pytest.importorskip("SimpleITK")
    ours = read_series(folder)
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    theirs = sitk.ReadImage(names)
    np.testing.assert_allclose(ours.spacing_mm[::-1], theirs.GetSpacing(), rtol=1e-6)
    np.testing.assert_array_equal(ours.values, sitk.GetArrayFromImage(theirs))
    for voxel in ((0, 0, 0), (5, 19, 15), (3, 7, 11)):
        mm = theirs.TransformIndexToPhysicalPoint(voxel[::-1])
        np.testing.assert_allclose(ours.to_patient_mm(voxel), mm, atol=1e-5)
    return ours


def enhanced_ct(path, stored, **per_frame):
    """Write a multi-frame object: positions 8, 4, 6, 2 mm, shared spacing."""
    header = pydicom.dcmread(SHIPPED / "CT_small.dcm")
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient"):
        del header[keyword]
    header.PixelSpacing = [9, 9]  # the functional group counts, not this
    header.NumberOfFrames, header.Rows, header.Columns = stored.shape
    header.PixelData = stored.astype("<i2").tobytes()
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.25], SliceThickness=3)],
    )
    header.SharedFunctionalGroupsSequence = [shared]
    header.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[item(ImagePositionPatient=[1, 2, z])], **per_frame)
        for z in (8, 4, 6, 2)
    ]
    header.save_as(path)
    return path


def test_frames_of_one_file_are_slices(tmp_path):
    stored = np.arange(4 * 6).reshape(4, 2, 3)
    path = enhanced_ct(tmp_path / "multi.dcm", stored)
    volume = read_series(path)
    # from the feet up: frames 3, 1, 2, 0; CT_small has the intercept -1024
    np.testing.assert_array_equal(volume.values, stored[[3, 1, 2, 0]] - 1024.0)
    assert volume.spacing_mm == (2, 0.5, 0.25)
    assert volume.affine[:, 3].tolist() == [1, 2, 2]
    assert [problem.kind for problem in volume.problems] == ["overlap"]
    measures = item(PixelSpacing=[1, 0.25])  # of a frame goes before the shared one
    path = enhanced_ct(path, stored, PixelMeasuresSequence=[measures])
    assert read_series(path).spacing_mm == (2, 1, 0.25)


def test_list_series_and_series_uid_tell_series_apart(tmp_path):
    write_example(tmp_path / "one")
    second = write_example(tmp_path / "two", series=2, spacing_mm=(5, 1, 1))
    (tmp_path / "notes.txt").write_text("read me")
    report = item(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", SeriesInstanceUID="1.2")
    report.file_meta = pydicom.dataset.FileMetaDataset()
    report.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    report.SOPInstanceUID = "1.2.3"
    report.save_as(tmp_path / "report.dcm", enforce_file_format=True)
    table = list_series(tmp_path)
    assert table.series.tolist() == ["CT series 1", "CT series 2"]
    assert table.images.tolist() == [6, 6]
    with pytest.raises(DicomSeriesError, match="several series.*6 images of .*;"):
        read_series(tmp_path)
    with pytest.raises(DicomSeriesError, match="several series"):
        read_series(tmp_path, series_uid="1.2.3")
    uid = pydicom.dcmread(second[0]).SeriesInstanceUID
    assert table.series_uid[1] == uid
    assert read_series(tmp_path, series_uid=uid).spacing_mm == pytest.approx((5, 1, 1))


# ------------------------------------------------------------------ gaps and spacing


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((2.5, 2.5, 5.0, 2.5), "gap"),
        ((2.5, 2.5, 5.0, 5.0), "gap"),  # the lower of two medians is the spacing
        ((2.5, 2.5, 3.1, 2.5), "uneven spacing"),  # a quarter off
        ((10, 10.45, 9.55), None),  # 0.45 of 10 mm off its place, 5 % are allowed
        ((10, 10.55, 9.45), "uneven spacing"),
        ((0.6, 0.7, 0.6, 0.6, 0.6), None),  # 0.62 mm, written with one decimal
        ((0.6, 0.78, 0.6, 0.6, 0.6), "uneven spacing"),  # 0.13 mm off
        ((2.5, 0.011, 2.5), "uneven spacing"),
        ((2.5, 0.009, 2.5), "duplicate"),
        ((2.5, 2.5 * 40, 2.5), "gap"),  # 39 missing of 43
        ((2.5, 2.5 * 42, 2.5), "uneven spacing"),  # 41, more than ten times 4
    ],
)
def test_steps_have_names(tmp_path, steps, kind):
    count = len(steps) + 1
    paths = write_example(
        tmp_path / "ct", hu=example_hu((count, 4, 4)), slice_thickness_mm=0.1
    )
    for path, z in zip(paths, np.cumsum([0, *steps]), strict=True):
        change(path, ImagePositionPatient=[0, 0, round(float(z), 4)])
    assert kinds(tmp_path) == ([kind] if kind else [])


def test_gap_is_refused_and_never_closed_but_marked(paths):
    paths[3].unlink()
    paths[2].unlink()
    # 30.0, 32.5, 40.0, 42.5 mm: two missing
    match = "slice1.dcm and slice4.dcm are 7.50 mm .* 2.50 mm. Missing: 2"
    with pytest.raises(DicomSeriesError, match=match):
        read_series(paths[0].parent, mend="tilt")
    volume = read_series(paths[0].parent, mend=("gap",))
    assert volume.values.shape == SHAPE
    assert np.isnan(volume.values[[2, 3]]).all()
    np.testing.assert_array_equal(
        volume.values[[0, 1, 4, 5]], example_hu()[[0, 1, 4, 5]]
    )
    assert volume.spacing_mm == pytest.approx(SPACING_MM)


def test_two_images_at_one_place_are_refused(paths):
    change(paths[2], ImagePositionPatient=list(place(paths[1])))
    match = "duplicate: slice2.dcm and slice1.dcm both lie at 32.50 mm"
    with pytest.raises(DicomSeriesError, match=match):
        read_series(paths[0].parent, mend="duplicate")


# ----------------------------------------------------------------------- orientation


def test_tilt_is_refused_with_its_angle_and_mended(tmp_path):
    # a bright column of voxels along z, seen by slices that slide 1.5 mm (2 rows of
    # 0.75 mm) toward the back each: straightened, the column stands upright again
    upright = np.full((5, 24, 16), -900, np.int16)
    upright[:, 14, 7] = 500
    leaning = np.stack(
        [np.roll(one, -2 * number, 0) for number, one in enumerate(upright)]
    )
    paths = write_example(tmp_path / "ct", hu=leaning)
    lean(paths, (0, 1.5, 0))
    # 6 mm over 10 mm: arctan 0.6 = 31.0 degrees
    match = f"tilt: {paths[4].name} lies 6.0 mm .* 31.0 degrees"
    with pytest.raises(DicomSeriesError, match=match):
        read_series(tmp_path / "ct", mend="gap")
    volume = read_series(tmp_path / "ct", mend=("tilt",))
    assert volume.values.shape == (5, 24 + 8, 16)
    bright = np.argwhere(volume.values == 500)
    assert bright.tolist() == [[number, 14, 7] for number in range(5)]
    np.testing.assert_allclose(volume.affine[:, 3], ORIGIN_MM, atol=1e-6)
    air = volume.values.min(axis=2) < -1000  # slices x rows
    assert air[0].tolist() == [False] * 24 + [True] * 8
    assert air[4].tolist() == [True] * 8 + [False] * 24


@pytest.mark.parametrize("shift_mm", [(0, 0.4, 0), (0.7, -1.1, 0), (-0.3, 0, 0)])
def test_straightening_equals_simpleitk(tmp_path, shift_mm):
    # an independent resampling of the sheared grid, slice by slice
    sitk = pytest.importorskip("SimpleITK")
    paths = write_example(tmp_path / "ct")
    lean(paths, shift_mm)
    volume = read_series(tmp_path / "ct", mend="tilt")
    for number, path in enumerate(paths):
        one = sitk.GetImageFromArray(example_hu()[number].astype(np.float32))
        one.SetSpacing((0.5, 0.75))
        one.SetOrigin(place(path)[:2].tolist())
        grid = sitk.Image(*volume.values.shape[:0:-1], sitk.sitkFloat32)
        grid.SetSpacing((0.5, 0.75))
        grid.SetOrigin(volume.affine[:2, 3].tolist())
        theirs = sitk.Resample(one, grid, sitk.Transform(), sitk.sitkLinear, np.nan)
        theirs = sitk.GetArrayFromImage(theirs)[1:-1, 1:-1]  # the rim blends with air
        inside = np.isfinite(theirs)
        inside &= volume.values[number, 1:-1, 1:-1] != -1024
        ours = volume.values[number, 1:-1, 1:-1]
        close = np.abs(ours - theirs)[inside] < 0.01
        assert close.mean() > 0.85
        assert close.sum() > 180


@pytest.mark.parametrize(
    ("shift_mm", "leans"),
    [((0.049, 0, 0), False), ((0.051, 0, 0), True), ((0, -0.076, 0), True)],
)
def test_half_a_pixel_over_the_series_is_no_tilt(paths, shift_mm, leans):
    # five steps of 0.05 mm are half a column of 0.5 mm, of 0.075 mm half a row
    lean(paths, shift_mm)
    assert kinds(paths[0].parent) == (["tilt"] if leans else [])


@pytest.mark.parametrize(("aside_mm", "kind"), [(0.24, None), (0.26, "shifted")])
def test_slices_beside_the_others_are_refused(paths, aside_mm, kind):
    x, y, z = place(paths[3])
    change(paths[3], ImagePositionPatient=[x + aside_mm, y, z])
    assert kinds(paths[0].parent) == ([kind] if kind else [])
    if kind:
        with pytest.raises(DicomSeriesError, match="slice3.dcm lies 0.3 mm"):
            read_series(paths[0].parent, mend=("tilt", "shifted"))


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"SliceThickness": 2.7}, "overlap"),  # more than 1.05 x 2.5 mm = 2.625
        ({"SliceThickness": 2.6}, None),
        ({"SliceThickness": None}, None),
    ],
)
def test_overlap_is_a_remark(paths, attributes, kind):
    for path in paths:
        change(path, **attributes)
    volume = read_series(paths[0].parent)
    found = [problem.kind for problem in volume.problems]
    assert found == ([kind] if kind else [])
    assert volume.spacing_mm == pytest.approx(SPACING_MM)


@pytest.mark.parametrize(
    ("degrees", "axis", "kind"),
    [(20, "x", "oblique"), (1.2, "z", "oblique"), (0.8, "x", None), (90, "x", None)],
)
def test_oblique_is_a_remark(tmp_path, degrees, axis, kind):
    write_example(tmp_path / "ct", orientation=turned(degrees, axis))
    (problems,) = list_series(tmp_path)["problems"]
    assert [problem.kind for problem in problems] == ([kind] if kind else [])
    if kind:
        assert f"oblique: slices are turned by {degrees:.1f} deg" in str(problems[0])
        assert not problems[0].fatal
    np.testing.assert_array_equal(read_series(tmp_path).values, example_hu())


# -------------------------------------------------------------------- mixed together


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ({"PixelSpacing": [0.752, 0.5]}, "mixed PixelSpacing: slice2.dcm"),
        ({"PixelSpacing": [0.7505, 0.5]}, None),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 1, 0.003]}, "mixed ImageOrient"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 1, 0.001]}, None),
        ({"ImagePositionPatient": None}, "no usable ImagePositionPatient: slice2.dcm"),
        ({"ImagePositionPatient": [0, 0, 2e7]}, "no usable ImagePositionPatient"),
        ({"ImageOrientationPatient": None}, "no usable ImageOrientationPatient"),
        ({"PixelSpacing": None}, "no usable PixelSpacing"),
        ({"PixelSpacing": [0, 0.5]}, "no usable PixelSpacing"),
        ({"Rows": None}, "no usable Rows"),
        ({"Columns": 8}, "mixed Columns"),
        ({"SeriesInstanceUID": "1.2.3"}, "several series"),
        ({"RescaleType": "US", "RescaleIntercept": 0}, "units are .*HU"),
    ],
)
def test_slices_that_do_not_go_together(paths, attributes, match):
    change(paths[2], **attributes)
    if match is None:
        assert read_series(paths[0].parent).values.shape == SHAPE
        return
    with pytest.raises(DicomSeriesError, match=match):
        read_series(paths[0].parent)


@pytest.mark.parametrize(("row_x", "kinds_found"), [(1.02, ["skewed"]), (1.003, [])])
def test_directions_are_of_length_one(paths, row_x, kinds_found):
    for path in paths:
        change(path, ImageOrientationPatient=[row_x, 0, 0, 0, 1, 0])
    assert kinds(paths[0].parent) == kinds_found


def test_reversed_names_are_a_remark(tmp_path):
    write_example(tmp_path / "ct", shuffled_names=False)
    assert kinds(tmp_path) == ["reversed"]  # this scanner counts from the head


def test_pixels_of_another_shape_than_the_header_says(paths):
    dataset = pydicom.dcmread(paths[2])
    dataset.NumberOfFrames, dataset.PixelData = 2, 2 * dataset.PixelData
    dataset.save_as(paths[2])
    with pytest.raises(DicomSeriesError, match="slice2.dcm has the shape"):
        read_series(paths[0].parent)


# ------------------------------------------------------------- what is not a series


def test_a_single_slice_has_no_spacing(paths):
    with pytest.raises(DicomSeriesError, match="single slice"):
        read_series(paths[0])


def test_no_folder_no_file_no_image(tmp_path):
    with pytest.raises((DicomSeriesError, FileNotFoundError), match="nothing"):
        read_series(tmp_path / "nothing")
    (tmp_path / "notes.txt").write_text("read me")
    with pytest.raises(DicomSeriesError, match="no DICOM image"):
        read_series(tmp_path)


@pytest.mark.parametrize("left", [0, 100, 140, 200, 700, 1000, -1, -100])
@pytest.mark.parametrize("name", ["slice0.dcm", "slice0"])
def test_a_file_cut_anywhere_never_gives_a_shorter_volume(paths, left, name):
    content = paths[0].read_bytes()[:left]
    paths[0].unlink()
    paths[0].with_name(name).write_bytes(content)
    if name == "slice0" and 0 <= left < 132:
        return  # nothing in it says that it is DICOM
    with pytest.raises(DicomSeriesError):
        read_series(paths[0].parent)


def damaged(content, turn, rng):
    """Return a file with one byte changed, some cut out, or four overwritten."""
    content, at = bytearray(content), int(rng.integers(132, len(content)))
    if turn % 3 == 0:
        content[at] = rng.integers(256)
    elif turn % 3 == 1:
        del content[at : at + int(rng.integers(1, 40))]
    else:
        content[at : at + 4] = rng.bytes(4)
    return content


@pytest.mark.parametrize("syntax", ["uncompressed", "rle"])
def test_damaged_slices_give_a_volume_or_the_documented_error(tmp_path, syntax):
    rng = np.random.default_rng(0)
    paths = write_example(tmp_path / "ct", hu=example_hu((4, 8, 8)), syntax=syntax)
    read = 0
    for turn in range(60):
        path = paths[turn % 4]
        sound = path.read_bytes()
        path.write_bytes(damaged(sound, turn, rng))
        try:
            list_series(tmp_path)
            volume = read_series(tmp_path, mend=("gap", "tilt"))
        except DicomSeriesError:
            continue
        finally:
            path.write_bytes(sound)
        assert volume.values.ndim == 3
        assert np.isfinite(volume.affine).all()
        read += 1
    assert 10 < read < 55  # the damage is real and not too much


# --------------------------------------------------------- shipped and real files


@pytest.mark.parametrize(
    ("folder", "count", "kind"),
    [
        ("77654033/CT2", 4, "uneven spacing"),
        ("98892001/CT5N", 5, "reversed"),
        ("98892001/CT2N", 2, "mixed ImageOrientationPatient"),  # two scout images
        ("98892003/MR700", 7, "mixed ImageOrientationPatient"),  # a radial angiogram
        ("77654033/CR1", 1, "no usable PixelSpacing"),
    ],
)
def test_shipped_series(folder, count, kind):
    folder = SHIPPED / "dicomdirtests" / folder
    assert list_series(folder).images.tolist() == [count]
    assert kinds(folder) == [kind]


@needs_data
@pytest.mark.real_data
def test_real_series_equals_simpleitk():
    ours = assert_equal_to_simpleitk(DATA / "ct_series_lung_dx_a0002")
    assert ours.values.shape == (30, 512, 512)
    assert ours.spacing_mm == pytest.approx((8, 0.646484375, 0.646484375))
    assert [problem.kind for problem in ours.problems] == ["reversed"]


@needs_data
@pytest.mark.real_data
def test_real_multiframe_ct_is_a_volume_and_the_others_are_refused():
    volume = read_series(DATA / "multiframe" / "ect_2frames_enhanced_ct.dcm")
    assert volume.spacing_mm[0] == 10
    # rows run to the right, so the normal points to the feet: z = -149, then -159 mm
    assert volume.affine[:, 0].tolist() == [0, 0, -10]
    assert volume.affine[2, 3] == -149
    for name in ("emri_10frames.dcm", "nm_13frames_heart.dcm"):
        with pytest.raises(DicomSeriesError, match="no usable"):
            read_series(DATA / "multiframe" / name)


@needs_data
@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["odd", "colour", "cxr", "mammo", "ct", "syntax", "multiframe"]
)
def test_folders_of_odd_files_are_refused_in_words(name):
    with pytest.raises(DicomSeriesError, match=r"\. "):
        read_series(DATA / name)
