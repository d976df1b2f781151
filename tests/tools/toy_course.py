"""A course of one lesson in a temporary folder, for the tests of the tools."""

from __future__ import annotations

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TOY = Path(__file__).parent / "toy"
NAME = "90_toy_lesson"

CHECKS = '''"""Cases of the toy lesson."""

import numpy as np

from helpers.checks import Case, Exercise

EXERCISES = {
    "90.2": Exercise(
        cases=[
            Case(inputs=(np.array([[0.0, 2.0], [4.0, 6.0]]),), expected=3.0),
            Case(inputs=(np.array([1.0, 2.0, 9.0]),), expected=4.0),
        ],
        hint="Add all pixels, then divide by how many there are.",
    ),
    "90.3": Exercise(
        cases=[Case(inputs=(np.array([0.0, 5.0, 9.0, 9.0]), 5.0), expected=0.5)],
        hint="Above means larger, not equal.",
    ),
}
'''


def make_toy_course(root: Path, *, source: str | None = None) -> Path:
    """Write a course with one lesson below `root` and return `root`.

    Its `helpers` package is a copy of the real figures and checks, so that a test may
    change it. A kernel finds it first when `root` is on PYTHONPATH.
    """
    helpers = root / "helpers"
    helpers.mkdir(parents=True)
    for name in ("checks.py", "figures.py"):
        shutil.copy(REPOSITORY / "helpers" / name, helpers)
    (helpers / "__init__.py").write_text("", encoding="utf-8")
    (root / "notebooks" / "exercises").mkdir(parents=True)
    (root / "notebooks" / "exercises" / "lesson_90.py").write_text(
        CHECKS, encoding="utf-8"
    )
    folder = root / "notebooks" / "source"
    folder.mkdir(parents=True)
    text = source if source is not None else toy_source()
    (folder / f"{NAME}.py").write_text(text, encoding="utf-8")
    return root


def toy_source() -> str:
    """Return the text of the toy lesson."""
    return (TOY / "lesson.txt").read_text(encoding="utf-8")
