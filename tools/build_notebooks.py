"""Build both notebooks of each lesson from its source.

python -m tools.build_notebooks              every lesson; execute what changed
python -m tools.build_notebooks 21 30        only these
python -m tools.build_notebooks --force 21   execute even if nothing changed
python -m tools.build_notebooks --check      write nothing, start no kernel: is
every notebook what its source says?
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from nbformat import NotebookNode

from tools.lessons.digests import digests
from tools.lessons.execution import (
    kernel_environment,
    run_notebook,
    stop_cleanly,
    warm_up,
)
from tools.lessons.forms import (
    as_text,
    first_difference,
    learner_form,
    solution_form,
    write_text,
)
from tools.lessons.source import Lesson, SourceError, find_lessons, read_cells
from tools.lessons.stored_outputs import clean_notebook, read_notebook, unexecuted_cells
from tools.lessons.times import COLD, FIRST_LESSON, record_time

ROOT = Path(__file__).resolve().parents[1]
REASON = {
    "code": "its code changed",
    "helpers": "a helper that it imports changed",
    "data": "an artefact in data/ that it reads changed",
}


class ExecutionError(RuntimeError):
    """A cell of a lesson failed while its solution was executed."""


def why_execute(lesson: Lesson, stored: NotebookNode | None) -> str:
    """Return why a solution must be executed again, or "" when it need not be."""
    if stored is None:
        return "it was never executed"
    if unexecuted_cells(stored):
        return "some cells have no stored execution"
    built = solution_form(lesson)
    now = digests(lesson.root, built, lesson.number)
    then = stored.metadata.get("course", {}).get("digests", {})
    return next((why for key, why in REASON.items() if now[key] != then.get(key)), "")


def keep_outputs(built: NotebookNode, stored: NotebookNode) -> NotebookNode:
    """Copy stored outputs into a fresh build whose code cells are the same."""
    new, old = (
        [cell for cell in notebook.cells if cell.cell_type == "code"]
        for notebook in (built, stored)
    )
    for one, other in zip(new, old, strict=True):
        one.update(outputs=other.outputs, execution_count=other.execution_count)
    built.metadata.course["digests"] = stored.metadata.course["digests"]
    return built


def build(lesson: Lesson, *, force: bool = False) -> str:
    """Write both forms of one lesson and return what was done, in words.

    Raises
    ------
    SourceError
        If the source cannot be turned into notebooks; nothing is written.
    ExecutionError
        If a cell fails; the stored solution stays as it was.
    """
    cells = read_cells(lesson)
    built = solution_form(lesson, cells)
    wrote = write_text(lesson.learner, as_text(learner_form(lesson, cells)))
    stored = read_notebook(lesson.solution)
    reason = "asked for" if force else why_execute(lesson, stored)
    if reason:
        warm_up(lesson.root)
        seconds = execute(lesson, built)
        return f"executed in {seconds:.0f} s ({reason})"
    wrote |= write_text(lesson.solution, as_text(keep_outputs(built, stored)))
    return "rewritten, outputs kept" if wrote else "up to date"


def execute(lesson: Lesson, built: NotebookNode) -> float:
    """Execute a solution form, store it, record its time; return the seconds."""
    run = run_notebook(
        built,
        name=lesson.name,
        folder=lesson.learner.parent,
        environment=kernel_environment(cohort=False),
    )
    if run.failure:
        raise ExecutionError(f"{lesson.name}, {run.failure}")
    clean_notebook(built)
    built.metadata["course"]["digests"] = digests(lesson.root, built, lesson.number)
    write_text(lesson.solution, as_text(built))
    if lesson.number == FIRST_LESSON:
        with tempfile.TemporaryDirectory() as cache:
            cold = warm_up(lesson.root, cache=cache)
        record_time(lesson.root, COLD, seconds=cold, slowest_cell_s=cold, memory_mb=0)
    record_time(
        lesson.root,
        lesson.name,
        seconds=run.seconds,
        slowest_cell_s=run.slowest_cell_s,
        memory_mb=run.peak_memory_mb,
    )
    return run.seconds


def check(lesson: Lesson) -> list[str]:
    """Return what is stale about a lesson's notebooks, one sentence each."""
    cells = read_cells(lesson)
    found = []
    for form in (learner_form, solution_form):
        path = lesson.learner if form is learner_form else lesson.solution
        where = path.relative_to(lesson.root).as_posix()
        built, stored = form(lesson, cells), read_notebook(path)
        if stored is None:
            found.append(f"{where} is missing or unreadable.")
            continue
        if difference := first_difference(built, stored):
            found.append(f"{where} is stale: {difference}.")
        elif as_text(stored) != path.read_text(encoding="utf-8"):
            found.append(f"{where} was written by another tool (its JSON differs).")
        if form is learner_form and any(c.get("outputs") for c in stored.cells):
            found.append(f"{where} holds outputs; the learner form has none.")
        for number in unexecuted_cells(stored) if form is solution_form else ():
            found.append(f"{where}: cell {number} has no execution count.")
    return found


def strangers(root: Path, lessons: list[Lesson]) -> list[str]:
    """Return a sentence for each built notebook that has no source."""
    known = {lesson.name for lesson in lessons}
    return [
        f"{path.relative_to(root).as_posix()} has no source in notebooks/source."
        for folder in ("notebooks", "notebooks/solutions")
        for path in sorted((root / folder).glob("*.ipynb"))
        if path.stem not in known
    ]


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_notebooks")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="only these lessons")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--force", action="store_true", help="execute in any case")
    options = parser.parse_args(arguments)
    try:
        lessons = find_lessons(root, options.lessons)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    wrong = strangers(root, lessons) if options.check and not options.lessons else []
    for lesson in lessons:
        try:
            if options.check:
                wrong += check(lesson)
            else:
                print(f"{lesson.name}: {build(lesson, force=options.force)}")
        except (SourceError, ExecutionError) as error:
            wrong.append(str(error))
    for line in wrong:
        print(line, file=sys.stderr)
    if options.check and wrong:
        print("Run 'make build' to bring the notebooks up to date.", file=sys.stderr)
    elif options.check:
        print(f"{len(lessons)} lessons: both forms agree with their sources.")
    return int(bool(wrong))


if __name__ == "__main__":
    stop_cleanly()
    sys.exit(main())
