"""Put the questions of an exercise to an answer and say what came out."""

from __future__ import annotations

import copy
import importlib.util
import sys
from dis import get_instructions
from pathlib import Path
from types import ModuleType
from typing import Any

from helpers.checks.exercise import Case, Exercise, Verdict, same_answer, shown

FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "exercises"


def cases_of(lesson: str) -> ModuleType | None:
    """Return the module with the cases of a lesson ("21"), or None without one."""
    name, path = f"exercises_of_lesson_{lesson}", FOLDER / f"lesson_{lesson}.py"
    if name not in sys.modules and path.exists():
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules.get(name)


def exercise_called(number: str) -> Exercise:
    """Return the exercise with a number such as "21.1".

    Raises
    ------
    LookupError
        If no lesson has an exercise of that number; the message lists those it has.
    """
    lesson = str(number).partition(".")[0]
    exercises = getattr(cases_of(lesson), "EXERCISES", {})
    if number in exercises:
        return exercises[number]
    known = ", ".join(sorted(exercises)) or "none"
    raise LookupError(
        f"There is no exercise {number!r}. Lesson {lesson} has: {known}. Use the "
        "number in the heading of the exercise, as text."
    )


def verdict_on(exercise: Exercise, number: str, answer: Any) -> Verdict:
    """Return the verdict on an answer; the answer's own errors are caught.

    Parameters
    ----------
    exercise : Exercise
        The cases to try, in order; the first that fails decides.
    number : str
        Number of the exercise, for the message.
    answer : callable or value
        What the learner wrote. Inputs are copied before each call, so that an answer
        which changes its input cannot spoil the next case.
    """
    for case in exercise.cases:
        hint = case.hint or exercise.hint
        ending = f" Hint: {hint}" if hint else ""
        asked = f"input {shown(case.inputs)}, " if case.inputs else ""
        try:
            got = answer(*copy.deepcopy(case.inputs)) if callable(answer) else answer
            if got is ... or got is None:
                return _not_attempted(number, answer, got)
            right = _is_right(got, case, exercise.tolerance)
        except Exception as error:
            said = f"{type(error).__name__}: {' '.join(str(error).split())}"
            return Verdict(
                "error", f"{number} raised {said} ({asked[:-2] or 'no input'}).{ending}"
            )
        if not right:
            message = (
                f"{number} wrong value: {asked}expected {shown(case.expected)}, "
                f"got {shown(got)}.{ending}"
            )
            return Verdict("wrong", message)
    count = len(exercise.cases)
    return Verdict("passed", f"{number} passed ({count} case{'s' * (count != 1)})")


def _is_right(got: Any, case: Case, tolerance: float) -> bool:
    if case.accept is not None:
        return bool(case.accept(got))
    return same_answer(got, case.expected, tolerance=tolerance)


def _not_attempted(number: str, answer: Any, got: Any) -> Verdict:
    message = f"{number} not attempted yet"
    if got is None and callable(answer) and not _does_nothing(answer):
        message += " (the function returned None: does it end with return?)"
    return Verdict("not attempted", message)


def _does_nothing(answer: Any) -> bool:
    """Return whether a function has only a docstring, `pass` or `...` as its body."""
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    code = getattr(answer, "__code__", None)
    return code is not None and {step.opname for step in get_instructions(code)} <= idle


def state_of(number: str, answer: Any) -> str:
    """Return "passed", "not attempted", "wrong" or "error" for an answer."""
    return verdict_on(exercise_called(number), number, answer).state


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
    """
    print(verdict_on(exercise_called(number), number, answer).message)
