"""Tell simulated radiographs from real ones with simple features, and say by which.

    python -m tools.evidence.real_or_simulated            measure and print
    python -m tools.evidence.real_or_simulated --write    also write data/evidence/

Real films are the NIH ChestX-ray14 copies in COURSE_DATA_DIR (never part of the
repository). Both kinds are brought to the same size, then each group of features is
given to a logistic regression with five folds, all images of a patient in one fold. An
AUC of 0.5 would mean that the features do not tell them apart, 1.0 that they always do.
Single features are listed with their own AUC: the highest is the cheapest giveaway.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm.auto import tqdm

from helpers import cohorts
from helpers.intervals import clustered_bootstrap
from tools.evidence import pages
from tools.evidence.real_films import real_films

REAL_SETS = {"cxr_nih14_256px": 128, "cxr_nih14_64px": 64}
EDGES = np.linspace(0, 256, 17)
Features = dict[str, np.ndarray]


def grey_features(images: np.ndarray) -> Features:
    """Return the grey histogram of images (n, rows, columns) in 16 bins, and more."""
    flat = images.reshape(len(images), -1)
    shares = np.stack([np.histogram(row, EDGES)[0] for row in flat]) / flat.shape[1]
    named = {f"share of grey {16 * k}-{16 * k + 15}": shares[:, k] for k in range(16)}
    return named | {
        "mean grey": flat.mean(1),
        "spread of grey": flat.std(1),
        "share of black": (flat == 0).mean(1),
        "share of white": (flat == 255).mean(1),
    }


def border_features(images: np.ndarray) -> Features:
    """Return mean and spread of the four outer strips, 4 % of the side wide."""
    wide = max(images.shape[1] // 25, 2)
    strips = {
        "top": images[:, :wide],
        "bottom": images[:, -wide:],
        "left": images[:, :, :wide],
        "right": images[:, :, -wide:],
    }
    mean = {f"{k} border, mean": s.mean((1, 2)) for k, s in strips.items()}
    return mean | {f"{k} border, spread": s.std((1, 2)) for k, s in strips.items()}


def detail_features(images: np.ndarray) -> Features:
    """Return size, tails and neighbour correlation of what a blur takes away."""
    named = {}
    for sigma in (0.7, 1.5, 3.0):
        smooth = gaussian_filter(images.astype(np.float32), (0, sigma, sigma))
        rest = images - smooth
        spread = rest.std((1, 2)) + 1e-3
        along = (rest[:, :, 1:] * rest[:, :, :-1]).mean((1, 2)) / spread**2
        tails = (rest**4).mean((1, 2)) / spread**4
        named[f"detail below {sigma} px, log spread"] = np.log(spread)
        named[f"detail below {sigma} px, neighbour correlation"] = along
        named[f"detail below {sigma} px, log tails"] = np.log(tails)
    return named


def spectrum_features(images: np.ndarray) -> Features:
    """Return the log share of power in eight bands of spatial frequency."""
    side = images.shape[1]
    window = np.hanning(side)[:, None] * np.hanning(side)[None]
    level = images - images.mean((1, 2), keepdims=True)
    power = np.abs(np.fft.rfft2(level * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    edges = np.geomspace(1.5 / side, 0.5, 9)
    named = {}
    for low, high in itertools.pairwise(edges):
        band = power[:, (frequency >= low) & (frequency < high)].mean(1)
        named[f"power at {low:.3f}-{high:.3f} per pixel"] = np.log(band + 1e-6)
    mean = np.mean(list(named.values()), axis=0)
    return {name: log - mean for name, log in named.items()}


def layout_features(images: np.ndarray) -> Features:
    """Return 8 x 8 block means of each image, brought to mean 0 and spread 1."""
    n, side, _ = images.shape
    blocks = images.reshape(n, 8, side // 8, 8, side // 8).mean((2, 4))
    level = blocks - blocks.mean((1, 2), keepdims=True)
    level /= blocks.std((1, 2), keepdims=True) + 1e-3
    mirrored = np.abs(level - level[:, :, ::-1]).mean((1, 2))
    named = {f"block {i + 1} down, {j + 1} across": level[:, i, j]
             for i in range(8) for j in range(8)}  # fmt: skip
    return named | {"left-right difference": mirrored}


GROUPS: dict[str, Callable[[np.ndarray], Features]] = {
    "grey histogram": grey_features,
    "border": border_features,
    "fine detail and noise": detail_features,
    "power spectrum": spectrum_features,
    "coarse layout": layout_features,
}


def measure(images: np.ndarray, real: np.ndarray, patients: np.ndarray) -> pd.DataFrame:
    """Return how well each group of features tells real from simulated.

    Parameters
    ----------
    images : uint8 array of shape (n, side, side)
    real : int array of shape (n,)
        1 real, 0 simulated.
    patients : array of shape (n,)
        All images of a patient fall into one fold.
    """
    groups = {name: make(images) for name, make in GROUPS.items()}
    groups["all of these"] = {k: v for part in groups.values() for k, v in part.items()}
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=3000))
    folds = GroupKFold(5, shuffle=True, random_state=7)
    unseen = {"groups": patients, "cv": folds, "method": "decision_function"}
    rows = []
    for name, part in tqdm(groups.items(), desc="Telling apart", unit="group"):
        values = np.stack(list(part.values()), axis=1)
        score = cross_val_predict(model, values, real, **unseen)
        low, high = clustered_bootstrap(
            roc_auc_score, real, score, clusters=patients, replicates=500, seed=7
        )
        row = {"features": name, "number": len(part), "auc": roc_auc_score(real, score)}
        row |= {"low": low, "high": high}
        row["strongest_feature"], row["strongest_auc"] = cheapest(part, real)
        rows.append(row)
    return pd.DataFrame(rows).round(3)


def cheapest(features: Features, real: np.ndarray) -> tuple[str, float]:
    """Return the feature that alone tells most, with its AUC in the better direction.

    Examples
    --------
    >>> features = {"a": np.array([1, 2, 3]), "b": np.array([3, 1, 3])}
    >>> cheapest(features, np.array([0, 0, 1]))
    ('a', 1.0)
    """
    area = {name: roc_auc_score(real, values) for name, values in features.items()}
    best = max(area, key=lambda name: abs(area[name] - 0.5))
    return best, float(max(area[best], 1 - area[best]))


def simulated_films(side: int, *, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return as many first films of simulated patients, and whose they are."""
    cohort = cohorts.load("chest_insilico", size=side)
    first = np.flatnonzero(~cohort.table["patient_id"].duplicated())
    chosen = np.random.default_rng(7).permutation(first)[:number]
    return cohort.images[chosen], cohort.table["patient_id"].to_numpy(str)[chosen]


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the measured table as words for the page."""
    words = pd.DataFrame({"real films": table["real_set"]})
    words["side, px"] = table["side_px"]
    rows = list(table.itertuples())
    words["real / simulated"] = [f"{row.n_real} / {row.n_simulated}" for row in rows]
    words["features (number)"] = [f"{row.features} ({row.number})" for row in rows]
    words["AUC (95 % interval)"] = table.apply(pages.interval_text, axis=1)
    words["strongest single feature"] = table["strongest_feature"]
    words["its AUC"] = table["strongest_auc"].map("{:.2f}".format)
    return words


def measure_set(name: str, side: int) -> pd.DataFrame:
    """Return the measured table of one set of real films and as many simulated ones."""
    films, owners = real_films(name, side)
    made, whose = simulated_films(side, number=len(films))
    real = np.repeat([1, 0], [len(films), len(made)])
    patients = np.concatenate([owners, whose])
    table = measure(np.concatenate([films, made]), real, patients)
    facts = {"real_set": name, "side_px": side}
    facts |= {"n_real": len(films), "n_simulated": len(made)}
    return table.assign(**facts)[[*facts, *table.columns]]


def main() -> None:
    """Run the command line: measure, print, and write on demand."""
    parser = argparse.ArgumentParser(prog="python -m tools.evidence.real_or_simulated")
    parser.add_argument("--write", action="store_true", help="data/evidence and page")
    write = parser.parse_args().write
    pages.real_data(*REAL_SETS)
    table = pd.concat(
        [measure_set(*one) for one in REAL_SETS.items()], ignore_index=True
    )
    print(table.to_string(index=False))
    if write:
        pages.write_table(table, pages.EVIDENCE / "insilico_real_or_simulated.csv")
        pages.put_into_page("told apart", shown(table))


if __name__ == "__main__":
    main()
