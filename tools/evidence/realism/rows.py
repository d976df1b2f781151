"""One row of the realism report: a measured number beside its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd


@dataclass(frozen=True)
class Row:
    """A measured number and the range in which it should lie.

    Parameters
    ----------
    number : int
        Number of the check in the course's list; 0 for one beyond the list.
    name : str
        What was measured.
    value : float
    target : str
        The target in words.
    low, high : float
        The tolerated range, ends included.
    unit, source : str
        Of the target.
    remark : str
        Why the value is not inside, or how to read it.

    Examples
    --------
    >>> Row(1, "noise against dose", -0.51, "-0.50", -0.52, -0.48).inside
    True
    """

    number: int
    name: str
    value: float
    target: str
    low: float
    high: float
    unit: str = ""
    source: str = ""
    remark: str = ""

    @property
    def inside(self) -> bool:
        """Whether the value lies in the tolerated range; NaN does not."""
        return bool(self.low <= self.value <= self.high)


def as_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the rows as a table, one column a field and ``inside``."""
    table = pd.DataFrame([{**asdict(row), "inside": row.inside} for row in rows])
    for column in ("value", "low", "high"):
        table[column] = [float(f"{value:.4g}") for value in table[column]]
    return table


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table for the page."""
    lines = [
        "| check | measured | target | tolerated | inside | source and remark |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        name = f"{row.number}. {row.name}" if row.number else row.name
        unit = f" {row.unit}" if row.unit else ""
        notes = "; ".join(part for part in (row.source, row.remark) if part)
        lines.append(
            f"| {name} | {row.value:.3g}{unit} | {row.target} "
            f"| {row.low:.3g} to {row.high:.3g} | {'yes' if row.inside else '**no**'} "
            f"| {notes} |"
        )
    return "\n".join(lines)
