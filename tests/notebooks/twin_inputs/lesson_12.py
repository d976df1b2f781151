"""Inputs on which the functions of lesson 12 and their twins must agree."""

from types import SimpleNamespace

import numpy as np

OBLIQUE = (1, 0, 0, 0, 0.8, 0.6)

TWIN_INPUTS = {
    "helpers.dicom_series.slice_position_mm": [
        (
            (
                SimpleNamespace(
                    ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                    ImagePositionPatient=[-160, -150, 42.5],
                ),
            ),
            {},
        ),
        (
            (
                SimpleNamespace(
                    ImageOrientationPatient=OBLIQUE,
                    ImagePositionPatient=["3", "-7.5", "12.25"],
                ),
            ),
            {},
        ),
    ],
    "helpers.dicom_series.affine_of": [
        ((np.array([-10.0, -20, 5]), OBLIQUE, (0.5, 0.25), (0.0, -1.5, 2)), {}),
        (((0, 0, 0), (0, 1, 0, 0, 0, -1), (1, 2), (-3, 0, 0)), {}),
    ],
}
