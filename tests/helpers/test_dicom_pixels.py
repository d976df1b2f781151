"""What read_pixels makes of sound images, worked by hand on a few pixels."""

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from helpers.dicom_pixels import read_pixels
from tests.helpers.dicom_examples import WHEEL, item, make_dataset, write

UNSIGNED = np.array([[0, 1024], [2024, 4095]], dtype=np.uint16)


def test_rescale_of_unsigned_values_does_not_wrap():
    # 0 - 1024 = -1024, 1024 - 1024 = 0, 2024 - 1024 = 1000, 4095 - 1024 = 3071
    dataset = make_dataset(
        UNSIGNED, Modality="CT", RescaleSlope=1, RescaleIntercept=-1024
    )
    pixels = read_pixels(dataset)
    np.testing.assert_array_equal(pixels.values, [[-1024, 0], [1000, 3071]])
    assert (pixels.unit, pixels.values.dtype) == ("HU", np.float32)


def test_rescale_with_a_fraction():
    # 0.5 * 3 - 2 = -0.5
    stored = np.array([[3]], dtype=np.uint8)
    pixels = read_pixels(make_dataset(stored, RescaleSlope=0.5, RescaleIntercept=-2))
    assert pixels.values.tolist() == [[-0.5]]
    assert pixels.unit == "US"


def test_rescale_of_32_bit_values_keeps_every_digit():
    # 4294967295 * 1e-6 = 4294.967295; float32 would give 4294.967
    stored = np.array([[4294967295]], dtype=np.uint32)
    dataset = make_dataset(stored, Modality="RTDOSE", DoseUnits="GY")
    dataset.DoseGridScaling = "0.000001"
    pixels = read_pixels(dataset)
    assert pixels.values[0, 0] == pytest.approx(4294.967295, abs=1e-9)
    assert pixels.unit == "Gy"


@pytest.mark.parametrize(
    ("attributes", "unit"),
    [
        ({"RescaleType": "HU", "RescaleSlope": 1, "RescaleIntercept": 0}, "HU"),
        ({"RescaleType": "OD", "RescaleSlope": 1, "RescaleIntercept": 0}, "OD"),
        ({"RescaleSlope": 1, "RescaleIntercept": 0}, "stored value"),  # cannot be air
        ({"RescaleSlope": 2, "RescaleIntercept": -300}, "US"),
        ({"RescaleSlope": 1, "RescaleIntercept": -1024}, "HU"),
        ({}, "stored value"),
        (
            {
                "RescaleSlope": 1,
                "RescaleIntercept": -1024,
                "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"],
            },
            "US",
        ),
    ],
)
def test_unit_of_a_ct_is_hounsfield_only_if_the_header_allows_it(attributes, unit):
    stored = np.array([[0, 255]], dtype=np.uint8)
    pixels = read_pixels(make_dataset(stored, Modality="CT", **attributes))
    assert pixels.unit == unit
    assert bool(pixels.notes) == ("RescaleType" not in attributes and unit != "HU")


def test_unit_of_a_pet_is_that_of_the_header():
    dataset = make_dataset(UNSIGNED, Modality="PT", Units="BQML")
    dataset.RescaleSlope, dataset.RescaleIntercept = 2, 0
    assert read_pixels(dataset).unit == "Bq/ml"


def test_bits_above_the_stored_ones_are_masked():
    # bit 12 counts 4096: 4096 + 5 -> 5
    stored = np.array([[4101, 4095]], dtype=np.uint16)
    pixels = read_pixels(make_dataset(stored, BitsStored=12, HighBit=11))
    assert pixels.values.tolist() == [[5, 4095]]
    assert "Only bits 0 to 11" in pixels.notes[0]


def test_signed_values_of_twelve_bits_get_their_sign():
    # 0x0FFF is -1 in 12 bits, 0x0800 is -2048
    stored = np.array([[0x0FFF, 0x0800, 0x07FF]], dtype=np.int16)
    pixels = read_pixels(make_dataset(stored, BitsStored=12, HighBit=11))
    assert pixels.values.tolist() == [[-1, -2048, 2047]]


def test_values_in_the_upper_bits_are_shifted_down():
    # high bit 15, 12 stored: 0x1230 holds 0x123 = 291
    stored = np.array([[0x1230, 0xFFFF]], dtype=np.uint16)
    pixels = read_pixels(make_dataset(stored, BitsStored=12, HighBit=15))
    assert pixels.values.tolist() == [[291, 4095]]


def test_monochrome1_is_turned_over_for_display_only():
    stored = np.array([[0, 51, 255]], dtype=np.uint8)
    pixels = read_pixels(make_dataset(stored, PhotometricInterpretation="MONOCHROME1"))
    assert pixels.inverted
    assert pixels.values.tolist() == [[0, 51, 255]]
    assert pixels.display().tolist() == [[255, 204, 0]]


