"""What read_pixels makes of images, worked by hand on a few pixels."""

import os
import struct
import warnings
import zlib

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from helpers import dicom_pixels
from helpers.dicom_pixels import (
    DicomPixelsError,
    open_dataset,
    read_hounsfield,
    read_pixels,
)
from tests.helpers.dicom_examples import WHEEL, item, make_dataset, write

SHIPPED = WHEEL / "test_files"
SYNTAXES = (ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
FILM = np.arange(64, dtype=np.uint16).reshape(8, 8)


def table(first, entries, bits, **attributes):
    """Return the item of a lookup table."""
    one = item(LUTDescriptor=[len(entries) % 65536, first, bits], LUTData=entries)
    one["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    one["LUTData"].VR = "OW" if isinstance(entries, bytes) else "US"
    for keyword, value in attributes.items():
        setattr(one, keyword, value)
    return one


def of(stored, kind=np.uint16, **attributes):
    """Return the image of one row of stored values."""
    return read_pixels(make_dataset(np.array([stored], kind), **attributes))


# stored values and rescale


def test_rescale_of_unsigned_values_does_not_wrap():
    # 0 * 2 - 1024 = -1024; 3 * 2 - 1024 = -1018; 40000 * 2 - 1024 = 78976
    image = of([0, 3, 40000], RescaleSlope=2, RescaleIntercept=-1024)
    assert image.values.tolist() == [[-1024, -1018, 78976]]
    assert (image.values.dtype, image.unit) == (np.float32, "US")
    assert image.stored.tolist() == [[0, 3, 40000]]


def test_rescale_of_32_bit_values_keeps_every_digit():
    # 4294967295 * 1e-6 = 4294.967295; float32 would give 4294.9673
    image = of([4294967295], np.uint32, DoseGridScaling="0.000001", DoseUnits="GY")
    assert float(image.values[0, 0]) == pytest.approx(4294.967295, abs=1e-9)
    assert image.unit == "Gy"
    assert of([7], DoseGridScaling=0.5, DoseUnits="RELATIVE").unit == "relative"


@pytest.mark.parametrize("kind", ["", "US"])
def test_a_rescale_that_changes_nothing_leaves_the_integers(kind):
    rescale = {"RescaleSlope": 1, "RescaleIntercept": 0}
    image = of([1, 60000], **rescale, RescaleType=kind)
    assert (image.values.dtype, image.unit) == (np.uint16, "US")
    assert of([1], **rescale, RescaleType="HU").values.dtype == np.float32
    assert of([1], RescaleSlope=1, RescaleIntercept=2).values.tolist() == [[3]]
    assert of([1], RescaleSlope=2, RescaleIntercept=0).values.tolist() == [[2]]


@pytest.mark.parametrize(
    ("attributes", "unit"),
    [
        ({"RescaleSlope": 1, "RescaleIntercept": -1000, "RescaleType": "hu"}, "HU"),
        ({"RescaleSlope": 1, "RescaleIntercept": -1, "RescaleType": "HU"}, "US"),
        ({"RescaleSlope": 1, "RescaleIntercept": -999}, "US"),  # 0 is not yet air
        ({"RescaleSlope": 1, "RescaleIntercept": -1000}, "HU"),
        # -128 * 8 + 24 = -1000, but only with a sign
        ({"RescaleSlope": 8, "RescaleIntercept": 24}, "US"),
        ({"RescaleSlope": 8, "RescaleIntercept": 24, "PixelRepresentation": 1}, "HU"),
        ({"RescaleSlope": 8, "RescaleIntercept": 25, "PixelRepresentation": 1}, "US"),
        ({"RescaleSlope": 1}, "stored value"),
        ({"RescaleIntercept": -1024}, "stored value"),
        ({}, "stored value"),
        ({"RescaleSlope": 1, "RescaleIntercept": -1000, "Modality": "MR"}, "US"),
    ],
)
def test_unit_of_a_ct_is_hounsfield_only_if_the_header_allows_it(attributes, unit):
    assert of([0, 127], np.uint8, **{"Modality": "CT"} | attributes).unit == unit


def test_units_of_scouts_of_pet_and_of_masks():
    scout = {"Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}
    assert of([0], RescaleSlope=1, RescaleIntercept=-1024, **scout).unit == "US"
    pet = of([3], Modality="PT", Units="BQML", RescaleSlope=2, RescaleIntercept=0)
    assert (pet.unit, pet.values.tolist()) == ("Bq/ml", [[6]])
    assert of([3], Modality="PT", Units="BQML").unit == "stored value"
    assert of([1], np.uint8, Modality="SEG", SegmentationType="BINARY").unit == "mask"


def test_bits_above_the_stored_ones_are_masked():
    # bit 12 counts 4096: 4096 + 5 -> 5
    image = of([4101, 4095], BitsStored=12, HighBit=11)
    assert image.values.tolist() == [[5, 4095]]
    assert image.bits_stored == 12


def test_signed_values_of_twelve_bits_get_their_sign():
    # 0x0FFF is -1 in 12 bits, 0x0800 is -2048
    image = of([0x0FFF, 0x0800, 0x07FF], np.int16, BitsStored=12, HighBit=11)
    assert image.values.tolist() == [[-1, -2048, 2047]]


@pytest.mark.parametrize(
    ("slope", "intercept"), [("0", "0"), ("1e31", "0"), ("1e-31", "0"), ("1", "-1e31")]
)
def test_a_rescale_that_makes_all_values_equal_or_infinite_is_refused(slope, intercept):
    with pytest.raises(DicomPixelsError, match="Rescale Slope .* with Intercept"):
        of([0, 1], RescaleSlope=slope, RescaleIntercept=intercept)


def test_modality_table_replaces_stored_values():
    # -1 -> 100, 0 -> 200, 1 -> 4000; below and above: the end entries
    steps = table(-1, [100, 200, 4000], 12, ModalityLUTType="OD")
    image = of([-5, -1, 0, 1, 7], np.int16, ModalityLUTSequence=[steps])
    assert image.values.tolist() == [[100, 100, 200, 4000, 4000]]
    assert image.unit == "OD"


def test_a_table_of_65536_entries_says_0_in_its_descriptor():
    # entry k is 65535 - k
    entries = np.arange(65536)[::-1].astype("<u2").tobytes()
    full = item(LUTDescriptor=[0, 0, 16], LUTData=entries)
    image = of([0, 1, 65535], ModalityLUTSequence=[full])
    assert image.values.tolist() == [[65535, 65534, 0]]
    assert image.unit == "US"


@pytest.mark.parametrize("descriptor", [[3, 0, 16], [2, 0, 17]])
def test_a_table_with_too_few_entries_or_too_many_bits_is_refused(descriptor):
    bad = table(0, [1, 2], 16, LUTDescriptor=descriptor)
    with pytest.raises(DicomPixelsError, match="-bit table with 2 of"):
        of([0], ModalityLUTSequence=[bad])


# Hounsfield units

CT = {"Modality": "CT", "RescaleSlope": 2, "RescaleIntercept": -1024}
CT |= {"RescaleType": "HU"}


def ct(stored, **attributes):
    """Return a CT of one row of stored values, signed."""
    return make_dataset(np.array([stored], np.int16), **CT | attributes)


def test_values_are_rescaled_and_what_lies_below_every_measurement_is_none():
    # -238 * 2 - 1024 = -1500; -239 * 2 - 1024 = -1502; 532 * 2 - 1024 = 40
    hu = read_hounsfield(ct([-238, -239, 532]))
    np.testing.assert_array_equal(hu, [[-1500, np.nan, 40]])
    assert hu.dtype == np.float32
    np.testing.assert_array_equal(
        read_hounsfield(ct([-238, -239, 532]), lowest=-np.inf), [[-1500, -1502, 40]]
    )
    assert np.isnan(read_hounsfield(ct([-238, 532]), lowest=0)[0, 0])


def test_padding_is_found_before_the_rescale():
    # stored 532 is padding; stored 1044 becomes 1064 HU and 20 becomes -984: both stay
    dataset = ct([532, 1044, 20])
    dataset.add_new("PixelPaddingValue", "SS", 532)
    np.testing.assert_array_equal(read_hounsfield(dataset), [[np.nan, 1064, -984]])


def test_shipped_ct_agrees_with_simpleitk():
    path = SHIPPED / "CT_small.dcm"
    other = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path))[0]
    np.testing.assert_array_equal(read_hounsfield(path), other)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"RescaleType": "US"}, "'US'"),
        ({"RescaleType": "Z_EFF"}, "'Z_EFF'"),
        ({"RescaleSlope": None}, "RescaleSlope None"),
        ({"RescaleIntercept": None}, "RescaleIntercept None"),
        ({"RescaleIntercept": -1, "PixelRepresentation": 0}, "'US'"),  # air at 23
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "LOCALIZER"),
    ],
)
def test_a_ct_whose_values_are_none_is_refused(attributes, words):
    with pytest.raises(DicomPixelsError, match=f"no Hounsfield .*{words}.*Expected"):
        read_hounsfield(ct([0, 5], **attributes))


