"""Reading series: order, spacing, affine, damage; by hand and against SimpleITK."""

import os
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from helpers import dicom_series
from helpers.dicom_series import DicomSeriesError, list_series, read_series
from tests.helpers import series_examples as series
from tests.helpers.dicom_examples import WHEEL, item

SHIPPED = WHEEL / "test_files"
DATA = Path(os.environ.get("COURSE_DATA_DIR") or "missing") / "dicom"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="COURSE_DATA_DIR is not set")


def kinds(folder):
    """Return the names of the problems of the only series in a folder."""
    (problems,) = list_series(folder)["problems"]
    return [problem.kind for problem in problems]


def place(path):
    return np.asarray(pydicom.dcmread(path).ImagePositionPatient, dtype=float)


@pytest.fixture
def paths(tmp_path):
    """The slices of a sound series, in order; names rise with the slices."""
    names = [tmp_path / "ct" / f"slice{number}.dcm" for number in range(6)]
    return list(map(Path.rename, series.write_example(tmp_path / "ct"), names))


# ---------------------------------------------------------------- geometry, by hand


@pytest.mark.parametrize(
    ("position", "orientation", "along"),
    [
        ((-160, -150, 42.5), (1, 0, 0, 0, 1, 0), 42.5),
        ((7, 1, 2), (0, 1, 0, 0, 0, -1), -7),  # (0, 1, 0) x (0, 0, -1) = (-1, 0, 0)
        # turned by 30 degrees about x: normal (0, -sin 30, cos 30) = (0, -0.5, 0.866)
        ((5, 10, 20), series.turned(30), -5 + 20 * np.sqrt(3) / 2),
        ((1, 2, 3), (2, 0, 0, 0, 1, 0), 3),  # the normal has length 1 all the same
    ],
)
def test_slice_position_is_along_the_normal(position, orientation, along):
    header = item(
        ImagePositionPatient=list(position), ImageOrientationPatient=list(orientation)
    )
    assert dicom_series.slice_position_mm(header) == pytest.approx(along)


def test_a_volume_knows_its_millimetres():
    affine = dicom_series.affine_of(
        (1, 2, 3), (1, 0, 0, 0, 1, 0), (0.5, 0.25), (0, 0, -2)
    )
    volume = dicom_series.SeriesVolume(np.zeros((2, 3, 4), np.float32), "HU", affine)
    assert volume.spacing_mm == (2, 0.5, 0.25)
    assert volume.voxel_ml == 2 * 0.5 * 0.25 / 1000
    # slice 1 is 2 mm lower, row 2 is 1 mm further back, column 4 is 1 mm to the left
    assert volume.to_patient_mm([[1, 2, 4]]).tolist() == [[2, 3, 1]]
    assert volume.to_voxel([[2, 3, 1], [1, 2, 3]]).tolist() == [[1, 2, 4], [0, 0, 0]]


# ------------------------------------------------------------------------- volumes


@pytest.mark.parametrize("syntax", ["uncompressed", "rle"])
def test_read_series_gives_back_what_was_written(tmp_path, syntax):
    paths = series.write_example(tmp_path / "ct", syntax=syntax)
    volume = read_series(tmp_path / "ct")
    np.testing.assert_array_equal(volume.values, series.example_hu())
    assert (volume.values.dtype, volume.unit) == (np.float32, "HU")
    assert volume.spacing_mm == pytest.approx(series.SPACING_MM)
    np.testing.assert_allclose(volume.affine[:, 3], series.ORIGIN_MM)
    assert list(volume.paths) == paths
    assert volume.problems == ()


def test_read_series_takes_paths_in_any_order_and_subfolders(tmp_path):
    paths = series.write_example(tmp_path / "ct")
    (tmp_path / "ct" / "deeper").mkdir()
    moved = paths[2].rename(tmp_path / "ct" / "deeper" / paths[2].name)
    np.testing.assert_array_equal(
        read_series(str(tmp_path)).values, series.example_hu()
    )
    some = read_series([paths[4], str(moved), paths[3]])
    np.testing.assert_array_equal(some.values, series.example_hu()[2:5])
    assert some.affine[2, 3] == series.ORIGIN_MM[2] + 2 * series.SPACING_MM[0]


