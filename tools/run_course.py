"""Run the whole course and write what came out to `build/course`.

::

    python -m tools.run_course                 every lesson on the default cohort
    python -m tools.run_course --only 21 30    only these
    COHORT=pneumoniamnist python -m tools.run_course

COHORT is a name from data/README.md or a folder with a CSV and images;
FINDING is one of its findings. A lesson that fails is named with its cell and message,
the others still run, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
import time
from pathlib import Path

from tools.lessons.execution import (
    kernel_environment,
    run_notebook,
    stop_cleanly,
)
from tools.lessons.forms import as_text, write_atomically
from tools.lessons.progress import LessonProgress
from tools.lessons.source import Lesson, SourceError, find_lessons
from tools.lessons.stored_outputs import clean_notebook, read_notebook
from tools.lessons.times import record_time
from tools.pages.index_page import (
    LessonResult,
    clear_old_run,
    save_pictures,
    write_index,
)
from tools.pages.lesson_page import lesson_page, title_of
from tools.style.outputs import headline_of

ROOT = Path(__file__).resolve().parents[1]
OUT = Path("build") / "course"
DEFAULT_COHORT = "chest_insilico"


def fresh_notebook(lesson: Lesson):
    """Return the executed form of a lesson without its outputs.

    Raises
    ------
    SourceError
        If the notebook is missing or unreadable.
    """
    notebook = read_notebook(lesson.solution)
    if notebook is None:
        raise SourceError(
            f"{lesson.solution.name} is missing or unreadable in notebooks/solutions. "
            "Restore it with git, or run 'make build'."
        )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
    notebook.metadata.get("course", {}).pop("digests", None)
    return notebook


def run_lesson(
    lesson: Lesson, *, out: Path, titles: dict[str, str], environment: dict[str, str]
) -> LessonResult:
    """Run one lesson and write its notebook, page and figures.

    Parameters
    ----------
    out : Path
        Folder of the run.
    titles : dict
        Title of each lesson of the run by its name, for links between pages.
    environment : dict
        Of the kernel.
    """
    with LessonProgress(lesson.name) as progress:
        run = run_notebook(
            fresh_notebook(lesson),
            folder=lesson.learner.parent,
            environment=environment,
            report=progress.cell,
        )
        failed = f"FAILED in {run.failure}"
        done = f"{run.seconds:.0f} s, {run.peak_memory_mb} MB"
        progress.end(failed if run.failure else done)
    notebook = clean_notebook(run.notebook, keep_counts=True)
    write_atomically(out / f"{lesson.name}.ipynb", as_text(notebook))
    page = lesson_page(notebook, name=lesson.name, titles=titles)
    write_atomically(out / f"{lesson.name}.html", page)
    return LessonResult(
        lesson.name,
        title=titles[lesson.name],
        seconds=run.seconds,
        peak_memory_mb=run.peak_memory_mb,
        headline="\n".join(
            headline_of(cell)
            for cell in notebook.cells
            if "headline" in cell.metadata.get("tags", [])
        ),
        failure=run.failure,
        pictures=save_pictures(notebook, out / "figures", name=lesson.name),
        slowest_cell_s=max(run.cell_seconds, default=0.0),
    )


def result_table(results: list[LessonResult], *, width: int = 100) -> str:
    """Return lesson, seconds, peak memory and headline as a table of text.

    Parameters
    ----------
    results : list of LessonResult
        In order.
    width : int
        Columns of the terminal; headlines are wrapped to it.
    """
    name_width = max([len(one.name) for one in results] + [len("lesson")])
    indent = name_width + 23
    room = max(30, width - indent)
    lines = [f"{'lesson':{name_width}}  {'seconds':>7}  {'peak MB':>8}    headline"]
    for one in results:
        texts = [
            part
            for line in one.outcome.splitlines() or [""]
            for part in textwrap.wrap(line, room) or [""]
        ]
        lines.append(
            f"{one.name:{name_width}}  {one.seconds:7.0f}  {one.peak_memory_mb:8d}    "
            f"{texts[0]}".rstrip()
        )
        lines += [" " * indent + text for text in texts[1:]]
    total = sum(one.seconds for one in results)
    lines.append(f"{'all':{name_width}}  {total:7.0f}")
    return "\n".join(lines)


def prepare_cohort(environment: dict[str, str]) -> str:
    """Load the cohort once, with its progress bar, and describe it in a sentence.

    Raises
    ------
    ValueError
        If it cannot be had; the message says what to do.
    """
    from helpers import cohorts

    name = environment.get("COHORT", DEFAULT_COHORT)
    if Path(name).is_dir():
        name = environment["COHORT"] = str(Path(name).resolve())
    cohort = cohorts.load(name)
    finding = cohort.finding(environment.get("FINDING"))
    return f"Cohort {cohort.name}, {len(cohort.table)} images, finding {finding}."


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command line; return 0 when every lesson ran to its end."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.run_course",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="*", metavar="NN", help="only these lessons")
    parser.add_argument("--out", type=Path, default=root / OUT, metavar="FOLDER")
    parser.add_argument(
        "--record-times",
        action="store_true",
        help="put the run times into data/evidence (default cohort, quiet machine)",
    )
    options = parser.parse_args(arguments)
    only = options.only or os.environ.get("ONLY", "").replace(",", " ").split()
    environment = kernel_environment(cohort=True)
    try:
        lessons = find_lessons(root, only)
        about = prepare_cohort(environment)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(about, flush=True)
    try:
        results = run_lessons(lessons, options.out, environment, about=about)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    failed = any(one.failure for one in results)
    if options.record_times and not failed and "COHORT" not in environment:
        record_times(root, results)
    return int(failed)


def record_times(root: Path, results: list[LessonResult]) -> None:
    """Put the run times of a whole run into data/evidence/lesson_times.csv."""
    for one in results:
        record_time(
            root,
            one.name,
            seconds=one.seconds,
            slowest_cell_s=one.slowest_cell_s,
            memory_mb=one.peak_memory_mb,
        )


def run_lessons(
    lessons: list[Lesson], out: Path, environment: dict[str, str], *, about: str
) -> list[LessonResult]:
    """Run lessons in order, write the index, print the table, name what failed."""
    clear_old_run(out)
    titles = {one.name: title_of(fresh_notebook(one), name=one.name) for one in lessons}
    results: list[LessonResult] = []
    started = time.monotonic()
    try:
        for lesson in lessons:
            results.append(
                run_lesson(lesson, out=out, titles=titles, environment=environment)
            )
    except OSError as error:
        results.append(LessonResult(lesson.name, failure=str(error)))
    except KeyboardInterrupt:
        results.append(LessonResult(lesson.name, failure="stopped from the keyboard"))
    seconds = time.monotonic() - started
    run = f"{about} {seconds:.0f} s on {os.cpu_count()} CPU cores."
    write_index(out, results, run=run)
    width = shutil.get_terminal_size((100, 24)).columns
    print(f"\n{result_table(results, width=width)}\n\nOpen {_shown(out)}/index.html")
    for one in results:
        if one.failure:
            print(f"{one.name}, {one.failure}", file=sys.stderr)
    return results


def _shown(path: Path) -> str:
    """Return a path as short as it can be typed."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


if __name__ == "__main__":
    stop_cleanly()
    sys.exit(main())