@pytest.mark.parametrize(
    ("photometric", "shape", "contradicts"),
    [
        ("MONOCHROME1", "INVERSE", False),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME1", "IDENTITY", True),
        ("MONOCHROME2", "INVERSE", True),
    ],
)
def test_presentation_shape_never_inverts_a_second_time(
    photometric, shape, contradicts
):
    dataset = make_dataset(np.array([[0, 255]], dtype=np.uint8))
    dataset.PhotometricInterpretation = photometric
    dataset.PresentationLUTShape = shape
    pixels = read_pixels(dataset)
    white_first = [[255, 0]] if photometric == "MONOCHROME1" else [[0, 255]]
    assert pixels.display().tolist() == white_first
    assert any("contradict" in note for note in pixels.notes) == contradicts


def test_first_window_is_used_and_another_can_be_chosen():
    # LINEAR 50/101: black at -0.5 - ... = 49.5 - 50 = -0.5, white at 99.5
    stored = np.array([[0, 50, 200]], dtype=np.uint16)
    dataset = make_dataset(stored, WindowCenter=[50, 100], WindowWidth=[101, 201])
    assert read_pixels(dataset).display_range == (-0.5, 99.5)
    assert read_pixels(dataset, window=1).display_range == (-0.5, 199.5)
    assert read_pixels(dataset, window=None).display_range == (0.0, 200.0)
    # 50.5 / 100 * 255 = 128.8
    assert read_pixels(dataset).display().tolist() == [[1, 129, 255]]


@pytest.mark.parametrize(
    ("function", "middle"), [("LINEAR_EXACT", 64), ("SIGMOID", 69), (None, 64)]
)
def test_window_function_of_the_header_is_obeyed(function, middle):
    # centre 100, width 200, value 50: exact 0.25 -> 64; sigmoid 1/(1+e) = 0.269 -> 69
    dataset = make_dataset(np.array([[50]], dtype=np.uint16))
    dataset.WindowCenter, dataset.WindowWidth = 100, 200
    if function:
        dataset.VOILUTFunction = function
    assert read_pixels(dataset).display().tolist() == [[middle]]


@pytest.mark.parametrize(
    "attributes",
    [
        {"WindowCenter": 5, "WindowWidth": 0},
        {"WindowCenter": 5, "WindowWidth": 9, "VOILUTFunction": "LOG"},
    ],
)
def test_a_window_that_cannot_be_used_is_ignored_with_a_note(attributes):
    dataset = make_dataset(np.array([[0, 10]], dtype=np.uint16), **attributes)
    pixels = read_pixels(dataset)
    assert pixels.display().tolist() == [[0, 255]]
    assert "is ignored" in pixels.notes[0]


def test_voi_table_goes_before_the_window():
    # values 10, 11, 12 -> 0, 255, 128 of 8 bits; below and above: the end entries
    table = item(LUTDescriptor=[3, 10, 8], LUTData=[0, 255, 128])
    table["LUTData"].VR = "US"
    table["LUTDescriptor"].VR = "US"
    dataset = make_dataset(np.array([[0, 10, 11, 12, 99]], dtype=np.uint8))
    dataset.VOILUTSequence = [table]
    dataset.WindowCenter, dataset.WindowWidth = 50, 101
    pixels = read_pixels(dataset)
    assert pixels.display().tolist() == [[0, 0, 255, 128, 128]]
    assert pixels.display_range == (10.0, 12.0)


def test_modality_table_replaces_stored_values():
    # first mapped value -1 in a signed image is written as 65535
    table = item(LUTDescriptor=[3, 65535, 16], LUTData=[100, 200, 300])
    table.ModalityLUTType = "HU"
    for keyword in ("LUTData", "LUTDescriptor"):
        table[keyword].VR = "US"
    dataset = make_dataset(np.array([[-5, -1, 0, 1, 7]], dtype=np.int16))
    dataset.ModalityLUTSequence = [table]
    pixels = read_pixels(dataset)
    assert pixels.values.tolist() == [[100, 100, 200, 300, 300]]
    assert pixels.unit == "HU"


def test_every_frame_has_its_own_rescale_and_window():
    # frame 0: 10 * 1 + 0 = 10; frame 1: 10 * 2 - 5 = 15
    stored = np.array([[[10]], [[10]]], dtype=np.uint16)
    groups = []
    for slope, intercept, center in ((1, 0, 10), (2, -5, 30)):
        rescale = item(RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="US")
        window = item(WindowCenter=center, WindowWidth=21)
        groups.append(
            item(
                PixelValueTransformationSequence=[rescale],
                FrameVOILUTSequence=[window],
            )
        )
    dataset = make_dataset(stored, PerFrameFunctionalGroupsSequence=groups)
    pixels = read_pixels(dataset)
    assert pixels.values.ravel().tolist() == [10.0, 15.0]
    # frame 0: (10 - 9.5) / 20 + 0.5 = 0.525 -> 134; frame 1: 15 is below 19.5 -> 0
    assert pixels.display().ravel().tolist() == [134, 0]
    assert pixels.frames == 2


