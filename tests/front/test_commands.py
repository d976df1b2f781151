"""The Makefile and .ci/run, run for real in a copy with stand-ins for slow parts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no make: see the README"
)


def write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


@pytest.fixture
def copy(tmp_path):
    """Return a project in a folder with spaces whose set-up only says who ran it."""
    project = tmp_path / "the course"
    (project / "tools").mkdir(parents=True)
    shutil.copy(PROJECT / "Makefile", project)
    shutil.copytree(PROJECT / ".ci", project / ".ci")
    (project / "tools" / "set_up.py").write_text("import sys\nprint(sys.argv[0])\n")
    return project


def run(command, project, *, programs=None, **variables):
    """Run a command in a project, with a folder of programs first on the path."""
    first = [str(programs)] if programs else []
    path = os.pathsep.join([*first, "/usr/bin", "/bin"])
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(
        command,
        cwd=project,
        env={**kept, "PATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_ready_takes_the_first_python_that_is_suitable(copy, tmp_path):
    programs = tmp_path / "bin"
    write_program(programs / "python3", "exit 1\n")  # too old
    really = f'exec "{sys.executable}" "$@"\n'
    write_program(programs / "python3.12", f'echo "asked 3.12" >&2\n{really}')
    done = run(["make", "ready"], copy, programs=programs)
    assert done.stdout == "tools/set_up.py\n"
    assert done.stderr.count("asked 3.12") == 1  # the trial is silent, the set-up not
    write_program(copy / ".venv" / "bin" / "python", f"echo environment\n{really}")
    done = run(["make", "ready"], copy, programs=programs)
    assert done.stdout == "environment\ntools/set_up.py\n"


def test_python_that_is_named_is_used_even_if_it_is_too_old(copy, tmp_path):
    # so that the preflight, and not make, explains what is wrong with it
    programs = tmp_path / "bin"
    write_program(programs / "oldpython", 'echo "old: $1"\n')
    done = run(["make", "ready", "PYTHON=oldpython"], copy, programs=programs)
    assert done.stdout == "old: tools/set_up.py\n"
    done = run(["make", "ready", "PYTHON=no-such-python"], copy)
    assert done.returncode != 0
    assert "No Python called no-such-python was found" in done.stderr


def test_settings_reach_the_command_and_are_absent_when_not_given(copy):
    write_program(
        copy / ".venv" / "bin" / "python",
        'case "$*" in *run_course*) echo "cohort=${COHORT-unset} only=${ONLY-unset} '
        'finding=${FINDING-unset}";; esac\n',
    )
    plain = run(["make", "course"], copy)
    assert plain.stdout == "cohort=unset only=unset finding=unset\n"
    chosen = run(["make", "course", "COHORT=my folder", "ONLY=21 30"], copy)
    assert chosen.stdout == "cohort=my folder only=21 30 finding=unset\n"


def test_a_failing_part_fails_the_test_target(copy):
    write_program(
        copy / ".venv" / "bin" / "python",
        'case "$*" in *codespell*) echo misspelt; exit 65;; *pytest*) echo ran; esac\n',
    )
    done = run(["make", "test"], copy)
    assert done.returncode != 0
    assert "misspelt" in done.stdout
    assert "ran" not in done.stdout


def test_clean_keeps_environment_and_data(copy):
    kept = [copy / ".venv/x", copy / "data/cache/x", copy / "notebooks/x"]
    gone = [copy / "build/x", copy / "helpers/__pycache__/x"]
    for path in kept + gone:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    run(["make", "clean"], copy)
    assert [path.exists() for path in kept + gone] == [True] * 3 + [False] * 2


@pytest.mark.parametrize("given", ["", "/my/data"])
def test_ci_run_finds_the_shared_data(copy, tmp_path, given):
    programs, data = tmp_path / "bin", tmp_path / "shared" / "data"
    write_program(programs / "make", 'echo "$1 ${COURSE_DATA_DIR-none}"\nexit 3\n')
    variables = {"COURSE_DATA_DIR": given} if given else {}
    command = ["bash", str(copy / ".ci" / "run")]
    done = run(command, tmp_path, programs=programs, **variables)
    assert done.stdout == f"test {given or 'none'}\n"
    assert done.returncode == 3
    data.mkdir(parents=True)
    done = run(command, tmp_path, programs=programs, **variables)
    assert done.stdout == f"test {given or data}\n"
