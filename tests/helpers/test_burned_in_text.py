"""Rows of drawn letters, found and not found; black in every kind of image."""

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian

from helpers.burned_in_text import (
    TextBox,
    _is_row,
    _letters_in,
    blackened,
    clean_pixels,
    find_text,
)
from helpers.dicom_pixels import DicomPixelsError, read_pixels
from tests.helpers.dicom_examples import make_dataset

LETTER = np.kron([[1, 0, 1]] * 2 + [[1, 1, 1]] + [[1, 0, 1]] * 2, np.ones((2, 2), int))
"""An H, 10 rows high and 6 columns wide, 11 of its 15 parts filled."""
CODE = {"top": 50, "left": 40, "step": 14, "background": 60, "ink": 200}


def written(letters=6, *, shape=(200, 300), letter=LETTER, tops=None, **options):
    """Return an image with a row of letters, the first one at (top, left)."""
    place = CODE | options
    image = np.full(shape, place["background"], np.uint8)
    image[0], image[-1] = 0, 255  # so that the grey scale is that of the image
    for number in range(letters):
        top = place["top"] + (tops[number] if tops else 0)
        left = place["left"] + number * place["step"]
        part = image[top : top + letter.shape[0], left : left + letter.shape[1]]
        part[letter > 0] = place["ink"]
    return image


def test_a_row_is_found_with_its_margins():
    # 10 high: 0.35 x 10 + 1 = 4.5 above and below, 1.0 x 10 + 1 = 11 beside;
    # the letters reach from row 50 to 60 and from column 40 to 40 + 5 x 14 + 6 = 116
    assert find_text(written()) == [TextBox(45, 29, 65, 127)]
    assert find_text(255 - written()) == [TextBox(45, 29, 65, 127)]
    colour = np.stack([written().astype(float)] * 3, axis=-1)
    assert find_text(colour) == [TextBox(45, 29, 65, 127)]
    assert TextBox(45, 29, 65, 127).area == (slice(45, 65), slice(29, 127))


def test_a_box_ends_with_the_image():
    assert find_text(written(top=2, left=3)) == [TextBox(0, 0, 17, 90)]
    right = written(top=189, left=223)  # the last letter ends in column 299
    assert find_text(right) == [TextBox(184, 212, 200, 300)]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"letters": 4}, True),
        ({"letters": 3}, False),  # a lead marker has as many
        ({"step": 16}, True),  # 10 pixels between, 1.0 heights
        ({"step": 18}, False),  # 12 pixels
        ({"ink": 96}, True),  # 36 above the background
        ({"ink": 95}, False),  # 35, not more than 0.14 x 255
        ({"tops": (0, 0, 1, 0, 0, 0)}, True),
        ({"tops": (0, 4, 8, 4, 0, 4)}, False),  # no base line
        ({"letter": LETTER[:, :5]}, True),
        ({"letter": np.ones((10, 6), int)}, False),  # solid blocks
        ({"letter": np.ones((10, 2), int), "step": 11}, True),  # I I I
        ({"letter": LETTER[::2, ::2], "step": 7}, True),  # 5 high, the smallest
        ({"letter": LETTER[:8:2, ::2], "step": 7}, False),  # 4 high
    ],
)
def test_what_counts_as_a_row_of_letters(options, found):
    assert bool(find_text(written(**options))) is found


@pytest.mark.parametrize(
    ("height", "width", "fill", "letters"),
    [
        (10, 4.5, 0.3, 1),  # I, l or 1: up to 0.45 of its height
        (10, 4.5, 0.29, 0),
        (10, 17, 0.18, 1),  # one letter: up to 1.7 of its height
        (10, 17, 0.17, 0),
        (10, 17, 0.85, 1),
        (10, 17, 0.86, 0),
        (9, 9, 1.0, 1),  # small letters may be filled
        (10, 40, 0.25, 5),  # touching letters, each 0.8 of the height wide
        (10, 40, 0.8, 5),
        (10, 40, 0.81, 0),
        (10, 40, 0.24, 0),
        (10, 201, 0.5, 0),  # a line or a border
    ],
)
def test_how_many_letters_a_shape_may_be(height, width, fill, letters):
    shape = np.array([height]), np.array([width]), np.array([fill])
    assert _letters_in(*shape).tolist() == [letters]


@pytest.mark.parametrize(
    ("tops", "heights", "means", "is_row"),
    [
        # height 20: a base line may scatter by 1, heights by 3 (median deviations)
        ([0, 0, 2, 2], [20, 20, 20, 20], [90, 90, 90, 90], True),
        ([0, 0, 2.2, 2.2], [20, 20, 20, 20], [90, 90, 90, 90], False),
        ([0, 0, 0, 0], [17, 17, 23, 23], [90, 90, 90, 90], True),
        ([0, 0, 0, 0], [16.8, 16.8, 23.2, 23.2], [90, 90, 90, 90], False),
        # one pen: the brightness scatters by at most ALIKE of the contrast, here 100
        ([0, 0, 0, 0], [20, 20, 20, 20], [0, 0, 2, 2], True),
        ([0, 0, 0, 0], [20, 20, 20, 20], [0, 0, 200, 200], False),
    ],
)
def test_a_row_has_one_line_one_height_and_one_pen(tops, heights, means, is_row):
    row = np.zeros((4, 8))
    row[:, 0], row[:, 2] = tops, np.add(tops, heights)
    row[:, 5], row[:, 6] = means, 100
    assert _is_row(row) == is_row


