"""Invented people hidden in DICOM files: in every place, listed, and found again."""

import re
import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from helpers.dicom_pixels import read_pixels
from phantoms.dicom_writing import (
    PLACES,
    CtSeries,
    DicomWritingError,
    Radiograph,
    find_identities,
    plant_identities,
    write_radiograph,
    write_series,
)

FILM = np.random.default_rng(0).integers(0, 180, (192, 256)).astype(np.uint8)
HU = np.random.default_rng(1).integers(-1000, 300, (2, 160, 192)).astype(np.int16)


def film(folder, **options):
    details = Radiograph(sex="F", age_years=61, date="20260203")
    arguments = {"patient_id": "P0001", "details": details} | options
    return write_radiograph(folder / "film.dcm", FILM, **arguments)


def series(folder, **options):
    return write_series(
        folder / "ct",
        HU,
        spacing_mm=(2.5, 0.7, 0.7),
        patient_id="P0001",
        details=CtSeries(sex="F", age_years=61, date="20260203", **options),
    )


@pytest.mark.parametrize("transfer_syntax", ["uncompressed", "implicit", "rle"])
def test_everything_listed_is_there_where_the_list_says(tmp_path, transfer_syntax):
    path = film(tmp_path, transfer_syntax=transfer_syntax)
    planted = plant_identities(path)
    found = {(item.where, item.value) for item in find_identities(path, planted)}
    listed = {(item.where, item.value) for item in planted}
    if transfer_syntax == "implicit":  # a private element has no type in such a file
        listed = {each for each in listed if not each[0].startswith("(0029")}
    assert listed - found == set()
    assert {item.place for item in planted} == set(PLACES)


@pytest.mark.parametrize("place", list(PLACES))
def test_one_place_is_planted_alone_and_vanishes_without_it(tmp_path, place):
    bare = film(tmp_path).read_bytes()
    everything = plant_identities(film(tmp_path))
    film(tmp_path).write_bytes(bare)
    untouched = find_identities(tmp_path / "film.dcm", everything)
    # only the study date is in the plain file, and it is nobody's
    assert {item.value for item in untouched} <= {"20260203"}
    planted = plant_identities(tmp_path / "film.dcm", places=[place])
    assert {item.place for item in planted} == {place}
    found = find_identities(tmp_path / "film.dcm", planted)
    assert {(f.where, f.value) for f in found} >= {(p.where, p.value) for p in planted}


def test_the_people_say_that_they_are_invented(tmp_path):
    invented = {"Pretend", "Imaginary", "Fictional", "Unreal"}
    path = film(tmp_path)
    plant_identities(path)
    header = pydicom.dcmread(path)
    assert header.PatientName.family_name in invented
    assert "Nowhere" in header.InstitutionName
    assert re.fullmatch(r"\+1 555 01\d\d", header.PatientTelephoneNumbers)
    assert "Not for clinical use" in header.PatientComments
    # 61 years old on 3 February 2026: born between 4 February 1964 and 3 February 1965
    assert "19640204" <= header.PatientBirthDate <= "19650203"


def test_the_same_patient_is_the_same_person_in_film_and_series(tmp_path):
    one = plant_identities(film(tmp_path))
    paths = series(tmp_path)
    many = plant_identities(tmp_path / "ct")
    headers = [pydicom.dcmread(path) for path in (tmp_path / "film.dcm", *paths)]
    assert len({str(header.PatientName) for header in headers}) == 1
    assert len({header.StudyInstanceUID for header in headers}) == 1
    assert len({header.SeriesInstanceUID for header in headers}) == 2
    assert len({header.SOPInstanceUID for header in headers}) == 3
    names = {item.value for item in one if item.place == "standard attributes"}
    assert names == {i.value for i in many if i.place == "standard attributes"}


def test_only_the_letters_change_the_picture(tmp_path):
    path = film(tmp_path, photometric="MONOCHROME1", bits=10, transfer_syntax="rle")
    planted = plant_identities(path)
    shown = read_pixels(path).display()
    (text,) = [item.text for item in planted if item.place == "burned-in text"]
    letters = np.zeros(FILM.shape, bool)
    letters[text.box] = text.letters
    assert (shown[letters] == 255).all()
    np.testing.assert_array_equal(shown[~letters], FILM[~letters])
    assert 100 < letters.sum() < 0.1 * letters.size


