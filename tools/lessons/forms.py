"""The two notebooks of a lesson, in memory and as text."""

from __future__ import annotations

import copy
import json
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

INDENT = 1


def learner_form(lesson: Lesson, cells: list[NotebookNode] | None = None):
    """Return the notebook a learner opens: stubs, no solution cells, no outputs."""
    chosen = []
    for cell in cells or read_cells(lesson):
        if "solution" in cell.metadata.get("tags", []):
            continue
        chosen.append(_with_source(cell, strip_solution(cell.source)))
    return _notebook(lesson, _with_badges(lesson, chosen, lesson.learner))


def solution_form(lesson: Lesson, cells: list[NotebookNode] | None = None):
    """Return the notebook that is executed: solutions in place, markers gone."""
    chosen = [
        _with_source(cell, strip_markers(cell.source))
        for cell in cells or read_cells(lesson)
    ]
    return _notebook(lesson, _with_badges(lesson, chosen, lesson.solution))


def _with_badges(
    lesson: Lesson, cells: list[NotebookNode], path: Path
) -> list[NotebookNode]:
    """Put the Colab and Binder badges below the title, once there is an address."""
    settings = lesson.root / "pyproject.toml"
    repository = public_repository(settings) if settings.exists() else ""
    line = badges(path.relative_to(lesson.root).as_posix(), repository)
    if not line or cells[0].cell_type != "markdown":
        return cells
    title, _, rest = cells[0].source.partition("\n")
    return [_with_source(cells[0], f"{title}\n\n{line}\n\n{rest.lstrip()}"), *cells[1:]]


def _with_source(cell: NotebookNode, source: str) -> NotebookNode:
    changed = copy.deepcopy(cell)
    changed["source"] = source
    return changed


def _notebook(lesson: Lesson, cells: list[NotebookNode]) -> NotebookNode:
    """Return a valid notebook (format 4.5) around cells."""
    metadata = {
        "course": {"note": NOTE, "source": f"notebooks/source/{lesson.name}.py"},
        "kernelspec": KERNELSPEC,
        "language_info": {"name": "python"},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return notebook


def without_outputs(notebook: NotebookNode) -> dict:
    """Return what must equal the source: everything but outputs and digests."""
    bare = json.loads(json.dumps(notebook))
    bare["metadata"].get("course", {}).pop("digests", None)
    for cell in bare["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
    return bare


def first_difference(built: NotebookNode, stored: NotebookNode) -> str | None:
    """Say in words where a stored notebook departs from a fresh build.

    Outputs, execution counts and digests are not compared.

    Returns
    -------
    str or None
        One sentence, or None when nothing differs.
    """
    new, old = without_outputs(built), without_outputs(stored)
    for number, (one, other) in enumerate(
        zip(new["cells"], old["cells"], strict=False), start=1
    ):
        for field in ("cell_type", "source", "metadata", "id"):
            if one.get(field) != other.get(field):
                head = " ".join(str(one["source"]).split())[:60]
                return f"cell {number} differs in its {field} ('{head}')"
    if len(new["cells"]) != len(old["cells"]):
        return f"{len(old['cells'])} cells stored, {len(new['cells'])} in the source"
    if new != old:
        return "the notebook's metadata differ"
    return None


def as_text(notebook: NotebookNode) -> str:
    """Return the notebook as JSON with sorted keys and a final newline."""
    plain = nbformat.writes(notebook, version=nbformat.NO_CONVERT)
    return (
        json.dumps(json.loads(plain), indent=INDENT, sort_keys=True, ensure_ascii=False)
        + "\n"
    )


def write_text(path: Path, text: str) -> bool:
    """Write a text whole; False when the file already held exactly this text."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    return True
