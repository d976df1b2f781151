"""Cells of the lessons, ready to be run by themselves in tests."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import runpy
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl

from tools.lessons.source import find_lessons
from tools.style.exercises import exercise_headings
from tools.style.report import Cell, LessonView

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


@functools.cache
def view_of(name: str) -> LessonView:
    """Return a lesson by name; read once."""
    (lesson,) = find_lessons(ROOT, [name])
    return LessonView(lesson)


def lesson_names() -> list[str]:
    return [lesson.name for lesson in find_lessons(ROOT)]


def code_exercises() -> list[tuple[str, str]]:
    """Return (lesson, exercise number) of every code exercise."""
    return [
        (name, one.number)
        for name in lesson_names()
        for one in exercise_headings(view_of(name))
        if one.kind == "Exercise"
    ]


def tagged_cells(family: str) -> list[tuple[str, str]]:
    """Return (lesson, tag) for every tag of a family such as "recipe"."""
    return [
        (name, tag)
        for name in lesson_names()
        for cell in view_of(name).tagged(family)
        for tag in cell.tags
        if tag.startswith(f"{family}:")
    ]


def plain(source: str) -> str:
    """Return a code cell without magics."""
    return "\n".join(ln for ln in source.splitlines() if ln.lstrip()[:1] not in "%!?")


@functools.cache
def _start(name: str) -> dict:
    """Run the setup and configuration cells of a lesson once."""
    mpl.use("Agg")
    space: dict = {"__name__": f"lesson_{name}"}
    view = view_of(name)
    for cell in [*view.tagged("setup"), *view.tagged("parameters")]:
        exec(compile(plain(cell.text), f"{name}, cell {cell.number}", "exec"), space)
    return space


def namespace(name: str) -> dict:
    """Return a fresh copy of what the setup and configuration cells define."""
    return dict(_start(name))


def exercise_cells(name: str, number: str) -> tuple[Cell, str]:
    """Return the cell to fill in and the name that its check looks at."""
    view = view_of(name)
    for place, cell in enumerate(view.cells):
        if "check" in cell.tags:
            call = ast.parse(cell.text.strip()).body[0].value
            if call.args[0].value == number:
                before = view.cells[:place]
                stubs = [one for one in before if "exercise-code" in one.tags]
                return stubs[-1], call.args[1].id
    raise LookupError(f"{name} has no check of exercise {number}.")


def answer(name: str, number: str, *, source: str):
    """Run the text of an exercise cell and return what its check would look at."""
    _, wanted = exercise_cells(name, number)
    space = namespace(name)
    exec(compile(plain(source), f"{name}, exercise {number}", "exec"), space)
    return space[wanted]


def recipe(tag: str) -> dict:
    """Return what the cell of a recipe defines; what it prints is kept back."""
    (name,) = [name for name, one in tagged_cells("recipe") if one == f"recipe:{tag}"]
    cells = view_of(name).tagged("recipe")
    (cell,) = [one for one in cells if f"recipe:{tag}" in one.tags]
    space: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(cell.text, tag, "exec"), space)
    return space


def companion(folder: str, name: str) -> SimpleNamespace:
    """Return what tests/notebooks/<folder>/lesson_NN.py defines.

    Raises
    ------
    FileNotFoundError
        With the path to write, if it is missing.
    """
    path = HERE / folder / f"lesson_{name[:2]}.py"
    if not path.exists():
        raise FileNotFoundError(
            f"tests/notebooks/{folder}/{path.name} is missing. Lesson {name} needs it."
        )
    return SimpleNamespace(**runpy.run_path(str(path)))
