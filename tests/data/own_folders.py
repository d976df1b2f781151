"""Write small folders of somebody's "own" images, for tests and trials.

`write_png_folder` gives PNG + CSV, `write_dicom_folder` DICOM + CSV without a column
patient_id (it is in the headers). By hand:

    python tests/data/own_folders.py build/own_png build/own_dicom
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from helpers.cohorts.insilico import load_chest_insilico
from PIL import Image

from helpers.cohorts import Cohort
from phantoms import ChestCohortSettings

SETTINGS = ChestCohortSettings(seed=5, n_patients=160, n_images=260)


def small_cohort(size: int = 64) -> Cohort:
    """Return 260 in-silico radiographs of 160 patients, cached as any cohort is."""
    return load_chest_insilico(size, settings=SETTINGS)


def write_png_folder(folder: Path, *, cohort: Cohort | None = None) -> Path:
    """Write images/*.png, masks/*.png and labels.csv as a hospital might export them.

    Splits are called train, val and test; yes and no stand for 1 and 0.
    """
    cohort = cohort or small_cohort()
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    names = [f"{study}.png" for study in cohort.table["study_id"]]
    for row, name in enumerate(names):
        Image.fromarray(cohort.images[row]).save(folder / "images" / name)
        mask = cohort.masks["consolidation"][row]
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / "masks" / name)
    words = {"train": "train", "tuning": "val", "internal test": "test"}
    words["external test"] = "external"
    table = pd.DataFrame(
        {
            "image": [f"images/{name}" for name in names],
            "patient_id": cohort.table["patient_id"],
            "study_id": cohort.table["study_id"],
            "split": cohort.table["split"].map(words),
            "age": cohort.table["age"],
            "sex": cohort.table["sex"],
            "consolidation": cohort.table["consolidation"].map({1: "yes", 0: "no"}),
            "consolidation_mask": [f"masks/{name}" for name in names],
        }
    )
    table.to_csv(folder / "labels.csv", index=False)
    return folder


def write_dicom_folder(folder: Path, *, cohort: Cohort | None = None) -> Path:
    """Write DICOM files without extension, both polarities, and studies.csv.

    The CSV has a text column diagnosis and no split and no patient: the patient is in
    the DICOM header.
    """
    from phantoms.dicom_writing import Radiograph, write_radiograph

    cohort = cohort or small_cohort()
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"IM{row:05d}" for row in range(len(cohort))]
    for row, name in enumerate(names):
        facts = cohort.table.iloc[row]
        write_radiograph(
            folder / name,
            cohort.images[row],
            patient_id=facts["patient_id"],
            photometric="MONOCHROME1" if row % 3 == 0 else "MONOCHROME2",
            transfer_syntax="rle" if row % 2 else "uncompressed",
            details=Radiograph(
                sex=facts["sex"],
                age_years=int(facts["age"]),
                study=facts["study_id"],
            ),
        )
    diagnosis = np.where(cohort.labels("consolidation"), "consolidation", "normal")
    table = pd.DataFrame({"filename": names, "diagnosis": diagnosis})
    table.to_csv(folder / "studies.csv", index=False)
    return folder


if __name__ == "__main__":
    write_png_folder(Path(sys.argv[1]))
    write_dicom_folder(Path(sys.argv[2]))
