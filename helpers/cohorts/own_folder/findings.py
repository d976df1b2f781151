"""Find the findings of an own table: 0/1 columns, or the values of a label."""

from __future__ import annotations

import operator
import re
from collections import Counter

import numpy as np

from helpers.cohorts.card import CohortError
from helpers.cohorts.own_folder.table import IMAGE_COLUMNS, FolderTable

LABEL_COLUMNS = ("label", "class", "diagnosis", "finding")
NOT_FINDINGS = {
    *IMAGE_COLUMNS,
    *("patient_id", "study_id", "visit", "date", "split", "site", "scanner", "view"),
    *("age", "sex", "gender", "male", "female", "fold", "index", "id"),
    *("w", "h", "width", "height", "rows", "columns", "orig_w", "orig_h"),
}
NORMAL_WORDS = {
    *("normal", "no finding", "no findings", "no_finding", "none", "no", "absent"),
    *("negative", "healthy", "control"),
}
LAST_WORDS = {"benign", "other"}
ONE = {"1", "1.0", "true", "yes"}
ZERO = {"0", "0.0", "false", "no"}
MISSING = {"", "nan", "na", "n/a", "null", "?"}
MOST_CLASSES = 30
COMPARISON = re.compile(
    r"(?P<column>.+?)\s*(?P<sign>>=|<=|=|>|<)\s*(?P<value>[-+.\d]+)"
)
SIGNS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
Columns = dict[str, np.ndarray]


def find_findings(
    table: FolderTable, wanted: list[str] | None, also: str
) -> tuple[Columns, list[str]]:
    """Return the findings of a table, 0 or 1 per image, and what has to be said.

    Parameters
    ----------
    table : FolderTable
    wanted : list of str or None
        Names of 0/1 columns, of a text column (one finding per value), of one value of
        the label column, or a comparison such as "grade>=2". None: all that are found.
    also : str
        A comparison to add to those found (the setting FINDING), or "".

    Raises
    ------
    CohortError
        If there is no finding, one cannot be understood, a label is missing, or one
        class only is there.
    """
    columns: Columns = {}
    notes = []
    if not wanted:
        columns = _detected(table)
        wanted = [also] if COMPARISON.fullmatch(also) else []
    for name in wanted:
        columns = {**columns, **_resolved(table, name)}
    if not columns:
        raise _no_finding(table)
    constant = [name for name, values in columns.items() if np.ptp(values) == 0]
    if wanted or len(constant) == len(columns):
        _refuse_one_class(table, columns, constant)
    for name in constant:
        value = columns.pop(name)[0]
        notes.append(f"{name} is {value} in every image and was left out.")
    return columns, notes


def _detected(table: FolderTable) -> Columns:
    """Return the 0/1 columns and the classes of a label column, normal ones last."""
    columns = {
        name: _zero_one(table, name)
        for name in table.rows.columns
        if name.lower() not in NOT_FINDINGS
        and not name.lower().endswith("mask")
        and _is_zero_one(table, name)
    }
    label = table.column(*LABEL_COLUMNS)
    if label is not None and label not in columns:
        columns = {**_one_per_value(table, label), **columns}
    normal_last = sorted(columns, key=lambda name: name.lower() in NORMAL_WORDS)
    return {name: columns[name] for name in normal_last}


def _is_zero_one(table: FolderTable, column: str) -> bool:
    """Return True when every filled cell says 0 or 1, and most cells are filled."""
    filled = [
        cell.lower() for cell in table.rows[column] if cell.lower() not in MISSING
    ]
    return len(filled) > len(table.rows) / 2 and set(filled) <= ONE | ZERO


def _zero_one(table: FolderTable, column: str) -> np.ndarray:
    _require_filled(table, column, "0 (absent) or 1 (present)")
    return table.rows[column].str.lower().isin(ONE).to_numpy(dtype=int)


def _require_filled(table: FolderTable, column: str, expected: str) -> None:
    for row, cell in enumerate(table.rows[column]):
        if cell.lower() in MISSING:
            raise CohortError(
                f"In {table.where(row)}, column {column!r}: found no value; "
                f"expected {expected}. Fill it in, or leave that image out of the "
                "table: a missing label is not a 0."
            )