# from values to grey


def test_monochrome1_is_turned_over_for_display_only():
    image = of([0, 51, 255], np.uint8, PhotometricInterpretation="MONOCHROME1")
    assert image.photometric == "MONOCHROME1"
    assert image.values.tolist() == [[0, 51, 255]]
    assert image.display().tolist() == [[255, 204, 0]]
    assert of([0, 51, 255], np.uint8).display().tolist() == [[0, 51, 255]]


def test_first_window_is_used():
    # LINEAR 50 / 101: from 49.5 - 50 = -0.5 to 99.5; 50.5 / 100 * 255 = 128.8
    image = of([0, 50, 200], WindowCenter=[50, 100], WindowWidth=[101, 201])
    assert image.display_range == (-0.5, 99.5)
    assert image.display().tolist() == [[1, 129, 255]]


def test_the_window_is_in_the_unit_of_the_rescaled_values():
    # 1064 - 1024 = 40, the middle of 40 / 401: 0.5 + 0.5 / 400 -> 127.8
    rescale = {"RescaleSlope": 1, "RescaleIntercept": -1024}
    image = of([0, 1064], WindowCenter=40, WindowWidth=401, **rescale)
    assert image.display().tolist() == [[0, 128]]


@pytest.mark.parametrize(
    ("function", "greys"),
    [
        # (8 - 9.5) / 7 + 0.5 = 0.286 -> 73; (9 - 9.5) / 7 + 0.5 = 0.429 -> 109
        (None, [73, 109]),
        ("LINEAR", [73, 109]),
        # (8 - 10) / 8 + 0.5 = 0.25 -> 64; 0.375 -> 96
        ("LINEAR_EXACT", [64, 96]),
        # 1 / (1 + e^1) = 0.269 -> 69; 1 / (1 + e^0.5) = 0.378 -> 96
        ("SIGMOID", [69, 96]),
    ],
)
def test_window_function_of_the_header_is_obeyed(function, greys):
    image = of([8, 9], WindowCenter=10, WindowWidth=8, VOILUTFunction=function)
    assert image.display().tolist() == [greys]


