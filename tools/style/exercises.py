"""Style rules about exercises."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tools.lessons.source import BEGIN, solution_text
from tools.style.report import Cell, Finding, LessonView

HEADING = re.compile(
    r"^### (?P<kind>Exercise|Predict|Judge) (?P<number>\d\d\.\d+[pj]?)\b.*", re.M
)
SUFFIX = {"Exercise": "", "Predict": "p", "Judge": "j"}
TAG = {"Exercise": "exercise", "Predict": "predict", "Judge": "judge"}
LEAK_LENGTH = 16


@dataclass(frozen=True)
class ExerciseHeading:
    """One exercise as announced in the text."""

    cell: int
    kind: str
    number: str
    line: str


def check_exercises(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on exercises."""
    headings = exercise_headings(view)
    yield from _numbering(view, headings)
    yield from _counts(view, headings)
    for heading in headings:
        if heading.kind == "Exercise":
            yield from _code_exercise(view, heading)
    yield from _later_use(view)


def exercise_headings(view: LessonView) -> list[ExerciseHeading]:
    """Return the exercises of a lesson in the order in which they appear."""
    return [
        ExerciseHeading(cell.number, match["kind"], match["number"], match[0])
        for cell in view.cells
        if not cell.is_code
        for match in HEADING.finditer(cell.text)
    ]


def _numbering(view: LessonView, headings: list[ExerciseHeading]) -> Iterator[Finding]:
    seen: set[str] = set()
    for place, one in enumerate(headings, start=1):
        wanted = f"{view.number}.{place}{SUFFIX[one.kind]}"
        bare = one.number.rstrip("pj")
        if bare in seen:
            yield view.finding(
                one.cell,
                f"the exercise number {one.number} for a second time",
                "each number once",
                f"This one is {wanted}.",
            )
        elif one.number != wanted:
            yield view.finding(
                one.cell,
                f"{one.kind} {one.number}",
                f"{wanted} (lesson, place among all exercises, p predict, j judge)",
                "Renumber it, and its check.",
            )
        seen.add(bare)
        yield from _heading(view, one)


def _heading(view: LessonView, one: ExerciseHeading) -> Iterator[Finding]:
    """Check the tag and the time of one exercise."""
    tags = next(cell.tags for cell in view.cells if cell.number == one.cell)
    if TAG[one.kind] not in tags:
        yield view.finding(
            one.cell,
            f"{one.kind} {one.number} without its tag",
            f"the tag '{TAG[one.kind]}'",
            "Tag the cell.",
        )
    if not re.search(r"\(\d+ min\)", one.line):
        yield view.finding(
            one.cell,
            f"'{one.line}'",
            "a heading that ends with the time, such as (5 min)",
            "Add how long it takes.",
        )


def _counts(view: LessonView, headings: list[ExerciseHeading]) -> Iterator[Finding]:
    kinds = Counter(one.kind for one in headings)
    for found, least, what in (
        (kinds["Exercise"], 2, "code exercises"),
        (kinds["Predict"], 1, "predict prompts"),
    ):
        if found < least:
            yield view.finding(
                0, f"{found} {what}", f"at least {least}", "Add one where it helps."
            )


def _code_exercise(view: LessonView, heading: ExerciseHeading) -> Iterator[Finding]:
    """Check the cells that follow the heading of a code exercise."""
    after = [cell for cell in view.cells if cell.number > heading.cell]
    stub = next((cell for cell in after if cell.is_code), None)
    check = next((cell for cell in after if "check" in cell.tags), None)
    if stub is None or "exercise-code" not in stub.tags:
        yield view.finding(
            heading.cell,
            f"exercise {heading.number} without a code cell to fill in",
            "the next code cell to carry the tag 'exercise-code'",
            "Add or tag it.",
        )
        return
    if BEGIN not in stub.raw:
        yield view.finding(
            stub.number,
            f"the solution of {heading.number} stands in the learner form",
            f"its lines between '{BEGIN}' and its END",
            "Put the markers around it.",
        )
    yield from _check_cell(view, heading, stub, check)
    yield from _leaks(view, heading, stub)


def _check_cell(
    view: LessonView, heading: ExerciseHeading, stub: Cell, check: Cell | None
) -> Iterator[Finding]:
    """Check that the check looks at what the learner writes."""
    called = check and re.fullmatch(
        r'check_exercise\("([\d.]+)", (\w+)\)', check.text.strip()
    )
    if not check or not called or called[1] != heading.number:
        yield view.finding(
            check.number if check else stub.number,
            f"exercise {heading.number} without its check",
            f'a cell tagged check: check_exercise("{heading.number}", name)',
            "Add it after the code cell.",
        )
    elif called[2] not in names_made(stub):
        yield view.finding(
            check.number,
            f"a check of '{called[2]}'",
            f"a name from cell {stub.number}: {', '.join(sorted(names_made(stub)))}",
            "Check what the learner writes.",
        )


def _leaks(view: LessonView, heading: ExerciseHeading, stub: Cell) -> Iterator[Finding]:
    """Look for lines of the solution in what the learner sees of the exercise."""
    secret = {
        line.strip()
        for line in solution_text(stub.raw).splitlines()
        if len(line.strip()) >= LEAK_LENGTH and not line.strip().startswith("#")
    }
    shown = {
        cell.id for cell in view.solution.cells[heading.cell - 1 : stub.number + 1]
    }
    for cell in view.learner.cells:
        leaked = cell.id in shown and [
            line for line in secret if line in " ".join(cell.source.split("\n"))
        ]
        if leaked:
            yield view.finding(
                stub.number,
                f"the solution's line '{sorted(leaked)[0]}' in the learner form",
                "no line of the solution in the exercise's text, stub or check",
                "Say it in words, or move it between the markers.",
            )


def names_made(cell: Cell) -> set[str]:
    """Return the names that a code cell defines at its top level."""
    names: set[str] = set()
    for node in cell.tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        else:
            names |= {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            }
    return names


def _names_read(cell: Cell) -> set[str]:
    return {
        node.id
        for node in ast.walk(cell.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _later_use(view: LessonView) -> Iterator[Finding]:
    """No cell may depend on the answer to an exercise."""
    answers: dict[str, int] = {}
    for cell in view.cells:
        if not cell.is_code:
            continue
        if "exercise-code" in cell.tags:
            answers |= dict.fromkeys(names_made(cell), cell.number)
            continue
        if "check" in cell.tags or "solution" in cell.tags:
            continue
        made = names_made(cell)
        for name in sorted((_names_read(cell) & set(answers)) - made):
            yield view.finding(
                cell.number,
                f"the use of '{name}', an answer from cell {answers[name]}",
                "cells that run with every exercise untouched",
                "Import the tested twin from helpers.",
            )
        for name in made:
            answers.pop(name, None)
