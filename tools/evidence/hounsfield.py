"""Measure once what lesson 11 quotes and does not compute again.

    python -m tools.evidence.hounsfield simulated    eight patients, about a minute
    python -m tools.evidence.hounsfield real         real files in COURSE_DATA_DIR

The first scans in-silico patients, measures tissues whose attenuation is known, and
exports a nodule with and without calcium. The second does what can be done of it on
real files, which data/README.md describes: the series Lung_Dx-A0002 of TCIA
Lung-PET-CT-Dx (CC BY 4.0), one slice in two encodings, the 8-bit patches of LUNA16
(CC BY 4.0). Both write into data/evidence.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy.ndimage import binary_erosion, binary_fill_holes, label

from helpers.dicom_pixels import DicomPixelsError, read_hounsfield
from helpers.dicom_series import read_series
from helpers.volumes import disc, measure_region
from helpers.windowing import WINDOWS, Window, export_grey, recover_hounsfield
from phantoms.cohort.nodules import nodule_study
from phantoms.physics.attenuation import iodine_hu, material_hu
from phantoms.study.radiograph import imaged_body
from phantoms.study.scan import CT_POSTURE, USUAL, WITH_CONTRAST, scan_grid, scan_voxels
from phantoms.study.study import Study
from tools.evidence import pages
from tools.evidence.realism_ct import pure_tissues

PATIENTS = range(1, 9)
SLICE_MM, SIZE, SLICES = 2.5, 512, 5
HEART_MM, TRACHEA_MM = -95.0, 25.0  # above the carina
SCANS = (
    (HEART_MM, USUAL, ("fat", "muscle", "lung", "effusion")),
    (TRACHEA_MM, USUAL, ("air", "blood")),
    (TRACHEA_MM, WITH_CONTRAST, ("blood",)),
)
MATERIALS = {"fat": "adipose", "effusion": "water", "muscle": "soft tissue"}
EXPORTS = {"lung": WINDOWS["lung"], "narrow lung": Window(-600.0, 1200.0)}
"""Windows by name; the second is the other one in the header of the real series."""
EXPORTS |= {name: WINDOWS[name] for name in ("mediastinum", "bone")}
ROUNDED = {"measured_hu": 2, "sd_hu": 2, "low_hu": 2, "high_hu": 2}  # decimals
REAL_DISCS = {  # slices, center (row, column), radius; placed by hand, by height
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


def slab_at(study: Study, height_mm: float, *, size: int = SIZE):
    """Return the body and a grid of a few slices at a height above the carina."""
    body = imaged_body(study, CT_POSTURE)
    grid = scan_grid(*body, slice_mm=SLICE_MM, size=size)
    first = round((height_mm - grid.origin_mm[2]) / SLICE_MM)
    origin = (*grid.origin_mm[:2], grid.origin_mm[2] + first * SLICE_MM)
    return body, replace(grid, origin_mm=origin, shape=(SLICES, size, size))


def materials_of(number: int, *, size: int = SIZE) -> Iterator[dict]:
    """Yield what tissues of known attenuation measure in one patient's scans."""
    study = nodule_study(number, calcification="central")
    for height_mm, acquisition, tissues in SCANS:
        body, grid = slab_at(study, height_mm, size=size)
        scan = scan_voxels(study, body, grid, acquisition=acquisition)
        effusion, rise = scan.masks["effusion"], iodine_hu(acquisition.iodine_mg_ml)
        masks, core = pure_tissues(*body, grid), np.ones((1, 7, 7), bool)
        masks = {n: binary_erosion(m, core) & ~effusion for n, m in masks.items()}
        masks["effusion"] = binary_erosion(effusion, np.ones((1, 9, 9), bool))
        for name in tissues:
            if masks[name].any(axis=(1, 2)).sum() < 2:
                continue  # thin fat, no fluid at this height
            got = measure_region(scan.hu, masks[name])
            row = {
                "patient": number,
                "material": f"{name} with iodine" if rise else name,
            }
            expected = material_hu(MATERIALS.get(name, name)) + rise
            row |= {"expected_hu": round(expected, 1), "measured_hu": got.mean}
            row |= {"sd_hu": got.sd, "low_hu": got.low, "high_hu": got.high}
            yield row | {"voxels": got.voxels}


def twin_slabs(number: int, *, size: int = SIZE) -> list[np.ndarray]:
    """Return the slices around a nodule in HU, with a calcified core and without."""
    slabs = []
    for calcification in ("central", "none"):
        study = nodule_study(number, calcification=calcification)
        middle = study.finding("nodule").bodies[0].centre[2] * study.patient.stretch[2]
        body, grid = slab_at(study, middle - SLICES / 2 * SLICE_MM, size=size)
        slabs.append(scan_voxels(study, body, grid, acquisition=USUAL).hu)
    return slabs


def exports_of(number: int, *, size: int = SIZE) -> Iterator[dict]:
    """Yield what exports keep of one nodule with calcium and its twin without."""
    calcified, plain = twin_slabs(number, size=size)
    added = calcified.astype(int) - plain
    core = added > 0.8 * added.max()
    for name, window in EXPORTS.items():
        with_it, without = export_grey(calcified, window), export_grey(plain, window)
        differ = with_it != without
        row = {"patient": number, "window": name, "core_voxels": int(core.sum())}
        for kind, hu in (("calcified", calcified), ("plain", plain)):
            row[f"core_{kind}_hu"] = round(float(hu[core].mean()), 1)
        for kind, grey in (("calcified", with_it), ("plain", without)):
            row[f"lost_{kind}"] = round(float((grey[core] % 255 == 0).mean()), 3)
        row["voxels_that_differ"] = int((added != 0).sum())
        row["greys_that_differ"] = int(differ.sum())
        yield row | {"core_greys_that_differ": int(differ[core].sum())}