@pytest.mark.parametrize(
    "window", [(5, 0, "LINEAR"), (5, 9, "LOG"), (5, "1e31", "LINEAR")]
)
def test_a_window_that_cannot_be_used_is_ignored_with_a_note(window):
    keywords = ("WindowCenter", "WindowWidth", "VOILUTFunction")
    image = of([0, 10], **dict(zip(keywords, window, strict=True)))
    assert image.display().tolist() == [[0, 255]]
    assert "is ignored" in image.notes[0]


def test_voi_table_goes_before_the_window():
    # 10, 11, 12 -> 0, 7, 4 of 3 bits, 4 / 7 -> 146; below and above: the end entries
    voi = table(10, [0, 7, 4], 3)
    image = of(
        [0, 10, 11, 12, 99], WindowCenter=50, WindowWidth=101, VOILUTSequence=[voi]
    )
    assert image.display().tolist() == [[0, 0, 255, 146, 146]]
    assert image.display_range == (10.0, 12.0)
    # rescaled values that are no integers take the nearest entry: 10.6 -> 11
    rescale = {"RescaleSlope": 0.2, "RescaleIntercept": 0}
    assert of([53], VOILUTSequence=[voi], **rescale).display().tolist() == [[255]]


@pytest.mark.parametrize("order", ["<", ">"])
def test_entries_of_a_table_in_bytes(tmp_path, order):
    # words of 16 bits in the byte order of the file; bytes where there are too few
    syntax = ExplicitVRBigEndian if order == ">" else ImplicitVRLittleEndian
    content = np.array([0, 256], f"{order}u2").tobytes()
    words = table(0, content, 9, LUTDescriptor=[2, 0, 9])
    dataset = make_dataset(np.array([[0, 1]], np.uint16), syntax=syntax)
    dataset.ModalityLUTSequence = [words]
    image = read_pixels(write(dataset, tmp_path / "table.dcm"))
    assert image.values.tolist() == [[0, 256]]
    packed = table(0, bytes([7, 9]), 8, LUTDescriptor=[2, 0, 8])
    assert of([0, 1], ModalityLUTSequence=[packed]).values.tolist() == [[7, 9]]


