"""What all evidence commands share: which job, which files, where tables are written.

Tables go into data/evidence, some also into data/realism.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from helpers.files import data_dir, written_whole

EVIDENCE = Path(__file__).resolve().parents[2] / "data" / "evidence"
PAGE = EVIDENCE.parent / "realism.md"


def run_job(jobs: dict[str, Callable[..., None]]) -> None:
    """Call the job that the command line names, with the words after its name.

    Raises
    ------
    SystemExit
        If it names none of them; the message says which there are.
    """
    name, *words = sys.argv[1:] or [""]
    if name not in jobs:
        raise SystemExit(f"There is no job {name!r}. Say one of: {', '.join(jobs)}.")
    jobs[name](*words)


def missing_data(*names: str) -> str:
    """Return a sentence about what COURSE_DATA_DIR lacks, "" where all is there."""
    folder = data_dir()
    if folder and all((folder / name).exists() for name in names):
        return ""
    wanted = " and ".join(names)
    return f"Real files are needed: set COURSE_DATA_DIR to a folder with {wanted}."


def real_data(*names: str) -> Path:
    """Return COURSE_DATA_DIR, which holds these names; end the command if not."""
    if lacking := missing_data(*names):
        raise SystemExit(lacking)
    return data_dir()


def count_refused(
    paths: Iterable[Path], read: Callable[[Path], object], error: type[Exception]
) -> int:
    """Return how many files a reader refuses with an error of its own."""
    refused = 0
    for path in paths:
        try:
            read(path)
        except error:
            refused += 1
    return refused


def record_missing(
    path: Path,
    keys: tuple[str, ...],
    plan: Iterable[tuple],
    measure: Callable[..., list[dict]],
) -> None:
    """Measure what is planned and not recorded yet; write the table after each.

    Parameters
    ----------
    path : Path
        The table; rows that it holds stay.
    keys : tuple of str
        Columns that say which part of the plan a row belongs to.
    plan : iterable of tuple
        The keys' values, which are also the arguments of ``measure``.
    measure : callable
        Returns the rows of one part of the plan.
    """
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    done = {tuple(row[key] for key in keys) for row in rows}
    for part in plan:
        if part not in done:
            rows += measure(*part)
            write_table(pd.DataFrame(rows), path)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table of measurements whole, the same bytes on every system."""
    with written_whole(path) as part:
        table.to_csv(part, index=False, lineterminator="\n")
    print(f"Wrote {path.name}.")


def put_into_page(name: str, table: pd.DataFrame, *, page: Path = PAGE) -> None:
    """Write a table of text between two named marks of the page about realism.

    Raises
    ------
    ValueError
        If the page lacks the marks.
    """
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if begin not in text or end not in text:
        raise ValueError(f"{page.name} lacks {begin} or {end}. Put both where it goes.")
    lines = [table.columns, ["---"] * len(table.columns), *table.astype(str).to_numpy()]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    before, rest = text.split(begin, 1)
    with written_whole(page) as part:
        new = f"{before}{begin}\n{rows}\n{end}{rest.split(end, 1)[1]}"
        part.write_text(new, encoding="utf-8", newline="\n")


def interval_text(row: pd.Series) -> str:
    """Return an AUC with its interval, "too few" where there is none.

    Examples
    --------
    >>> interval_text(pd.Series({"auc": 0.5, "low": 0.31, "high": 0.694}))
    '0.50 (0.31 to 0.69)'
    """
    if pd.isna(row["auc"]):
        return "too few"
    return f"{row['auc']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