AXIAL, TO_THE_FEET = (1, 0, 0, 0, 1, 0), (-1, 0, 0, 0, 1, 0)
SAGITTAL, CORONAL = (0, 1, 0, 0, 0, -1), (1, 0, 0, 0, 0, -1)


@pytest.mark.parametrize(
    "orientation",
    [AXIAL, TO_THE_FEET, SAGITTAL, CORONAL, series.turned(25), series.turned(-40, "z")],
)
def test_affine_spacing_and_voxels_equal_simpleitk(tmp_path, orientation):
    series.write_example(tmp_path / "ct", orientation=orientation)
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
    header = pydicom.dcmread(path)
    header.NumberOfFrames, header.PixelData = 3, header.PixelData[:36]
    header.save_as(path)  # positions for four frames, pixels of three
    with pytest.raises(DicomSeriesError):
        read_series(path)


def test_two_time_points_in_one_file_are_refused_with_a_way_out(tmp_path):
    stored = np.arange(4 * 6).reshape(4, 2, 3)
    path = enhanced_ct(tmp_path / "4d.dcm", stored)  # at 8, 4, 6 and 2 mm
    header = pydicom.dcmread(path)
    for number, frame in enumerate(header.PerFrameFunctionalGroupsSequence):
        place = [1, 2, 8 - 2 * (number % 2)]
        frame.PlanePositionSequence[0].ImagePositionPatient = place
        frame.FrameContentSequence = [item(TemporalPositionIndex=1 + number // 2)]
    header.save_as(path)
    with pytest.raises(DicomSeriesError, match="where={'TemporalPositionIndex': '1'}"):
        read_series(path)
    volume = read_series(path, where={"TemporalPositionIndex": 2})
    np.testing.assert_array_equal(volume.values, stored[[3, 2]] - 1024.0)


def test_frames_of_reference(paths):
    for number, path in enumerate(paths):
        series.change(path, FrameOfReferenceUID=f"1.2.{number}")
    assert kinds(paths[0].parent) == ["frames of reference"]  # a program wrote that
    series.change(paths[5], FrameOfReferenceUID="1.2.4")
    with pytest.raises(DicomSeriesError, match="where={'FrameOfReferenceUID"):
        read_series(paths[0].parent)


def test_list_series_and_series_uid_tell_series_apart(tmp_path):
    series.write_example(tmp_path / "one")
    second = series.write_example(tmp_path / "two", series=2, spacing_mm=(5, 1, 1))
    (tmp_path / "notes.txt").write_text("read me")
    for name in ("reportsi.dcm", "dicomdirtests/DICOMDIR"):  # no images
        shutil.copy(SHIPPED / name, tmp_path)
    table = list_series(tmp_path)
    assert table.series.tolist() == ["CT series 1", "CT series 2"]
    assert table.images.tolist() == [6, 6]
    with pytest.raises(DicomSeriesError, match="several series.*6 images of .*;"):
        read_series(tmp_path)
    with pytest.raises(DicomSeriesError, match="no DICOM image with .*1.2.3"):
        read_series(tmp_path, where={"SeriesInstanceUID": "1.2.3"})
    uid = pydicom.dcmread(second[0]).SeriesInstanceUID
    assert table.series_uid[1] == uid
    volume = read_series(tmp_path, where={"SeriesInstanceUID": uid})
    assert volume.spacing_mm == pytest.approx((5, 1, 1))


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
        ((0.2, 0.25, 0.3), None),  # the smallest step is not the usual one
        ((0.6, 0.78, 0.6, 0.6, 0.6), "uneven spacing"),  # 0.13 mm off
        ((2.5, 0.011, 2.5), "uneven spacing"),
        ((2.5, 0.009, 2.5), "duplicate"),
        ((2.5, 2.5 * 40, 2.5), "gap"),  # 39 missing of 43
        ((2.5, 2.5 * 42, 2.5), "uneven spacing"),  # 41, more than ten times 4
    ],
)
def test_steps_have_names(tmp_path, steps, kind):
    count = len(steps) + 1
    paths = series.write_example(
        tmp_path / "ct", hu=series.example_hu((count, 4, 4)), slice_thickness_mm=0.1
    )
    for path, z in zip(paths, np.cumsum([0, *steps]), strict=True):
        series.change(path, ImagePositionPatient=[0, 0, round(float(z), 4)])
    assert kinds(tmp_path) == ([kind] if kind else [])


