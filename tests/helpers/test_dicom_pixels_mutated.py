"""Five thousand damaged files through read_pixels: an image or the documented error."""

from pathlib import Path

import numpy as np
import pytest

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from tests.helpers.dicom_examples import make_dataset
from tests.helpers.mutated_dicom import fuzz

HERE = "tests.helpers.test_dicom_pixels_mutated"


class UnlikeTheOthersError(Exception):
    """A message that is not one paragraph with an expectation."""


def show(path: Path, out: Path) -> None:
    """Read, display and describe one file."""
    try:
        pixels = read_pixels(path)
    except DicomPixelsError as error:
        text = str(error)
        if "\n" in text or "Expected" not in text:
            raise UnlikeTheOthersError(text) from error
        raise
    if pixels.display().dtype != np.uint8:
        raise UnlikeTheOthersError("the display values are not uint8")
    pixels.describe()


def test_five_thousand_damaged_files_give_an_image_or_the_documented_error():
    report = fuzz(f"{HERE}:show", allowed=DicomPixelsError)
    assert report.troubles == []
    assert report.tried == 5000
    assert 1000 < report.refused < 4500  # the damage is real and not too much


# found by the damaged files
def test_a_slope_that_no_float_holds_is_refused():
    dataset = make_dataset(np.array([[0, 1]], dtype=np.uint16), RescaleIntercept=0)
    for written in ("1e308", "1e-320", "-1e31"):
        dataset.RescaleSlope = written
        with pytest.raises(DicomPixelsError, match=f"RescaleSlope is '{written}'"):
            read_pixels(dataset)


@pytest.mark.parametrize(("center", "width"), [("1e300", "2"), ("0", "1e301")])
def test_a_window_beyond_all_values_is_ignored_with_a_note(center, width):
    dataset = make_dataset(np.array([[0, 10]], dtype=np.uint16))
    dataset.WindowCenter, dataset.WindowWidth = center, width
    pixels = read_pixels(dataset)
    assert pixels.display().tolist() == [[0, 255]]
    assert "beyond all values and is ignored" in pixels.notes[0]
