"""Style rules about single cells and their number: the table of limits."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    yield from _cell_sizes(view)
    yield from _line_lengths(view)
    yield from _balance(view)
    yield from _bytes(view)
    yield from _seconds(view)


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
    for cell in view.cells:
        if cell.is_code:
            limit = MODEL_LINES if "model" in cell.tags else CODE_LINES
            if cell.lines > limit:
                yield view.finding(
                    cell.number,
                    f"{cell.lines} code lines",
                    f"at most {limit}",
                    "Split the cell, or import the plumbing from helpers.",
                )
        elif (words := words_in(cell.text)) > WORDS:
            yield view.finding(
                cell.number,
                f"{words} words",
                f"at most {WORDS}",
                "Shorten it, or put a cell between two thoughts.",
            )


def _line_lengths(view: LessonView) -> Iterator[Finding]:
    for cell in view.cells:
        limit = CODE_COLUMNS if cell.is_code else PROSE_COLUMNS
        for line in cell.text.splitlines():
            free = not cell.is_code and (line.startswith("|") or "](http" in line)
            if len(line) > limit and not free and "http" not in line:
                yield view.finding(
                    cell.number,
                    f"a line of {len(line)} characters ('{line.strip()[:40]}...')",
                    f"at most {limit}",
                    "Break the line.",
                )


def _balance(view: LessonView) -> Iterator[Finding]:
    """Check the numbers of cells, and that prose parts code (the setup is folded)."""
    code = [cell for cell in view.cells if cell.is_code]
    prose = len(view.cells) - len(code)
    if len(view.cells) > CELLS:
        yield view.finding(
            0, f"{len(view.cells)} cells", f"at most {CELLS}", "Make it two lessons."
        )
    ratio = round(prose / max(len(code), 1), 2)
    if not RATIO[0] <= ratio <= RATIO[1]:
        yield view.finding(
            0,
            f"{prose} Markdown and {len(code)} code cells (ratio {ratio:.2f})",
            f"{RATIO[0]} to {RATIO[1]}",
            "Say more between the code cells."
            if ratio < RATIO[0]
            else "Merge neighbouring Markdown cells, or let code speak.",
        )
    for one, other in zip(view.cells, view.cells[1:], strict=False):
        both_code = one.is_code and other.is_code and "setup" not in one.tags
        if both_code and min(one.lines, other.lines) > LONG_CELL:
            yield view.finding(
                other.number,
                f"two code cells of {one.lines} and {other.lines} lines in a row",
                f"prose between cells of more than {LONG_CELL} lines",
                "Read the first cell's output aloud in a Markdown cell.",
            )


def _bytes(view: LessonView) -> Iterator[Finding]:
    learner_kb = len(as_text(view.learner).encode()) / 1000
    if learner_kb > LEARNER_KB:
        yield view.finding(
            0,
            f"learner form of {learner_kb:.0f} KB",
            f"at most {LEARNER_KB} KB",
            "Make it two lessons.",
        )
    path = view.lesson.solution
    if path.exists() and (size_kb := path.stat().st_size / 1000) > SOLUTION_KB:
        yield view.finding(
            0,
            f"executed form of {size_kb:.0f} KB",
            f"at most {SOLUTION_KB} KB",
            "Draw fewer or smaller figures.",
        )


def _seconds(view: LessonView) -> Iterator[Finding]:
    measured = read_times(view.lesson.root).get(view.name)
    if measured is None:
        return
    if measured["seconds"] > LESSON_SECONDS:
        yield view.finding(
            0,
            f"{measured['seconds']} s of run time",
            f"at most {LESSON_SECONDS} s",
            "Train less, or use the committed predictions.",
        )
    if measured["slowest_cell_s"] > CELL_SECONDS:
        yield view.finding(
            0,
            f"a cell of {measured['slowest_cell_s']} s",
            f"at most {CELL_SECONDS} s",
            "Split the work or make it smaller.",
        )
    yield from _card_time(view, measured["seconds"])


def _card_time(view: LessonView, seconds: int) -> Iterator[Finding]:
    """Compare the time on the card with the measured one."""
    stated = stated_seconds(view)
    if stated is None:
        yield view.finding(
            1,
            "no run time in the card",
            "'runs in about N seconds' (or minutes) in the row Time",
            f"It measured {seconds} s.",
        )
    elif not agrees(stated, seconds):
        yield view.finding(
            1,
            f"the card says {stated} s",
            f"about the measured {seconds} s (data/evidence)",
            "Correct the row Time.",
        )


def stated_seconds(view: LessonView) -> int | None:
    """Return the run time that the card promises, in seconds."""
    text = "\n".join(cell.text for cell in view.cells[:4] if not cell.is_code)
    match = re.search(r"runs in (?:about )?(\d+) (second|minute)", text)
    if not match:
        return None
    return int(match.group(1)) * (60 if match.group(2) == "minute" else 1)


def agrees(stated: float, measured: float) -> bool:
    """Return whether two run times agree within a factor of two or twenty seconds."""
    return abs(stated - measured) <= 20 or 0.5 <= stated / max(measured, 1) <= 2