def test_every_frame_has_its_own_rescale_and_window():
    # frame 0: 10 * 1 + 0 = 10; frame 1: 10 * 2 - 5 = 15
    groups = [
        item(
            PixelValueTransformationSequence=[
                item(RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="US")
            ],
            FrameVOILUTSequence=[item(WindowCenter=center, WindowWidth=21)],
        )
        for slope, intercept, center in ((1, 0, 10), (2, -5, 15), (1, 1, 1))
    ]
    stored = np.full((2, 1, 1), 10, np.uint16)  # a group more than frames
    image = read_pixels(make_dataset(stored, PerFrameFunctionalGroupsSequence=groups))
    assert image.values.ravel().tolist() == [10.0, 15.0]
    # the centre of each: 0.5 + 0.5 / 20 = 0.525 -> 134
    assert image.display().ravel().tolist() == [134, 134]
    assert (image.unit, image.display_range) == ("US", (-0.5, 19.5))
    del groups[1].FrameVOILUTSequence  # shown from 10 to 15
    image = read_pixels(make_dataset(stored, PerFrameFunctionalGroupsSequence=groups))
    assert image.display().ravel().tolist() == [134, 255]
    few = make_dataset(np.full((4, 1, 1), 10, np.uint16))
    few.PerFrameFunctionalGroupsSequence = groups
    with pytest.raises(DicomPixelsError, match="shorter"):
        read_pixels(few)


def test_shared_groups_hold_for_frames_without_their_own_before_the_header():
    rescale = item(RescaleSlope=10, RescaleIntercept=1, RescaleType="HU")
    dataset = make_dataset(np.array([[[1]], [[2]]], np.uint16), RescaleSlope=5)
    dataset.RescaleIntercept = 5
    own = item(RescaleSlope=2, RescaleIntercept=0, RescaleType="HU")
    own = item(PixelValueTransformationSequence=[own])
    dataset.PerFrameFunctionalGroupsSequence = [own, item()]
    shared = item(PixelValueTransformationSequence=[rescale])
    dataset.SharedFunctionalGroupsSequence = [shared]
    image = read_pixels(dataset)
    assert (image.values.ravel().tolist(), image.unit) == ([2.0, 21.0], "HU")


