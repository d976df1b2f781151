"""Check every lesson against the style of the course.

::

    python -m tools.notebook_style           all lessons
    python -m tools.notebook_style 21 30     only these
    python -m tools.notebook_style --table   also print the size of each lesson

Each message names the lesson, the cell, what was found, what is expected, and how to
mend it. Cells are numbered from 1 as in the executed form.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.lessons.forms import as_text
from tools.lessons.source import SourceError, find_lessons
from tools.lessons.times import read_times
from tools.style.anatomy import check_anatomy
from tools.style.cells import check_cells, words_in
from tools.style.exercises import check_exercises
from tools.style.numbers import check_numbers
from tools.style.outputs import check_outputs
from tools.style.recipes import check_recipes
from tools.style.report import Finding, LessonView
from tools.style.words import check_words

ROOT = Path(__file__).resolve().parents[1]
RULES = (
    check_anatomy,
    check_cells,
    check_exercises,
    check_words,
    check_recipes,
    check_outputs,
    check_numbers,
)


def check_lesson(view: LessonView) -> list[Finding]:
    """Return every breach of the style in one lesson, in the order of its cells."""
    findings = [finding for rule in RULES for finding in rule(view)]
    return sorted(findings, key=lambda finding: finding.cell)


def check_course(views: Iterable[LessonView]) -> list[Finding]:
    """Return breaches of rules that span lessons: recipe names are unique."""
    owner: dict[str, str] = {}
    findings = []
    for view in views:
        for cell in view.tagged("recipe"):
            for tag in cell.tags:
                if tag.startswith("recipe:"):
                    first = owner.setdefault(tag, f"{view.name}, cell {cell.number}")
                    if first != f"{view.name}, cell {cell.number}":
                        findings.append(
                            view.finding(
                                cell.number,
                                f"the name '{tag}', taken by {first}",
                                "one name for each recipe",
                                "Rename it.",
                            )
                        )
    return findings


def size_table(views: Iterable[LessonView]) -> str:
    """Return a table of what STYLE gives targets for, one lesson a line."""
    head = (
        f"{'lesson':34} {'cells':>5} {'md:code':>7} {'code median':>11} {'p90':>4} "
        f"{'words median':>12} {'p90':>4} {'KB':>9} {'seconds':>7}"
    )
    lines = [head]
    for view in views:
        code = [cell.lines for cell in view.cells if cell.is_code]
        words = [words_in(cell.text) for cell in view.cells if not cell.is_code]
        path = view.lesson.solution
        sizes = [
            len(as_text(view.learner)),
            path.stat().st_size if path.exists() else 0,
        ]
        seconds = read_times(view.lesson.root).get(view.name, {}).get("seconds", 0)
        lines.append(
            f"{view.name:34} {len(view.cells):5d} {len(words) / len(code):7.2f} "
            f"{statistics.median(code):11.0f} {_p90(code):4.0f} "
            f"{statistics.median(words):12.0f} {_p90(words):4.0f} "
            f"{sizes[0] / 1000:4.0f}/{sizes[1] / 1000:<4.0f} {seconds:7d}"
        )
    return "\n".join(lines)


def _p90(values: list[int]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.9 * len(values)))]


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command line; return 1 if any rule is broken."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.notebook_style",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lessons", nargs="*", metavar="NN", help="only these lessons")
    parser.add_argument("--table", action="store_true", help="print sizes too")
    options = parser.parse_args(arguments)
    try:
        views = [LessonView(one) for one in find_lessons(root, options.lessons)]
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    findings = [finding for view in views for finding in check_lesson(view)]
    findings += check_course(views)
    for finding in findings:
        print(finding, file=sys.stderr)
    if options.table:
        print(size_table(views))
    if findings:
        print(f"{len(findings)} breaches of the style.", file=sys.stderr)
        return 1
    print(f"{len(views)} lessons keep to the style.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
