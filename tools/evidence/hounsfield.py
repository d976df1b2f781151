"""Measure once what lesson 11 quotes and does not compute again.

    python -m tools.evidence.hounsfield simulated    eight patients, about a minute
    python -m tools.evidence.hounsfield real         real files in COURSE_DATA_DIR

The first scans in-silico patients, measures tissues whose attenuation is known, and
exports a nodule with and without calcium. The second does what can be done of it on a
real chest CT and on real 8-bit pictures. Both write into data/evidence.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.ndimage import binary_erosion

from helpers.files import data_dir
from helpers.volumes import measure_region
from helpers.windowing import export_grey
from phantoms.chest.anatomy import chest_solids
from phantoms.chest.ct import grid_view
from phantoms.chest.layers import tissue_layers
from phantoms.cohort.nodules import nodule_study
from phantoms.physics.attenuation import iodine_hu, material_hu
from phantoms.shapes.voxels import VoxelGrid, fill_pieces, whole_box
from phantoms.study.radiograph import imaged_body
from phantoms.study.scan import CT_POSTURE, USUAL, WITH_CONTRAST, scan_grid, scan_voxels
from phantoms.study.study import Study
from tools.evidence.hounsfield_real import EXPORTS, measure_real
from tools.evidence.pages import EVIDENCE, write_table

PATIENTS = range(1, 9)
SLICE_MM, SIZE, SLICES = 2.5, 512, 5
LEVELS_MM = {"heart": -95.0, "trachea": 25.0}  # above the carina


def slab_at(study: Study, height_mm: float, *, size: int = SIZE):
    """Return the body and a grid of a few slices at a height above the carina."""
    body = imaged_body(study, CT_POSTURE)
    grid = scan_grid(*body, slice_mm=SLICE_MM, size=size)
    first = round((height_mm - grid.origin_mm[2]) / SLICE_MM)
    z = grid.origin_mm[2] + first * SLICE_MM
    origin = (*grid.origin_mm[:2], z)
    return body, replace(grid, origin_mm=origin, shape=(SLICES, size, size))


def pure_tissues(body, grid: VoxelGrid) -> dict[str, np.ndarray]:
    """Return where each tissue fills its voxels and their neighbours in the slice."""
    (anatomy, posture), view = body, grid_view(grid)
    solids = chest_solids(anatomy, view, posture=posture)
    layers = tissue_layers(anatomy, posture, view, solids=solids)
    box = whole_box(grid)
    share = {name: fill_pieces(part, grid, box) for name, part in layers.items()}
    others = sum(part for name, part in share.items() if name != "body")
    muscle = (share["body"] > 0.999) & (np.abs(others) < 1e-3)
    pure = {"fat": "adipose", "blood": "blood", "air": "air", "lung": "lung"}
    found = {name: share[key] > 0.999 for name, key in pure.items()}
    core = np.ones((1, 7, 7), bool)
    return {n: binary_erosion(m, core) for n, m in (found | {"muscle": muscle}).items()}


def materials_of(number: int, *, size: int = SIZE) -> Iterator[dict]:
    """Yield what tissues of known attenuation measure in one patient's scans."""
    study = nodule_study(number, calcification="central")
    levels = {
        "heart": (("fat", "muscle", "lung"), "heart", USUAL),
        "trachea": (("air", "blood"), "trachea", USUAL),
        "contrast": (("blood",), "trachea", WITH_CONTRAST),
    }
    for what, (tissues, level, acquisition) in levels.items():
        body, grid = slab_at(study, LEVELS_MM[level], size=size)
        scan = scan_voxels(study, body, grid, acquisition=acquisition)
        masks, effusion = pure_tissues(body, grid), scan.masks["effusion"]
        masks = {name: mask & ~effusion for name, mask in masks.items()}
        masks["effusion"] = binary_erosion(effusion, np.ones((1, 9, 9), bool))
        for name in (*tissues, *(("effusion",) if what == "heart" else ())):
            rise = iodine_hu(acquisition.iodine_mg_ml) if what == "contrast" else 0.0
            expected = material_hu(_MATERIALS[name]) + rise
            label_of = "blood with iodine" if rise else name
            yield from _material(number, label_of, expected, scan.hu, masks[name])


_MATERIALS = {"air": "air", "lung": "lung", "fat": "adipose", "effusion": "water",
              "muscle": "soft tissue", "blood": "blood"}  # fmt: skip


def _material(number, name, expected, volume, mask) -> Iterator[dict]:
    if (mask.sum(axis=(1, 2)) > 0).sum() < 2:
        return  # thin fat, no fluid at this height
    got = measure_region(volume, mask)
    yield {"patient": number, "material": name, "expected_hu": round(expected, 1),
           "measured_hu": round(got.mean, 2), "sd_hu": round(got.sd, 2),
           "low_hu": round(got.low, 2), "high_hu": round(got.high, 2),
           "voxels": got.voxels}  # fmt: skip


def twin_slabs(number: int, *, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Return the slices around a nodule in HU, with a calcified core and without."""
    slabs = []
    for calcification in ("central", "none"):
        study = nodule_study(number, calcification=calcification)
        middle = study.finding("nodule").bodies[0].centre[2] * study.patient.stretch[2]
        body, grid = slab_at(study, middle - SLICES / 2 * SLICE_MM, size=size)
        slabs.append(scan_voxels(study, body, grid, acquisition=USUAL).hu)
    return slabs[0], slabs[1]


def exports_of(number: int, *, size: int = SIZE) -> Iterator[dict]:
    """Yield what exports keep of one nodule with calcium and its twin without."""
    calcified, plain = twin_slabs(number, size=size)
    added = calcified.astype(int) - plain
    core, changed = added > 0.8 * added.max(), added != 0
    for name, window in EXPORTS.items():
        pictures = export_grey(calcified, window), export_grey(plain, window)
        lost = [(one[core] % 255 == 0).mean() for one in pictures]
        differ = (pictures[0] != pictures[1]).sum()
        yield {"patient": number, "window": name, "core_voxels": int(core.sum()),
               "core_calcified_hu": round(float(calcified[core].mean()), 1),
               "core_plain_hu": round(float(plain[core].mean()), 1),
               "lost_calcified": round(float(lost[0]), 3),
               "lost_plain": round(float(lost[1]), 3),
               "voxels_that_differ": int(changed.sum()),
               "greys_that_differ": int(differ),
               "core_greys_that_differ": int(
                   (pictures[0] != pictures[1])[core].sum()),
               }  # fmt: skip


def simulated() -> dict[str, pd.DataFrame]:
    """Return the tables of all patients by file name."""
    tables = {"materials": materials_of, "exports": exports_of}
    return {
        f"hounsfield_{name}.csv": pd.DataFrame(
            [row for number in PATIENTS for row in rows_of(number)]
        )
        for name, rows_of in tables.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m tools.evidence.hounsfield")
    parser.add_argument("which", choices=("simulated", "real"))
    which, data = parser.parse_args(arguments).which, data_dir()
    if which == "real" and not (data and (data / "dicom").is_dir()):
        print(
            "Set COURSE_DATA_DIR to the folder of dicom/ and ct_nodule_luna16/.",
            file=sys.stderr,
        )
        return 2
    real = which == "real"
    tables = {"hounsfield_real.csv": measure_real(data)} if real else simulated()
    for name, table in tables.items():
        print(table.to_string(index=False))
        write_table(table, EVIDENCE / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
