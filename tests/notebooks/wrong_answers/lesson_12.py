"""Known wrong answers to the exercises of lesson 12; no check may accept one."""

import numpy as np


def _along(orientation, positions):
    row, column = np.reshape(np.asarray(orientation, float), (2, 3))
    return np.asarray(positions, float) @ np.cross(row, column)


def _spacing(positions, *, steps=None, share=0.05, pick=np.mean):
    steps = np.diff(np.sort(positions)) if steps is None else steps
    usual = np.median(steps)
    if np.any(np.abs(steps - usual) > share * usual):
        return float("nan")
    return float(pick(steps))


WRONG = {
    "12.2": {
        "sorted by z": lambda o, p: np.argsort(p[:, 2]),
        "from the head downwards": lambda o, p: np.argsort(-_along(o, p)),
        "column x row": lambda o, p: np.argsort(
            _along(np.roll(np.asarray(o, float), 3), p)
        ),
        "in the order of the files": lambda o, p: np.arange(len(p)),
        "positions returned, not indices": lambda o, p: np.sort(_along(o, p)),
        "by the distance from the origin": lambda o, p: np.argsort(
            np.linalg.norm(p, axis=1)
        ),
    },
    "12.4": {
        "mean without a look at the steps": lambda p: float(np.ptp(p) / (len(p) - 1)),
        "not sorted": lambda p: _spacing(p, steps=np.diff(np.asarray(p, float))),
        "gaps only, no duplicates": lambda p: (
            float("nan")
            if np.max(np.diff(np.sort(p))) > 1.05 * np.median(np.diff(np.sort(p)))
            else float(np.mean(np.diff(np.sort(p))))
        ),
        "the smallest step": lambda p: float(np.min(np.diff(np.sort(p)))),
        "no tolerance at all": lambda p: _spacing(p, share=0.0),
        "the median for every series": lambda p: float(np.median(np.diff(np.sort(p)))),
    },
    "12.6": {
        "first centre kept": lambda first, old, new: np.asarray(first),
        "moved by the whole difference": lambda first, old, new: first + (new - old),
        "moved the other way": lambda first, old, new: first + (old - new) / 2,
        "the edge itself": lambda first, old, new: first - old / 2,
        "old first scaled": lambda first, old, new: first * new / old,
    },
}
