"""The small files that the course carries: one network, its scores, its evidence.

Lessons on evaluation run on these in seconds and give the same digits everywhere. Each
is rebuilt by a command (``make artefacts``, ``make bench``), and a record beside the
network says what it was made from, so that a stale one is noticed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from helpers.files import written_whole

if TYPE_CHECKING:
    from helpers.cohorts import Cohort

COMMITTED_COHORT, COMMITTED_FINDING = "chest_insilico", "consolidation"
DATA = Path(__file__).resolve().parents[1] / "data"
STEM = f"{COMMITTED_COHORT}_{COMMITTED_FINDING}"
COMMITTED_NETWORK = DATA / "checkpoints" / f"{STEM}.keras"
COMMITTED_RECORD = DATA / "checkpoints" / f"{STEM}.json"
COMMITTED_SCORES = DATA / "predictions" / f"{STEM}.csv"
COLUMNS = ["patient_id", "study_id", "split", "reference", "score"]


def write_scores(table: pd.DataFrame, path: Path) -> None:
    """Write a table of scores with six decimals, the same bytes on every system."""
    with written_whole(Path(path)) as part:
        table[COLUMNS].to_csv(
            part, index=False, float_format="%.6f", lineterminator="\n"
        )


def read_scores(path: Path) -> pd.DataFrame:
    """Read a table of scores; identifiers stay text."""
    return pd.read_csv(path, dtype={"patient_id": str, "study_id": str})[COLUMNS]


def evidence(file_name: str) -> pd.DataFrame:
    """Read a table of recorded measurements from ``data/evidence``.

    Parameters
    ----------
    file_name : str
        For instance "first_network_pneumoniamnist.csv".

    Raises
    ------
    FileNotFoundError
        If nothing of that name was recorded; the message says how to.
    """
    path = DATA / "evidence" / file_name
    if not path.exists():
        raise FileNotFoundError(
            f"There is no {file_name} in data/evidence. Measurements are recorded with "
            "python -m tools.bench --record; the file belongs to the repository, so "
            "git checkout data/evidence brings a lost one back."
        )
    return pd.read_csv(path)


def record() -> dict:
    """Return how the committed network was made, as written beside it."""
    return json.loads(COMMITTED_RECORD.read_text(encoding="utf-8"))


def stale(cohort: Cohort | None = None, finding: str | None = None) -> str | None:
    """Say why the committed files do not belong to a cohort; None if they do.

    Parameters
    ----------
    cohort : Cohort or None
        None: only ask whether the generator of the default cohort has changed.
    finding : str or None
        The finding wanted, for a cohort.
    """
    from phantoms import GENERATOR_VERSION

    if cohort is not None and (cohort.name, finding) != (
        COMMITTED_COHORT,
        COMMITTED_FINDING,
    ):
        return f"They are for {COMMITTED_FINDING} in {COMMITTED_COHORT}."
    paths = (COMMITTED_NETWORK, COMMITTED_RECORD, COMMITTED_SCORES)
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        return f"{', '.join(missing)} not found; rebuild with make artefacts."
    made = record()
    if made["generator_version"] != GENERATOR_VERSION:
        return (
            f"They were made with generator version {made['generator_version']}, this "
            f"is {GENERATOR_VERSION}; rebuild them with make artefacts."
        )
    if cohort is not None and not _same(
        made["cohort"], describe_cohort(cohort, finding)
    ):
        return "The cohort was made with other settings, so its images are others."
    return None


def _same(made: dict, present: dict) -> bool:
    """Compare two descriptions; the mean grey may differ by a rounding."""
    others = [key for key in made.keys() | present.keys() if key != "mean_grey"]
    return (
        all(made.get(key) == present.get(key) for key in others)
        and abs(made["mean_grey"] - present["mean_grey"]) < 0.1
    )


def describe_cohort(cohort: Cohort, finding: str) -> dict:
    """Return what must agree for a checkpoint to belong to a cohort.

    Patients, studies, splits, labels, image size and mean grey; not the pixels' last
    bit, which another processor may round otherwise.
    """
    columns = ["patient_id", "study_id", "split", finding]
    text = cohort.table[columns].to_csv(index=False, lineterminator="\n")
    return {
        "name": cohort.name,
        "variant": cohort.card.variant,
        "image_shape": list(cohort.images.shape),
        "mean_grey": round(float(cohort.images.mean()), 2),
        "table_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
