"""From a lesson's source to its two forms: cells, markers, stubs, badges."""

from __future__ import annotations

import json
import re

import nbformat
import pytest

from tests.tools.toy_course import NAME, make_toy_course
from tools.lessons.forms import (
    as_text,
    first_difference,
    learner_form,
    solution_form,
    write_text,
)
from tools.lessons.source import (
    STUB,
    Lesson,
    SourceError,
    find_lessons,
    read_cells,
    solution_text,
    strip_markers,
    strip_solution,
)

FUNCTION = (
    'def f(x):\n    """Return twice x."""\n    ### BEGIN SOLUTION\n    y = x + x\n\n'
    "    return y\n    ### END SOLUTION\nb = 2\n### BEGIN SOLUTION\n### END SOLUTION"
)


def lesson_of(tmp_path, source: str) -> Lesson:
    return Lesson(NAME, make_toy_course(tmp_path, source=source))


def test_a_solution_is_cut_out_shown_and_replaced_by_a_stub():
    start = 'def f(x):\n    """Return twice x."""\n    '
    assert strip_solution(FUNCTION) == f"{start}{STUB}\nb = 2\n{STUB}"
    assert strip_markers(FUNCTION) == f"{start}y = x + x\n\n    return y\nb = 2"
    assert solution_text(FUNCTION) == "    y = x + x\n\n    return y\n"
    assert strip_solution("x = 1\n\ny = 2") == "x = 1\n\ny = 2"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            "# %%\n### BEGIN SOLUTION\nx = 1",
            r"cell 1, line 1: unbalanced.*Add '### END",
        ),
        ("# %%\nx = 1\n### END SOLUTION", r"line 2: .*expected exactly '### BEGIN"),
        ("# %%\n### BEGIN SOLUTION\n### BEGIN SOLUTION", "exactly '### END"),
        ("# %%\n## Begin solution\nx = 1\n### END SOLUTION", "exactly '### BEGIN"),
        ("# %% [markdown]\n# ### BEGIN SOLUTION\n# a", "the tag 'solution' instead"),
        ("", "holds no cell"),
    ],
)
def test_read_cells_refuses_broken_sources(tmp_path, cell, message):
    with pytest.raises(SourceError, match=message):
        read_cells(lesson_of(tmp_path, f"{cell}\n"))


def test_read_cells_keeps_only_tags_and_folds_the_setup_cell(tmp_path):
    text = (
        '# %% tags=["setup"]\nimport os\n\n\n\n# %% tags=["model"] a="red"\nx = 1\n'
        "# %%\n\n# %% [markdown]\n# Words.\n"
    )
    cells = read_cells(lesson_of(tmp_path, text))
    assert [cell.cell_type for cell in cells] == ["code", "code", "markdown"]
    folded = {"jupyter": {"source_hidden": True}, "tags": ["setup"]}
    assert [cell.metadata for cell in cells] == [folded, {"tags": ["model"]}, {}]
    assert cells[0].source == "import os"


def test_cell_ids_depend_on_the_text_alone_and_are_unique(tmp_path):
    one = read_cells(lesson_of(tmp_path / "a", "# %%\nx = 1\n\n# %%\ny = 2\n"))
    two = read_cells(lesson_of(tmp_path / "b", "# %%\nx = 0\n" + "\n# %%\ny = 2\n" * 2))
    assert one[1].id == two[1].id
    assert one[0].id != two[0].id
    assert two[2].id == f"{two[1].id}-2"


def test_find_lessons_takes_numbers_names_and_file_names(toy):
    (toy / "notebooks/source/21_other.py").write_text("# %%\nx = 1\n")
    assert [one.name for one in find_lessons(toy)] == ["21_other", NAME]
    for word in ("90", NAME, f"{NAME}.py", f"{NAME}.ipynb"):
        assert [one.name for one in find_lessons(toy, [word])] == [NAME]
    with pytest.raises(SourceError, match=f"no lesson 77.*{NAME}"):
        find_lessons(toy, ["90", "77"])


@pytest.mark.parametrize("name", ["first", "90_other", "91_Capital"])
def test_find_lessons_refuses_a_badly_named_source(toy, name):
    (toy / f"notebooks/source/{name}.py").write_text("# %%\nx = 1\n")
    with pytest.raises(SourceError, match=f"{name}.py is not a lesson name"):
        find_lessons(toy)


def sources(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


def test_the_learner_form_has_stubs_and_no_solution(lesson):
    learner = learner_form(lesson)
    text = sources(learner)
    assert text.count(STUB) == 2
    assert "np.sum(patch)" not in text
    (answer,) = [c for c in learner.cells if "Dividing the sum" in c.source]
    assert answer.source.startswith("<details><summary>")
    assert answer.source.endswith("</details>")
    assert "(solutions/90_toy_lesson.ipynb)" in answer.source
    assert "SOLUTION" not in text
    assert not any(cell.get("outputs") for cell in learner.cells)
    assert learner.metadata.course.source == "notebooks/source/90_toy_lesson.py"


def test_the_solution_form_has_answers_and_no_marker(lesson):
    text = sources(solution_form(lesson))
    assert "return float(np.sum(patch) / np.size(patch))" in text
    assert "\nDividing the sum" in text
    assert "<details><summary>Answer" not in text
    assert "SOLUTION" not in text
    assert STUB not in text


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


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda nb: nb.cells[5].update(outputs=[], execution_count=9), None),
        (lambda nb: nb.cells[2].update(source="Other words."), "cell 3 .* source"),
        (lambda nb: nb.cells[1].metadata.update(tags=["x"]), "cell 2 .* metadata"),
        (lambda nb: nb.cells[0].update(id="abc"), "cell 1 .* id"),
        (lambda nb: nb.cells.pop(), "cells stored"),
        (lambda nb: nb.metadata.update(extra=1), "metadata differ"),
    ],
)
def test_first_difference_names_cell_and_field(lesson, spoil, said):
    stored = nbformat.read(lesson.solution, as_version=4)
    spoil(stored)
    found = first_difference(solution_form(lesson), stored)
    assert re.search(said, found) if said else found is None


def test_the_text_of_a_notebook_has_one_layout(lesson):
    text = as_text(learner_form(lesson))
    how = {"indent": 1, "sort_keys": True, "ensure_ascii": False}
    assert text == json.dumps(json.loads(text), **how) + "\n"


def test_write_text_leaves_an_equal_file_alone(tmp_path):
    assert write_text(tmp_path / "a.txt", "old")
    assert not write_text(tmp_path / "a.txt", "old")
    assert write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"
