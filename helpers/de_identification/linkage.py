"""Who can be found again: equal rows, and rows that fit one name on a list."""

from __future__ import annotations

import pandas as pd


def class_sizes(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Return for every row how many rows share its values, itself included (its k).

    Parameters
    ----------
    table : DataFrame
        One row per patient (or film).
    columns : list of str
        The quasi-identifiers: what an outsider may know.

    Raises
    ------
    ValueError
        If a column is missing or none is named.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [61, 61, 90], "sex": ["F", "F", "F"]})
    >>> class_sizes(people, ["age", "sex"]).tolist()
    [2, 2, 1]

    References
    ----------
    Sweeney L. k-anonymity. Int J Uncertain Fuzz 2002;10:557-570.
    """
    _check_columns(table, columns, "table")
    keys = pd.MultiIndex.from_frame(table[columns].astype(str))
    counts = keys.value_counts()
    return pd.Series(counts.loc[keys].to_numpy(), index=table.index, name="k")


def find_again(
    released: pd.DataFrame, register: pd.DataFrame, columns: list[str]
) -> pd.Series:
    """Return for every released row the one name on a list that fits it, or None.

    Parameters
    ----------
    released : DataFrame
        Rows without names.
    register : DataFrame
        Has a column `name`, and the same columns to compare.
    columns : list of str
        What both know. A row is found again if its values fit exactly one *name* (who
        may stand on the list several times).

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> films = pd.DataFrame({"age": [61, 70]})
    >>> ward = pd.DataFrame({"name": ["Ada", "Bertil", "Chloe"], "age": [61, 70, 70]})
    >>> find_again(films, ward, ["age"]).tolist()
    ['Ada', None]
    """
    _check_columns(released, columns, "released")
    _check_columns(register, ["name", *columns], "register")
    known = register[["name", *columns]].astype(str).drop_duplicates()
    groups = known.groupby(columns)["name"]
    single = groups.first()[groups.size() == 1]
    keys = pd.MultiIndex.from_frame(released[columns].astype(str))
    if len(columns) == 1:
        keys = keys.get_level_values(0)
    found = single.reindex(keys).to_numpy(dtype=object)
    names = [None if pd.isna(name) else str(name) for name in found]
    return pd.Series(names, index=released.index, name="found", dtype=object)


def _check_columns(table: pd.DataFrame, columns: list[str], what: str) -> None:
    missing = [name for name in columns if name not in table.columns]
    if missing or not columns:
        raise ValueError(
            f"The {what} lacks {', '.join(map(repr, missing)) or 'any column'}. "
            f"Expected columns among {', '.join(map(str, table.columns))}. Name what "
            "an outsider could know."
        )
