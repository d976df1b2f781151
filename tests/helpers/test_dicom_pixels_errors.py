"""Every file that cannot be shown is refused with one paragraph."""

import os
import shutil
import struct
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.pixels.decoders.base import Decoder
from pydicom.uid import MPEG2MPML, DeflatedExplicitVRLittleEndian, RLELossless

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from helpers.dicom_pixels.codestreams import codestream_size
from tests.helpers.dicom_examples import WHEEL, course_files, make_dataset, write

SHIPPED = WHEEL / "test_files"
WITHOUT_PIXELS = (
    "object and has no pixel data. Expected an object with one set of pixel data. Give "
    "an image of the study; reports, plans and structure sets hold none. If it should "
    "be one, the file was cut off before its pixels: fetch it again."
)
FILM = np.arange(64, dtype=np.uint16).reshape(8, 8)


def refusal(source, **options) -> str:
    """Return the message after checking that it is one paragraph with its parts."""
    with pytest.raises(DicomPixelsError) as caught:
        read_pixels(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "Expected " in message
    assert message.rstrip().endswith((".", "'"))
    assert isinstance(caught.value, ValueError)
    return message


def test_a_missing_file(tmp_path):
    assert "gone.dcm: the file cannot be opened" in refusal(tmp_path / "gone.dcm")


def test_a_folder(tmp_path):
    (tmp_path / "one.dcm").touch()
    assert "this is a folder (1 files directly in it)" in refusal(tmp_path)


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.dcm"
    path.touch()
    assert "empty.dcm: the file is empty (0 bytes)" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "a device or a pipe" in refusal(tmp_path / "pipe")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="needs a user who may be refused",
)
def test_a_file_without_permission(tmp_path):
    path = write(make_dataset(FILM), tmp_path / "secret.dcm")
    path.chmod(0)
    assert "cannot be opened" in refusal(path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a PNG picture"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "a JPEG picture"),
        (b"PK\x03\x04" + bytes(200), "a ZIP archive"),
        (b"\x1f\x8b\x08" + bytes(200), "a gzip file"),
        (b"patient_id,finding\nP0001,1\n" * 20, "a text file"),
        (os.urandom(1) * 300, "not a DICOM file"),
        (b"short", "a text file"),
    ],
)
def test_something_else_is_named(tmp_path, content, kind):
    path = tmp_path / "other.dcm"
    path.write_bytes(content)
    message = refusal(path)
    assert "this is not a DICOM file" in message
    assert kind in message


def test_a_wrong_type_is_named():
    assert "a list was given as DICOM file" in refusal(["a.dcm", "b.dcm"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rtplan.dcm", "a RT Plan Storage object and has no pixel data"),
        ("test-SR.dcm", "Comprehensive SR Storage object and has no pixel data"),
        ("waveform_ecg.dcm", "12-lead ECG"),
        ("dicomdirtests/DICOMDIR", "this is a DICOMDIR, the index of a medium (52 "),
        ("MR_truncated.dcm", "the pixel data are cut off: 8130 bytes. Expected 8192"),
        ("badVR.dcm", "Number of Frames is '1A'"),
        ("meta_missing_tsyntax.dcm", "no Transfer Syntax UID"),
        ("JPEG2000-embedded-sequence-delimiter.dcm", "the header says 1024 and 256"),
        ("JPEG-lossy.dcm", "pixels cannot be decoded"),
    ],
)
def test_files_that_pydicom_ships_to_fail(name, words):
    assert words in refusal(SHIPPED / name)