@pytest.mark.parametrize(
    ("padding", "shown"),
    [
        ([-2000], [0, 0, 85, 255]),  # from 0 to 300
        ([63536], [0, 0, 85, 255]),  # -2000 without its sign
        ([-2000, 0], [0, 0, 0, 255]),  # from -2000 to 0 in either order: 100 to 300
        ([0, -2000], [0, 0, 0, 255]),
        ([], [0, 222, 233, 255]),  # from -2000 to 300
    ],
)
def test_padding_is_black_and_does_not_set_the_range(padding, shown):
    dataset = make_dataset(np.array([[-2000, 0, 100, 300]], np.int16))
    for tag, value in zip((0x00280120, 0x00280121), padding, strict=False):
        dataset.add_new(tag, "US" if value > 0 else "SS", value)
    image = read_pixels(dataset)
    assert image.display().tolist() == [shown]
    assert image.values.tolist() == [[-2000, 0, 100, 300]]
    dataset.PhotometricInterpretation = "MONOCHROME1"  # turned over, padding black
    turned = np.where(image.padding, 0, 255 - np.array([shown]))
    np.testing.assert_array_equal(read_pixels(dataset).display(), turned)
    assert image.padding.sum() == {0: 0, 1: 1, 2: 2}[len(padding)]


def test_the_range_without_a_window():
    # 8 bits: all of them; more: the extremes; equal values are shown black
    assert of([20, 40], np.uint8).display_range == (0, 255)
    assert of([20, 40], np.uint8, BitsStored=6, HighBit=5).display_range == (0, 63)
    assert of([20, 40], BitsStored=9, HighBit=8).display_range == (20, 40)
    assert of([-20, 40], np.int8).display_range == (-20, 40)
    assert of([700, 900]).display_range == (700, 900)
    for half in ({"WindowCenter": 3}, {"WindowWidth": 3}):
        image = of([700, 900], **half)
        assert image.display_range == (700, 900)
        assert "is ignored" in image.notes[0]
    assert of([700, 700]).display().tolist() == [[0, 0]]
    # of 400 values the two lowest and the two highest are clipped
    assert of([0, 1, *[500] * 198, *[900] * 198, 60000, 60001]).display_range == (
        500,
        900,
    )
    rescale = {"RescaleSlope": 2, "RescaleIntercept": 0}  # 8 bits no longer
    assert of([20, 40], np.uint8, **rescale).display_range == (40, 80)
    filler = ct([-488, 0, 532])  # -2000, below every CT number, -1024 and 40 HU
    assert read_pixels(filler).display_range == (-1024, 40)


def test_numbers_with_a_decimal_comma_are_named(tmp_path):
    sound = {"WindowCenter": "4055", "WindowWidth": "400", "RescaleIntercept": "-1024."}
    path = write(ct([0, 532], **sound), tmp_path / "a.dcm")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"4055", b"40,5"))
    assert "WindowCenter is '40,5'" in read_pixels(path).notes[0]
    path.write_bytes(content.replace(b"-1024.", b"-102,4"))
    with pytest.raises(DicomPixelsError, match="RescaleIntercept is '-102,4'"):
        read_pixels(path)


def test_a_stream_that_contradicts_the_header_is_a_note():
    dataset = pydicom.dcmread(SHIPPED / "MR_small_jp2klossless.dcm")
    assert read_pixels(dataset).notes == ()  # 16 bits with a sign, and said so
    dataset.PixelRepresentation = 0
    assert "contradicts the header" in read_pixels(dataset).notes[0]


@pytest.mark.parametrize("kind", ["FloatPixelData", "DoubleFloatPixelData"])
def test_floating_values_with_a_gap(kind):
    dataset = make_dataset(np.zeros((1, 3), np.uint16))
    del dataset.PixelData, dataset.BitsStored
    number = np.float32 if kind == "FloatPixelData" else np.float64
    setattr(dataset, kind, np.array([-1.5, np.nan, 2.5], number).tobytes())
    dataset.BitsAllocated = 8 * number().itemsize
    image = read_pixels(dataset)
    assert image.display().tolist() == [[0, 0, 255]]
    assert (image.display_range, image.values.dtype) == ((-1.5, 2.5), number)
    assert image.bits_stored == dataset.BitsAllocated
    setattr(dataset, kind, np.full(3, np.nan, number).tobytes())
    assert read_pixels(dataset).display().tolist() == [[0, 0, 0]]


