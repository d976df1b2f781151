"""The style check on broken lessons: each breach is named with its cell and mend."""

from __future__ import annotations

import json
import re

import pytest

from tests.tools.toy_course import NAME
from tools.lessons.times import record_time
from tools.notebook_style import check_lesson, main, shared_recipes
from tools.style.cells import agrees, words_in
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


TITLE = "# # 90 Toy lesson\n# Does the larger of two patches hold the lesion?"
BROKEN_SOURCES = {
    "long code cell": (
        "SIDE = 8  # pixels\n\n# %% [markdown]",
        "SIDE = 8  # pixels\n\n# %%\n" + "x = 1\n" * 26 + "\n# %% [markdown]",
        r"cell 5: 26 code lines; expected at most 25\. Split the cell",
    ),
    "long model cell": (
        "SIDE = 8  # pixels\n\n# %% [markdown]",
        'SIDE = 8  # pixels\n\n# %% tags=["model"]\n'
        + "x = 1\n" * 36
        + "\n# %% [markdown]",
        r"cell 5: 36 code lines; expected at most 35",
    ),
    "long prose cell": (
        "# One number stands for a whole patch.",
        "# " + "\n# ".join(["word " * 15] * 15),
        r"cell 10: 2\d\d words; expected at most 220\. Shorten it",
    ),
    "long code line": (
        "patches[1, :3, :3] += 80",
        "patches[1, :3, :3] += 80  # " + "b" * 80,
        r"cell 6: a line of 108 characters .*; expected at most 88",
    ),
    "long prose line": (
        "# One number stands for a whole patch.",
        "# One number stands for a whole patch. " + "a" * 90,
        r"cell 10: a line of 1\d\d characters .*; expected at most 100",
    ),
    "two long code cells in a row": (
        "# %% [markdown]\n# Every number that you may turn stands in the next cell.\n",
        ("# %%\n" + "x = 1\n" * 6 + "\n") * 2,
        r"cell 4: two code cells of 6 and 6 lines in a row",
    ),
    "too much prose": (
        "# %% [markdown]\n# ## What we measured\n",
        "# %% [markdown]\n# A.\n\n" * 12 + "# %% [markdown]\n# ## What we measured\n",
        r"90_toy_lesson: 2\d Markdown and 10 code cells \(ratio 2\.\d+\)",
    ),
    "too many cells": (
        "# %% [markdown]\n# ## What we measured\n",
        "# %% [markdown]\n# A.\n\n# %%\nx = 1\n\n" * 20
        + "# %% [markdown]\n# ## What we measured\n",
        r"61 cells; expected at most 60",
    ),
    "title of another number": (
        "# # 90 Toy",
        "# # 91 Toy",
        r"cell 1: the first line; expected '# 90 Title'",
    ),
    "no question": (
        TITLE,
        TITLE.replace("?", "."),
        r"cell 1: no question in the title cell",
    ),
    "no card row": ("# | Runs on | any computer |\n", "", r"no row 'Runs on'"),
    "two goals": ("# - say what a mean hides;\n", "", r"2 goals .*expected 3 to 5"),
    "no time in the card": ("runs in about 5 seconds", "short", r"no run time"),
    "wrong time in the card": (
        "runs in about 5 seconds",
        "runs in about 5 minutes",
        r"cell 1: the card says 300 s; expected about the measured",
    ),
    "no summary": ("# ## Summary\n", "", r"no section '## Summary'"),
    "sections out of order": (
        "# ## New words\n# **Patch**: a small part of an image.\n#\n# ## Next\n",
        "# ## Next\n# **Patch**: a small part of an image.\n#\n# ## New words\n",
        r"in the order .*Next, New words",
    ),
    "summary without a goal": (
        "# - A mean hides where the bright pixels are.\n",
        "",
        r"2 bullets in the summary for 3 goals",
    ),
    "no warning": ("Not for clinical use.", "Good luck.", r"'Not for clinical use'"),
    "too few sections": ("# ## What a mean hides\n", "", r"2 sections"),
    "no setup cell": ('# %% tags=["setup"]', "# %%", r"0 cells tagged 'setup'"),
    "no settings": ('# %% tags=["parameters"]', "# %%", r"0 cells tagged 'parameters'"),
    "lower-case setting": (
        "SIDE = 8  # pixels",
        "side = 8  # pixels",
        r"'side'.*UPPER",
    ),
    "setting without unit": (
        "SIDE = 8  # pixels",
        "SIDE = 8",
        r"'SIDE' without a comm",
    ),
    "no seed": ("SEED = 7\n", "", r"cell 4: no SEED"),
    "no cohort": ("COHORT = os", "PLACE = os", r"cell 4: no COHORT"),
    "unknown tag": ('tags=["predict"]', 'tags=["predikt"]', r"unknown tag 'predikt'"),
    "skipped cell": ('tags=["headline"]', 'tags=["nbval-skip"]', r"tag 'nbval-skip'"),
    "no headline": (
        'tags=["headline"]',
        'tags=["model"]',
        r"0 cells tagged 'headline'",
    ),
    "forbidden words": (
        "# Two patches are no study.",
        "# The ground truth is the ground\n# truth.",
        r"'ground truth' 2 times",
    ),
    "nameless variable": ("gain = p", "img = p", r"a variable called 'img'"),
    "link to a lesson that is not there": (
        "# Nothing follows.",
        "# See [the next one](91_more.ipynb).",
        r"a link to 91_more\.ipynb, which does not exist",
    ),
    "link to a file": (
        "# Nothing follows.",
        "# [a](../README.md)",
        r"'\.\./README\.md'",
    ),
    "formula without MathML": ("\\bar{x}", "\\nosuchthing{x}", r"a formula that pages"),
    "duplicate exercise number": (
        "Exercise 90.3",
        "Exercise 90.2",
        r"cell 14: the exercise number 90\.2 for a second time",
    ),
    "exercise of another lesson": (
        "Predict 90.1p",
        "Predict 21.1p",
        r"Predict 21\.1p; expected 90\.1p",
    ),
    "exercise without a time": ("a patch (3 min)", "a patch", r"ends with the time"),
    "exercise without its tag": (
        '# %% [markdown] tags=["predict"]',
        "# %% [markdown]",
        r"Predict 90\.1p without its tag 'predict'",
    ),
    "one exercise only": (
        "# ### Exercise 90.3 - The share of bright pixels (3 min)\n",
        "",
        r"1 code exercises; expected at least 2",
    ),
    "no recipe": ('# %% tags=["recipe:bright-share"]', "# %%", r"0 recipes"),
    "no predict prompt": ("### Predict 90.1p", "### Guess", r"0 predict prompts"),
    "solution without markers": (
        "    ### BEGIN SOLUTION\n    return float(np.sum(patch) / np.size(patch))\n"
        "    ### END SOLUTION\n",
        "    return float(np.sum(patch) / np.size(patch))\n",
        r"cell 11: the solution of 90\.2 stands in the learner form",
    ),
    "stub that leaks the solution": (
        '    """Return the mean of an array of any shape."""\n',
        '    """Return the mean of an array of any shape."""\n'
        "    # return float(np.sum(patch) / np.size(patch))\n",
        r"the solution's line 'return float\(np\.sum.* in the learner form",
    ),
    "hint that leaks the solution": (
        "An array has a method for it.",
        "Write return float(np.sum(patch) / np.size(patch)).",
        r"the solution's line 'return float\(np\.sum.* in the learner form",
    ),
    "check of another exercise": (
        'check_exercise("90.3", bright_share)',
        'check_exercise("90.2", bright_share)',
        r'expected a cell tagged check: check_exercise\("90\.3", name\)',
    ),
    "check of another name": (
        'check_exercise("90.3", bright_share)',
        'check_exercise("90.3", patches)',
        r"a check of 'patches'; expected a name from cell 15: bright_share",
    ),
    "answer used later": (
        "gain = patches[1].mean() - patches[0].mean()",
        "gain = patch_mean(patches[1]) - patches[0].mean()",
        r"the use of 'patch_mean', an answer from cell 11",
    ),
    "recipe without licence": (
        '# MIT licence - recipe "bright-share"',
        '# recipe "bright-share"',
        r"the recipe begins with '# recipe",
    ),
    "recipe with helpers": (
        "patch = np.array([[0, 200], [200, 0]])",
        "from helpers import figures\n\npatch = np.array([[0, 200], [200, 0]])",
        r"the recipe 'bright-share' imports helpers",
    ),
    "twin that is not there": (
        'tags=["headline"]',
        'tags=["headline", "twin:helpers.metrics.area"]',
        r"the tag 'twin:helpers\.metrics\.area' in a cell without 'area'",
    ),
}


