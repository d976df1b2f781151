"""Style rules about the parts of a lesson, its settings, words and links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.pages import bad_formulas
from tools.style.report import Cell, Finding, LessonView, names_in

CARD = ("Time", "Runs on", "Data", "Needs first")
GOALS = "After this notebook you can"
REAL = "On real patients"
UNSHOWN = "What this does not show"
ENDING = ("What we measured", REAL, UNSHOWN, "Summary", "New words", "Next", "Sources")
FIRST_SWAPPABLE = 15
PLAIN_TAGS = {
    *("setup", "parameters", "exercise", "exercise-code", "check", "solution"),
    *("predict", "judge", "headline", "model"),
    *("nbval-ignore-output", "raises-exception"),
}
FAMILIES = ("recipe:", "twin:helpers.", "twin:phantoms.")
WORDS_ONCE = {"ground truth": "reference standard", "validation set": "tuning set"}
NAMELESS = {"img", "arr", "data2", "df_final", "tmp"}
NEEDED = {
    "SEED": "SEED = 7",
    "COHORT": 'COHORT = os.environ.get("COHORT", "chest_insilico")',
}


def check_anatomy(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on the parts of a lesson."""
    yield from _beginning(view)
    yield from _sections(view)
    yield from _settings(view)
    yield from _tags(view)
    yield from _words(view)
    for cell in view.prose:
        yield from _links(view, cell)
        for sentence in bad_formulas(cell.text) if "$" in cell.text else ():
            yield cell.number, f"a formula that pages cannot show. {sentence}"


def _beginning(view: LessonView) -> Iterator[Finding]:
    first = view.cells[0]
    if first.is_code or not re.match(rf"# {view.number} \S", first.text):
        yield 1, f"the first line; expected '# {view.number} Title' in Markdown."
    if "?" not in first.text:
        yield 1, "no question in the title cell. Ask what the lesson answers."
    for row in CARD:
        if not re.search(rf"^\| *\**{row}\** *\|", view.top, re.M):
            yield 1, f"no row '{row}' in the card; expected {', '.join(CARD)}."
    if not 3 <= (goals := len(view.bullets(GOALS))) <= 5:
        yield 1, f"{goals} goals under '{GOALS}'; expected 3 to 5 bullets."


def _sections(view: LessonView) -> Iterator[Finding]:
    wanted = [one for one in ENDING if one != REAL or _swappable(view)]
    titles = list(view.headings())
    ends = [next((e for e in ENDING if t.startswith(e)), None) for t in titles]
    order = [title for title in ends if title in wanted]
    for title in wanted:
        if title not in order:
            yield 0, f"no section '## {title}'. Add it."
    if order != sorted(set(order), key=wanted.index):
        got, expected = ", ".join(order), ", ".join(wanted)
        yield 0, f"closing sections in the order {got}; expected each once: {expected}."
    if "not for clinical use" not in view.section(UNSHOWN).lower():
        yield 0, f"no warning under '{UNSHOWN}'; expected 'Not for clinical use'."
    body = [
        title
        for title, end in zip(titles, ends, strict=True)
        if not end and not title.startswith(GOALS)
    ]
    if not 3 <= len(body) <= 5:
        yield 0, f"{len(body)} sections ({', '.join(body)}); expected 3 to 5."
    goals, summary = len(view.bullets(GOALS)), len(view.bullets("Summary"))
    if summary and summary != goals:
        yield 0, f"{summary} bullets in the summary for {goals} goals; expected equal."


def _swappable(view: LessonView) -> bool:
    """Return whether the lesson runs on any cohort and so must show real patients."""
    settings = "".join(cell.text for cell in view.tagged("parameters"))
    return int(view.number) >= FIRST_SWAPPABLE and "COHORT" in settings


def _settings(view: LessonView) -> Iterator[Finding]:
    for place, tag in enumerate(("setup", "parameters")):
        tagged = view.tagged(tag)
        if len(tagged) != 1 or view.code[place : place + 1] != tagged:
            which = ("first", "second")[place]
            said = (
                f"{len(tagged)} cells tagged '{tag}'; expected the {which} code cell."
            )
            yield (tagged[0].number if tagged else 0), said
    for cell in view.tagged("parameters")[:1]:
        for node in cell.tree.body:
            if isinstance(node, ast.Assign):
                yield from _setting(cell, node)
        lacking = NEEDED.keys() - names_in(cell.tree, ast.Store)
        for name in lacking if int(view.number) >= FIRST_SWAPPABLE else ():
            yield cell.number, f"no {name}; expected {NEEDED[name]} among the settings."


def _setting(cell: Cell, node: ast.Assign) -> Iterator[Finding]:
    """Check the name and the comment of one setting."""
    name = ast.unparse(node.targets[0])
    if name != name.upper():
        yield cell.number, f"the setting '{name}'; expected UPPER_CASE."
    value = getattr(node.value, "value", None)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    bare = "#" not in cell.text.splitlines()[(node.end_lineno or node.lineno) - 1]
    if number and bare and name != "SEED":
        yield cell.number, f"'{name}' without a comment. Write its unit or meaning."


def _tags(view: LessonView) -> Iterator[Finding]:
    for cell in view.cells:
        for tag in cell.tags:
            if tag not in PLAIN_TAGS and not tag.startswith(FAMILIES):
                known = ", ".join(sorted(PLAIN_TAGS))
                yield cell.number, f"the unknown tag '{tag}'; expected one of {known}."
    headlines = view.tagged("headline")
    if len(headlines) != 1:
        yield 0, f"{len(headlines)} cells tagged 'headline'; expected exactly one."


def _words(view: LessonView) -> Iterator[Finding]:
    prose = "\n".join(cell.text for cell in view.prose).lower()
    for word, better in WORDS_ONCE.items():
        if (count := len(re.findall(word.replace(" ", r"\s+"), prose))) > 1:
            yield 0, f"'{word}' {count} times; expected '{better}', '{word}' once."
    for cell in view.code:
        for name in sorted(names_in(cell.tree, ast.Store) & NAMELESS):
            yield cell.number, f"a variable called '{name}'. Name what it holds."


def _links(view: LessonView, cell: Cell) -> Iterator[Finding]:
    folder = view.lesson.source.parent
    for target in re.findall(r"\]\(([^)\s]+)", cell.text):
        name = target.partition("#")[0]
        if re.match(r"(https?:|#|mailto:|attachment:)", target):
            continue
        if not re.fullmatch(r"\d\d_\w+\.ipynb", name):
            yield cell.number, f"a link to '{target}'; expected NN_topic.ipynb."
        elif not (folder / name).with_suffix(".py").exists():
            yield cell.number, f"a link to {name}, which does not exist."
