"""Real files: the same pixels as pydicom, the right sign and polarity, or a message.

The second opinion uses pydicom's own processing functions (modality and VOI tables,
windows, palettes), of which `read_pixels` uses none but the decoders.
"""

import warnings

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from tests.helpers.dicom_examples import course_files, wheel_files

UNREADABLE = {  # what cannot be an image, or is damaged; pydicom refuses them as well
    "JPEG-lossy.dcm",
    "JPEG2000-embedded-sequence-delimiter.dcm",
    "MR_truncated.dcm",
    "badVR.dcm",
    "bad_vr_frames_1A.dcm",
    "empty_dicomdir.dcm",
    "j2k_embedded_sequence_delimiter.dcm",
    "meta_missing_transfer_syntax.dcm",
    "rtplan_truncated.dcm",
    "sr_no_pixel_data.dcm",
}


def second_opinion(path):
    """Return pydicom's stored values and modality values, or None if it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(path, force=True)
            stored = dataset.pixel_array
        except Exception:
            return None
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            return dataset, stored, apply_color_lut(stored, dataset)
        return dataset, stored, _values(dataset, stored)


def _values(dataset, stored):
    if dataset.get("Modality") == "RTDOSE":
        return stored * float(dataset.DoseGridScaling)
    shared = dataset.get("SharedFunctionalGroupsSequence")
    own = dataset.get("PerFrameFunctionalGroupsSequence")
    if not shared or stored.ndim != 3:
        return apply_modality_lut(stored, dataset)
    frames = []
    for frame, group in zip(stored, own, strict=True):
        for holder in (group, shared[0]):
            if "PixelValueTransformationSequence" in holder:
                rescale = holder.PixelValueTransformationSequence[0]
                slope, intercept = rescale.RescaleSlope, rescale.RescaleIntercept
                frames.append(frame * float(slope) + float(intercept))
                break
    return np.array(frames) if frames else stored


def shown_by_pydicom(dataset, values):
    """Return 0 to 255 from pydicom's window or table, None where there is neither."""
    if not ("WindowWidth" in dataset or "VOILUTSequence" in dataset):
        return None
    header = pydicom.Dataset()
    header.update({e.tag: e for e in dataset if e.tag.group == 0x0028})
    header.file_meta = dataset.file_meta
    mapped = apply_voi_lut(values.astype(float), header)
    lowest, highest = _ends(dataset)
    grey = (mapped - lowest) / (highest - lowest) * 255
    return 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def _ends(dataset):
    """Return the output range of pydicom's windowing."""
    if "VOILUTSequence" in dataset:
        return 0, 2 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1
    if "ModalityLUTSequence" in dataset:
        return 0, 2 ** dataset.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    bits = dataset.BitsStored
    signed = dataset.PixelRepresentation
    ends = np.array(
        [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] if signed else [0, 2**bits - 1]
    )
    slope, intercept = (
        dataset.get("RescaleSlope", 1),
        dataset.get("RescaleIntercept", 0),
    )
    return ends * float(slope) + float(intercept)


def check_file(path):
    theirs = second_opinion(path)
    try:
        ours = read_pixels(path)
    except DicomPixelsError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert theirs is None, f"pydicom reads it: {message}"
        return False
    assert theirs is not None, "pydicom refuses it"
    dataset, stored, values = theirs
    np.testing.assert_array_equal(ours.stored, stored)
    farthest = np.abs(ours.values - values.astype(np.float64)).max()
    assert farthest <= 1e-3 + 1e-6 * np.abs(values).max()
    grey = ours.display()
    assert grey.dtype == np.uint8
    assert grey.shape == ours.values.shape
    assert ours.inverted == (dataset.PhotometricInterpretation == "MONOCHROME1")
    expected = shown_by_pydicom(dataset, values)
    if expected is not None:
        assert np.abs(grey - expected).max() <= 1
    return True


@pytest.mark.parametrize("path", wheel_files(), ids=lambda path: path.name)
def test_file_shipped_with_pydicom(path):
    was_read = check_file(path)
    assert not (was_read and path.name in UNREADABLE)


def test_the_wheel_holds_enough_to_be_a_test():
    read = 0
    for path in wheel_files():
        try:
            read += read_pixels(path) is not None
        except DicomPixelsError:
            continue
    assert read >= 70  # of pydicom 3.0.2


@pytest.mark.real_data
@pytest.mark.skipif(not course_files(), reason="COURSE_DATA_DIR/dicom is not there")
@pytest.mark.parametrize("path", course_files(), ids=lambda path: path.name)
def test_file_of_the_real_collection(path):
    was_read = check_file(path)
    assert was_read != (path.name in UNREADABLE)


@pytest.mark.real_data
@pytest.mark.skipif(not course_files(), reason="COURSE_DATA_DIR/dicom is not there")
def test_one_slice_in_several_packings_has_one_set_of_values():
    slices = {path.stem: path for path in course_files() if path.stem.startswith("ct_")}
    lossless = [
        stem for stem in slices if "baseline" not in stem and "2000" not in stem
    ]
    packed = [stem for stem in lossless if slices[stem].parent.name == "syntax"]
    values = [read_pixels(slices[stem]).values for stem in packed]
    assert len(values) >= 4
    for other in values[1:]:
        np.testing.assert_array_equal(other, values[0])


@pytest.mark.real_data
@pytest.mark.skipif(not course_files(), reason="COURSE_DATA_DIR/dicom is not there")
def test_true_monochrome1_chests_show_dark_lungs():
    chests = [path for path in course_files() if "mono1_10bit_chest" in path.name]
    assert chests
    for path in chests:
        film = read_pixels(path).display().astype(float)
        rows, columns = film.shape
        upper = slice(rows * 3 // 10, rows * 6 // 10)
        spine = film[upper, columns * 46 // 100 : columns * 54 // 100].mean()
        lungs = film[upper, columns * 20 // 100 : columns * 38 // 100].mean()
        assert lungs < spine - 20
