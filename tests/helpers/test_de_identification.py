"""Valid and readable afterwards; consistent over files; refusals in words."""

import re
import shutil
import subprocess
import time

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID

from helpers import de_identification
from helpers.de_identification import (
    Options,
    days_between,
    de_identify,
    de_identify_file,
    de_identify_folder,
    new_secret,
    pseudonym,
    shifted_date,
    substitute_uid,
)
from helpers.de_identification.dates import shifted_date_time, shifted_time
from helpers.de_identification.pseudonyms import Shift, time_shift
from helpers.dicom_pixels import DicomPixelsError, read_pixels
from phantoms.dicom_writing import (
    CtSeries,
    Radiograph,
    plant_identities,
    write_radiograph,
    write_report,
    write_series,
)
from tests.helpers.dicom_examples import course_files, make_dataset, wheel_files

SECRET = b"a secret of the tests, 32 bytes."
FILM = np.tile(np.linspace(40, 160, 256).astype(np.uint8), (192, 1))
HU = np.tile(np.linspace(-900, 200, 192).astype(np.int16), (3, 160, 1))


def film(path, **options):
    details = Radiograph(sex="F", age_years=options.pop("age", 61), date="20260203")
    return write_radiograph(
        path, FILM, **{"patient_id": "P0001", "details": details} | options
    )


def series(folder, **options):
    details = CtSeries(date="20260203", **options)
    return write_series(
        folder, HU, spacing_mm=(2, 0.7, 0.7), patient_id="P0001", details=details
    )


# --- names and dates, worked by hand


def test_pseudonyms_and_uids_need_the_secret():
    other = new_secret()
    assert pseudonym("7", SECRET) == pseudonym(" 7 ", SECRET) != pseudonym("7", other)
    assert len(pseudonym("7", SECRET)) == 9
    uid = substitute_uid("1.2.3", SECRET)
    assert UID(uid).is_valid
    assert uid == substitute_uid("1.2.3\0", SECRET) != substitute_uid("1.2.4", SECRET)
    assert len({pseudonym(str(number), SECRET) for number in range(20_000)}) == 20_000


@pytest.mark.parametrize(
    "secret", [b"", b"short", "text of 32 letters, not of bytes", 7]
)
def test_a_secret_that_is_none_is_refused(tmp_path, secret):
    with pytest.raises(ValueError, match="The secret is.*16 to 64.*new_secret"):
        de_identify(pydicom.Dataset(), secret=secret)
    with pytest.raises(ValueError, match="can be guessed"):
        de_identify_folder(tmp_path, tmp_path / "new", secret=b"a" * 32)


def test_shifts_differ_between_patients_and_stay_within_ten_years():
    days = [time_shift(f"P{number}", SECRET).days for number in range(500)]
    assert min(days) >= 1
    assert max(days) <= 3650
    assert len(set(days)) > 400


def test_dates_and_times_are_moved_by_the_shift():
    shift = Shift(days=31, seconds=3600, microseconds=250_000)
    assert shifted_date("20260301", shift) == "20260129"
    assert shifted_date("2026.03.01", shift) == "20260129"  # ACR-NEMA form
    assert shifted_date("20240229", Shift(366, 0, 0)) == "20230228"
    assert shifted_time("1200", shift) == ("110000", 0)
    assert shifted_time("003000.5", shift) == ("233000.250000", 1)
    assert shifted_date_time("20260301003000", shift) == "20260128233000"
    for nonsense in ("", "2026", "20261301", "0000-00-00", "soon", "00010101"):
        assert shifted_date(nonsense, Shift(400, 0, 0)) == ""
    for nonsense in ("", "25", "1260", "noon"):
        assert shifted_time(nonsense, shift) == ("", 0)


def test_intervals_between_two_studies_are_kept(tmp_path):
    dates = [("20260203", "a"), ("20260402", "b")]
    new = []
    for date, name in dates:
        details = Radiograph(date=date, study=name)
        path = film(tmp_path / f"{name}.dcm", details=details)
        new.append(de_identify(pydicom.dcmread(path), secret=SECRET)[0])
    assert new[0].PatientID == new[1].PatientID
    assert new[0].StudyInstanceUID != new[1].StudyInstanceUID
    assert days_between("20260203", "20260402") == 58
    # both at noon, so both dates borrow the same day, or neither
    assert days_between(new[0].StudyDate, new[1].StudyDate) == 58
    assert new[0].StudyTime == new[1].StudyTime != "120000"
    assert new[0].LongitudinalTemporalInformationModified == "MODIFIED"


