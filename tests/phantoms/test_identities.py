"""Invented people and salts hidden in DICOM files: listed, and found again."""

import hashlib
import re

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from phantoms.dicom_writing import (
    PLACES,
    CtSeries,
    DicomWritingError,
    Radiograph,
    find_identities,
    plant_identities,
    salt_attributes,
    salt_repeating_groups,
    write_radiograph,
    write_report,
    write_series,
)
from phantoms.dicom_writing.identities import BurnedText, Planted, invented_person

FILM = np.random.default_rng(0).integers(0, 180, (192, 256)).astype(np.uint8)
HU = np.random.default_rng(1).integers(-1000, 300, (2, 160, 192)).astype(np.int16)
DRAWN = {"burned-in text", "overlay", "icon image"}


def film(folder, **options):
    details = Radiograph(sex="F", age_years=61, date="20260203")
    arguments = {"patient_id": "P0001", "details": details} | options
    return write_radiograph(folder / "film.dcm", FILM, **arguments)


def series(folder, **options):
    details = CtSeries(sex="F", age_years=61, date="20260203", **options)
    return write_series(
        folder / "ct",
        HU,
        spacing_mm=(2.5, 0.7, 0.7),
        patient_id="P0001",
        details=details,
    )


def pairs(items):
    return {(item.where, item.value) for item in items}


def values(items):
    return {item.value for item in items}


@pytest.mark.parametrize("transfer_syntax", ["uncompressed", "implicit", "rle"])
def test_everything_listed_is_there_where_the_list_says(tmp_path, transfer_syntax):
    path = film(tmp_path, transfer_syntax=transfer_syntax)
    syntax = pydicom.dcmread(path).file_meta.TransferSyntaxUID
    planted = plant_identities(path)
    listed = pairs(planted)
    if transfer_syntax == "implicit":  # a private element has no type in such a file
        listed = {each for each in listed if not each[0].startswith("(0029")}
    assert listed - pairs(find_identities(path, planted)) == set()
    assert {item.place for item in planted} == set(PLACES)
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == syntax


@pytest.mark.parametrize("place", PLACES)
def test_one_place_is_planted_alone_and_vanishes_without_it(tmp_path, place):
    everything = plant_identities(film(tmp_path))
    path = film(tmp_path)
    # only the study date is in the plain file, and it is nobody's
    untouched = find_identities(path, everything)
    assert values(untouched) <= {"20260203"}
    planted = plant_identities(path, places=[place])
    assert {item.place for item in planted} == {place}
    assert pairs(planted) <= pairs(find_identities(path, planted))


def test_a_report_has_all_places_but_pixels(tmp_path):
    path = write_report(tmp_path / "r.dcm", "No effusion.", patient_id="P1")
    planted = plant_identities(path)
    assert {item.place for item in planted} == set(PLACES) - DRAWN
    assert pairs(planted) <= pairs(find_identities(path, planted))


def test_the_people_say_that_they_are_invented_and_fit_the_header(tmp_path):
    path = film(tmp_path)
    plant_identities(path)
    header = pydicom.dcmread(path)
    invented = {"Pretend", "Imaginary", "Fictional", "Unreal"}
    assert header.PatientName.family_name in invented
    assert "Nowhere" in header.InstitutionName
    assert re.fullmatch(r"\+1 555 01\d\d", header.PatientTelephoneNumbers)


def test_people_are_as_old_as_their_header_says():
    man = Dataset()
    man.PatientSex, man.PatientAge, man.StudyDate = "M", "040Y", "20260609"
    people = []
    for number in range(40):
        man.PatientID = f"P{number}"
        people.append(invented_person(man))
    given = {person["given"] for person in people}
    assert given == {"Bertil", "Dragan", "Femi", "Håkon"}
    # 40 years old on 9 June 2026: born from 10 June 1985 to 9 June 1986
    births = {person["birth"] for person in people}
    assert {"19860609", "19850730"} <= births
    assert all("19850610" <= birth <= "19860609" for birth in births)
    spoken = {person["birth"]: person["spoken_birth"] for person in people}
    assert spoken["19850730"] == "30.07.1985"
    assert all("08" <= person["time"][:2] <= "17" for person in people)
    assert len({person["record"] for person in people}) == 40


def test_one_person_is_the_same_for_ever():
    # of a header with nothing but an ID; bytes of its SHA-256 decide
    bare = Dataset()
    bare.PatientID = "P7"
    person = invented_person(bare)
    key = hashlib.sha256(b"P7").digest()
    assert person["record"] == f"NWH{int.from_bytes(key[5:8], 'big'):08d}"
    assert [person[name] for name in ("birth", "date")] == ["19640609", "20260101"]


