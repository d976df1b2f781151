"""DICOM that is written: valid, exact when read back, whole or not there at all."""

import os

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut, apply_presentation_lut, apply_voi_lut

from phantoms.dicom_writing import (
    SYNTAXES,
    CtSeries,
    DicomWritingError,
    Radiograph,
    slice_normal,
    stored_values,
    write_radiograph,
    write_report,
    write_series,
)

EVERY_GREY = np.arange(1024).astype(np.uint8).reshape(32, 32)
# corners of what 12 bits hold, air, lung, water, bone, each slice another one
HU = np.array(
    [
        [[-1024, -1000], [-850, 0], [40, 3071]],
        [[0, 1], [2, 3], [4, 5]],
        [[-1, -2], [-3, -4], [-5, -6]],
    ],
    dtype=np.int16,
)
WIDE = np.tile(HU, (1, 11, 16))  # wide enough for JPEG 2000
SPACING = (2.5, 0.75, 0.5)
FILM = Radiograph(
    sex="F",
    age_years=7,
    view="AP",
    spacing_mm=2.5,
    study="2",
    date="20260203",
    model="Birch Vista",
    institution="Hospital B",
    kvp=125.0,
)


def film(path, image=EVERY_GREY, **options):
    return write_radiograph(path, image, **{"patient_id": "P0001"} | options)


def series(folder, hu=HU, *, spacing_mm=SPACING, patient_id="P0001", **options):
    paths = write_series(
        folder, hu, spacing_mm=spacing_mm, patient_id=patient_id, **options
    )
    return [pydicom.dcmread(path) for path in paths]


def test_stored_values_fill_all_bits():
    # 0, 51 and 255 of 255 in 12 bits: 0, 0.2 * 4095 = 819, 4095
    image = np.array([[0, 51, 255]], dtype=np.uint8)
    two = stored_values(image, photometric="MONOCHROME2", bits=12)
    one = stored_values(image, photometric="MONOCHROME1", bits=12)
    assert (two.tolist(), two.dtype) == ([[0, 819, 4095]], np.uint16)
    assert one.tolist() == [[4095, 3276, 0]]
    assert stored_values(image, photometric="MONOCHROME2", bits=8).dtype == np.uint8


@pytest.mark.parametrize("transfer_syntax", SYNTAXES)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("bits", [8, 9, 12, 16])
def test_a_film_is_shown_exactly(tmp_path, bits, photometric, transfer_syntax):
    path = film(
        tmp_path / "film.dcm",
        photometric=photometric,
        bits=bits,
        transfer_syntax=transfer_syntax,
    )
    header = pydicom.dcmread(path)
    assert header.file_meta.TransferSyntaxUID == SYNTAXES[transfer_syntax]
    assert header.file_meta.MediaStorageSOPInstanceUID == header.SOPInstanceUID
    plain = film(tmp_path / "plain.dcm", photometric=photometric, bits=bits)
    assert header.SOPInstanceUID == pydicom.dcmread(plain).SOPInstanceUID
    assert (header.BitsStored, header.HighBit) == (bits, bits - 1)
    values = header.pixel_array.astype(float) * 255 / (2**bits - 1)
    white = 255 if photometric == "MONOCHROME1" else 0
    np.testing.assert_array_equal(np.rint(abs(white - values)), EVERY_GREY)
    # what a viewer does: the window spans all bits, the polarity is undone
    shown = apply_voi_lut(apply_modality_lut(header.pixel_array, header), header)
    np.testing.assert_allclose(shown, header.pixel_array, atol=1)
    shown = apply_presentation_lut(header.pixel_array, header)
    assert np.corrcoef(shown.ravel(), EVERY_GREY.ravel())[0, 1] > 0.999


def test_an_odd_number_of_bytes_is_padded(tmp_path):
    path = film(tmp_path / "odd.dcm", EVERY_GREY[:3, :3], bits=8)
    assert len(pydicom.dcmread(path).PixelData) == 10
    np.testing.assert_array_equal(pydicom.dcmread(path).pixel_array, EVERY_GREY[:3, :3])


