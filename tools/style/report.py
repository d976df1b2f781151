"""What the style rules look at: a lesson with its cells and stored outputs."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from nbformat import NotebookNode

from tools.lessons.digests import tree_of
from tools.lessons.forms import learner_form, solution_form
from tools.lessons.source import Lesson, read_cells
from tools.lessons.stored_outputs import read_notebook

#: One breach: number of the cell (0: the whole lesson), and what is wrong with it.
Finding = tuple[int, str]


@dataclass(frozen=True)
class Cell:
    """One cell: `text` as in the solution form, `raw` with the solution markers."""

    number: int
    is_code: bool
    text: str
    raw: str
    tags: tuple[str, ...]

    @property
    def lines(self) -> int:
        """Lines that are not blank."""
        return sum(bool(line.strip()) for line in self.text.splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a code cell; empty when it is not plain Python."""
        return tree_of(self.text if self.is_code else "")

    @property
    def names_made(self) -> set[str]:
        """Names that the cell defines at its top level."""
        names: set[str] = set()
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names |= {(n.asname or n.name).partition(".")[0] for n in node.names}
            else:
                names |= names_in(node, ast.Store)
        return names


def names_in(tree: ast.AST, context: type) -> set[str]:
    """Return the names that are read (ast.Load) or set (ast.Store) in a tree."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in found if isinstance(node.ctx, context)}


class LessonView:
    """A lesson as the rules see it: cells from the source, outputs from the tree."""

    def __init__(self, lesson: Lesson):
        self.lesson = lesson
        self.name, self.number = lesson.name, lesson.number
        raw = read_cells(lesson)
        self.learner = learner_form(lesson, raw)
        self.solution = solution_form(lesson, raw)
        self.cells = []
        for one, built in zip(raw, self.solution.cells, strict=True):
            tags = tuple(one.metadata.get("tags", []))
            is_code, number = one.cell_type == "code", len(self.cells) + 1
            self.cells.append(Cell(number, is_code, built.source, one.source, tags))
        self.code = [cell for cell in self.cells if cell.is_code]
        self.prose = [cell for cell in self.cells if not cell.is_code]
        self.text = "\n".join(cell.text for cell in self.prose)
        self.top = "\n".join(cell.text for cell in self.cells[:4] if not cell.is_code)

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

    def headings(self) -> list[str]:
        """Return the second-level headings."""
        return re.findall(r"^## +(.*\S)", self.text, re.M)

    def section(self, title: str) -> str:
        """Return the Markdown text below a second-level heading, up to the next."""
        pattern = rf"^## +{re.escape(title)}[^\n]*\n(.*?)(?=^## |\Z)"
        match = re.search(pattern, self.text, re.M | re.S)
        return match.group(1) if match else ""

    def bullets(self, title: str) -> list[str]:
        """Return the top-level bullets of a section."""
        return re.findall(r"^[-*] +(.*)$", self.section(title), re.M)