@pytest.mark.parametrize("case", BROKEN_SOURCES)
def test_a_broken_source_is_named(lesson, case):
    old, new, said = BROKEN_SOURCES[case]
    assert not re.search(said, messages(lesson))
    edit(lesson.source, old, new)
    assert re.search(said, messages(lesson)), messages(lesson)


def spoil_output(lesson, *, text=None, change=None) -> None:
    """Change the stored output of the third code cell, or its cell."""
    notebook = json.loads(lesson.solution.read_text())
    cell = notebook["cells"][5]
    if text is not None:
        cell["outputs"][0]["text"] = [text]
    if change is not None:
        change(notebook["cells"])
    lesson.solution.write_text(json.dumps(notebook))


BROKEN_TEXTS = {
    "raw float": ("AUC 0.9134615", r"cell 6: the raw number '0\.9134615'"),
    "array": ("array([0.1, 0.2])", r"cell 6: the object 'array\(\["),
    "numpy scalar": ("np.float64(0.5)", r"the object 'np\.float64\("),
    "object": ("<keras.src.Model at 0x7f3c>", r"the object '<keras"),
    "list of artists": ("[<matplotlib.lines.Line2D at", r"the object '\[<m"),
    "figure": ("<Figure size 640x480 with 1 Axes>", r"the object '<Figure size"),
    "home folder": ("saved to /home/ann/model.keras", r"the absolute path '/home/ann"),
    "temporary folder": ("wrote /tmp/a.png", r"the absolute path '/tmp/a\.png'"),
    "Windows folder": ("wrote C:\\Users\\ann", r"the absolute path 'C:"),
    "address": ("connected to 192.168.3.14:80", r"the address '192\.168\.3\.14"),
}


