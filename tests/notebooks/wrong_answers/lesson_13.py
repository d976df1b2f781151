"""Known mistakes in the exercises of lesson 13."""

from datetime import datetime, timedelta


def _passes_text_on(date, days):
    try:
        moved = datetime.strptime(date, "%Y%m%d") - timedelta(days)
    except ValueError:
        return date
    return moved.strftime("%Y%m%d")


def _to_the_future(date, days):
    try:
        moved = datetime.strptime(date, "%Y%m%d") + timedelta(days)
    except ValueError:
        return ""
    return moved.strftime("%Y%m%d")


def _with_hyphens(date, days):
    try:
        moved = datetime.strptime(date, "%Y%m%d") - timedelta(days)
    except ValueError:
        return ""
    return moved.date().isoformat()


def _months_of_thirty_days(date, days):
    if not date.isdigit() or int(date[4:6]) > 12:
        return ""
    number = int(date[:4]) * 360 + int(date[4:6]) * 30 + int(date[6:]) - 31 - days
    return f"{number // 360:04d}{number // 30 % 12 + 1:02d}{number % 30 + 1:02d}"


def _painted(value):
    def paint(stored, box, photometric):
        top, left, bottom, right = box
        painted = stored.copy()
        painted[top:bottom, left:right] = value(stored, photometric)
        return painted

    return paint


def _last_ones_included(stored, box, photometric):
    top, left, bottom, right = box
    painted = stored.copy()
    darkest = stored.max() if photometric == "MONOCHROME1" else stored.min()
    painted[top : bottom + 1, left : right + 1] = darkest
    return painted


def _x_and_y_swapped(stored, box, photometric):
    left, top, right, bottom = box
    return _painted(
        lambda image, kind: image.max() if kind == "MONOCHROME1" else image.min()
    )(stored, (top, left, bottom, right), photometric)


WRONG = {
    "13.2": {
        "subtracts from the number": lambda date, days: (
            str(int(date) - days) if date.isdigit() else ""
        ),
        "passes free text on": _passes_text_on,
        "into the future": _to_the_future,
        "ISO form instead of DICOM's": _with_hyphens,
        "months of thirty days": _months_of_thirty_days,
        "date unchanged": lambda date, days: date,
    },
    "13.3": {
        "always zero": _painted(lambda stored, photometric: 0),
        "always the smallest value": _painted(lambda stored, photometric: stored.min()),
        "polarity the wrong way round": _painted(
            lambda stored, photometric: (
                stored.min() if photometric == "MONOCHROME1" else stored.max()
            )
        ),
        "last row and column included": _last_ones_included,
        "rows and columns swapped": _x_and_y_swapped,
        "nothing painted": lambda stored, box, photometric: stored.copy(),
    },
    "13.5": {
        "number of groups": lambda table, columns: (
            [table.groupby(columns).ngroups] * len(table)
        ),
        "sizes of groups, one each": lambda table, columns: (
            table.groupby(columns).size().to_numpy()
        ),
        "only the first column": lambda table, columns: table.groupby(columns[0])[
            columns[0]
        ].transform("size"),
        "the others without the row itself": lambda table, columns: (
            table.groupby(columns)[columns[0]].transform("size") - 1
        ),
    },
}
