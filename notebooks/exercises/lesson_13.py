"""Answers expected in lesson 13, de-identification."""

import numpy as np
import pandas as pd

from helpers.checks import Case, Exercise

_PEOPLE = pd.DataFrame(
    {
        "age": [61, 70, 61, 61, 70],
        "sex": ["F", "M", "F", "M", "M"],
        "site": list("ABABA"),
    },
    index=[9, 7, 5, 3, 1],
)


EXERCISES = {
    "13.2": Exercise(
        cases=[
            Case(inputs=("20260301", 1), expected="20260228"),
            Case(
                inputs=("20240301", 1),
                expected="20240229",
                hint="2024 has a 29 February; leave calendars to datetime.",
            ),
            Case(
                inputs=("20260101", 400),
                expected="20241127",
                hint="Days may pass the turn of a year, also twice.",
            ),
            Case(
                inputs=("last May", 10),
                expected="",
                hint="What is no date must not be passed on.",
            ),
            Case(inputs=("", 10), expected="", hint="An empty date stays empty."),
            Case(
                inputs=("20261301", 10),
                expected="",
                hint="There is no month 13: this is no date either.",
            ),
        ],
        hint="Subtract the days from a date, not from a number.",
    ),
    "13.5": Exercise(
        cases=[
            Case(
                inputs=(_PEOPLE, ["age", "sex"]),
                expected=np.array([2, 2, 2, 1, 2]),
                hint="Rows 1 and 3 are both 61 and F, so each gets 2.",
            ),
            Case(
                inputs=(_PEOPLE, ["age", "sex", "site"]),
                expected=np.array([2, 1, 2, 1, 1]),
                hint="With the site, the two men of 70 differ.",
            ),
            Case(inputs=(_PEOPLE, ["sex"]), expected=np.array([2, 3, 2, 3, 3])),
        ],
        hint="Count the rows of each group, and give the count to every row of it.",
    ),
}
