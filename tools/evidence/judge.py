"""Judge the in-silico radiographs by measurement and write the numbers down.

    python -m tools.evidence.judge                      everything, about 10 minutes
    python -m tools.evidence.judge --only difficulty    difficulty, observer, transfer
    python -m tools.evidence.judge --findings nodule    some findings only
    python -m tools.evidence.judge --write              also write evidence and page

difficulty: per finding the AUC of mean brightness, of a logistic regression on 16 x 16
block means and of the small network of lesson 21 (here 64 px). observer: a channelised
Hotelling observer on twins, told the place: it says how much signal there is for a
linear reader, not how a network must fare. transfer: networks trained on simulated
films and tested on real ones, and the reverse; it needs the NIH and PneumoniaMNIST
copies in COURSE_DATA_DIR. Networks are cached, so that a run can be taken up again.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm.auto import tqdm

from helpers import checkpoints, cohorts, training
from helpers.cohorts import Cohort
from helpers.diagnostic_metrics import area_under_roc
from helpers.intervals import clustered_bootstrap
from phantoms import ChestCohortSettings
from phantoms.cohort.visits import study_of
from phantoms.study.radiograph import image_study
from phantoms.study.study import without_finding
from tools.evidence.pages import EVIDENCE, interval_text, merge_into, put_into_page
from tools.evidence.physics_measures import hotelling_template, laguerre_gauss
from tools.evidence.real_films import (
    SAME_FINDING,
    SETS,
    dealt,
    load_real,
    missing_sets,
    without_patients,
)

SIMULATED = "chest_insilico"
SIDE_PX, PNEUMONIA_SIDE_PX = 64, 28
TESTS = ("internal test", "external test")
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
CHANNELS = 10
SHRINKAGE = 0.02
"""Share of the channels' mean variance that is added to each (few hundred films)."""
WIDTH_PX = {"nodule": 12.0, "consolidation": 20.0}
"""Width of the channels at 128 px: of the order of the finding."""
FEWEST = 8
"""Patients with a finding, and without it, below which an AUC is not worth its name."""
SETTINGS = training.TrainingSettings()
"""Those of lesson 21; only the films are smaller here."""
TITLES = {
    "finding": "Finding",
    "trained_on": "Trained on",
    "tested_on": "Tested on",
    "scored_by": "Scored by",
    "test": "Test",
    "against": "Against",
}


def auc_row(
    reference: np.ndarray, score: np.ndarray, patients: np.ndarray, **facts: object
) -> dict:
    """Return facts, counts, and an AUC with its 95 % interval over whole patients.

    The last three are NaN where fewer than `FEWEST` patients have the finding, or
    lack it.

    Examples
    --------
    >>> row = auc_row(np.repeat([0, 1], 9), np.arange(18.0), range(18), finding="x")
    >>> row["finding"], row["n_with"], row["auc"], row["low"]
    ('x', 9, 1.0, 1.0)
    """
    reference, patients = np.asarray(reference), np.asarray(patients)
    counts = {
        "n_images": len(reference),
        "n_with": int(reference.sum()),
        "n_patients": len(np.unique(patients)),
    }
    row = facts | counts | dict.fromkeys(("auc", "low", "high"), np.nan)
    owners = [len(np.unique(patients[reference == value])) for value in (0, 1)]
    if min(owners) < FEWEST:
        return row
    interval = clustered_bootstrap(
        area_under_roc, reference, score, clusters=patients, replicates=500, seed=7
    )
    row["auc"] = round(float(area_under_roc(reference, score)), 3)
    return row | {"low": round(interval.low, 3), "high": round(interval.high, 3)}


def trained(cohort: Cohort, finding: str):
    """Return the small network for a finding, from the cache or trained now."""
    path = checkpoints.cached_path(cohort, finding, settings=SETTINGS)
    if not path.exists():
        print(f"Training for {finding} on {cohort.name}", flush=True)
        network, _ = training.train_small_network(
            cohort, finding=finding, settings=SETTINGS
        )
        checkpoints.save(network, cohort, finding=finding, settings=SETTINGS)
    return checkpoints.load_network(path)


def brightness_scores(cohort: Cohort, finding: str) -> np.ndarray:
    """Return the mean of each image, negated if the finding darkens training images."""
    mean = cohort.images.reshape(len(cohort), -1).mean(axis=1)
    rows = (cohort.table["split"] == "train").to_numpy()
    area = roc_auc_score(cohort.labels(finding)[rows], mean[rows])
    return mean if area >= 0.5 else -mean