def test_letters_of_uneven_brightness_are_no_row():
    inks = (100, 200, 110, 230, 120, 250)  # a pen has one brightness
    image = written(0)
    for number, ink in enumerate(inks):
        part = image[50:60, 40 + 14 * number : 46 + 14 * number]
        part[LETTER > 0] = ink
    assert find_text(image) == []


def test_a_short_word_far_off_belongs_to_the_pen_of_the_line():
    line = written(4, left=20)  # columns 20 to 68

    def with_two_more(gap):
        two = written(2, left=68 + gap)
        return np.maximum(line, two)

    # 25 pixels are 2.5 heights: one box to column 68 + 25 + 20 + 11
    assert find_text(with_two_more(25)) == [TextBox(45, 9, 65, 124)]
    assert find_text(with_two_more(33)) == [TextBox(45, 9, 65, 79)]


def test_large_letters_are_found_in_the_halved_image():
    large = np.kron(LETTER, np.ones((5, 5), int))  # 50 high, strokes of 10
    options = {"letter": large, "step": 50, "top": 100}
    (box,) = find_text(written(6, shape=(400, 500), **options))
    # halved: 25 high, so 0.35 x 25 + 1 = 9.75 rows; rows 50 - 9.75 to 75 + 9.75
    assert box == TextBox(80, 0, 170, 372)
    assert find_text(written(6, shape=(399, 500), **options)) == []  # not halved


@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_an_image_without_contrast_has_no_text(value):
    assert find_text(np.full((64, 64), value)) == []
    assert find_text(np.random.default_rng(0).normal(size=(200, 200))) == []


@pytest.mark.parametrize(
    ("photometric", "expected"),
    [
        ("MONOCHROME1", [9, 9, 7, 7]),  # the largest value is black
        ("MONOCHROME2", [3, 3, 7, 7]),
        ("PALETTE COLOR", [7, 7, 7, 7]),  # no order: the commonest
        ("RGB", [0, 0, 7, 7]),
    ],
)
def test_black_is_black_on_the_screen(photometric, expected):
    frames = np.array([[[9, 5, 7, 7]], [[3, 5, 7, 7]]])
    painted = blackened(frames, [TextBox(0, 0, 1, 2)], photometric)
    assert painted.tolist() == [[expected], [expected]]
    assert frames[0, 0, 1] == 5


def test_text_in_one_frame_is_black_in_all():
    frames = np.stack([written(0)] * 3 + [written()])
    dataset = make_dataset(frames)
    found = clean_pixels(dataset)
    assert found["frames"] == found["frames searched"] == 4
    assert found["text boxes"] == 1
    assert (read_pixels(dataset).stored[:, 45:65, 29:127] == 0).all()
    assert (read_pixels(dataset).stored[0, 65:] == frames[0, 65:]).all()
    many = clean_pixels(make_dataset(np.zeros((40, 8, 8), np.uint8)))
    assert (many["frames"], many["frames searched"]) == (40, 16)


def test_text_that_the_header_announces_must_be_found():
    with pytest.raises(DicomPixelsError, match="no text was found"):
        clean_pixels(make_dataset(written(0), BurnedInAnnotation="YES"))
    assert clean_pixels(make_dataset(written(), BurnedInAnnotation="YES"))


def test_numbers_stay_in_the_order_of_bytes_that_the_file_has():
    stored = np.array([[1, 515], [70, 4]], np.uint16)
    dataset = make_dataset(stored, syntax=ExplicitVRBigEndian)
    clean_pixels(dataset)
    assert dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    assert dataset.PixelData == bytes([0, 1, 2, 3, 0, 70, 0, 4])
    assert dataset["PixelData"].VR == "OW"
    small = make_dataset(np.full((3, 3), 7, np.uint8))
    clean_pixels(small)
    assert (small["PixelData"].VR, len(small.PixelData)) == ("OB", 10)  # even


def test_a_mask_stays_packed():
    dataset = make_dataset(np.zeros((3, 3), np.uint8))
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    dataset.PixelData = bytes([0b10110001, 0b11111111])  # nine pixels, then rubbish
    clean_pixels(dataset)
    assert dataset.PixelData == bytes([0b10110001, 0b00000001])
    assert (dataset.BitsAllocated, dataset.HighBit) == (1, 0)


@pytest.mark.parametrize(
    ("header", "warning"),
    [
        ({"Modality": "CT", "StudyDescription": "brain"}, "head"),
        ({"Modality": "MR", "BodyPartExamined": "SKULL"}, "head"),
        ({"Modality": "DX", "BodyPartExamined": "SKULL"}, ""),
        ({"Modality": "CT", "BodyPartExamined": "CHEST"}, ""),
        ({"Modality": "US"}, "written"),
        ({"Modality": "SC"}, "written"),
    ],
)
def test_a_person_is_told_where_to_look(header, warning):
    found = clean_pixels(
        make_dataset(np.zeros((8, 8), np.uint8), PatientID="1", **header)
    )
    assert len(found["warnings"]) == bool(warning)
    assert warning in " ".join(found["warnings"])
