"""The builder on a toy course: what runs, what is kept, what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.tools.toy_course import NAME, REPOSITORY
from tools.build_notebooks import main, why_execute
from tools.lessons.times import read_times


def edit(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def load(path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def outputs_of(path) -> list:
    return [cell["outputs"] for cell in load(path)["cells"] if "outputs" in cell]


def test_the_executed_form_holds_counts_figures_and_passed_checks(lesson):
    code = [c for c in load(lesson.solution)["cells"] if c["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    text = lesson.solution.read_text(encoding="utf-8")
    assert "90.2 passed (2 cases)" in text
    assert '"image/png"' in text
    assert '"alt": "Two grey patches' in text


def test_the_executed_form_holds_no_times_and_no_paths(lesson, toy):
    text = lesson.solution.read_text(encoding="utf-8")
    assert "iopub" not in text
    assert "2026-" not in text
    assert str(toy) not in text
    assert "ipykernel" not in text


def test_check_passes_after_a_build_and_starts_no_kernel(toy, no_kernel, capsys):
    assert main(["--check"], root=toy) == 0
    assert "1 lessons: both forms agree" in capsys.readouterr().out


def test_a_second_build_changes_nothing(toy, lesson, no_kernel, capsys):
    before = [path.read_bytes() for path in (lesson.learner, lesson.solution)]
    assert main([], root=toy) == 0
    assert "up to date" in capsys.readouterr().out
    assert [path.read_bytes() for path in (lesson.learner, lesson.solution)] == before


def test_new_prose_keeps_the_outputs_and_starts_no_kernel(
    toy, lesson, no_kernel, capsys
):
    before = outputs_of(lesson.solution)
    edit(lesson.source, "One number stands", "A single number stands")
    assert main(["--check"], root=toy) == 1
    assert main([], root=toy) == 0
    assert "rewritten, outputs kept" in capsys.readouterr().out
    assert outputs_of(lesson.solution) == before
    assert "A single number stands" in lesson.solution.read_text()
    assert "A single number stands" in lesson.learner.read_text()
    assert main(["--check"], root=toy) == 0


def test_changed_code_is_executed(toy, lesson, capsys):
    edit(lesson.source, "patches of {SIDE} x", "squares of {SIDE} x")
    assert main(["90"], root=toy) == 0
    assert "executed in" in capsys.readouterr().out
    assert "2 squares of 8 x 8 pixels" in lesson.solution.read_text()


def test_a_failing_cell_is_named_and_the_old_file_stays(toy, lesson, capsys):
    before = lesson.solution.read_bytes()
    edit(lesson.source, "patches[1, :3, :3] += 80", "patches[5] += 80")
    assert main([], root=toy) == 1
    said = capsys.readouterr().err
    assert f"{NAME}, cell 6 ('rng = np.random.default_rng(SEED)'): IndexError" in said
    assert "out of bounds" in said
    assert lesson.solution.read_bytes() == before
    assert not [p for p in lesson.solution.parent.iterdir() if p != lesson.solution]


def test_a_lesson_runs_in_notebooks_without_the_callers_cohort(
    toy, lesson, monkeypatch
):
    monkeypatch.setenv("COHORT", "elsewhere")
    edit(
        lesson.source,
        'print(f"{len(patches)} patches of {SIDE} x {SIDE} pixels")',
        "from pathlib import Path\n"
        'print(COHORT, Path.cwd().name, os.environ["PYTHONHASHSEED"])\n'
        'print(os.environ["TF_CPP_MIN_LOG_LEVEL"])',
    )
    assert main([], root=toy) == 0
    assert "chest_insilico notebooks 0\\n" in lesson.solution.read_text()


def test_a_stripped_output_is_found_and_executed_again(toy, lesson, capsys):
    notebook = load(lesson.solution)
    notebook["cells"][1]["execution_count"] = None
    lesson.solution.write_text(json.dumps(notebook))
    assert main(["--check"], root=toy) == 1
    assert "cell 2 has no execution count" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("which", "spoil", "said"),
    [
        (
            "learner",
            lambda nb: nb["cells"][2].update(source="Edited here."),
            r"notebooks/90_toy_lesson.ipynb is stale: cell 3 differs in its source",
        ),
        (
            "learner",
            lambda nb: nb["cells"][3].update(
                outputs=[{"name": "stdout", "output_type": "stream", "text": "a"}]
            ),
            "holds outputs; the learner form has none",
        ),
        (
            "solution",
            lambda nb: nb["cells"].pop(4),
            "notebooks/solutions/90_toy_lesson.ipynb is stale: cell 5 differs",
        ),
        ("solution", lambda nb: nb.clear(), "missing or unreadable"),
    ],
)
def test_check_finds_a_notebook_that_was_edited(
    toy, lesson, no_kernel, capsys, which, spoil, said
):
    path = getattr(lesson, which)
    notebook = load(path)
    spoil(notebook)
    path.write_text(json.dumps(notebook, indent=1, sort_keys=True) + "\n")
    assert main(["--check"], root=toy) == 1
    err = capsys.readouterr().err
    assert said in err
    assert "Run 'make build'" in err


def test_check_finds_a_notebook_saved_by_another_program(toy, lesson, capsys):
    lesson.learner.write_text(json.dumps(load(lesson.learner), indent=4))
    assert main(["--check"], root=toy) == 1
    assert "written by another tool" in capsys.readouterr().err


def test_check_finds_a_notebook_without_a_source(toy, capsys):
    (toy / "notebooks/77_lost.ipynb").write_text("{}")
    assert main(["--check"], root=toy) == 1
    assert "notebooks/77_lost.ipynb has no source" in capsys.readouterr().err


def test_check_goes_on_after_a_broken_source(toy, capsys):
    (toy / "notebooks/source/91_broken.py").write_text("# %%\n### BEGIN SOLUTION\n")
    assert main(["--check"], root=toy) == 1
    assert "91_broken, cell 1, line 1: unbalanced" in capsys.readouterr().err


def test_an_unknown_lesson_is_refused(toy, capsys):
    assert main(["55"], root=toy) == 1
    assert "There is no lesson 55" in capsys.readouterr().err


def test_why_execute_says_what_changed(toy, lesson):
    from tools.lessons.stored_outputs import read_notebook

    stored = read_notebook(lesson.solution)
    assert why_execute(lesson, stored) == ""
    assert why_execute(lesson, None) == "it was never executed"
    edit(toy / "helpers/figures.py", "FIGURE_DPI = 90", "# new\nFIGURE_DPI = 90")
    assert why_execute(lesson, stored) == ""
    edit(toy / "helpers/figures.py", "FIGURE_DPI = 90", "FIGURE_DPI = 80")
    assert why_execute(lesson, stored) == "a helper that it imports changed"
    edit(lesson.source, "SEED = 7", "SEED = 8")
    assert why_execute(lesson, stored) == "its code changed"


def test_the_run_time_is_recorded(toy):
    measured = read_times(toy)[NAME]
    assert 1 <= measured["seconds"] < 120
    assert measured["peak_memory_mb"] >= 50


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals work otherwise there")
def test_a_terminated_build_leaves_no_kernel_behind(toy, lesson):
    mark = toy / "running"
    edit(
        lesson.source,
        "patches[1, :3, :3] += 80",
        "import time\n"
        f"open({str(mark)!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(300)",
    )
    code = (
        "from pathlib import Path; from tools.build_notebooks import *; "
        f"stop_cleanly(); main([], root=Path({str(toy)!r}))"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(toy), str(REPOSITORY)]),
    }
    build = subprocess.Popen([sys.executable, "-c", code], cwd=toy, env=environment)
    deadline = time.monotonic() + 120
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.2)
    kernel = psutil.Process(int(mark.read_text()))
    build.send_signal(signal.SIGTERM)
    assert build.wait(timeout=30) != 0
    assert kernel.wait(timeout=10) is not None or not kernel.is_running()
    assert main(["--check"], root=toy) == 1  # the old file stays, the source is newer
