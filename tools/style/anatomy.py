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
    *("predict", "judge", "try", "headline", "model"),
    *("nbval-ignore-output", "raises-exception"),
}
UNLINKED = (
    (r"\b(?:lesson|notebook)s? \d\d\b", "Link it"),
    (r"\bdoi:? ?10\.\S+|\barXiv:\d\S+", "Make it a link"),
)
FAMILIES = ("recipe:", "twin:helpers.", "twin:phantoms.")
WORDS_ONCE = {"ground truth": "reference standard", "validation set": "tuning set"}
NAMELESS = {"img", "arr", "data2", "df_final", "tmp"}


def check_anatomy(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on the parts of a lesson."""
    for rule in (_beginning, _sections, _settings, _tags, _words):
        yield from rule(view)
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
    settings = "".join(cell.text for cell in view.tagged("parameters"))
    swappable = int(view.number) >= FIRST_SWAPPABLE and "COHORT" in settings
    wanted = [one for one in ENDING if one != REAL or swappable]
    titles = view.headings()
    order = [end for title in titles for end in wanted if title.startswith(end)]
    for title in wanted:
        if title not in order:
            yield 0, f"no section '## {title}'. Add it."
    if order != sorted(set(order), key=wanted.index):
        got, expected = ", ".join(order), ", ".join(wanted)
        yield 0, f"closing sections in the order {got}; expected each once: {expected}."
    if "not for clinical use" not in view.section(UNSHOWN).lower():
        yield 0, f"no warning under '{UNSHOWN}'; expected 'Not for clinical use'."
    body = [title for title in titles if not title.startswith((GOALS, *ENDING))]
    if not 3 <= len(body) <= 5:
        yield 0, f"{len(body)} sections ({', '.join(body)}); expected 3 to 5."
    if "](" not in view.section("Next"):
        yield 0, "no link under 'Next'. Link the lesson that follows."
    words = view.section("New words").strip()
    if re.sub(r"- \*\*[^*]+\*\*: .+(\n  .+)*(\n|$)", "", words):
        yield 0, "'New words' is not a list; expected lines '- **word**: meaning.'"
    goals, summary = len(view.bullets(GOALS)), len(view.bullets("Summary"))
    if summary and summary != goals:
        yield 0, f"{summary} bullets in the summary for {goals} goals; expected equal."


def _settings(view: LessonView) -> Iterator[Finding]:
    for place, tag in enumerate(("setup", "parameters")):
        tagged = view.tagged(tag)
        if len(tagged) != 1 or view.code[place : place + 1] != tagged:
            found, wanted = (
                f"{len(tagged)} cells tagged '{tag}'",
                f"code cell {place + 1}",
            )
            yield 0, f"{found}; expected one, {wanted} of the lesson."
    for cell in view.tagged("parameters")[:1]:
        lines = cell.text.splitlines()
        for node in [one for one in cell.tree.body if isinstance(one, ast.Assign)]:
            name, value = ast.unparse(node.targets[0]), ast.unparse(node.value)
            if name != name.upper():
                yield cell.number, f"the setting '{name}'; expected UPPER_CASE."
            bare = (
                re.fullmatch(r"-?\d[\d.e-]*", value)
                and "#" not in lines[node.lineno - 1]
            )
            if bare and name != "SEED":
                said = f"'{name}' without a comment. Write its unit or meaning."
                yield cell.number, said
        needed = {"SEED", "COHORT"} if int(view.number) >= FIRST_SWAPPABLE else set()
        for name in sorted(needed - names_in(cell.tree, ast.Store)):
            yield cell.number, f"no {name}; expected it among the settings."


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
    for word, better in WORDS_ONCE.items():
        if (count := len(re.findall(word.replace(" ", r"\s+"), view.text, re.I))) > 1:
            yield 0, f"'{word}' {count} times; expected '{better}', '{word}' once."
    for cell in view.code:
        for name in sorted(names_in(cell.tree, ast.Store) & NAMELESS):
            yield cell.number, f"a variable called '{name}'. Name what it holds."


def _links(view: LessonView, cell: Cell) -> Iterator[Finding]:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s#]+)", cell.text):
        if not re.fullmatch(r"\d\d_\w+\.ipynb", target):
            yield cell.number, f"a link to '{target}'; expected NN_topic.ipynb."
        elif not view.lesson.source.with_name(f"{target[:-6]}.py").exists():
            yield cell.number, f"a link to {target}, which does not exist."
    plain = re.sub(r"\[[^\]]*\]\([^)]*\)|<http[^>]*>|`[^`]*`", " ", cell.text)
    for pattern, wanted in UNLINKED:
        for found in re.findall(pattern, " ".join(plain.split()), re.I):
            yield cell.number, f"'{found}' without a link. {wanted}."
