"""Checks of the exercises: what `check_exercise` in a lesson runs.

`notebooks/exercises/lesson_NN.py` holds the cases of lesson NN in `EXERCISES`.
"""

from helpers.checks.exercise import Case, Exercise, Verdict
from helpers.checks.runner import check_exercise, state_of, verdict_on

__all__ = ["Case", "Exercise", "Verdict", "check_exercise", "state_of", "verdict_on"]
