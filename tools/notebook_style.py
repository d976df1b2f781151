"""Check every lesson against the style of the course.

    python -m tools.notebook_style          all lessons
    python -m tools.notebook_style 21 30    only these

Each message names the lesson, the cell (from 1, as in the executed form), what was
found and what is expected.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tools.lessons.source import SourceError, find_lessons
from tools.style.anatomy import check_anatomy
from tools.style.cells import check_cells
from tools.style.exercises import check_exercises
from tools.style.outputs import check_outputs
from tools.style.report import LessonView

ROOT = Path(__file__).resolve().parents[1]
RULES = (check_anatomy, check_cells, check_exercises, check_outputs)


def check_lesson(view: LessonView) -> list[str]:
    """Return every breach of the style in one lesson, in the order of its cells."""
    found = sorted(one for rule in RULES for one in rule(view))
    return [
        f"{view.name}, cell {cell}: {said}" if cell else f"{view.name}: {said}"
        for cell, said in found
    ]


def shared_recipes(views: Iterable[LessonView]) -> list[str]:
    """Return a sentence for each name that two recipes of the course share."""
    recipes = [cell for view in views for cell in view.tagged("recipe")]
    tags = Counter(tag for cell in recipes for tag in cell.tags if ":" in tag)
    return [f"{n} cells share the name '{tag}'." for tag, n in tags.items() if n > 1]


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command line; return 1 if any rule is broken."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebook_style")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="only these lessons")
    options = parser.parse_args(arguments)
    try:
        views = [LessonView(one) for one in find_lessons(root, options.lessons)]
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    findings = [said for view in views for said in check_lesson(view)]
    findings += shared_recipes(views)
    print(*findings, sep="\n", end="\n" if findings else "", file=sys.stderr)
    if findings:
        print(f"{len(findings)} breaches of the style.", file=sys.stderr)
    else:
        print(f"{len(views)} lessons keep to the style.")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
