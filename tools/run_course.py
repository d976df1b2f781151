"""Run the whole course and write what came out to `build/course`.

    python -m tools.run_course                 every lesson on the default cohort
    python -m tools.run_course --only 21 30    only these
    COHORT=pneumoniamnist python -m tools.run_course

COHORT is a name in data/README.md or a folder with a CSV and images; FINDING is one
of its findings. A lesson that fails is named with its cell and message, the others
still run, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import pandas as pd

from tools.lessons.execution import kernel_environment, run_notebook, stop_cleanly
from tools.lessons.forms import as_text, write_text
from tools.lessons.source import Lesson, SourceError, find_lessons
from tools.lessons.stored_outputs import clean_notebook, headline_of, read_notebook
from tools.pages import index_page, lesson_page, title_of

ROOT = Path(__file__).resolve().parents[1]
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
    for cell in [one for one in notebook.cells if one.cell_type == "code"]:
        cell.update(outputs=[], execution_count=None)
    notebook.metadata.get("course", {}).pop("digests", None)
    return notebook


def run_lesson(
    lesson: Lesson, out: Path, titles: dict[str, str], environment: dict[str, str]
) -> dict:
    """Run one lesson, write its notebook and page, and return what came out."""
    print(f"{lesson.name}: started", flush=True)
    run = run_notebook(
        fresh_notebook(lesson),
        name=lesson.name,
        folder=lesson.learner.parent,
        environment=environment,
    )
    notebook = clean_notebook(run.notebook, keep_counts=True)
    tagged = [c for c in notebook.cells if "headline" in c.metadata.get("tags", [])]
    headline = "\n".join(headline_of(cell) for cell in tagged)
    outcome = f"FAILED: {run.failure}" if run.failure else headline
    print(f"{run.seconds:.0f} s, {run.peak_memory_mb} MB. {outcome}\n", flush=True)
    write_text(out / f"{lesson.name}.ipynb", as_text(notebook))
    page = lesson_page(notebook, name=lesson.name, titles=titles)
    write_text(out / f"{lesson.name}.html", page)
    return {
        "name": lesson.name,
        "title": titles[lesson.name],
        "outcome": outcome,
        "failure": run.failure,
        "seconds": round(run.seconds),
        "peak_memory_mb": run.peak_memory_mb,
    }


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
    parser = argparse.ArgumentParser(prog="python -m tools.run_course")
    parser.add_argument("--only", nargs="*", metavar="NN", help="only these lessons")
    options = parser.parse_args(arguments)
    only = options.only or os.environ.get("ONLY", "").replace(",", " ").split()
    environment = kernel_environment(cohort=True)
    try:
        lessons = find_lessons(root, only)
        titles = {one.name: title_of(fresh_notebook(one)) for one in lessons}
        about = prepare_cohort(environment)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(about, flush=True)
    results = run_lessons(
        lessons, root / "build" / "course", titles, environment, about
    )
    return int(len(results) < len(lessons) or any(one["failure"] for one in results))


def run_lessons(lessons: list[Lesson], out: Path, titles, environment, about: str):
    """Run lessons in order, write index and table, name what failed."""
    out.mkdir(parents=True, exist_ok=True)
    for earlier in out.glob("[0-9][0-9]_*"):
        earlier.unlink()
    results: list[dict] = []
    started = time.monotonic()
    try:
        for lesson in lessons:
            results.append(run_lesson(lesson, out, titles, environment))
    except KeyboardInterrupt:
        print(f"{lesson.name}: stopped from the keyboard", file=sys.stderr)
    about += f" {time.monotonic() - started:.0f} s on {os.cpu_count()} CPU cores."
    write_text(out / "index.html", index_page(results, run=about))
    table = pd.DataFrame(results, columns=["name", "outcome", "seconds"])
    write_text(out / "results.csv", table.to_csv(index=False, lineterminator="\n"))
    print(f"{about}\nOpen {os.path.relpath(out)}/index.html")
    for one in results:
        if one["failure"]:
            print(f"{one['name']}, {one['failure']}", file=sys.stderr)
    return results


if __name__ == "__main__":
    stop_cleanly()
    sys.exit(main())
