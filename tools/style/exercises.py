"""Style rules about exercises, recipes to copy, and twins of helpers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from tools.lessons.source import BEGIN, solution_text
from tools.style.report import Cell, Finding, LessonView, names_in

HEADING = re.compile(r"^### (Exercise|Predict|Judge|Try) (\d\d\.\d+[pjt]?)\b.*", re.M)
SUFFIX = {"Exercise": "", "Predict": "p", "Judge": "j", "Try": "t"}
LEAST = {"Exercise": 2, "Predict": 1, "Try": 1}
LEAK_LENGTH = 16


class ExerciseHeading(NamedTuple):
    """One exercise as announced in the text."""

    cell: Cell
    kind: str
    number: str
    line: str


def check_exercises(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on exercises, recipes and twins."""
    headings = exercise_headings(view)
    yield from _numbering(view, headings)
    kinds = [one.kind for one in headings]
    for kind, least in LEAST.items():
        if kinds.count(kind) < least:
            yield 0, f"{kinds.count(kind)} of '### {kind}'; expected at least {least}."
    for heading in [one for one in headings if one.kind == "Exercise"]:
        yield from _code_exercise(view, heading)
    yield from _later_use(view)
    yield from _recipes_and_twins(view)


def exercise_headings(view: LessonView) -> list[ExerciseHeading]:
    """Return the exercises of a lesson in the order in which they appear."""
    return [
        ExerciseHeading(cell, match[1], match[2], match[0])
        for cell in view.prose
        for match in HEADING.finditer(cell.text)
    ]


def _numbering(view: LessonView, headings: list[ExerciseHeading]) -> Iterator[Finding]:
    for place, one in enumerate(headings, start=1):
        cell, wanted = one.cell.number, f"{view.number}.{place}{SUFFIX[one.kind]}"
        if one.number != wanted:
            yield cell, f"{one.kind} {one.number}; expected {wanted}. Renumber it."
        if (tag := one.kind.lower()) not in one.cell.tags:
            yield cell, f"{one.kind} {one.number} without its tag '{tag}'."
        if not re.search(r"\(\d+ min\)", one.line):
            yield cell, f"'{one.line}'; expected a heading that ends with the time."


def _code_exercise(view: LessonView, heading: ExerciseHeading) -> Iterator[Finding]:
    """Check the cells that follow the heading of a code exercise."""
    number, after = heading.number, view.cells[heading.cell.number :]
    stub = next((cell for cell in after if cell.is_code), None)
    if stub is None or "exercise-code" not in stub.tags:
        yield heading.cell.number, f"exercise {number} without a cell to fill in."
        return
    if BEGIN not in stub.raw:
        yield stub.number, f"the solution of {number} stands in the learner form."
    check = next((cell for cell in after if "check" in cell.tags), stub)
    call = r'check_exercise\("([\d.]+)", (\w+)\)'
    called = re.fullmatch(call, check.text.strip())
    if not called or called[1] != number:
        wanted = f'a cell tagged check: check_exercise("{number}", name)'
        yield check.number, f"exercise {number} without its check; expected {wanted}."
    elif called[2] not in stub.names_made:
        made = ", ".join(sorted(stub.names_made))
        wrong = f"a check of '{called[2]}'; expected a name from cell {stub.number}"
        yield check.number, f"{wrong}: {made}."
    yield from _leaks(view, heading, stub)


def _leaks(view: LessonView, heading: ExerciseHeading, stub: Cell) -> Iterator[Finding]:
    """Look for lines of the solution in what the learner sees of the exercise."""
    lines = {line.strip() for line in solution_text(stub.raw).splitlines()}
    secret = sorted(one for one in lines if len(one) >= LEAK_LENGTH and one[0] != "#")
    cells = view.solution.cells[heading.cell.number - 1 : stub.number + 1]
    shown = {cell.id for cell in cells}
    sources = [cell.source for cell in view.learner.cells if cell.id in shown]
    seen = " ".join(sources).replace("\n", " ")
    for line in [line for line in secret if line in seen][:1]:
        yield stub.number, f"the solution's line '{line}' in the learner form."


def _later_use(view: LessonView) -> Iterator[Finding]:
    """No cell may depend on the answer to an exercise."""
    answers: dict[str, int] = {}
    for cell in view.code:
        made = cell.names_made
        if "exercise-code" in cell.tags:
            answers |= dict.fromkeys(made, cell.number)
        elif not {"check", "solution"} & set(cell.tags):
            used = (names_in(cell.tree, ast.Load) & answers.keys()) - made
            for name in sorted(used):
                what = f"the use of '{name}', an answer from cell {answers[name]}"
                yield cell.number, f"{what}; expected its twin from helpers."
            for name in made:
                answers.pop(name, None)


def _recipes_and_twins(view: LessonView) -> Iterator[Finding]:
    recipes = view.tagged("recipe")
    if not recipes:
        yield 0, "0 recipes; expected at least 1."
    for cell in recipes:
        name = next(tag for tag in cell.tags if tag.startswith("recipe:"))[7:]
        licence = f'# MIT licence - recipe "{name}" from Deep Learning in Radiology'
        if not cell.text.startswith(licence):
            start = cell.text.splitlines()[0][:50]
            said = f"the recipe begins with '{start}'; expected '{licence}'."
            yield cell.number, said
        if re.search(r"^\s*(from|import) (helpers|phantoms)\b", cell.text, re.M):
            yield cell.number, f"the recipe '{name}' imports helpers. Write them out."
    for cell in view.tagged("twin"):
        for tag in cell.tags:
            function = tag.rpartition(".")[2]
            if tag.startswith("twin:") and function not in cell.names_made:
                yield cell.number, f"the tag '{tag}' in a cell without '{function}'."
