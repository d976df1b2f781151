"""The generic tests of exercises, recipes and twins, put to broken toy lessons."""

from __future__ import annotations

import sys
import types

import pytest

from helpers import checks
from tests.notebooks import lesson_material, test_exercises, test_recipes, test_twins
from tests.tools.toy_course import NAME

WRONG = """
import numpy as np

WRONG = {
    "90.2": {"sum instead of mean": np.sum, "largest value": np.max},
    "90.3": {"counts the level too": lambda patch, level: np.mean(patch >= level)},
}
"""
TWIN = '''# %% tags=["twin:toy_metrics.spread"]
def spread(values):
    """Return the largest minus the smallest value."""
    return values.max() - values.min()


# %% [markdown]
# ## What we measured
'''


@pytest.fixture
def material(toy, tmp_path, monkeypatch):
    """Let the generic tests look at the toy course instead of the real one."""
    here = tmp_path / "tests_notebooks"
    (here / "wrong_answers").mkdir(parents=True)
    (here / "twin_inputs").mkdir()
    (here / "wrong_answers" / "lesson_90.py").write_text(WRONG)
    monkeypatch.setattr(lesson_material, "ROOT", toy)
    monkeypatch.setattr(lesson_material, "HERE", here)
    for cached in (lesson_material.view_of, lesson_material._start):
        cached.cache_clear()
    monkeypatch.setattr(checks, "FOLDER", toy / "notebooks" / "exercises")
    yield here
    for cached in (lesson_material.view_of, lesson_material._start):
        cached.cache_clear()


def edit(lesson, old: str, new: str) -> None:
    text = lesson.source.read_text()
    assert old in text
    lesson.source.write_text(text.replace(old, new, 1))


def test_a_sound_lesson_passes(material, lesson, tmp_path):
    assert lesson_material.code_exercises() == [(NAME, "90.2"), (NAME, "90.3")]
    for number in ("90.2", "90.3"):
        test_exercises.test_solution_passes(NAME, number)
        test_exercises.test_untouched_stub_is_not_attempted(NAME, number)
        test_exercises.test_known_mistakes_are_told_apart(NAME, number)
    test_exercises.test_checks_and_exercises_have_the_same_numbers(NAME)
    test_recipes.test_recipe_runs_alone(NAME, "recipe:bright-share", tmp_path)


def test_a_wrong_solution_is_found(material, lesson):
    edit(lesson, "np.sum(patch) / np.size(patch)", "np.sum(patch)")
    with pytest.raises(AssertionError, match=r"90\.2 wrong value"):
        test_exercises.test_solution_passes(NAME, "90.2")


def test_a_stub_that_answers_is_found(material, lesson):
    edit(lesson, "    ### END SOLUTION\n", "    ### END SOLUTION\n    return 0.0\n")
    with pytest.raises(AssertionError, match=r"90\.2 wrong value"):
        test_exercises.test_untouched_stub_is_not_attempted(NAME, "90.2")


def test_an_exercise_that_needs_other_cells_is_found(material, lesson):
    edit(lesson, "np.sum(patch) / np.size(patch)", "np.sum(patch) / patches[0].size")
    with pytest.raises(AssertionError, match=r"raised NameError.*patches"):
        test_exercises.test_solution_passes(NAME, "90.2")


def test_a_check_that_accepts_a_mistake_is_found(material):
    path = material / "wrong_answers" / "lesson_90.py"
    path.write_text(WRONG.replace("np.max}", "np.mean}"))
    with pytest.raises(AssertionError, match="'largest value' of 90.2 is 'passed'"):
        test_exercises.test_known_mistakes_are_told_apart(NAME, "90.2")


def test_an_exercise_without_a_known_mistake_is_found(material):
    (material / "wrong_answers" / "lesson_90.py").write_text("WRONG = {}\n")
    with pytest.raises(AssertionError, match=r"90\.2 has no wrong answer"):
        test_exercises.test_known_mistakes_are_told_apart(NAME, "90.2")
    with pytest.raises(AssertionError):
        test_exercises.test_checks_and_exercises_have_the_same_numbers(NAME)


def test_a_lesson_without_known_mistakes_is_told_where_to_write_them(material):
    (material / "wrong_answers" / "lesson_90.py").unlink()
    with pytest.raises(FileNotFoundError, match=r"wrong_answers/lesson_90\.py is miss"):
        test_exercises.test_known_mistakes_are_told_apart(NAME, "90.2")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("np.mean(patch > 100)", "np.mean(patches > 100)", "NameError"),
        (
            "import numpy as np\n\npatch",
            "import numpy as np\nimport helpers\n\npatch",
            "helpers",
        ),
        ('print(f"Share of bright pixels: {np.mean(patch > 100):.2f}")', "", "nothing"),
    ],
)
def test_a_recipe_that_does_not_stand_alone_is_found(
    material, lesson, tmp_path, old, new, said
):
    edit(lesson, old, new)
    with pytest.raises(AssertionError, match=said):
        test_recipes.test_recipe_runs_alone(NAME, "recipe:bright-share", tmp_path)


def twins_agree(material, lesson, monkeypatch, function) -> None:
    module = types.ModuleType("toy_metrics")
    module.spread = function
    monkeypatch.setitem(sys.modules, "toy_metrics", module)
    edit(lesson, "# %% [markdown]\n# ## What we measured\n", TWIN)
    (material / "twin_inputs" / "lesson_90.py").write_text(
        "import numpy as np\n"
        'TWIN_INPUTS = {"toy_metrics.spread": [((np.array([1.0, 4.0, 2.5]),), {})]}\n'
    )
    test_twins.test_twins_agree(NAME, "twin:toy_metrics.spread")


def test_twins_that_agree_pass(material, lesson, monkeypatch):
    twins_agree(material, lesson, monkeypatch, lambda v: sorted(v)[-1] - sorted(v)[0])


def test_twins_that_differ_are_found(material, lesson, monkeypatch):
    with pytest.raises(AssertionError):
        twins_agree(material, lesson, monkeypatch, lambda values: values.max())


def test_plain_result_opens_tuples_and_tables():
    from collections import namedtuple
    from dataclasses import dataclass

    @dataclass
    class Counts:
        tp: int
        fp: int

    Pair = namedtuple("Pair", "low high")
    result = (Counts(1, 2), [Pair(0.1, 0.2)])
    assert test_twins.plain_result(result) == [
        [["tp", 1], ["fp", 2]],
        [[["low", 0.1], ["high", 0.2]]],
    ]
