"""Checks of exercises: four states, nothing raised, inputs left alone."""

import sys
import types

import numpy as np
import pandas as pd
import pytest

from helpers import checks
from helpers.checks import Case, Exercise, check_exercise, state_of, verdict_on
from helpers.checks.exercise import same_answer, shown


@pytest.fixture
def lesson(monkeypatch):
    """Install a lesson 98 with a function exercise and a value exercise."""
    module = types.ModuleType("exercises_of_lesson_98")
    module.EXERCISES = {
        "98.1": Exercise(
            cases=[
                Case(
                    inputs=(np.array([0, 10]), 2, -5), expected=np.array([-5.0, 15.0])
                ),
                Case(inputs=(np.array([3]), 1, 0), expected=[3.0], hint="one value"),
            ],
            hint="slope first",
        ),
        "98.2": Exercise(cases=[Case(expected=42)], hint="count the rows"),
        "98.3": Exercise(
            cases=[
                Case(
                    expected="an even number above 10",
                    accept=lambda x: x % 2 == 0 and x > 10,
                )
            ]
        ),
    }
    monkeypatch.setitem(sys.modules, "exercises_of_lesson_98", module)


def rescale(stored, slope, intercept):
    return stored * slope + intercept


def test_check_exercise_says_passed_with_the_number_of_cases(lesson, capsys):
    assert check_exercise("98.1", rescale) is None
    assert capsys.readouterr().out == "98.1 passed (2 cases)\n"
    check_exercise("98.2", 42)
    assert capsys.readouterr().out == "98.2 passed (1 case)\n"


def test_check_exercise_shows_input_expected_got_and_hint(lesson, capsys):
    check_exercise("98.1", lambda stored, slope, intercept: stored * slope)
    said = capsys.readouterr().out
    assert said == (
        "98.1 wrong value: input (array of shape (2,): [ 0, 10], 2, -5), "
        "expected array of shape (2,): [-5., 15.], got array of shape (2,): [ 0, 20]. "
        "Hint: slope first\n"
    )


def test_check_exercise_shows_the_hint_of_the_case_that_fails(lesson, capsys):
    check_exercise("98.1", lambda stored, slope, intercept: np.array([-5.0, 15.0]))
    assert capsys.readouterr().out.endswith("Hint: one value\n")


def test_check_exercise_reports_an_error_and_does_not_raise(lesson, capsys):
    check_exercise("98.1", lambda stored: stored)
    said = capsys.readouterr().out
    assert said.startswith("98.1 raised TypeError: ")
    assert said.endswith("Hint: slope first\n")


def test_check_exercise_knows_untouched_stubs(lesson, capsys):
    def stub(stored, slope, intercept):
        """Return HU."""
        ...  # your code here

    for number, answer in (("98.1", stub), ("98.2", ...), ("98.3", None)):
        check_exercise(number, answer)
        assert capsys.readouterr().out == f"{number} not attempted yet\n"


def test_check_exercise_asks_for_the_missing_return(lesson, capsys):
    def no_return(stored, slope, intercept):
        hu = stored * slope + intercept  # noqa: F841

    check_exercise("98.1", no_return)
    assert (
        "98.1 not attempted yet (the function returned None" in capsys.readouterr().out
    )


def test_stub_inside_a_function_counts_as_not_attempted(lesson):
    def half(stored, slope, intercept):
        hu = ...
        return hu  # noqa: RET504

    assert state_of("98.1", half) == "not attempted"


def test_state_of_names_the_four_states(lesson):
    assert state_of("98.2", 42.0) == "passed"
    assert state_of("98.2", 41) == "wrong"
    assert state_of("98.2", ...) == "not attempted"
    assert state_of("98.1", lambda: 1) == "error"


def test_accept_decides_where_several_answers_are_right(lesson):
    assert state_of("98.3", 12) == "passed"
    assert state_of("98.3", 8) == "wrong"
    assert (
        state_of("98.3", "twelve") == "error"
    )  # accept itself fails: said, not raised


def test_an_answer_that_changes_its_input_cannot_spoil_the_cases():
    values = np.array([1.0, 2.0])
    exercise = Exercise(
        cases=[Case(inputs=(values,), expected=np.array([2.0, 3.0]))] * 2
    )

    def in_place(array):
        array += 1
        return array

    assert verdict_on(exercise, "98.9", in_place).state == "passed"
    np.testing.assert_array_equal(values, [1.0, 2.0])


def test_unknown_number_lists_the_known_ones(lesson):
    with pytest.raises(
        LookupError, match=r"no exercise '98\.7'.* has: 98\.1, 98\.2, 98\.3"
    ):
        check_exercise("98.7", 1)
    with pytest.raises(LookupError, match="Lesson 97 has: none"):
        check_exercise("97.1", 1)


def test_exercise_without_cases_and_case_without_answer_are_refused():
    with pytest.raises(ValueError, match="at least one Case"):
        Exercise(cases=[])
    with pytest.raises(ValueError, match="untouched stub"):
        Case(inputs=(1,))


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        (1, 1.0000001, True),
        (1, 1.001, False),
        (float("nan"), np.nan, True),
        (True, 1, False),
        (1, True, False),
        (np.True_, True, True),
        ("1", 1, False),
        (np.array([1, 2]), [1, 2], True),
        (np.array([[1, 2]]), [1, 2], False),
        ([1, [2, 3]], [1, 2], False),
        (np.array([1, 2], dtype="uint8"), np.array([1.0, 2.0]), True),
        ((0.5, "left"), (0.5, "left"), True),
        ((0.5, "right"), (0.5, "left"), False),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"P1", "P2"}, {"P2", "P1"}, True),
        (["P1", "P2"], {"P2", "P1"}, False),
        ("text", "text", True),
        (pd.Series([1.0, 2.0]), [1, 2], True),
        (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [1]}), True),
        (pd.DataFrame({"b": [1.0]}), pd.DataFrame({"a": [1]}), False),
        (object(), 3, False),
    ],
)
def test_same_answer(got, expected, same):
    assert same_answer(got, expected, tolerance=1e-6) is same


def test_shown_is_short():
    assert shown(0.123456789) == "0.123457"
    assert len(shown("x" * 1000)) <= 160
    assert (
        shown(pd.DataFrame({"a": [1, 2]})) == "table of 2 rows with the columns ['a']"
    )
    assert "..." in shown(np.arange(1000))


def test_public_names():
    assert set(checks.__all__) >= {"Case", "Exercise", "check_exercise", "state_of"}
