"""A toy course, executed once, of which each test gets its own copy."""

from __future__ import annotations

import shutil

import pytest

from tests.tools.toy_course import NAME, make_toy_course
from tools.build_notebooks import main as build
from tools.lessons.source import Lesson


@pytest.fixture(scope="session")
def built_once(tmp_path_factory):
    """Return a toy course whose notebooks are built; do not change it."""
    root = make_toy_course(tmp_path_factory.mktemp("toy"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(root))
        assert build([], root=root) == 0
    return root


@pytest.fixture
def toy(built_once, tmp_path, monkeypatch):
    """Return the root of a copy of the built toy course."""
    root = tmp_path / "course"
    shutil.copytree(built_once, root)
    monkeypatch.setenv("PYTHONPATH", str(root))
    return root


@pytest.fixture
def lesson(toy):
    """Return the one lesson of the copy."""
    return Lesson(NAME, toy)


@pytest.fixture
def no_kernel(monkeypatch):
    """Make every attempt to start a kernel fail the test."""

    def refuse(*_, **__):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("tools.build_notebooks.run_notebook", refuse)
