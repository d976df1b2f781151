"""What the stored outputs of a lesson depend on, as three short digests.

A solution is executed again only when one of them changed:

- ``code``: the code cells of the lesson (its prose may change freely);
- ``helpers``: the helper modules that the lesson imports, directly or through other
  helpers, compared as syntax trees without docstrings, so that a comment, a docstring
  or a line break changes nothing;
- ``data``: the committed artefacts that those helpers read.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from nbformat import NotebookNode

# helper module -> the committed files it reads
ARTEFACTS_OF = {"helpers.checkpoints": ("data/predictions", "data/checkpoints")}
LENGTH = 16


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
    modules = helper_modules(root, sources)
    own_checks = root / "notebooks" / "exercises" / f"lesson_{number}.py"
    if "helpers.checks" in modules and own_checks.exists():
        modules[f"exercises_of_lesson_{number}"] = own_checks
    return {
        "code": _hash(sources),
        "helpers": _hash(
            f"{name} {module_digest(path)}" for name, path in sorted(modules.items())
        ),
        "data": _hash(
            f"{path.relative_to(root).as_posix()} {_file_digest(path)}"
            for path in artefacts(root, modules)
        ),
    }


def helper_modules(root: Path, sources: list[str]) -> dict[str, Path]:
    """Return the helper modules that code cells import, transitively.

    Imports inside functions count; names built at run time are not seen.
    """
    found: dict[str, Path] = {}
    waiting: list[str] = []
    for source in sources:
        waiting += _imported(_parse_cell(source), package="")
    while waiting:
        name = waiting.pop()
        path = _module_file(root, name)
        if path is None or name in found:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        tree = ast.parse(path.read_text(encoding="utf-8"))
        waiting += _imported(tree, package=package)
        waiting.append(name.rpartition(".")[0])
    return found


def _parse_cell(source: str) -> ast.Module:
    """Parse a code cell; magics and shell lines are passed over."""
    kept = [line for line in source.splitlines() if line.lstrip()[:1] not in "%!?"]
    try:
        return ast.parse("\n".join(kept))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _imported(tree: ast.AST, *, package: str) -> list[str]:
    """Return every dotted name an import statement may load."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                parts = parts[: len(parts) - node.level + 1]
                base = ".".join([*parts, base] if base else parts)
            names.append(base)
            names += [f"{base}.{alias.name}" for alias in node.names]
    return [name for name in names if name.split(".")[0] in ("helpers", "phantoms")]


def _module_file(root: Path, name: str) -> Path | None:
    """Return the file of a helper module, or None for anything else."""
    if not name:
        return None
    path = root.joinpath(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


def module_digest(path: Path) -> str:
    """Return a digest of what a module does, blind to comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return _hash([ast.dump(tree)])


def artefacts(root: Path, modules: dict[str, Path]) -> list[Path]:
    """Return the committed files that the given helper modules read, in order."""
    paths: list[Path] = []
    for name, folders in ARTEFACTS_OF.items():
        if name in modules:
            for folder in folders:
                paths += [one for one in (root / folder).rglob("*") if one.is_file()]
    return sorted(path for path in paths if not path.name.startswith("."))


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hash(parts) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8") + b"\0")
    return digest.hexdigest()[:LENGTH]
