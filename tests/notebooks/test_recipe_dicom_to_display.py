"""The recipe of lesson 10 shows what the helper shows, on the files of pydicom."""

import numpy as np
import pytest

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from tests.helpers.dicom_examples import item, make_dataset, wheel_files, write
from tests.notebooks.lesson_material import recipe

RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)


@pytest.fixture(scope="module")
def dicom_to_display():
    return recipe("dicom-to-display")["dicom_to_display"]


@pytest.mark.filterwarnings("ignore")
def test_on_the_files_that_pydicom_ships(dicom_to_display):
    compared = 0
    for path in wheel_files():
        try:
            ours = read_pixels(path)
        except DicomPixelsError:
            continue
        if any("missing" in note or "No Transfer" in note for note in ours.notes):
            continue  # no preamble, no transfer syntax: bare pydicom gives up
        shown = dicom_to_display(path)
        apart = np.abs(shown.astype(int) - ours.display().astype(int)).max()
        assert apart <= 1, f"{path.name}: {apart} grey levels apart"
        compared += 1
    assert compared >= 90


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID", None])
def test_on_the_window_functions(dicom_to_display, tmp_path, photometric, function):
    film = make_dataset(RAMP, RescaleSlope=2, RescaleIntercept=-10)
    film.PhotometricInterpretation = photometric
    film.WindowCenter, film.WindowWidth = [40, 300], [60, 10]
    if function:
        film.VOILUTFunction = function
    path = write(film, tmp_path / "film.dcm")
    ours = read_pixels(path).display().astype(int)
    assert np.abs(dicom_to_display(path) - ours).max() <= 1


def test_on_a_voi_table(dicom_to_display, tmp_path):
    table = item(LUTDescriptor=[64, 0, 12], LUTData=list(range(0, 4096, 64)))
    for keyword in ("LUTDescriptor", "LUTData"):
        table[keyword].VR = "US"
    path = write(make_dataset(RAMP, VOILUTSequence=[table]), tmp_path / "film.dcm")
    ours = read_pixels(path).display().astype(int)
    assert ours.min() == 0
    assert ours.max() > 250
    assert np.abs(dicom_to_display(path) - ours).max() <= 1
