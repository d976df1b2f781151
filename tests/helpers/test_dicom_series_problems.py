"""Damaged series: each problem is found, named, and refused or mended as asked."""

import re
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from helpers.dicom_series import (
    DicomSeriesError,
    examine_geometry,
    find_series,
    list_series,
    read_headers,
    read_series,
)
from helpers.dicom_series.straightening import straighten
from tests.helpers.dicom_examples import course_files, make_dataset, write
from tests.helpers.series_examples import (
    SHAPE,
    SPACING_MM,
    change,
    example_hu,
    lean,
    second_time_point,
    turned,
    write_example,
)

SHIPPED = pydicom.data.data_manager.DATA_ROOT


def kinds(found):
    return [problem.kind for problem in found.problems]


def place(path):
    return np.asarray(pydicom.dcmread(path).ImagePositionPatient, dtype=float)


@pytest.fixture
def paths(tmp_path):
    """The slices of a sound series, in order."""
    return write_example(tmp_path / "ct", shuffled_names=False)


# -------------------- gaps and spacing


def test_gap_is_refused_with_its_place_and_size(paths):
    paths[3].unlink()
    # slices 30.0, 32.5, 35.0 | 40.0, 42.5 mm
    with pytest.raises(
        DicomSeriesError,
        match=r"gap: between IM0004.dcm \(at 35.00 mm\) and IM0002.dcm \(at 40.00 mm\) "
        r"lie 5.00 mm, elsewhere 2.50 mm: 1 slice is missing",
    ):
        read_series(paths[0].parent)


def test_gap_is_never_closed_but_marked(paths):
    paths[3].unlink()
    volume = read_series(paths[0].parent, mend=("gap",))
    assert volume.values.shape == SHAPE
    assert np.isnan(volume.values[3]).all()
    rest = [0, 1, 2, 4, 5]
    np.testing.assert_array_equal(volume.values[rest], example_hu()[rest])
    assert volume.spacing_mm == pytest.approx(SPACING_MM)
    assert "instance numbers" in kinds(volume)


def test_two_gaps_are_counted(tmp_path):
    hu = example_hu((12, 4, 4))
    paths = write_example(tmp_path / "ct", hu=hu, shuffled_names=False)
    for number in (2, 7, 8):
        paths[number].unlink()
    with pytest.raises(DicomSeriesError, match="in 1 more places: 3 slices are miss"):
        read_series(tmp_path / "ct")


def test_an_absurd_gap_does_not_fill_the_memory(paths):
    change(paths[-1], ImagePositionPatient=[*place(paths[-1])[:2], 30 + 2.5 * 10**6])
    with pytest.raises(DicomSeriesError, match="would have 1000001 slices"):
        read_series(paths[0].parent, mend="gap")


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((5, 5, 5, 10, 10), "uneven spacing"),  # two spacings, not three gaps
        ((2.5, 2.5, 3.1, 2.5), "uneven spacing"),  # a quarter off
        ((2.5, 2.5, 5.0, 2.5), "gap"),
        ((0.6, 0.7, 0.6, 0.6, 0.6), "jitter"),  # 0.625 mm, written with one decimal
        ((2.5, 2.5, 2.5), None),
    ],
)
def test_steps_have_names(tmp_path, steps, kind):
    count = len(steps) + 1
    paths = write_example(tmp_path / "ct", hu=example_hu((count, 4, 4)))
    for path, z in zip(paths, np.cumsum([0, *steps]), strict=True):
        change(path, ImagePositionPatient=[0, 0, round(float(z), 4)])
    found = set(kinds(find_series(tmp_path / "ct")))
    known = {"uneven spacing", "gap", "jitter", "duplicate"}
    assert found & known == ({kind} if kind else set())


# -------------------- twice the same position


def test_two_time_points_are_refused_and_one_can_be_chosen(paths):
    second_time_point(paths)
    with pytest.raises(
        DicomSeriesError,
        match="every one of 6 positions holds 2 images.*AcquisitionNumber tells them "
        r"apart \(1, 2\): pass where={'AcquisitionNumber': ...}",
    ):
        read_series(paths[0].parent)
    volume = read_series(paths[0].parent, where={"AcquisitionNumber": 2})
    np.testing.assert_array_equal(volume.values, example_hu())


def test_one_slice_at_the_place_of_another_is_refused(paths):
    change(paths[2], ImagePositionPatient=list(place(paths[1])))
    with pytest.raises(DicomSeriesError, match=r"1 image lies where .*32.50 mm"):
        read_series(paths[0].parent)