def regression_scores(cohort: Cohort, finding: str) -> np.ndarray:
    """Return scores of a logistic regression on 16 x 16 block means.

    Its penalty is the one with the highest AUC on the tuning set.
    """
    n, rows, columns = cohort.images.shape
    blocks = cohort.images.reshape(n, 16, rows // 16, 16, columns // 16)
    pixels, labels = blocks.mean((2, 4)).reshape(n, -1), cohort.labels(finding)
    train, tuning = (
        (cohort.table["split"] == name).to_numpy() for name in ("train", "tuning")
    )
    best, highest = np.zeros(len(labels)), -1.0
    for penalty in PENALTIES:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=penalty, max_iter=2000)
        ).fit(pixels[train], labels[train])
        score = model.decision_function(pixels)
        area = roc_auc_score(labels[tuning], score[tuning])
        if area > highest:
            best, highest = score, area
    return best


def judge_difficulty(cohort: Cohort, finding: str) -> Iterator[dict]:
    """Yield one row for each way to score an image, on each test."""
    network = trained(cohort, finding)
    ways = {
        "mean brightness": brightness_scores(cohort, finding),
        "logistic regression, 16 x 16": regression_scores(cohort, finding),
        f"small network, {SIDE_PX} px": training.predict_scores(network, cohort.images),
    }
    patients = cohort.table["patient_id"].to_numpy(str)
    labels, splits = cohort.labels(finding), cohort.table["split"].to_numpy(str)
    for (way, score), test in itertools.product(ways.items(), TESTS):
        rows, facts = splits == test, {"scored_by": way, "test": test}
        if rows.any():
            yield auc_row(
                labels[rows], score[rows], patients[rows], finding=finding, **facts
            )


def seen_by_channels(
    images: np.ndarray, centres: np.ndarray, width_px: float
) -> np.ndarray:
    """Return what the channels see about each centre, shape (n, CHANNELS).

    Parameters
    ----------
    images : array of shape (n, rows, columns)
    centres : float array of shape (n, 2)
        Row and column. Beyond the film its outermost values go on.
    """
    half = int(np.ceil(2 * width_px))
    side = 2 * half + 1
    channels = laguerre_gauss(side, pixel_mm=1, width_mm=width_px, number=CHANNELS)
    wide = np.pad(images, ((0, 0), (half, half), (half, half)), mode="edge")
    parts = [
        film[row : row + side, column : column + side].ravel()
        for film, (row, column) in zip(wide, np.rint(centres).astype(int), strict=True)
    ]
    return np.array(parts, float) @ channels.reshape(CHANNELS, -1).T


def judge_observer(cohort: Cohort, finding: str, twins: np.ndarray) -> dict:
    """Return the observer's row: trained on the training patients, tested on others.

    Parameters
    ----------
    cohort : Cohort
        Films with the finding only, of the splits "train" and "internal test", with
        masks.
    finding : str
    twins : uint8 array of shape (n, rows, columns)
        The same films without the finding.
    """
    usable = cohort.masks[finding].any(axis=(1, 2))
    cohort, twins = cohort.select(usable), twins[usable]
    centres = np.array([np.argwhere(m).mean(0) for m in cohort.masks[finding]])
    width = WIDTH_PX[finding] * cohort.images.shape[1] / 128
    present = seen_by_channels(cohort.images, centres, width)
    absent = seen_by_channels(twins, centres, width)
    train = (cohort.table["split"] == "train").to_numpy()
    template = hotelling_template(present[train], absent[train], shrinkage=SHRINKAGE)
    n = int((~train).sum())
    return auc_row(
        np.repeat([1, 0], n),
        np.concatenate([present[~train], absent[~train]]) @ template,
        np.tile(cohort.table["patient_id"].to_numpy(str)[~train], 2),
        finding=finding,
        scored_by="channelised Hotelling observer, place known",
        test="internal test, with twins",
    )


def twins_of(cohort: Cohort, finding: str) -> tuple[Cohort, np.ndarray]:
    """Return the films with a finding, and the same films without it.

    Raises
    ------
    RuntimeError
        If a film is not drawn anew exactly as it is in the cohort: then its twin
        would differ in more than the finding.
    """
    known = cohort.table["split"].isin(("train", "internal test")).to_numpy()
    chosen = cohort.select(known & (cohort.labels(finding) == 1))
    settings, size = ChestCohortSettings(), cohort.images.shape[1]
    names = chosen.table["study_id"].tolist()
    first = image_study(study_of(settings, names[0]), size=size).image
    if not np.array_equal(first, chosen.images[0]):
        raise RuntimeError(
            f"Study {names[0]} drawn anew differs from the cohort's film. Load the "
            "cohort at its full size and clear the cache of an older generator."
        )
    twins = [
        image_study(without_finding(study_of(settings, name), finding), size=size).image
        for name in tqdm(names, desc=f"Twins, {finding}", unit="film")
    ]
    return chosen, np.array(twins)


def judge_transfer(finding: str) -> Iterator[dict]:
    """Yield the rows of one finding: simulated, NIH, both ways, and NIH to NIH."""
    simulated = cohorts.load(SIMULATED, size=SIDE_PX)
    real = {name: load_real(name, SIDE_PX) for name in SETS}
    network = trained(simulated, finding)
    for films in real.values():
        yield from tested(network, films, finding, trained_on=SIMULATED)
        yield brightness_row(simulated, films, finding)
    learnt = dealt(real[SETS[0]], finding)
    network = trained(learnt, finding)
    others = without_patients(real[SETS[1]], learnt)
    for films in (learnt, others, simulated):
        yield from tested(network, held_out(films), finding, trained_on=SETS[0])


