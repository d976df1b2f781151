"""Real chest films in COURSE_DATA_DIR as cohorts with the simulator's findings.

The labels of NIH ChestX-ray14 were mined from reports: they are noisy, and a film
"without" a finding may have others. Nothing of these sets is part of the repository.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from helpers.cohorts import Card, Cohort
from helpers.files import data_dir
from helpers.patient_splits import split_patients
from tools.evidence.real_or_simulated import real_films

SETS = ("cxr_nih14_64px", "cxr_nih14_256px")
SAME_FINDING = {
    "consolidation": ("Consolidation", "Pneumonia"),
    "nodule": ("Nodule", "Mass"),
    "effusion": ("Effusion",),
    "pneumothorax": ("Pneumothorax",),
    "cardiomegaly": ("Cardiomegaly",),
    "oedema": ("Edema",),
}
"""Simulated finding to NIH labels; for tuberculosis there is no real set here."""


def missing_sets() -> list[str]:
    """Return the names of the sets that are not in COURSE_DATA_DIR."""
    folder = data_dir() or Path("/nonexistent")
    return [name for name in SETS if not (folder / name / "labels.csv").is_file()]


def load_real(name: str, side: int) -> Cohort:
    """Return a real set at side x side pixels, without splits of its own.

    The column ``no_finding`` is 1 where the report names no finding at all.
    """
    folder = data_dir() / name
    images, patients = real_films(folder, side)
    labels = pd.read_csv(folder / "labels.csv")
    table = pd.DataFrame({
        "patient_id": patients,
        "study_id": labels["file"],
        "site": "NIH",
        "split": "external test",
        "no_finding": (labels["finding_labels"] == "No Finding").astype(int),
    })  # fmt: skip
    for finding, columns in SAME_FINDING.items():
        table[finding] = labels[list(columns)].max(axis=1)
    card = Card(
        title=name,
        origin="NIH ChestX-ray14, Wang et al., CVPR 2017",
        licence="NIH: unrestricted, attribute",
        citation="doi:10.1109/CVPR.2017.369",
        findings=tuple(SAME_FINDING),
        n_patients=int(table["patient_id"].nunique()),
    )
    return Cohort(name, images, table, None, card)


def dealt(cohort: Cohort, finding: str) -> Cohort:
    """Return a cohort with its patients dealt anew: 60, 15 and 25 %, as always."""
    table = cohort.table.copy()
    table["split"] = split_patients(table, stratify=finding, seed=7).to_numpy()
    return Cohort(cohort.name, cohort.images, table, None, cohort.card)


def without_patients(cohort: Cohort, other: Cohort) -> Cohort:
    """Return the films of patients who are not in another cohort."""
    known = cohort.table["patient_id"].isin(other.table["patient_id"])
    return cohort.select(np.asarray(~known))