def _one_per_value(table: FolderTable, column: str) -> Columns:
    """Return one 0/1 column per value of a text column but the normal ones."""
    _require_filled(table, column, "the name of a class")
    cells = [
        {part.strip() for part in re.split(r"[|;,]", cell)}
        for cell in table.rows[column]
    ]
    counts = Counter(value for parts in cells for value in parts)
    values = sorted(counts, key=lambda v: (v.lower() in LAST_WORDS, -counts[v], v))
    if all(re.fullmatch(r"[-+.\d]+", value) for value in values):
        return {}  # numbers: a grade or a measurement, not classes
    if len(values) > MOST_CLASSES:
        raise CohortError(
            f"The column {column!r} of {table.csv_name} has {len(values)} different "
            f"values ({', '.join(values[:3])}, ...); expected at most {MOST_CLASSES} "
            "classes. Add 0/1 columns, or name what to use: findings=['...']."
        )
    findings = [value for value in values if value.lower() not in NORMAL_WORDS]
    if len(values) == len(findings) == 2 and findings[1].lower() in LAST_WORDS:
        findings = findings[:1]  # benign is then what is not malignant
    return {
        value: np.array([value in parts for parts in cells], dtype=int)
        for value in findings
    }


def _resolved(table: FolderTable, wish: str) -> Columns:
    """Return the column(s) that a wish such as "nodule" or "grade>=2" stands for."""
    if comparison := COMPARISON.fullmatch(wish):
        column = table.column(comparison["column"].lower())
        if column is not None:
            return {wish: _compared(table, column, comparison)}
    column = table.column(wish.lower())
    if column is not None and _is_zero_one(table, column):
        return {column: _zero_one(table, column)}
    label = column or table.column(*LABEL_COLUMNS)
    classes = _one_per_value(table, label) if label else {}
    if column is not None and classes:
        return classes
    if wish in classes:
        return {wish: classes[wish]}
    raise CohortError(
        f"{table.csv_name} has no 0/1 column, no class and no comparison {wish!r}. "
        f"Columns: {', '.join(table.rows.columns)}. Classes: "
        f"{', '.join(classes) or 'none'}. Choose one of these, or say where a finding "
        "begins, for example 'grade>=2'."
    )


def _compared(table: FolderTable, column: str, comparison: re.Match[str]) -> np.ndarray:
    try:
        values = table.rows[column].astype(float)
    except ValueError as error:
        raise CohortError(
            f"The column {column!r} of {table.csv_name} holds other things than "
            f"numbers ({error}), so {comparison.group()!r} cannot be asked. Correct or "
            "fill in those cells."
        ) from error
    compare = SIGNS[comparison["sign"]]
    return compare(values, float(comparison["value"])).to_numpy(dtype=int)


def _refuse_one_class(
    table: FolderTable, columns: Columns, constant: list[str]
) -> None:
    if constant:
        name = constant[0]
        raise CohortError(
            f"{table.csv_name} holds one class only: {name} is {columns[name][0]} in "
            f"all {len(table.rows)} images. Both 0 and 1 are needed to train and to "
            "draw a ROC curve. Add images of the other class, or choose another "
            "finding."
        )


def _no_finding(table: FolderTable) -> CohortError:
    numbers = table.rows.drop(
        columns=[c for c in table.rows if c.lower() in NOT_FINDINGS]
    )
    numbers = numbers.loc[
        :, [numbers[c].str.fullmatch(r"[-+.\d]+").all() for c in numbers]
    ]
    example = "grade>=2"
    if len(numbers.columns):
        column = numbers.nunique().idxmin()
        middle = sorted(numbers[column].astype(float))[len(numbers) // 2]
        example = f"{column}>={middle:.3g}"
    return CohortError(
        f"{table.csv_name} has no finding to learn: expected a column of 0 and 1 (or "
        "yes/no, true/false) per finding, or a text column called "
        f"{', '.join(LABEL_COLUMNS)}. It has {', '.join(table.rows.columns)}. Add one, "
        "or say where a finding begins: "
        f"cohorts.from_folder(path, findings=['{example}']) or FINDING='{example}'."
    )
