"""`make course` on a toy course."""

from __future__ import annotations

import csv
import os

import pytest

from tests.tools.toy_course import NAME
from tools import run_course
from tools.lessons.execution import kernel_environment
from tools.lessons.forms import as_text
from tools.lessons.stored_outputs import read_notebook
from tools.lessons.times import read_times, times_file

HEADLINE = "The patch with a lesion is brighter: True (2 patches, one seed)"


@pytest.fixture(autouse=True)
def no_cohort(monkeypatch):
    """Toy lessons make their own data."""
    monkeypatch.setattr(run_course, "prepare_cohort", lambda _: "Cohort toy.")
    monkeypatch.delenv("ONLY", raising=False)


def add_failing_lesson(toy) -> None:
    """Put a second lesson before the toy lesson, which fails in its second cell."""
    notebook = read_notebook(toy / f"notebooks/solutions/{NAME}.ipynb")
    notebook.cells[5]["source"] = "patches = None\npatches[1]"
    (toy / "notebooks/solutions/89_failing.ipynb").write_text(as_text(notebook))
    (toy / "notebooks/source/89_failing.py").write_text("# %%\npatches = None\n")


def test_a_run_leaves_pages_notebooks_and_a_table(toy, tmp_path, capsys):
    out = tmp_path / "out"
    assert run_course.main(["--out", str(out)], root=toy) == 0
    made = {path.relative_to(out).as_posix() for path in out.rglob("*.*")}
    assert made == {
        "index.html",
        "results.csv",
        f"{NAME}.html",
        f"{NAME}.ipynb",
    }
    seen = capsys.readouterr().out
    assert f"{NAME}: started" in seen
    assert HEADLINE in seen
    with (out / "results.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert (row["name"], row["outcome"]) == (NAME, HEADLINE)
    index = (out / "index.html").read_text()
    assert f'href="{NAME}.html"' in index
    assert "Cohort toy." in index
    assert ">90 Toy lesson</a>" in index


def test_run_times_are_recorded_when_asked_for(toy, tmp_path, monkeypatch):
    times_file(toy).unlink()
    command = ["--out", str(tmp_path / "out")]
    monkeypatch.delenv("COHORT", raising=False)
    assert run_course.main(command, root=toy) == 0
    assert read_times(toy) == {}
    assert run_course.main([*command, "--record-times"], root=toy) == 0
    assert read_times(toy)[NAME]["peak_memory_mb"] > 50


def test_a_failing_lesson_is_named_and_the_others_still_run(toy, tmp_path, capsys):
    add_failing_lesson(toy)
    out = tmp_path / "out"
    assert run_course.main(["--out", str(out)], root=toy) == 1
    seen = capsys.readouterr()
    named = "89_failing, cell 6 ('patches = None'): TypeError: 'NoneType' object is"
    assert named in seen.err
    assert HEADLINE in seen.out
    assert "FAILED: cell 6" in seen.out
    assert "FAILED: cell 6" in (out / "index.html").read_text()
    assert (out / "89_failing.html").exists()


def test_only_the_lessons_asked_for_are_run(toy, tmp_path, monkeypatch, capsys):
    add_failing_lesson(toy)
    monkeypatch.setenv("ONLY", "90")
    assert run_course.main(["--out", str(tmp_path / "out")], root=toy) == 0
    assert "89_failing" not in capsys.readouterr().out


def test_an_unknown_lesson_is_refused_before_anything_runs(toy, tmp_path, capsys):
    out = tmp_path / "out"
    assert run_course.main(["--only", "12", "--out", str(out)], root=toy) == 1
    assert "There is no lesson 12" in capsys.readouterr().err
    assert not out.exists()


def test_a_missing_notebook_is_named(toy, tmp_path, capsys):
    (toy / f"notebooks/solutions/{NAME}.ipynb").unlink()
    assert run_course.main(["--out", str(tmp_path / "out")], root=toy) == 1
    assert "missing or unreadable in notebooks/solutions" in capsys.readouterr().err


def test_a_cohort_that_cannot_be_had_stops_the_run_at_once(
    toy, tmp_path, monkeypatch, capsys
):
    def refuse(_):
        raise ValueError("There is no cohort 'x'.")

    monkeypatch.setattr(run_course, "prepare_cohort", refuse)
    assert run_course.main(["--out", str(tmp_path / "out")], root=toy) == 1
    assert "There is no cohort 'x'." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_clear_old_run_leaves_other_files_alone(tmp_path):
    ours = ["21_a.html", "21_a.ipynb", "index.html"]
    theirs = ["thesis.html", "notes.ipynb", "2021.csv"]
    for name in ours + theirs:
        (tmp_path / name).write_text("x")
    run_course.clear_old_run(tmp_path)
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")}
    assert left == set(theirs)


def test_kernel_environment_keeps_the_cohort_or_drops_it(monkeypatch):
    monkeypatch.setenv("COHORT", "pneumoniamnist")
    monkeypatch.setenv("FINDING", "")
    assert kernel_environment(cohort=True)["COHORT"] == "pneumoniamnist"
    assert "FINDING" not in kernel_environment(cohort=True)
    assert "COHORT" not in kernel_environment(cohort=False)
    assert kernel_environment(cohort=False)["TF_CPP_MIN_LOG_LEVEL"] == "3"


def test_kernel_environment_makes_folders_independent_of_the_place(
    monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_DATA_DIR", "../shared")
    found = kernel_environment(cohort=True)["COURSE_DATA_DIR"]
    assert found == os.path.realpath(tmp_path.parent / "shared")
