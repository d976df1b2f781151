"""Measured run time of each lesson, kept in ``data/evidence/lesson_times.csv``.

`build_notebooks` measures; the README table and the card at the top of each lesson
quote; tests compare.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from helpers.files import written_whole

SAME = 0.25
FIRST_LESSON = "00"
COLD = "making the patients"  # the row of what the first lesson does once


def times_file(root: Path) -> Path:
    """Return where the table lives."""
    return root / "data" / "evidence" / "lesson_times.csv"


def read_times(root: Path) -> dict[str, dict[str, int]]:
    """Return the table as {lesson name: {column: whole number}}; empty if missing."""
    path = times_file(root)
    if not path.exists():
        return {}
    return pd.read_csv(path, index_col="lesson").to_dict("index")


def record_time(
    root: Path, lesson: str, *, seconds: float, slowest_cell_s: float, memory_mb: int
) -> None:
    """Put one measurement into the table.

    A new time within a quarter of the stored one is noise and changes nothing.
    """
    table = read_times(root)
    old = table.get(lesson, {"seconds": -1e9})["seconds"]
    if abs(seconds - old) <= SAME * max(old, 4):
        return
    table[lesson] = {
        "seconds": max(1, round(seconds)),
        "slowest_cell_s": round(slowest_cell_s),
        "peak_memory_mb": round(memory_mb / 10) * 10,
        "cpu_cores": os.cpu_count() or 1,
    }
    rows = pd.DataFrame.from_dict(table, orient="index").sort_index()
    with written_whole(times_file(root)) as part:
        rows.to_csv(part, index_label="lesson", lineterminator="\n")
