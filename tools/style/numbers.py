"""Style rules about numbers: what prose quotes, a cell has computed.

A decimal number or a percentage in the text of a lesson must also stand in a stored
output or in the code, so that the text cannot go stale unseen. Free are: paragraphs
that cite a source (a link or a year), the sections "On real patients" (dated, with its
command) and "Sources", formulas and `code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.style.outputs import texts_of
from tools.style.report import Finding, LessonView

FREE_SECTIONS = ("On real patients", "Sources")
USUAL = {"50", "90", "95", "99", "100", "0"}
NUMBER = re.compile(
    r"(?<![\w.:/-])(?P<value>\d+\.\d+)(?![\w.]*\d)|(?<![\w.])(?P<share>\d+) ?%"
)
BEFORE = re.compile(
    r"(section|part|table|figure|python|version|exercise|predict|judge|notebook|lesson)"
    r"s?\s*$",
    re.IGNORECASE,
)
CITED = re.compile(r"https?://|\b(19|20)\d\d\b|doi", re.IGNORECASE)


def check_numbers(view: LessonView) -> Iterator[Finding]:
    """Yield numbers in the prose that nothing in the lesson computes or states."""
    if view.stored is None:
        return
    known = known_numbers(view)
    for cell_number, paragraph in prose(view):
        for number in numbers_in(paragraph, lesson=view.number):
            if number not in known:
                yield view.finding(
                    cell_number,
                    f"the number {number} in '{_around(paragraph, number)}'",
                    "a number that some cell of the lesson prints or sets",
                    "Print it in a cell, cite its source, or say it without a number.",
                )


def known_numbers(view: LessonView) -> set[str]:
    """Return every number that stands in an output or in the code."""
    texts = [cell.text for cell in view.cells if cell.is_code]
    for cell in view.stored.cells:
        for output in cell.get("outputs", []):
            texts += texts_of(output)
    return {
        found for text in texts for found in re.findall(r"\d+\.\d+|\d+", text)
    } | USUAL


def prose(view: LessonView) -> Iterator[tuple[int, str]]:
    """Yield (cell, paragraph) of the Markdown text that the rule looks at."""
    section = ""
    for cell in view.cells:
        if cell.is_code:
            continue
        for paragraph in re.split(r"\n\s*\n", cell.text):
            lines = []
            for line in paragraph.splitlines():
                if line.startswith("## "):
                    section = line[3:].strip()
                elif not line.startswith(("#", "|")):
                    lines.append(line)
            free = section.startswith(FREE_SECTIONS) or CITED.search(paragraph)
            if lines and not free:
                yield cell.number, "\n".join(lines)


def numbers_in(paragraph: str, *, lesson: str) -> list[str]:
    """Return the decimals and percentages that a reader takes for results.

    Examples
    --------
    >>> numbers_in("AUC 0.91 in 24 % of `0.3`, see exercise 21.2", lesson="21")
    ['0.91', '24']
    """
    text = re.sub(r"```.*?```|`[^`]*`|\$[^$]*\$|<[^>]+>", " ", paragraph, flags=re.S)
    found = []
    for match in NUMBER.finditer(text):
        number = match["value"] or match["share"]
        own = re.fullmatch(rf"{lesson}\.\d{{1,2}}", number)
        if not own and not BEFORE.search(text[: match.start()]):
            found.append(number)
    return found


def _around(paragraph: str, number: str) -> str:
    text = " ".join(paragraph.split())
    place = text.find(number)
    return text[max(0, place - 25) : place + 25].strip()
