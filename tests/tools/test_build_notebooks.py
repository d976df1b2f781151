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
from tools.lessons.stored_outputs import read_notebook
from tools.lessons.times import read_times


def edit(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def load(path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def outputs_of(path) -> list:
    return [cell["outputs"] for cell in load(path)["cells"] if "outputs" in cell]


def test_the_executed_form_holds_what_came_out_and_nothing_of_this_run(lesson, toy):
    code = [c for c in load(lesson.solution)["cells"] if c["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    text = lesson.solution.read_text(encoding="utf-8")
    for wanted in ("90.2 passed (2 cases)", '"image/png"', '"alt": "Two grey patches'):
        assert wanted in text
    for unwanted in ("iopub", str(toy), "ipykernel"):
        assert unwanted not in text
    measured = read_times(toy)[NAME]
    assert measured["seconds"] >= 1
    assert measured["peak_memory_mb"] >= 50


def test_a_second_build_changes_nothing(toy, lesson, no_kernel, capsys):
    before = [path.read_bytes() for path in (lesson.learner, lesson.solution)]
    assert main([], root=toy) == 0
    assert main(["--check"], root=toy) == 0
    said = capsys.readouterr().out
    assert "up to date" in said
    assert "1 lessons: both forms agree" in said
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
    for path in (lesson.solution, lesson.learner):
        assert "A single number stands" in path.read_text()
    assert main(["--check"], root=toy) == 0


def test_changed_code_is_executed_in_notebooks_without_the_callers_cohort(
    toy, lesson, monkeypatch, capsys
):
    monkeypatch.setenv("COHORT", "elsewhere")
    edit(
        lesson.source,
        'print(f"{len(patches)} patches of {SIDE} x {SIDE} pixels")',
        "from pathlib import Path\n"
        'print(COHORT, Path.cwd().name, os.environ["PYTHONHASHSEED"])',
    )
    assert main(["90"], root=toy) == 0
    assert "executed in" in capsys.readouterr().out
    assert "chest_insilico notebooks 0\\n" in lesson.solution.read_text()


def test_a_failing_cell_is_named_and_the_old_file_stays(toy, lesson, capsys):
    before = lesson.solution.read_bytes()
    edit(lesson.source, "patches[1, :3, :3] += 80", "patches[5] += 80")
    assert main([], root=toy) == 1
    said = capsys.readouterr().err
    assert f"{NAME}, cell 6 ('rng = np.random.default_rng(SEED)'): IndexError" in said
    assert lesson.solution.read_bytes() == before
    assert list(lesson.solution.parent.iterdir()) == [lesson.solution]


PRINTED = [{"name": "stdout", "output_type": "stream", "text": "a"}]


@pytest.mark.parametrize(
    ("which", "spoil", "said"),
    [
        (
            "learner",
            lambda nb: nb["cells"][2].update(source="x"),
            "stale: cell 3 differs",
        ),
        ("learner", lambda nb: nb["cells"][3].update(outputs=PRINTED), "holds outputs"),
        ("learner", lambda nb: None, "written by another tool"),
        ("solution", lambda nb: nb["cells"].pop(4), "stale: cell 5 differs"),
        (
            "solution",
            lambda nb: nb["cells"][1].update(execution_count=None),
            "cell 2 has no execution count",
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
    path.write_text(json.dumps(notebook, indent=4))
    assert main(["--check"], root=toy) == 1
    err = capsys.readouterr().err
    assert f"{path.relative_to(toy).as_posix()}" in err
    assert said in err
    assert "Run 'make build'" in err


def test_check_finds_strangers_and_goes_on_after_a_broken_source(toy, capsys):
    (toy / "notebooks/77_lost.ipynb").write_text("{}")
    (toy / "notebooks/source/91_broken.py").write_text("# %%\n### BEGIN SOLUTION\n")
    assert main(["--check"], root=toy) == 1
    said = capsys.readouterr().err
    assert "notebooks/77_lost.ipynb has no source" in said
    assert "91_broken, cell 1, line 1: unbalanced" in said
    assert main(["55"], root=toy) == 1
    assert "There is no lesson 55" in capsys.readouterr().err


def test_why_execute_says_what_changed(toy, lesson):
    stored = read_notebook(lesson.solution)
    assert why_execute(lesson, stored) == ""
    assert why_execute(lesson, None) == "it was never executed"
    edit(toy / "helpers/figures.py", "FIGURE_DPI = 90", "# new\nFIGURE_DPI = 90")
    assert why_execute(lesson, stored) == ""
    edit(toy / "helpers/figures.py", "FIGURE_DPI = 90", "FIGURE_DPI = 80")
    assert why_execute(lesson, stored) == "a helper that it imports changed"
    edit(lesson.source, "SEED = 7", "SEED = 8")
    assert why_execute(lesson, stored) == "its code changed"
    stored.cells[1]["execution_count"] = None
    assert why_execute(lesson, stored) == "some cells have no stored execution"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals work otherwise there")
def test_a_terminated_build_leaves_no_kernel_behind(toy, lesson):
    mark = toy / "running"
    sleeper = (
        "import time\n"
        f"open({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(300)"
    )
    edit(lesson.source, "patches[1, :3, :3] += 80", sleeper)
    code = (
        "from pathlib import Path; from tools.build_notebooks import *; "
        f"stop_cleanly(); main([], root=Path({str(toy)!r}))"
    )
    places = os.pathsep.join([str(toy), str(REPOSITORY)])
    environment = {**os.environ, "PYTHONPATH": places}
    build = subprocess.Popen([sys.executable, "-c", code], cwd=toy, env=environment)
    while not (mark.exists() and mark.read_text()):
        assert build.poll() is None
        time.sleep(0.2)
    kernel = psutil.Process(int(mark.read_text()))
    build.send_signal(signal.SIGTERM)
    assert build.wait(timeout=30) != 0
    assert kernel.wait(timeout=10) is not None or not kernel.is_running()
    assert main(["--check"], root=toy) == 1  # the old file stays, the source is newer
