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
import pydicom
from PIL import Image
from scipy.ndimage import binary_fill_holes, label

from helpers.dicom_pixels import DicomPixelsError
from helpers.hounsfield_units import read_hounsfield
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
    volume = real_series(data / "dicom" / "ct_series_lung_dx_a0002")
    rows = []
    for name, (slices, center, radius) in REAL_DISCS.items():
        part = volume[slices]
        got = measure_region(part, disc(part.shape[1:], center, radius))
        rows.append(_fact(name, "mean", got.mean, "HU", got.voxels))
        rows.append(_fact(name, "SD", got.sd, "HU", got.voxels))
        rows.append(_fact(name, "95 % low", got.low, "HU", got.slices))
        rows.append(_fact(name, "95 % high", got.high, "HU", got.slices))
    rows += list(_real_exports(volume))
    rows += list(_eight_bit_dicom(data / "dicom" / "syntax"))
    rows += list(_patches(data / "ct_nodule_luna16"))
    rows += list(_taken_and_refused(data / "dicom"))
    return pd.DataFrame(rows)


def _fact(what: str, measure: str, value: float, unit: str, n: int) -> dict:
    return {"what": what, "measure": measure, "value": round(float(value), 4),
            "unit": unit, "n": int(n)}  # fmt: skip


def real_series(folder: Path) -> np.ndarray:
    """Return a real series in HU, from the feet to the head."""
    files = sorted(folder.glob("*.dcm"))
    height = [float(pydicom.dcmread(file, stop_before_pixels=True)
                    .ImagePositionPatient[2]) for file in files]  # fmt: skip
    return np.stack([read_hounsfield(files[place]) for place in np.argsort(height)])


def patient_mask(slice_hu: np.ndarray) -> np.ndarray:
    """Return the largest connected part above -300 HU with what it encloses."""
    parts, _ = label(slice_hu > -300)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return binary_fill_holes(parts == sizes.argmax())


def _real_exports(volume: np.ndarray) -> Iterator[dict]:
    """Yield what exports lose of the voxels inside the patient."""
    inside = np.stack([patient_mask(hu) for hu in volume])
    n = inside.sum()
    for name, window in EXPORTS.items():
        grey = np.stack([export_grey(hu, window) for hu in volume])
        lossy = np.stack([jpeg(picture, quality=90) for picture in grey])
        back = recover_hounsfield(grey, window)
        known = np.isfinite(back) & inside
        error = back[known] - volume[known]
        what = f"{name} {window.center:.0f}/{window.width:.0f}"
        yield _fact(what, "black, patient", (grey[inside] == 0).mean(), "share", n)
        yield _fact(what, "white, patient", (grey[inside] == 255).mean(), "share", n)
        yield _fact(
            what, "PNG, RMS error", np.sqrt((error**2).mean()), "HU", known.sum()
        )
        both = known & (lossy > 0) & (lossy < 255)
        error = recover_hounsfield(lossy, window)[both] - volume[both]
        yield _fact(what, "JPEG 90, RMS error", np.sqrt((error**2).mean()), "HU",
                    both.sum())  # fmt: skip
        white = (grey == 255) & inside
        yield _fact(what, "JPEG 90, white no longer 255", (lossy[white] < 255).mean(),
                    "share", white.sum())  # fmt: skip


def _rms(error: np.ndarray) -> float:
    return float(np.sqrt(np.square(error, dtype=float).mean()))


def _eight_bit_dicom(folder: Path) -> Iterator[dict]:
    """Yield how far an 8-bit DICOM copy of a CT slice is from the slice itself."""
    whole = read_hounsfield(folder / "ct_implicit_le.dcm")
    copy = read_hounsfield(folder / "ct_jpeg_baseline_8bit.dcm", lowest=-np.inf)
    known = np.isfinite(whole)
    error = np.abs(copy - whole)[known]
    what = "8-bit JPEG copy of a CT slice"
    yield _fact(what, "padding not declared", 1 - known.mean(), "share", known.size)
    yield _fact(what, "median error", np.median(error), "HU", error.size)
    yield _fact(what, "largest error", error.max(), "HU", error.size)
    muscle = known & (np.abs(whole - 50) < 30)
    yield _fact(what, "distinct values in 20 to 80 HU", len(np.unique(copy[muscle])),
                "values", muscle.sum())  # fmt: skip


def _patches(folder: Path) -> Iterator[dict]:
    """Yield how many pixels of the 8-bit LUNA16 patches lie at the ends."""
    with np.load(next(folder.glob("*.npz")), allow_pickle=False) as file:
        images = np.concatenate([file[f"{part}_images"] for part in
                                 ("train", "val", "test")])  # fmt: skip
    ends = (images == 0) | (images == 255)
    yield _fact("LUNA16 patches", "pixels at 0 or 255", ends.mean(), "share", ends.size)
    touched = ends.any(axis=(1, 2))
    yield _fact("LUNA16 patches", "patches with such pixels", touched.mean(), "share",
                len(images))  # fmt: skip


def _taken_and_refused(folder: Path) -> Iterator[dict]:
    """Yield how many of the DICOM files of a folder are read as HU."""
    files, taken = sorted(folder.rglob("*.dcm")), 0
    for file in files:
        try:
            read_hounsfield(file)
            taken += 1
        except DicomPixelsError:
            continue
    yield _fact("DICOM files", "read as HU", taken, "files", len(files))
    yield _fact("DICOM files", "refused", len(files) - taken, "files", len(files))
