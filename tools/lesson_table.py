"""The table of lessons in the README, from the lessons and their measured times.

    python -m tools.lesson_table           write the table into README.md
    python -m tools.lesson_table --check   say whether it is up to date

The title, the question and the time to work through come from the first cells of
`notebooks/source/NN_topic.py`, the run time from `data/evidence/lesson_times.csv`,
which the builder measures.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tools.lessons.times import COLD, FIRST_LESSON, read_times

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- lessons:begin -->", "<!-- lessons:end -->"
HEADER = (
    "| | lesson | what it asks | to work through | runs in |",
    "|---|---|---|---|---|",
)


def lesson_row(source: Path, times: dict[str, dict[str, int]]) -> str:
    """Return the line of one lesson; ValueError where its card lacks a part."""
    text = re.sub("^# ?", "", source.read_text(encoding="utf-8"), flags=re.M)
    title = re.search(r"^# (\d\d) (.+)\n([^%]*\?)", text, re.M)
    card = re.search(r"^\| \**Time\** \| *([^|;]+?) *[;|]", text, re.M)
    if not (title and card):
        raise ValueError(
            f"{source.name} lacks its title '# NN Title', the question below it or "
            "the row '| Time |' of its card. The README quotes all three."
        )
    number, name, question = (" ".join(part.split()) for part in title.groups())
    runs = shown_time(times.get(source.stem, {}).get("seconds"))
    if number == FIRST_LESSON and COLD in times:
        runs += f", and once {shown_time(times[COLD]['seconds'])} to make the patients"
    link = f"[{name}](notebooks/{source.stem}.ipynb)"
    return f"| {number} | {link} | {question} | {card[1].strip()} | {runs} |"


def shown_time(seconds: float | None) -> str:
    """Return a run time in minutes.

    Examples
    --------
    >>> shown_time(3), shown_time(81), shown_time(None)
    ('0.1 minutes', '1.4 minutes', 'not measured')
    """
    if seconds is None:
        return "not measured"
    return f"{max(0.1, round(seconds / 60, 1))} minutes"


def lesson_table(root: Path = ROOT) -> str:
    """Return the whole table as Markdown, in the order of the lessons."""
    times = read_times(root)
    sources = sorted((root / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
    rows = [lesson_row(source, times) for source in sources]
    total = sum(times[s.stem]["seconds"] for s in sources if s.stem in times)
    whole = f"| | all of them | | | {shown_time(total)} |"
    return "\n".join([*HEADER, *rows, whole])


def with_table(readme: str, table: str) -> str:
    """Return the README with the table between its two marks.

    Raises
    ------
    ValueError
        If the marks are not there once each.
    """
    between = re.compile(f"{BEGIN}.*{END}", re.S)
    if readme.count(BEGIN) != 1 or not between.search(readme):
        raise ValueError(
            f"README.md must hold the marks {BEGIN} and {END} once each. Put them "
            "back around the table of lessons."
        )
    return between.sub(lambda _: f"{BEGIN}\n{table}\n{END}", readme)


def main(arguments: list[str] | None = None) -> int:
    """Write or check the table; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.lesson_table")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    readme = ROOT / "README.md"
    found = readme.read_text(encoding="utf-8")
    wanted = with_table(found, lesson_table())
    if found == wanted:
        return 0
    if options.check:
        print("The table in README.md is old. Run 'make build'.", file=sys.stderr)
        return 1
    readme.write_text(wanted, encoding="utf-8", newline="\n")
    print("README.md: table of lessons written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
