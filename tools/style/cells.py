"""Style rules about single cells, their number and their time: the table of limits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise

from tools.lessons.forms import as_text
from tools.lessons.times import COLD, FIRST_LESSON, read_times
from tools.style.report import Finding, LessonView

CODE_LINES, MODEL_LINES = 25, 35
WORDS = 220
CELLS = 50
MINUTES = 60
WORDS_A_MINUTE, LINES_A_MINUTE = 180, 12
RATIO = (0.9, 1.5)
LONG_CELL = 5
CODE_COLUMNS, PROSE_COLUMNS = 88, 100
LEARNER_KB, SOLUTION_KB = 60, 1000
LESSON_SECONDS, CELL_SECONDS = 150, 60


def check_cells(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the table of limits."""
    for cell, found, limit, what in _measured(view):
        if found > limit:
            yield cell, f"{found} {what}; expected at most {limit}."
    yield from _balance(view)
    yield from _stated_time(view)


def words_in(markdown: str) -> int:
    """Count the words a reader reads: no links' addresses, tags or table rules.

    Examples
    --------
    >>> words_in("See [the atlas](https://example.org) <b>now</b>.")
    4
    """
    text = re.sub(r"<[^>]+>", " ", markdown)
    text = re.sub(r"\]\([^)]*\)", "] ", text)
    return len(re.findall(r"[^\W_](?:[\w'’.,/%-]*\w)?", text))


def _measured(view: LessonView) -> Iterator[tuple[int, int, int, str]]:
    """Yield (cell, found, limit, of what) for everything that has an upper limit."""
    for cell in view.code:
        limit = MODEL_LINES if "model" in cell.tags else CODE_LINES
        yield cell.number, cell.lines, limit, "code lines"
    for cell in view.prose:
        yield cell.number, words_in(cell.text), WORDS, "words"
    for cell in view.cells:
        limit = CODE_COLUMNS if cell.is_code else PROSE_COLUMNS
        for line in cell.text.splitlines():
            if "http" not in line and (cell.is_code or not line.startswith("|")):
                start = line.strip()[:40]
                yield cell.number, len(line), limit, f"characters in '{start}...'"
    yield 0, len(view.cells), CELLS, "cells"
    learner, executed = len(as_text(view.learner).encode()), view.lesson.solution
    yield 0, learner // 1000, LEARNER_KB, "KB of the learner form"
    if executed.exists():
        yield 0, executed.stat().st_size // 1000, SOLUTION_KB, "KB of the executed form"
    if times := read_times(view.lesson.root).get(view.name):
        yield 0, times["seconds"], LESSON_SECONDS, "s of run time"
        yield 0, times["slowest_cell_s"], CELL_SECONDS, "s in one cell"


def _balance(view: LessonView) -> Iterator[Finding]:
    """Check the numbers of cells, and that prose parts code (the setup is folded)."""
    prose, code = len(view.prose), len(view.code)
    ratio = round(prose / max(code, 1), 2)
    if not RATIO[0] <= ratio <= RATIO[1]:
        counts = f"{prose} Markdown and {code} code cells (ratio {ratio:.2f})"
        yield 0, f"{counts}; expected {RATIO[0]} to {RATIO[1]}."
    for one, other in pairwise(view.cells):
        both_code = one.is_code and other.is_code and "setup" not in one.tags
        if both_code and min(one.lines, other.lines) > LONG_CELL:
            what = f"two code cells of {one.lines} and {other.lines} lines in a row"
            yield other.number, f"{what}; expected prose between them."


def _stated_time(view: LessonView) -> Iterator[Finding]:
    """Check that the card states the minutes, and the measured run time if there is."""
    measured = read_times(view.lesson.root).get(view.name)
    minutes = minutes_of(view, measured["seconds"] if measured else 0)
    if minutes > MINUTES:
        yield 0, f"{minutes} minutes by the formula; expected at most {MINUTES}."
    if f"| {minutes} minutes;" not in view.top:
        yield 1, f"another time in the card; expected '| Time | {minutes} minutes; ...'"
    if measured is None:
        return
    seconds = measured["seconds"]
    match = re.search(r"runs in (?:about )?(\d+) (second|minute)", view.top)
    if not match:
        yield 1, "no run time in the card; expected 'runs in about N seconds'."
        return
    cold = read_times(view.lesson.root).get(COLD)
    once = re.search(r"the first time (?:about )?(\d+)", view.top)
    if view.number == FIRST_LESSON and cold:
        longer = seconds + cold["seconds"]
        if not once or not agrees(int(once[1]), longer):
            yield 1, f"expected 'the first time about {longer} seconds' in the card."
    stated = int(match[1]) * (60 if match[2] == "minute" else 1)
    if not agrees(stated, seconds):
        yield 1, f"the card says {stated} s; expected about the measured {seconds} s."


def minutes_of(view: LessonView, seconds: float) -> int:
    """Return the minutes that a lesson takes, rounded up to five.

    Reading its words and its code lines (of the learner form), doing its exercises,
    and waiting for it to run.
    """
    cells = view.learner.cells
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    lines = sum(bool(line.strip()) for text in code for line in text.splitlines())
    exercises = re.findall(r"^### .*\((\d+) min\)", view.text, re.M)
    minutes = sum(words_in(text) for text in prose) / WORDS_A_MINUTE
    minutes += lines / LINES_A_MINUTE + sum(map(int, exercises)) + seconds / 60
    return 5 * math.ceil(minutes / 5)


def agrees(stated: float, measured: float) -> bool:
    """Return whether two run times agree within a factor of two or twenty seconds."""
    return abs(stated - measured) <= 20 or 0.5 <= stated / max(measured, 1) <= 2
