"""Make the outputs of an executed notebook fit to be stored.

What differs from run to run goes (times, progress bars, widget state, the machine's
paths); what a reader needs stays (text, tables, figures, errors).
"""

from __future__ import annotations

import contextlib
import getpass
import re
import socket
from pathlib import Path

import nbformat
from nbformat import NotebookNode

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
COMMON_NAMES = {
    *("root", "/root", "user", "runner", "jovyan", "localhost", "admin", "ubuntu")
}
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
PROGRESS = re.compile(r"\d+%\|.*\|.*(it/s|s/it|\?it|\[\d\d:\d\d)|\|\s*\d+/\d+ \[")


def clean_notebook(
    notebook: NotebookNode, *, keep_counts: bool = False
) -> NotebookNode:
    """Remove run-to-run differences from an executed notebook, in place.

    Parameters
    ----------
    keep_counts : bool
        Leave execution counts as they are (a run that stopped half-way); otherwise
        code cells are numbered from 1.
    """
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, start=1):
        if not keep_counts:
            cell["execution_count"] = count
        cleaned = [clean_output(one, count) for one in _joined(cell.outputs)]
        cell["outputs"] = [one for one in cleaned if one]
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: how a kernel cuts them is chance."""
    joined: list[NotebookNode] = []
    for one in outputs:
        stream = one.get("name")  # stdout or stderr; other outputs have no name
        if stream and joined and joined[-1].get("name") == stream:
            joined[-1]["text"] += one.text
        else:
            joined.append(one)
    return joined


def clean_output(output: NotebookNode, count: int) -> NotebookNode | None:
    """Return one output without what changes from run to run, or None to drop it."""
    if output.output_type == "stream":
        output["text"] = _without_progress(output.text)
        return output if output["text"].strip() else None
    if output.output_type == "error":
        output["traceback"] = [f"{output.ename}: {output.evalue}"]  # no paths
        return output
    if WIDGET_VIEW in output.get("data", {}):
        return None
    if output.output_type == "execute_result":
        output["execution_count"] = count
    if "image/png" in output.data:
        output.data["image/png"] = "".join(output.data["image/png"].split()) + "\n"
    return output


def _without_progress(text: str) -> str:
    """Keep what a terminal would still show at the end, without progress bars."""
    lines = []
    for line in ANSI.sub("", text).split("\n"):
        shown = line.rstrip("\r").rpartition("\r")[2]
        overwritten = "\r" in line and not shown.strip()
        if not overwritten and not PROGRESS.search(shown):
            lines.append(shown)
    return "\n".join(lines)


def headline_of(cell: NotebookNode) -> str:
    """Return what a cell printed, without blank ends."""
    outputs = cell.get("outputs", [])
    return "".join(one.text for one in outputs if one.get("name") == "stdout").strip()


def private_words(root: Path) -> set[str]:
    """Return texts that betray the machine: its name, folders and user.

    Words shorter than four letters and names that are ordinary words are left out.
    """
    words = {str(root), str(Path.home()), Path.home().name, socket.gethostname()}
    with contextlib.suppress(KeyError, OSError):  # a container without a user
        words.add(getpass.getuser())
    return {word for word in words - COMMON_NAMES if len(word) > 3}


def read_notebook(path: Path) -> NotebookNode | None:
    """Return a stored notebook, or None when it is missing or not readable."""
    try:
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    complete = notebook.get("nbformat") == 4 and "cells" in notebook
    return notebook if complete and "metadata" in notebook else None


def unexecuted_cells(notebook: NotebookNode) -> list[int]:
    """Return the numbers (from 1) of code cells without an execution count.

    nbval runs such cells but never compares them, so none may be left.
    """
    numbered = enumerate(notebook.cells, start=1)
    code = [(n, c) for n, c in numbered if c.cell_type == "code" and c.source.strip()]
    return [number for number, cell in code if not cell.get("execution_count")]