def test_the_same_patient_is_the_same_person_in_film_and_series(tmp_path):
    one = plant_identities(film(tmp_path))
    paths = series(tmp_path)
    many = plant_identities(tmp_path / "ct")
    headers = [pydicom.dcmread(path) for path in (tmp_path / "film.dcm", *paths)]
    told = ("PatientName", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    counts = [len({str(header[name].value) for header in headers}) for name in told]
    assert counts == [1, 1, 2, 3]
    assert len({h.FrameOfReferenceUID for h in headers[1:]}) == 1
    names = {item.value for item in one if item.place == "standard attributes"}
    assert names == {i.value for i in many if i.place == "standard attributes"}
    assert len(many) == len(set(many))


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_only_the_letters_change_the_picture(tmp_path, photometric):
    path = film(tmp_path, photometric=photometric, bits=10, transfer_syntax="rle")
    before = pydicom.dcmread(path).pixel_array
    (text,) = (item.text for item in plant_identities(path, places=["burned-in text"]))
    after = pydicom.dcmread(path).pixel_array
    letters = np.zeros(FILM.shape, bool)
    letters[text.box] = text.letters
    white = 0 if photometric == "MONOCHROME1" else 1023
    assert (after[letters] == white).all()
    np.testing.assert_array_equal(after[~letters], before[~letters])
    assert 100 < letters.sum() < 0.1 * letters.size
    # one pixel from the edge
    rows, columns = text.letters.shape
    assert text.where == f"pixels, rows 1 to {rows}, columns 1 to {columns}"


@pytest.mark.parametrize(("bits", "signed", "white"), [(12, 0, 4095), (16, 1, 32767)])
def test_a_series_keeps_its_numbers_and_place(tmp_path, bits, signed, white):
    paths = series(tmp_path, bits=bits, signed=bool(signed))
    before = [pydicom.dcmread(path) for path in paths]
    planted = plant_identities(tmp_path / "ct")
    (text,) = [item.text for item in planted if item.place == "burned-in text"]
    letters = np.zeros(HU.shape[1:], bool)
    letters[text.box] = text.letters
    for path, old in zip(paths, before, strict=True):
        header = pydicom.dcmread(path)
        now, then = header.pixel_array, old.pixel_array
        np.testing.assert_array_equal(now[~letters], then[~letters])
        assert (now[letters] == white).all()
        assert header.ImagePositionPatient == old.ImagePositionPatient


def test_what_is_drawn_counts_until_it_is_gone(tmp_path):
    path = film(tmp_path)
    planted = plant_identities(path, places=list(DRAWN))
    assert values(find_identities(path, planted)) == values(planted)
    dataset = pydicom.dcmread(path)
    faded = dataset.pixel_array.copy()
    (text,) = (item.text for item in planted if item.place == "burned-in text")
    faded[text.box] = 4095 - faded[text.box]  # a negative can be read as well
    dataset.set_pixel_data(faded, "MONOCHROME2", 12, generate_instance_uid=False)
    del dataset[0x60003000], dataset[0x60000022], dataset.IconImageSequence
    dataset.save_as(path)
    left = find_identities(path, planted)
    assert [item.where for item in left] == [text.where]
    faded[text.box] = 0
    dataset.set_pixel_data(faded, "MONOCHROME2", 12, generate_instance_uid=False)
    dataset.save_as(path)
    assert find_identities(path, planted) == ()


@pytest.mark.parametrize(("noise", "found"), [(1.5, True), (2.0, False)])
def test_letters_count_from_a_correlation_of_one_half(tmp_path, noise, found):
    # letter +-1 with noise of n x that size: r = 1 / sqrt(1 + n^2), 0.55 and 0.45
    letters = np.random.default_rng(0).random((60, 80)) < 0.5
    rough = np.random.default_rng(1).normal(0, noise, letters.shape)
    grey = 128 + 12 * (2 * letters - 1 + rough)
    path = write_radiograph(tmp_path / "f", grey.astype(np.uint8), patient_id="P1")
    item = Planted("burned-in text", "x", "ADA", BurnedText("pixels", 0, 0, letters))
    assert bool(find_identities(path, [item])) == found


def test_case_and_bytes_do_not_hide_a_name(tmp_path):
    path = film(tmp_path)
    planted = [Planted("standard attributes", "PatientName", "Chloë")]
    dataset = pydicom.dcmread(path)
    block = dataset.private_block(0x0031, "X", create=True)
    block.add_new(1, "OB", "of CHLOË".encode())
    block.add_new(2, "OB", "of Chloë ".encode("latin-1"))
    block.add_new(3, "OB", b"nobody")
    dataset.OtherPatientNames = ["A^B", "CHLOË^C"]
    dataset.save_as(path)
    found = [item.where for item in find_identities(path, planted)]
    assert found == ["OtherPatientNames", "(0031,1001)", "(0031,1002)"]


def test_wrong_places_and_files_are_refused_whole(tmp_path, monkeypatch):
    path = film(tmp_path)
    before = path.read_bytes()
    with pytest.raises(DicomWritingError, match="'shoes'"):
        plant_identities(path, places=["shoes", "overlay"])
    small = write_radiograph(tmp_path / "s.dcm", FILM[:32, :32], patient_id="P1")
    tiny = small.read_bytes()
    with pytest.raises(DicomWritingError, match="32 x 32 pixels"):
        plant_identities(small)
    assert small.read_bytes() == tiny
    assert plant_identities(small, places=["free text"])
    for function in (plant_identities, lambda file: salt_attributes(file, [])):
        with pytest.raises(DicomWritingError, match="cannot be read"):
            function(tmp_path / "missing.dcm")

    def full(self, target, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pydicom.dataset.FileDataset, "save_as", full)
    with pytest.raises(DicomWritingError, match="No space left"):
        plant_identities(path)
    assert path.read_bytes() == before


TAGS = {
    0x00100010: "PN", 0x00104000: "LT", 0x00080020: "DA", 0x00080030: "TM",
    0x0008002A: "DT", 0x0020000D: "UI", 0x00280010: "US", 0x00101030: "DS",
    0x00200013: "IS", 0x00081190: "UR", 0x00101010: "AS", 0x00081115: "SQ",
    0x00420011: "OB", 0x00090001: "LO", 0x00020010: None, 0x7FE00010: None,
}  # fmt: skip


@pytest.mark.parametrize("transfer_syntax", ["uncompressed", "rle"])
def test_each_salt_is_of_its_own_type_and_there_twice(tmp_path, transfer_syntax):
    path = film(tmp_path, transfer_syntax=transfer_syntax)
    tags = dict(TAGS)
    del tags[0x00280010]  # the image could not be read
    pixels = pydicom.dcmread(path).pixel_array
    planted = salt_attributes(path, tags)
    dataset = pydicom.dcmread(path)
    nest = dataset.SharedFunctionalGroupsSequence[0].FrameContentSequence[0]
    salted = [tag for tag, kind in tags.items() if kind]
    for place in (dataset, nest):
        assert {tag: place[tag].VR for tag in salted} == {t: tags[t] for t in salted}
    assert 0x7FE00010 not in nest
    np.testing.assert_array_equal(dataset.pixel_array, pixels)
    # every salt but the age, each once
    assert len(values(planted)) == len(planted) == 2 * len(salted) - 2
    found = find_identities(path, planted)
    assert all(where.endswith("[0]") for where, _ in pairs(planted) - pairs(found))
    assert values(found) == values(planted)
    item = dataset.ReferencedSeriesSequence[0]
    (salt,) = (p.value for p in planted if p.where == "ReferencedSeriesSequence[0]")
    assert [item.CodeValue, item.CodeMeaning] == [salt, f"of {salt}"]
    assert (str(item.PatientName), item[0x00291001].value) == (f"{salt}^A", salt)
    days = [dataset.StudyDate, dataset.AcquisitionDateTime[:8]]
    # 1 January 200 and 4001 days, 10 years and 349 days; and 8002, 21 years and 332
    assert days == ["02101216", "02211129"]


def test_numbers_are_written_and_not_listed(tmp_path):
    path = film(tmp_path)
    assert salt_attributes(path, [0x00280106]) == ()
    assert pydicom.dcmread(path).SmallestImagePixelValue == 1


def test_repeating_groups_are_salted_in_all_sixteen():
    dataset = Dataset()
    planted = salt_repeating_groups(dataset)
    assert len(planted) == 16 * 5
    assert {element.tag.group for element in dataset} == {
        base + step for base in (0x5000, 0x6000) for step in range(0, 32, 2)
    }
    assert len(values(planted)) == 16
    assert dataset[0x60101500].value == "RG016SALT"
    assert ("(501E,3000)", "RG030SALT") in pairs(planted)