@pytest.mark.parametrize("case", BROKEN_TEXTS)
def test_a_text_that_must_not_be_stored_is_named(lesson, case):
    text, said = BROKEN_TEXTS[case]
    spoil_output(lesson, text=text)
    assert re.search(said, messages(lesson)), messages(lesson)


@pytest.mark.parametrize(
    "text",
    [
        "AUC 0.914, 95 % CI 0.88 to 0.94",
        "Transfer syntax 1.2.840.10008.1.2.4.90",
        "UID 1.2.826.0.1.3680043.8.498.12345678901234567890",
        "numpy 2.4.6, TensorFlow 2.21.0",
        "PixelSpacing: 0.1390",
        "https://example.org/home/page and 127.0.0.1",
        "and/or, 5 mm/pixel, tmp/file, 1/2",
    ],
)
def test_an_innocent_text_passes(lesson, text):
    spoil_output(lesson, text=text)
    assert messages(lesson) == ""


def test_names_of_the_machine_are_found(lesson, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "workstation-7")
    monkeypatch.setattr("getpass.getuser", lambda: "annette")
    for word in ("workstation-7", "annette"):
        spoil_output(lesson, text=f"computed by {word}")
        assert "the name of this machine, its user" in messages(lesson)


def remove_alt(cells):
    cells[7]["outputs"][0]["metadata"] = {}


def short_alt(cells):
    cells[7]["outputs"][0]["metadata"] = {"image/png": {"alt": "figure"}}


def add_stderr(cells):
    cells[5]["outputs"].append(
        {"name": "stderr", "output_type": "stream", "text": "UserWarning: old\n"}
    )


def add_error(cells):
    cells[5]["outputs"].append(
        {"output_type": "error", "ename": "KeyError", "evalue": "x", "traceback": []}
    )


def strip_count(cells):
    cells[5]["execution_count"] = None


def long_headline(cells):
    (cell,) = [c for c in cells if "headline" in c["metadata"].get("tags", [])]
    cell["outputs"][0]["text"] = ["line\n"] * 9


def no_headline(cells):
    (cell,) = [c for c in cells if "headline" in c["metadata"].get("tags", [])]
    cell["outputs"] = []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (remove_alt, r"cell 8: a figure with the text alternative ''"),
        (short_alt, r"cell 8: a figure with the text alternative 'figure'"),
        (add_stderr, r"cell 6: stderr 'UserWarning: old'"),
        (add_error, r"cell 6: a stored KeyError"),
        (strip_count, r"cell 6: no execution count"),
        (long_headline, r"cell \d+: a headline of 9 lines"),
        (no_headline, r"cell \d+: a headline of 0 lines"),
    ],
)
def test_a_stored_output_that_breaks_a_rule_is_named(lesson, change, said):
    spoil_output(lesson, change=change)
    assert re.search(said, messages(lesson)), messages(lesson)


