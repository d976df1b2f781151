"""Trained networks and their scores, so that a lesson need not train again.

The network of lesson 21 on the default cohort and its scores lie in the project:
``data/checkpoints/chest_insilico_consolidation.keras``, a record of how it was made
beside it (``.json``), and ``data/predictions/chest_insilico_consolidation.csv``. They
are rebuilt with ``make artefacts``; the record tells a stale one. For every other
cohort they lie in the cache, in a file named after the cohort, the finding and a hash
of images, labels, splits, network and settings; what is not there yet is trained, and
a sentence says so.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from helpers.cohorts import Cohort, load
from helpers.files import DATA, cache_dir, one_process_at_a_time, tell, written_whole
from phantoms import GENERATOR_VERSION

if TYPE_CHECKING:  # Keras takes seconds to import, the committed scores need none of it
    import keras

COMMITTED_COHORT, COMMITTED_FINDING = "chest_insilico", "consolidation"
STEM = f"{COMMITTED_COHORT}_{COMMITTED_FINDING}"
COMMITTED_NETWORK = DATA / "checkpoints" / f"{STEM}.keras"
COMMITTED_RECORD = DATA / "checkpoints" / f"{STEM}.json"
COMMITTED_SCORES = DATA / "predictions" / f"{STEM}.csv"
COLUMNS = ["patient_id", "study_id", "split", "reference", "score"]
SCORED_SPLITS = ("tuning", "internal test", "external test")


def predictions(cohort: Cohort | str, finding: str | None = None) -> pd.DataFrame:
    """Return the scores of lesson 21's network on images it was not trained on.

    Parameters
    ----------
    cohort : Cohort or str
        A whole cohort, or the name of one. The name "chest_insilico" alone reads the
        committed scores without making the images.
    finding : str or None
        None: the cohort's first finding.

    Returns
    -------
    pandas.DataFrame
        One row per image of the tuning set, the internal test and, where there is one,
        the external test: patient_id, study_id, split, reference (0/1) and score
        (0..1, not calibrated, six decimals).

    Examples
    --------
    >>> table = predictions("chest_insilico")  # doctest: +SKIP
    >>> table.groupby("split")["score"].mean()  # doctest: +SKIP
    """
    if isinstance(cohort, str):
        named_default = cohort == COMMITTED_COHORT
        if named_default and finding in (None, COMMITTED_FINDING) and _committed_fit():
            return read_scores(COMMITTED_SCORES)
        cohort = load(cohort)
    finding = cohort.finding(finding)
    if _committed_fit(cohort, finding):
        return read_scores(COMMITTED_SCORES)
    path = _cached_path(cohort, finding).with_suffix(".csv")
    if not path.exists():
        trained_network(cohort, finding)
    return read_scores(path)


def trained_network(cohort: Cohort, finding: str | None = None) -> keras.Model:
    """Return lesson 21's network for a cohort: committed, cached, or trained now.

    Parameters
    ----------
    cohort : Cohort
        The whole cohort, with its training and tuning sets.
    finding : str or None
        None: the cohort's first finding.

    Returns
    -------
    keras.Model
        As made by ``networks.small_residual_network``; not compiled.
    """
    from helpers import training

    finding = cohort.finding(finding)
    if _committed_fit(cohort, finding):
        return load_network(COMMITTED_NETWORK)
    path = _cached_path(cohort, finding)
    with one_process_at_a_time(path, f"a network for {cohort.name}"):
        if path.exists() and path.with_suffix(".csv").exists():
            try:
                return load_network(path)
            except (ValueError, OSError, KeyError):
                tell(f"The cached network {path.name} cannot be read; training anew.")
        tell(f"There is no network for {finding} in {cohort.name} yet: training one.")
        network, _ = training.train_small_network(cohort, finding=finding)
        save(network, cohort, finding=finding)
        return network


def save(network: keras.Model, cohort: Cohort, *, finding: str | None = None) -> Path:
    """Write a network and its scores to the cache, each file whole or not at all.

    Later lessons read them: only for a training with the default settings that ended.

    Parameters
    ----------
    network : keras.Model
        Trained on ``cohort.split("train")``.
    cohort : Cohort
        The whole cohort.
    finding : str or None
        None: the cohort's first finding.

    Returns
    -------
    pathlib.Path
        The ``.keras`` file; the scores lie beside it as ``.csv``.
    """
    finding = cohort.finding(finding)
    path = _cached_path(cohort, finding)
    write_scores(score_table(network, cohort, finding), path.with_suffix(".csv"))
    save_network(network, path)
    return path


def score_table(network: keras.Model, cohort: Cohort, finding: str) -> pd.DataFrame:
    """Return reference and score of every image outside the training set."""
    from helpers import training

    rows = cohort.table["split"].isin(SCORED_SPLITS).to_numpy()
    table = cohort.table.loc[rows, ["patient_id", "study_id", "split"]].copy()
    table["reference"] = cohort.labels(finding)[rows]
    table["score"] = training.predict_scores(network, cohort.images[rows])
    table["score"] = table["score"].astype(float).round(6)
    return table.reset_index(drop=True)


def save_network(network: keras.Model, path: Path) -> None:
    """Write a network without its optimiser's state, which scoring does not need."""
    bare = type(network).from_config(network.get_config())
    bare.set_weights(network.get_weights())
    with written_whole(Path(path)) as part:
        bare.save(part)


