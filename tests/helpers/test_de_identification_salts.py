"""No salt survives: not in bytes, pixels, file names or the report."""

import datetime
import io
import zlib

import numpy as np
import pydicom
import pytest
from skimage.transform import resize

from helpers.de_identification import (
    Options,
    actions,
    de_identify_file,
    de_identify_folder,
    editions,
)
from helpers.de_identification.table import CODES
from helpers.dicom_pixels import read_pixels
from phantoms.dicom_writing import (
    CtSeries,
    Radiograph,
    find_identities,
    plant_identities,
    salt_attributes,
    salt_repeating_groups,
    write_radiograph,
    write_series,
)

SECRET = b"a secret of the tests, 32 bytes."
SMOOTH = resize(np.random.default_rng(0).random((6, 8)), (256, 320), order=3)
FILM = (60 + 90 * SMOOTH).astype(np.uint8)
HU = np.stack([(SMOOTH[:192, :256] * 900 - 800).astype(np.int16)] * 3)
SYNTAXES = ["uncompressed", "implicit", "deflated", "rle", "jpeg2000"]


def film(folder, **options):
    details = Radiograph(sex="F", age_years=61, date="20260203", institution="Salt")
    path = folder / "film.dcm"
    return write_radiograph(path, FILM, patient_id="P0001", details=details, **options)


def all_bytes(path):
    """Return a file's bytes, the inflated ones too, and those of its pixels."""
    content = path.read_bytes()
    dataset = pydicom.dcmread(io.BytesIO(content))
    parts = [content, dataset.pixel_array.tobytes()]
    if dataset.file_meta.TransferSyntaxUID.is_deflated:
        start = 144 + int.from_bytes(content[140:144], "little")
        parts.append(zlib.decompress(content[start:], -zlib.MAX_WBITS))
    return b"\n".join(parts)


def forms(salt):
    """Return the ways in which bytes may spell a text."""
    spelled = {salt, salt.lower(), salt.upper(), salt.title(), salt[::-1]}
    encodings = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
    return {
        text.encode(encoding, "ignore") for text in spelled for encoding in encodings
    }


def left_in(content, planted):
    return [
        item.where
        for item in planted
        if any(form in content for form in forms(item.value))
    ]


@pytest.mark.parametrize("transfer_syntax", SYNTAXES)
@pytest.mark.parametrize("dates", ["shift", "remove"])
@pytest.mark.parametrize("characteristics", [False, True])
def test_no_salt_of_the_table_survives(
    tmp_path, transfer_syntax, dates, characteristics
):
    path = film(tmp_path, transfer_syntax=transfer_syntax)
    planted = salt_attributes(path, actions())
    assert left_in(all_bytes(path), planted) == [] or len(planted) > 1200
    record = de_identify_file(
        path,
        tmp_path / "new.dcm",
        secret=SECRET,
        options=Options(dates=dates, characteristics=characteristics),
    )
    kept = {"PatientSize", "PatientWeight"} if characteristics else set()
    left = left_in(all_bytes(tmp_path / "new.dcm"), planted)
    assert {where.rpartition(".")[2] for where in left} <= kept
    assert left_in(str(record).encode(), planted) == []
    assert read_pixels(tmp_path / "new.dcm").display().shape == FILM.shape


def test_every_attribute_of_the_table_was_salted_twice(tmp_path):
    path = film(tmp_path)
    planted = salt_attributes(path, actions())
    salted = pydicom.dcmread(path)
    inner = salted.SharedFunctionalGroupsSequence[0].FrameContentSequence[0]
    wanted = {tag for tag in actions() if tag >> 16 >= 8}
    assert len(wanted) > 640
    assert {int(tag) for tag in inner.keys()} == wanted  # noqa: SIM118
    assert wanted <= {int(tag) for tag in salted.keys()}  # noqa: SIM118
    assert len({item.value for item in planted}) == len(planted) > 1250
    found = all_bytes(path)
    assert all(item.value.encode() in found for item in planted)


def test_the_table_is_the_newest_and_complete():
    assert editions()[-1] == "2026c"
    assert set(actions().values()) == set(CODES.values())
    assert len(actions()) == 652  # 655 less curves, overlay data, overlay comments
    with pytest.raises(ValueError, match="edition is '1993'.*2026c"):
        actions("1993")


@pytest.mark.parametrize("transfer_syntax", SYNTAXES)
def test_an_invented_person_vanishes_from_every_place(tmp_path, transfer_syntax):
    path = film(tmp_path, transfer_syntax=transfer_syntax)
    planted = plant_identities(path)
    de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    assert find_identities(tmp_path / "new.dcm", planted) == ()
    words = [item for item in planted if item.text is None]
    assert left_in(all_bytes(tmp_path / "new.dcm"), words) == []


def test_a_folder_keeps_no_name_in_files_names_or_report(tmp_path):
    source = tmp_path / "Pretend_Ada"
    source.mkdir()
    film(source)
    person = plant_identities(source / "film.dcm")
    write_series(
        source / "NWH0042",
        HU,
        spacing_mm=(2, 0.7, 0.7),
        patient_id="P0001",
        details=CtSeries(sex="F", age_years=61, date="20260203"),
    )
    person += plant_identities(source / "NWH0042")
    (source / "Pretend_Ada_report.txt").write_text("Pretend^Ada, 19641231")
    report = de_identify_folder(source, tmp_path / "new", secret=SECRET)
    report.write(tmp_path / "report.txt")
    assert len(report.records) == 4
    assert list(report.refused) == [str(source / "Pretend_Ada_report.txt")]
    words = [item for item in person if item.text is None]
    told = [report.describe(), (tmp_path / "report.csv").read_text()]
    told += [str(p.relative_to(tmp_path)) for p in (tmp_path / "new").rglob("*")]
    for text in told:
        assert left_in(text.encode(), words) == []
    for path in (tmp_path / "new").rglob("*.dcm"):
        assert find_identities(path, person) == ()
        assert left_in(all_bytes(path), words) == []


