"""Style rules about single cells, their number and their time: the table of limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from tools.lessons.forms import as_text
from tools.lessons.times import read_times
from tools.style.report import Finding, LessonView

CODE_LINES, MODEL_LINES = 25, 35
WORDS = 220
CELLS = 60
RATIO = (0.9, 1.5)
LONG_CELL = 5
CODE_COLUMNS, PROSE_COLUMNS = 88, 100
LEARNER_KB, SOLUTION_KB = 60, 1000
LESSON_SECONDS, CELL_SECONDS = 150, 60


def check_cells(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the table of limits."""
    for rule in (_cell_sizes, _line_lengths, _balance, _bytes, _seconds):
        yield from rule(view)


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


def _cell_sizes(view: LessonView) -> Iterator[Finding]:
    for cell in view.code:
        limit = MODEL_LINES if "model" in cell.tags else CODE_LINES
        if cell.lines > limit:
            said = f"{cell.lines} code lines; expected at most {limit}. Split the cell."
            yield cell.number, said
    for cell in view.prose:
        if (words := words_in(cell.text)) > WORDS:
            yield cell.number, f"{words} words; expected at most {WORDS}. Shorten it."


def _line_lengths(view: LessonView) -> Iterator[Finding]:
    for cell in view.cells:
        limit = CODE_COLUMNS if cell.is_code else PROSE_COLUMNS
        for line in cell.text.splitlines():
            free = "http" in line or (line.startswith("|") and not cell.is_code)
            if len(line) > limit and not free:
                start = line.strip()[:40]
                long = f"a line of {len(line)} characters ('{start}...')"
                yield cell.number, f"{long}; expected at most {limit}."


def _balance(view: LessonView) -> Iterator[Finding]:
    """Check the numbers of cells, and that prose parts code (the setup is folded)."""
    prose, code = len(view.prose), len(view.code)
    if prose + code > CELLS:
        yield 0, f"{prose + code} cells; expected at most {CELLS}. Make it two lessons."
    ratio = round(prose / max(code, 1), 2)
    if not RATIO[0] <= ratio <= RATIO[1]:
        counts = f"{prose} Markdown and {code} code cells (ratio {ratio:.2f})"
        yield 0, f"{counts}; expected {RATIO[0]} to {RATIO[1]}."
    for one, other in pairwise(view.cells):
        both_code = one.is_code and other.is_code and "setup" not in one.tags
        if both_code and min(one.lines, other.lines) > LONG_CELL:
            what = f"two code cells of {one.lines} and {other.lines} lines in a row"
            yield other.number, f"{what}; expected prose between them."


def _bytes(view: LessonView) -> Iterator[Finding]:
    path = view.lesson.solution
    learner = len(as_text(view.learner).encode()) / 1000
    executed = path.stat().st_size / 1000 if path.exists() else 0
    if learner > LEARNER_KB:
        yield 0, f"learner form of {learner:.0f} KB; at most {LEARNER_KB} KB expected."
    if executed > SOLUTION_KB:
        yield 0, f"executed form of {executed:.0f} KB; expected {SOLUTION_KB} at most."


def _seconds(view: LessonView) -> Iterator[Finding]:
    measured = read_times(view.lesson.root).get(view.name)
    if measured is None:
        return
    seconds, slowest = measured["seconds"], measured["slowest_cell_s"]
    if seconds > LESSON_SECONDS:
        yield 0, f"{seconds} s of run time; expected at most {LESSON_SECONDS} s."
    if slowest > CELL_SECONDS:
        yield 0, f"a cell of {slowest} s; expected at most {CELL_SECONDS} s."
    match = re.search(r"runs in (?:about )?(\d+) (second|minute)", view.top)
    if not match:
        yield 1, "no run time in the card; expected 'runs in about N seconds'."
        return
    stated = int(match[1]) * (60 if match[2] == "minute" else 1)
    if not agrees(stated, seconds):
        yield 1, f"the card says {stated} s; expected about the measured {seconds} s."


def agrees(stated: float, measured: float) -> bool:
    """Return whether two run times agree within a factor of two or twenty seconds."""
    return abs(stated - measured) <= 20 or 0.5 <= stated / max(measured, 1) <= 2