def test_stderr_is_allowed_where_outputs_are_not_compared(lesson):
    def change(cells):
        add_stderr(cells)
        cells[5]["metadata"]["tags"] = ["nbval-ignore-output"]

    spoil_output(lesson, change=change)
    assert "stderr" not in messages(lesson)


def test_an_output_that_is_not_compared_needs_a_claim_after_it(lesson):
    # the next code cell of the toy draws a figure and prints nothing
    def change(cells):
        cells[5]["metadata"]["tags"] = ["nbval-ignore-output"]

    spoil_output(lesson, change=change)
    assert "cell 6: a cell whose output is not compared" in messages(lesson)

    def mend(cells):
        cells[7]["outputs"].append(
            {"name": "stdout", "output_type": "stream", "text": "Bright: True\n"}
        )

    spoil_output(lesson, change=mend)
    assert messages(lesson) == ""


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("The AUC is 0.93.", "0.93"),
        ("An effusion is there in 24 % of patients.", "24"),
        ("It took 2.5 s, about 1/3.", "2.5"),
    ],
)
def test_a_number_that_nothing_computes_is_named(lesson, sentence, number):
    edit(lesson.source, "One number stands for a whole patch.", sentence)
    assert f"cell 10: the number {number} in '" in messages(lesson)


@pytest.mark.parametrize(
    "sentence",
    [
        "The share is 0.50, printed by the recipe.",
        "A 95 % interval, Python 3.11, exercise 90.2, section 4.2, `0.77`, $x > 0.3$.",
        "The published AUC is 0.973 (Doerrich 2025).",
        "The four-part version 2.21.0 and the identifier 1.2.840.10008.1.2.",
    ],
)
def test_numbers_that_are_bound_cited_or_no_results_pass(lesson, sentence):
    edit(lesson.source, "One number stands for a whole patch.", sentence)
    assert messages(lesson) == ""


def test_a_missing_executed_form_is_named(lesson):
    lesson.solution.unlink()
    assert "no executed form" in messages(lesson)


def test_sizes_of_the_files_are_limited(lesson):
    def change(cells):
        cells[7]["outputs"][0]["data"]["image/png"] = "A" * 1_000_000

    spoil_output(lesson, change=change)
    assert re.search(r"executed form of 1\d\d\d KB; at most 1000", messages(lesson))
    edit(lesson.source, "# Two patches are", "# " + "<b></b>\n# " * 6000 + "Two")
    assert re.search(r"learner form of \d+ KB; at most 60", messages(lesson))


def test_run_times_are_limited(toy, lesson):
    record_time(toy, NAME, seconds=200, slowest_cell_s=90, memory_mb=100)
    text = messages(lesson)
    assert "200 s of run time; expected at most 150 s" in text
    assert "a cell of 90 s; expected at most 60 s" in text


@pytest.mark.parametrize(
    ("stated", "measured", "same"),
    [
        (40, 40, True),
        (10, 28, True),
        (60, 119, True),
        (60, 125, False),
        (100, 40, False),
    ],
)
def test_agrees_within_a_factor_of_two_or_twenty_seconds(stated, measured, same):
    assert agrees(stated, measured) is same


def test_words_in_counts_what_is_read():
    # 12 | words: See the atlas | a b | 0.91 to 0.95 | don't | 2-core
    text = "See [the atlas](https://a.org/b) <i>a</i> *b* | 0.91 to 0.95 | don't 2-core"
    assert words_in(text) == 10


def test_two_recipes_may_not_share_a_name(toy, lesson):
    other = toy / "notebooks/source/91_other.py"
    other.write_text(lesson.source.read_text())
    views = [LessonView(lesson), LessonView(type(lesson)("91_other", toy))]
    assert shared_recipes(views) == ["2 cells share the name 'recipe:bright-share'."]


def test_the_command_line_prints_breaches_and_fails(toy, lesson, capsys):
    edit(lesson.source, "?", ".")
    assert main(["90", "--table"], root=toy) == 1
    seen = capsys.readouterr()
    assert "90_toy_lesson, cell 1: no question in the title cell" in seen.err
    assert "1 breaches of the style" in seen.err
    assert re.search(r"90_toy_lesson +21 +1\.1", seen.out)


def test_the_command_line_refuses_a_broken_source(toy, lesson, capsys):
    edit(lesson.source, "    ### END SOLUTION\n", "")
    assert main([], root=toy) == 1
    assert "unbalanced solution markers" in capsys.readouterr().err