def measure_real(data: Path) -> pd.DataFrame:
    """Return what was measured on the real files, one fact a row.

    Parameters
    ----------
    data : Path
        The folder that holds dicom/ and ct_nodule_luna16/.
    """
    dicom = data / "dicom"
    volume = read_series(dicom / "ct_series_lung_dx_a0002").values
    facts = [*_discs(volume), *_exports(volume), *_eight_bit_dicom(dicom / "syntax")]
    facts += [*_patches(data / "ct_nodule_luna16"), *_taken_and_refused(dicom)]
    table = pd.DataFrame(facts, columns=["what", "measure", "value", "unit", "n"])
    return table.astype({"value": float, "n": int}).round(4)


def _discs(volume: np.ndarray) -> Iterator[tuple]:
    """Yield what the discs placed by hand measure."""
    for name, (slices, center, radius) in REAL_DISCS.items():
        got = measure_region(volume[slices], disc(volume.shape[1:], center, radius))
        yield name, "mean", got.mean, "HU", got.voxels
        yield name, "SD", got.sd, "HU", got.voxels
        yield name, "95 % low", got.low, "HU", got.slices
        yield name, "95 % high", got.high, "HU", got.slices


def patient_mask(slice_hu: np.ndarray) -> np.ndarray:
    """Return the largest connected part above -300 HU with what it encloses."""
    parts, _ = label(slice_hu > -300)
    largest = 1 + np.bincount(parts.ravel())[1:].argmax()
    return binary_fill_holes(parts == largest)


def jpeg(grey: np.ndarray, *, quality: int) -> np.ndarray:
    """Return what a grey picture is after it was saved as JPEG and read again."""
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _exports(volume: np.ndarray) -> Iterator[tuple]:
    """Yield what exports lose of the voxels inside the patient."""
    inside = np.stack([patient_mask(hu) for hu in volume])
    n = inside.sum()
    for name, window in EXPORTS.items():
        grey = export_grey(volume, window)
        lossy = np.stack([jpeg(picture, quality=90) for picture in grey])
        what = f"{name} {window.center:.0f}/{window.width:.0f}"
        yield what, "black, patient", (grey[inside] == 0).mean(), "share", n
        yield what, "white, patient", (grey[inside] == 255).mean(), "share", n
        error = recover_hounsfield(grey, window) - volume
        known = np.isfinite(error) & inside
        yield what, "PNG, RMS error", rms(error[known]), "HU", known.sum()
        both = known & (lossy > 0) & (lossy < 255)
        error = recover_hounsfield(lossy, window) - volume
        yield what, "JPEG 90, RMS error", rms(error[both]), "HU", both.sum()
        white = lossy[(grey == 255) & inside]
        share = (white < 255).mean()
        yield what, "JPEG 90, white no longer 255", share, "share", white.size


def rms(error: np.ndarray) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt((error**2).mean()))


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
    muscle = copy[known & (np.abs(whole - 50) < 30)]
    values = len(np.unique(muscle))
    yield what, "distinct values in 20 to 80 HU", values, "values", muscle.size


def _patches(folder: Path) -> Iterator[tuple]:
    """Yield how many pixels of the 8-bit LUNA16 patches lie at the ends."""
    with np.load(next(folder.glob("*.npz")), allow_pickle=False) as file:
        parts = [file[f"{part}_images"] for part in ("train", "val", "test")]
    ends = np.isin(np.concatenate(parts), (0, 255))
    touched = ends.any(axis=(1, 2))
    yield "LUNA16 patches", "pixels at 0 or 255", ends.mean(), "share", ends.size
    what = "patches with such pixels"
    yield "LUNA16 patches", what, touched.mean(), "share", touched.size


def _taken_and_refused(folder: Path) -> Iterator[tuple]:
    """Yield how many of the DICOM files of a folder are read as HU."""
    files = list(folder.rglob("*.dcm"))
    refused = pages.count_refused(files, read_hounsfield, DicomPixelsError)
    n = len(files)
    yield "DICOM files", "read as HU", n - refused, "files", n
    yield "DICOM files", "refused", refused, "files", n


def record_simulated() -> None:
    """Write hounsfield_materials.csv and hounsfield_exports.csv."""
    for name, rows_of in (("materials", materials_of), ("exports", exports_of)):
        rows = [row for number in PATIENTS for row in rows_of(number)]
        table = pd.DataFrame(rows).round(ROUNDED)
        pages.write_table(table, pages.EVIDENCE / f"hounsfield_{name}.csv")


def record_real() -> None:
    """Write hounsfield_real.csv."""
    table = measure_real(pages.real_data("dicom", "ct_nodule_luna16"))
    pages.write_table(table, pages.EVIDENCE / "hounsfield_real.csv")


if __name__ == "__main__":
    pages.run_job({"simulated": record_simulated, "real": record_real})
