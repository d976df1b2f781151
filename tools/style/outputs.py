"""Style rules about stored outputs: what a reader of the executed form sees."""

from __future__ import annotations

import getpass
import itertools
import re
import socket
from collections.abc import Iterator

from nbformat import NotebookNode

from tools.lessons.stored_outputs import private_words
from tools.style.report import Finding, LessonView

ALT_LENGTH = 20
RAW_FLOAT = re.compile(r"(?<![\d.\w])-?\d+\.\d{5,}(?![\d.]*\.\d)")
REPRS = re.compile(
    r"<[\w.]+(?: [\w.]+)* at 0x[0-9a-f]+>|\barray\(\[|\[<\w|<tf\.|<Keras|<Figure size"
    r"|\bdict_(?:keys|values|items)\(|\bnp\.(?:float|int|str|bool)\w*\("
    r"|\bText\(|<Axes"
)
ABSOLUTE_PATH = re.compile(
    r"(?<![\w.:/<>])/(?:home|root|Users|tmp|work|opt|usr|var|mnt|private|content|etc)/"
    r"|\b[A-Za-z]:\\\w"
)
ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
LOOPBACK = "127.0.0.1"
COMMON_NAMES = {"root", "user", "runner", "jovyan", "localhost", "admin", "ubuntu"}


def check_outputs(view: LessonView) -> Iterator[Finding]:
    """Yield breaches of the rules on stored outputs.

    The numbers of cells are those of the executed form.
    """
    if view.stored is None:
        yield view.finding(
            0, "no executed form", "notebooks/solutions/", "Run 'make build'."
        )
        return
    code = [
        (number, cell)
        for number, cell in enumerate(view.stored.cells, start=1)
        if cell.cell_type == "code" and cell.source.strip()
    ]
    for number, cell in code:
        yield from _cell_outputs(view, number, cell)
    for (number, cell), (_, following) in itertools.pairwise(code):
        if _ignored(cell) and (_ignored(following) or not headline_of(following)):
            yield view.finding(
                number,
                "a cell whose output is not compared",
                "the next code cell to print a claim that is, such as 'AUC at least "
                "0.90: True'",
                "Add the claim, or make this output stable.",
            )


def _ignored(cell: NotebookNode) -> bool:
    """Return whether nbval passes over the output of a cell."""
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def _cell_outputs(
    view: LessonView, number: int, cell: NotebookNode
) -> Iterator[Finding]:
    tags = cell.metadata.get("tags", [])
    if not cell.get("execution_count"):
        yield view.finding(
            number,
            "no execution count",
            "every code cell of the executed form to have run",
            "Run 'make build'.",
        )
    if "headline" in tags:
        yield from _headline(view, number, cell)
    for output in cell.outputs:
        yield from _noise(view, number, output, tags)
        yield from _figure(view, number, output)
        for text in texts_of(output):
            yield from _text(view, number, text)


def _noise(
    view: LessonView, number: int, output: NotebookNode, tags: list[str]
) -> Iterator[Finding]:
    """Check for errors and warnings where none belong."""
    if output.output_type == "error" and "raises-exception" not in tags:
        yield view.finding(
            number,
            f"a stored {output.ename}",
            "errors only in cells tagged 'raises-exception'",
            "Mend the cell, or tag it if the error is the lesson.",
        )
    noise = output.output_type == "stream" and output.name == "stderr"
    if noise and "nbval-ignore-output" not in tags:
        yield view.finding(
            number,
            f"stderr '{_short(output.text)}'",
            "no warnings or logs in stored outputs",
            "Mend the cause, or tag the cell 'nbval-ignore-output'.",
        )


def _headline(view: LessonView, number: int, cell: NotebookNode) -> Iterator[Finding]:
    text = headline_of(cell)
    lines = text.splitlines()
    if not 1 <= len(lines) <= 8 or any(len(line) > 120 for line in lines):
        yield view.finding(
            number,
            f"a headline of {len(lines)} lines",
            "1 to 8 printed lines of at most 120 characters",
            "Print the main results as sentences.",
        )


def headline_of(cell: NotebookNode) -> str:
    """Return what a cell printed, without blank ends."""
    return "".join(
        one.text
        for one in cell.get("outputs", [])
        if one.output_type == "stream" and one.name == "stdout"
    ).strip()


def _figure(view: LessonView, number: int, output: NotebookNode) -> Iterator[Finding]:
    for mime in ("image/png", "image/jpeg", "image/svg+xml"):
        if mime in output.get("data", {}):
            alt = output.get("metadata", {}).get(mime, {}).get("alt", "")
            if len(alt.split()) < 3 or len(alt) < ALT_LENGTH:
                yield view.finding(
                    number,
                    f"a figure with the text alternative '{alt}'",
                    f"a sentence of at least {ALT_LENGTH} characters",
                    "End with figures.describe(fig, '...').",
                )


def texts_of(output: NotebookNode) -> list[str]:
    """Return every readable text of an output."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return [output.evalue, *output.traceback]
    texts = [
        value
        for mime, value in output.data.items()
        if mime.startswith("text/") or mime == "application/json"
    ]
    alts = [
        one.get("alt", "") for one in output.metadata.values() if hasattr(one, "get")
    ]
    return [str(text) for text in texts + alts]


def _text(view: LessonView, number: int, text: str) -> Iterator[Finding]:
    for pattern, what, limit, mend in (
        (
            RAW_FLOAT,
            "the raw number",
            "at most 4 decimals",
            "Round it in the f-string.",
        ),
        (REPRS, "the object", "sentences and tables", "Print what it means."),
        (ABSOLUTE_PATH, "the absolute path", "no paths", "Print the file's name only."),
    ):
        if match := pattern.search(text):
            found = _short(text[match.start() : match.start() + 60])
            yield view.finding(number, f"{what} '{found}'", limit, mend)
    for match in ADDRESS.finditer(text):
        parts = [int(part) for part in match[0].split(".")]
        if match[0] != LOOPBACK and max(parts) <= 255:
            yield view.finding(
                number, f"the address {match[0]}", "no addresses", "Leave it out."
            )
    for word in _private(view):
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):
            yield view.finding(
                number,
                "the name of this machine, its user or its folders",
                "outputs that are the same for everyone",
                "Print a relative path or nothing.",
            )


def _private(view: LessonView) -> list[str]:
    """Return names of this machine that no output may hold."""
    names = {socket.gethostname()}
    try:
        names.add(getpass.getuser())
    except (KeyError, OSError):
        names.discard("")
    usable = {one for one in names if len(one) > 3 and one not in COMMON_NAMES}
    return [*private_words(view.lesson.root), *sorted(usable)]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."
