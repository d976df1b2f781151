"""Style rules about the parts of a lesson: title, card, sections, settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.style.report import Cell, Finding, LessonView, bullets

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
    yield from _title(view)
    yield from _card(view)
    yield from _closing_sections(view)
    yield from _body_sections(view)
    yield from _settings(view)


def _title(view: LessonView) -> Iterator[Finding]:
    first = view.cells[0]
    if first.is_code or not re.match(rf"# {view.number} \S", first.text):
        yield view.finding(
            1,
            f"the lesson begins with '{first.text.splitlines()[0][:40]}'",
            f"'# {view.number} Title' in a Markdown cell",
            "Start with the title cell.",
        )
    if "?" not in first.text:
        yield view.finding(
            1,
            "no question in the title cell",
            "one sentence with the clinical question",
            "Ask what the lesson answers.",
        )


def _card(view: LessonView) -> Iterator[Finding]:
    top = "\n".join(cell.text for cell in view.cells[:4] if not cell.is_code)
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


def _closing_sections(view: LessonView) -> Iterator[Finding]:
    wanted = [one for one in ENDING if one != "On real patients" or _swappable(view)]
    ends = (_closing(title) for _, title in view.headings())
    order = [title for title in ends if title in wanted]
    for title in wanted:
        if title not in order:
            yield view.finding(
                0, f"no section '## {title}'", "all closing sections", "Add it."
            )
    if order != sorted(set(order), key=wanted.index):
        yield view.finding(
            0,
            f"closing sections in the order {', '.join(order)}",
            ", ".join(wanted),
            "Put each once, in that order.",
        )
    if "not for clinical use" not in view.section("What this does not show").lower():
        yield view.finding(
            0,
            "no warning under 'What this does not show'",
            "the words 'Not for clinical use'",
            "Add them.",
        )


def _closing(title: str) -> str | None:
    """Return which closing section a heading begins, if any."""
    return next((one for one in ENDING if title.startswith(one)), None)


def _body_sections(view: LessonView) -> Iterator[Finding]:
    body = [
        title
        for _, title in view.headings()
        if not _closing(title) and not title.startswith(GOALS)
    ]
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
        yield from _setting_lines(view, cell)
        yield from _required_settings(view, cell)


def _setting_lines(view: LessonView, cell: Cell) -> Iterator[Finding]:
    """Check the name and the comment of each setting."""
    lines = cell.text.splitlines()
    for node in cell.tree.body:
        if not isinstance(node, ast.Assign):
            continue
        name = ast.unparse(node.targets[0])
        if name != name.upper():
            yield view.finding(
                cell.number,
                f"the setting '{name}'",
                "UPPER_CASE names in the configuration cell",
                "Rename it, or compute it in a later cell.",
            )
        value = getattr(node.value, "value", None)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        bare = "#" not in lines[(node.end_lineno or node.lineno) - 1]
        if number and bare and name != "SEED":
            yield view.finding(
                cell.number,
                f"'{name}' without a comment",
                "the unit or the meaning of each number",
                f"Write '{name} = ...  # unit'.",
            )


def _required_settings(view: LessonView, cell: Cell) -> Iterator[Finding]:
    """Lessons that compute with a cohort name it, and their seed."""
    names = {ast.unparse(n.targets[0]) for n in cell.tree.body if hasattr(n, "targets")}
    if int(view.number) < FIRST_SWAPPABLE:
        return
    for name, line in (
        ("SEED", "SEED = 7"),
        ("COHORT", 'COHORT = os.environ.get("COHORT", "chest_insilico")'),
    ):
        if name not in names:
            yield view.finding(
                cell.number, f"no {name}", f"{line} among the settings", "Add it."
            )