def test_a_copied_file_is_taken_once_and_said(paths):
    shutil.copy(paths[2], paths[2].with_name("copy of it.dcm"))
    volume = read_series(paths[0].parent)
    np.testing.assert_array_equal(volume.values, example_hu())
    assert "copies" in kinds(volume)


def test_a_changed_copy_is_refused(paths):
    copy = shutil.copy(paths[2], paths[2].with_name("copy.dcm"))
    dataset = pydicom.dcmread(copy)
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(copy)
    with pytest.raises(DicomSeriesError, match="but not the same pixels"):
        read_series(paths[0].parent)


# -------------------- orientation


def test_tilt_is_refused_with_its_angle(tmp_path):
    # planes turned by 15 degrees, the table moves along z: 2.5 / cos 15 mm a slice
    paths = write_example(tmp_path / "ct", orientation=turned(15))
    normal = np.array([0, -np.sin(np.radians(15)), np.cos(np.radians(15))])
    table = np.array([0, 0, 2.5 / np.cos(np.radians(15))])
    lean(paths, table - 2.5 * normal)
    with pytest.raises(DicomSeriesError, match=r"tilt: the slices lean by 15.0 deg"):
        read_series(tmp_path / "ct")
    assert find_series(tmp_path / "ct").spacing_mm[0] == pytest.approx(2.5)


def test_mended_tilt_gives_back_the_upright_volume(tmp_path):
    # a bright column of voxels along z, seen by slices that slide 1.5 mm (2 rows of
    # 0.75 mm) toward the back each: straightened, the column stands upright again
    upright = np.full((5, 24, 16), -1000, np.int16)
    upright[:, 14, 7] = 500
    leaning = np.stack(
        [np.roll(one, -2 * number, 0) for number, one in enumerate(upright)]
    )
    paths = write_example(tmp_path / "ct", hu=leaning)
    lean(paths, (0, 1.5, 0))
    volume = read_series(tmp_path / "ct", mend=("tilt",))
    bright = np.argwhere(volume.values == 500)
    assert bright[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert len(set(map(tuple, bright[:, 1:].tolist()))) == 1
    # and it stands where it was in the patient
    expected = np.array([-10 + 7 * 0.5, -20 + 14 * 0.75])
    np.testing.assert_allclose(volume.to_patient_mm(bright[0])[:2], expected, atol=1e-5)
    assert volume.spacing_mm == pytest.approx(SPACING_MM)


@pytest.mark.parametrize("shift_mm", [(0, 0.4, 0), (0.7, -1.1, 0), (-0.3, 0, 0)])
def test_straightening_equals_simpleitk(tmp_path, shift_mm):
    # an independent resampling of the sheared grid, slice by slice, with SimpleITK
    sitk = pytest.importorskip("SimpleITK")
    paths = write_example(tmp_path / "ct")
    lean(paths, shift_mm)
    volume = read_series(tmp_path / "ct", mend="tilt")
    for number, path in enumerate(paths):
        plane = sitk.GetImageFromArray(example_hu()[number].astype(np.float32))
        plane.SetSpacing((0.5, 0.75))
        plane.SetOrigin(place(path)[:2].tolist())
        grid = sitk.Image(*volume.values.shape[:0:-1], sitk.sitkFloat32)
        grid.SetSpacing((0.5, 0.75))
        grid.SetOrigin(volume.origin_mm[:2].tolist())
        theirs = sitk.Resample(plane, grid, sitk.Transform(), sitk.sitkLinear, np.nan)
        theirs = sitk.GetArrayFromImage(theirs)
        seen = np.isfinite(theirs)
        np.testing.assert_allclose(volume.values[number][seen], theirs[seen], atol=0.01)
        assert seen.sum() > 250


def test_straighten_moves_whole_pixels_exactly():
    values = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    straight, before = straighten(values, np.array([[0, 0], [2.0, 0]]), (1, 2), fill=-1)
    # the second slice lies one column (2 mm) further: its first column has no tissue
    assert before == (0, 0)
    assert straight.tolist() == [[[0, 1, -1], [2, 3, -1]], [[-1, 4, 5], [-1, 6, 7]]]


def test_oblique_and_reversed_are_named_and_read(tmp_path):
    write_example(tmp_path / "ct", orientation=turned(20), shuffled_names=False)
    volume = read_series(tmp_path / "ct")
    np.testing.assert_array_equal(volume.values, example_hu())
    assert {"oblique", "reversed"} <= set(kinds(volume))
    (said,) = (p.text for p in volume.problems if p.kind == "oblique")
    assert "turned by 20.0 degrees" in said
    (said,) = (p.text for p in volume.problems if p.kind == "reversed")
    assert "file names and Instance Numbers run from the head to the feet" in said


def test_slices_beside_the_others_are_refused(paths):
    x, y, z = place(paths[3])
    change(paths[3], ImagePositionPatient=[x + 12, y, z])
    with pytest.raises(DicomSeriesError, match="IM0003.dcm lies 12.0 mm beside"):
        read_series(paths[0].parent)


def test_impossible_orientation_is_refused(paths):
    change(paths[3], ImageOrientationPatient=[1, 0, 0, 0.5, 1, 0])
    with pytest.raises(DicomSeriesError, match="impossible orientation: in 1 of 6"):
        read_series(paths[0].parent)


# -------------------- mixed together


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ({"PixelSpacing": [0.9, 0.9]}, "mixed spacing.*1 of 0.9 x 0.9 mm"),
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, "mixed orientation"),
        ({"FrameOfReferenceUID": "1.2.3"}, "mixed frame of reference"),
        ({"PatientID": "P0002"}, "mixed patient"),
        ({"ImagePositionPatient": None}, "no position: 1 of 6 images have no usable"),
        ({"ImageOrientationPatient": None}, "no orientation: 1 of 6"),
        ({"PixelSpacing": None}, "no spacing: 1 of 6"),
        ({"PixelSpacing": [0, 0]}, "no spacing: 1 of 6"),
        ({"SeriesInstanceUID": "1.2.3"}, "there are 2 series"),
    ],
)
def test_slices_that_do_not_go_together(paths, attributes, match):
    change(paths[2], **attributes)
    with pytest.raises(DicomSeriesError, match=match):
        read_series(paths[0].parent)


