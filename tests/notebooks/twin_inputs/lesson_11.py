"""Inputs on which the functions of lesson 11 and their twins must agree."""

import numpy as np

TWIN_INPUTS = {
    "helpers.hounsfield_units.hounsfield_number": [
        ((0.182, 0.206), {}),
        ((np.array([0.0, 0.206, 0.574]), 0.206), {}),
    ],
}
