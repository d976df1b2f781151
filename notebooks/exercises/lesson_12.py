"""Cases of the exercises of lesson 12: order, spacing, where a resize puts voxels."""

import numpy as np

from helpers.checks import Case, Exercise

AXIAL = (1, 0, 0, 0, 1, 0)
SAGITTAL = (0, 1, 0, 0, 0, -1)  # normal: row x column = (-1, 0, 0)
HALF = np.sqrt(0.5)

EXERCISES = {
    "12.2": Exercise(
        cases=[
            # z is 5, -2, 1: from the feet upwards -2, 1, 5
            Case(
                inputs=(AXIAL, np.array([[0, 0, 5.0], [0, 0, -2.0], [0, 0, 1.0]])),
                expected=np.array([1, 2, 0]),
                hint="An axial series is ordered from the feet: lowest z first.",
            ),
            # all z are equal; along (-1, 0, 0) the positions are -3, 4, -1
            Case(
                inputs=(SAGITTAL, np.array([[3.0, 0, 9], [-4.0, 0, 9], [1.0, 0, 9]])),
                expected=np.array([0, 2, 1]),
                hint="In a sagittal series z tells nothing: use the normal.",
            ),
            # normal (0, -h, h): along it -3h, 2h, h; by z alone it would be 2, 1, 0
            Case(
                inputs=(
                    (1, 0, 0, 0, HALF, HALF),
                    np.array([[0, 5.0, 2.0], [0, -1.0, 1.0], [0, -1.0, 0.0]]),
                ),
                expected=np.array([0, 2, 1]),
                hint="Project each position on the normal: positions @ normal.",
            ),
        ],
        hint="argsort of positions @ cross(row direction, column direction).",
    ),
    "12.4": Exercise(
        cases=[
            Case(
                inputs=([7.5, 0.0, 5.0, 2.5],),
                expected=2.5,
                hint="Sort first; then look at the steps.",
            ),
            # steps 2, 2, 4, 2: one slice is missing
            Case(
                inputs=([0.0, 2.0, 4.0, 8.0, 10.0],),
                expected=float("nan"),
                hint="A gap: one step is twice the others, so the answer is NaN.",
            ),
            # steps 3, 0, 3: two images at one place
            Case(
                inputs=([0.0, 3.0, 3.0, 6.0],),
                expected=float("nan"),
                hint="A step of 0 is also off the median.",
            ),
            # steps 1.02, 0.98, 1.0: within 5 %; the mean is 1
            Case(
                inputs=([0.0, 1.02, 2.0, 3.0],),
                expected=1.0,
                hint="Steps within 5 % of the median are even; return their mean.",
            ),
        ],
        hint="Sort, take differences, compare each with the median.",
        tolerance=1e-6,
    ),
    "12.6": Exercise(
        cases=[
            # edge at -1.25; new first centre at -1.25 + 0.5
            Case(
                inputs=(np.array([0.0]), np.array([2.5]), np.array([1.0])),
                expected=np.array([-0.75]),
                hint="The edge is at first - old / 2.",
            ),
            # 10 - 0.5 + 1.5 = 11; 20 unchanged
            Case(
                inputs=(
                    np.array([10.0, 20.0]),
                    np.array([1.0, 2.0]),
                    np.array([3.0, 2.0]),
                ),
                expected=np.array([11.0, 20.0]),
                hint="Going coarser moves the first centre inwards.",
            ),
        ],
        hint="old first - old spacing / 2 + new spacing / 2.",
        tolerance=1e-6,
    ),
}


def _along(orientation, positions):
    row, column = np.reshape(np.asarray(orientation, float), (2, 3))
    return np.asarray(positions, float) @ np.cross(row, column)


def _spacing(positions, *, steps=None, share=0.05, pick=np.mean):
    steps = np.diff(np.sort(positions)) if steps is None else steps
    usual = np.median(steps)
    if np.any(np.abs(steps - usual) > share * usual):
        return float("nan")
    return float(pick(steps))


MISTAKES = {
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
