"""Judge the in-silico radiographs by measurement and write the numbers down.

    python -m tools.evidence.judge                      everything, about 10 minutes
    python -m tools.evidence.judge --only difficulty    difficulty, or transfer
    python -m tools.evidence.judge --write              also write evidence and page

difficulty: per finding the AUC of mean brightness, of a logistic regression on 16 x 16
block means and of the small network of lesson 21, at 128 px; and of a channelised
Hotelling observer on twins, told the place: it says how much signal there is for a
linear reader, not how a network must fare. transfer: networks trained on simulated
films and tested on real ones, and the reverse; it needs the NIH and PneumoniaMNIST
copies in COURSE_DATA_DIR. Networks are cached, so that a run can be taken up again.
"""

from __future__ import annotations

import argparse
import itertools
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
from tools.evidence import pages
from tools.evidence.physics_measures import hotelling_template, laguerre_gauss
from tools.evidence.real_films import SAME_FINDING, SETS, dealt, load_real

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
KEYS = ("finding", "trained_on", "tested_on", "scored_by", "test", "against")


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
    row = facts | {
        "n_images": len(reference),
        "n_with": int(reference.sum()),
        "n_patients": len(np.unique(patients)),
    }
    row |= dict.fromkeys(("auc", "low", "high"), np.nan)
    owners = [len(np.unique(patients[reference == value])) for value in (0, 1)]
    if min(owners) < FEWEST:
        return row
    low, high = clustered_bootstrap(
        area_under_roc, reference, score, clusters=patients, replicates=500, seed=7
    )
    measured = {"auc": area_under_roc(reference, score), "low": low, "high": high}
    return row | {name: round(float(value), 3) for name, value in measured.items()}


def row_of(
    films: Cohort, finding: str, score: np.ndarray, rows: np.ndarray, **facts: object
) -> dict:
    """Return the row of some films, named by a mask, whose scores are given."""
    patients = films.table["patient_id"].to_numpy(str)[rows]
    truth = films.labels(finding)[rows]
    return auc_row(truth, score[rows], patients, finding=finding, **facts)


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
    split = cohort.table["split"].to_numpy(str)
    train, tuning = split == "train", split == "tuning"
    scores = []
    for penalty in PENALTIES:
        regression = LogisticRegression(C=penalty, max_iter=2000)
        model = make_pipeline(StandardScaler(), regression)
        model.fit(pixels[train], labels[train])
        scores.append(model.decision_function(pixels))
    return max(scores, key=lambda one: roc_auc_score(labels[tuning], one[tuning]))


def difficulty_of(cohort: Cohort, finding: str) -> Iterator[dict]:
    """Yield one row for each way to score an image, on each test."""
    network, side = checkpoints.trained_network(cohort, finding), cohort.images.shape[1]
    ways = {
        "mean brightness": brightness_scores(cohort, finding),
        "logistic regression, 16 x 16": regression_scores(cohort, finding),
        f"small network, {side} px": training.predict_scores(network, cohort.images),
    }
    for (way, score), test in itertools.product(ways.items(), TESTS):
        rows = (cohort.table["split"] == test).to_numpy()
        if rows.any():
            yield row_of(cohort, finding, score, rows, scored_by=way, test=test)


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
    places = np.rint(centres).astype(int)
    parts = [
        film[row : row + side, column : column + side].ravel()
        for film, (row, column) in zip(wide, places, strict=True)
    ]
    return np.array(parts, float) @ channels


def judge_observer(cohort: Cohort, twins: np.ndarray, finding: str) -> dict:
    """Return the observer's row: trained on the training patients, tested on others.

    Parameters
    ----------
    cohort : Cohort
        Films with the finding only, of the splits "train" and "internal test", with
        masks.
    twins : uint8 array of shape (n, rows, columns)
        The same films without the finding.
    finding : str
    """
    usable = cohort.masks[finding].any(axis=(1, 2))
    cohort, twins = cohort.select(usable), twins[usable]
    centres = np.array([np.argwhere(m).mean(0) for m in cohort.masks[finding]])
    width = WIDTH_PX[finding] * cohort.images.shape[1] / 128
    present = seen_by_channels(cohort.images, centres, width)
    absent = seen_by_channels(twins, centres, width)
    train = (cohort.table["split"] == "train").to_numpy()
    template = hotelling_template(present[train], absent[train], shrinkage=SHRINKAGE)
    score = np.concatenate([present[~train], absent[~train]]) @ template
    patients = cohort.table["patient_id"].to_numpy(str)[~train]
    facts = {"scored_by": "channelised Hotelling observer, place known"}
    facts["test"] = "internal test, with twins"
    truth = np.repeat([1, 0], len(patients))
    return auc_row(truth, score, np.tile(patients, 2), finding=finding, **facts)


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
        raise RuntimeError(f"{names[0]} drawn anew differs. Clear the cache.")
    twins = [
        image_study(without_finding(study_of(settings, name), finding), size=size).image
        for name in tqdm(names, desc=f"Twins, {finding}", unit="film")
    ]
    return chosen, np.array(twins)


