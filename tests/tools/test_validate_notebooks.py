"""nbval on a toy course: does the comparison see what it should see?"""

from __future__ import annotations

import json

import pytest

from tools.lessons.source import Lesson
from tools.lessons.times import record_time
from tools.validate_notebooks import longest_first, main, nbval_command

pytestmark = pytest.mark.slow


def change_output(lesson, old: str, new: str) -> None:
    text = lesson.solution.read_text()
    assert old in text
    lesson.solution.write_text(text.replace(old, new))


def test_both_passes_accept_a_sound_course(toy, capfd):
    assert main([], root=toy) == 0
    seen = capfd.readouterr().out
    assert "1 notebooks (executed forms, outputs compared)" in seen
    assert "1 notebooks (learner forms, run only)" in seen


def test_the_strict_pass_sees_a_changed_output(toy, lesson, capfd):
    change_output(lesson, "2 patches of 8 x 8 pixels", "3 patches of 8 x 8 pixels")
    assert main(["--strict"], root=toy) == 1
    seen = capfd.readouterr().out
    assert "FAILED in" in seen
    assert "3 patches of 8 x 8 pixels" in seen


def test_the_strict_pass_sees_a_figure_that_is_no_longer_described(toy, lesson):
    change_output(lesson, "Figure: Two grey patches", "Figure: Three grey patches")
    assert main(["--strict"], root=toy) == 1


def test_the_lax_pass_sees_a_stub_that_stops_the_notebook(toy, lesson, capfd):
    notebook = json.loads(lesson.learner.read_text())
    for cell in notebook["cells"]:
        if "headline" in cell["metadata"].get("tags", []):
            cell["source"] = ["print(patch_mean(patches[0]).is_integer())"]
    lesson.learner.write_text(json.dumps(notebook))
    assert main(["--lax"], root=toy) == 1
    assert "is_integer" in capfd.readouterr().out


def test_a_cell_that_was_never_executed_is_refused(toy, lesson, capsys):
    # nbval alone would run it, compare nothing, and pass
    notebook = json.loads(lesson.solution.read_text())
    notebook["cells"][5]["execution_count"] = None
    lesson.solution.write_text(json.dumps(notebook))
    assert main([], root=toy) == 1
    assert "cell 6: never executed" in capsys.readouterr().err


def test_durations_are_not_compared(toy, lesson):
    source = lesson.source.read_text()
    with_time = 'print(f"took {1 + os.getpid() % 1000 / 1e3:.3f} s")\n\n# %% [markdown]'
    lesson.source.write_text(
        source.replace("# %% [markdown]\n# ## What we", f"{with_time}\n# ## What we", 1)
    )
    from tools.build_notebooks import main as build

    assert build([], root=toy) == 0
    assert "took 1." in lesson.solution.read_text()
    assert main(["--strict"], root=toy) == 0


def test_the_longest_lesson_is_run_first(tmp_path):
    for name, seconds in (("00_a", 5), ("15_b", 100), ("21_c", 60)):
        record_time(tmp_path, name, seconds=seconds, slowest_cell_s=1, memory_mb=1)
    lessons = [Lesson(name, tmp_path) for name in ("00_a", "10_new", "15_b", "21_c")]
    ordered = [one.name for one in longest_first(tmp_path, lessons)]
    assert ordered == ["15_b", "21_c", "00_a", "10_new"]


def test_several_notebooks_run_two_at_a_time_and_one_by_itself(tmp_path):
    one, two = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    assert "--dist" not in nbval_command([one], strict=True)
    command = nbval_command([one, two], strict=True)
    assert command[command.index("-n") :][:4] == ["-n", "2", "--dist", "loadfile"]
    assert "--nbval-lax" in nbval_command([one], strict=False)
    assert "--nbval-sanitize-with" in command