# colour


def colours(pixels, photometric="RGB", kind=np.uint8, **attributes):
    """Return the data set of one row of pixels with three samples each."""
    content = np.array(pixels, kind).tobytes()
    one_row = np.zeros((1, len(pixels)), kind)
    values = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PixelData": content}
    values |= {"PhotometricInterpretation": photometric}
    return make_dataset(one_row, **values | attributes)


def test_colour_by_pixel_and_by_plane():
    # one red and one green pixel; window and padding mean nothing in colour
    other = {"WindowCenter": 10, "WindowWidth": 5, "PixelPaddingValue": 255}
    by_pixel = colours([[255, 0, 0], [0, 255, 0]], **other)
    by_plane = colours([[255, 0, 0], [255, 0, 0]], PlanarConfiguration=1)
    for dataset in (by_pixel, by_plane):
        image = read_pixels(dataset)
        assert image.display().tolist() == [[[255, 0, 0], [0, 255, 0]]]
    assert (image.is_colour, image.unit) == (True, "RGB")
    assert image.display_range == (0, 255)


def test_brightness_and_colour_difference_become_red_green_blue():
    # PS3.3 C.7.6.3.1.2: Y 76, CB 85, CR 255 is pure red (254, 0, 0 after rounding)
    image = read_pixels(colours([[76, 85, 255], [0, 128, 128]], "YBR_FULL"))
    assert image.display().tolist() == [[[254, 0, 0], [0, 0, 0]]]


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle.dcm"])
def test_planar_configuration_means_nothing_for_compressed_colour(name):
    # PS3.5 8.2.1: JPEG has its own order of colours, whatever the header says
    dataset = pydicom.dcmread(SHIPPED / name)
    dataset.PlanarConfiguration = 0
    by_pixel = read_pixels(dataset).values
    dataset.PlanarConfiguration = 1
    np.testing.assert_array_equal(read_pixels(dataset).values, by_pixel)


@pytest.mark.parametrize("syntax", SYNTAXES[:2])
@pytest.mark.parametrize(
    ("most", "shown"),  # 255 of 65535 is 1 of 255; uint16 from 256 on
    [(65535, [1, 255, 255]), (256, [1, 1, 1]), (255, [255, 255, 255])],
)
def test_palette_colours(tmp_path, syntax, most, shown):
    # index 5 is red, 6 green, 7 blue; below 5 the first entry
    tables = {
        "Red": [min(most, 255), 0, 0],
        "Green": [0, most, 0],
        "Blue": [0, 0, most],
    }
    dataset = make_dataset(np.array([[5, 6, 7, 0]], np.uint8), syntax=syntax)
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    order = "<u2" if syntax.is_little_endian else ">u2"
    for colour, entries in tables.items():
        prefix = f"{colour}PaletteColorLookupTable"
        setattr(dataset, f"{prefix}Descriptor", [3, 5, 16])
        dataset[f"{prefix}Descriptor"].VR = "US"
        setattr(dataset, f"{prefix}Data", np.array(entries, order).tobytes())
    image = read_pixels(write(dataset, tmp_path / "palette.dcm"))
    assert (image.unit, image.values.max()) == ("RGB", most)
    red, green, blue = np.diag(shown).tolist()
    assert image.display().tolist() == [[red, green, blue, red]]
    assert image.stored.tolist() == [[5, 6, 7, 0]]


