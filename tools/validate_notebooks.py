"""Run every notebook again and compare it with what is stored.

    python -m tools.validate_notebooks           both passes
    python -m tools.validate_notebooks 21 30     only these lessons
    python -m tools.validate_notebooks --strict  only the executed forms
    python -m tools.validate_notebooks --lax     only the learner forms

The strict pass runs `notebooks/solutions` with nbval and compares every output that is
not a picture. The lax pass runs the learner forms with every stub untouched: they must
reach the end. Both run two notebooks at a time, each in one process.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tools.lessons.execution import (
    kernel_environment,
    private_settings,
    warm_up,
)
from tools.lessons.source import Lesson, SourceError, find_lessons
from tools.lessons.stored_outputs import read_notebook, unexecuted_cells
from tools.lessons.times import read_times

ROOT = Path(__file__).resolve().parents[1]
SANITIZER = ROOT / "tests" / "notebooks" / "sanitize.cfg"
CELL_LIMIT_S = 300
WORKERS = 2


def nbval_command(paths: list[Path], *, strict: bool) -> list[str]:
    """Return the command that validates notebooks with nbval.

    Parameters
    ----------
    paths : list of Path
        Notebooks.
    strict : bool
        Compare outputs (executed forms), or only run (learner forms).
    """
    command = [sys.executable, "-m", "pytest", *map(str, paths)]
    command += ["-p", "no:randomly", "-p", "no:cacheprovider", "-q"]
    command += ["--nbval" if strict else "--nbval-lax", "--nbval-current-env"]
    command += [f"--nbval-cell-timeout={CELL_LIMIT_S}"]
    if strict:
        command += ["--nbval-sanitize-with", str(SANITIZER)]
    if len(paths) > 1:
        command += ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]
    return command


def comparable(lessons: list[Lesson]) -> list[str]:
    """Return a sentence for each executed form that nbval would pass without looking.

    nbval runs a cell that has no execution count, and compares nothing.
    """
    problems = []
    for lesson in lessons:
        stored = read_notebook(lesson.solution)
        if stored is None:
            problems.append(f"{lesson.name} has no executed form. Run 'make build'.")
        elif cells := unexecuted_cells(stored):
            problems.append(
                f"{lesson.name}, cell {', '.join(map(str, cells))}: never executed, so "
                "that nothing would be compared. Run 'make build'."
            )
    return problems


def longest_first(root: Path, lessons: list[Lesson]) -> list[Lesson]:
    """Return lessons by measured run time, so that no long one is left to the end."""
    times = read_times(root)
    return sorted(lessons, key=lambda one: -times.get(one.name, {}).get("seconds", 0))


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.validate_notebooks", description="Run and compare."
    )
    parser.add_argument("lessons", nargs="*", metavar="NN", help="only these lessons")
    parser.add_argument("--strict", action="store_true", help="executed forms only")
    parser.add_argument("--lax", action="store_true", help="learner forms only")
    options = parser.parse_args(arguments)
    try:
        lessons = find_lessons(root, options.lessons)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    if problems := comparable(lessons):
        print("\n".join(problems), file=sys.stderr)
        return 1
    warm_up(root)
    lessons = longest_first(root, lessons)
    both = options.strict == options.lax
    status = 0
    if both or options.strict:
        status |= _pass(root, [one.solution for one in lessons], strict=True)
    if both or options.lax:
        status |= _pass(root, [one.learner for one in lessons], strict=False)
    return status


def _pass(root: Path, paths: list[Path], *, strict: bool) -> int:
    """Run one pass and say how it ended."""
    started = time.monotonic()
    what = "executed forms, outputs compared" if strict else "learner forms, run only"
    print(f"{len(paths)} notebooks ({what}):", flush=True)
    with private_settings() as private:
        done = subprocess.run(
            nbval_command(paths, strict=strict),
            cwd=root,
            env={**kernel_environment(cohort=False), **private},
            check=False,
        )
    seconds = time.monotonic() - started
    print(f"{'passed' if done.returncode == 0 else 'FAILED'} in {seconds:.0f} s")
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
