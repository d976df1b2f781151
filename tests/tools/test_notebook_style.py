"""The style check on broken lessons: each breach is named with its cell."""

from __future__ import annotations

import json
import re

import pytest

from tests.tools.toy_course import NAME
from tools.lessons.times import record_time
from tools.notebook_style import check_lesson, main, shared_recipes
from tools.style.cells import agrees
from tools.style.report import LessonView


def messages(lesson) -> str:
    return "\n".join(check_lesson(LessonView(lesson)))


def edit(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_toy_lesson_keeps_to_the_style(toy, capsys):
    assert main([], root=toy) == 0
    assert "1 lessons keep to the style" in capsys.readouterr().out


SIDE, WORDS = "SIDE = 8  # pixels\n", "# One number stands for a whole patch."
RESULTS = "# %% [markdown]\n# ## What we measured\n"
SETTINGS = (
    "# %% [markdown]\n# Every number that you may turn stands in the next cell.\n"
)
LINE = "return float(np.sum(patch) / np.size(patch))"
DOCSTRING = '"""Return the mean of an array of any shape."""\n'
CHECK = 'check_exercise("90.3", bright_share)'
LAST = "# Again [this one](90_toy_lesson.ipynb)."
LONG_CODE = f"{SIDE}\n# %%\n{{}}"
MODEL = f'{SIDE}\n# %% tags=["model"]\n{{}}'
PROSE = "# %% [markdown]\n# A.\n\n"
BROKEN_SOURCES = [
    (SIDE, LONG_CODE.format("x = 1\n" * 26), "cell 5: 26 code lines; .* at most 25"),
    (SIDE, MODEL.format("x = 1\n" * 36), "cell 5: 36 code lines; .* at most 35"),
    (WORDS, "\n".join(["# " + "word " * 15] * 15), "cell 10: 2.. words; .* 220"),
    ("+= 80", "+= 80  # " + "b" * 80, "cell 6: 108 characters .* at most 88"),
    (WORDS, f"{WORDS} {'a' * 90}", "cell 10: 1.. characters .* at most 100"),
    (SETTINGS, ("# %%\n" + "x = 1\n" * 6 + "\n") * 2, "two code cells of 6 and 6"),
    (RESULTS, PROSE * 12 + RESULTS, r"2. Markdown and 10 code cells \(ratio 2"),
    (RESULTS, (PROSE + "# %%\nx = 1\n\n") * 20 + RESULTS, "6. cells; .* at most 50"),
    ("# # 90 Toy", "# # 91 Toy", "cell 1: the first line; expected '# 90 Title'"),
    ("the lesion?", "the lesion.", "cell 1: no question in the title cell"),
    ("# | Runs on | any computer |\n", "", "no row 'Runs on'"),
    ("# - say what a mean hides;\n", "", "2 goals .*expected 3 to 5"),
    ("runs in about 5 seconds", "short", "no run time"),
    ("about 5 seconds", "about 5 minutes", "card says 300 s; expected about the meas"),
    ("15 minutes;", "5 minutes;", "expected '| Time | 15 minutes;"),
    ("mean of a patch (3 min)", "mean of a patch (50 min)", "6. minutes by the form"),
    (LAST, "# Nothing follows.", "no link under 'Next'"),
    ("# - **patch**: a", "# **Patch**: a", "'New words' is not a list"),
    (WORDS, f"{WORDS} See lesson 30.", "'lesson 30' without a link"),
    (WORDS, f"{WORDS} doi:10.1/x", "'doi:10.1/x' without a link"),
    ("### Try 90.4t", "### Attempt", "0 of '### Try'"),
    ("# ## Summary\n", "", "no section '## Summary'"),
    ("# ## Next\n", "# ## Next\n# x\n#\n# ## Sources\n", "order .*Next, Sources"),
    ("# - A mean hides where the bright pixels are.\n", "", "2 bullets .* 3 goals"),
    ("Not for clinical use.", "Good luck.", "'Not for clinical use'"),
    ("# ## What a mean hides\n", "", "2 sections"),
    ('# %% tags=["setup"]', "# %%", "0 cells tagged 'setup'"),
    (SIDE, SIDE.lower(), "'side'.*UPPER"),
    (SIDE, "SIDE = 8\n", "'SIDE' without a comm"),
    ("SEED = 7\n", "", "cell 4: no SEED"),
    ('tags=["predict"]', 'tags=["predikt"]', "unknown tag 'predikt'"),
    ('tags=["headline"]', 'tags=["model"]', "0 cells tagged 'headline'"),
    (WORDS, "# The ground truth is the ground\n# truth.", "'ground truth' 2 times"),
    ("gain = p", "img = p", "a variable called 'img'"),
    (LAST, "# See [the next one](91_more.ipynb).", "91_more.ipynb, which does not"),
    (LAST, "# [a](../README.md)", "'../README.md'"),
    ("\\bar{x}", "\\nosuchthing{x}", "a formula that pages"),
    ("Exercise 90.3", "Exercise 90.2", "90.2; expected 90.3"),
    ("Predict 90.1p", "Predict 21.1p", "Predict 21.1p; expected 90.1p"),
    ("a patch (3 min)", "a patch", "ends with the time"),
    (' tags=["predict"]', "", "Predict 90.1p without its tag 'predict'"),
    ("# ### Exercise 90.3 - ", "# ", "1 of '### Exercise'; expected at least 2"),
    ('# %% tags=["recipe:bright-share"]', "# %%", "0 recipes"),
    ("### Predict 90.1p", "### Guess", "0 of '### Predict'"),
    (
        f"### BEGIN SOLUTION\n    {LINE}\n    ### END SOLUTION",
        LINE,
        "in the learner form",
    ),
    (DOCSTRING, f"{DOCSTRING}    # {LINE}\n", "solution's line 'return float"),
    ("An array has a method for it.", f"Write {LINE}.", "solution's line 'return fl"),
    (CHECK, CHECK.replace("90.3", "90.2"), 'expected .*check_exercise."90.3", name'),
    (CHECK, CHECK.replace("bright_share", "patches"), "expected a name from cell 15"),
    ("patches[1].mean()", "patch_mean(patches[1])", "use of 'patch_mean', an answer"),
    ("# MIT licence - recipe", "# recipe", "the recipe begins with '# recipe"),
    ("import numpy as np\n\npatch", "from helpers import x\npatch", "imports helpers"),
    ('["headline"]', '["headline", "twin:helpers.metrics.area"]', "without 'area'"),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN_SOURCES)
def test_a_broken_source_is_named(lesson, old, new, said):
    edit(lesson.source, old, new)
    assert re.search(said, messages(lesson)), messages(lesson)


def spoil(lesson, cell=5, **changes) -> None:
    """Change the stored form of a cell, from 0; the fifth prints one line."""
    notebook = json.loads(lesson.solution.read_text())
    notebook["cells"][cell].update(changes)
    lesson.solution.write_text(json.dumps(notebook))


def printed(text: str, name: str = "stdout") -> list[dict]:
    return [{"name": name, "output_type": "stream", "text": text}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AUC 0.9134615", r"cell 6: the raw number '0\.9134615'"),
        ("array([0.1, 0.2])", r"cell 6: the object 'array\(\["),
        ("np.float64(0.5)", r"the object 'np\.float64\("),
        ("<keras.src.Model at 0x7f3c>", "the object '<keras"),
        ("<Figure size 640x480 with 1 Axes>", "the object '<Figure size"),
        ("saved to /home/ann/model.keras", "the absolute path '/home/ann"),
        ("wrote C:\\Users\\ann", "the absolute path 'C:"),
        ("connected to 192.168.3.14:80", r"the address '192\.168\.3\.14"),
        ("computed by workstation-7", "the name of this machine, its user"),
        ("computed by annette", "the name of this machine, its user"),
    ],
)
def test_a_text_that_must_not_be_stored_is_named(lesson, monkeypatch, text, said):
    monkeypatch.setattr("socket.gethostname", lambda: "workstation-7")
    monkeypatch.setattr("getpass.getuser", lambda: "annette")
    spoil(lesson, outputs=printed(text))
    assert re.search(said, messages(lesson)), messages(lesson)


