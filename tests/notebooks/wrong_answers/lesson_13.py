"""Known mistakes in the exercises of lesson 13."""

from datetime import datetime, timedelta
from functools import partial


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


WRONG = {
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
    "13.5": {
        "number of groups": lambda t, cols: [t.groupby(cols).ngroups] * len(t),
        "sizes of groups, one each": lambda t, cols: t.groupby(cols).size().to_numpy(),
        "only the first column": lambda table, columns: _sizes(table, columns[:1]),
        "without the row itself": lambda table, columns: _sizes(table, columns) - 1,
    },
}