@pytest.mark.parametrize(
    ("keyword", "value", "words"),
    [
        ("Rows", None, "Rows is missing"),
        ("Columns", None, "Columns is missing"),
        ("Rows", 0, "Rows is 0"),
        ("BitsAllocated", None, "BitsAllocated is missing"),
        ("BitsAllocated", 12, "Bits Allocated is 12"),
        ("BitsStored", 17, "Bits Stored is 17"),
        ("PhotometricInterpretation", None, "Photometric Interpretation is missing"),
        ("PhotometricInterpretation", "CMYK", "Photometric Interpretation is CMYK"),
        ("SamplesPerPixel", 3, "MONOCHROME2 with 3 Samples Per Pixel"),
        ("NumberOfFrames", 0, "Number of Frames is '0'"),
        ("NumberOfFrames", -1, "Number of Frames is '-1'"),
        ("NumberOfFrames", 2, "the pixel data are cut off: 128 bytes. Expected 256"),
        ("Rows", 9, "the pixel data are cut off"),
        ("Rows", 4, "the pixel data are too long: 128 bytes. Expected 64"),
        ("PixelData", b"", "its Pixel Data are empty"),
        ("FloatPixelData", b"1234", "it has PixelData and FloatPixelData"),
    ],
)
def test_a_header_that_contradicts_its_pixels(keyword, value, words):
    dataset = make_dataset(FILM)
    if value is None:
        delattr(dataset, keyword)
    else:
        setattr(dataset, keyword, value)
    assert words in refusal(dataset)


@pytest.mark.parametrize(
    ("keyword", "written"), [("RescaleSlope", "O.5"), ("RescaleSlope", "0")]
)
def test_a_rescale_that_is_no_rescale_is_not_passed_over(tmp_path, keyword, written):
    dataset = make_dataset(FILM, RescaleSlope="777", RescaleIntercept="0")
    path = write(dataset, tmp_path / "ct.dcm")
    content = path.read_bytes().replace(b"777 ", written.ljust(4).encode())
    path.write_bytes(content)
    assert f"{keyword} is '{written}'" in refusal(path)


def test_an_impossible_size_is_refused_before_anything_is_allocated():
    dataset = make_dataset(FILM, NumberOfFrames=2_000_000_000)
    dataset.Rows = dataset.Columns = 65535
    message = refusal(dataset)
    assert "the header claims 2000000000 frames of 65535 x 65535 pixels" in message


def test_the_size_limit_can_be_set():
    assert "pass a larger max_bytes" in refusal(make_dataset(FILM), max_bytes=100)
    assert read_pixels(make_dataset(FILM), max_bytes=128).values.shape == (8, 8)


def test_a_deflated_bomb_is_not_inflated(tmp_path):
    path = write(
        make_dataset(FILM, syntax=DeflatedExplicitVRLittleEndian), tmp_path / "b.dcm"
    )
    content = path.read_bytes()
    start = 144 + struct.unpack("<I", content[140:144])[0]
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(engine.compress(bytes(1 << 20)) for _ in range(30))
    path.write_bytes(content[:start] + bomb + engine.flush())
    assert "inflates to more than" in refusal(path, max_bytes=10_000_000)


def test_a_video_is_named():
    dataset = make_dataset(FILM)
    dataset.file_meta.TransferSyntaxUID = MPEG2MPML
    message = refusal(dataset)
    assert "no decoder for the transfer syntax 'MPEG2" in message
    assert "export single frames" in message


def test_a_missing_decoder_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(Decoder, "is_available", property(lambda self: False))
    message = refusal(SHIPPED / "JPEG2000.dcm")
    assert "no decoder is installed for 'JPEG 2000 Image Compression'" in message
    assert "pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg" in message


def test_an_unknown_transfer_syntax_is_named():
    dataset = make_dataset(FILM)
    dataset.file_meta.TransferSyntaxUID = "1.2.3.4"
    assert "no decoder for the transfer syntax" in refusal(dataset)


def test_a_missing_transfer_syntax_is_not_guessed_against_the_length():
    dataset = make_dataset(FILM)
    del dataset.file_meta.TransferSyntaxUID
    dataset.PixelData = dataset.PixelData[:100]
    assert "no Transfer Syntax UID (100 bytes" in refusal(dataset)


def test_a_compressed_image_of_another_size_is_refused():
    dataset = pydicom.dcmread(SHIPPED / "JPEG2000.dcm")
    dataset.Rows, dataset.Columns = dataset.Columns, dataset.Rows
    assert "has 1024 rows and 256 columns, the header says 256" in refusal(dataset)


