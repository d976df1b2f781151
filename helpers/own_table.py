"""The CSV of an own folder: its columns, its findings, and what is missing in it.

It is read as text, so that a missing value stays missing in whichever word it is
written and identifiers keep their zeros. The words that are understood stand in
``data/folder_words.csv``; what was used under another name, left out or kept whole is
said in notes, which come to stand on the card.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.cohort_contract import CohortError
from helpers.files import folder_words
from helpers.patient_splits import is_missing

MOST_CLASSES = 30
COMPARISON = re.compile(r"(.+?)\s*(>=|<=|=|>|<)\s*([-+]?\d*\.?\d+)")
SIGNS = {">=": "ge", "<=": "le", ">": "gt", "<": "lt", "=": "eq"}  # of a Series
# word to meaning; names of columns stand without blanks and signs
COLUMN, CELL, CLASS = (folder_words(kind) for kind in ("column", "cell", "class"))
ROLES = ("file", "patient", "study", "site", "split", "mask", "label")


def read_table(folder: Path, notes: list[str]) -> pd.DataFrame:
    """Return the CSV of a folder as text, numbered by its lines.

    Its `attrs` name the file, the separator, and the column in each of `ROLES` (None
    where there is none). A column used under another name than its role is noted.

    Raises
    ------
    CohortError
        If there is not one CSV, or it has no row, a column twice, or no file names.
    """
    found = sorted(folder.glob("*.csv"))
    found = [path for path in found if path.name.lower() == "labels.csv"] or found
    if len(found) != 1:
        raise CohortError(
            f"{folder} holds {len(found)} CSV files; expected labels.csv, or only one."
        )
    raw = found[0].read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")  # as spreadsheets write it
    sep = max(",;\t", key=text.split("\n", 1)[0].count)
    plain = {"header": None, "dtype": str, "keep_default_na": False}
    cells = pd.read_csv(io.StringIO(text), sep=sep, skip_blank_lines=False, **plain)
    cells = cells.fillna("").apply(lambda column: column.str.strip())
    cells.index += 1
    table = cells.iloc[1:].set_axis([*cells.iloc[0]], axis=1)
    table = table[(table != "").any(axis=1)]
    table.attrs = {"csv": found[0].name, "sep": sep, **dict.fromkeys(ROLES)}
    by_name = {_plain(column): column for column in table}
    for name, role in COLUMN.items():
        if role in ROLES and table.attrs[role] is None:
            table.attrs[role] = by_name.get(name)
    twice = table.columns.str.lower().duplicated().any()
    if table.empty or twice or table.attrs["file"] is None:
        raise CohortError(
            f"{found[0].name} has no row, a column twice, or no column called file: "
            f"{', '.join(table)}."
        )
    label = table.attrs["label"]
    if label is not None and numbers(table, label).notna().all():
        table.attrs["label"] = None  # a grade or a measurement, not classes
    used = {role: table.attrs[role] for role in ROLES}
    other = [f"{c!r} as {r}" for r, c in used.items() if c not in (None, r, f"{r}_id")]
    if other:
        notes.append(f"Columns read under another name: {', '.join(other)}.")
    return table


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _role(column: str) -> str | None:
    """Return what a column is for; None where it may be a finding."""
    name = _plain(column)
    bare = COLUMN.get(name.removeprefix("is"))  # is_train, isMale
    return "mask" if name.endswith("mask") else COLUMN.get(name, bare)


def refuse(table: pd.DataFrame, column: str, bad: pd.Series, expected: str) -> None:
    """Raise a CohortError that names the first line whose cell is bad, if any is.

    Parameters
    ----------
    table : DataFrame from `read_table`
    column : str
    bad : bool Series, indexed by the lines of the table
    expected : str
        What should stand there.
    """
    if bad.any():
        line, cell = bad.idxmax(), table.loc[bad.idxmax(), column]
        no_value = ", which is no value" * is_missing(cell)
        raise CohortError(
            f"In line {line} of {table.attrs['csv']}, column {column!r}: found "
            f"{cell!r}{no_value}; expected {expected}. {bad.sum()} of {len(bad)} lines "
            "are so. Correct them, or leave these images out of the table."
        )


def numbers(table: pd.DataFrame, column: str) -> pd.Series:
    """Return numbers, NaN where there is none; "1,5" is one unless commas separate."""
    comma = "," if table.attrs["sep"] == "," else "."
    return pd.to_numeric(table[column].str.replace(",", comma), errors="coerce")


def read_findings(
    table: pd.DataFrame, wanted: Sequence[str], notes: list[str]
) -> dict[str, np.ndarray]:
    """Return 0 or 1 per image for every finding that was asked for, or is found.

    Parameters
    ----------
    table : DataFrame from `read_table`
    wanted : sequence of str
        Columns, classes or comparisons such as "grade>=2". None: all that are found,
        and a comparison in the environment variable FINDING.
    notes : list of str
        Gets a sentence on columns left out, and why.

    Raises
    ------
    CohortError
        If a finding asked for is missing in a line, not there, or always the same, or
        if there is none.
    """
    setting = os.environ.get("FINDING", "")
    asked = {}
    for wish in wanted or [setting] * bool(COMPARISON.fullmatch(setting)):
        asked |= _asked(table, wish)
    found = asked if wanted else _detected(table) | asked
    constant = [name for name, values in found.items() if len({*values}) == 1]
    used = {*found, *table.attrs.values()}
    kept = [c for c in table if c not in used and _role(c) != "mask"]
    doubts = [d for c in kept if _role(c) is None and (d := _doubt(table[c]))]
    why = f" Not 0 or 1 in every line: {'; '.join(doubts)}." * bool(doubts)
    if len(constant) == len(found) or asked.keys() & {*constant}:
        raise CohortError(
            f"{table.attrs['csv']} has no finding to learn: expected columns of 0 and "
            "1, or a text column label. Of a grade say where: FINDING='grade>=2'. "
            f"One value: {', '.join(constant) or 'none'}. All: {', '.join(table)}.{why}"
        )
    notes += [f"{name} is {found[name][0]} in every image." for name in constant]
    found = {name: found[name] for name in found if name not in constant}
    if kept:
        names = ", ".join(column or "(without a name)" for column in kept)
        notes.append(f"Kept in the table, but no finding: {names}.{why}")
    whole = [repr(name) for name in found if "," in name and name not in table]
    if whole:
        notes.append(f"One class each, not a list: {'; '.join(whole)}.")
    return found


def _doubt(cells: pd.Series) -> str | None:
    """Return why a column is none of 0 and 1: "" if it is one, None if far from it."""
    filled = cells[~cells.map(is_missing)]
    other = filled[~filled.str.lower().isin(CELL)]
    if not len(filled) or len(other) > len(filled) / 2:
        return None
    if not len(other) and len(filled) > len(cells) / 2:
        return ""
    odd = ", ".join(f"{value!r}" for value in other.unique()[:3])
    empty = f"{len(cells) - len(filled)} of {len(cells)} empty"
    return f"{cells.name} ({empty}; other values: {odd or 'none'})"


def _detected(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the 0/1 columns and the classes of a label column, normal ones last."""
    candidates = [column for column in table if _role(column) in (None, "label")]
    found = {c: _zero_one(table, c) for c in candidates if _doubt(table[c]) == ""}
    label = table.attrs["label"]
    if label is not None and label not in found:
        classes = _classes(table, label)
        found = {name: classes[name] for name in classes if name not in found} | found
    normal_last = sorted(found, key=lambda name: CLASS.get(name.lower()) == "normal")
    return {name: found[name] for name in normal_last}


