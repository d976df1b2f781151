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
from tools.pages.index_page import LessonResult, clear_old_run, index_page

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


@pytest.fixture(autouse=True)
def a_terminal_of_100_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


def test_a_run_leaves_pages_notebooks_figures_and_a_table(toy, tmp_path, capsys):
    out = tmp_path / "out"
    assert run_course.main(["--out", str(out)], root=toy) == 0
    made = {path.relative_to(out).as_posix() for path in out.rglob("*.*")}
    assert made == {
        "index.html",
        "results.csv",
        f"{NAME}.html",
        f"{NAME}.ipynb",
        f"figures/{NAME}_1.png",
    }
    seen = capsys.readouterr().out
    assert f"{NAME}: started" in seen
    assert "lesson         seconds   peak MB    headline" in seen
    assert HEADLINE in seen
    with (out / "results.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert (row["lesson"], row["outcome"], row["headline"]) == (NAME, "ran", HEADLINE)
    assert int(row["peak_memory_mb"]) > 50
    index = (out / "index.html").read_text()
    assert f'href="{NAME}.html"' in index
    assert f'src="figures/{NAME}_1.png"' in index
    assert "Cohort toy." in index
    assert ">90 Toy lesson</a>" in index
    assert 'alt="Two grey patches' in index


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
    (tmp_path / "figures").mkdir()
    ours = [
        "21_a.html",
        "21_a.ipynb",
        "index.html",
        "results.csv",
        "figures/21_a_1.png",
    ]
    theirs = ["thesis.html", "notes.ipynb", "figures/photo.png", "2021.csv"]
    for name in ours + theirs:
        (tmp_path / name).write_text("x")
    clear_old_run(tmp_path)
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")}
    assert left == set(theirs)


def test_result_table_wraps_headlines_under_their_column():
    results = [
        LessonResult(
            "21_first", "", 12.4, 640, "AUC 0.91 on 300 patients\nsecond line"
        ),
        LessonResult("30_roc", "", 3.0, 200, failure="cell 4 ('x'): ValueError: no"),
    ]
    assert run_course.result_table(results, width=62).splitlines() == [
        "lesson    seconds   peak MB    headline",
        "21_first       12       640    AUC 0.91 on 300 patients",
        "                               second line",
        "30_roc          3       200    FAILED: cell 4 ('x'):",
        "                               ValueError: no",
        "all            15",
    ]


def test_index_page_escapes_what_lessons_print():
    page = index_page([LessonResult("21_a", headline="a < b & c")], run="<run>")
    assert "a &lt; b &amp; c" in page
    assert "&lt;run&gt;" in page


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