def test_gap_is_refused_and_never_closed_but_marked(paths):
    paths[3].unlink()
    paths[2].unlink()
    # 30.0, 32.5, 40.0, 42.5 mm: two missing
    match = "slice1.dcm and slice4.dcm are 7.50 mm .* 2.50 mm. Missing: 2"
    with pytest.raises(DicomSeriesError, match=match):
        read_series(paths[0].parent, mend="tilt")
    volume = read_series(paths[0].parent, mend=("gap",))
    assert volume.values.shape == series.SHAPE
    assert np.isnan(volume.values[[2, 3]]).all()
    np.testing.assert_array_equal(
        volume.values[[0, 1, 4, 5]], series.example_hu()[[0, 1, 4, 5]]
    )
    assert volume.spacing_mm == pytest.approx(series.SPACING_MM)


# ----------------------------------------------------------------------- orientation


def test_tilt_is_refused_with_its_angle_and_mended(tmp_path):
    # a bright column of voxels along z, seen by slices that slide 1.5 mm (2 rows of
    # 0.75 mm) toward the back each: straightened, the column stands upright again
    upright = np.full((5, 24, 16), -900, np.int16)
    upright[:, 14, 7] = 500
    leaning = np.stack(
        [np.roll(one, -2 * number, 0) for number, one in enumerate(upright)]
    )
    paths = series.write_example(tmp_path / "ct", hu=leaning)
    series.lean(paths, (0, 1.5, 0))
    # 6 mm over 10 mm: arctan 0.6 = 31.0 degrees
    match = f"tilt: {paths[4].name} lies 6.0 mm .* 31.0 degrees"
    with pytest.raises(DicomSeriesError, match=match):
        read_series(tmp_path / "ct", mend="gap")
    volume = read_series(tmp_path / "ct", mend=("tilt",))
    assert volume.values.shape == (5, 24 + 8, 16)
    bright = np.argwhere(volume.values == 500)
    assert bright.tolist() == [[number, 14, 7] for number in range(5)]
    np.testing.assert_allclose(volume.affine[:, 3], series.ORIGIN_MM, atol=1e-6)
    air = volume.values.min(axis=2) < -1000  # slices x rows
    assert air[0].tolist() == [False] * 24 + [True] * 8
    assert air[4].tolist() == [True] * 8 + [False] * 24


@pytest.mark.parametrize(
    ("shift_mm", "leans"),
    [((0.049, 0, 0), False), ((0.051, 0, 0), True), ((0, -0.076, 0), True)],
)
def test_half_a_pixel_over_the_series_is_no_tilt(paths, shift_mm, leans):
    # five steps of 0.05 mm are half a column of 0.5 mm, of 0.075 mm half a row
    series.lean(paths, shift_mm)
    assert kinds(paths[0].parent) == (["tilt"] if leans else [])


@pytest.mark.parametrize(
    ("degrees", "axis", "kind"),
    [(20, "x", "oblique"), (1.2, "z", "oblique"), (0.8, "x", None), (90, "x", None)],
)
def test_oblique_is_a_remark(tmp_path, degrees, axis, kind):
    series.write_example(tmp_path / "ct", orientation=series.turned(degrees, axis))
    volume = read_series(tmp_path)
    assert [problem.kind for problem in volume.problems] == ([kind] if kind else [])
    assert all(f"turned by {degrees:.1f} deg" in p.text for p in volume.problems)


# -------------------------------------------------------------------- mixed together


ALL, ONE = slice(None), slice(2, 3)