def test_the_details_of_a_film_are_in_its_header(tmp_path):
    header = pydicom.dcmread(film(tmp_path / "a.dcm", patient_id=" P42 ", details=FILM))
    stated = {
        "PatientID": "P42",
        "PatientSex": "F",
        "PatientAge": "007Y",
        "ViewPosition": "AP",
        "ManufacturerModelName": "Birch Vista",
        "InstitutionName": "Hospital B",
        "KVP": 125,
        "ImagerPixelSpacing": [2.5, 2.5],
        "StudyDate": "20260203",
        "PixelIntensityRelationshipSign": -1,
        "PresentationLUTShape": "IDENTITY",
    }
    assert {name: header[name].value for name in stated} == stated
    assert header.ViewCodeSequence[0].CodeMeaning == "antero-posterior"
    assert "Not for clinical use" in header.PatientComments
    bare = pydicom.dcmread(film(tmp_path / "b.dcm", photometric="MONOCHROME1"))
    assert not {"PatientAge", "InstitutionName", "KVP"} & set(bare.dir())
    assert bare.ViewCodeSequence[0].CodeMeaning == "postero-anterior"
    assert bare.PixelIntensityRelationshipSign == 1
    assert bare.PresentationLUTShape == "INVERSE"


def test_uids_say_what_belongs_together(tmp_path):
    details = [None, None, None, Radiograph(study="2")]
    images = [EVERY_GREY, EVERY_GREY, EVERY_GREY.T, EVERY_GREY]
    films = [
        pydicom.dcmread(film(tmp_path / str(n), images[n], details=details[n]))
        for n in range(4)
    ]
    uids = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
    counts = [len({film[name].value for film in films}) for name in uids]
    assert counts == [3, 2, 2]
    one, two = (
        series(tmp_path / name, HU[[1, 1]], details=CtSeries(series=number))
        for name, number in (("a", 1), ("b", 2))
    )
    report = pydicom.dcmread(write_report(tmp_path / "r", "Fine.", patient_id="P0001"))
    assert len({h.SOPInstanceUID for h in one + two}) == 4  # equal slices too
    assert len({h.SeriesInstanceUID for h in one}) == 1
    assert one[0].SeriesInstanceUID != two[0].SeriesInstanceUID
    assert len({h.FrameOfReferenceUID for h in one + two}) == 1
    assert len({h.StudyInstanceUID for h in (*one, *two, films[0], report)}) == 1
    other = series(tmp_path / "c", HU[:1], patient_id="P0002")[0]
    assert other.StudyInstanceUID != one[0].StudyInstanceUID
    assert other.FrameOfReferenceUID != one[0].FrameOfReferenceUID


@pytest.mark.parametrize("transfer_syntax", SYNTAXES)
@pytest.mark.parametrize(("bits", "signed"), [(12, False), (16, False), (16, True)])
def test_a_volume_comes_back_exactly(tmp_path, bits, signed, transfer_syntax):
    headers = series(
        tmp_path / "ct",
        WIDE,
        details=CtSeries(bits=bits, signed=signed),
        transfer_syntax=transfer_syntax,
    )
    for header, plane in zip(headers, WIDE, strict=True):
        np.testing.assert_array_equal(
            apply_modality_lut(header.pixel_array, header), plane
        )
        assert header.file_meta.TransferSyntaxUID == SYNTAXES[transfer_syntax]
        assert (header.BitsStored, header.RescaleType) == (bits, "HU")
        assert header.RescaleIntercept == (0 if signed else -1024)


def test_geometry_is_computed_from_origin_orientation_and_spacing(tmp_path):
    # sagittal: rows run to the back (y), columns down (-z); normal = y x -z = -x
    details = CtSeries(
        origin_mm=(10.0, -120.25, 300.0), orientation=(0, 1, 0, 0, 0, -1)
    )
    assert slice_normal(details.orientation).tolist() == [-1, 0, 0]
    headers = series(tmp_path / "ct", details=details)
    positions = [list(header.ImagePositionPatient) for header in headers]
    assert positions == [[10, -120.25, 300], [7.5, -120.25, 300], [5, -120.25, 300]]
    assert list(headers[1].PixelSpacing) == [0.75, 0.5]
    assert list(headers[1].ImageOrientationPatient) == [0, 1, 0, 0, 0, -1]
    assert (headers[1].SliceThickness, headers[1].SpacingBetweenSlices) == (2.5, 2.5)
    assert headers[1].SliceLocation == -7.5


def test_numbers_and_names_count_from_the_head_or_tell_nothing(tmp_path):
    hu = np.arange(20, dtype=np.int16)[:, None, None] + np.zeros((20, 4, 4), np.int16)
    paths = write_series(tmp_path / "a", hu, spacing_mm=SPACING, patient_id="P1")
    names = [f"IM{number:04d}.dcm" for number in range(20, 0, -1)]
    assert [path.name for path in paths] == names
    numbers = [pydicom.dcmread(path).InstanceNumber for path in paths]
    assert numbers == list(range(20, 0, -1))
    details = CtSeries(shuffled_names=True)
    shuffled = write_series(
        tmp_path / "b", hu, spacing_mm=SPACING, patient_id="P1", details=details
    )
    ranks = np.argsort([path.name for path in shuffled])
    assert abs(np.corrcoef(ranks, np.arange(20))[0, 1]) < 0.5
    values = [int(pydicom.dcmread(path).pixel_array[0, 0]) for path in shuffled]
    assert values == list(range(1024, 1044))


