"""What lesson 11 says about real patients: a chest CT, 8-bit copies of CT slices.

Called by ``python -m tools.evidence.hounsfield real``. The files are those described in
data/README.md: the series Lung_Dx-A0002 of TCIA Lung-PET-CT-Dx (CC BY 4.0), one slice
in two encodings, the 8-bit patches of LUNA16 (CC BY 4.0).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy.ndimage import binary_fill_holes, label

from helpers.dicom_pixels import DicomPixelsError, read_hounsfield
from helpers.dicom_series import read_series
from helpers.volumes import disc, measure_region
from helpers.windowing import WINDOWS, Window, export_grey, recover_hounsfield

#: The second window of the header of the real series.
NARROW_LUNG = Window(-600.0, 1200.0)
EXPORTS = {"lung": WINDOWS["lung"], "narrow lung": NARROW_LUNG} | {
    name: WINDOWS[name] for name in ("mediastinum", "bone")
}
#: (slices, row, column, radius) of discs placed by hand in the real series, by height.
REAL_DISCS = {
    "air beside the patient": (slice(10, 15), (60, 40), 10),
    "air in the trachea": (slice(23, 26), (264, 241), 3),
    "lung, right": (slice(10, 13), (260, 100), 10),
    "lung, left": (slice(10, 13), (230, 400), 10),
    "fat under the skin": (slice(9, 12), (330, 480), 4),
    "blood in the aorta": (slice(4, 7), (280, 255), 9),
    "blood, heart beside it": (slice(9, 12), (279, 255), 9),
    "muscle of the back": (slice(11, 14), (395, 215), 6),
    "liver": (slice(4, 7), (250, 130), 15),
}


def jpeg(grey: np.ndarray, *, quality: int) -> np.ndarray:
    """Return what a grey picture is after it was saved as JPEG and read again."""
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def measure_real(data: Path) -> pd.DataFrame:
    """Return what was measured on the real files, one fact a row.

    Parameters
    ----------
    data : Path
        The folder that holds dicom/ and ct_nodule_luna16/.
    """
    volume = read_series(data / "dicom" / "ct_series_lung_dx_a0002").values
    facts = [fact for name in REAL_DISCS for fact in _disc(name, volume)]
    facts += _exports(volume)
    facts += _eight_bit_dicom(data / "dicom" / "syntax")
    facts += _patches(data / "ct_nodule_luna16")
    facts += _taken_and_refused(data / "dicom")
    table = pd.DataFrame(facts, columns=["what", "measure", "value", "unit", "n"])
    return table.astype({"value": float, "n": int}).round(4)


def patient_mask(slice_hu: np.ndarray) -> np.ndarray:
    """Return the largest connected part above -300 HU with what it encloses."""
    parts, _ = label(slice_hu > -300)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return binary_fill_holes(parts == sizes.argmax())


def _disc(name: str, volume: np.ndarray) -> Iterator[tuple]:
    """Yield what a disc placed by hand measures."""
    slices, center, radius = REAL_DISCS[name]
    part = volume[slices]
    got = measure_region(part, disc(part.shape[1:], center, radius))
    yield name, "mean", got.mean, "HU", got.voxels
    yield name, "SD", got.sd, "HU", got.voxels
    yield name, "95 % low", got.low, "HU", got.slices
    yield name, "95 % high", got.high, "HU", got.slices


def _exports(volume: np.ndarray) -> Iterator[tuple]:
    """Yield what exports lose of the voxels inside the patient."""
    inside = np.stack([patient_mask(hu) for hu in volume])
    n = inside.sum()
    for name, window in EXPORTS.items():
        grey = np.stack([export_grey(hu, window) for hu in volume])
        lossy = np.stack([jpeg(picture, quality=90) for picture in grey])
        what = f"{name} {window.center:.0f}/{window.width:.0f}"
        yield what, "black, patient", (grey[inside] == 0).mean(), "share", n
        yield what, "white, patient", (grey[inside] == 255).mean(), "share", n
        back = recover_hounsfield(grey, window)
        known = np.isfinite(back) & inside
        yield what, "PNG, RMS error", rms(back - volume, known), "HU", known.sum()
        both = known & (lossy > 0) & (lossy < 255)
        error = recover_hounsfield(lossy, window) - volume
        yield what, "JPEG 90, RMS error", rms(error, both), "HU", both.sum()
        white = (grey == 255) & inside
        share, n_white = (lossy[white] < 255).mean(), white.sum()
        yield what, "JPEG 90, white no longer 255", share, "share", n_white


def rms(error: np.ndarray, where: np.ndarray) -> float:
    """Return the root of the mean squared error of some voxels."""
    return float(np.sqrt((error[where] ** 2).mean()))


def _eight_bit_dicom(folder: Path) -> Iterator[tuple]:
    """Yield how far an 8-bit DICOM copy of a CT slice is from the slice itself."""
    whole = read_hounsfield(folder / "ct_implicit_le.dcm")
    copy = read_hounsfield(folder / "ct_jpeg_baseline_8bit.dcm", lowest=-np.inf)
    known = np.isfinite(whole)
    error = np.abs(copy - whole)[known]
    what = "8-bit JPEG copy of a CT slice"
    yield what, "padding not declared", 1 - known.mean(), "share", known.size
    yield what, "median error", np.median(error), "HU", error.size
    yield what, "largest error", error.max(), "HU", error.size
    muscle = known & (np.abs(whole - 50) < 30)
    values = len(np.unique(copy[muscle]))
    yield what, "distinct values in 20 to 80 HU", values, "values", muscle.sum()


def _patches(folder: Path) -> Iterator[tuple]:
    """Yield how many pixels of the 8-bit LUNA16 patches lie at the ends."""
    with np.load(next(folder.glob("*.npz")), allow_pickle=False) as file:
        parts = [file[f"{part}_images"] for part in ("train", "val", "test")]
    images = np.concatenate(parts)
    ends = (images == 0) | (images == 255)
    touched = ends.any(axis=(1, 2)).mean()
    yield "LUNA16 patches", "pixels at 0 or 255", ends.mean(), "share", ends.size
    yield "LUNA16 patches", "patches with such pixels", touched, "share", len(images)


def _taken_and_refused(folder: Path) -> Iterator[tuple]:
    """Yield how many of the DICOM files of a folder are read as HU."""
    files, refused = sorted(folder.rglob("*.dcm")), 0
    for file in files:
        try:
            read_hounsfield(file)
        except DicomPixelsError:
            refused += 1
    taken = len(files) - refused
    yield "DICOM files", "read as HU", taken, "files", len(files)
    yield "DICOM files", "refused", refused, "files", len(files)
