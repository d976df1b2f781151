"""Known mistakes in the exercises of lesson 10."""

import numpy as np


def _unsigned_overflow(stored, slope, intercept):
    wide = stored.astype(np.int64) * int(slope) + int(intercept)
    return wide.astype(stored.dtype)  # what arithmetic in the stored type leaves


WRONG = {
    "10.1": {
        "forgot the intercept": lambda s, m, b: s.astype(np.float32) * m,
        "unsigned overflow": _unsigned_overflow,
        "added before multiplying": lambda s, m, b: (s.astype(np.float32) + b) * m,
    },
    "10.3": {
        "plain window": lambda x, c, w: np.clip((x - (c - w / 2)) / w, 0, 1),
        "width used as upper limit": lambda x, c, w: np.clip((x - c) / (w - c), 0, 1),
        "a step too many": lambda x, c, w: np.clip((x - (c - w / 2)) / (w - 1), 0, 1.1),
        "not clipped": lambda x, c, w: (x - (c - 0.5)) / (w - 1) + 0.5,
    },
}
