"""Style rules about the parts of a lesson: title, card, sections, settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.style.report import Finding, LessonView, bullets

CARD = ("Time", "Runs on", "Data", "Needs first")
GOALS = "After this notebook you can"
ENDING = (
    "What we measured",
    "On real patients",
    "What this does not show",
    "Summary",
    "New words",
    "Next",
    "Sources",
)
FIRST_SWAPPABLE = 15


def check_anatomy(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on the parts of a lesson."""
    yield from _title_and_card(view)
    yield from _sections(view)
    yield from _settings(view)


def _title_and_card(view: LessonView) -> Iterator[Finding]:
    first = view.cells[0]
    if first.is_code or not re.match(rf"# {view.number} \S", first.text):
        yield view.finding(
            1,
            f"the lesson begins with '{first.text.splitlines()[0][:40]}'",
            f"'# {view.number} Title' in a Markdown cell",
            "Start with the title cell.",
        )
    top = "\n".join(cell.text for cell in view.cells[:4] if not cell.is_code)
    if "?" not in first.text:
        yield view.finding(
            1,
            "no question in the title cell",
            "one sentence with the clinical question",
            "Ask what the lesson answers.",
        )
    for row in CARD:
        if not re.search(rf"^\| *\**{row}\** *\|", top, re.M):
            yield view.finding(
                1,
                f"no row '{row}' in the card",
                f"a table with the rows {', '.join(CARD)}",
                "Add the row.",
            )
    goals = bullets(view.section(GOALS))
    if not 3 <= len(goals) <= 5:
        yield view.finding(
            1,
            f"{len(goals)} goals under '{GOALS}'",
            "3 to 5 bullets that begin with a verb",
            "One bullet per section.",
        )


def _sections(view: LessonView) -> Iterator[Finding]:
    titles = [title for _, title in view.headings()]
    wanted = [
        title for title in ENDING if title != "On real patients" or _swappable(view)
    ]
    found = [next((t for t in ENDING if one.startswith(t)), None) for one in titles]
    order = [title for title in found if title]
    for title in wanted:
        if title not in order:
            yield view.finding(
                0, f"no section '## {title}'", "all closing sections", "Add it."
            )
    kept = [title for title in order if title in wanted]
    if kept != sorted(set(kept), key=wanted.index):
        yield view.finding(
            0,
            f"closing sections in the order {', '.join(kept)}",
            ", ".join(wanted),
            "Put each once, in that order.",
        )
    body = [t for t, end in zip(titles, found, strict=True) if not end and t != GOALS]
    body = [title for title in body if not title.startswith(GOALS)]
    if not 3 <= len(body) <= 5:
        yield view.finding(
            0,
            f"{len(body)} sections ({', '.join(body)})",
            "3 to 5 second-level headings, one per goal",
            "Merge or split sections.",
        )
    goals, summary = bullets(view.section(GOALS)), bullets(view.section("Summary"))
    if summary and len(summary) != len(goals):
        yield view.finding(
            0,
            f"{len(summary)} bullets in the summary for {len(goals)} goals",
            "one bullet per goal, in the same order",
            "Match them.",
        )
    if "not for clinical use" not in view.section("What this does not show").lower():
        yield view.finding(
            0,
            "no warning under 'What this does not show'",
            "the words 'Not for clinical use'",
            "Add them.",
        )


def _swappable(view: LessonView) -> bool:
    """Return whether the lesson runs on any cohort and so must show real patients."""
    settings = "".join(cell.text for cell in view.tagged("parameters"))
    return int(view.number) >= FIRST_SWAPPABLE and "COHORT" in settings


def _settings(view: LessonView) -> Iterator[Finding]:
    code = [cell for cell in view.cells if cell.is_code]
    for place, tag in enumerate(("setup", "parameters")):
        tagged = view.tagged(tag)
        if len(tagged) != 1 or code[place : place + 1] != tagged:
            yield view.finding(
                tagged[0].number if tagged else 0,
                f"{len(tagged)} cells tagged '{tag}'",
                f"exactly one, the {'first' if place == 0 else 'second'} code cell",
                "Tag or move the cell.",
            )
    for cell in view.tagged("parameters")[:1]:
        yield from _setting_names(view, cell)


def _setting_names(view: LessonView, cell) -> Iterator[Finding]:
    lines = cell.text.splitlines()
    names = set()
    for node in ast.walk(cell.tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            name = ast.unparse(target)
            names.add(name)
            if name != name.upper():
                yield view.finding(
                    cell.number,
                    f"the setting '{name}'",
                    "UPPER_CASE names in the configuration cell",
                    "Rename it, or compute it in a later cell.",
                )
            number = isinstance(node.value, ast.Constant) and isinstance(
                node.value.value, int | float
            )
            bare = "#" not in lines[(node.end_lineno or node.lineno) - 1]
            plain = name == "SEED" or isinstance(
                getattr(node.value, "value", None), bool
            )
            if number and bare and not plain:
                yield view.finding(
                    cell.number,
                    f"'{name}' without a comment",
                    "the unit or the meaning of each number",
                    f"Write '{name} = ...  # unit'.",
                )
    if "SEED" not in names and int(view.number) >= FIRST_SWAPPABLE:
        yield view.finding(
            cell.number, "no SEED", "the seed among the settings", "Add 'SEED = 7'."
        )
    if int(view.number) >= FIRST_SWAPPABLE and "COHORT" not in names:
        yield view.finding(
            cell.number,
            "no COHORT",
            'COHORT = os.environ.get("COHORT", "chest_insilico")',
            "Add it, so that the lesson runs on any cohort.",
        )
