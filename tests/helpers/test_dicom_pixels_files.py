"""Real and damaged files: the pixels of pydicom and the greys of dcmtk, or a refusal.

The second opinion uses pydicom's own processing functions, of which `read_pixels` uses
none but the decoders. The recipe of lesson 10 does the same for the displays.
"""

import warnings

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_modality_lut

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from tests.helpers.dicom_examples import course_files, wheel_files
from tests.helpers.mutated_dicom import mutated, small_files

DAMAGED_FILES = 600


def second_opinion(path):
    """Return header, stored values and values by pydicom alone, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            header = pydicom.dcmread(path)
            stored = header.pixel_array
        except Exception:
            return None
        if header.PhotometricInterpretation == "PALETTE COLOR":
            return header, stored, apply_color_lut(stored, header)
        return header, stored, _values(header, stored)


def _values(header, stored):
    if "DoseGridScaling" in header:
        return stored * float(header.DoseGridScaling)
    name, frames = "PixelValueTransformationSequence", []
    for group in header.get("PerFrameFunctionalGroupsSequence") or []:
        frames.append(
            group.get(name) or header.SharedFunctionalGroupsSequence[0].get(name)
        )
    if not frames or not all(frames):
        return apply_modality_lut(stored, header)
    pairs = zip(stored, frames, strict=True)
    return np.array([apply_modality_lut(frame, one[0]) for frame, one in pairs])


def was_read(path) -> bool:
    """Compare one file with the second opinion; False if both refuse it."""
    theirs = second_opinion(path)
    try:
        ours = read_pixels(path)
    except DicomPixelsError:
        ours = None
    assert (ours is None) == (theirs is None), path.name
    if ours is None:
        return False
    header, stored, values = theirs
    np.testing.assert_array_equal(ours.stored, stored)
    np.testing.assert_allclose(ours.values, values, rtol=1e-6, atol=1e-3)
    assert ours.photometric == header.PhotometricInterpretation
    return True


def test_files_shipped_with_pydicom():
    assert sum(was_read(path) for path in wheel_files()) >= 90  # of pydicom 3.0.2


@pytest.mark.real_data
@pytest.mark.skipif(not course_files(), reason="COURSE_DATA_DIR/dicom is not there")
def test_files_of_the_real_collection():
    several = [path for path in course_files() if not path.match("1-[0-3][02-9].dcm")]
    read = {path.name: was_read(path) for path in several}
    refused = {name for name, done in read.items() if not done}
    assert refused == {
        "bad_vr_frames_1A.dcm",
        "empty_dicomdir.dcm",
        "j2k_embedded_sequence_delimiter.dcm",
        "meta_missing_transfer_syntax.dcm",
        "rtplan_truncated.dcm",
        "sr_no_pixel_data.dcm",
    }


def test_damaged_files_give_an_image_or_the_documented_error(tmp_path, capfd):
    sound = [content for content in small_files().values() if b"\xe0\x7f" in content]
    path, refused = tmp_path / "damaged.dcm", 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(DAMAGED_FILES):
            path.write_bytes(mutated(sound[seed % len(sound)], seed))
            try:
                image = read_pixels(path)
                assert image.display().dtype == np.uint8, seed
            except DicomPixelsError:
                refused += 1
    assert 0.2 < refused / DAMAGED_FILES < 0.9  # the damage is real and not too much
    assert capfd.readouterr() == ("", "")
