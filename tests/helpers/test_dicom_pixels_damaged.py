"""Several hundred damaged files: the documented error or an image, never more."""

import time
import tracemalloc
import warnings

import numpy as np
import pytest

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from helpers.dicom_pixels.reading import FEW_BYTES
from tests.helpers.dicom_examples import WHEEL, make_dataset, write

SEEDS = range(60)
SECONDS = 2.0
FILES = [
    "MR_small.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "JPEG2000.dcm",
    "SC_rgb_small_odd_jpeg.dcm",
    "SC_rgb_rle_2frame.dcm",
    "image_dfl.dcm",
    "rtdose_rle.dcm",
]


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """Return the bytes with one to eight defects, mostly in the header."""
    data = bytearray(content)
    for _ in range(random.integers(1, 9)):
        kind = random.choice(["flip", "number", "cut", "remove", "insert", "repeat"])
        end = len(data) if random.random() < 0.4 else min(len(data), 1800)
        at = int(random.integers(0, max(end, 1)))
        if kind == "flip" and data:
            data[at] ^= 1 << int(random.integers(8))
        elif kind == "number":
            value = int(random.choice([0, 1, 0xFF, 0x7FFF, 0xFFFF, 0xFFFFFFFF]))
            data[at : at + 4] = value.to_bytes(4, "little")
        elif kind == "cut" and random.random() < 0.3:
            del data[max(at, 200) :]
        elif kind == "remove":
            del data[at : at + int(random.integers(1, 20))]
        elif kind == "insert":
            data[at:at] = random.bytes(int(random.integers(1, 20)))
        elif kind == "repeat":
            data[at:at] = data[at : at + int(random.integers(1, 200))]
    return bytes(data)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_gives_an_image_or_the_documented_error(tmp_path, capfd, name):
    content = (WHEEL / "test_files" / name).read_bytes()
    path = tmp_path / "damaged.dcm"
    refused = 0
    for seed in SEEDS:
        path.write_bytes(damaged(content, np.random.default_rng([seed, len(content)])))
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                pixels = read_pixels(path)
                assert pixels.display().dtype == np.uint8
                pixels.describe()
                message = None
            except DicomPixelsError as error:
                message = str(error)
        if message is not None:
            refused += 1
            assert "\n" not in message, f"seed {seed}"
            assert "Expected" in message, f"seed {seed}"
        assert not caught, f"seed {seed}: {caught[0].message}"
        assert time.perf_counter() - start < SECONDS, f"seed {seed}"
    assert refused > len(SEEDS) / 6  # the damage is real
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err == ""


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_anywhere_is_refused_or_whole(tmp_path, name):
    content = (WHEEL / "test_files" / name).read_bytes()
    whole = read_pixels(WHEEL / "test_files" / name).values
    path = tmp_path / "cut.dcm"
    for length in np.linspace(1, len(content) - 1, 25).astype(int):
        path.write_bytes(content[:length])
        try:
            values = read_pixels(path).values
        except DicomPixelsError:
            continue
        np.testing.assert_array_equal(values, whole)


def test_a_large_file_that_claims_four_gigabytes_takes_no_more_than_it_has(tmp_path):
    # above FEW_BYTES the file is read piece by piece: a claimed length must not count
    film = make_dataset(np.zeros((1024, 1024), np.uint16), SOPInstanceUID="1.2")
    film.file_meta.MediaStorageSOPInstanceUID = "1.2"
    content = bytearray(write(film, tmp_path / "film.dcm").read_bytes())
    assert len(content) > FEW_BYTES
    at = content.index(b"\xe0\x7f\x10\x00OW\0\0") + 8
    content[at : at + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    (tmp_path / "film.dcm").write_bytes(content)
    tracemalloc.start()
    assert read_pixels(tmp_path / "film.dcm").values.shape == (1024, 1024)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(content)


def test_a_large_file_is_read_like_a_small_one(tmp_path):
    ramp = np.arange(2**20, dtype=np.uint32).astype(np.uint16).reshape(1024, 1024)
    path = write(make_dataset(ramp), tmp_path / "ramp.dcm")
    assert path.stat().st_size > FEW_BYTES
    pixels = read_pixels(path)
    np.testing.assert_array_equal(pixels.values, ramp)
    assert (pixels.file, pixels.notes) == (str(path), ())
    path.write_bytes(path.read_bytes()[128:])  # no 128 bytes before DICM
    np.testing.assert_array_equal(read_pixels(path).values, ramp)