def judge_pneumonia() -> Iterator[dict]:
    """Yield consolidation (simulated) against pneumonia of children, both ways."""
    simulated = cohorts.load(SIMULATED, size=PNEUMONIA_SIDE_PX)
    children = cohorts.load("pneumoniamnist")
    pairs = ((simulated, "consolidation"), (children, children.finding()))
    for teacher, learnt in pairs:
        network = trained(teacher, learnt)
        for examined, finding in pairs:
            films = held_out(examined)
            yield from tested(network, films, finding, trained_on=teacher.name)


def held_out(films: Cohort) -> Cohort:
    """Return the films that no network was trained or tuned on."""
    return films.select(films.table["split"].isin(TESTS))


def tested(network, films: Cohort, finding: str, *, trained_on: str) -> Iterator[dict]:
    """Yield the AUC against all films without the finding, and against healthy ones.

    Healthy films ("no finding") are known in the NIH sets only.
    """
    score = training.predict_scores(network, films.images)
    labels = films.labels(finding)
    rows = {"all without it": np.ones(len(films), bool)}
    if "no_finding" in films.table:
        healthy = films.table["no_finding"].to_numpy(bool)
        rows["no finding at all"] = healthy | (labels == 1)
    for against, chosen in rows.items():
        yield auc_row(
            labels[chosen],
            score[chosen],
            films.table["patient_id"].to_numpy(str)[chosen],
            finding=finding,
            trained_on=trained_on,
            tested_on=films.name,
            scored_by=f"small network, {films.images.shape[1]} px",
            against=against,
        )


def brightness_row(simulated: Cohort, films: Cohort, finding: str) -> dict:
    """Return the AUC of mean brightness on real films, its direction from simulated."""
    mean = films.images.reshape(len(films), -1).mean(axis=1)
    darker = brightness_scores(simulated, finding)[0] < 0
    return auc_row(
        films.labels(finding),
        -mean if darker else mean,
        films.table["patient_id"].to_numpy(str),
        finding=finding,
        trained_on=SIMULATED,
        tested_on=films.name,
        scored_by="mean brightness",
        against="all without it",
    )


def rows_of(part: str, finding: str) -> Iterator[dict]:
    """Yield the measured rows of one part of the judgement of one finding."""
    if part == "difficulty":
        yield from judge_difficulty(cohorts.load(SIMULATED, size=SIDE_PX), finding)
    elif part == "observer" and finding in WIDTH_PX:
        films, twins = twins_of(cohorts.load(SIMULATED), finding)
        yield judge_observer(films, finding, twins)
    elif part == "transfer" and finding in SAME_FINDING:
        yield from judge_transfer(finding)
        if finding == "consolidation":
            yield from judge_pneumonia()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 2 if it was called wrongly or real films are missing."""
    parts = ("difficulty", "observer", "transfer")
    parser = argparse.ArgumentParser(prog="python -m tools.evidence.judge")
    parser.add_argument("--only", nargs=1, choices=parts, default=parts)
    parser.add_argument("--findings", nargs="+", metavar="FINDING")
    parser.add_argument("--write", action="store_true", help="evidence and realism.md")
    options = parser.parse_args(arguments)
    if "transfer" in options.only and (missing := missing_sets()):
        print(missing)
        return 2
    known = cohorts.load(SIMULATED).findings
    findings = options.findings or known
    if unknown := [name for name in findings if name not in known]:
        print(f"No such finding: {', '.join(unknown)}. There are: {', '.join(known)}.")
        return 2
    for part, finding in itertools.product(options.only, findings):
        table = pd.DataFrame(rows_of(part, finding))
        if len(table):
            print(table.to_string(index=False), flush=True)
        if options.write and len(table):
            write(part, table)
    return 0


def write(part: str, table: pd.DataFrame) -> None:
    """Merge rows into their table of data/evidence and show it whole in the page."""
    name = "transfer" if part == "transfer" else "difficulty"
    keys = [key for key in TITLES if key in table]
    whole = merge_into(EVIDENCE / f"insilico_{name}.csv", table, keys=keys)
    shown = whole[keys].rename(columns=TITLES)
    counts = whole[["n_with", "n_images", "n_patients"]].astype(str).T
    shown["With it / images (patients)"] = (
        counts.loc["n_with"]
        + " / "
        + counts.loc["n_images"]
        + " ("
        + counts.loc["n_patients"]
        + ")"
    )
    shown["AUC (95 % interval)"] = whole.apply(interval_text, axis=1)
    put_into_page(name, shown)


if __name__ == "__main__":
    sys.exit(main())