def test_shared_groups_hold_for_all_frames():
    stored = np.array([[[1]], [[2]]], dtype=np.uint16)
    rescale = item(RescaleSlope=10, RescaleIntercept=1, RescaleType="HU")
    measures = item(PixelSpacing=[0.5, 0.25])
    shared = item(
        PixelValueTransformationSequence=[rescale], PixelMeasuresSequence=[measures]
    )
    dataset = make_dataset(stored, SharedFunctionalGroupsSequence=[shared])
    pixels = read_pixels(dataset)
    assert pixels.values.ravel().tolist() == [11.0, 21.0]
    assert (pixels.unit, pixels.spacing_mm) == ("HU", (0.5, 0.25))


def test_padding_is_black_and_does_not_set_the_range():
    stored = np.array([[-2000, 0, 100]], dtype=np.int16)
    dataset = make_dataset(stored, PixelPaddingValue=-2000)
    dataset["PixelPaddingValue"].VR = "SS"
    pixels = read_pixels(dataset)
    assert pixels.display_range == (0.0, 100.0)
    assert pixels.display().tolist() == [[0, 0, 255]]
    assert pixels.values.tolist() == [[-2000, 0, 100]]


def test_padding_is_black_in_monochrome1_too():
    stored = np.array([[0, 50, 100]], dtype=np.uint16)
    dataset = make_dataset(stored, PhotometricInterpretation="MONOCHROME1")
    dataset.PixelPaddingValue = 0
    dataset["PixelPaddingValue"].VR = "US"
    assert read_pixels(dataset).display().tolist() == [[0, 255, 0]]


def test_a_constant_image_is_shown_without_a_division_by_zero():
    pixels = read_pixels(make_dataset(np.full((2, 2), 700, dtype=np.uint16)))
    assert pixels.display().max() == 0
    assert pixels.display_range == (700.0, 700.0)


def test_colour_planes_and_colour_by_pixel_give_the_same_picture():
    # one red and one green pixel
    by_pixel = np.array([255, 0, 0, 0, 255, 0], dtype=np.uint8)
    by_plane = np.array([255, 0, 0, 255, 0, 0], dtype=np.uint8)
    shown = []
    for configuration, content in enumerate((by_pixel, by_plane)):
        dataset = make_dataset(np.zeros((1, 2), dtype=np.uint8), SamplesPerPixel=3)
        dataset.PhotometricInterpretation = "RGB"
        dataset.PlanarConfiguration = configuration
        dataset.PixelData = content.tobytes()
        shown.append(read_pixels(dataset).display().tolist())
    assert shown[0] == shown[1] == [[[255, 0, 0], [0, 255, 0]]]


def test_brightness_and_colour_difference_become_red_green_blue():
    # PS3.3 C.7.6.3.1.2: Y 76, CB 85, CR 255 is pure red (254, 0, 0 after rounding)
    dataset = make_dataset(np.zeros((1, 2), dtype=np.uint8), SamplesPerPixel=3)
    dataset.PhotometricInterpretation = "YBR_FULL"
    dataset.PlanarConfiguration = 0
    dataset.PixelData = bytes([76, 85, 255, 0, 128, 128])
    red, black = read_pixels(dataset).display()[0].tolist()
    assert red[0] >= 253
    assert max(red[1:]) <= 2
    assert black == [0, 0, 0]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_palette_colours(tmp_path, syntax):
    # index 5 is red, 6 green, 7 blue; below 5 the first entry
    tables = {"Red": [65535, 0, 0], "Green": [0, 65535, 0], "Blue": [0, 0, 65535]}
    dataset = make_dataset(np.array([[5, 6, 7, 0]], dtype=np.uint8), syntax=syntax)
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    order = "<u2" if syntax.is_little_endian else ">u2"
    for colour, entries in tables.items():
        prefix = f"{colour}PaletteColorLookupTable"
        setattr(dataset, f"{prefix}Descriptor", [3, 5, 16])
        dataset[f"{prefix}Descriptor"].VR = "US"
        setattr(dataset, f"{prefix}Data", np.array(entries, dtype=order).tobytes())
    pixels = read_pixels(write(dataset, tmp_path / "palette.dcm"))
    assert pixels.unit == "RGB"
    assert pixels.display().tolist() == [
        [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 0]]
    ]