def test_curves_and_overlays_are_removed_whole(tmp_path):
    path = film(tmp_path)
    dataset = pydicom.dcmread(path)
    planted = salt_repeating_groups(dataset)
    dataset.save_as(path)
    assert len(left_in(all_bytes(path), planted)) == len(planted) == 80
    de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    assert left_in(all_bytes(tmp_path / "new.dcm"), planted) == []


def test_what_no_table_lists_is_caught_by_its_kind(tmp_path):
    path = film(tmp_path)
    dataset = pydicom.dcmread(path)
    dataset.add_new(0x0008FFF0, "LO", "SALT-UNKNOWN")  # no such attribute
    dataset.add_new(0x00189423, "LO", "kept")  # Acquisition Protocol Name stays
    dataset.EvaluatorName = "SALT-PERSON"  # PN outside the table
    dataset.TextValue = "SALT-LONG-TEXT"
    dataset.RetrieveURL = "https://salt.example.org/SALT-URL"
    dataset.add_new(0x00100050, "SQ", [pydicom.Dataset()])
    dataset.add_new(0x00180050, "LO", "SALT-WRONG-TYPE")  # Slice Thickness is a DS
    dataset.add_new(0x00280051, "CS", "SALTRETIRED")  # retired attribute
    dataset.save_as(path)
    assert b"SALT-WRONG-TYPE" in path.read_bytes()
    de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    content = (tmp_path / "new.dcm").read_bytes()
    assert b"SALT" not in content.replace(b"SALTRETIRED", b"")
    assert pydicom.dcmread(tmp_path / "new.dcm").AcquisitionProtocolName == "kept"


def test_echoes_of_the_patient_are_found_in_kept_text(tmp_path):
    path = film(tmp_path)
    dataset = pydicom.dcmread(path)
    dataset.PatientName, dataset.PatientID = "Pretend^Ada", "NWH0042"
    dataset.ManufacturerModelName = "Scanner of PRETEND"
    dataset.ViewCodeSequence[0].CodeMeaning = "PA of nwh0042"
    dataset.SoftwareVersions = ["1.0", "ada"]
    dataset.save_as(path)
    record = de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    new = pydicom.dcmread(tmp_path / "new.dcm")
    assert new.ManufacturerModelName == "REMOVED"
    assert new.ViewCodeSequence[0].CodeMeaning == "REMOVED"
    assert new.SoftwareVersions == "REMOVED"
    assert record.done["echoes of the patient: replaced"] == 3
    for form in (b"pretend", b"nwh0042"):
        assert form not in (tmp_path / "new.dcm").read_bytes().lower()


def test_bits_and_bytes_beside_the_image_are_cleared(tmp_path):
    path = film(tmp_path, bits=12)
    before = read_pixels(path).stored.copy()
    dataset = pydicom.dcmread(path)
    cells = np.frombuffer(dataset.PixelData, "<u2").copy()
    cells[1000:1040] |= 0xA000  # in the four unused bits
    salt = b"SALT-AFTER-THE-LAST-PIXEL."
    dataset.PixelData = cells.tobytes() + salt
    dataset.save_as(path)
    record = de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    new = pydicom.dcmread(tmp_path / "new.dcm")
    np.testing.assert_array_equal(new.pixel_array, before)
    assert np.frombuffer(new.PixelData, "<u2").max() < 4096
    assert salt not in (tmp_path / "new.dcm").read_bytes()
    assert record.done["bits or bytes beside the image: removed"] == 1


def test_a_comment_inside_a_compressed_stream_is_gone(tmp_path):
    path = film(tmp_path, transfer_syntax="jpeg2000")
    content = path.read_bytes()
    comment = b"SALT-IN-COMMENT."
    marker = b"\xff\x64" + (len(comment) + 4).to_bytes(2, "big") + b"\0\1" + comment
    dataset = pydicom.dcmread(io.BytesIO(content))
    (frame,) = pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1)
    first = frame.index(b"\xff\x5c")  # before the quantisation marker
    dataset.PixelData = pydicom.encaps.encapsulate(
        [frame[:first] + marker + frame[first:]]
    )
    dataset.save_as(path)
    assert comment in path.read_bytes()
    before = read_pixels(path).values
    de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    assert comment not in (tmp_path / "new.dcm").read_bytes()
    np.testing.assert_array_equal(read_pixels(tmp_path / "new.dcm").values, before)


def test_salted_dates_move_and_keep_their_intervals(tmp_path):
    path = film(tmp_path)
    salt_attributes(path, actions())
    de_identify_file(path, tmp_path / "new.dcm", secret=SECRET)
    old, new = pydicom.dcmread(path), pydicom.dcmread(tmp_path / "new.dcm")

    def moment(header, name):
        text = header[f"{name}Date"].value + header[f"{name}Time"].value
        return datetime.datetime.strptime(text, "%Y%m%d%H%M%S.%f")

    moved = {
        name: moment(old, name) - moment(new, name)
        for name in ("Study", "Series", "Content", "Acquisition", "StructureSet")
    }
    assert len(set(moved.values())) == 1
    assert datetime.timedelta(1) <= moved["Study"] <= datetime.timedelta(3652)
