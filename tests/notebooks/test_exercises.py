"""Every check can tell the solution, an untouched stub and known mistakes apart."""

from __future__ import annotations

import pytest

from helpers.checks import exercises_of, verdict_on
from tests.notebooks.lesson_material import (
    answer,
    code_exercises,
    companion,
    exercise_cells,
    lesson_names,
    view_of,
)
from tools.lessons.source import strip_markers, strip_solution

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def default_cohort(monkeypatch):
    for name in ("COHORT", "FINDING", "COHORT_SPLIT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("name", "number"), code_exercises())
def test_solution_passes(name, number):
    cell, _ = exercise_cells(name, number)
    given = answer(name, number, source=strip_markers(cell.raw))
    state, said = verdict_on(number, given)
    assert state == "passed", said


@pytest.mark.parametrize(("name", "number"), code_exercises())
def test_untouched_stub_is_not_attempted(name, number):
    cell, _ = exercise_cells(name, number)
    given = answer(name, number, source=strip_solution(cell.raw))
    state, said = verdict_on(number, given)
    assert state == "not attempted", said


@pytest.mark.parametrize(("name", "number"), code_exercises())
def test_known_mistakes_are_told_apart(name, number):
    mistakes = companion("wrong_answers", name).WRONG.get(number, {})
    assert mistakes, f"{number} has no wrong answer in tests/notebooks/wrong_answers."
    for label, given in mistakes.items():
        state, said = verdict_on(number, given)
        assert state in {"wrong", "error"}, f"'{label}' of {number} is '{state}'."
        assert "Hint" in said, f"'{label}' of {number} gets no hint."


@pytest.mark.parametrize("name", lesson_names())
def test_checks_and_exercises_have_the_same_numbers(name):
    announced = {number for lesson, number in code_exercises() if lesson == name}
    assert set(exercises_of(name[:2])) == announced
    assert set(companion("wrong_answers", name).WRONG) == announced


@pytest.mark.parametrize("name", lesson_names())
def test_every_solution_stands_between_markers(name):
    for cell in view_of(name).tagged("exercise-code"):
        assert strip_solution(cell.raw) != strip_markers(cell.raw)
