"""`make course` on a toy course."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from tests.tools.toy_course import NAME
from tools import run_course
from tools.lessons.execution import kernel_environment
from tools.lessons.forms import as_text
from tools.lessons.stored_outputs import read_notebook

HEADLINE = "The patch with a lesion is brighter: True (2 patches, one seed)"


@pytest.fixture(autouse=True)
def no_cohort(monkeypatch):
    """Toy lessons make their own data."""
    monkeypatch.setattr(run_course, "prepare_cohort", lambda _: "Cohort toy.")
    monkeypatch.delenv("ONLY", raising=False)


def test_a_run_leaves_pages_notebooks_and_a_table(toy, capsys):
    out = toy / "build" / "course"
    out.mkdir(parents=True)
    for earlier in ("12_gone.html", "thesis.html"):
        (out / earlier).write_text("x")
    assert run_course.main([], root=toy) == 0
    made = {f"{NAME}.html", f"{NAME}.ipynb", "index.html", "results.csv"}
    assert {path.name for path in out.iterdir()} == {*made, "thesis.html"}
    assert HEADLINE in capsys.readouterr().out
    (row,) = pd.read_csv(out / "results.csv").to_dict("records")
    assert (row["name"], row["outcome"]) == (NAME, HEADLINE)
    index = (out / "index.html").read_text()
    assert "Cohort toy." in index
    assert f'href="{NAME}.html">90 Toy lesson</a>' in index


def test_a_failing_lesson_is_named_and_the_others_still_run(toy, monkeypatch, capsys):
    notebook = read_notebook(toy / f"notebooks/solutions/{NAME}.ipynb")
    notebook.cells[5]["source"] = "patches = None\npatches[1]"
    (toy / "notebooks/solutions/89_failing.ipynb").write_text(as_text(notebook))
    (toy / "notebooks/source/89_failing.py").write_text("# %%\npatches = None\n")
    assert run_course.main([], root=toy) == 1
    seen = capsys.readouterr()
    named = "89_failing, cell 6 ('patches = None'): TypeError: 'NoneType' object is"
    assert named in seen.err
    assert HEADLINE in seen.out
    assert "FAILED: cell 6" in (toy / "build/course/index.html").read_text()
    assert (toy / "build/course/89_failing.html").exists()
    monkeypatch.setenv("ONLY", "90")
    assert run_course.main([], root=toy) == 0
    assert "89_failing" not in capsys.readouterr().out


def refuse(_):
    raise ValueError("There is no cohort 'x'.")


def test_what_is_not_there_is_refused_before_anything_runs(toy, monkeypatch, capsys):
    assert run_course.main(["--only", "12"], root=toy) == 1
    assert "There is no lesson 12" in capsys.readouterr().err
    monkeypatch.setattr(run_course, "prepare_cohort", refuse)
    assert run_course.main([], root=toy) == 1
    assert "There is no cohort 'x'." in capsys.readouterr().err
    (toy / f"notebooks/solutions/{NAME}.ipynb").unlink()
    assert run_course.main([], root=toy) == 1
    assert "missing or unreadable in notebooks/solutions" in capsys.readouterr().err
    assert not (toy / "build").exists()


def test_kernel_environment_keeps_the_cohort_or_drops_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COHORT", "pneumoniamnist")
    monkeypatch.setenv("FINDING", "")
    monkeypatch.setenv("COURSE_DATA_DIR", "../shared")
    kept = kernel_environment(cohort=True)
    assert kept["COHORT"] == "pneumoniamnist"
    assert "FINDING" not in kept
    assert kept["COURSE_DATA_DIR"] == os.path.realpath(tmp_path.parent / "shared")
    assert "COHORT" not in kernel_environment(cohort=False)
    assert kernel_environment(cohort=False)["TF_CPP_MIN_LOG_LEVEL"] == "3"
