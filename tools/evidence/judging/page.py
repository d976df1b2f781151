"""The judgement as two tables of the page about the simulator's realism."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from helpers.files import written_whole
from tools.evidence.realism.report import fill_in

PAGE = Path(__file__).resolve().parents[3] / "data" / "realism.md"
TITLES = {
    "difficulty": {
        "finding": "Finding",
        "scored_by": "Scored by",
        "test": "Test",
        "counts": "With it / images (patients)",
        "area": "AUC (95 % interval)",
    },
    "transfer": {
        "finding": "Finding",
        "trained_on": "Trained on",
        "tested_on": "Tested on",
        "scored_by": "Scored by",
        "against": "Against",
        "counts": "With it / images (patients)",
        "area": "AUC (95 % interval)",
    },
}


def as_markdown(table: pd.DataFrame, titles: dict[str, str]) -> str:
    """Return measured rows as a Markdown table.

    Examples
    --------
    >>> row = {"finding": "nodule", "n_with": 9, "n_images": 30, "n_patients": 20}
    >>> table = pd.DataFrame([row | {"auc": 0.5, "low": 0.31, "high": 0.694}])
    >>> titles = {"finding": "Finding", "counts": "n", "area": "AUC"}
    >>> print(as_markdown(table, titles).splitlines()[-1])
    | nodule | 9 / 30 (20) | 0.50 (0.31 to 0.69) |
    """
    lines = [
        "| " + " | ".join(titles.values()) + " |",
        "|" + "---|" * len(titles),
    ]
    for row in table.to_dict("records"):
        row["counts"] = f"{row['n_with']} / {row['n_images']} ({row['n_patients']})"
        row["area"] = (
            "too few"
            if np.isnan(row["auc"])
            else f"{row['auc']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        )
        lines.append("| " + " | ".join(str(row[name]) for name in titles) + " |")
    return "\n".join(lines)


def put_into_page(name: str, table: pd.DataFrame) -> None:
    """Replace the part "difficulty" or "transfer" of the page about realism.

    Raises
    ------
    ValueError
        If the page lacks the marks of that part.
    """
    text = as_markdown(table, TITLES[name])
    page = fill_in(PAGE.read_text(encoding="utf-8"), name=name, text=text)
    with written_whole(PAGE) as part:
        part.write_text(page, encoding="utf-8", newline="\n")
