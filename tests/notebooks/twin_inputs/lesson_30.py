"""Inputs for the functions that lesson 30 teaches and helpers keep."""

import numpy as np

_RNG = np.random.default_rng(30)
_REFERENCE = _RNG.integers(0, 2, 60)
_SCORE = np.round(_REFERENCE + _RNG.normal(size=60), 1)  # rounded: with ties

TWIN_INPUTS = {
    "helpers.diagnostic_metrics.confusion_counts": [
        ((_REFERENCE, _SCORE), {"threshold": float(_SCORE[3])}),
        ((_REFERENCE, _SCORE), {"threshold": 99.0}),
        (([1, 0], [0.5, 0.5]), {"threshold": 0.5}),
    ],
    "helpers.intervals.wilson": [((18, 20), {}), ((20, 20), {}), ((0, 7), {})],
    "helpers.diagnostic_metrics.roc_curve": [
        ((_REFERENCE, _SCORE), {}),
        (([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.1]), {}),
    ],
}
