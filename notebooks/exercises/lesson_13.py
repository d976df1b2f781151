"""Answers expected in lesson 13, de-identification."""

from datetime import datetime, timedelta
from functools import partial

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


def _sizes(table, columns):
    return table.groupby(columns)[columns[0]].transform("size")


MISTAKES = {
    "13.2": {
        "A date is no number: 20240301 less 1 day is 20240229.": lambda date, days: (
            str(int(date) - days) if date.isdigit() else ""
        ),
        "What is no date must not come out again: return an empty text.": partial(
            _moved, other="itself"
        ),
        "Dates are moved back, not forward.": lambda date, days: _moved(date, -days),
        "DICOM writes YYYYMMDD, without dashes.": partial(_moved, form="%Y-%m-%d"),
        "Months have 28 to 31 days: let datetime count.": _months_of_thirty_days,
        "The date is still the one that the patient came on.": lambda date, days: date,
    },
    "13.5": {
        "Asked for is the size of each group, not how many there are.": lambda t, cols: (
            [t.groupby(cols).ngroups] * len(t)
        ),
        "Every row gets a number: the size of the group it belongs to.": lambda t, cols: (
            t.groupby(cols).size().to_numpy()
        ),
        "A group shares all the columns, not only the first.": lambda table, columns: (
            _sizes(table, columns[:1])
        ),
        "The row itself belongs to its group and counts.": lambda table, columns: (
            _sizes(table, columns) - 1
        ),
    },
}