def load_network(path: Path) -> keras.Model:
    """Read a ``.keras`` file; code hidden in one is refused (``safe_mode``)."""
    from helpers.networks import keras

    return keras.saving.load_model(path, compile=False, safe_mode=True)


def _cached_path(cohort: Cohort, finding: str) -> Path:
    """Return where the network of a cohort lies in the cache."""
    from helpers import networks, training

    settings = training.TrainingSettings()
    made_by = json.dumps([networks.NETWORK_VERSION, settings.as_dict()], sort_keys=True)
    key = hashlib.sha256(f"{cohort.fingerprint} {made_by}".encode()).hexdigest()[:16]
    words = (re.sub(r"[^a-z0-9]+", "-", Path(cohort.name).name.lower()), finding)
    stem = "_".join(re.sub(r"[^a-z0-9-]+", "-", word.lower())[:40] for word in words)
    return cache_dir() / "networks" / f"{stem}_{key}.keras"


def write_scores(table: pd.DataFrame, path: Path) -> None:
    """Write a table of scores with six decimals, the same bytes on every system."""
    how = {"index": False, "float_format": "%.6f", "lineterminator": "\n"}
    with written_whole(Path(path)) as part:
        table[COLUMNS].to_csv(part, **how)


def read_scores(path: Path) -> pd.DataFrame:
    """Read a table of scores; identifiers stay text."""
    return pd.read_csv(path, dtype={"patient_id": str, "study_id": str})[COLUMNS]


def _committed_fit(cohort: Cohort | None = None, finding: str | None = None) -> bool:
    """Tell whether the committed files are there, and belong to a cohort.

    Parameters
    ----------
    cohort : Cohort or None
        None: only ask whether the generator of the default cohort is still the same.
    finding : str or None
        The finding wanted, for a cohort.
    """
    wanted = (COMMITTED_COHORT, COMMITTED_FINDING)
    is_other = cohort is not None and (cohort.name, finding) != wanted
    paths = (COMMITTED_NETWORK, COMMITTED_RECORD, COMMITTED_SCORES)
    if is_other or not all(path.exists() for path in paths):
        return False
    made = json.loads(COMMITTED_RECORD.read_text(encoding="utf-8"))
    if cohort is None or made["generator_version"] != GENERATOR_VERSION:
        return made["generator_version"] == GENERATOR_VERSION
    return _same_cohort(made["cohort"], cohort, finding)


def describe_cohort(cohort: Cohort, finding: str) -> dict:
    """Return what must agree for a checkpoint to belong to a cohort.

    Patients, studies, splits, labels, image size and mean grey; not the pixels' last
    bit, which another processor may round otherwise.
    """
    columns = ["patient_id", "study_id", "split", finding]
    text = cohort.table[columns].to_csv(index=False, lineterminator="\n")
    return {
        "name": cohort.name,
        "image_shape": list(cohort.images.shape),
        "mean_grey": round(float(cohort.images.mean()), 2),
        "table_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def _same_cohort(made: dict, cohort: Cohort, finding: str) -> bool:
    """Compare a description with a cohort; the mean grey may differ by a rounding."""
    present = describe_cohort(cohort, finding)
    alike = all(made[key] == present[key] for key in present if key != "mean_grey")
    return alike and abs(made["mean_grey"] - present["mean_grey"]) < 0.1
