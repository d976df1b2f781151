from __future__ import annotations

import nbformat
import pytest

from tools.lessons.digests import digests, imported_modules

FILES = {
    "helpers/__init__.py": "",
    "helpers/windowing.py": "from helpers import geometry\nwidth = 1\n",
    "helpers/geometry.py": '"""A."""\n\n\ndef f():\n    """Say."""\n    return 1\n',
    "helpers/unused.py": "x = 1\n",
    "helpers/late.py": "def load():\n    import phantoms.chest\n",
    "helpers/checkpoints.py": "y = 1\n",
    "phantoms/__init__.py": "",
    "phantoms/chest.py": "z = 1\n",
    "notebooks/exercises/lesson_90.py": "EXERCISES = {}\n",
    "notebooks/exercises/lesson_21.py": "EXERCISES = {}\n",
    "data/predictions/a.csv": "score\n0.5\n",
    "data/checkpoints/a.keras": "weights",
}


def write(root, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path):
    write(tmp_path, FILES)
    return tmp_path


def notebook(code: str, prose: str = "Words."):
    cells = [nbformat.v4.new_markdown_cell(prose), nbformat.v4.new_code_cell(code)]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import numpy\nfrom helpers import windowing", {"geometry", "windowing"}),
        ("%matplotlib inline\nfrom helpers.geometry import f", {"geometry"}),
        ("from helpers import late", {"late", "chest"}),
        ("this is no Python", set()),
    ],
)
def test_imported_modules_follows_imports_to_the_end(root, code, names):
    found = {one.name.split(".")[-1] for one in imported_modules(root, [code])}
    assert found - {"helpers", "phantoms"} == names


@pytest.mark.parametrize(
    ("files", "changed"),
    [
        ({"helpers/geometry.py": "def f():\n    return 2\n"}, {"helpers"}),
        ({"helpers/geometry.py": "# new\ndef f():\n    return 1\n"}, set()),
        ({"helpers/unused.py": "x = 2\n"}, set()),
        ({"notebooks/exercises/lesson_90.py": "EXERCISES = {1: 2}\n"}, {"helpers"}),
        ({"notebooks/exercises/lesson_21.py": "EXERCISES = {1: 2}\n"}, set()),
        ({"data/predictions/a.csv": "score\n0.6\n"}, {"data"}),
        ({"data/checkpoints/a.keras": "others"}, {"data"}),
    ],
)
def test_a_change_is_seen_where_it_matters_alone(root, files, changed):
    lesson = notebook("from helpers import windowing, checkpoints")
    before = digests(root, lesson, "90")
    write(root, files)
    after = digests(root, lesson, "90")
    assert {key for key in before if before[key] != after[key]} == changed


def test_code_matters_and_prose_does_not(root):
    before = digests(root, notebook("x = 1"), "90")
    assert digests(root, notebook("x = 1", prose="Other."), "90") == before
    assert digests(root, notebook("x = 2"), "90")["code"] != before["code"]


def test_artefacts_count_for_lessons_that_read_them_only(root):
    before = digests(root, notebook("from helpers import windowing"), "90")
    write(root, {"data/predictions/a.csv": "score\n0.6\n"})
    assert digests(root, notebook("from helpers import windowing"), "90") == before
