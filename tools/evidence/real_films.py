"""Real chest films in COURSE_DATA_DIR as cohorts with the simulator's findings.

The labels of NIH ChestX-ray14 were mined from reports: they are noisy, and a film
"without" a finding may have others. Nothing of these sets is part of the repository.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from PIL import Image
from tqdm.auto import tqdm

from helpers.cohorts import Card, Cohort
from helpers.files import data_dir
from helpers.patient_splits import split_patients

SETS = ("cxr_nih14_64px", "cxr_nih14_256px")
ORIGIN = (
    "NIH ChestX-ray14, Wang et al., CVPR 2017",
    "NIH: unrestricted, attribute",
    "doi:10.1109/CVPR.2017.369",
)
SAME_FINDING = {
    "consolidation": ("Consolidation", "Pneumonia"),
    "nodule": ("Nodule", "Mass"),
    "effusion": ("Effusion",),
    "pneumothorax": ("Pneumothorax",),
    "cardiomegaly": ("Cardiomegaly",),
    "oedema": ("Edema",),
}
"""Simulated finding to NIH labels; for tuberculosis there is no real set here."""


def real_films(name: str, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the films (n, side, side) of a set, and whose they are.

    Parameters
    ----------
    name : str
        One of `SETS`: a folder with labels.csv (file, patient_id) and its images.
    side : int
        Pixels; larger films are averaged by area.
    """
    folder = data_dir() / name
    table = pd.read_csv(folder / "labels.csv")
    images = []
    for file in tqdm(table["file"], desc=f"Reading {name}", unit="film", disable=None):
        path = folder / file if (folder / file).exists() else folder / "images" / file
        with Image.open(path) as film:
            grey = film.convert("L").resize((side, side), Image.Resampling.BOX)
        images.append(np.asarray(grey))
    return np.stack(images), ("N" + table["patient_id"].astype(str)).to_numpy()


def load_real(name: str, side: int) -> Cohort:
    """Return a real set at side x side pixels, without splits of its own.

    The column ``no_finding`` is 1 where the report names no finding at all.
    """
    images, patients = real_films(name, side)
    labels = pd.read_csv(data_dir() / name / "labels.csv")
    table = pd.DataFrame({"patient_id": patients, "study_id": labels["file"]})
    table = table.assign(site="NIH", split="external test")
    table["no_finding"] = (labels["finding_labels"] == "No Finding").astype(int)
    for finding, columns in SAME_FINDING.items():
        table[finding] = labels[list(columns)].max(axis=1)
    n_patients = table["patient_id"].nunique()
    card = Card(name, *ORIGIN, tuple(SAME_FINDING), n_patients=n_patients)
    return Cohort(name, images, table, None, card)


def dealt(cohort: Cohort, finding: str) -> Cohort:
    """Return a cohort with its patients dealt anew: 60, 15 and 25 %, as always."""
    split = split_patients(cohort.table, stratify=finding, seed=7).to_numpy()
    return replace(cohort, table=cohort.table.assign(split=split))
