"""Radiographs written as DICOM: valid, exact, whole or not there at all."""

import os
import shutil
import subprocess

import numpy as np
import pydicom
import pytest
from pydicom.pixels import get_encoder

from helpers.dicom_pixels import read_pixels
from phantoms.dicom_writing import (
    SYNTAXES,
    DicomWritingError,
    Radiograph,
    stored_values,
    write_radiograph,
)

EVERY_GREY = np.arange(1024).astype(np.uint8).reshape(32, 32)
LOSSLESS = ["uncompressed", "implicit", "deflated", "rle", "jpeg2000"]
#: dciodvfy does not inflate; a deflated file is the uncompressed one, deflated
VERIFIED = [name for name in LOSSLESS if name != "deflated"]


def test_stored_values_fill_all_bits():
    # 0, 51 and 255 of 255 in 12 bits: 0, 0.2 * 4095 = 819, 4095
    film = np.array([[0, 51, 255]], dtype=np.uint8)
    two = stored_values(film, photometric="MONOCHROME2", bits=12)
    one = stored_values(film, photometric="MONOCHROME1", bits=12)
    assert two.tolist() == [[0, 819, 4095]]
    assert one.tolist() == [[4095, 3276, 0]]
    assert stored_values(film, photometric="MONOCHROME2", bits=8).dtype == np.uint8


@pytest.mark.parametrize("transfer_syntax", LOSSLESS)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_a_written_film_is_displayed_exactly(
    tmp_path, bits, photometric, transfer_syntax
):
    path = write_radiograph(
        tmp_path / "film.dcm",
        EVERY_GREY,
        patient_id="P0001",
        photometric=photometric,
        bits=bits,
        transfer_syntax=transfer_syntax,
    )
    pixels = read_pixels(path)
    np.testing.assert_array_equal(pixels.display(), EVERY_GREY)
    assert (pixels.photometric, pixels.bits_stored) == (photometric, bits)
    assert pixels.notes == ()
    assert pixels.transfer_syntax == SYNTAXES[transfer_syntax].name


def test_jpeg_ls_is_exact_or_says_which_encoder_is_missing(tmp_path):
    arguments = {"patient_id": "P0001", "transfer_syntax": "jpeg-ls"}
    path = tmp_path / "film.dcm"
    if get_encoder(SYNTAXES["jpeg-ls"]).is_available:
        write_radiograph(path, EVERY_GREY, **arguments)
        np.testing.assert_array_equal(read_pixels(path).display(), EVERY_GREY)
    else:
        with pytest.raises(DicomWritingError, match="no encoder.*pyjpegls"):
            write_radiograph(path, EVERY_GREY, **arguments)
        assert list(tmp_path.iterdir()) == []


def test_an_odd_number_of_bytes_is_padded(tmp_path):
    film = EVERY_GREY[:3, :3]
    path = write_radiograph(tmp_path / "odd.dcm", film, patient_id="P1", bits=8)
    assert len(pydicom.dcmread(path).PixelData) == 10
    np.testing.assert_array_equal(read_pixels(path).display(), film)


def test_the_identity_is_invented_and_says_so(tmp_path):
    details = Radiograph(
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
    path = write_radiograph(
        tmp_path / "film.dcm", EVERY_GREY, patient_id="P0042", details=details
    )
    header = pydicom.dcmread(path)
    assert (header.PatientID, str(header.PatientName)) == ("P0042", "Invented^P0042")
    assert "Not for clinical use" in header.PatientComments
    assert (header.PatientSex, header.PatientAge, header.ViewPosition) == (
        "F",
        "007Y",
        "AP",
    )
    assert (header.ManufacturerModelName, header.InstitutionName, header.KVP) == (
        "Birch Vista",
        "Hospital B",
        125,
    )
    assert read_pixels(path).spacing_mm == (2.5, 2.5)
    assert header.SOPClassUID.name == ("Digital X-Ray Image Storage - For Presentation")


def test_same_film_has_the_same_uids_and_another_study_others(tmp_path):
    headers = []
    for number, study in enumerate(("1", "1", "2")):
        path = write_radiograph(
            tmp_path / f"{number}.dcm",
            EVERY_GREY,
            patient_id="P0001",
            details=Radiograph(study=study),
        )
        headers.append(pydicom.dcmread(path))
    first, again, other = headers
    assert first.SOPInstanceUID == again.SOPInstanceUID
    assert first.StudyInstanceUID != other.StudyInstanceUID
    assert first.PatientID == other.PatientID


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": np.zeros((2, 2, 3), np.uint8)}, r"shape \(2, 2, 3\).*one image"),
        ({"image": np.zeros((0, 2), np.uint8)}, r"shape \(0, 2\)"),
        ({"image": np.zeros((2, 2))}, "type float64.*Apply a window first"),
        ({"patient_id": ""}, "patient_id is ''.*'P0001'"),
        ({"patient_id": 7}, "patient_id is 7"),
        ({"patient_id": "a\\b"}, "no backslash"),
        ({"patient_id": "x" * 65}, "1 to 64 printable"),
        ({"photometric": "RGB"}, "photometric is 'RGB'.*MONOCHROME2"),
        ({"bits": 7}, "bits is 7.*from 8 to 16"),
        ({"bits": 12.0}, "bits is 12.0"),
        (
            {"image": EVERY_GREY[:31], "transfer_syntax": "jpeg2000"},
            "31 x 32 pixels is too small.*at least 32",
        ),
        ({"transfer_syntax": "jpeg"}, "transfer_syntax is 'jpeg'.*uncompressed,.* rle"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path, change, words):
    arguments = {"image": EVERY_GREY, "patient_id": "P0001"} | change
    image = arguments.pop("image")
    with pytest.raises(DicomWritingError, match=words):
        write_radiograph(tmp_path / "film.dcm", image, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DicomWritingError, match="cannot be written.*Make the folder"):
        write_radiograph(tmp_path / "no" / "film.dcm", EVERY_GREY, patient_id="P1")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = write_radiograph(tmp_path / "film.dcm", EVERY_GREY, patient_id="P1")
    before = path.read_bytes()

    def full(self, stream, **options):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pydicom.dataset.FileDataset, "save_as", full)
    with pytest.raises(DicomWritingError, match="No space left"):
        write_radiograph(path, 255 - EVERY_GREY, patient_id="P1")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["film.dcm"]


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None,
    reason="dciodvfy (Debian: dicom3tools) is not installed",
)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("transfer_syntax", VERIFIED)
def test_dciodvfy_finds_no_error(tmp_path, photometric, bits, transfer_syntax):
    path = write_radiograph(
        tmp_path / "film.dcm",
        EVERY_GREY,
        patient_id="P0001",
        photometric=photometric,
        bits=bits,
        transfer_syntax=transfer_syntax,
        details=Radiograph(sex="M", age_years=61),
    )
    verdict = subprocess.run(
        ["dciodvfy", str(path)], capture_output=True, text=True, timeout=30
    )
    found = verdict.stderr + verdict.stdout
    assert "DXImageForPresentation" in found
    assert "Error" not in found
    assert "Warning" not in found
