"""Run a lesson on another cohort and keep the lines of its headline cell.

    python -m tools.evidence.real_runs 30 --cohort pneumoniamnist --date 2026-11-23

The lesson runs from its source up to the cell tagged ``headline``. What that cell
prints goes to ``data/evidence/lesson_30_pneumoniamnist.csv``, which the section "On
real patients" of the lesson shows. Only results are kept, no images.
"""

from __future__ import annotations

import argparse
import csv
import os
from pathlib import Path

import jupytext
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ("date", "cohort", "settings", "line")


def headline_of(lesson: str, environment: dict[str, str]) -> list[str]:
    """Run a lesson up to its headline cell and return the printed lines."""
    sources = sorted((ROOT / "notebooks" / "source").glob(f"{lesson}_*.py"))
    if len(sources) != 1:
        raise ValueError(
            f"There are {len(sources)} lessons with the number {lesson}, expected one. "
            "Give the two digits of a file in notebooks/source."
        )
    notebook = jupytext.read(sources[0])
    tagged = [
        number
        for number, cell in enumerate(notebook.cells)
        if "headline" in cell.metadata.get("tags", [])
    ]
    notebook.cells = notebook.cells[: tagged[0] + 1]
    os.environ.update(environment)
    NotebookClient(
        notebook, timeout=900, resources={"metadata": {"path": str(ROOT / "notebooks")}}
    ).execute()
    printed = "".join(
        output.text
        for output in notebook.cells[-1].outputs
        if output.output_type == "stream" and output.name == "stdout"
    )
    return printed.splitlines()


def record(lesson: str, cohort: str, *, date: str, settings: list[str]) -> Path:
    """Write what a lesson prints on a cohort to data/evidence and return the file."""
    chosen = dict(setting.split("=", 1) for setting in settings)
    lines = headline_of(lesson, {"COHORT": cohort, **chosen})
    path = ROOT / "data" / "evidence" / f"lesson_{lesson}_{Path(cohort).name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in lines:
            writer.writerow((date, Path(cohort).name, " ".join(settings), line))
    return path


def main() -> None:
    """Read the command line and record one lesson."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", help="two digits, for example 30")
    parser.add_argument("--cohort", required=True, help="name or folder")
    parser.add_argument("--date", required=True, help="day of the run, YYYY-MM-DD")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        help="NAME=value, for example FINDING=Mass",
    )
    options = parser.parse_args()
    path = record(
        options.lesson, options.cohort, date=options.date, settings=options.set
    )
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
