"""What an exercise is, and when two answers are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

STATES = ("passed", "not attempted", "wrong", "error")


@dataclass(frozen=True)
class Case:
    """One question put to an answer.

    Parameters
    ----------
    inputs : tuple
        Positional arguments for an answer that is a function; leave it out when the
        answer is a plain value.
    expected : object
        The right result: number, text, array, table, or a tuple, list or dictionary
        of these.
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

    def __post_init__(self) -> None:
        if self.expected is None or self.expected is ...:
            raise ValueError(
                f"A case expects {self.expected!r}, which is what an untouched stub "
                "returns, so that no answer would count as attempted. Expected a "
                "value; with accept=, a text that says what is wanted."
            )


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

    def __post_init__(self) -> None:
        if not self.cases:
            raise ValueError(
                "An exercise has no case. Expected at least one Case, otherwise "
                "every answer would pass. Add cases=[Case(...)]."
            )


@dataclass(frozen=True)
class Verdict:
    """The state of an answer, one of `STATES`, and the line that a learner reads."""

    state: str
    message: str


def same_answer(got: Any, expected: Any, *, tolerance: float) -> bool:
    """Return whether a result equals the expected one.

    Numbers agree within `tolerance`; NaN equals NaN; shapes, keys and lengths must
    be equal; a boolean is not a number; text must be the same.

    Examples
    --------
    >>> same_answer(0.1 + 0.2, 0.3, tolerance=1e-6)
    True
    >>> same_answer([1, 2], (1, 2), tolerance=1e-6)
    True
    >>> same_answer("0.3", 0.3, tolerance=1e-6)
    False
    """
    if isinstance(expected, Mapping):
        return (
            isinstance(got, Mapping)
            and set(got) == set(expected)
            and all(
                same_answer(got[k], v, tolerance=tolerance) for k, v in expected.items()
            )
        )
    if isinstance(expected, (set, frozenset)):
        return isinstance(got, (set, frozenset)) and set(got) == set(expected)
    if isinstance(expected, pd.DataFrame):
        return (
            isinstance(got, pd.DataFrame)
            and list(got.columns) == list(expected.columns)
            and same_answer(
                got.to_dict("list"), expected.to_dict("list"), tolerance=tolerance
            )
        )
    if isinstance(expected, (str, bytes)):
        return type(got) is type(expected) and got == expected
    if isinstance(expected, (tuple, list)) and not _is_numeric(expected):
        return (
            isinstance(got, (tuple, list, np.ndarray, pd.Series))
            and len(got) == len(expected)
            and all(
                same_answer(g, e, tolerance=tolerance)
                for g, e in zip(got, expected, strict=True)
            )
        )
    return _same_array(got, expected, tolerance)


def _is_numeric(values: Sequence) -> bool:
    return all(
        isinstance(v, (int, float, np.number)) and not isinstance(v, bool)
        for v in values
    )


def _same_array(got: Any, expected: Any, tolerance: float) -> bool:
    try:
        got_array, expected_array = np.asarray(got), np.asarray(expected)
    except ValueError:  # lists of unequal length
        return False
    if got_array.shape != expected_array.shape:
        return False
    both = (got_array.dtype.kind, expected_array.dtype.kind)
    if any(kind == "b" for kind in both) or not all(kind in "iufc" for kind in both):
        return both[0] == both[1] and bool(np.all(got_array == expected_array))
    return bool(
        np.allclose(
            got_array, expected_array, rtol=tolerance, atol=tolerance, equal_nan=True
        )
    )


def shown(value: Any, *, limit: int = 160) -> str:
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
    elif isinstance(value, pd.Series):
        text = f"column of {len(value)} values: {shown(value.to_numpy())}"
    elif isinstance(value, (tuple, list)) and len(value) <= 8:
        inside = ", ".join(shown(item) for item in value)
        text = f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    elif isinstance(value, Mapping) and len(value) <= 8:
        inside = ", ".join(f"{shown(k)}: {shown(v)}" for k, v in value.items())
        text = "{" + inside + "}"
    else:
        text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 4] + " ..."
