"""Every check can tell the solution, an untouched stub and known mistakes apart."""

from __future__ import annotations

import pytest

from helpers.checks import exercises_of, verdict_on
from tests.notebooks.lesson_material import (
    answer,
    code_exercises,
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
    mistakes = exercises_of(name[:2])[1].get(number)
    assert mistakes, f"{number} has no wrong answer in notebooks/exercises."
    for sentence, given in mistakes.items():
        state, said = verdict_on(number, given)
        assert state in {"wrong", "error"}, f"'{sentence}' of {number} is '{state}'."
        assert said.endswith(f"Hint: {sentence}"), f"'{sentence}' of {number}: {said}"


@pytest.mark.parametrize("name", lesson_names())
def test_checks_and_exercises_have_the_same_numbers(name):
    announced = {number for lesson, number in code_exercises() if lesson == name}
    exercises, mistakes = exercises_of(name[:2])
    assert set(exercises) == set(mistakes) == announced


@pytest.mark.parametrize("name", lesson_names())
def test_every_solution_stands_between_markers(name):
    for cell in view_of(name).tagged("exercise-code"):
        assert strip_solution(cell.raw) != strip_markers(cell.raw)
