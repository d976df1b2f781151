"""How large the course is, module by module, and whether it keeps to its limits.

    python -m tools.size            the table: code lines, public names, lessons
    python -m tools.size --check    only what is over a limit; status 1 if anything is

A code line is one that is not blank, comment or docstring. A public function or class
of `helpers` must be used by a lesson, a check, a recipe test, a tool or another module,
or stand in the signature of one that is.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMITS = {"helpers": 4500, "phantoms": 7800, "tools": 4000}
PHANTOM_FILES = 45
MODULE_LIMIT = 350
ORDER = ("phantoms", "helpers", "tools")  # each may import itself and those before it
USERS = ("notebooks/source", "notebooks/exercises", "tests/notebooks", "tools")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Module:
    """One Python file: its dotted name, text and syntax tree."""

    name: str
    text: str
    tree: ast.Module

    @cached_property
    def lines(self) -> int:
        """Number of code lines."""
        found: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.string.strip() and token.type != tokenize.COMMENT:
                found.update(range(token.start[0], token.end[0] + 1))
        for node in ast.walk(self.tree):
            if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
                first = node.body[0]
                found.difference_update(range(first.lineno, first.end_lineno + 1))
        return len(found)

    @property
    def public(self) -> dict[str, ast.FunctionDef | ast.ClassDef]:
        """Functions and classes without a leading underscore."""
        return {
            node.name: node
            for node in self.tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
        }

    def imported(self, names: set[str]) -> set[str]:
        """Return those of the known modules that this one imports."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return (found & names) - {self.name}


def modules_in(root: Path, folder: str) -> list[Module]:
    """Return the modules below a folder of the project, in order of their paths."""
    found = []
    for path in sorted((root / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        dotted = ".".join(path.relative_to(root).with_suffix("").parts)
        name = dotted.removesuffix(".__init__")
        found.append(Module(name, text, ast.parse(text)))
    return found


def lessons_using(root: Path, module: Module) -> list[str]:
    """Return the numbers of the lessons whose source names a module."""
    word = re.compile(rf"\b{module.name.rpartition('.')[2]}\b")
    sources = sorted((root / "notebooks" / "source").glob("*.py"))
    return [path.name[:2] for path in sources if word.search(path.read_text("utf-8"))]


def unused_names(root: Path, helpers: list[Module]) -> Iterator[str]:
    """Yield a sentence for each public name of helpers that nothing uses."""
    users = [one for folder in USERS for one in modules_in(root, folder)] + helpers
    for module in helpers:
        stem = module.name.rpartition(".")[2]
        others = [one.text for one in users if one.name != module.name]
        words = set(re.findall(r"\w+", " ".join(t for t in others if stem in t)))
        used = words & module.public.keys()
        shown = " ".join(_signature(module.public[name]) for name in used)
        unseen = module.public.keys() - used - set(re.findall(r"\w+", shown))
        for name in module.public:
            if name in unseen and not name.endswith("Error"):
                yield (
                    f"{module.name}.{name} is used by no lesson, check, recipe test, "
                    "tool or other module. Delete it, or begin it with an underscore."
                )


def _signature(node: ast.stmt) -> str:
    """Return what a caller sees of a name: arguments and result, or the class."""
    if isinstance(node, ast.FunctionDef):
        return f"{ast.unparse(node.args)} {node.returns and ast.unparse(node.returns)}"
    return ast.unparse(node)


def wrong_arrows(modules: list[Module]) -> Iterator[str]:
    """Yield a sentence for each import against the order, and for each circle."""
    imports = {one.name: one.imported({m.name for m in modules}) for one in modules}
    rank = {folder: place for place, folder in enumerate(ORDER)}
    for name, others in imports.items():
        for other in sorted(others):
            if rank[other.split(".")[0]] > rank[name.split(".")[0]]:
                yield f"{name} imports {other}, against {' <- '.join(ORDER)}."
    # what imports nothing that is left cannot be part of a circle: peel it off
    while free := [name for name, others in imports.items() if not others]:
        for name in free:
            del imports[name]
        imports = {name: others - set(free) for name, others in imports.items()}
    if imports:
        yield f"A circle of imports runs through {', '.join(sorted(imports))}."


def breaches(root: Path = ROOT) -> list[str]:
    """Return a sentence for each limit that is not kept."""
    modules = {folder: modules_in(root, folder) for folder in (*ORDER, "tests")}
    size = {f: sum(one.lines for one in all_of) for f, all_of in modules.items()}
    limits = LIMITS | {"tests": size["helpers"] + size["phantoms"]}
    found = [
        f"{folder}/ has {size[folder]:,} code lines, limit {limit:,}."
        for folder, limit in limits.items()
        if size[folder] > limit
    ]
    if (number := len(modules["phantoms"])) > PHANTOM_FILES:
        found.append(f"phantoms/ has {number} files, limit {PHANTOM_FILES}.")
    ours = [one for folder in ORDER for one in modules[folder]]
    for one in ours:
        if one.lines > MODULE_LIMIT:
            said = f"{one.name} has {one.lines} code lines, limit {MODULE_LIMIT}."
            found.append(said)
        if re.fullmatch(r"helpers\..*\..*", one.name):
            found.append(f"{one.name}: helpers/ is flat, without sub-packages.")
    return [*found, *unused_names(root, modules["helpers"]), *wrong_arrows(ours)]


def table(root: Path = ROOT) -> str:
    """Return the table of all modules, folder by folder."""
    lines = [f"{'module':44} {'lines':>6} {'names':>6}  lessons"]
    for folder in ("helpers", "phantoms", "tools", "tests"):
        modules = modules_in(root, folder)
        for one in modules if folder != "tests" else ():
            lessons = " ".join(lessons_using(root, one)) if folder != "tools" else ""
            numbers = f"{one.lines:6} {len(one.public):6}"
            lines.append(f"{one.name:44} {numbers}  {lessons}".rstrip())
        total, limit = sum(one.lines for one in modules), LIMITS.get(folder)
        limit = f"{limit:,}" if limit else "helpers and phantoms"
        lines.append(f"{folder} ({len(modules)} files): {total:,}, limit {limit}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command line; return 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(prog="python -m tools.size")
    parser.add_argument("--check", action="store_true", help="no table")
    options = parser.parse_args(arguments)
    if not options.check:
        print(table(root))
    found = breaches(root)
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    if not found:
        print("Every limit of size is kept.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
