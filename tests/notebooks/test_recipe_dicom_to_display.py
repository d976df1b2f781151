"""The recipes of lessons 10 and 16 show what the helper shows."""

import numpy as np
import pytest

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from tests.helpers.dicom_examples import (
    course_files,
    item,
    make_dataset,
    wheel_files,
    write,
)
from tests.notebooks.lesson_material import recipe

RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)


@pytest.fixture(scope="module")
def dicom_to_display():
    return recipe("dicom-to-display")["dicom_to_display"]


def apart(ours, shown) -> int:
    return np.abs(shown.astype(int) - ours.display().astype(int)).max()


@pytest.mark.filterwarnings("ignore")
def test_on_the_files_of_pydicom_and_of_the_course(dicom_to_display):
    several = [path for path in course_files() if not path.match("1-[0-3][02-9].dcm")]
    compared = 0
    for path in [*wheel_files(), *several]:
        try:
            ours = read_pixels(path)
        except DicomPixelsError:
            continue
        if any("missing" in note or "No Transfer" in note for note in ours.notes):
            continue  # no preamble, no transfer syntax: bare pydicom gives up
        assert apart(ours, dicom_to_display(path)) <= 1, path.name
        compared += 1
    assert compared >= 90


HALF = {"WindowCenter": 40, "WindowWidth": None}
SCALED = {"RescaleSlope": 3, "RescaleIntercept": -200}


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("other", [{}, HALF, SCALED, SCALED | {"Modality": "CT"}])
@pytest.mark.parametrize("kind", [np.uint8, np.int16])
def test_without_a_whole_window(dicom_to_display, tmp_path, photometric, other, kind):
    film = make_dataset(RAMP.astype(kind), **other)
    film.PhotometricInterpretation = photometric
    film.add_new("PixelPaddingValue", "SS" if kind is np.int16 else "US", 63)
    path = write(film, tmp_path / "film.dcm")
    ours = read_pixels(path)
    assert apart(ours, dicom_to_display(path)) <= 1
    assert ours.display()[-1, -1] == 0  # padding is black in either polarity
    read = recipe("tf-data-from-a-dicom-folder")["read"]
    shown, is_read = read(str(path).encode(), size=8)
    assert is_read
    assert apart(ours, shown[..., 0]) <= 1


def test_missing_labels_are_refused():
    batches_of = recipe("tf-data-from-a-dicom-folder")["batches_of"]
    with pytest.raises(Exception, match="labels: NaN"):
        batches_of(["a.dcm", "b.dcm"], [1.0, np.nan])


def test_frames_with_windows_of_their_own_are_refused(dicom_to_display, tmp_path):
    frames = [item(FrameVOILUTSequence=[item(WindowCenter=1, WindowWidth=2)])] * 2
    film = make_dataset(np.stack([RAMP] * 2), PerFrameFunctionalGroupsSequence=frames)
    with pytest.raises(ValueError, match="window of their own"):
        dicom_to_display(write(film, tmp_path / "film.dcm"))


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
