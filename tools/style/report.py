"""What the style check looks at, and how it speaks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from nbformat import NotebookNode

from tools.lessons.forms import learner_form, solution_form
from tools.lessons.source import Lesson, read_cells
from tools.lessons.stored_outputs import read_notebook


@dataclass(frozen=True)
class Finding:
    """One breach of a rule.

    Attributes
    ----------
    lesson : str
        Name of the lesson.
    cell : int
        Number of the cell from 1 as in the solution form; 0 for the whole lesson.
    value, limit : str
        What was found, and what is expected.
    mend : str
        What to do about it.
    """

    lesson: str
    cell: int
    value: str
    limit: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.lesson}, cell {self.cell}" if self.cell else self.lesson
        return f"{where}: {self.value}; expected {self.limit}. {self.mend}"


@dataclass(frozen=True)
class Cell:
    """One cell of the solution form, with its source text beside it.

    Attributes
    ----------
    number : int
        From 1.
    kind : str
        "code" or "markdown".
    text : str
        As in the solution form, markers gone.
    raw : str
        As in the source, with solution markers.
    """

    number: int
    kind: str
    text: str
    raw: str
    tags: tuple[str, ...]

    @property
    def is_code(self) -> bool:
        """Whether Python runs it."""
        return self.kind == "code"

    @property
    def lines(self) -> int:
        """Lines that are not blank."""
        return sum(bool(line.strip()) for line in self.text.splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a code cell; empty when it is not plain Python."""
        kept = [ln for ln in self.text.splitlines() if ln.lstrip()[:1] not in "%!?"]
        try:
            return ast.parse("\n".join(kept))
        except SyntaxError:
            return ast.Module(body=[], type_ignores=[])


class LessonView:
    """A lesson as the rules see it: cells from the source, outputs from the tree."""

    def __init__(self, lesson: Lesson):
        self.lesson = lesson
        self.name, self.number = lesson.name, lesson.number
        raw = read_cells(lesson)
        self.learner = learner_form(lesson, raw)
        self.solution = solution_form(lesson, raw)
        self.cells = [
            Cell(
                number,
                one.cell_type,
                built.source,
                one.source,
                tuple(one.metadata.get("tags", [])),
            )
            for number, (one, built) in enumerate(
                zip(raw, self.solution.cells, strict=True), start=1
            )
        ]

    @cached_property
    def stored(self) -> NotebookNode | None:
        """The executed form in the tree, or None when it is missing."""
        return read_notebook(self.lesson.solution)

    def tagged(self, tag: str) -> list[Cell]:
        """Return the cells that carry a tag, or a tag of the form 'tag:...'."""
        return [
            cell
            for cell in self.cells
            if any(one == tag or one.startswith(f"{tag}:") for one in cell.tags)
        ]

    def headings(self, level: int = 2) -> Iterator[tuple[int, str]]:
        """Yield (cell number, text) of the Markdown headings of a level."""
        for cell in self.cells:
            if not cell.is_code:
                for line in cell.text.splitlines():
                    match = re.match(rf"#{{{level}}} +(.*\S)", line)
                    if match:
                        yield cell.number, match.group(1)

    def section(self, title: str) -> str:
        """Return the Markdown text below a second-level heading, up to the next."""
        text = "\n".join(cell.text for cell in self.cells if not cell.is_code)
        match = re.search(
            rf"^## +{re.escape(title)}[^\n]*\n(.*?)(?=^## |\Z)", text, re.M | re.S
        )
        return match.group(1) if match else ""

    def finding(self, cell: int, value: str, limit: str, mend: str) -> Finding:
        """Return a finding about this lesson."""
        return Finding(self.name, cell, value, limit, mend)


def bullets(text: str) -> list[str]:
    """Return the top-level bullets of a Markdown text."""
    return re.findall(r"^[-*] +(.*)$", text, re.M)
