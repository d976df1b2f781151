from __future__ import annotations

import pytest

from tests.tools.toy_course import NAME, make_toy_course
from tools.lessons.source import (
    STUB,
    Lesson,
    SourceError,
    cell_id,
    find_lessons,
    read_cells,
    solution_text,
    strip_markers,
    strip_solution,
)

FUNCTION = """def double(x):
    \"\"\"Return twice x.\"\"\"
    ### BEGIN SOLUTION
    y = x + x
    return y
    ### END SOLUTION"""


def lesson_of(tmp_path, source: str) -> Lesson:
    return Lesson(NAME, make_toy_course(tmp_path, source=source))


def test_strip_solution_leaves_a_stub_at_the_right_indentation():
    assert strip_solution(FUNCTION) == (
        f'def double(x):\n    """Return twice x."""\n    {STUB}'
    )


def test_strip_solution_handles_two_regions_and_keeps_what_stands_between():
    source = (
        "a = ...\n### BEGIN SOLUTION\na = 1\n### END SOLUTION\n"
        "b = 2\n\n### BEGIN SOLUTION\nc = 3\n### END SOLUTION\nd = 4"
    )
    assert strip_solution(source) == f"a = ...\n{STUB}\nb = 2\n\n{STUB}\nd = 4"


def test_strip_solution_leaves_text_without_markers_alone():
    assert strip_solution("x = 1\n\ny = 2") == "x = 1\n\ny = 2"


def test_strip_markers_keeps_the_solution_and_no_marker():
    assert strip_markers(FUNCTION) == (
        'def double(x):\n    """Return twice x."""\n    y = x + x\n    return y'
    )


def test_solution_text_is_only_what_stands_between():
    assert solution_text(FUNCTION) == "    y = x + x\n    return y"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("### BEGIN SOLUTION\nx = 1", r"cell 1, line 1: .*BEGIN without END"),
        ("x = 1\n### END SOLUTION", r"cell 1, line 2: .*END without BEGIN"),
        (
            "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
            r"line 2: .*second BEGIN before END",
        ),
        ("## BEGIN SOLUTION\nx = 1\n## END SOLUTION", r"looks like a solution marker"),
        ("### Begin Solution\nx = 1", r"looks like a solution marker"),
    ],
)
def test_read_cells_refuses_broken_markers(tmp_path, code, message):
    with pytest.raises(SourceError, match=message):
        read_cells(lesson_of(tmp_path, f"# %%\n{code}\n"))


def test_read_cells_refuses_a_marker_in_prose(tmp_path):
    text = "# %% [markdown]\n# ### BEGIN SOLUTION\n# secret\n# ### END SOLUTION\n"
    with pytest.raises(SourceError, match="marker in a Markdown cell.*tag 'solution'"):
        read_cells(lesson_of(tmp_path, text))


def test_read_cells_refuses_an_empty_source(tmp_path):
    with pytest.raises(SourceError, match="holds no cell"):
        read_cells(lesson_of(tmp_path, "\n"))


def test_read_cells_says_which_source_is_missing(tmp_path):
    lesson = lesson_of(tmp_path, "# %%\nx = 1\n")
    lesson.source.unlink()
    with pytest.raises(SourceError, match=r"90_toy_lesson\.py cannot be read"):
        read_cells(lesson)


def test_read_cells_keeps_only_tags_and_folds_the_setup_cell(tmp_path):
    text = (
        '# %% tags=["setup"]\nimport os\n\n\n\n'
        '# %% tags=["model"] colour="red"\nx = 1\n'
        "# %%\n\n# %% [markdown]\n# Words.\n"
    )
    cells = read_cells(lesson_of(tmp_path, text))
    assert [cell.cell_type for cell in cells] == ["code", "code", "markdown"]
    assert cells[0].metadata == {"jupyter": {"source_hidden": True}, "tags": ["setup"]}
    assert cells[1].metadata == {"tags": ["model"]}
    assert cells[2].metadata == {}
    assert cells[0].source == "import os"


def test_cell_ids_are_unique_even_for_equal_text(tmp_path):
    text = "# %%\nx = 1\n\n# %%\nx = 1\n\n# %% [markdown]\n# x = 1\n"
    ids = [cell.id for cell in read_cells(lesson_of(tmp_path, text))]
    assert len(set(ids)) == 3
    assert ids[1] == f"{ids[0]}-2"


def test_cell_ids_do_not_depend_on_other_cells(tmp_path):
    one = read_cells(lesson_of(tmp_path / "a", "# %%\nx = 1\n\n# %%\ny = 2\n"))
    two = read_cells(lesson_of(tmp_path / "b", "# %%\nnew = 0\n\n# %%\ny = 2\n"))
    assert one[1].id == two[1].id
    assert one[0].id != two[0].id


def test_cell_id_fits_the_notebook_format():
    assert cell_id("code", "x", {}) == cell_id("code", " x\n", {})
    assert len(cell_id("code", "x", {})) == 12


def test_find_lessons_takes_numbers_names_and_file_names(toy):
    (toy / "notebooks/source/21_other.py").write_text("# %%\nx = 1\n")
    assert [one.name for one in find_lessons(toy)] == ["21_other", NAME]
    for word in ("90", NAME, f"{NAME}.py", f"{NAME}.ipynb"):
        assert [one.name for one in find_lessons(toy, [word])] == [NAME]


def test_find_lessons_names_the_missing_one_and_those_there_are(toy):
    with pytest.raises(SourceError, match=f"no lesson 77.*{NAME}"):
        find_lessons(toy, ["90", "77"])


def test_find_lessons_refuses_a_badly_named_source(toy):
    (toy / "notebooks/source/first.py").write_text("# %%\nx = 1\n")
    with pytest.raises(SourceError, match=r"first\.py is not a lesson name"):
        find_lessons(toy)


def test_find_lessons_refuses_a_number_used_twice(toy):
    (toy / "notebooks/source/90_other.py").write_text("# %%\nx = 1\n")
    with pytest.raises(
        SourceError, match="90_other and 90_toy_lesson share the number"
    ):
        find_lessons(toy)
