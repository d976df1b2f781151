"""Mistakes that the checks of lesson 40 must tell from right answers."""

import numpy as np


def _weighed(features, weights, *, before=False):
    """Return the map of some weights; `before`: negatives are cut before the sum."""
    parts = features * weights
    return np.maximum((np.maximum(parts, 0) if before else parts).sum(axis=-1), 0)


def _gap(sum_of_parts, film, baseline):
    return sum_of_parts - (film - baseline)


WRONG = {
    "40.2": {
        "forgot the baseline": lambda p, film, base: abs(p.sum() - film) / abs(film),
        "left the gap in logits": lambda p, *two: abs(_gap(p.sum(), *two)),
        "signed rise": lambda p, f, b: abs(_gap(p.sum(), f, b)) / (f - b),
        "signed gap": lambda p, f, b: _gap(p.sum(), f, b) / abs(f - b),
        "added up sizes": lambda p, f, b: abs(_gap(abs(p).sum(), f, b)) / abs(f - b),
    },
    "40.3": {
        "forgot the ReLU": lambda x, slopes: (x * slopes.mean(axis=(0, 1))).sum(-1),
        "ReLU before the sum": lambda x, slopes: _weighed(
            x, slopes.mean(axis=(0, 1)), before=True
        ),
        "sum, not mean": lambda x, slopes: _weighed(x, slopes.sum(axis=(0, 1))),
        "slopes cell by cell": _weighed,
        "mean over the features": lambda x, slopes: _weighed(
            x, slopes.mean(axis=-1, keepdims=True)
        ),
    },
    "40.5": {
        "any positive value inside": lambda heat, mask: bool((heat[mask] > 0).any()),
        "largest size": lambda h, mask: bool(mask[abs(h) == abs(h).max()].all()),
        "one of several maxima": lambda h, mask: bool(mask[h == h.max()].any()),
        "first maximum only": lambda heat, mask: bool(mask.ravel()[heat.argmax()]),
        "the place, not the answer": lambda heat, mask: heat.argmax(),
    },
}
