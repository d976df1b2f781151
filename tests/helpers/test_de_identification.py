"""No salt survives, what must stay stays, and a folder is delivered whole or not."""

import base64
import datetime
import hashlib
import io
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID
from skimage.transform import resize

from helpers.de_identification import (
    Options,
    actions,
    de_identify,
    de_identify_folder,
    new_secret,
    substitute_uid,
)  # fmt: skip
from helpers.dicom_pixels import DicomPixelsError, open_dataset, read_pixels
from phantoms.dicom_writing import (
    CtSeries,
    Radiograph,
    find_identities,
    plant_identities,
    salt_attributes,
    salt_repeating_groups,
    write_radiograph,
    write_report,
    write_series,
)  # fmt: skip
from tests.helpers.dicom_examples import (
    a_study,
    course_files,
    instances,
    item,
    make_dataset,
    targets_of,
    wheel_files,
)
from tests.helpers.mutated_dicom import mutated

SECRET = b"a secret of the tests, 32 bytes."
SMOOTH = resize(np.random.default_rng(0).random((6, 8)), (192, 256), order=3)
FILM = (60 + 90 * SMOOTH).astype(np.uint8)
HU = np.stack([(SMOOTH * 900 - 800).astype(np.int16)] * 3)
SYNTAXES = ["uncompressed", "implicit", "deflated", "rle", "jpeg2000"]


def film(folder, name="film.dcm", *, patient_id="P0001", age=61, **options):
    details = Radiograph(sex="F", age_years=age, date="20260203", institution="Nowhere")
    arguments = {"patient_id": patient_id, "details": details} | options
    return write_radiograph(folder / name, FILM, **arguments)


def series(folder):
    details = CtSeries(sex="F", age_years=61, date="20260203")
    write_series(folder, HU, spacing_mm=(2, 0.7, 0.7), patient_id="P1", details=details)
    return folder


def header(**attributes):
    base = {"PatientID": "P7", "StudyDate": "20260301", "StudyInstanceUID": "1.2.3"}
    return make_dataset(np.zeros((8, 8), np.uint8), **(base | attributes))


def cleaned(secret=SECRET, options=None, **attributes):
    """Return a small image after de-identification, given attributes before it."""
    options = options or Options()
    return de_identify(header(**attributes), secret=secret, options=options)[0]


def de_identify_file(source, destination, options=None):
    """Write a file de-identified and return its record."""
    new, record = de_identify(
        open_dataset(source), secret=SECRET, options=options or Options()
    )
    new.save_as(destination, enforce_file_format=True)
    return record


def all_bytes(path):
    """Return a file's bytes, the inflated ones too, and those of its pixels."""
    content = path.read_bytes()
    dataset = pydicom.dcmread(io.BytesIO(content))
    parts = [content, dataset.pixel_array.tobytes()]
    if dataset.file_meta.TransferSyntaxUID.is_deflated:
        start = 144 + int.from_bytes(content[140:144], "little")
        parts.append(zlib.decompress(content[start:], -zlib.MAX_WBITS))
    return b"\n".join(parts).lower()


def left_in(content, planted):
    encodings = ("utf-8", "utf-16-le", "utf-16-be")
    return {
        one.where
        for one in planted
        if any(one.value.lower().encode(each) in content for each in encodings)
    }


# --- the table of the standard, at every depth


