"""Checks of exercises: four states, nothing raised, inputs left alone."""

import builtins

import numpy as np
import pandas as pd
import pytest

from helpers import checks
from helpers.checks import check_exercise, check_setting, same_answer, shown, verdict_on

CASES = """
import numpy as np
from helpers.checks import Case, Exercise

VALUES = np.array([1.0, 2.0])
EXERCISES = {
    "98.1": Exercise(
        cases=[
            Case(inputs=(np.array([0, 10]), 2, -5), expected=np.array([-5.0, 15.0])),
            Case(inputs=(np.array([3]), 1, 0), expected=[3.0], hint="one value"),
        ],
        hint="slope first",
    ),
    "98.2": Exercise(cases=[Case(expected=42)], tolerance=0.01),
    "98.3": Exercise(
        cases=[Case(expected="an even number", accept=lambda x: x % 2 == 0)]
    ),
    "98.4": Exercise(cases=[Case(inputs=(VALUES,), expected=VALUES + 1)] * 2),
}
MISTAKES = {
    "98.1": {
        "Divide?": lambda *x: 1 // 0,
        "Where is the slope?": lambda stored, slope, intercept: stored + intercept,
    },
    "98.2": {"That is the year.": 1942},
}
"""


@pytest.fixture(autouse=True)
def _lesson_98(monkeypatch, tmp_path):
    monkeypatch.setattr(checks, "FOLDER", tmp_path)
    (tmp_path / "lesson_98.py").write_text(CASES)


def rescale(stored, slope, intercept):
    return stored * slope + intercept


def stub(*inputs):
    """Return HU."""
    ...  # your code here


def half_a_stub(*inputs):
    hu = ...
    return hu  # noqa: RET504


def in_place(array):
    array += 1
    return array


GIVEN = "input (array of shape (2,): [ 0, 10], 2, -5)"
WRONG = f"98.1 wrong value: {GIVEN}, expected array of shape (2,): [-5., 15.], got "
RETURN = " (the function returned None: does it end with return?)"


@pytest.mark.parametrize(
    ("number", "answer", "state", "said"),
    [
        ("98.1", rescale, "passed", "98.1 passed (2 cases)"),
        ("98.2", 42.4, "passed", "98.2 passed (1 case)"),  # within 1 per cent
        ("98.3", 12, "passed", "98.3 passed (1 case)"),
        ("98.4", in_place, "passed", "98.4 passed (2 cases)"),
        ("98.1", stub, "not attempted", "98.1 not attempted yet"),
        ("98.1", half_a_stub, "not attempted", "98.1 not attempted yet"),
        ("98.2", ..., "not attempted", "98.2 not attempted yet"),
        ("98.3", None, "not attempted", "98.3 not attempted yet"),
        (
            "98.1",
            lambda *x: print(),
            "not attempted",
            "98.1 not attempted yet" + RETURN,
        ),
        ("98.1", lambda x, m, b: 7.0, "wrong", WRONG + "7. Hint: slope first"),
        ("98.1", lambda *some: np.array([-5.0, 15.0]), "wrong", ". Hint: one value"),
        ("98.1", lambda *x: rescale(*x) + 1e-4, "wrong", ". Hint: slope first"),
        ("98.2", 43, "wrong", "98.2 wrong value: expected 42, got 43."),
        ("98.3", 7, "wrong", "98.3 wrong value: expected 'an even number', got 7."),
        ("98.1", lambda *x: 1 // 0, "error", f"zero ({GIVEN}). Hint: Divide?"),
        ("98.1", lambda *x: {}[0], "error", f"0 ({GIVEN}). Hint: slope first"),
        ("98.1", lambda s, m, b: s + b, "wrong", ". Hint: Where is the slope?"),
        ("98.2", 1942, "wrong", ". Hint: That is the year."),
        ("98.3", [], "error", "'int' (no input)."),  # `accept` itself fails
    ],
)
def test_verdict_and_what_is_said(number, answer, state, said, capsys):
    assert verdict_on(number, answer).state == state
    capsys.readouterr()
    assert check_exercise(number, answer) is None
    shown = capsys.readouterr().out.strip()
    assert shown[:2] == {"passed": "✓ ", "not attempted": "○ "}.get(state, shown[:2])
    assert shown[2:].startswith(number)
    assert shown.endswith(said)


def test_a_notebook_shows_mark_and_word_in_colour(monkeypatch, capsys):
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    check_exercise("98.2", 42)
    green = "\x1b[1;32m{}\x1b[0m".format
    assert capsys.readouterr().out == f"{green('✓')} 98.2 {green('passed')} (1 case)\n"


@pytest.mark.parametrize("value", ["800", 0, 5001, 2.5, float("nan"), True, None])
def test_a_setting_out_of_range_is_named(value):
    with pytest.raises(ValueError, match="STEPS .* whole number from 1 to 5000"):
        check_setting("STEPS", value, 1, 5000)


def test_settings_in_range_or_among_the_choices_pass():
    for value in (1, 5000, np.int64(7)):
        check_setting("STEPS", value, 1, 5000)
    check_setting("RATE", np.float32(0.5), 0.0, 1)
    check_setting("LAYER", "b", among=["a", "b"])
    with pytest.raises(ValueError, match="LAYER is 'c', expected one of a, b"):
        check_setting("LAYER", "c", among=["a", "b"])
    with pytest.raises(ValueError, match="RATE is 1.5, expected a number from 0"):
        check_setting("RATE", 1.5, 0.0, 1)


def test_an_unknown_number_lists_the_known_ones():
    with pytest.raises(LookupError, match=r"'98\.7'.* has: 98\.1, 98\.2, 98\.3"):
        check_exercise("98.7", 1)
    with pytest.raises(LookupError, match="Lesson 97 has: none"):
        check_exercise("97.1", 1)


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        (1, 1.0000001, True),
        (1, 1.001, False),
        (1e9, 1e9 + 100, True),  # relative
        (0, 9e-7, True),  # absolute
        (float("nan"), np.nan, True),
        (True, 1, False),
        (1, True, False),
        (np.True_, True, True),
        (np.array([True, False]), np.array([True, True]), False),
        ("1", 1, False),
        ("text", "text", True),
        ("text", "test", False),
        (np.array([1, 2]), [1, 2], True),
        (np.array([[1, 2]]), [1, 2], False),
        ([1, [2, 3]], np.array([1, 2]), False),
        (np.array([1, 2], dtype="uint8"), np.array([1.0, 2.0]), True),
        ((0.5, "left"), [0.5, "left"], True),
        ((0.5, "right"), (0.5, "left"), False),
        ((0.5,), (0.5, "left"), False),
        ([], [], True),
        (pd.Series([1.0, 2.0]), [1, 2], True),
        (object(), 3, False),
    ],
)
def test_same_answer(got, expected, same):
    assert same_answer(got, expected, tolerance=1e-6) is same


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456789, "0.123457"),
        (np.float32(0.5), "0.5"),
        (True, "True"),
        ((1, [2.0, "a\nb"]), r"(1, [2, 'a\nb'])"),
        (np.array([[0.12345, 2]]), "array of shape (1, 2): [[0.1235, 2. ]]"),
        (np.arange(13), "array of shape (13,): [ 0, 1, 2, ..., 10, 11, 12]"),
        (pd.DataFrame({"a": [1, 2]}), "table of 2 rows with the columns ['a']"),
        ("x" * 158, "'" + "x" * 158 + "'"),
        ("x" * 159, "'" + "x" * 155 + " ..."),
        ([0.123456789] * 9, str([0.123456789] * 9)),
    ],
)
def test_shown_is_short(value, text):
    assert shown(value) == text
