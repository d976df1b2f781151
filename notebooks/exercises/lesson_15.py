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
    "15.4": Exercise(
        cases=[
            Case(
                inputs=([1, 0, 0, 0, 0], [1, 1, 1, 0, 0]),
                expected=0.5 + (1 / 3 - 0 / 2) / 2,
                hint="Ones among the three diseased: 1; among the two healthy: 0.",
            ),
            Case(
                inputs=([1, 0, 1, 0], [1, 0, 1, 0]),
                expected=1.0,
                hint="Who knows the answer itself has an area of 1.",
            ),
            Case(
                inputs=([0, 1, 0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0, 0]),
                expected=0.125,
                hint="An answer that is mostly wrong has an area below one half.",
            ),
            Case(
                inputs=([1, 1, 1], [1, 0, 0]),
                expected=0.5,
                hint="The same answer for all is worth one half.",
            ),
        ],
        hint="Two means: of known where truth is 1, and where truth is 0.",
    ),
    "15.6": Exercise(
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
