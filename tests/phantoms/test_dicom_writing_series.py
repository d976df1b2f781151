"""CT volumes written as DICOM: geometry exact, valid, the whole folder or nothing."""

import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from helpers.dicom_pixels import read_pixels
from phantoms.dicom_writing import (
    CtSeries,
    DicomWritingError,
    write_radiograph,
    write_series,
)

LOSSLESS = ["uncompressed", "implicit", "deflated", "rle", "jpeg2000"]
#: dciodvfy does not inflate; a deflated file is the uncompressed one, deflated
VERIFIED = [name for name in LOSSLESS if name != "deflated"]
SPACING = (2.5, 0.75, 0.5)
#: corners of what 12 bits hold, air, lung, water, bone, each slice another one
HU = np.array(
    [
        [[-1024, -1000], [-850, 0], [40, 3071]],
        [[0, 1], [2, 3], [4, 5]],
        [[-1, -2], [-3, -4], [-5, -6]],
    ],
    dtype=np.int16,
)


#: the same, wide enough for JPEG 2000
WIDE = np.tile(HU, (1, 11, 16))


def volume_of(folder):
    """Return the volume and its positions, ordered along the normal of the slices."""
    headers = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]

    def along(header):
        row, column = np.reshape(header.ImageOrientationPatient, (2, 3)).astype(float)
        return float(np.cross(row, column) @ np.array(header.ImagePositionPatient))

    headers.sort(key=along)
    values = np.stack([read_pixels(header).values for header in headers])
    return values, headers


@pytest.mark.parametrize("transfer_syntax", LOSSLESS)
@pytest.mark.parametrize(("bits", "signed"), [(12, False), (16, False), (16, True)])
def test_the_volume_comes_back_exactly(tmp_path, bits, signed, transfer_syntax):
    details = CtSeries(bits=bits, signed=signed)
    write_series(
        tmp_path / "ct",
        WIDE,
        spacing_mm=SPACING,
        patient_id="P0001",
        details=details,
        transfer_syntax=transfer_syntax,
    )
    values, headers = volume_of(tmp_path / "ct")
    np.testing.assert_array_equal(values, WIDE)
    pixels = read_pixels(headers[0])
    assert (pixels.unit, pixels.bits_stored, pixels.notes) == ("HU", bits, ())
    assert pixels.spacing_mm == (0.75, 0.5)


def test_geometry_is_computed_from_origin_orientation_and_spacing(tmp_path):
    # sagittal: rows run to the back (y), columns down (-z); normal = y x -z = -x
    details = CtSeries(
        origin_mm=(10.0, -120.25, 300.0), orientation=(0, 1, 0, 0, 0, -1)
    )
    paths = write_series(
        tmp_path / "ct", HU, spacing_mm=SPACING, patient_id="P1", details=details
    )
    positions = [list(pydicom.dcmread(p).ImagePositionPatient) for p in paths]
    assert positions == [[10, -120.25, 300], [7.5, -120.25, 300], [5, -120.25, 300]]
    header = pydicom.dcmread(paths[1])
    assert list(header.PixelSpacing) == [0.75, 0.5]
    assert (header.SliceThickness, header.SpacingBetweenSlices) == (2.5, 2.5)
    assert header.SliceLocation == -7.5
    np.testing.assert_array_equal(volume_of(tmp_path / "ct")[0], HU)


def test_instance_numbers_and_names_count_from_the_head(tmp_path):
    paths = write_series(tmp_path / "ct", HU, spacing_mm=SPACING, patient_id="P1")
    assert [path.name for path in paths] == ["IM0003.dcm", "IM0002.dcm", "IM0001.dcm"]
    assert [pydicom.dcmread(path).InstanceNumber for path in paths] == [3, 2, 1]


def test_shuffled_names_tell_nothing_of_the_order(tmp_path):
    hu = np.zeros((20, 4, 4), np.int16) + np.arange(20, dtype=np.int16)[:, None, None]
    paths = write_series(
        tmp_path / "ct",
        hu,
        spacing_mm=SPACING,
        patient_id="P1",
        details=CtSeries(shuffled_names=True),
    )
    ranks = np.argsort([path.name for path in paths])
    assert abs(np.corrcoef(ranks, np.arange(20))[0, 1]) < 0.5
    np.testing.assert_array_equal(volume_of(tmp_path / "ct")[0], hu)


def test_uids_tie_slices_series_and_study_together(tmp_path):
    arguments = {"spacing_mm": SPACING, "patient_id": "P1"}
    first = write_series(tmp_path / "a", HU, **arguments)
    second = write_series(tmp_path / "b", HU, details=CtSeries(series=2), **arguments)
    film = write_radiograph(
        tmp_path / "film.dcm", np.zeros((4, 4), np.uint8), patient_id="P1"
    )
    a, b = ([pydicom.dcmread(path) for path in paths] for paths in (first, second))
    assert len({header.SOPInstanceUID for header in a + b}) == 6
    assert [len({h.SeriesInstanceUID for h in each}) for each in (a, b)] == [1, 1]
    assert a[0].SeriesInstanceUID != b[0].SeriesInstanceUID
    assert a[0].FrameOfReferenceUID == b[0].FrameOfReferenceUID
    studies = {h.StudyInstanceUID for h in [*a, *b, pydicom.dcmread(film)]}
    assert len(studies) == 1


def test_equal_slices_are_different_objects(tmp_path):
    paths = write_series(
        tmp_path / "ct", HU[[1, 1]], spacing_mm=SPACING, patient_id="P1"
    )
    assert len({pydicom.dcmread(path).SOPInstanceUID for path in paths}) == 2


