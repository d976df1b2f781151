"""One exam and two training sets, alike but for the patients met in the exam.

Whoever compares an image-level split with a patient-level one by dealing twice compares
two exams as well, and two numbers of training images. Here both stay the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.patient_splits.leakage import patient_column

__all__ = ["ExamAndTraining", "exam_and_training"]


class ExamAndTraining(NamedTuple):
    """Rows of an exam and of two training sets for it.

    Attributes
    ----------
    exam : int array
        Rows of the exam, drawn image by image.
    image_level, patient_level : int arrays of equal length
        Rows to learn from: of any patient, and of patients without an image in the
        exam.
    met : bool array, as long as `exam`
        Whether the patient of an exam row is also in `image_level`.
    """

    exam: np.ndarray
    image_level: np.ndarray
    patient_level: np.ndarray
    met: np.ndarray


def exam_and_training(
    patient_id: ArrayLike, *, test_fraction: float = 0.25, seed: int
) -> ExamAndTraining:
    """Draw an exam image by image, and the two training sets to be compared on it.

    Parameters
    ----------
    patient_id : array of shape (images,)
        Patient of each image.
    test_fraction : float
        Share of the images in the exam, above 0 and below 1.
    seed : int
        The same seed gives the same rows.

    Returns
    -------
    ExamAndTraining
        The patient-level set is all that remains once the patients of the exam are
        taken out; the image-level set is as many of the remaining images, at random.

    Raises
    ------
    ValueError
        If a patient is missing, the fraction is no share, or every patient has an image
        in the exam, so that nothing remains to learn from.

    Examples
    --------
    >>> rows = exam_and_training(list("AABBCDEF"), test_fraction=0.25, seed=3)
    >>> len(rows.exam), len(rows.image_level) == len(rows.patient_level)
    (2, True)
    """
    patients = patient_column(pd.DataFrame({"patient_id": patient_id})).to_numpy()
    if not 0 < test_fraction < 1:
        raise ValueError(
            f"test_fraction is {test_fraction}, expected a share above 0 and below 1, "
            "for example 0.25."
        )
    rng = np.random.default_rng(seed)
    dealt = rng.permutation(len(patients))
    exam, rest = np.split(dealt, [max(1, round(test_fraction * len(dealt)))])
    patient_level = rest[~np.isin(patients[rest], patients[exam])]
    if not len(patient_level):
        raise ValueError(
            f"All {len(set(patients))} patients have an image in the exam of "
            f"{len(exam)}, expected at least one patient to learn from. Draw a smaller "
            "exam, or find more patients."
        )
    image_level = rng.choice(rest, len(patient_level), replace=False)
    met = np.isin(patients[exam], patients[image_level])
    return ExamAndTraining(exam, image_level, patient_level, met)
