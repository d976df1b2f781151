"""How hard the default cohort is for methods that do not look at shapes.

``python -m tools.evidence.difficulty`` prints, on the internal test, the area
under the ROC curve of mean brightness alone and of a logistic regression on
16 x 16 averaged pixels. Both must be poor: otherwise a network could succeed
without having learned what a consolidation looks like.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from phantoms.cohort.chest_cohort import make_chest_cohort
from phantoms.cohort.settings import DIFFICULTY, ChestCohortSettings
from phantoms.findings.finding import FINDINGS

#: Highest area under the ROC curve that the default cohort may give away.
BRIGHTNESS_LIMIT = 0.62
PIXEL_LIMIT = 0.75

_COARSE = 16
_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)


def brightness_auc(images: np.ndarray, labels: np.ndarray) -> float:
    """Return the AUC of mean brightness, in whichever direction is better.

    Parameters
    ----------
    images : uint8 array of shape (n, rows, columns)
    labels : int array of shape (n,)
        0 or 1.

    Examples
    --------
    >>> images = np.array([[[10]], [[20]], [[90]]], np.uint8)
    >>> brightness_auc(images, np.array([0, 0, 1]))
    1.0
    """
    area = roc_auc_score(labels, images.mean((1, 2)))
    return float(max(area, 1 - area))


def coarse_pixels(images: np.ndarray) -> np.ndarray:
    """Return images averaged to 16 x 16 values, shape (n, 256).

    Raises
    ------
    ValueError
        If the side of the images is not a multiple of 16.
    """
    n, rows, columns = images.shape
    if rows % _COARSE or columns % _COARSE:
        raise ValueError(
            f"The images have {rows} x {columns} pixels, but both sides must be a "
            f"multiple of {_COARSE}. Make the cohort with size=128."
        )
    blocks = images.reshape(n, _COARSE, rows // _COARSE, _COARSE, columns // _COARSE)
    return blocks.mean((2, 4)).reshape(n, -1)


def pixel_regression_auc(
    images: np.ndarray, table: pd.DataFrame, *, finding: str
) -> float:
    """Return the internal-test AUC of a logistic regression on coarse pixels.

    The penalty is chosen on the tuning set.

    Parameters
    ----------
    images : uint8 array of shape (n, rows, columns)
    table : pandas.DataFrame
        With the column ``split`` and one column for the finding.
    finding : str
        One of the findings.
    """
    pixels, labels = coarse_pixels(images), table[finding].to_numpy()
    names = table["split"].unique()
    rows = {name: (table["split"] == name).to_numpy() for name in names}
    best = (-1.0, None)
    for penalty in _PENALTIES:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=penalty, max_iter=2000)
        ).fit(pixels[rows["train"]], labels[rows["train"]])
        score = model.decision_function(pixels)
        tuning = roc_auc_score(labels[rows["tuning"]], score[rows["tuning"]])
        if tuning > best[0]:
            best = (tuning, score)
    test = rows["internal test"]
    return float(roc_auc_score(labels[test], best[1][test]))


def main() -> None:
    """Make a cohort and print how far brightness and pixels alone get."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--difficulty", choices=sorted(DIFFICULTY), default="default")
    parser.add_argument("--seed", type=int, default=ChestCohortSettings().seed)
    chosen = parser.parse_args()
    settings = ChestCohortSettings(seed=chosen.seed, difficulty=chosen.difficulty)
    images, table, _ = make_chest_cohort(settings)
    test = (table["split"] == "internal test").to_numpy()
    print(
        f"{len(images)} images of {settings.n_patients} patients, {chosen.difficulty}"
    )
    for finding in FINDINGS:
        labels = table[finding].to_numpy()
        if len(np.unique(labels[test])) < 2:
            print(f"{finding}: {labels.mean():.0%} of images; too few to say more")
            continue
        bright = brightness_auc(images[test], labels[test])
        pixels = pixel_regression_auc(images, table, finding=finding)
        print(
            f"{finding}: {labels.mean():.0%} of images; internal test AUC of mean "
            f"brightness {bright:.2f}, of logistic regression on pixels {pixels:.2f}"
        )
    print(f"limits for consolidation: {BRIGHTNESS_LIMIT} and {PIXEL_LIMIT}")


if __name__ == "__main__":
    main()
