"""Style rules about stored outputs, and about numbers in the prose that quote them.

A decimal number or a percentage in the text of a lesson must also stand in a stored
output or in the code, so that the text cannot go stale unseen. Free are: paragraphs
that cite a source (a link or a year), the sections "On real patients" (dated, with its
command) and "Sources", formulas and `code`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from tools.lessons.stored_outputs import headline_of, private_words
from tools.style.report import Finding, LessonView

ALT_LENGTH = 20
PICTURES = {"image/png", "image/jpeg", "image/svg+xml"}
PATTERNS = {
    "the raw number": r"(?<![\d.\w])-?\d+\.\d{5,}(?![\d.]*\.\d)",
    "the object": r"<[\w.]+(?: [\w.]+)* at 0x[0-9a-f]+>|\barray\(\[|\[<\w|<tf\.|<Keras"
    r"|<Figure size|\bdict_(?:keys|values|items)\(|\bnp\.(?:float|int|str|bool)\w*\("
    r"|\bText\(|<Axes",
    "the absolute path": r"(?<![\w.:/<>])/(?:home|root|Users|tmp|work|opt|usr|var|mnt"
    r"|private|content|etc)/|\b[A-Za-z]:\\\w",
    "the address": r"(?<![\d.])(?!127\.0\.0\.1)"
    r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])",
}
UNCOMPARED = (
    "a cell whose output is not compared; expected the next code cell to print a claim "
    "that is, such as 'AUC at least 0.90: True'."
)
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


def check_outputs(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on stored outputs and on numbers in the prose."""
    if view.stored is None:
        yield 0, "no executed form in notebooks/solutions. Run 'make build'."
        return
    numbered = enumerate(view.stored.cells, start=1)
    code = [(number, cell) for number, cell in numbered if cell.cell_type == "code"]
    for number, cell in code:
        for said in _faults(view, cell):
            yield number, said
    for (number, cell), (_, following) in itertools.pairwise(code):
        if _ignored(cell) and (_ignored(following) or not headline_of(following)):
            yield number, UNCOMPARED
    yield from _unbound_numbers(view)


def _ignored(cell: NotebookNode) -> bool:
    """Return whether nbval passes over the output of a cell."""
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def _faults(view: LessonView, cell: NotebookNode) -> Iterator[str]:
    """Yield what is wrong with the outputs of one cell."""
    tags = cell.metadata.get("tags", [])
    if not cell.get("execution_count"):
        yield "no execution count. Run 'make build'."
    lines = headline_of(cell).splitlines()
    fits = 1 <= len(lines) <= 8 and len(max(lines, key=len)) <= 120
    if "headline" in tags and not fits:
        yield f"a headline of {len(lines)} lines; expected 1 to 8, 120 characters each."
    for output in cell.outputs:
        if output.output_type == "error" and "raises-exception" not in tags:
            yield f"a stored {output.ename}; expected the tag 'raises-exception'."
        if output.get("name") == "stderr" and not _ignored(cell):
            yield f"stderr '{_short(output.text)}'; expected no warnings in outputs."
        for mime in PICTURES & set(output.get("data", {})):
            alt = output.get("metadata", {}).get(mime, {}).get("alt", "")
            if len(alt.split()) < 3 or len(alt) < ALT_LENGTH:
                yield f"a figure with the text alternative '{alt}'. Write a sentence."
        for text in texts_of(output):
            yield from _unfit(view, text)


def texts_of(output: NotebookNode) -> list[str]:
    """Return every readable text of an output."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return [output.evalue, *output.traceback]
    texts = [str(data) for mime, data in output.data.items() if mime not in PICTURES]
    about = [one for one in output.metadata.values() if hasattr(one, "get")]
    return texts + [one.get("alt", "") for one in about]


def _unfit(view: LessonView, text: str) -> Iterator[str]:
    """Yield what must not be stored: raw values, paths, names of this machine."""
    for what, pattern in PATTERNS.items():
        if match := re.search(pattern, text):
            found = _short(text[match.start() :])
            yield f"{what} '{found}'. Print what it means, rounded, without paths."
    for word in private_words(view.lesson.root):
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):
            yield "the name of this machine, its user or its folders in an output."


def _short(text: str) -> str:
    return " ".join(text.split())[:60]


def _unbound_numbers(view: LessonView) -> Iterator[Finding]:
    """Yield numbers in the prose that nothing in the lesson computes or states."""
    outputs = [one for cell in view.stored.cells for one in cell.get("outputs", [])]
    texts = [cell.text for cell in view.code]
    texts += [text for output in outputs for text in texts_of(output)]
    known = set(re.findall(r"\d+\.\d+|\d+", "\n".join(texts))) | USUAL
    for cell, paragraph in _paragraphs(view):
        for number in set(numbers_in(paragraph, lesson=view.number)) - known:
            text = " ".join(paragraph.split())
            place = text.find(number)
            around = text[max(0, place - 25) : place + 25].strip()
            what = f"the number {number} in '{around}', which no cell prints or sets"
            yield cell, f"{what}. Print it, or cite its source."


def _paragraphs(view: LessonView) -> Iterator[tuple[int, str]]:
    """Yield (cell, paragraph) of the Markdown text that the rule looks at."""
    section = ""
    for cell in view.prose:
        for paragraph in re.split(r"\n\s*\n", cell.text):
            section = [section, *re.findall(r"^## +(.*)", paragraph, re.M)][-1]
            if not section.startswith(FREE_SECTIONS) and not CITED.search(paragraph):
                yield cell.number, re.sub(r"^[#|].*", "", paragraph, flags=re.M)


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