def _zero_one(table: pd.DataFrame, column: str) -> np.ndarray:
    values = table[column].str.lower().map(CELL)
    expected = f"0 (absent) or 1 (present); of a grade, say where: '{column}>=2'"
    refuse(table, column, values.isna(), expected)
    return values.to_numpy(dtype=int)


def _classes(table: pd.DataFrame, column: str) -> dict[str, np.ndarray]:
    """Return one 0/1 column per value of a text column but the normal ones."""
    missing = table[column].map(is_missing) & ~table[column].str.lower().isin(CLASS)
    refuse(table, column, missing, "the name of a class")
    cells = [[part.strip() for part in re.split("[|;]", c)] for c in table[column]]
    alone = {part for parts in cells for part in parts}
    cells = [{one for part in parts for one in _apart(part, alone)} for parts in cells]
    counts = Counter(value for parts in cells for value in parts)
    meaning = {value: CLASS.get(value.lower(), "") for value in counts}
    if len(counts) > MOST_CLASSES:
        raise CohortError(
            f"{column!r} has {len(counts)} values, expected at most {MOST_CLASSES}."
        )
    values = sorted(counts, key=lambda v: (meaning[v] == "last", -counts[v], v))
    named = [value for value in values if meaning[value] != "normal"]
    if len(values) == len(named) == 2 and meaning[named[1]] == "last":
        named = named[:1]  # benign is then what is not malignant
    return {v: np.array([v in parts for parts in cells], dtype=int) for v in named}


def _apart(value: str, alone: set[str]) -> list[str]:
    """Take "nodule, mass" apart where each of its parts also stands alone somewhere."""
    parts = [part.strip() for part in value.split(",")]
    return parts if alone.issuperset(parts) else [value]


def _asked(table: pd.DataFrame, wish: str) -> dict[str, np.ndarray]:
    """Return the column that a wish such as "nodule" or "grade>=2" stands for."""
    comparison = COMPARISON.fullmatch(wish)
    name = (comparison[1] if comparison else wish).lower()
    column = next((column for column in table if column.lower() == name), None)
    if column and comparison:
        values = numbers(table, column)
        refuse(table, column, ~np.isfinite(values), "a number, none of them missing")
        compare = getattr(values, SIGNS[comparison[2]])
        return {wish: compare(float(comparison[3])).to_numpy(dtype=int)}
    if column:
        return {column: _zero_one(table, column)}
    label = table.attrs["label"]
    classes = _classes(table, label) if label else {}
    if wish not in classes:
        raise CohortError(
            f"{table.attrs['csv']} has no column and no class {wish!r}. Columns: "
            f"{', '.join(table)}. Classes: {', '.join(classes) or 'none'}."
        )
    return {wish: classes[wish]}
