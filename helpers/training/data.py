"""What a network may be trained on: the images and labels of a split, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from helpers.training.settings import TrainingError

if TYPE_CHECKING:
    from helpers.cohorts import Cohort


def input_shape(cohort: Cohort) -> tuple[int, int, int]:
    """Return (rows, columns, channels) of the images of a cohort.

    Raises
    ------
    TrainingError
        If the images are volumes or have neither 1 nor 3 channels.
    """
    shape = tuple(cohort.images.shape)
    if len(shape) == 3:
        return (*shape[1:], 1)
    if len(shape) == 4 and shape[-1] in (1, 3):
        return shape[1:]
    raise TrainingError(
        f"The images of the cohort {cohort.name!r} have the shape {shape}; this "
        "network reads 2-D images, (n, rows, columns) grey or (n, rows, columns, 3) "
        "colour. If these are volumes (n, slices, rows, columns), choose a cohort of "
        "radiographs, or one slice per volume, say images[:, images.shape[1] // 2]."
    )


def images_and_labels(
    cohort: Cohort, finding: str, *, what: str, shape: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of one split after checking that they can be used.

    Parameters
    ----------
    cohort : Cohort
        One split.
    finding : str
        A column of 0/1.
    what : str
        What the message calls this split.
    shape : (rows, columns, channels)
        What the network reads.

    Raises
    ------
    TrainingError
        If the split is empty, holds one class only, has labels other than 0 and 1,
        images of another shape, or pixels that are no numbers.
    """
    found = input_shape(cohort)
    if found != shape:
        raise TrainingError(
            f"The network reads images of {shape}, those of the {what} are {found}. "
            "Build it with small_residual_network(training.input_shape(cohort))."
        )
    labels = np.asarray(cohort.labels(finding))
    if len(labels) == 0:
        raise TrainingError(
            f"The {what} is empty. Each split needs images of both classes; look at "
            "cohort.table['split'].value_counts()."
        )
    values = sorted({float(value) for value in np.unique(labels)})
    if not set(values) <= {0.0, 1.0}:
        raise TrainingError(
            f"The labels of {finding!r} in the {what} are {values[:6]}; expected 0 "
            "(absent) and 1 (present). Turn grades into 0/1 before training, say "
            "(table['grade'] >= 2).astype(int)."
        )
    if len(values) == 1:
        raise TrainingError(
            f"All {len(labels)} images of the {what} have {finding} = {values[0]:.0f}; "
            "a network learns a finding from images with and without it. Choose "
            "another finding, or split so that both classes are in every part."
        )
    if cohort.images.dtype.kind == "f":
        pixels = cohort.images.reshape(len(labels), -1)
        broken = int((~np.isfinite(pixels).all(axis=1)).sum())
        if broken:
            raise TrainingError(
                f"{broken} images of the {what} hold pixels that are NaN or infinite; "
                "expected display values 0..255. Find out how they came about before "
                "you replace them."
            )
    return cohort.images, labels
