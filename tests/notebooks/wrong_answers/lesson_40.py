"""Mistakes that the checks of lesson 40 must tell from right answers."""

import numpy as np

WRONG = {
    "40.2": {
        "forgot the baseline": lambda parts, film, baseline: (
            abs(parts.sum() - film) / abs(film)
        ),
        "left the gap in logits": lambda parts, film, baseline: abs(
            parts.sum() - (film - baseline)
        ),
        "signed rise below the line": lambda parts, film, baseline: (
            abs(parts.sum() - (film - baseline)) / (film - baseline)
        ),
        "signed gap": lambda parts, film, baseline: (
            (parts.sum() - (film - baseline)) / abs(film - baseline)
        ),
        "added up sizes": lambda parts, film, baseline: (
            abs(abs(parts).sum() - (film - baseline)) / abs(film - baseline)
        ),
    },
    "40.3": {
        "forgot the ReLU": lambda features, slopes: (
            features * slopes.mean(axis=(0, 1))
        ).sum(axis=-1),
        "ReLU before the sum": lambda features, slopes: np.maximum(
            features * slopes.mean(axis=(0, 1)), 0
        ).sum(axis=-1),
        "sum of the slopes, not their mean": lambda features, slopes: np.maximum(
            (features * slopes.sum(axis=(0, 1))).sum(axis=-1), 0
        ),
        "slopes cell by cell": lambda features, slopes: np.maximum(
            (features * slopes).sum(axis=-1), 0
        ),
        "mean over the features": lambda features, slopes: np.maximum(
            (features * slopes.mean(axis=-1, keepdims=True)).sum(axis=-1), 0
        ),
    },
    "40.5": {
        "any positive value inside": lambda saliency_map, mask: bool(
            (saliency_map[mask] > 0).any()
        ),
        "largest size instead of largest value": lambda saliency_map, mask: bool(
            mask[abs(saliency_map) == abs(saliency_map).max()].all()
        ),
        "one of several maxima is enough": lambda saliency_map, mask: bool(
            mask[saliency_map == saliency_map.max()].any()
        ),
        "first maximum only": lambda saliency_map, mask: bool(
            mask.ravel()[saliency_map.argmax()]
        ),
        "the place, not the answer": lambda saliency_map, mask: saliency_map.argmax(),
    },
}