def test_a_date_gives_a_day_when_its_time_passes_midnight(tmp_path):
    dataset = pydicom.dcmread(film(tmp_path / "a.dcm"))
    dataset.StudyTime = "000000"
    shift = time_shift("P0001", SECRET)
    new, _ = de_identify(dataset, secret=SECRET)
    assert new.StudyDate == shifted_date("20260203", Shift(shift.days + 1, 0, 0))
    assert new.SeriesDate == shifted_date("20260203", shift) or shift.seconds > 43_200


# --- what is kept, what is stated


def test_the_header_states_what_was_done(tmp_path):
    path = film(tmp_path / "a.dcm")
    new, _ = de_identify(pydicom.dcmread(path), secret=SECRET)
    codes = [item.CodeValue for item in new.DeidentificationMethodCodeSequence]
    assert new.PatientIdentityRemoved == "YES"
    assert codes == ["113100", "113101", "113107"]
    assert "2026c" in new.DeidentificationMethod
    options = Options(dates="remove", characteristics=True, pixels="leave")
    new, _ = de_identify(pydicom.dcmread(path), secret=SECRET, options=options)
    codes = [item.CodeValue for item in new.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113108"]
    assert new.LongitudinalTemporalInformationModified == "REMOVED"
    assert new.StudyDate == "19000101"


@pytest.mark.parametrize(
    ("age", "kept"),
    [(0, "000Y"), (61, "061Y"), (89, "089Y"), (90, "090Y"), (104, "090Y")],
)
def test_ages_above_89_share_one_value(tmp_path, age, kept):
    dataset = pydicom.dcmread(film(tmp_path / "a.dcm", age=age))
    new, _ = de_identify(dataset, secret=SECRET, options=Options(characteristics=True))
    assert (new.PatientAge, new.PatientSex) == (kept, "F")
    new, _ = de_identify(dataset, secret=SECRET)
    assert "PatientAge" not in new
    assert new.PatientSex == ""


def test_the_original_is_not_changed(tmp_path):
    path = film(tmp_path / "a.dcm")
    plant_identities(path)
    dataset, before = pydicom.dcmread(path), path.read_bytes()
    text = str(dataset)
    de_identify(dataset, secret=SECRET)
    assert str(dataset) == text
    assert path.read_bytes() == before


def test_a_series_keeps_geometry_values_and_references(tmp_path):
    paths = series(tmp_path / "ct")
    plant_identities(tmp_path / "ct", places=["UIDs", "dates and times", "sequences"])
    image = pydicom.Dataset()
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    image.ReferencedSOPInstanceUID = pydicom.dcmread(paths[0]).SOPInstanceUID
    image.StudyDescription = "not for a reference"
    for path in paths[1:]:
        header = pydicom.dcmread(path)
        header.ReferencedImageSequence = [image]
        header.save_as(path)
    de_identify_folder(tmp_path / "ct", tmp_path / "new", secret=SECRET)
    found = [pydicom.dcmread(path) for path in (tmp_path / "new").rglob("*.dcm")]
    new = {header.InstanceNumber: header for header in found}
    assert len({header.SeriesInstanceUID for header in found}) == 1
    assert len({header.FrameOfReferenceUID for header in found}) == 1
    for path in paths:
        old = pydicom.dcmread(path)
        header = new[old.InstanceNumber]
        for keyword in (
            *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
            *("SliceThickness", "RescaleSlope", "RescaleIntercept", "KVP", "Rows"),
        ):
            assert header[keyword].value == old[keyword].value
        assert header.PixelData == old.PixelData
        assert header.SOPInstanceUID != old.SOPInstanceUID
    # instance 3 is slice 0, to which the others refer
    for number in (1, 2):
        (item,) = new[number].ReferencedImageSequence
        assert item.ReferencedSOPInstanceUID == new[3].SOPInstanceUID
        assert "StudyDescription" not in item


@pytest.mark.parametrize("transfer_syntax", ["rle", "jpeg2000", "deflated", "implicit"])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_pixels_outside_the_text_are_untouched(tmp_path, photometric, transfer_syntax):
    path = film(
        tmp_path / "a.dcm", photometric=photometric, transfer_syntax=transfer_syntax
    )
    (text,) = [item.text for item in plant_identities(path, places=["burned-in text"])]
    record = de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    shown = read_pixels(tmp_path / "new.dcm").display()
    assert record.boxes == 1
    assert len(np.unique(shown[text.box])) == 1
    assert shown[text.box].max() <= FILM.min()  # black, in either polarity
    np.testing.assert_array_equal(shown[30:], FILM[30:])
    assert "blackened" in " ".join(record.warnings)


def sound_files():
    listed = []
    for path in [*wheel_files(), *course_files()]:
        try:
            small = read_pixels(path).values.size < 3_000_000
        except DicomPixelsError:
            continue
        if small:
            listed.append(path)
    return listed


@pytest.mark.parametrize("path", sound_files(), ids=lambda path: path.name)
def test_every_readable_file_shows_the_same_picture(tmp_path, path):
    before = read_pixels(path)
    if before.dataset.get("BurnedInAnnotation") == "YES":
        pytest.skip("the header announces text: refused unless it is found")
    record = de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    after = read_pixels(tmp_path / "new.dcm")
    assert after.unit == before.unit
    if not record.boxes:
        np.testing.assert_array_equal(after.display(), before.display())
        assert after.spacing_mm == before.spacing_mm
    changed = np.mean(after.display() != before.display())
    assert changed < 0.35, "most in a test picture that is a page of text"
    new = pydicom.dcmread(tmp_path / "new.dcm")
    assert new.PatientName == new.PatientID == record.facts["patient"]


def errors_of(path):
    run = subprocess.run(["dciodvfy", str(path)], capture_output=True, timeout=30)
    lines = (run.stderr + run.stdout).decode("latin-1").splitlines()
    return {line for line in lines if line.startswith("Error")}


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None,
    reason="dciodvfy (Debian: dicom3tools) is not installed",
)
@pytest.mark.parametrize("kind", ["film", "rle film", "ct"])
@pytest.mark.parametrize("dates", ["shift", "remove"])
def test_dciodvfy_finds_no_new_error(tmp_path, kind, dates):
    if kind == "ct":
        series(tmp_path / "in")
    else:
        (tmp_path / "in").mkdir()
        syntax = "rle" if kind == "rle film" else "uncompressed"
        film(tmp_path / "in" / "a.dcm", transfer_syntax=syntax)
    for path in (tmp_path / "in").iterdir():
        plant_identities(path)
        options = Options(dates=dates, characteristics=dates == "shift")
        de_identify_file(path, tmp_path / "new.dcm", secret=SECRET, options=options)
        assert errors_of(path) == set()
        assert errors_of(tmp_path / "new.dcm") == set()


