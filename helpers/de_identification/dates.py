"""Move dates and times of one patient into the past, all by the same amount.

Intervals stay exact: what lay 31 days and 4 minutes apart still does. Because the time
of day moves as well, an examination shortly after midnight may fall on the day before,
so the difference of two bare dates can change by one.

References
----------
DICOM PS3.15, E.3.6 (Retain Longitudinal Temporal Information Options); PS3.5, 6.2 (DA,
TM and DT).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from helpers.de_identification.pseudonyms import DAY_S, Shift

DATE = re.compile(r"(\d{4})[.-]?(\d\d)[.-]?(\d\d)$")
TIME = re.compile(r"(\d\d):?(\d\d)?:?(\d\d)?(?:\.(\d{1,6}))?$")
DATE_TIME = re.compile(r"(\d{8})(\d{2,6}(?:\.\d{1,6})?)?([+-]\d{4})?$")
PLAIN_DATE, PLAIN_TIME = "19000101", "000000"


def shifted_date(value: str, shift: Shift) -> str:
    """Return a DICOM date (YYYYMMDD) moved back by whole days.

    Returns "" for what is no date, and for a date that would leave the calendar.

    Examples
    --------
    >>> shift = Shift(1, 0, 0)
    >>> shifted_date("20260301", shift), shifted_date("last May", shift)
    ('20260228', '')
    """
    found = DATE.fullmatch(value.strip(" \0"))
    try:
        day = date(*(int(part) for part in found.groups())) - timedelta(shift.days)
    except (AttributeError, ValueError, OverflowError):
        return ""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def shifted_time(value: str, shift: Shift) -> tuple[str, int]:
    """Return a DICOM time moved back, and the days that it borrowed (0 or 1).

    The precision stays: a time without fraction gets none. ("", 0) for what is no time.

    Examples
    --------
    >>> shifted_time("000130", Shift(0, 60, 0)), shifted_time("000030", Shift(0, 60, 0))
    (('000030', 0), ('235930', 1))
    """
    found = TIME.fullmatch(value.strip(" \0"))
    if not found:
        return "", 0
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[:3])
    if hours > 23 or minutes > 59 or seconds > 60:
        return "", 0
    fraction = found.group(4)
    moment = (hours * 3600 + minutes * 60 + seconds - shift.seconds) * 1_000_000
    if fraction:
        moment += int(fraction.ljust(6, "0")) - shift.microseconds
    moment, borrowed = moment % (DAY_S * 1_000_000), int(moment < 0)
    whole, micro = divmod(moment, 1_000_000)
    text = f"{whole // 3600:02d}{whole // 60 % 60:02d}{whole % 60:02d}"
    return (f"{text}.{micro:06d}" if fraction else text), borrowed


def shifted_date_time(value: str, shift: Shift) -> str:
    """Return a DICOM date and time (DT) moved back; "" for what is neither.

    The offset from UTC is dropped: it tells where the scanner stands.

    Examples
    --------
    >>> shifted_date_time("20260301000030+0100", Shift(1, 60, 0))
    '20260227235930'
    """
    found = DATE_TIME.fullmatch(value.strip(" \0"))
    if not found:
        return ""
    day, time, _ = found.groups()
    moved, borrowed = shifted_time(time, shift) if time else ("", 0)
    if time and not moved:
        return ""
    day = shifted_date(day, Shift(shift.days + borrowed, 0, 0))
    return day + moved if day else ""


def days_between(first: str, second: str) -> int:
    """Return the days from one DICOM date to another.

    Examples
    --------
    >>> days_between("20260228", "20260301")
    1
    """
    return (
        datetime.strptime(second, "%Y%m%d") - datetime.strptime(first, "%Y%m%d")
    ).days
