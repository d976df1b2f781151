"""Two simulated films of one patient that differ in nothing but a pneumothorax."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phantoms import ChestCohortSettings, image_study, study_of
from phantoms.chest.anatomy import build_anatomy
from phantoms.findings.pleura import pneumothorax_of


def twin_films(
    study_id: str, *, side: str, collapse: float, size: int = 128
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a patient of the default cohort healthy, and with a pneumothorax.

    All other findings and devices are taken out of both films. Anatomy, position and
    noise are the same; the display processing adapts to each film, by a few levels.

    Parameters
    ----------
    study_id : str
        A study of the cohort "chest_insilico", for example "P0003-1".
    side : {"right", "left"}
        Of the patient.
    collapse : float
        Share of the lung's volume that is lost, 0 to 1.
    size : int
        Rows and columns.

    Returns
    -------
    healthy, ill : uint8 array of shape (size, size)
        Display values, the patient's right on the image's left.
    mask : bool array of shape (size, size)
        Where the air is.

    Raises
    ------
    ValueError
        If there is no such study, or side, collapse or size cannot be.

    Examples
    --------
    >>> healthy, ill, mask = twin_films("P0003-1", side="right", collapse=0.4, size=64)
    >>> bool(ill[mask].mean() < healthy[mask].mean())
    True
    """
    study = study_of(ChestCohortSettings(), study_id)
    healthy = replace(study, findings=(), devices=())
    air = pneumothorax_of(build_anatomy(study.patient), side, collapse=collapse)
    twin = image_study(replace(healthy, findings=(air,)), size=size)
    return (
        image_study(healthy, size=size).image,
        twin.image,
        twin.masks["pneumothorax"],
    )
