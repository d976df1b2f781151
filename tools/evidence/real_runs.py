"""Run a lesson on another cohort and keep the lines of its headline cell.

    COHORT=pneumoniamnist python -m tools.evidence.real_runs 30

The lesson runs from its source up to the cell tagged ``headline``. What that cell
prints goes to ``data/evidence/lesson_30_pneumoniamnist.csv``, which the section "On
real patients" of the lesson shows. FINDING and COHORT_SPLIT count too. Only results are
kept, no images.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pandas as pd

from tools.evidence.pages import EVIDENCE, write_table
from tools.lessons.execution import COHORT_SETTINGS, kernel_environment, run_notebook
from tools.lessons.forms import solution_form
from tools.lessons.source import find_lessons
from tools.lessons.stored_outputs import headline_of

ROOT = Path(__file__).resolve().parents[2]


def headline_lines(lesson: str, *, root: Path = ROOT) -> list[str]:
    """Run a lesson up to its headline cell and return the printed lines."""
    (found,) = find_lessons(root, [lesson])
    notebook = solution_form(found)
    cells = notebook.cells
    tagged = ["headline" in cell.metadata.get("tags", []) for cell in cells]
    notebook.cells = cells[: tagged.index(True) + 1]
    place = {"name": found.name, "folder": found.learner.parent}
    run = run_notebook(notebook, **place, environment=kernel_environment(cohort=True))
    if run.failure:
        raise RuntimeError(f"{found.name}, {run.failure}")
    return headline_of(notebook.cells[-1]).splitlines()


def main(lesson: str, *, root: Path = ROOT) -> None:
    """Record one lesson, two digits, on the cohort of the environment."""
    cohort = Path(os.environ["COHORT"]).name
    others = [name for name in COHORT_SETTINGS[1:] if os.environ.get(name)]
    settings = [f"{name}={os.environ[name]}" for name in others]
    table = pd.DataFrame({"line": headline_lines(lesson, root=root)})
    table.insert(0, "date", time.strftime("%Y-%m-%d"))
    table.insert(1, "cohort", cohort)
    table.insert(2, "settings", " ".join(settings))
    write_table(table, EVIDENCE / f"lesson_{lesson}_{cohort}.csv")


if __name__ == "__main__":
    main(*sys.argv[1:])