def transfer_of(finding: str) -> Iterator[dict]:
    """Yield the rows of one finding: simulated, NIH, both ways, and NIH to NIH."""
    simulated = cohorts.load(SIMULATED, size=SIDE_PX)
    small, large = (load_real(name, SIDE_PX) for name in SETS)
    network = checkpoints.trained_network(simulated, finding)
    for films in (small, large):
        yield from tested(network, films, finding, trained_on=SIMULATED)
        yield brightness_row(simulated, films, finding)
    learnt = dealt(small, finding)
    network = checkpoints.trained_network(learnt, finding)
    known = large.table["patient_id"].isin(learnt.table["patient_id"])
    for films in (learnt, large.select(~known), simulated):
        yield from tested(network, held_out(films), finding, trained_on=SETS[0])


def pneumonia_of_children() -> Iterator[dict]:
    """Yield consolidation (simulated) against pneumonia of children, both ways."""
    simulated = cohorts.load(SIMULATED, size=PNEUMONIA_SIDE_PX)
    children = cohorts.load("pneumoniamnist")
    pairs = ((simulated, "consolidation"), (children, children.finding()))
    for teacher, learnt in pairs:
        network = checkpoints.trained_network(teacher, learnt)
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
    rows = {"all without it": np.ones(len(films), bool)}
    if "no_finding" in films.table:
        healthy = films.table["no_finding"].to_numpy(bool)
        rows["no finding at all"] = healthy | (films.labels(finding) == 1)
    facts = {"trained_on": trained_on, "tested_on": films.name}
    facts["scored_by"] = f"small network, {films.images.shape[1]} px"
    for against, chosen in rows.items():
        yield row_of(films, finding, score, chosen, **facts, against=against)


def brightness_row(simulated: Cohort, films: Cohort, finding: str) -> dict:
    """Return the AUC of mean brightness on real films, its direction from simulated."""
    mean = films.images.reshape(len(films), -1).mean(axis=1)
    darker = brightness_scores(simulated, finding)[0] < 0
    facts = {"trained_on": SIMULATED, "tested_on": films.name}
    facts |= {"scored_by": "mean brightness", "against": "all without it"}
    all_of_them = np.ones(len(films), bool)
    return row_of(films, finding, -mean if darker else mean, all_of_them, **facts)


def difficulty() -> Iterator[dict]:
    """Yield all rows that need simulated films alone."""
    whole = cohorts.load(SIMULATED)
    for finding in whole.findings:
        yield from difficulty_of(whole, finding)
    for finding in WIDTH_PX:
        yield judge_observer(*twins_of(whole, finding), finding)


def transfer() -> Iterator[dict]:
    """Yield all rows of networks that are tested on films of another origin."""
    for finding in SAME_FINDING:
        yield from transfer_of(finding)
    yield from pneumonia_of_children()


PARTS = {"difficulty": difficulty, "transfer": transfer}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: measure, print, and write on demand."""
    parser = argparse.ArgumentParser(prog="python -m tools.evidence.judge")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--write", action="store_true", help="evidence and realism.md")
    options = parser.parse_args(arguments)
    chosen = [options.only] if options.only else list(PARTS)
    if "transfer" in chosen:
        pages.real_data(*SETS)
    for name in chosen:
        table = pd.DataFrame(PARTS[name]())
        keys = [key for key in KEYS if key in table]
        table = table.sort_values(keys, kind="stable")
        print(table.to_string(index=False), flush=True)
        if options.write:
            pages.write_table(table, pages.EVIDENCE / f"insilico_{name}.csv")
            pages.put_into_page(name, shown(table[keys], table))


def shown(named: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Return what was measured as words for the page."""
    words = named.rename(columns=lambda key: key.replace("_", " ").capitalize())
    counts = measured[["n_with", "n_images", "n_patients"]].astype(str).to_numpy()
    words["With it / images (patients)"] = [f"{a} / {b} ({c})" for a, b, c in counts]
    words["AUC (95 % interval)"] = measured.apply(pages.interval_text, axis=1)
    return words


if __name__ == "__main__":
    main()
