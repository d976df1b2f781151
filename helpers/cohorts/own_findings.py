"""Find the findings of an own table: 0/1 columns, or the values of a label."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.cohorts.card import CohortError
from helpers.cohorts.own_table import IMAGE_COLUMNS, FolderTable

LABEL_COLUMNS = ("label", "class", "diagnosis", "finding", "labels", "findings")
NOT_FINDINGS = {
    *IMAGE_COLUMNS,
    *("patient_id", "patientid", "patient", "study_id", "study", "visit", "date"),
    *("split", "set", "subset", "partition", "site", "scanner", "view", "index", "id"),
    *("age", "sex", "gender", "male", "female", "width", "height", "rows", "columns"),
    *("w", "h", "orig_w", "orig_h", "fold", "days_since_first"),
}
NORMAL_WORDS = {
    *("normal", "no finding", "no findings", "none", "negative", "healthy", "control"),
    *("no", "absent", "no_finding", "nofinding", "no abnormality", "unremarkable"),
}
LAST_WORDS = {"benign", "other"}
ZERO_ONE = {
    **dict.fromkeys(("1", "1.0", "true", "yes", "y", "t"), 1),
    **dict.fromkeys(("0", "0.0", "false", "no", "n", "f"), 0),
}
MOST_CLASSES = 30
COMPARISON = re.compile(r"^(?P<column>.+?)\s*(?P<sign>>=|<=|==|=|>|<)\s*(?P<value>.+)$")
SIGNS = {
    ">=": np.greater_equal,
    "<=": np.less_equal,
    ">": np.greater,
    "<": np.less,
    "==": np.equal,
    "=": np.equal,
}


@dataclass(frozen=True)
class Findings:
    """Columns of 0 and 1 by name, with what has to be said about them."""

    columns: dict[str, np.ndarray]
    notes: tuple[str, ...]


def find_findings(table: FolderTable, wanted: list[str] | None, also: str) -> Findings:
    """Return the findings of a table.

    Parameters
    ----------
    table : FolderTable
    wanted : list of str or None
        Names of 0/1 columns, of a text column (one finding per value), of one value of
        the label column, or a comparison such as "grade>=2". None: all that are found.
    also : str
        A finding to add when it is not among those found (the setting FINDING); may be
        "".

    Raises
    ------
    CohortError
        If there is no finding, one cannot be understood, a label is missing, or one
        class only is there.
    """
    if wanted:
        columns: dict[str, np.ndarray] = {}
        for name in wanted:
            columns.update(_resolve(table, name))
        for name, values in columns.items():
            _require_both(name, values, table)
        return Findings(columns, ())
    columns = _detected(table)
    notes = []
    for name in [name for name, values in columns.items() if np.ptp(values) == 0]:
        notes.append(f"{name} is {columns[name][0]} in every image and was left out.")
        if len(columns) > 1:
            del columns[name]
    if also and also not in columns and COMPARISON.match(also):
        columns = {**_resolve(table, also), **columns}
    if not columns:
        raise _no_finding(table)
    for name, values in columns.items():
        _require_both(name, values, table)
    return Findings(columns, tuple(notes))


def _detected(table: FolderTable) -> dict[str, np.ndarray]:
    columns: dict[str, np.ndarray] = {}
    for name in table.rows.columns:
        lower = str(name).lower()
        if lower in NOT_FINDINGS or lower.endswith("mask"):
            continue
        if _is_zero_one(table.rows[name]):
            columns[name] = _zero_one(table, name)
    label = table.column(*LABEL_COLUMNS)
    if label is not None and label not in columns:
        for name, values in _one_per_value(table, label).items():
            columns.setdefault(name, values)
    normal_last = sorted(columns, key=lambda name: name.lower() in NORMAL_WORDS)
    return {name: columns[name] for name in normal_last}


def _is_zero_one(cells: pd.Series) -> bool:
    """Return True when every filled cell says 0 or 1, and most cells are filled."""
    filled = [cell.lower() for cell in cells if not _is_missing(cell)]
    return len(filled) > len(cells) / 2 and all(cell in ZERO_ONE for cell in filled)


def _is_missing(cell: str) -> bool:
    return cell.lower() in ("", "nan", "na", "n/a", "null", "none", "?")


def _zero_one(table: FolderTable, column: str) -> np.ndarray:
    values = []
    for row, cell in enumerate(table.rows[column]):
        if cell.lower() not in ZERO_ONE:
            shown = "no value" if _is_missing(cell) else repr(cell)
            raise CohortError(
                f"{table.where(row).capitalize()}, column {column!r}: found {shown}; "
                "expected 0 (absent) or 1 (present). Fill it in, or leave that image "
                "out of the table: a missing label is not a 0."
            )
        values.append(ZERO_ONE[cell.lower()])
    return np.array(values, dtype=int)


def _one_per_value(table: FolderTable, column: str) -> dict[str, np.ndarray]:
    """Return one 0/1 column per value of a text column but the normal ones."""
    cells = []
    for row, cell in enumerate(table.rows[column]):
        if not cell or cell.lower() in ("nan", "na", "n/a", "null", "?"):
            raise CohortError(
                f"{table.where(row).capitalize()}, column {column!r}: found no value; "
                "expected the name of a class. Fill it in, or leave that image out."
            )
        cells.append(
            {part.strip() for part in re.split(r"[|;,]", cell) if part.strip()}
        )
    counts = Counter(value for parts in cells for value in parts)
    values = sorted(counts, key=lambda v: (v.lower() in LAST_WORDS, -counts[v], v))
    if all(_is_number(value) for value in values):
        return {}
    if len(values) > MOST_CLASSES:
        raise CohortError(
            f"The column {column!r} of {table.csv_name} has {len(values)} different "
            f"values ({', '.join(values[:3])}, ...); expected at most {MOST_CLASSES} "
            "classes. Add 0/1 columns, or name what to use: findings=['...']."
        )
    findings = [value for value in values if value.lower() not in NORMAL_WORDS]
    if len(values) == 2 and len(findings) == 2 and findings[1].lower() in LAST_WORDS:
        findings = findings[:1]  # benign is then what is not malignant
    return {
        value: np.array([value in parts for parts in cells], dtype=int)
        for value in findings
    }


def _resolve(table: FolderTable, name: str) -> dict[str, np.ndarray]:
    """Return the column(s) that a wish such as "nodule" or "grade>=2" stands for."""
    column = table.column(name.lower())
    if column is not None:
        if _is_zero_one(table.rows[column]):
            return {column: _zero_one(table, column)}
        if per_value := _one_per_value(table, column):
            return per_value
        values = sorted(set(table.rows[column]))
        raise CohortError(
            f"The column {column!r} of {table.csv_name} holds the numbers "
            f"{', '.join(values[:6])}; expected 0 and 1. Say where the finding begins, "
            f"for example '{column}>={values[len(values) // 2]}'."
        )
    if comparison := COMPARISON.match(name):
        return {name: _compared(table, comparison)}
    label = table.column(*LABEL_COLUMNS)
    per_value = _one_per_value(table, label) if label else {}
    for value, present in per_value.items():
        if value.lower() == name.lower():
            return {value: present}
    raise CohortError(
        f"{table.csv_name} has no column and no class {name!r}. Columns: "
        f"{', '.join(table.rows.columns)}. "
        + (f"Classes: {', '.join(per_value)}. " if per_value else "")
        + "A comparison such as 'grade>=2' also works."
    )


def _compared(table: FolderTable, comparison: re.Match[str]) -> np.ndarray:
    column = table.column(comparison["column"].lower())
    if column is None:
        raise CohortError(
            f"The comparison {comparison.group()!r} names the column "
            f"{comparison['column']!r}; {table.csv_name} has "
            f"{', '.join(table.rows.columns)}."
        )
    if comparison["sign"] in ("=", "==") and not _is_number(comparison["value"]):
        return (table.rows[column] == comparison["value"]).to_numpy(dtype=int)
    for row, cell in enumerate(table.rows[column]):
        if not _is_number(cell):
            raise CohortError(
                f"{table.where(row).capitalize()}, column {column!r}: found "
                f"{cell or 'no value'!r}; expected a number, to compare it as asked in "
                f"{comparison.group()!r}."
            )
    values = table.rows[column].astype(float).to_numpy()
    return SIGNS[comparison["sign"]](values, float(comparison["value"])).astype(int)


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _require_both(name: str, values: np.ndarray, table: FolderTable) -> None:
    if np.ptp(values) == 0:
        raise CohortError(
            f"{table.csv_name} holds one class only: {name} is {values[0]} in all "
            f"{len(values)} images. Both 0 and 1 are needed to train and to draw a ROC "
            "curve. Add images of the other class, or choose another finding."
        )


def _no_finding(table: FolderTable) -> CohortError:
    example = _example_comparison(table)
    return CohortError(
        f"{table.csv_name} has no finding to learn: expected a column of 0 and 1 (or "
        "yes/no, true/false) per finding, or a text column called "
        f"{', '.join(LABEL_COLUMNS[:4])}. It has {', '.join(table.rows.columns)}. Add "
        "one, or say what a finding is, for example "
        f"cohorts.from_folder(path, findings=['{example}']) or FINDING='{example}'."
    )


def _example_comparison(table: FolderTable) -> str:
    """Return a comparison that this table would allow, grades before measurements."""
    for most_values in (MOST_CLASSES, len(table.rows)):
        for column in table.rows.columns:
            cells = table.rows[column]
            if column.lower() in NOT_FINDINGS or not all(map(_is_number, cells)):
                continue
            if 2 < cells.nunique() <= most_values:
                middle = sorted(cells.astype(float))[len(cells) // 2]
                return f"{column}>={middle:.3g}"
    return "grade>=2"