def test_technique_and_windows_are_in_the_header(tmp_path):
    details = CtSeries(
        kvp=100, kernel="LUNG", contrast="Iodine", slice_thickness_mm=3.0, sex="F"
    )
    paths = write_series(
        tmp_path / "ct", HU, spacing_mm=SPACING, patient_id="P1", details=details
    )
    header = pydicom.dcmread(paths[0])
    assert (header.KVP, header.ConvolutionKernel) == (100, "LUNG")
    assert (header.ContrastBolusAgent, header.SliceThickness) == ("Iodine", 3)
    assert (header.RescaleSlope, header.RescaleIntercept) == (1, -1024)
    assert read_pixels(paths[0], window=0).display_range == pytest.approx((-160, 239))
    assert read_pixels(paths[0], window=1).display_range[0] == pytest.approx(-1350)


TILTED = (1, 0, 0, 0.1, 0.99, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hu": HU[0]}, r"shape \(3, 2\).*slices, rows, columns"),
        ({"hu": HU.astype(np.float32)}, "type float32.*int16.*Round first"),
        ({"hu": HU.astype(np.uint16)}, "type uint16"),
        ({"hu": HU[:0]}, r"shape \(0, 3, 2\)"),
        ({"hu": HU + np.int16(1)}, "-1023 to 3072 HU.*-1024 to 3071 HU.*bits=16"),
        ({"patient_id": ""}, "patient_id is ''"),
        ({"spacing_mm": (2.5, 0.7)}, "spacing_mm is.*three lengths"),
        ({"spacing_mm": (0.0, 0.7, 0.7)}, "spacing_mm is.*above 0"),
        ({"spacing_mm": (np.nan, 0.7, 0.7)}, "spacing_mm is"),
        ({"details": CtSeries(orientation=TILTED)}, "orientation is.*right angle"),
        ({"details": CtSeries(orientation=(1, 0, 0))}, "orientation is.*six numbers"),
        ({"details": CtSeries(origin_mm=(0, 0))}, "origin_mm is"),
        ({"details": CtSeries(bits=11)}, "bits is 11.*12 to 16"),
        ({"transfer_syntax": "jpeg"}, "transfer_syntax is 'jpeg'"),
        (
            {"positions_mm": [[0, 0, 0], [0, 0, 2.5], [0, 0, 7.5]]},
            "slice 2 lies 2.50 mm from its place.*evenly spaced.*missing",
        ),
        ({"positions_mm": [[0, 0, 0]]}, r"shape \(1, 3\).*\(3, 3\)"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path, change, words):
    arguments = {"hu": HU, "patient_id": "P1", "spacing_mm": SPACING} | change
    hu = arguments.pop("hu")
    with pytest.raises(DicomWritingError, match=words):
        write_series(tmp_path / "ct", hu, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_positions_that_agree_are_accepted(tmp_path):
    positions = [[0, 0, 0], [0, 0, 2.504], [0, 0, 5]]
    write_series(
        tmp_path / "ct",
        HU,
        spacing_mm=SPACING,
        patient_id="P1",
        positions_mm=positions,
    )
    assert len(list((tmp_path / "ct").iterdir())) == 3


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "ct").mkdir()
    (tmp_path / "ct" / "kept.txt").write_text("mine")
    with pytest.raises(DicomWritingError, match="exists already.*no two series mix"):
        write_series(tmp_path / "ct", HU, spacing_mm=SPACING, patient_id="P1")
    assert [path.name for path in (tmp_path / "ct").iterdir()] == ["kept.txt"]


def test_a_missing_parent_is_named(tmp_path):
    with pytest.raises(DicomWritingError, match="cannot be written.*Make the folder"):
        write_series(tmp_path / "no" / "ct", HU, spacing_mm=SPACING, patient_id="P1")


def test_a_full_disk_leaves_no_part_of_a_series(tmp_path, monkeypatch):
    real, written = pydicom.dataset.FileDataset.save_as, []

    def full(self, path, **options):
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        return real(self, path, **options)

    monkeypatch.setattr(pydicom.dataset.FileDataset, "save_as", full)
    with pytest.raises(DicomWritingError, match="No space left.*nothing was left"):
        write_series(tmp_path / "ct", HU, spacing_mm=SPACING, patient_id="P1")
    assert len(written) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None,
    reason="dciodvfy (Debian: dicom3tools) is not installed",
)
@pytest.mark.parametrize("transfer_syntax", VERIFIED)
@pytest.mark.parametrize(
    "details",
    [
        CtSeries(),
        CtSeries(bits=16, signed=True, sex="M", age_years=61),
        CtSeries(contrast="Iodine", institution="Hospital A", origin_mm=(-1 / 3, 0, 0)),
        CtSeries(orientation=(0, 1, 0, 0, 0, -1)),
    ],
)
def test_dciodvfy_finds_no_error(tmp_path, details, transfer_syntax):
    paths = write_series(
        tmp_path / "ct",
        WIDE,
        spacing_mm=SPACING,
        patient_id="P0001",
        details=details,
        transfer_syntax=transfer_syntax,
    )
    verdict = subprocess.run(
        ["dciodvfy", str(paths[1])], capture_output=True, text=True, timeout=30
    )
    found = verdict.stderr + verdict.stdout
    assert "CTImage" in found
    assert "Error" not in found
    assert "Warning" not in found
