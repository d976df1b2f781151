"""The script that mutates: what it changes."""

import ast

from tests.mutants import mutants_of


def changes(source):
    return {what for _, what, _ in mutants_of(ast.parse(source))}


def test_each_kind_of_place_is_changed_in_turn():
    source = "def f(a):\n    if a < 2 and a:\n        return a + 1\n    return True\n"
    found = changes(source)
    assert {"Lt -> LtE", "And -> Or", "Add -> Sub", "2 -> 5", "True -> None"} <= found
    assert "a < 2 and a -> not (a < 2 and a)" in found


def test_a_mutant_differs_in_one_place_and_the_tree_is_left_as_it_was():
    tree = ast.parse("x = 1 + 2\n")
    texts = [text for _, _, text in mutants_of(tree)]
    assert texts == ["x = 1 - 2", "x = 3 + 2", "x = 1 + 5"]
    assert ast.unparse(tree) == "x = 1 + 2"


def test_annotations_are_left_alone():
    assert (
        changes("def f(a: int | None) -> int | str:\n    x: int | None = a\n") == set()
    )