@pytest.mark.parametrize("signed", [False, True])
def test_a_series_keeps_its_numbers_and_geometry(tmp_path, signed):
    paths = series(tmp_path, bits=16 if signed else 12, signed=signed)
    before = [pydicom.dcmread(path).ImagePositionPatient for path in paths]
    planted = plant_identities(tmp_path / "ct")
    (text,) = [item.text for item in planted if item.place == "burned-in text"]
    letters = np.zeros(HU.shape[1:], bool)
    letters[text.box] = text.letters
    for path, plane, position in zip(paths, HU, before, strict=True):
        values = read_pixels(path).values
        np.testing.assert_array_equal(values[~letters], plane[~letters])
        assert values[letters].min() == (32767 if signed else 3071)
        assert pydicom.dcmread(path).ImagePositionPatient == position
    assert sorted(tmp_path.iterdir()) == [tmp_path / "ct"]


def test_a_naive_de_identification_leaves_most_places(tmp_path):
    path = film(tmp_path)
    planted = plant_identities(path)
    dataset = pydicom.dcmread(path)
    dataset.PatientName = "Anonymous"
    dataset.PatientID = "0"
    dataset.PatientBirthDate = ""
    dataset.save_as(path)
    left = {item.where for item in find_identities(path, planted)}
    assert "PatientName" not in left
    assert {"ImageComments", "(0029,1012)", "preamble", "StudyInstanceUID"} <= left
    assert "OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientID" in (
        left
    )


def test_a_thorough_de_identification_leaves_nothing(tmp_path):
    path = film(tmp_path)
    planted = plant_identities(path)
    dataset = pydicom.dcmread(path)
    pixels = dataset.pixel_array.copy()
    for item in planted:
        if item.place == "burned-in text":
            pixels[item.text.box] = 0
    clean = write_radiograph(
        tmp_path / "clean.dcm",
        (pixels // 16).astype(np.uint8),
        patient_id="CLEAN",
        details=Radiograph(date="19000101"),
    )
    assert find_identities(clean, planted) == ()


def test_case_and_bytes_do_not_hide_a_name(tmp_path):
    path = film(tmp_path)
    planted = plant_identities(path, places=["standard attributes"])
    family = pydicom.dcmread(path).PatientName.family_name
    dataset = pydicom.dcmread(film(tmp_path))
    dataset.private_block(0x0031, "X", create=True).add_new(
        1, "OB", f"of {family.upper()} ".encode()
    )
    dataset.save_as(path)
    found = find_identities(path, planted)
    assert ("(0031,1001)", family) in found


def test_an_unknown_place_is_named(tmp_path):
    path = film(tmp_path)
    before = path.read_bytes()
    with pytest.raises(DicomWritingError, match="'shoes'.*'overlay'"):
        plant_identities(path, places=["shoes"])
    assert path.read_bytes() == before


def test_an_image_too_small_for_letters_is_refused_whole(tmp_path):
    path = write_radiograph(tmp_path / "s.dcm", FILM[:32, :32], patient_id="P1")
    before = path.read_bytes()
    with pytest.raises(DicomWritingError, match="does not fit into 32 x 32 pixels"):
        plant_identities(path)
    assert path.read_bytes() == before
    plant_identities(path, places=["free text"])


def test_what_is_no_image_is_refused(tmp_path):
    with pytest.raises(DicomWritingError, match="cannot be read"):
        plant_identities(tmp_path / "missing.dcm")


def test_a_full_disk_leaves_the_old_series(tmp_path, monkeypatch):
    paths = series(tmp_path)
    before = [path.read_bytes() for path in paths]

    def full(self, path, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pydicom.dataset.FileDataset, "save_as", full)
    with pytest.raises(DicomWritingError, match="No space left"):
        plant_identities(tmp_path / "ct")
    assert [path.read_bytes() for path in paths] == before
    assert list(tmp_path.iterdir()) == [tmp_path / "ct"]


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None,
    reason="dciodvfy (Debian: dicom3tools) is not installed",
)
@pytest.mark.parametrize("kind", ["film", "rle film", "negative", "ct", "signed ct"])
def test_dciodvfy_finds_no_error(tmp_path, kind):
    if "ct" in kind:
        signed = kind == "signed ct"
        path = series(tmp_path, signed=signed, bits=16 if signed else 12)[0]
        plant_identities(tmp_path / "ct")
    else:
        path = film(
            tmp_path,
            transfer_syntax="rle" if kind == "rle film" else "uncompressed",
            photometric="MONOCHROME1" if kind == "negative" else "MONOCHROME2",
        )
        plant_identities(path)
    verdict = subprocess.run(
        ["dciodvfy", str(path)], capture_output=True, text=True, timeout=30
    )
    assert "Error" not in verdict.stderr + verdict.stdout