def kinds(errors):
    """Return errors without the values that they quote."""
    return {re.sub(r"<[^>]*>", "<>", line) for line in errors}


@pytest.mark.real_data
@pytest.mark.skipif(not course_files(), reason="COURSE_DATA_DIR is not set")
@pytest.mark.skipif(
    shutil.which("dciodvfy") is None,
    reason="dciodvfy (Debian: dicom3tools) is not installed",
)
def test_dciodvfy_finds_no_new_kind_of_error_in_real_files(tmp_path):
    cleaned, worse = 0, {}
    for path in course_files():
        try:
            de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
        except DicomPixelsError:
            continue
        cleaned += 1
        new = kinds(errors_of(tmp_path / "new.dcm")) - kinds(errors_of(path))
        if new:
            worse[path.name] = new
    assert cleaned >= 45
    assert worse == {}


def test_a_patient_called_like_a_frame_type_changes_no_frame_type(tmp_path):
    dataset = pydicom.dcmread(film(tmp_path / "a.dcm"))
    dataset.PatientName = "Perfusion^Primary"
    item = pydicom.Dataset()
    item.FrameType = ["DERIVED", "PRIMARY", "PERFUSION", "RCBF"]
    dataset.SharedFunctionalGroupsSequence = [item]
    new, _ = de_identify(dataset, secret=SECRET)
    kept = new.SharedFunctionalGroupsSequence[0].FrameType
    assert list(kept) == ["DERIVED", "PRIMARY", "PERFUSION", "RCBF"]