def test_a_window_that_is_not_there():
    dataset = make_dataset(FILM, WindowCenter=[1, 2], WindowWidth=[3, 4])
    assert "window 5 was asked for, the header has 2" in refusal(dataset, window=5)


def test_a_cut_off_compressed_file(tmp_path):
    content = (SHIPPED / "JPEG2000.dcm").read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(content[:-400])
    assert "cut.dcm" in refusal(path)


def test_rle_with_too_few_frames():
    dataset = make_dataset(FILM)
    dataset.compress(RLELossless)
    dataset.NumberOfFrames = 3
    assert "cannot be decoded" in refusal(dataset)


def test_the_message_keeps_the_folder_and_the_error_the_whole_path(tmp_path):
    path = tmp_path / "case_7" / "slice.dcm"
    path.parent.mkdir()
    shutil.copy(SHIPPED / "MR_truncated.dcm", path)
    with pytest.raises(DicomPixelsError, match="^case_7/slice.dcm: ") as caught:
        read_pixels(path)
    assert caught.value.path == str(path)


def test_codestream_size_of_jpeg_and_jpeg_2000():
    # SOI, a comment of 4 bytes, SOF0 with 17 rows and 33 columns
    jpeg = bytes.fromhex("ffd8 fffe0004 0000 ffc0 000b 08 0011 0021 01")
    assert codestream_size(jpeg) == (17, 33)
    # SOC, SIZ, length, capabilities, then 40 wide, 30 high, offset 10 and 5
    siz = struct.pack(">HHHHIIII", 0xFF4F, 0xFF51, 41, 0, 40, 30, 10, 5)
    assert codestream_size(siz) == (25, 30)
    assert codestream_size(b"\x01\x00\x00\x00" * 20) is None


@pytest.mark.real_data
@pytest.mark.skipif(not course_files(), reason="COURSE_DATA_DIR/dicom is not there")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "bad_vr_frames_1A.dcm",
            "Number of Frames is '1A'. Expected a whole number above 0. The header is "
            "damaged: fetch the file again or ask the sender.",
        ),
        (
            "empty_dicomdir.dcm",
            "this is a DICOMDIR, the index of a medium (0 records). Expected an object "
            "with one set of pixel data. Read the image files it lists; they lie in "
            "the folders beside it.",
        ),
        (
            "j2k_embedded_sequence_delimiter.dcm",
            "the compressed image has 1024 rows and 3722445056 columns, the header "
            "says 1024 and 256. Expected the same size in both. One of them is wrong, "
            "so the image would be too: ask the sender.",
        ),
        (
            "meta_missing_transfer_syntax.dcm",
            "the file meta information has no Transfer Syntax UID and no size. "
            "Expected (0002,0010), or pixel data of exactly the uncompressed size. "
            "Without it the bytes cannot be read: ask the sender for the file as the "
            "archive holds it.",
        ),
        ("rtplan_truncated.dcm", f"this is a RT Plan Storage {WITHOUT_PIXELS}"),
        ("sr_no_pixel_data.dcm", f"this is a Basic Text SR Storage {WITHOUT_PIXELS}"),
    ],
)
def test_the_whole_message_for_each_odd_real_file(name, message):
    path = next(path for path in course_files() if path.name == name)
    assert refusal(path) == f"odd/{name}: {message}"


@pytest.mark.real_data
@pytest.mark.skipif(not course_files(), reason="COURSE_DATA_DIR/dicom is not there")
def test_the_one_odd_real_file_that_is_sound():
    odd = {path.name for path in course_files() if path.parent.name == "odd"}
    assert len(odd) == 7  # the six above and this one, with a Modality LUT Sequence
    name = "cr_dental_mono1_modality_lut_sequence.dcm"
    path = next(path for path in course_files() if path.name == name)
    pixels = read_pixels(path)
    assert (pixels.unit, pixels.inverted, pixels.notes) == ("US", True, ())
    table = pixels.dataset.ModalityLUTSequence[0]
    entries = np.frombuffer(table.LUTData, "<u2")
    index = pixels.stored.astype(int) - table.LUTDescriptor[1]
    np.testing.assert_array_equal(pixels.values, entries[index])
