"""The table of sizes: code lines, names and arrows."""

import pytest

from tools.size import breaches, main, modules_in, unused_names, wrong_arrows

TEXT = '''"""Module docstring
of two lines."""

# a comment
import math  # code with a comment


def area(radius):
    """Docstring."""
    text = """two
    lines"""

    return math.pi * radius**2, text
'''


@pytest.fixture
def project(tmp_path):
    """Return a function that writes modules of a small project."""

    def write(**files):
        for folder in ("helpers", "phantoms", "tools", "tests", "notebooks/source"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def test_code_lines_are_neither_blank_nor_comment_nor_docstring(project):
    # import, def, text (2 lines), return
    (module,) = modules_in(project(helpers__a=TEXT), "helpers")
    assert module.lines == 5
    assert list(module.public) == ["area"]


def test_limits_of_folders_modules_and_files_are_named(project, monkeypatch, capsys):
    root = project(
        helpers__long="x = 1\n" * 351,
        helpers__below__deep="",
        tests__big="x = 1\n" * 400,
        **{f"phantoms__m{number}": "" for number in range(46)},
    )
    monkeypatch.setattr("tools.size.LIMITS", {"helpers": 350})
    assert main([], root=root) == 1
    said = capsys.readouterr()
    assert "helpers.long " in said.out
    assert "helpers/ has 351 code lines, limit 350" in said.err
    assert "helpers.long has 351 code lines, limit 350" in said.err
    assert "tests/ has 400 code lines, limit 351" in said.err
    assert "phantoms/ has 46 files, limit 45" in said.err
    assert "helpers.below.deep: helpers/ is flat" in said.err
    (root / "helpers" / "long.py").write_text("x = 1\n" * 350)
    assert breaches(root)[0].startswith("tests/")
    assert not any("helpers.long" in one for one in breaches(root))


FUNCTIONS = '''
class Result:
    """A class."""

class LostError(ValueError):
    """An error."""

def used() -> Result:
    """Use."""

def alone():
    """Stand alone."""

def _private():
    """Hide."""
'''


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("notebooks__source__21_x", ["alone"]),
        ("tests__notebooks__test_recipe", ["alone"]),
        ("helpers__other", ["alone"]),
        ("tests__helpers__test_metrics", ["Result", "used", "alone"]),
    ],
)
def test_a_public_name_must_be_used_outside_its_module_and_its_test(
    project, place, left
):
    root = project(
        helpers__metrics=FUNCTIONS,
        **{place: "from helpers import metrics\nmetrics.used()\n"},
    )
    found = [one.split()[0] for one in unused_names(root, modules_in(root, "helpers"))]
    assert found == [f"helpers.metrics.{name}" for name in left]


def test_arrows_against_the_order_and_circles_are_named(project):
    root = project(
        phantoms__a="from helpers import b\n",
        helpers__b="import helpers.c\n",
        helpers__c="from helpers.d import e\n",
        helpers__d="def f():\n    from helpers import b\n",
        helpers__e="import numpy\nfrom phantoms import a\n",
    )
    modules = [one for f in ("phantoms", "helpers") for one in modules_in(root, f)]
    against, circle = wrong_arrows(modules)
    assert against.startswith("phantoms.a imports helpers.b")
    for name in ("helpers.b", "helpers.c", "helpers.d"):
        assert name in circle
    assert "helpers.e" in circle  # reaches the circle through phantoms.a