def test_a_hundred_ct_slices_take_a_second_or_a_few(tmp_path):
    # 137 files/s were measured on two quiet cores; a busy machine gets three times that
    rng = np.random.default_rng(0)
    hu = rng.normal(-200, 60, (30, 512, 512)).astype(np.int16)
    write_series(tmp_path / "ct", hu, spacing_mm=(2, 0.7, 0.7), patient_id="P1")
    start = time.process_time()
    report = de_identify_folder(tmp_path / "ct", tmp_path / "new", secret=SECRET)
    seconds = time.process_time() - start
    assert len(report.records) == 30
    assert seconds < 3 * 30 / 100


# --- folders


def test_a_forgotten_secret_gives_other_pseudonyms(tmp_path):
    series(tmp_path / "ct")
    first = de_identify_folder(tmp_path / "ct", tmp_path / "one")
    second = de_identify_folder(tmp_path / "ct", tmp_path / "two")
    assert set(first.table()["patient"]).isdisjoint(second.table()["patient"])


def test_the_report_counts_and_warns(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for number in range(4):
        age = 61 if number < 3 else 88
        film(source / f"{number}.dcm", patient_id=f"P{number}", age=age)
    plant_identities(source / "0.dcm", places=["burned-in text"])
    write_report(source / "r.dcm", "No effusion.", patient_id="P0")
    shutil.copy(source / "1.dcm", source / "again.dcm")
    head = pydicom.dcmread(source / "2.dcm")
    head.Modality, head.BodyPartExamined = "CT", "HEAD"
    head.save_as(source / "2.dcm")
    report = de_identify_folder(
        source, tmp_path / "new", options=Options(characteristics=True)
    )
    said = " ".join(report.describe().split())
    assert "Delivered: 4 files of 4 patients, 4 studies." in said
    assert "blackened in 1 files (1 places)" in said
    assert "1 no image: a report, a plan" in said
    assert "1 the same image twice" in said
    assert "may show a face" in said
    # P0 and P1 are alike; P2 is a CT, P3 is 88
    assert "2 of 4 patients share" in said
    assert sorted(report.patients()["alike"]) == [1, 1, 2, 2]
    assert "r.dcm" in " ".join(report.refused)
    assert "r.dcm" not in said
    report.write(tmp_path / "report.txt")
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 5


def test_text_may_hold_a_file_back(tmp_path):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.dcm")
    film(tmp_path / "in" / "b.dcm", patient_id="P2")
    plant_identities(tmp_path / "in" / "a.dcm", places=["burned-in text"])
    options = Options(pixels="hold back")
    report = de_identify_folder(tmp_path / "in", tmp_path / "new", options=options)
    assert len(report.records) == 1
    assert "text is suspected in 1 place" in report.refused[str(tmp_path / "in/a.dcm")]
    assert "held back" in report.describe()


def test_text_that_the_header_announces_must_be_found(tmp_path):
    path = film(tmp_path / "a.dcm")
    header = pydicom.dcmread(path)
    header.BurnedInAnnotation = "YES"
    with pytest.raises(DicomPixelsError, match="YES, but no text was found.*by hand"):
        de_identify(header, secret=SECRET)
    options = Options(pixels="leave")
    new, record = de_identify(header, secret=SECRET, options=options)
    assert (new.BurnedInAnnotation, record.looked_at) == ("YES", 0)


# --- what cannot be done is said in words, and leaves nothing


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "missing"}, "no such folder.*de_identify_file"),
        ({"source": "empty"}, "holds no files.*export"),
        ({"destination": "in/new"}, "lies in the source.*beside"),
        ({"destination": "in"}, "lies in the source"),
        ({"destination": "full"}, "exists already.*never mix"),
        ({"destination": "no/new"}, "cannot be written.*Nothing was left"),
        ({"options": Options(dates="keep")}, "option dates is 'keep'.*'shift'"),
        ({"options": Options(pixels="blur")}, "option pixels is 'blur'"),
        ({"options": Options(characteristics="yes")}, "characteristics is 'yes'"),
        ({"options": Options(characteristics=1)}, "characteristics is 1"),
        ({"source": "texts"}, "none of the 1 files.*not a DICOM file"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path, change, words):
    for name in ("in", "empty", "full", "texts"):
        (tmp_path / name).mkdir()
    film(tmp_path / "in" / "a.dcm")
    (tmp_path / "full" / "kept.txt").write_text("mine")
    (tmp_path / "texts" / "a.txt").write_text("nothing of DICOM in it")
    arguments = {"source": "in", "destination": "new"} | change
    before = sorted(path for path in tmp_path.rglob("*"))
    source, destination = (
        tmp_path / arguments.pop(each) for each in ("source", "destination")
    )
    with pytest.raises(DicomPixelsError, match=words):
        de_identify_folder(source, destination, **arguments)
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    series(tmp_path / "ct")
    monkeypatch.setattr("helpers.de_identification.folder.cleaned_file", _disk_is_full)
    with pytest.raises(DicomPixelsError, match="No space left.*Nothing was left"):
        de_identify_folder(tmp_path / "ct", tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["ct"]


def _disk_is_full(*_):
    raise OSError(28, "No space left on device")


def test_one_file_must_not_replace_its_original(tmp_path):
    path = film(tmp_path / "a.dcm")
    before = path.read_bytes()
    with pytest.raises(DicomPixelsError, match="the same file.*Choose another"):
        de_identify_file(path, path, secret=SECRET)
    assert path.read_bytes() == before


def test_what_is_no_image_is_refused_in_words(tmp_path):
    report = write_report(tmp_path / "r.dcm", "No effusion.", patient_id="P1")
    (tmp_path / "a.txt").write_text("nothing of DICOM in it")
    (tmp_path / "empty.dcm").write_bytes(b"")
    for path, words in (
        (report, "Basic Text SR.*no pixel data.*reports"),
        (tmp_path / "a.txt", "not a DICOM file.*text file"),
        (tmp_path / "empty.dcm", "is empty"),
        (tmp_path / "gone.dcm", "cannot be opened"),
        (tmp_path, "this is a folder"),
    ):
        with pytest.raises(DicomPixelsError, match=words):
            de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    assert not (tmp_path / "new.dcm").exists()


def test_an_image_without_patient_id_takes_its_study(tmp_path):
    dataset = make_dataset(np.zeros((8, 8), np.uint8), StudyInstanceUID="1.2.3")
    new, record = de_identify(dataset, secret=SECRET)
    assert record.facts["patient"] == pseudonym("1.2.3", SECRET)
    assert "no Patient ID" in record.warnings[0]


@pytest.mark.real_data
@pytest.mark.skipif(not course_files(), reason="COURSE_DATA_DIR is not set")
def test_the_odd_files_are_cleaned_or_refused_in_words(tmp_path):
    odd = [path for path in course_files() if path.parent.name == "odd"]
    refused = {}
    for path in odd:
        try:
            de_identify_file(path, tmp_path / path.name, secret=SECRET)
            read_pixels(tmp_path / path.name)
        except DicomPixelsError as error:
            refused[path.name] = str(error)
    assert set(refused) == {
        *("meta_missing_transfer_syntax.dcm", "bad_vr_frames_1A.dcm"),
        *("j2k_embedded_sequence_delimiter.dcm", "sr_no_pixel_data.dcm"),
        *("rtplan_truncated.dcm", "empty_dicomdir.dcm"),
    }
    assert all("Expected" in text for text in refused.values())
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {path.name for path in odd} - set(refused)


def test_the_command_says_what_it_did(tmp_path, capsys):
    from helpers.de_identification.__main__ import main

    series(tmp_path / "ct")
    assert main([str(tmp_path / "ct"), str(tmp_path / "new")]) == 0
    assert "Delivered: 3 files of 1 patients" in capsys.readouterr().out
    assert main([str(tmp_path / "ct"), str(tmp_path / "new")]) == 1
    assert "exists already" in capsys.readouterr().err


def test_everything_offered_is_there():
    assert all(hasattr(de_identification, name) for name in de_identification.__all__)
