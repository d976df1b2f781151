"""The two notebooks of a lesson, in memory and as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.files import written_whole
from tools.lessons.source import (
    KERNELSPEC,
    NOTE,
    Lesson,
    read_cells,
    strip_markers,
    strip_solution,
)
from tools.public_address import badges, public_repository

FOLD = "<details><summary>Answer, and why</summary>\n\n"


def learner_form(lesson: Lesson, cells: list[NotebookNode] | None = None):
    """Return the notebook a learner opens: stubs, answers folded, no outputs."""
    cells = [_folded(cell, lesson.name) for cell in cells or read_cells(lesson)]
    return _notebook(lesson, lesson.learner, cells, strip_solution)


def _folded(cell: NotebookNode, name: str) -> NotebookNode:
    """Return a cell tagged 'solution' behind a click, with the way to the code."""
    if "solution" not in cell.metadata.get("tags", []):
        return cell
    text = f"{FOLD}{cell.source}\n\n[The solved notebook](solutions/{name}.ipynb)\n"
    return nbformat.from_dict({**cell, "source": f"{text}\n</details>"})


def solution_form(lesson: Lesson, cells: list[NotebookNode] | None = None):
    """Return the notebook that is executed: solutions in place, markers gone."""
    cells = cells or read_cells(lesson)
    return _notebook(lesson, lesson.solution, cells, strip_markers)


def _notebook(
    lesson: Lesson, path: Path, cells: list[NotebookNode], strip: Callable[[str], str]
) -> NotebookNode:
    """Return a valid notebook (format 4.5), with badges once there is an address."""
    cells = [nbformat.from_dict({**one, "source": strip(one.source)}) for one in cells]
    settings = lesson.root / "pyproject.toml"
    repository = public_repository(settings) if settings.exists() else ""
    if repository and cells[0].cell_type == "markdown":
        title, _, rest = cells[0].source.partition("\n")
        line = badges(path.relative_to(lesson.root).as_posix(), repository)
        cells[0]["source"] = f"{title}\n\n{line}\n\n{rest.lstrip()}"
    metadata = {
        "course": {"note": NOTE, "source": f"notebooks/source/{lesson.name}.py"},
        "kernelspec": KERNELSPEC,
        "language_info": {"name": "python"},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return notebook


def _without_outputs(notebook: NotebookNode) -> NotebookNode:
    """Return what must equal the source: everything but outputs and digests."""
    bare = nbformat.from_dict(notebook)
    bare.metadata.get("course", {}).pop("digests", None)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return bare


def first_difference(built: NotebookNode, stored: NotebookNode) -> str | None:
    """Say in words where a stored notebook departs from a fresh build.

    Outputs, execution counts and digests are not compared.

    Returns
    -------
    str or None
        One sentence, or None when nothing differs.
    """
    new, old = _without_outputs(built), _without_outputs(stored)
    for number, (one, other) in enumerate(zip(new.cells, old.cells, strict=False), 1):
        for field in ("source", "cell_type", "metadata", "id"):
            if one[field] != other.get(field):
                head = " ".join(one.source.split())[:60]
                return f"cell {number} differs in its {field} ('{head}')"
    if len(new.cells) != len(old.cells):
        return f"{len(old.cells)} cells stored, {len(new.cells)} in the source"
    return None if new == old else "the notebook's metadata differ"


def as_text(notebook: NotebookNode) -> str:
    """Return the notebook as JSON with sorted keys and a final newline."""
    plain = json.loads(nbformat.writes(notebook, version=nbformat.NO_CONVERT))
    return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_text(path: Path, text: str) -> bool:
    """Write a text whole; False when the file already held exactly this text."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    return True
