"""The generic tests of exercises, recipes and twins, put to broken toy lessons."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from helpers import checks
from tests.notebooks import lesson_material, test_exercises, test_recipes, test_twins
from tests.tools.toy_course import NAME

WRONG = """

MISTAKES = {
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
    (here / "twin_inputs").mkdir(parents=True)
    append(toy, WRONG)
    monkeypatch.setattr(lesson_material, "ROOT", toy)
    monkeypatch.setattr(lesson_material, "HERE", here)
    for cached in (lesson_material.view_of, lesson_material._start):
        cached.cache_clear()
    monkeypatch.setattr(checks, "FOLDER", toy / "notebooks" / "exercises")
    yield here
    for cached in (lesson_material.view_of, lesson_material._start):
        cached.cache_clear()


def append(toy, text: str) -> None:
    path = toy / "notebooks" / "exercises" / "lesson_90.py"
    path.write_text(path.read_text() + text)


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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("np.sum(patch) / np.size(patch)", "np.sum(patch)", "90.2 wrong value"),
        ("np.size(patch)", "patches[0].size", "raised NameError.*patches"),
    ],
)
def test_a_solution_that_fails_its_check_is_found(material, lesson, old, new, said):
    edit(lesson, old, new)
    with pytest.raises(AssertionError, match=said):
        test_exercises.test_solution_passes(NAME, "90.2")


def test_a_stub_that_answers_is_found(material, lesson):
    edit(lesson, "    ### END SOLUTION\n", "    ### END SOLUTION\n    return 0.0\n")
    with pytest.raises(AssertionError, match="90.2 wrong value"):
        test_exercises.test_untouched_stub_is_not_attempted(NAME, "90.2")


@pytest.mark.parametrize(
    ("mistakes", "said"),
    [
        (WRONG.replace("np.max}", "np.mean}"), "'largest value' of 90.2 is 'passed'"),
        ("\nMISTAKES = {}\n", "90.2 has no wrong answer"),
    ],
)
def test_a_check_that_no_mistake_fails_is_found(material, toy, mistakes, said):
    append(toy, mistakes)
    with pytest.raises(AssertionError, match=said):
        test_exercises.test_known_mistakes_are_told_apart(NAME, "90.2")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("np.mean(patch > 100)", "np.mean(patches > 100)", "NameError"),
        (
            "import numpy as np\n\npatch",
            "import numpy as np, helpers\npatch",
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


def test_twins_must_agree(material, lesson, monkeypatch):
    module = types.ModuleType("toy_metrics")
    module.spread = lambda values: sorted(values)[-1] - sorted(values)[0]
    monkeypatch.setitem(sys.modules, "toy_metrics", module)
    edit(lesson, "# %% [markdown]\n# ## What we measured\n", TWIN)
    (material / "twin_inputs" / "lesson_90.py").write_text(
        "import numpy as np\n"
        'TWIN_INPUTS = {"toy_metrics.spread": [((np.array([1.0, 4.0, 2.5]),), {})]}\n'
    )
    test_twins.test_twins_agree(NAME, "twin:toy_metrics.spread")
    module.spread = np.max
    with pytest.raises(AssertionError):
        test_twins.test_twins_agree(NAME, "twin:toy_metrics.spread")
