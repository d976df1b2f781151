"""Checks of the exercises and of the settings of a lesson.

`notebooks/exercises/lesson_NN.py` holds the cases of lesson NN in `EXERCISES` and its
known mistakes in `MISTAKES`. A check of an exercise prints one line and never raises:
passed, not attempted yet, wrong value (with input, expected, got and a hint), or the
error that the answer raised. The hint of a known mistake is its own sentence.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import runpy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dis import get_instructions
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

FOLDER = Path(__file__).resolve().parents[1] / "notebooks" / "exercises"
LONGEST = 160  # characters of a value in a message
LOOKS = {  # mark, words that are coloured, terminal colour
    "passed": ("\N{CHECK MARK}", "passed", 32),
    "not attempted": ("\N{WHITE CIRCLE}", "not attempted yet", 34),
    "wrong": ("\N{BALLOT X}", "wrong value", 31),
    "error": ("!", "raised", 31),
}


@dataclass(frozen=True)
class Case:
    """One question put to an answer.

    Parameters
    ----------
    inputs : tuple
        Positional arguments for an answer that is a function; leave it out when the
        answer is a plain value.
    expected : object
        The right result: number, text, array, or a tuple or list of these.
    hint : str
        Shown when this case fails; empty: the hint of the exercise.
    accept : callable, optional
        For questions with several right answers: called with the result, True if it
        will do. `expected` is then the text that says what is wanted.
    """

    inputs: tuple = ()
    expected: Any = None
    hint: str = ""
    accept: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Exercise:
    """The cases of one exercise, tried in order.

    Parameters
    ----------
    cases : sequence of Case
        At least one.
    hint : str
        One sentence that helps without giving the answer away.
    tolerance : float
        Largest difference of numbers, absolute and relative.
    """

    cases: Sequence[Case]
    hint: str = ""
    tolerance: float = 1e-6


class Verdict(NamedTuple):
    """The state of an answer, and the line that a learner reads.

    States: "passed", "not attempted", "wrong" and "error".
    """

    state: str
    message: str


def exercises_of(lesson: str) -> tuple[dict[str, Exercise], dict[str, dict]]:
    """Return the exercises and the known mistakes of a lesson ("21"), by number.

    A mistake is a wrong answer under the sentence that helps whoever gave it. Both are
    empty if the lesson has no file.
    """
    path = FOLDER / f"lesson_{lesson}.py"
    found = runpy.run_path(str(path)) if path.exists() else {}
    return found.get("EXERCISES", {}), found.get("MISTAKES", {})


def check_exercise(number: str, answer: Any) -> None:
    """Print what is right or wrong with an answer; the answer cannot stop a lesson.

    Parameters
    ----------
    number : str
        Number of the exercise, for example "21.1".
    answer : callable or value
        The function, or the value, that the exercise asks for.

    Raises
    ------
    LookupError
        If no exercise has this number.

    Examples
    --------
    >>> check_exercise("00.1", lambda table: table["patient_id"].nunique())
    ✓ 00.1 passed (2 cases)
    """
    state, message = verdict_on(number, answer)
    mark, words, colour = LOOKS[state]
    start, end = f"\x1b[1;{colour}m", "\x1b[0m"
    if hasattr(builtins, "__IPYTHON__"):  # a notebook shows the codes as colour
        message = message.replace(words, f"{start}{words}{end}", 1)
        mark = f"{start}{mark}{end}"
    print(mark, message)


def check_setting(
    name: str, value: Any, low: float = 0, high: float = 0, *, among: Sequence = ()
) -> None:
    """Refuse a setting outside its range, or one that is not among the choices.

    Parameters
    ----------
    name : str
        The setting as the learner wrote it, for example "STEPS".
    value : object
        What it is set to.
    low, high : float
        Smallest and largest value; two whole numbers ask for a whole number.
    among : sequence, optional
        The choices, instead of a range.

    Raises
    ------
    ValueError
        If the value will not do. The message names the setting and what is expected.

    Examples
    --------
    >>> check_setting("STEPS", 800, 1, 5000)
    >>> check_setting("STEPS", "800", 1, 5000)
    Traceback (most recent call last):
    ...
    ValueError: STEPS is '800', expected a whole number from 1 to 5000. Change it above.
    """
    if among:
        right, expected = value in among, f"one of {', '.join(map(str, among))}"
    else:
        whole = isinstance(low, int) and isinstance(high, int)
        kind = (int, np.integer) if whole else (int, float, np.number)
        number = isinstance(value, kind) and not isinstance(value, bool)
        right = number and low <= value <= high
        expected = f"a {'whole ' * whole}number from {low} to {high}"
    if not right:
        raise ValueError(
            f"{name} is {shown(value)}, expected {expected}. Change it above."
        )


def verdict_on(number: str, answer: Any) -> Verdict:
    """Return the verdict on an answer; the answer's own errors are caught.

    Parameters
    ----------
    number : str
        Number of the exercise. Its cases are tried in order; the first that fails
        decides.
    answer : callable or value
        What the learner wrote. Inputs are copied before each call, so that an answer
        which changes its input cannot spoil the next case.

    Raises
    ------
    LookupError
        If no exercise has this number; the message lists those that the lesson has.
    """
    lesson = str(number).partition(".")[0]
    exercises, mistakes = exercises_of(lesson)
    if number not in exercises:
        raise LookupError(
            f"There is no exercise {number!r}. Lesson {lesson} has: "
            f"{', '.join(sorted(exercises)) or 'none'}. Write the number as text."
        )
    exercise = exercises[number]
    for case in exercise.cases:
        state, said = _tried(case, answer, exercise.tolerance)
        if state == "not attempted":
            return Verdict(state, f"{number} not attempted yet{said}")
        if state != "passed":
            slip = _slip(exercise, answer, mistakes.get(number, {}))
            hint = slip or case.hint or exercise.hint
            ending = f" Hint: {hint}" if hint else ""
            return Verdict(state, f"{number} {said}.{ending}")
    count = len(exercise.cases)
    return Verdict("passed", f"{number} passed ({count} case{'s' * (count != 1)})")


def _tried(case: Case, answer: Any, tolerance: float) -> tuple[str, str]:
    """Return the state of an answer to one case, and what to say about it."""
    asked = f"input {shown(case.inputs)}" if case.inputs else "no input"
    try:
        got = answer(*copy.deepcopy(case.inputs)) if callable(answer) else answer
        if got is ... or got is None:
            return "not attempted", _lost_result(answer, got)
        if case.accept is not None:
            right = case.accept(got)
        else:
            right = same_answer(got, case.expected, tolerance=tolerance)
    except Exception as error:
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return "error", f"raised {said} ({asked})"
    asked = f"{asked}, " if case.inputs else ""
    wrong = f"wrong value: {asked}expected {shown(case.expected)}, got {shown(got)}"
    return ("passed", "") if right else ("wrong", wrong)


def _slip(exercise: Exercise, answer: Any, mistakes: dict[str, Any]) -> str:
    """Return the sentence of the known mistake that gives what the answer gives."""
    given = _outcomes(exercise, answer)
    with contextlib.suppress(Exception):  # two results that cannot be compared
        for sentence, mistake in mistakes.items():
            pairs = zip(given, _outcomes(exercise, mistake), strict=True)
            if all(same_answer(*pair, tolerance=exercise.tolerance) for pair in pairs):
                return sentence
    return ""


def _outcomes(exercise: Exercise, answer: Any) -> list:
    """Return what an answer gives in each case; the kind of error where it raises."""
    outcomes = []
    for case in exercise.cases:
        try:
            inputs = copy.deepcopy(case.inputs)
            outcomes.append(answer(*inputs) if callable(answer) else answer)
        except Exception as error:
            outcomes.append(type(error).__name__)
    return outcomes


def _lost_result(answer: Any, got: Any) -> str:
    """Ask for the missing return of a function that is more than an untouched stub."""
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    code = getattr(answer, "__code__", None)
    if got is ... or code is None or {s.opname for s in get_instructions(code)} <= idle:
        return ""
    return " (the function returned None: does it end with return?)"


def same_answer(got: Any, expected: Any, *, tolerance: float) -> bool:
    """Return whether a result equals the expected one.

    Numbers agree within `tolerance`; NaN equals NaN; shapes and lengths must be equal;
    a boolean is not a number; text must be the same.

    Examples
    --------
    >>> same_answer(0.1 + 0.2, 0.3, tolerance=1e-6)
    True
    >>> same_answer([1, 2], (1, 2), tolerance=1e-6)
    True
    >>> same_answer("0.3", 0.3, tolerance=1e-6)
    False
    """
    if isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)):
        return len(got) == len(expected) and all(
            same_answer(one, other, tolerance=tolerance)
            for one, other in zip(got, expected, strict=True)
        )
    try:
        got, expected = np.asarray(got), np.asarray(expected)
    except ValueError:  # lists of unequal length
        return False
    if got.shape != expected.shape:
        return False
    if got.dtype.kind in "iufc" and expected.dtype.kind in "iufc":
        close = {"rtol": tolerance, "atol": tolerance, "equal_nan": True}
        return bool(np.allclose(got, expected, **close))
    return got.dtype.kind == expected.dtype.kind and bool(np.all(got == expected))


def shown(value: Any) -> str:
    """Return a value as short text for a message.

    Examples
    --------
    >>> shown(np.float32(0.5))
    '0.5'
    >>> shown(np.array([[1, 2], [3, 4]]))
    'array of shape (2, 2): [[1, 2], [3, 4]]'
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        text = f"{value:.6g}"
    elif isinstance(value, np.ndarray):
        body = np.array2string(
            value, precision=4, threshold=12, edgeitems=3, separator=", "
        )
        text = f"array of shape {value.shape}: {' '.join(body.split())}"
    elif isinstance(value, pd.DataFrame):
        text = f"table of {len(value)} rows with the columns {list(value.columns)}"
    elif isinstance(value, (tuple, list)) and len(value) <= 8:
        inside = ", ".join(shown(item) for item in value)
        text = f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    else:
        text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 4] + " ..."
