from __future__ import annotations

import json
import os
import re

import nbformat
import pytest

from tools.lessons.forms import (
    as_text,
    first_difference,
    learner_form,
    solution_form,
    write_text,
)
from tools.lessons.source import STUB


def sources(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


def test_learner_form_has_stubs_and_no_solution(lesson):
    text = sources(learner_form(lesson))
    assert text.count(STUB) == 2
    assert "np.sum(patch)" not in text
    assert "Dividing the sum" not in text
    assert "SOLUTION" not in text


def test_learner_form_has_no_outputs_and_no_counts(lesson):
    for cell in learner_form(lesson).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_learner_form_is_valid_python_in_every_code_cell(lesson):
    for cell in learner_form(lesson).cells:
        if cell.cell_type == "code":
            compile(cell.source, "cell", "exec")


def test_solution_form_has_answers_and_no_marker(lesson):
    text = sources(solution_form(lesson))
    assert "return float(np.sum(patch) / np.size(patch))" in text
    assert "Dividing the sum" in text
    assert "SOLUTION" not in text
    assert STUB not in text


def test_forms_share_the_identifiers_of_their_cells(lesson):
    ours = {cell.id for cell in learner_form(lesson).cells}
    theirs = {cell.id for cell in solution_form(lesson).cells}
    assert ours < theirs


def test_forms_are_the_same_on_every_build(lesson):
    assert as_text(learner_form(lesson)) == as_text(learner_form(lesson))
    assert as_text(solution_form(lesson)) == as_text(solution_form(lesson))


def test_forms_say_that_they_are_generated(lesson):
    metadata = learner_form(lesson).metadata
    assert metadata.course.source == "notebooks/source/90_toy_lesson.py"
    assert "Edit the source" in metadata.course.note
    assert metadata.kernelspec.name == "python3"


def test_badges_appear_once_there_is_a_public_address(toy, lesson):
    assert "colab" not in sources(learner_form(lesson))
    setting = '[tool.course]\npublic_address = "https://github.com/someone/course"\n'
    (toy / "pyproject.toml").write_text(setting)
    lines = learner_form(lesson).cells[0].source.splitlines()
    assert lines[0] == "# 90 Toy lesson"
    assert "colab.research.google.com/github/someone/course" in lines[2]
    assert "notebooks/90_toy_lesson.ipynb" in lines[2]
    solution = solution_form(lesson).cells[0].source
    assert "notebooks/solutions/90_toy_lesson.ipynb" in solution


def test_first_difference_ignores_outputs_and_digests(lesson):
    stored = nbformat.read(lesson.solution, as_version=4)
    assert any(cell.get("outputs") for cell in stored.cells)
    assert first_difference(solution_form(lesson), stored) is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda nb: nb.cells[2].update(source="Other words."), "cell 3.*source"),
        (lambda nb: nb.cells[1].metadata.update(tags=["x"]), "cell 2.*metadata"),
        (lambda nb: nb.cells[0].update(id="abc"), "cell 1.*id"),
        (lambda nb: nb.cells.pop(), "cells stored"),
        (lambda nb: nb.metadata.update(extra=1), "metadata differ"),
    ],
)
def test_first_difference_names_cell_and_field(lesson, spoil, said):
    stored = nbformat.read(lesson.solution, as_version=4)
    spoil(stored)
    assert re.search(said, first_difference(solution_form(lesson), stored))


def test_as_text_sorts_keys_and_ends_with_a_newline(lesson):
    text = as_text(learner_form(lesson))
    assert text.endswith("}\n")
    assert (
        text
        == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False)
        + "\n"
    )


def test_write_text_leaves_an_equal_file_alone(tmp_path):
    path = tmp_path / "a.txt"
    assert write_text(path, "one")
    before = path.stat().st_mtime_ns
    assert not write_text(path, "one")
    assert path.stat().st_mtime_ns == before
    assert write_text(path, "two")
    assert path.read_text() == "two"


def test_write_text_keeps_the_old_file_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
