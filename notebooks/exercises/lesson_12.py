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
        "Does z tell slices apart in a sagittal series?": lambda o, p: np.argsort(
            p[:, 2]
        ),
        "The order is reversed: row x column gives the normal, not its opposite.": lambda o, p: (
            np.argsort(-_along(o, p))
        ),
        "This is the order in which the files came. Where do the positions enter?": lambda o, p: (
            np.arange(len(p))
        ),
        "These are the positions. Asked for are the indices that sort them.": lambda o, p: (
            np.sort(_along(o, p))
        ),
        "A distance from the origin has no sign: project on the normal instead.": lambda o, p: (
            np.argsort(np.linalg.norm(p, axis=1))
        ),
    },
    "12.4": {
        "A mean alone hides a gap. Compare each step with the median step.": lambda p: (
            float(np.ptp(p) / (len(p) - 1))
        ),
        "The positions come in any order. What has to be done first?": lambda p: (
            _spacing(p, steps=np.diff(np.asarray(p, float)))
        ),
        "A step can also be too small: two images at one place.": lambda p: (
            float("nan")
            if np.max(np.diff(np.sort(p))) > 1.05 * np.median(np.diff(np.sort(p)))
            else float(np.mean(np.diff(np.sort(p))))
        ),
        "The smallest step says nothing of the others.": lambda p: float(
            np.min(np.diff(np.sort(p)))
        ),
        "Positions are rounded: steps within 5 % of the median count as even.": lambda p: (
            _spacing(p, share=0.0)
        ),
        "The median hides a gap. Return NaN if any step is off.": lambda p: float(
            np.median(np.diff(np.sort(p)))
        ),
    },
}
