"""Inputs on which the functions of lesson 10 and their twins must agree."""

import numpy as np

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)

TWIN_INPUTS = {
    "helpers.windowing.plain_window": [
        ((np.array([-1000.0, 40.0, 3000.0]),), {"center": 40, "width": 400}),
        ((np.arange(-5, 5, dtype=np.int16),), {"center": 0, "width": 3.5}),
        ((RAMP,), {"center": 128, "width": 64}),
    ],
    "phantoms.dicom_writing.stored_values": [
        ((RAMP,), {"photometric": "MONOCHROME1", "bits": 12}),
        ((RAMP,), {"photometric": "MONOCHROME2", "bits": 8}),
        ((RAMP,), {"photometric": "MONOCHROME2", "bits": 16}),
    ],
}