@pytest.mark.parametrize(
    "text",
    [
        "AUC 0.914, 95 % CI 0.88 to 0.94; PixelSpacing: 0.1390",
        "Transfer syntax 1.2.840.10008.1.2.4.90, numpy 2.4.6",
        "https://example.org/home/page and 127.0.0.1; and/or, 5 mm/pixel, tmp/file",
    ],
)
def test_an_innocent_text_passes(lesson, text):
    spoil(lesson, outputs=printed(text))
    assert messages(lesson) == ""


PICTURE = {"output_type": "display_data", "data": {"image/png": "aGVsbG8="}}
FIGURE = PICTURE | {"metadata": {"image/png": {"alt": "figure"}}}
NINE_LINES = {"metadata": {"tags": ["headline"]}, "outputs": printed("line\n" * 9)}
ERROR = {"output_type": "error", "ename": "KeyError", "evalue": "x", "traceback": []}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outputs": [PICTURE | {"metadata": {}}]}, "text alternative ''"),
        ({"outputs": [FIGURE]}, "text alternative 'figure'"),
        ({"outputs": printed("UserWarning: old", "stderr")}, "cell 6: stderr 'UserW"),
        ({"outputs": [ERROR]}, "cell 6: a stored KeyError"),
        ({"execution_count": None}, "cell 6: no execution count"),
        ({"metadata": {"tags": ["headline"]}, "outputs": []}, "headline of 0 lines"),
        (NINE_LINES, "headline of 9 lines"),
        ({"outputs": printed("a" * 1_001_000)}, "1... KB of the executed form"),
    ],
)
def test_a_stored_output_that_breaks_a_rule_is_named(lesson, changes, said):
    spoil(lesson, **changes)
    assert re.search(said, messages(lesson)), messages(lesson)


