"""Style rules about cells that live twice: recipes to copy, twins of helpers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.style.exercises import names_made
from tools.style.report import Cell, Finding, LessonView


def check_recipes(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on recipes and twins."""
    recipes = view.tagged("recipe")
    if not recipes:
        yield view.finding(0, "0 recipes", "at least 1", "Add one worth copying.")
    for cell in recipes:
        yield from _recipe(view, cell)
    for cell in view.tagged("twin"):
        yield from _twin(view, cell)


def _recipe(view: LessonView, cell: Cell) -> Iterator[Finding]:
    name = next(tag for tag in cell.tags if tag.startswith("recipe:"))[7:]
    licence = f'# MIT licence - recipe "{name}" from Deep Learning in Radiology'
    if not cell.text.startswith(licence):
        yield view.finding(
            cell.number,
            f"the recipe begins with '{cell.text.splitlines()[0][:50]}'",
            f"'{licence}'",
            "Put the licence on top.",
        )
    if re.search(r"^\s*(from|import) helpers\b", cell.text, re.M):
        yield view.finding(
            cell.number,
            f"the recipe '{name}' imports helpers",
            "a recipe that runs in anyone's project",
            "Write out what it needs.",
        )


def _twin(view: LessonView, cell: Cell) -> Iterator[Finding]:
    for tag in cell.tags:
        if tag.startswith("twin:"):
            function = tag.rpartition(".")[2]
            if function not in names_made(cell):
                yield view.finding(
                    cell.number,
                    f"the tag '{tag}'",
                    f"a cell that defines '{function}'",
                    "Correct the tag or the name.",
                )
