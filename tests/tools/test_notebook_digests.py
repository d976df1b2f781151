from __future__ import annotations

import nbformat
import pytest

from tools.lessons.digests import digests, helper_modules


def write(root, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def notebook(*codes: str, prose: str = "Words."):
    cells = [nbformat.v4.new_markdown_cell(prose)]
    cells += [nbformat.v4.new_code_cell(code) for code in codes]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def root(tmp_path):
    write(
        tmp_path,
        {
            "helpers/__init__.py": "",
            "helpers/windowing.py": "from helpers import geometry\nwidth = 1\n",
            "helpers/geometry.py": (
                '"""Places."""\n\ndef f():\n    """Say."""\n    return 1\n'
            ),
            "helpers/unused.py": "x = 1\n",
            "helpers/cohorts/__init__.py": "from .sources import load\n",
            "helpers/cohorts/sources.py": "def load():\n    import helpers.unused\n",
            "helpers/checkpoints.py": "y = 1\n",
            "helpers/checks/__init__.py": "",
            "notebooks/exercises/lesson_90.py": "EXERCISES = {}\n",
            "notebooks/exercises/lesson_21.py": "EXERCISES = {}\n",
            "data/predictions/a.csv": "score\n0.5\n",
            "data/checkpoints/a.keras": "weights",
        },
    )
    return tmp_path


def test_helper_modules_follows_imports_through_helpers(root):
    found = helper_modules(root, ["import numpy as np\nfrom helpers import windowing"])
    assert sorted(found) == ["helpers", "helpers.geometry", "helpers.windowing"]


def test_helper_modules_follows_relative_and_late_imports(root):
    found = helper_modules(root, ["%matplotlib inline\nfrom helpers import cohorts"])
    assert set(found) >= {
        "helpers.cohorts",
        "helpers.cohorts.sources",
        "helpers.unused",
    }


def test_helper_modules_accepts_a_name_imported_from_a_module(root):
    found = helper_modules(root, ["from helpers.geometry import f"])
    assert sorted(found) == ["helpers", "helpers.geometry"]


BOOK = notebook("from helpers import windowing", "x = 1")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("helpers/unused.py", "x = 2\n"),
        (
            "helpers/geometry.py",
            '"""Other words."""\n\ndef f():\n    # now\n    return 1\n',
        ),
        (
            "helpers/windowing.py",
            "from helpers import (geometry)\n\n\nwidth = 1  # mm\n",
        ),
        ("notebooks/exercises/lesson_90.py", "EXERCISES = {1: 2}\n"),
        ("data/predictions/a.csv", "score\n0.6\n"),
    ],
)
def test_digests_stay_when_nothing_that_counts_changed(root, file, text):
    before = digests(root, BOOK, "90")
    write(root, {file: text})
    assert digests(root, BOOK, "90") == before


def test_digests_ignore_prose(root):
    one = digests(root, notebook("x = 1", prose="a"), "90")
    assert digests(root, notebook("x = 1", prose="b"), "90") == one


@pytest.mark.parametrize(
    ("code", "file", "text", "changed"),
    [
        (
            "from helpers import windowing",
            "helpers/windowing.py",
            "width = 2\n",
            "helpers",
        ),
        (
            "from helpers import windowing",
            "helpers/geometry.py",
            "def f():\n    return 2\n",
            "helpers",
        ),
        (
            "from helpers.checks import check_exercise",
            "notebooks/exercises/lesson_90.py",
            "EXERCISES = {1: 2}\n",
            "helpers",
        ),
        (
            "from helpers import checkpoints",
            "data/predictions/a.csv",
            "score\n0.6\n",
            "data",
        ),
        (
            "from helpers import checkpoints",
            "data/checkpoints/b.keras",
            "more",
            "data",
        ),
    ],
)
def test_digests_change_with_what_the_lesson_uses(root, code, file, text, changed):
    before = digests(root, notebook(code), "90")
    write(root, {file: text})
    after = digests(root, notebook(code), "90")
    assert [key for key in before if before[key] != after[key]] == [changed]


def test_digests_change_with_the_code(root):
    one, two = (
        digests(root, notebook("x = 1"), "90"),
        digests(root, notebook("x = 2"), "90"),
    )
    assert [key for key in one if one[key] != two[key]] == ["code"]


def test_checks_of_other_lessons_do_not_count(root):
    book = notebook("from helpers.checks import check_exercise")
    before = digests(root, book, "90")
    write(root, {"notebooks/exercises/lesson_21.py": "EXERCISES = {1: 2}\n"})
    assert digests(root, book, "90") == before