def test_mixed_size(tmp_path):
    paths = write_example(tmp_path / "ct")
    other = write_example(tmp_path / "small", hu=example_hu((2, 8, 8)))
    with pytest.raises(DicomSeriesError, match=r"6 of 20 x 16 pixels, 2 of 8 x 8 pix"):
        read_series([*paths, *other])


def test_several_series_are_listed_with_how_to_choose(tmp_path):
    write_example(tmp_path / "one")
    write_example(tmp_path / "two", series=2)
    with pytest.raises(
        DicomSeriesError, match="2 series: 6 images of CT series 1 .*Ch"
    ):
        read_series(tmp_path)
    with pytest.raises(DicomSeriesError, match="none of 12 images has"):
        read_series(tmp_path, series_uid="1.2.3")
    assert read_series(tmp_path, where={"SeriesNumber": 2}).values.shape == SHAPE


def test_localizers_are_set_aside_and_said(paths):
    scout = paths[0].with_name("scout.dcm")
    shutil.copy(paths[0], scout)
    change(
        scout,
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
        ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
        SOPInstanceUID="1.2.3",
    )
    volume = read_series(paths[0].parent)
    np.testing.assert_array_equal(volume.values, example_hu())
    assert "localizer" in kinds(volume)
    assert list_series(paths[0].parent).volume.tolist() == [True]


def test_an_8_bit_copy_among_the_slices_is_refused(paths):
    change(paths[2], RescaleType="US", RescaleIntercept=0)
    with pytest.raises(DicomSeriesError, match="different units: HU .*US"):
        read_series(paths[0].parent)


# -------------------- what is not even a series


def test_a_single_slice_has_no_spacing(paths):
    with pytest.raises(DicomSeriesError, match="single slice.*2.5 mm, is not it"):
        read_series(paths[:1])


def test_no_folder_no_file_no_image(tmp_path):
    with pytest.raises(DicomSeriesError, match="there is no such folder"):
        read_series(tmp_path / "nothing")
    with pytest.raises(DicomSeriesError, match="no file in it"):
        read_series(tmp_path)
    (tmp_path / "notes.txt").write_text("read me")
    with pytest.raises(DicomSeriesError, match="none of 1 files is a DICOM image"):
        read_series(tmp_path)


def test_a_cut_off_slice_is_refused_not_left_out(paths):
    paths[2].write_bytes(paths[2].read_bytes()[:300])
    with pytest.raises(DicomSeriesError, match="IM0004.*may be a slice"):
        read_series(paths[0].parent)


