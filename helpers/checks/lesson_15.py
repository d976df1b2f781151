"""Answers expected in lesson 15, patient-level split."""

import numpy as np

from helpers.checks import Case, Exercise

_COPIES = np.zeros((6, 2, 2), dtype=np.uint8)
_COPIES[1, 0, 0] = _COPIES[4, 0, 0] = 9
_COPIES[3, 1, 1] = 9
_COPIES[5, 0, 1] = 4

EXERCISES = {
    "15.2": Exercise(
        cases=[
            Case(
                inputs=(["P3", "P1", "P1", "P2"], ["P2", "P4", "P1"]),
                expected=["P1", "P2"],
                hint="P1 has two films in training and is named once; sort the result.",
            ),
            Case(
                inputs=(["P1", "P2"], ["P3"]),
                expected=[],
                hint="Nobody is shared: an empty list.",
            ),
            Case(inputs=(["b", "c", "a"], ["c", "a", "b"]), expected=["a", "b", "c"]),
        ],
        hint="Make a set of each list first.",
    ),
    "15.3": Exercise(
        cases=[
            Case(
                inputs=(
                    ["A", "A", "B", "B", "C", "D"],
                    ["train", "test", "train", "train", "test", "train"],
                ),
                expected=np.array([2, 3, 5]),
                hint="A has a test film, so A's training film (row 0) must go.",
            ),
            Case(
                inputs=(["A", "A", "A", "B"], ["train", "train", "test", "train"]),
                expected=np.array([3]),
                hint="Both training films of A must go, and the test row stays test.",
            ),
            Case(
                inputs=(["A", "B", "B"], ["test", "tuning", "train"]),
                expected=np.array([2]),
                hint="Only rows of the split train are asked for.",
            ),
        ],
        hint="First list the patients of the test rows, then mark training rows.",
    ),
    "15.5": Exercise(
        cases=[
            Case(
                inputs=(_COPIES,),
                expected=[2, 4],
                hint="Image 2 repeats image 0, image 4 repeats 1; 0 and 1 stay.",
            ),
            Case(
                inputs=(_COPIES[[0, 2, 0]],),
                expected=[1, 2],
                hint="Three equal images: the second and the third are copies.",
            ),
            Case(
                inputs=(_COPIES[[1, 3, 5]],),
                expected=[],
                hint="Images 1 and 3 have the same values at other places: not equal.",
            ),
        ],
        hint="The place of a value matters, so compare bytes, not sums.",
    ),
}
