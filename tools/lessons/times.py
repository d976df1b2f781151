"""Measured run time of each lesson, kept in ``data/evidence/lesson_times.csv``.

`build_notebooks` measures; the README table and the card at the top of each lesson
quote; tests compare.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from tools.lessons.forms import write_atomically

COLUMNS = (
    "lesson",
    "seconds",
    "minutes",
    "slowest_cell_s",
    "peak_memory_mb",
    "cpu_cores",
)
SAME = 0.25


def times_file(root: Path) -> Path:
    """Return where the table lives."""
    return root / "data" / "evidence" / "lesson_times.csv"


def read_times(root: Path) -> dict[str, dict[str, int]]:
    """Return the table as {lesson name: {column: whole number}}; empty if missing."""
    path = times_file(root)
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            row["lesson"]: {name: int(row[name]) for name in COLUMNS[1:]}
            for row in csv.DictReader(stream)
        }


def minutes_of(seconds: float) -> int:
    """Round up to whole minutes, at least one.

    Examples
    --------
    >>> minutes_of(4), minutes_of(60), minutes_of(61)
    (1, 1, 2)
    """
    return max(1, -(-round(seconds) // 60))


def record_time(
    root: Path, lesson: str, *, seconds: float, slowest_cell_s: float, memory_mb: int
) -> None:
    """Put one measurement into the table.

    A new time within a quarter of the stored one is noise and changes nothing.
    """
    table = read_times(root)
    old = table.get(lesson)
    if old and abs(seconds - old["seconds"]) <= SAME * max(old["seconds"], 4):
        return
    table[lesson] = {
        "seconds": max(1, round(seconds)),
        "minutes": minutes_of(seconds),
        "slowest_cell_s": round(slowest_cell_s),
        "peak_memory_mb": round(memory_mb / 10) * 10,
        "cpu_cores": os.cpu_count() or 1,
    }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name in sorted(table):
        writer.writerow([name, *(table[name][column] for column in COLUMNS[1:])])
    write_atomically(times_file(root), text.getvalue())