def test_an_output_that_is_not_compared_needs_a_claim_after_it(lesson):
    # the next code cell of the toy draws a figure and prints nothing
    ignored = {"tags": ["nbval-ignore-output"]}
    spoil(lesson, metadata=ignored, outputs=printed("UserWarning: old", "stderr"))
    assert messages(lesson).count("\n") == 0
    assert "cell 6: a cell whose output is not compared" in messages(lesson)
    spoil(lesson, 7, outputs=printed("Bright: True\n"))
    assert messages(lesson) == ""


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("The AUC is 0.93.", "0.93"),
        ("An effusion is there in 24 % of patients.", "24"),
        ("The share is 0.50, printed by the recipe.", None),
        ("A 95 % interval, Python 3.11, exercise 90.2, `0.77`, $x > 0.3$.", None),
        ("The published AUC is 0.973 (Doerrich 2025).", None),
    ],
)
def test_a_number_that_nothing_computes_or_cites_is_named(lesson, sentence, number):
    edit(lesson.source, WORDS[2:], sentence)
    said = messages(lesson)
    assert f"cell 10: the number {number} in '" in said if number else said == ""


def test_run_times_are_limited_and_an_executed_form_is_needed(toy, lesson):
    record_time(toy, NAME, seconds=200, slowest_cell_s=90, memory_mb=100)
    lesson.solution.unlink()
    said = messages(lesson)
    assert "200 s of run time; expected at most 150" in said
    assert "90 s in one cell; expected at most 60" in said
    assert "no executed form" in said


def test_agrees_within_a_factor_of_two_or_twenty_seconds():
    assert agrees(10, 28)
    assert agrees(60, 119)
    assert not agrees(60, 125)
    assert not agrees(100, 40)


def test_two_recipes_may_not_share_a_name(toy, lesson):
    other = toy / "notebooks/source/91_other.py"
    other.write_text(lesson.source.read_text())
    views = [LessonView(lesson), LessonView(type(lesson)("91_other", toy))]
    assert shared_recipes(views) == ["2 cells share the name 'recipe:bright-share'."]


def test_the_command_line_prints_breaches_and_fails(toy, lesson, capsys):
    edit(lesson.source, "?", ".")
    assert main(["90"], root=toy) == 1
    assert "90_toy_lesson, cell 1: no question" in (said := capsys.readouterr().err)
    assert "1 breaches of the style" in said
    edit(lesson.source, "    ### END SOLUTION\n", "")
    assert main([], root=toy) == 1
    assert "unbalanced solution markers" in capsys.readouterr().err
