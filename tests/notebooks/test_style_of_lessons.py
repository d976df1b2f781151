"""Every lesson keeps to the style of the course."""

from __future__ import annotations

import pytest

from tests.notebooks.lesson_material import lesson_names, view_of
from tools.notebook_style import check_lesson, shared_recipes


@pytest.mark.parametrize("name", lesson_names())
def test_lesson_keeps_to_the_style(name):
    assert "\n".join(map(str, check_lesson(view_of(name)))) == ""


def test_lessons_keep_to_the_style_together():
    findings = shared_recipes([view_of(name) for name in lesson_names()])
    assert "\n".join(map(str, findings)) == ""