@pytest.mark.parametrize(
    ("which", "attributes", "kind"),
    [
        (ONE, {"PixelSpacing": [0.752, 0.5]}, "mixed PixelSpacing"),
        (ONE, {"PixelSpacing": [0.7505, 0.5]}, None),
        (ONE, {"PixelSpacing": None}, "no usable PixelSpacing"),
        (ALL, {"PixelSpacing": [0, 0.5]}, "no usable PixelSpacing"),
        (ONE, {"ImageOrientationPatient": [1, 0, 0, 0, 1, 3e-3]}, "mixed Image"),
        (ONE, {"ImageOrientationPatient": [1, 0, 0, 0, 1, 1e-3]}, None),
        (ALL, {"ImageOrientationPatient": [1.02, 0, 0, 0, 1, 0]}, "skewed"),
        (ALL, {"ImageOrientationPatient": [1.003, 0, 0, 0, 1, 0]}, None),
        (ONE, {"ImageOrientationPatient": None}, "no usable ImageOrientationPatient"),
        (ONE, {"ImagePositionPatient": None}, "no usable ImagePositionPatient"),
        (ONE, {"ImagePositionPatient": [0, 0, 2e7]}, "no usable ImagePositionPatient"),
        (ONE, {"ImagePositionPatient": [-9.76, -20, 35]}, None),
        (ONE, {"ImagePositionPatient": [-9.74, -20, 35]}, "shifted"),  # half a pixel
        (ONE, {"Rows": None}, "no usable Rows"),
        (ONE, {"Rows": 19}, "mixed Rows"),
        (ONE, {"Columns": 15}, "mixed Columns"),
        (ALL, {"SliceThickness": 2.7}, "overlap"),  # 1.05 x 2.5 mm is 2.625 mm
        (ALL, {"SliceThickness": 2.6}, None),
        (ALL, {"SliceThickness": None}, None),
    ],
)
def test_what_headers_say(paths, which, attributes, kind):
    for path in paths[which]:
        series.change(path, **attributes)
    found = kinds(paths[0].parent)
    assert len(found) == bool(kind)
    if kind in (None, "overlap"):
        volume = read_series(paths[0].parent, mend="tilt")
        assert volume.spacing_mm[0] == pytest.approx(2.5)
        np.testing.assert_array_equal(volume.values, series.example_hu())
    else:
        assert found[0].startswith(kind)
        with pytest.raises(DicomSeriesError, match=f"ct: no .* trusted. {kind}"):
            read_series(paths[0].parent, mend=("gap", "tilt", kind))


def test_reversed_names_are_a_remark(tmp_path):
    series.write_example(tmp_path / "ct", shuffled_names=False)
    assert kinds(tmp_path) == ["reversed"]  # this scanner counts from the head


def test_pixels_that_are_no_slice(paths):
    dataset = pydicom.dcmread(paths[2])
    dataset.NumberOfFrames, dataset.PixelData = 2, 2 * dataset.PixelData
    dataset.save_as(paths[2])
    with pytest.raises(DicomSeriesError, match="slice2.dcm has the shape"):
        read_series(paths[0].parent)
    series.change(paths[1], RescaleType="US", RescaleIntercept=0)
    with pytest.raises(DicomSeriesError, match="slice1.dcm .* units are .*HU"):
        read_series(paths[:2])
    with pytest.raises(DicomSeriesError, match="single slice"):
        read_series(paths[0])


def test_no_folder_no_file_no_image(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_series(tmp_path / "nothing")
    (tmp_path / "notes.txt").write_text("read me")
    with pytest.raises(DicomSeriesError, match="no DICOM image"):
        read_series(tmp_path)


# --------------------------------------------------------- shipped and real files


@needs_data
@pytest.mark.real_data
def test_real_series_equals_simpleitk():
    ours = assert_equal_to_simpleitk(DATA / "ct_series_lung_dx_a0002")
    assert ours.values.shape == (30, 512, 512)
    assert ours.spacing_mm == pytest.approx((8, 0.646484375, 0.646484375))
    assert [problem.kind for problem in ours.problems] == ["reversed"]
