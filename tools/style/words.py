"""Style rules about words: tags, vocabulary, names, links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.pages.lesson_page import bad_formulas
from tools.style.report import Finding, LessonView

PLAIN_TAGS = {
    "setup",
    "parameters",
    "exercise",
    "exercise-code",
    "check",
    "solution",
    "predict",
    "judge",
    "headline",
    "model",
    "nbval-ignore-output",
    "raises-exception",
}
FAMILIES = ("recipe:", "twin:helpers.")
WORDS_ONCE = {"ground truth": "reference standard", "validation set": "tuning set"}
NAMELESS = {"img", "arr", "data2", "df_final", "tmp"}


def check_words(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on tags, vocabulary, names and links."""
    yield from _tags(view)
    yield from _words(view)
    yield from _links(view)
    yield from _formulas(view)


def _tags(view: LessonView) -> Iterator[Finding]:
    for cell in view.cells:
        for tag in cell.tags:
            if tag not in PLAIN_TAGS and not tag.startswith(FAMILIES):
                yield view.finding(
                    cell.number,
                    f"the unknown tag '{tag}'",
                    f"one of {', '.join(sorted(PLAIN_TAGS))}, recipe:..., twin:...",
                    "Correct or remove it.",
                )
    headline = view.tagged("headline")
    if len(headline) != 1:
        yield view.finding(
            headline[1].number if headline else 0,
            f"{len(headline)} cells tagged 'headline'",
            "exactly one, under 'What we measured'",
            "Tag the cell that prints the main result.",
        )


def _words(view: LessonView) -> Iterator[Finding]:
    prose = "\n".join(cell.text for cell in view.cells if not cell.is_code).lower()
    for word, better in WORDS_ONCE.items():
        if (count := len(re.findall(word.replace(" ", r"\s+"), prose))) > 1:
            yield view.finding(
                0,
                f"'{word}' {count} times",
                f"'{better}' ('{word}' at most once, where it is explained)",
                "Use the word of the course.",
            )
    for cell in view.cells:
        stored = {
            node.id
            for node in (ast.walk(cell.tree) if cell.is_code else ())
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        for name in sorted(stored & NAMELESS):
            yield view.finding(
                cell.number,
                f"a variable called '{name}'",
                "a name with a meaning",
                "Name it after what it holds, with its unit.",
            )


def _links(view: LessonView) -> Iterator[Finding]:
    folder = view.lesson.source.parent
    for cell in view.cells:
        if cell.is_code:
            continue
        for target in re.findall(r"\]\(([^)\s]+)", cell.text):
            if re.match(r"(https?:|#|mailto:|attachment:)", target):
                continue
            name = target.partition("#")[0]
            if re.fullmatch(r"\d\d_\w+\.ipynb", name):
                if not (folder / name).with_suffix(".py").exists():
                    yield view.finding(
                        cell.number,
                        f"a link to {name}, which does not exist",
                        "links only to lessons that exist",
                        "Mention it without a link until it is written.",
                    )
            else:
                yield view.finding(
                    cell.number,
                    f"a relative link to '{target}'",
                    "links to lessons as NN_topic.ipynb; both forms must reach it",
                    "Name the file in words, or give a full address.",
                )


def _formulas(view: LessonView) -> Iterator[Finding]:
    for cell in view.cells:
        if not cell.is_code and "$" in cell.text:
            for sentence in bad_formulas(cell.text):
                yield view.finding(
                    cell.number,
                    "a formula that pages without a network cannot show",
                    "LaTeX that becomes MathML",
                    sentence,
                )