@pytest.mark.parametrize("kind", ["FloatPixelData", "DoubleFloatPixelData"])
def test_floating_values_with_a_gap(kind):
    dataset = make_dataset(np.zeros((1, 3), dtype=np.uint16))
    del dataset.PixelData
    number = np.float32 if kind == "FloatPixelData" else np.float64
    content = np.array([-1.5, np.nan, 2.5], dtype=number)
    setattr(dataset, kind, content.tobytes())
    dataset.BitsAllocated = dataset.BitsStored = 8 * content.itemsize
    pixels = read_pixels(dataset)
    np.testing.assert_array_equal(pixels.values[0], content)
    assert pixels.display_range == (-1.5, 2.5)
    assert pixels.display().tolist() == [[0, 0, 255]]


def test_one_bit_per_pixel():
    # 10 pixels of 1 bit, lowest bit first: 0b00000101, 0b00000010
    dataset = make_dataset(np.zeros((2, 5), dtype=np.uint8), Modality="SEG")
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    dataset.PixelData = bytes([0b00000101, 0b00000010])
    pixels = read_pixels(dataset)
    assert pixels.values.tolist() == [[1, 0, 1, 0, 0], [0, 0, 0, 0, 1]]
    assert pixels.unit == "mask"
    assert pixels.display().max() == 255


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
    ],
)
def test_every_packing_gives_the_same_values(tmp_path, syntax):
    stored = np.array([[-1024, 0, 1000], [7, -8, 32767]], dtype=np.int16)
    if syntax == RLELossless:
        dataset = make_dataset(stored)
        dataset.compress(RLELossless)
    else:
        dataset = make_dataset(stored, syntax=syntax)
    path = write(dataset, tmp_path / "image.dcm")
    pixels = read_pixels(path)
    np.testing.assert_array_equal(pixels.values, stored)
    assert pixels.values.dtype.isnative


@pytest.mark.parametrize("cut", ["preamble", "preamble and DICM", "only the DICM"])
def test_a_missing_preamble_is_forgiven_and_noted(tmp_path, cut):
    content = (WHEEL / "test_files/CT_small.dcm").read_bytes()
    start = {"preamble": 128, "preamble and DICM": 132, "only the DICM": 0}[cut]
    content = content[start:] if start else content[:128] + content[132:]
    path = tmp_path / "bare.dcm"
    path.write_bytes(content)
    pixels = read_pixels(path)
    assert pixels.values.shape == (128, 128)
    assert "missing" in pixels.notes[0]


def test_a_missing_transfer_syntax_is_guessed_if_the_length_proves_it():
    dataset = make_dataset(UNSIGNED)
    del dataset.file_meta.TransferSyntaxUID
    pixels = read_pixels(dataset)
    np.testing.assert_array_equal(pixels.values, UNSIGNED)
    assert "No Transfer Syntax UID" in pixels.notes[0]


def test_values_can_be_changed_and_the_dataset_stays_as_it_was():
    dataset = make_dataset(UNSIGNED)
    before = bytes(dataset.PixelData)
    pixels = read_pixels(dataset)
    pixels.values[:] = 1
    assert dataset.PixelData == before


def test_describe_names_size_unit_and_range():
    dataset = make_dataset(UNSIGNED, WindowCenter=100, WindowWidth=201)
    text = read_pixels(dataset).describe()
    assert "2 x 2 values, 16 bits stored" in text
    assert "unit stored value, shown from -0.5 to 199.5" in text


def test_bytes_after_the_last_pixel_are_noted():
    pixels = read_pixels(WHEEL / "test_files/MR_small_padded.dcm")
    assert pixels.notes == ("128 bytes after the last pixel were ignored.",)


@pytest.mark.parametrize("kind", ["", "US"])
def test_a_rescale_that_changes_nothing_leaves_the_integers(kind):
    dataset = make_dataset(np.array([[1, 60000]], dtype=np.uint16))
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    dataset.RescaleType = kind
    pixels = read_pixels(dataset)
    assert (pixels.values.dtype, pixels.unit) == (np.uint16, "US")
    assert pixels.values.tolist() == [[1, 60000]]
    assert pixels.values.flags.writeable
    dataset.RescaleType = "HU"  # a unit: always a floating type
    assert read_pixels(dataset).values.dtype == np.float32


def test_frames_with_rescales_of_their_own():
    # 3 * 2 + 10 = 16; 3 * 1 - 5 = -2
    groups = [
        item(
            PixelValueTransformationSequence=[
                item(RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="US")
            ]
        )
        for slope, intercept in ((2, 10), (1, -5))
    ]
    stored = np.full((2, 1, 1), 3, dtype=np.uint16)
    dataset = make_dataset(stored, PerFrameFunctionalGroupsSequence=groups)
    pixels = read_pixels(dataset)
    assert pixels.values.ravel().tolist() == [16.0, -2.0]
    assert pixels.values.dtype == np.float32
