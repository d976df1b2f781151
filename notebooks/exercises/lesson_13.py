"""Answers expected in lesson 13, de-identification."""

from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pandas as pd

from helpers.checks import Case, Exercise

_RAMP = np.arange(12, dtype=np.uint16).reshape(3, 4) + 5
_PEOPLE = pd.DataFrame(
    {
        "age": [61, 70, 61, 61, 70],
        "sex": ["F", "M", "F", "M", "M"],
        "site": list("ABABA"),
    },
    index=[9, 7, 5, 3, 1],
)


def _painted(box, value):
    top, left, bottom, right = box
    painted = _RAMP.copy()
    painted[top:bottom, left:right] = value
    return painted


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
    "13.3": Exercise(
        cases=[
            Case(
                inputs=(_RAMP.copy(), (0, 1, 2, 3), "MONOCHROME2"),
                expected=_painted((0, 1, 2, 3), 5),
                hint="In MONOCHROME2 the smallest value is black; here it is 5, not 0.",
            ),
            Case(
                inputs=(_RAMP.copy(), (1, 0, 3, 2), "MONOCHROME1"),
                expected=_painted((1, 0, 3, 2), 16),
                hint="In MONOCHROME1 the largest value is black; here it is 16.",
            ),
            Case(
                inputs=(_RAMP.copy(), (2, 3, 3, 4), "MONOCHROME2"),
                expected=_painted((2, 3, 3, 4), 5),
                hint="The box is (top, left, bottom, right), the last two excluded.",
            ),
        ],
        hint="Copy first, then assign to a slice.",
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


def _moved(date, days, *, form="%Y%m%d", other=""):
    try:
        return (datetime.strptime(date, "%Y%m%d") - timedelta(days)).strftime(form)
    except ValueError:
        return date if other == "itself" else other


def _months_of_thirty_days(date, days):
    if not date.isdigit() or int(date[4:6]) > 12:
        return ""
    number = int(date[:4]) * 360 + int(date[4:6]) * 30 + int(date[6:]) - 31 - days
    return f"{number // 360:04d}{number // 30 % 12 + 1:02d}{number % 30 + 1:02d}"


def _black(stored, photometric):
    return stored.max() if photometric == "MONOCHROME1" else stored.min()


def _painted(value=_black, *, order=(0, 1, 2, 3), more=0):
    def paint(stored, box, photometric):
        top, left, bottom, right = (box[place] for place in order)
        painted = stored.copy()
        painted[top : bottom + more, left : right + more] = value(stored, photometric)
        return painted

    return paint


def _sizes(table, columns):
    return table.groupby(columns)[columns[0]].transform("size")


MISTAKES = {
    "13.2": {
        "subtracts from the number": lambda date, days: (
            str(int(date) - days) if date.isdigit() else ""
        ),
        "passes free text on": partial(_moved, other="itself"),
        "into the future": lambda date, days: _moved(date, -days),
        "ISO form instead of DICOM's": partial(_moved, form="%Y-%m-%d"),
        "months of thirty days": _months_of_thirty_days,
        "date unchanged": lambda date, days: date,
    },
    "13.3": {
        "always zero": _painted(lambda stored, kind: 0),
        "always the smallest value": _painted(lambda stored, kind: stored.min()),
        "polarity the wrong way round": _painted(
            lambda stored, kind: stored.max() + stored.min() - _black(stored, kind)
        ),
        "last row and column included": _painted(more=1),
        "rows and columns swapped": _painted(order=(1, 0, 3, 2)),
        "nothing painted": lambda stored, box, kind: stored.copy(),
    },
    "13.5": {
        "number of groups": lambda t, cols: [t.groupby(cols).ngroups] * len(t),
        "sizes of groups, one each": lambda t, cols: t.groupby(cols).size().to_numpy(),
        "only the first column": lambda table, columns: _sizes(table, columns[:1]),
        "without the row itself": lambda table, columns: _sizes(table, columns) - 1,
    },
}