# files and data sets


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_values_do_not_depend_on_the_transfer_syntax(tmp_path, syntax):
    path = write(make_dataset(FILM, syntax=syntax), tmp_path / "film.dcm")
    image = read_pixels(path)
    np.testing.assert_array_equal(image.values, FILM)
    assert "PixelData" not in open_dataset(path, stop_before_pixels=True)
    assert image.values.dtype == np.uint16  # of this machine's byte order
    assert image.transfer_syntax == syntax.name
    assert image.name == f"{tmp_path.name}/film.dcm"


def test_a_data_set_in_memory_stays_as_it_was():
    dataset = make_dataset(FILM)
    before = bytes(dataset.PixelData)
    image = read_pixels(dataset)
    image.values[:] = 1
    assert dataset.PixelData == before
    assert open_dataset(dataset) is dataset
    assert image.name == "DICOM data set in memory"


def test_what_is_not_drawn_or_not_exact_or_not_in_the_patient_is_a_note():
    dataset = make_dataset(FILM, ImagerPixelSpacing=[0.1, 0.1])
    dataset.LossyImageCompression = "01"
    dataset.add_new(0x601E3000, "OW", bytes(8))
    notes = " ".join(read_pixels(dataset).notes)
    assert all(word in notes for word in ("Lossy", "overlay", "magnified"))
    del dataset[0x601E3000]
    dataset.LossyImageCompression, dataset.PixelSpacing = "00", [0.09, 0.09]
    assert read_pixels(dataset).notes == ()


def test_what_pydicom_remarks_is_a_note_and_is_not_printed():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = read_pixels(SHIPPED / "MR_small_padded.dcm")
        open_dataset(SHIPPED / "SC_rgb_jpeg.dcm", stop_before_pixels=True)
    assert "excess padding" in image.notes[0]


# what is refused


def test_a_missing_file_a_folder_a_pipe_and_a_wrong_type(tmp_path):
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
    for name in ("gone.dcm", "", "pipe"):
        with pytest.raises(DicomPixelsError, match="no such file.*Expected"):
            read_pixels(tmp_path / name)
    with pytest.raises(DicomPixelsError, match="not list"):
        open_dataset(["a.dcm"])


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n" + bytes(200), b"id,x\n" * 60])
def test_something_else_is_no_dicom(tmp_path, content):
    (tmp_path / "other.dcm").write_bytes(content)
    with pytest.raises(DicomPixelsError, match=r"other\.dcm: .*no DICOM file"):
        open_dataset(tmp_path / "other.dcm")


@pytest.mark.parametrize(
    ("keyword", "value", "words"),
    [
        ("Rows", 9, "less than expected"),
        ("BitsStored", 17, "Bits Stored"),
        ("HighBit", 5, "High Bit 5 with"),
        ("PhotometricInterpretation", "CMYK", "CMYK"),
        ("PhotometricInterpretation", "RGB", "RGB with 1 Samples"),
        ("SamplesPerPixel", 3, "MONOCHROME2 with 3 Samples"),
        ("NumberOfFrames", 2, "less than expected"),
        ("NumberOfFrames", -1, "Number of Frames is '-1'"),
        ("NumberOfFrames", 2**25, "4,294,967,296 bytes claimed"),
    ],
)
def test_a_header_that_contradicts_its_pixels(keyword, value, words):
    with pytest.raises(DicomPixelsError, match=words):
        read_pixels(make_dataset(FILM, **{keyword: value}))


def test_a_deflated_bomb_is_not_inflated(tmp_path, monkeypatch):
    path = write(make_dataset(FILM, syntax=SYNTAXES[2]), tmp_path / "bomb.dcm")
    content = path.read_bytes()
    start = 144 + struct.unpack("<I", content[140:144])[0]
    length = len(zlib.decompress(content[start:], -zlib.MAX_WBITS))
    monkeypatch.setattr(dicom_pixels, "LARGEST_BYTES", length + 1)
    np.testing.assert_array_equal(read_pixels(path).values, FILM)
    monkeypatch.setattr(dicom_pixels, "LARGEST_BYTES", length)
    with pytest.raises(DicomPixelsError, match="inflates"):
        open_dataset(path)
