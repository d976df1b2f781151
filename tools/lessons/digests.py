"""What the stored outputs of a lesson depend on, as three short digests.

A solution is executed again only when one of them changed:

- ``code``: the code cells of the lesson (its prose may change freely);
- ``helpers``: the modules that the lesson imports, directly or through others, compared
  as syntax trees without docstrings, so that a comment, a docstring or a line break
  changes nothing;
- ``data``: the committed artefacts, where the lesson reads them.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from nbformat import NotebookNode

from tools.size import DOCUMENTED, Module, modules_in

READER, ARTEFACTS = "helpers.checkpoints", ("data/predictions", "data/checkpoints")


def digests(root: Path, notebook: NotebookNode, number: str) -> dict[str, str]:
    """Return the three digests of a solution form.

    Parameters
    ----------
    root : Path
        The repository.
    notebook : NotebookNode
        The solution form, executed or not.
    number : str
        The lesson's number; the checks of its exercises count as helpers too.
    """
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    own_checks = root / "notebooks" / "exercises" / f"lesson_{number}.py"
    checks = own_checks.read_text(encoding="utf-8") if own_checks.exists() else ""
    modules = imported_modules(root, [*sources, checks])
    trees = [one.tree for one in modules]
    folders = ARTEFACTS if any(one.name == READER for one in modules) else ()
    files = [path for folder in folders for path in sorted((root / folder).iterdir())]
    return {
        "code": _hash(sources),
        "helpers": _hash([_meaning(tree) for tree in (tree_of(checks), *trees)]),
        "data": _hash([f"{p.name} {p.read_bytes().hex()}" for p in files]),
    }


def imported_modules(root: Path, sources: list[str]) -> list[Module]:
    """Return the modules that code cells import, directly or through others."""
    known = {m.name: m for f in ("helpers", "phantoms") for m in modules_in(root, f)}
    cells = [Module("cell", text, tree_of(text)) for text in sources]
    found: set[str] = set()
    waiting = [name for cell in cells for name in cell.imported(set(known))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += known[name].imported(set(known))
    return [known[name] for name in sorted(found)]


def tree_of(source: str) -> ast.Module:
    """Return the syntax tree of a code cell; magics are passed over."""
    kept = [line for line in source.splitlines() if line.lstrip()[:1] not in "%!?"]
    try:
        return ast.parse("\n".join(kept))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _meaning(tree: ast.Module) -> str:
    """Return what a module does, blind to comments and docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _hash(parts: list[str]) -> str:
    total = hashlib.sha256("\n".join(parts).encode())
    return total.hexdigest()[:16]