@pytest.mark.parametrize("left", [0, 100, 132, 200, 700, 1000, -1, -100])
def test_a_file_cut_anywhere_never_gives_a_shorter_volume(paths, left):
    paths[0].write_bytes(paths[0].read_bytes()[:left])
    with pytest.raises(DicomSeriesError):
        read_series(paths[0].parent)


def test_pixels_that_cannot_be_decoded(tmp_path):
    paths = write_example(tmp_path / "ct", syntax="rle")
    dataset = pydicom.dcmread(paths[1])
    dataset.PixelData = dataset.PixelData[:60] + bytes(len(dataset.PixelData) - 60)
    dataset.save_as(paths[1])
    with pytest.raises(
        DicomSeriesError, match=f"A slice cannot be read.*{paths[1].name}"
    ):
        read_series(tmp_path / "ct")


def test_other_files_are_passed_over_and_said(paths):
    folder = paths[0].parent
    (folder / "DICOMDIR").write_bytes(b"no DICOM at all")
    report = make_dataset(np.zeros((2, 2), np.uint8), Modality="SR")
    for keyword in ("Rows", "Columns", "PixelData"):
        del report[keyword]
    report.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"  # Basic Text SR
    write(report, folder / "report.dcm")
    volume = read_series(folder)
    (said,) = (p.text for p in volume.problems if p.kind == "passed over")
    assert "DICOMDIR: no DICOM file" in said
    assert "report.dcm: SR without an image" in said


def test_mend_knows_its_words(paths):
    with pytest.raises(ValueError, match=r"mend has \['duplicate'\]"):
        read_series(paths[0].parent, mend=("duplicate",))


def test_examine_geometry_needs_a_slice():
    with pytest.raises(ValueError, match="no slice to examine"):
        examine_geometry([])


# -------------------- what a header claims


@pytest.mark.parametrize(
    ("attributes", "kind", "words"),
    [
        ({"SliceThickness": 5}, "overlap", "100% too large"),
        ({"SliceThickness": 1}, "unseen", "1.50 mm between was not imaged"),
        ({"SpacingBetweenSlices": 4}, "claimed spacing", "says 4 mm.* say 2.50 mm"),
        ({"GantryDetectorTilt": 12}, "claimed tilt", "says 12 degrees"),
    ],
)
def test_claims_that_positions_deny(paths, attributes, kind, words):
    for path in paths:
        change(path, **attributes)
    volume = read_series(paths[0].parent)
    assert volume.spacing_mm == pytest.approx(SPACING_MM)
    (said,) = (p.text for p in volume.problems if p.kind == kind)
    assert re.search(words, said)


def test_missing_ends_show_in_instance_numbers_only(paths):
    paths[-1].unlink()  # Instance Number 1, nearest the head
    volume = read_series(paths[0].parent)
    assert volume.values.shape[0] == SHAPE[0] - 1
    (said,) = (p.text for p in volume.problems if p.kind == "instance numbers")
    assert "from 2 to 6" in said


# -------------------- shipped and real files


@pytest.mark.parametrize(
    ("folder", "count", "kind"),
    [
        ("77654033/CT2", 4, "gap"),
        ("98892001/CT5N", 5, None),
        ("98892001/CT2N", 2, "mixed orientation"),  # two scout images
        ("98892003/MR700", 7, "mixed orientation"),  # a radial angiogram
        ("77654033/CR1", 1, "single slice"),
    ],
)
def test_shipped_series(folder, count, kind):
    folder = Path(SHIPPED) / "test_files" / "dicomdirtests" / folder
    headers = read_headers(sorted(folder.iterdir())).slices
    assert len(headers) == count
    fatal = examine_geometry(headers).fatal()
    assert [problem.kind for problem in fatal] == ([kind] if kind else [])


@pytest.mark.real_data
def test_folders_of_odd_files_are_refused_in_words():
    files = course_files()
    if not files:
        pytest.skip("COURSE_DATA_DIR with the DICOM files is not set")
    root = files[0].parents[1]
    for name in ("odd", "colour", "cxr", "mammo", "ct", "syntax", "multiframe"):
        with pytest.raises(DicomSeriesError, match=r"\. ") as caught:
            read_series(root / name)
        list_series(root / name)
        assert 80 < len(str(caught.value)) < 1500
    for path in files:
        if path.parent.name == "odd":
            with pytest.raises(DicomSeriesError):
                read_series(path)
