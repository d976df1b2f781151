"""The notebooks in the tree are what their sources say; no kernel is started."""

from __future__ import annotations

import nbformat
import pytest

from tests.notebooks.lesson_material import ROOT, lesson_names, view_of
from tools.build_notebooks import check, strangers
from tools.lessons.source import find_lessons

FOUNDATION = {"00", "10", "15", "21", "30", "40"}


def test_the_course_has_its_lessons_and_every_notebook_a_source():
    assert {name[:2] for name in lesson_names()} >= FOUNDATION
    assert strangers(ROOT, find_lessons(ROOT)) == []


@pytest.mark.parametrize("name", lesson_names())
def test_both_forms_agree_with_the_source(name):
    assert check(view_of(name).lesson) == []


@pytest.mark.parametrize("name", lesson_names())
def test_every_code_cell_of_the_executed_form_has_run(name):
    # nbval runs a cell without an execution count and compares nothing
    stored = view_of(name).stored
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code]
    assert counts == list(range(1, len(code) + 1))
    assert any(cell.outputs for cell in code)


@pytest.mark.parametrize("name", lesson_names())
def test_both_forms_are_valid_notebooks_without_markers(name):
    lesson = view_of(name).lesson
    for path in (lesson.learner, lesson.solution):
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata.kernelspec.name == "python3"
        assert "widgets" not in notebook.metadata
        assert "SOLUTION" not in path.read_text(encoding="utf-8")