def test_the_table_is_the_newest_and_complete():
    codes = {"D", "Z", "X", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"}
    assert set(actions().values()) == codes
    assert len(actions()) == 652  # 655 less curves, overlay data, overlay comments


@pytest.mark.parametrize("transfer_syntax", SYNTAXES)
@pytest.mark.parametrize("kept", [set(), {"PatientSize", "PatientWeight"}])
def test_no_salt_of_the_table_survives(tmp_path, transfer_syntax, kept):
    path, new = film(tmp_path, transfer_syntax=transfer_syntax), tmp_path / "new.dcm"
    planted = salt_attributes(path, actions())
    assert len({one.value for one in planted}) == len(planted) > 1250
    if transfer_syntax == "uncompressed":
        assert len(left_in(all_bytes(path), planted)) == len(planted)
        nested = pydicom.dcmread(path).SharedFunctionalGroupsSequence[0]
        wanted = {tag for tag in actions() if tag >> 16 >= 8}
        inner = nested.FrameContentSequence[0].keys()
        assert {int(tag) for tag in inner} == wanted
    options = Options(characteristics=bool(kept))
    record = de_identify_file(path, new, options=options)
    left = left_in(all_bytes(new), planted)
    assert {where.rpartition(".")[2] for where in left} == kept
    assert left_in(str(record).lower().encode(), planted) == set()
    assert read_pixels(new).display().shape == FILM.shape


def test_what_no_table_lists_is_caught_by_its_kind(tmp_path):
    path = film(tmp_path)
    dataset = pydicom.dcmread(path)
    dataset.add_new(0x0008FFF0, "LO", "SALT-UNKNOWN")  # no such attribute
    dataset.add_new(0x00189423, "LO", "SALT-PROTOCOL")  # Acquisition Protocol Name
    dataset.StackID = "kept"
    dataset.EvaluatorName = "SALT-PERSON"  # PN outside the table
    dataset.TextValue = "SALT-LONG-TEXT"
    dataset.RetrieveURL = "https://salt.example.org/SALT-URL"
    dataset.add_new(0x00180050, "LO", "SALT-WRONG-TYPE")  # Slice Thickness is a DS
    dataset.add_new(0x00280040, "CS", "SALTRETIRED")  # Image Format, retired
    dataset.add_new(0x00080000, "UL", 0x544C4153)  # a group length that reads SALT
    dataset.SpecificCharacterSet = "SALT-SET"
    dataset.add_new(0x00181271, "FD", 1.5)  # Water Equivalent Diameter stays
    private = item()
    private.private_block(0x0029, "SALT", create=True).add_new(1, "LO", "SALT-PRIVATE")
    dataset.SharedFunctionalGroupsSequence = [item(FrameContentSequence=[private])]
    planted = salt_repeating_groups(dataset)
    dataset.save_as(path)
    assert len(left_in(all_bytes(path), planted)) == len(planted) == 80
    de_identify_file(path, tmp_path / "new.dcm")
    assert b"salt" not in all_bytes(tmp_path / "new.dcm")
    new = pydicom.dcmread(tmp_path / "new.dcm")
    assert (new.StackID, new[0x00181271].value) == ("kept", 1.5)


def test_of_references_only_the_references_stay():
    image = item(ReferencedSOPInstanceUID="1.2.9", ReferencedFrameNumber=3)
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    image.StudyDescription, image.CodeValue = "not for a reference", "SALT"
    (kept,) = cleaned(ReferencedImageSequence=[image]).ReferencedImageSequence
    assert kept.ReferencedSOPInstanceUID == substitute_uid("1.2.9", SECRET)
    assert kept.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert kept.ReferencedFrameNumber == 3
    assert len(kept) == 3


# --- one person


@pytest.mark.parametrize("transfer_syntax", SYNTAXES)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_an_invented_person_vanishes(tmp_path, transfer_syntax, photometric):
    options = {"transfer_syntax": transfer_syntax, "photometric": photometric}
    path = film(tmp_path, **options)
    planted = plant_identities(path)  # header, file meta, overlay, icon, pixels
    (text,) = [one.text for one in planted if one.place == "burned-in text"]
    before, original = path.read_bytes(), pydicom.dcmread(path)
    record = de_identify_file(path, tmp_path / "new.dcm")
    assert path.read_bytes() == before
    assert find_identities(tmp_path / "new.dcm", planted) == ()
    words = [one for one in planted if one.text is None]
    assert left_in(all_bytes(tmp_path / "new.dcm"), words) == set()
    shown = read_pixels(tmp_path / "new.dcm").display()
    assert shown[text.box].max() <= FILM.min()  # black, in either polarity
    np.testing.assert_array_equal(shown[30:], FILM[30:])
    assert record["text boxes"] == 1
    new = pydicom.dcmread(tmp_path / "new.dcm")
    assert new.preamble == bytes(128)
    assert {one.keyword for one in new.file_meta} == {
        *("FileMetaInformationGroupLength", "FileMetaInformationVersion"),
        *("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID"),
        *("TransferSyntaxUID", "ImplementationClassUID", "ImplementationVersionName"),
    }
    assert new.file_meta.MediaStorageSOPInstanceUID == new.SOPInstanceUID
    unread = str(original)
    de_identify(original, secret=SECRET)
    assert str(original) == unread


@pytest.mark.parametrize(
    "echo",
    [
        *("Scanner of PRETEND", "pretend", "for Ada", "NWH0042", "of nwh0042"),
        *("19641231", "1964-12-31", "born 31.12.1964", "12/31/1964", "31/12/1964"),
        *("Dr Bertilsson", "Nowhere General"),
    ],
)
def test_an_echo_of_the_patient_in_kept_text_dies(echo):
    person = {"PatientName": "Pretend^Ada", "PatientID": "NWH0042"}
    person |= {"PatientBirthDate": "19641231", "InstitutionName": "Nowhere General"}
    person["ConsultingPhysicianName"] = "Bertilsson^Bo"
    view = item(CodeMeaning=f"PA {echo}")
    kept = {"ManufacturerModelName": echo, "SoftwareVersions": ["1.0", echo]}
    new = cleaned(**person, **kept, ViewCodeSequence=[view])
    assert new.ManufacturerModelName == new.SoftwareVersions == "REMOVED"
    assert new.ViewCodeSequence[0].CodeMeaning == "REMOVED"


def test_what_is_no_echo_stays():
    kept = {"ManufacturerModelName": "Chest 3000", "BodyPartExamined": "CHEST"}
    new = cleaned(PatientName="Chest^Van^Li", PatientID="300", **kept)
    assert new.BodyPartExamined == "CHEST"  # a closed list
    assert new.ManufacturerModelName == "REMOVED"
    frame_type = ["DERIVED", "PRIMARY", "PERFUSION", "RCBF"]
    new = cleaned(PatientName="Perfusion^Primary", ImageType=frame_type)
    assert list(new.ImageType) == frame_type
    kept |= {"ManufacturerModelName": "Advantage 300", "PatientBirthDate": "19641231"}
    new = cleaned(PatientName="Van^Li", PatientID="300", **kept)  # too short or common
    assert new.ManufacturerModelName == "Advantage 300"


@pytest.mark.parametrize(
    ("age", "kept"),
    [
        *(("000Y", "000Y"), ("089Y", "089Y"), ("090Y", "090Y"), ("091Y", "090Y")),
        *(("104Y", "090Y"), ("900D", "900D"), ("old", ""), ("Y123", "")),
    ],
)
def test_characteristics_are_kept_on_request_and_ages_above_89_are_one(age, kept):
    person = {"PatientAge": age, "PatientSex": "F", "PatientSize": "1.7"}
    new = cleaned(options=Options(characteristics=True), **person)
    assert (new.PatientAge, new.PatientSex, new.PatientSize) == (kept, "F", 1.7)
    odd = cleaned(options=Options(characteristics=True), PatientSex="Jon's")
    assert odd.PatientSex == ""
    new = cleaned(**person)
    assert ("PatientAge" in new, new.PatientSex, "PatientSize" in new) == (0, "", 0)


# --- substitutes: a secret, and nothing else, gives them


def digest(text, purpose, secret=SECRET):
    keyed = hashlib.blake2b(text, key=secret, digest_size=32, person=purpose)
    return keyed.digest()


def test_pseudonyms_and_uids_belong_to_the_secret():
    new, other = cleaned(), cleaned(secret=new_secret())
    name = "P" + base64.b32encode(digest(b"P7", b"patient")[:5]).decode()
    number = int.from_bytes(digest(b"1.2.3", b"uid")[:16], "big")
    assert new.PatientName == new.PatientID == name != other.PatientID
    assert new.StudyInstanceUID == f"2.25.{number}" == substitute_uid("1.2.3\0", SECRET)
    assert UID(new.StudyInstanceUID).is_valid
    assert new.StudyInstanceUID != other.StudyInstanceUID
    assert cleaned(PatientID=" P7 ").PatientID == name
    assert cleaned(PatientID="P8").PatientID != name
    frame = cleaned(FrameOfReferenceUID="1.2.840.10008.1.4.1.1")  # a registered one
    assert frame.FrameOfReferenceUID == "1.2.840.10008.1.4.1.1"
    assert len(new_secret()) == 32 != new_secret() != new_secret()


def test_an_image_without_patient_id_takes_its_study():
    new, record = de_identify(header(PatientID=""), secret=SECRET)
    assert new.PatientID == cleaned(PatientID="1.2.3").PatientID
    assert "no Patient ID" in " ".join(record["warnings"])


def shift_of(patient):
    days, seconds, micro = np.frombuffer(digest(patient, b"shift"), ">u8")[:3].tolist()
    return datetime.timedelta(1 + days % 3650, seconds % 86400, micro % 10**6)


@pytest.mark.parametrize("patient", [b"P7", b"P8", b"P9", b"P10"])
@pytest.mark.parametrize("clock", ["000000", "120000", "235959", "120000.500000"])
def test_dates_and_times_go_back_together(patient, clock):
    times = {"StudyTime": clock, "AcquisitionDateTime": f"20260301{clock}+0100"}
    new = cleaned(PatientID=patient.decode(), **times)
    shift = shift_of(patient)
    if "." not in clock:
        shift -= datetime.timedelta(microseconds=shift.microseconds)
    form = "%H%M%S.%f" if "." in clock else "%H%M%S"
    moment = datetime.datetime.strptime(f"20260301{clock}", f"%Y%m%d{form}") - shift
    assert new.StudyDate == f"{moment:%Y%m%d}" < "20260301"
    assert new.StudyTime == f"{moment:{form}}"
    assert new.AcquisitionDateTime == new.StudyDate + new.StudyTime
    assert new.LongitudinalTemporalInformationModified == "MODIFIED"


def test_a_date_without_time_goes_back_by_whole_days():
    dates = {"SeriesDate": "2026.03.01", "CalibrationDate": "20260301"}
    day = datetime.date(2026, 3, 1) - datetime.timedelta(shift_of(b"P7").days)
    new = cleaned(**dates, SeriesTime="noon", CalibrationTime="000000")
    assert new.SeriesDate == f"{day:%Y%m%d}"
    assert new.SeriesTime == ""
    before = day - datetime.timedelta(1)
    assert new.CalibrationDate == f"{before:%Y%m%d}"  # its time passes midnight
    several = cleaned(DateOfLastCalibration=["20260301", "20260302"])
    first, second = several.DateOfLastCalibration
    assert int(second) - int(first) in (1, 1 + 100 - day.day)
    short = cleaned(StudyTime="12").StudyTime
    assert len(short) == 6


@pytest.mark.parametrize(
    "value", ["soon", "2026", "20261301", "0000-00-00", "00010101"]
)
def test_what_is_no_date_is_emptied(value):
    assert cleaned(StudyDate=value).StudyDate == ""
    assert cleaned(AcquisitionDateTime=value).AcquisitionDateTime == ""


def test_birth_is_removed():
    assert cleaned(PatientBirthDate="19641231").PatientBirthDate == ""
    assert "PatientBirthTime" not in cleaned(PatientBirthTime="120000")


@pytest.mark.parametrize("claimed", [None, "NO"])
def test_clean_pixels_are_stated_only_of_what_a_person_has_looked_at(claimed):
    def codes(new):
        return [one.CodeValue for one in new.DeidentificationMethodCodeSequence]

    film = header(DeidentificationMethod="by Ada", BurnedInAnnotation=claimed)
    new, record = de_identify(film, secret=SECRET)
    assert (new.PatientIdentityRemoved, codes(new)) == ("YES", ["113100", "113107"])
    assert "2026c" in new.DeidentificationMethod
    assert "Ada" not in new.DeidentificationMethod
    assert ("BurnedInAnnotation" in new, record["looked at"]) == (False, False)
    seen = Options(characteristics=True, looked_at=frozenset([record["picture"]]))
    new, record = de_identify(film, secret=SECRET, options=seen)
    assert (new.BurnedInAnnotation, record["looked at"]) == ("NO", True)
    assert codes(new) == ["113100", "113107", "113108", "113101"]
    film.PixelData = b"\1" + film.PixelData[1:]  # another picture: nobody has seen it
    new, record = de_identify(film, secret=SECRET, options=seen)
    assert ("BurnedInAnnotation" in new, record["looked at"]) == (False, False)


# --- pixels


def test_bits_and_bytes_beside_the_image_are_cleared(tmp_path):
    path = film(tmp_path, bits=12)
    before = read_pixels(path).stored.copy()
    dataset = pydicom.dcmread(path)
    cells = np.frombuffer(dataset.PixelData, "<u2").copy()
    cells[1000:1040] |= 0xA000  # in the four unused bits
    dataset.PixelData = cells.tobytes() + b"SALT-AFTER-THE-LAST-PIXEL."
    dataset.save_as(path)
    de_identify_file(path, tmp_path / "new.dcm")
    new = pydicom.dcmread(tmp_path / "new.dcm")
    assert new.PixelData == before.astype("<u2").tobytes()


def test_every_readable_file_shows_the_same_picture(tmp_path):
    compared = 0
    for path in [*wheel_files()[::2], *course_files()[::2]]:
        if path.stat().st_size > 200_000:
            continue
        try:
            before = read_pixels(path)
            record = de_identify_file(path, tmp_path / "new.dcm")
        except DicomPixelsError:
            continue
        after = read_pixels(tmp_path / "new.dcm")
        assert after.unit == before.unit, path
        same = np.array_equal(after.display(), before.display())
        assert same or record["text boxes"], path
        compared += same
    assert compared > 30


def test_damaged_files_are_refused_in_words_or_cleaned(tmp_path):
    sound = [film(tmp_path, f"{each}.dcm", transfer_syntax=each) for each in SYNTAXES]
    for path in sound:
        plant_identities(path, places=["sequences", "private tags", "UIDs"])
    contents, refused = [path.read_bytes() for path in sound], 0
    for seed in range(250):
        (tmp_path / "damaged.dcm").write_bytes(mutated(contents[seed % 5], seed))
        new = tmp_path / f"{seed}.dcm"
        try:
            de_identify_file(tmp_path / "damaged.dcm", new)
        except DicomPixelsError:
            refused += 1
            assert not new.exists()
        else:
            assert pydicom.dcmread(new).PatientIdentityRemoved == "YES"
    assert 20 < refused < 230


# --- folders: whole or not at all


def test_a_folder_keeps_no_name_in_files_names_or_report(tmp_path):
    source = tmp_path / "Pretend_Ada"
    source.mkdir()
    person = plant_identities(film(source))
    person += plant_identities(series(source / "NWH0042"))
    (source / "Pretend_Ada_report.txt").write_text("Pretend^Ada, 19641231")
    report = de_identify_folder(source, tmp_path / "new", secret=SECRET)
    files = sorted((tmp_path / "new").rglob("*.dcm"))
    assert len(files) == len(report.table) == 4
    assert list(report.refused) == [str(source / "Pretend_Ada_report.txt")]
    words = [one for one in person if one.text is None]
    told = report.describe() + report.table.to_csv()
    told += " ".join(str(path.relative_to(tmp_path)) for path in files)
    assert left_in(told.lower().encode(), words) == set()
    for path in files:
        assert find_identities(path, person) == ()
        assert left_in(all_bytes(path), words) == set()
    relative = [path.relative_to(tmp_path / "new").as_posix() for path in files]
    assert relative == report.table["file"].tolist()


def test_references_of_a_study_survive_and_what_is_no_picture_is_refused(tmp_path):
    a_study(tmp_path / "in")
    report = de_identify_folder(tmp_path / "in", tmp_path / "new", secret=SECRET)
    assert [path.rpartition("/")[2] for path in report.refused] == ["pdf.dcm", "sr.dcm"]
    assert all("without pixel data" in why for why in report.refused.values())
    new = [pydicom.dcmread(path) for path in (tmp_path / "new").rglob("*.dcm")]
    assert targets_of(new) == instances(new, "CT")
    assert len(targets_of(new)) == 2
    assert all(b"SALT" not in p.read_bytes() for p in (tmp_path / "new").rglob("*.dcm"))


def test_a_series_keeps_geometry_and_one_series(tmp_path):
    old = [pydicom.dcmread(path) for path in series(tmp_path / "ct").iterdir()]
    de_identify_folder(tmp_path / "ct", tmp_path / "new", secret=SECRET)
    new = [pydicom.dcmread(path) for path in (tmp_path / "new").rglob("*.dcm")]
    whole = {(one.SeriesInstanceUID, one.PatientID, one.StudyDate) for one in new}
    assert (len(whole), len({one.SOPInstanceUID for one in new})) == (1, 3)
    kept = ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows"]
    kept += ["RescaleSlope", "RescaleIntercept", "KVP", "PixelData", "Manufacturer"]
    before, after = (
        {one.InstanceNumber: [one[each].value for each in kept] for one in some}
        for some in (old, new)
    )
    assert before == after


def test_the_report_counts_and_warns(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for one, age in enumerate((61, 61, 61, 88)):
        film(source, f"{one}.dcm", patient_id=f"P{one}", age=age)
    plant_identities(source / "0.dcm", places=["burned-in text"])
    write_report(source / "r.dcm", "No effusion.", patient_id="P0")
    (source / "2again.dcm").write_bytes((source / "2.dcm").read_bytes())
    head = pydicom.dcmread(source / "2.dcm")
    head.Modality, head.BodyPartExamined = "CT", "HEAD"
    head.save_as(source / "2.dcm")
    options = Options(characteristics=True)
    report = de_identify_folder(source, tmp_path / "new", options=options)
    said = " ".join(report.describe().split())
    for part in (
        "Delivered: 4 files of 4 patients, 4 studies.",
        "sex, age, size, weight; free text in Manufacturer,",
        "2 of 4 patients share",  # P0 and P1 are alike; P2 is a CT, P3 is 88
        "blackened in 1 files (1 places)",
        "1 files: slices of a head: together they may show a face; 1 files: text",
        "4 files: nobody has looked at their pixels",
        "Left out: 2 files. Not searched: 0 frames",
    ):
        assert part in said
    assert [why.rpartition("/")[2] for why in report.refused] == ["2again.dcm", "r.dcm"]
    other = de_identify_folder(source, tmp_path / "other")  # with another secret
    assert set(report.table["patient"]).isdisjoint(other.table["patient"])
    assert "intervals between dates; no age" in other.describe()
    plain = report.table["text boxes"] == 0
    seen = Options(looked_at=frozenset(report.table["picture"][plain]))
    seen = de_identify_folder(source, tmp_path / "seen", options=seen)
    (unseen,) = seen.table["file"][~seen.table["looked at"]]
    assert f"looked at their pixels: {unseen}." in " ".join(seen.describe().split())


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        *(("missing", "new"), ("empty", "new"), ("texts", "new"), ("in", "in")),
        *(("in", "in/new"), ("in", "full"), ("in/a.dcm", "new")),
    ],
)
def test_folders_that_cannot_be_used_are_refused(tmp_path, source, destination):
    for name in ("in", "empty", "full", "texts"):
        (tmp_path / name).mkdir()
    film(tmp_path / "in", "a.dcm")
    (tmp_path / "full" / "kept.txt").write_text("mine")
    (tmp_path / "texts" / "a.txt").write_text("nothing of DICOM in it")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DicomPixelsError):
        de_identify_folder(tmp_path / source, tmp_path / destination)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    series(tmp_path / "ct")
    written, original = [], type(tmp_path).write_bytes

    def full_after_one(path, content):
        written.append(path)
        if len(written) > 1:
            raise OSError(28, "No space left on device")
        return original(path, content)

    monkeypatch.setattr(type(tmp_path), "write_bytes", full_after_one)
    with pytest.raises(OSError, match="No space left"):
        de_identify_folder(tmp_path / "ct", tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["ct"]


@pytest.mark.parametrize("secret", [b"", b"15 bytes long.", "text, of 32 letters", 7])
def test_a_secret_that_is_none_is_refused(secret):
    with pytest.raises(ValueError, match="new_secret"):
        cleaned(secret=secret)
    with pytest.raises(ValueError, match="new_secret"):
        cleaned(secret=bytes(65))
    assert cleaned(secret=bytes(range(16))).PatientID