def test_a_report_holds_its_paragraphs(tmp_path):
    text = "No effusion.\n\nHeart of normal size.\nSame paragraph.\n\n"
    path = write_report(tmp_path / "r.dcm", text, patient_id="P1", details=FILM)
    report = pydicom.dcmread(path)
    said = [item.TextValue for item in report.ContentSequence]
    assert said == ["No effusion.", "Heart of normal size.\nSame paragraph."]
    assert (report.Modality, report.SeriesNumber) == ("SR", 99)


WRONG_FILMS = [
    ("shape", {"image": np.zeros((2, 2, 3), np.uint8)}),
    (r"\(0, 2\)", {"image": np.zeros((0, 2), np.uint8)}),
    ("float64", {"image": np.zeros((2, 2))}),
    ("patient_id is 7", {"patient_id": 7}),
    ("backslash", {"patient_id": "a\\b"}),
    ("1 to 64", {"patient_id": "x" * 65}),
    ("'RGB'", {"photometric": "RGB"}),
    ("bits is 7", {"bits": 7}),
    ("bits is 17", {"bits": 17}),
    ("bits is 12.0", {"bits": 12.0}),
    ("'jpeg'", {"transfer_syntax": "jpeg"}),
]
WRONG_SERIES = [
    (r"shape \(3, 2\)", {"hu": HU[0]}),
    ("float32", {"hu": HU.astype(np.float32)}),
    ("-1023 to 3072 HU", {"hu": HU + np.int16(1)}),
    ("-1025 to 0 HU", {"hu": np.minimum(HU, 0) - (HU == -1024).astype(np.int16)}),
    ("-2048 to 2047 HU", {"details": CtSeries(signed=True)}),
    ("patient_id is ''", {"patient_id": ""}),
    ("spacing_mm is", {"spacing_mm": (2.5, 0.7)}),
    ("above 0", {"spacing_mm": (0.0, 0.7, 0.7)}),
    ("three lengths", {"spacing_mm": (np.nan, 0.7, 0.7)}),
    ("right angle", {"details": CtSeries(orientation=(1, 0, 0, 0.1, 0.99, 0))}),
    ("length 1", {"details": CtSeries(orientation=(1, 0, 0, 0, 0.99, 0))}),
    ("six numbers", {"details": CtSeries(orientation=(1, 0, 0))}),
    ("origin_mm is .*nan", {"details": CtSeries(origin_mm=(0, np.nan, 0))}),
    ("bits is 11", {"details": CtSeries(bits=11)}),
    ("JPEG 2000", {"hu": WIDE[:, :31], "transfer_syntax": "jpeg2000"}),
]
WRONG = [(film, *case) for case in WRONG_FILMS]
WRONG += [(series, *case) for case in WRONG_SERIES]


@pytest.mark.parametrize(("write", "word", "options"), WRONG)
def test_what_cannot_be_written_leaves_nothing(tmp_path, write, word, options):
    with pytest.raises(DicomWritingError, match=f"new: .*{word}"):
        write(tmp_path / "new", **options)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_report_and_missing_folders_are_refused(tmp_path):
    with pytest.raises(DicomWritingError, match="no text"):
        write_report(tmp_path / "r.dcm", " \n\n ", patient_id="P1")
    for write in (film, series):
        with pytest.raises(DicomWritingError, match="cannot be written"):
            write(tmp_path / "no" / "new")
    (tmp_path / "ct").mkdir()
    with pytest.raises(DicomWritingError, match="exists already"):
        series(tmp_path / "ct")
    assert os.listdir(tmp_path) == ["ct"]


@pytest.mark.parametrize("left", [0, 2])
def test_a_full_disk_leaves_what_was_there_before(tmp_path, monkeypatch, left):
    path = film(tmp_path / "film.dcm")
    before, real = path.read_bytes(), pydicom.dataset.FileDataset.save_as
    written = []

    def full(self, target, **options):
        written.append(real(self, target, **options))
        if len(written) > left:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pydicom.dataset.FileDataset, "save_as", full)
    with pytest.raises(DicomWritingError, match="No space left"):
        series(tmp_path / "ct")
    assert len(written) == left + 1
    with pytest.raises(DicomWritingError, match="No space left"):
        film(path, 255 - EVERY_GREY)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["film.dcm"]
