"""A function taught in a lesson and its twin in helpers do the same.

Inputs stand in tests/notebooks/twin_inputs/lesson_NN.py:

    TWIN_INPUTS = {"helpers.windowing.apply_window": [((values,), {"center": 40})]}

or, for slow inputs, a function without arguments that returns such a list. Results that
are not numbers, texts, arrays or tables are compared by a function of two results in
TWIN_SAME = {"helpers.networks.small_network": same_layers}.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import importlib

import pandas as pd
import pytest

from helpers.checks import same_answer
from tests.notebooks.lesson_material import (
    companion,
    namespace,
    plain,
    tagged_cells,
    view_of,
)

pytestmark = pytest.mark.slow

DEFINED = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
TOLERANCE = 1e-6


def plain_result(result):
    """Return a result in a form that can be compared."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return plain_result(dataclasses.asdict(result))
    if hasattr(result, "_asdict"):
        return plain_result(result._asdict())
    if isinstance(result, pd.DataFrame):
        return plain_result(result.to_dict("list"))
    if isinstance(result, dict):
        return [[key, plain_result(value)] for key, value in result.items()]
    if isinstance(result, tuple | list):
        return [plain_result(value) for value in result]
    if hasattr(result, "numpy"):
        return result.numpy()
    return result


def own(value):
    """Return a copy of an array or a table, so that neither twin spoils it."""
    return copy.deepcopy(value) if hasattr(value, "__array__") else value


def taught(name: str, tag: str):
    """Return the function as a lesson defines it."""
    view, space = view_of(name), namespace(name)
    last = next(cell.number for cell in view.cells if tag in cell.tags)
    for cell in view.cells:
        needed = {one.partition(":")[0] for one in cell.tags} & {"twin", "model"}
        if cell.is_code and cell.number <= last and needed:
            tree = ast.parse(plain(cell.text))
            tree.body = [node for node in tree.body if isinstance(node, DEFINED)]
            exec(compile(tree, f"{name}, cell {cell.number}", "exec"), space)
    return space[tag.rpartition(".")[2]]


@pytest.mark.parametrize(("name", "tag"), tagged_cells("twin"))
def test_twins_agree(name, tag):
    path = tag.removeprefix("twin:")
    module, _, function = path.rpartition(".")
    ours, theirs = taught(name, tag), getattr(importlib.import_module(module), function)
    material = companion("twin_inputs", name)
    inputs = material.TWIN_INPUTS[path]
    same = getattr(material, "TWIN_SAME", {}).get(path)
    inputs = inputs() if callable(inputs) else inputs
    assert inputs, f"{path} has no inputs."
    for arguments, keywords in inputs:
        one, other = (
            function(*map(own, arguments), **{k: own(v) for k, v in keywords.items()})
            for function in (ours, theirs)
        )
        if same is not None:
            assert same(one, other)
        else:
            left, right = plain_result(one), plain_result(other)
            assert same_answer(left, right, tolerance=TOLERANCE), (left, right)
