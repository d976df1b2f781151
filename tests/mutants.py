"""Change one thing in a module and see whether its tests notice.

    python -m tests.mutants helpers/intervals.py tests/helpers/test_intervals.py
    python -m tests.mutants helpers/intervals.py tests/helpers --count 40 --seed 3

Works in a copy of the tree, on Linux and macOS. Prints each mutant that survived, and
the share that died.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from tqdm.auto import tqdm

ROOT = Path(__file__).resolve().parents[1]
OURS = ("helpers", "phantoms", "tests", "tools", "notebooks")
LOADED_ONCE = ("pandas", "pydicom", "scipy.ndimage", "scipy.stats", "matplotlib.pyplot")
SWAPS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip


def mutants_of(tree: ast.Module) -> list[tuple[int, str, str]]:
    """Return (line, what was changed, new source) for every place that can change."""
    found, hints = [], set(_annotations(tree))
    for node in ast.walk(tree):
        for name, other in _changes(node) if node not in hints else ():
            old = getattr(node, name)
            setattr(node, name, other)
            what = f"{_shown(old)} -> {_shown(other)}"
            found.append((node.lineno, what, ast.unparse(tree)))
            setattr(node, name, old)
    return found


def _annotations(tree: ast.Module):
    """Yield the nodes of type annotations, which decide nothing when the code runs."""
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if isinstance(hint := getattr(node, name, None), ast.AST):
                yield from ast.walk(hint)


def _changes(node: ast.AST):
    """Yield (field, new value) for one node of a syntax tree."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        yield "op", SWAPS[type(node.op)]()
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield "ops", [SWAPS[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "test", ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "value", ast.Constant(None)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "value", not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield "value", node.value * 2 + 1


def _shown(part: object) -> str:
    if isinstance(part, ast.expr):
        return ast.unparse(part)
    part = part[0] if isinstance(part, list) else part
    return type(part).__name__ if isinstance(part, ast.AST) else repr(part)


def survivors(module: Path, tests: list[str], chosen, *, timeout_s: int) -> list[str]:
    """Return a line for each mutant with which every test still passes."""
    alive = []
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "tree"
        leave = shutil.ignore_patterns(".git", ".venv", "build", "cache", "*.ipynb")
        shutil.copytree(ROOT, copy, ignore=leave, symlinks=True)
        os.environ.setdefault("COURSE_CACHE_DIR", str(ROOT / "data" / "cache"))
        for line, what, text in tqdm(chosen, unit="mutant", disable=None):
            (copy / module).write_text(text, encoding="utf-8")
            if _passes(copy, tests, timeout_s=timeout_s):
                alive.append(f"{module}:{line}: {what}")
    return alive


def _passes(tree: Path, tests: list[str], *, timeout_s: int) -> bool:
    """Run the tests in a fork, where the libraries are loaded; true if all pass."""
    child = os.fork()
    if not child:
        os.setsid()
        signal.alarm(timeout_s)
        os.chdir(tree)
        sys.path[:] = [str(tree), *(p for p in sys.path if p not in ("", str(ROOT)))]
        os.environ["PYTHONPATH"] = str(tree)
        sys.dont_write_bytecode = True  # two mutants of a second would share it
        for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
            del sys.modules[name]
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))
    return os.waitpid(child, 0)[1] == 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 1 if fewer than nine in ten mutants died."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("module", type=Path, help="path from the project's root")
    parser.add_argument("tests", nargs="+", help="what to give to pytest")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=int, default=120, help="seconds a mutant")
    options = parser.parse_args(arguments)
    for library in LOADED_ONCE:
        importlib.import_module(library)
    tree = ast.parse((ROOT / options.module).read_text(encoding="utf-8"))
    every = mutants_of(tree)
    number = min(options.count, len(every))
    chosen = random.Random(options.seed).sample(every, number)
    alive = survivors(options.module, options.tests, chosen, timeout_s=options.timeout)
    print(*alive, sep="\n")
    print(f"{number - len(alive)} of {number} mutants died (of {len(every)} possible).")
    return int(len(alive) > 0.1 * number)


if __name__ == "__main__":
    sys.exit(main())
