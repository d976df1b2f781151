"""A channelised Hotelling observer that knows where to look.

Each film with a finding is paired with its twin: the same patient, film and noise
without the finding. The observer sees both at the place of the finding and decides
with the best linear weighting of ten channels. It knows place, kind and the statistics
of the background, which no reader knows; it is blind to shape beyond its channels. So
its AUC says how much signal there is for a linear reader, not how a network must fare.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import eval_laguerre
from tqdm.auto import tqdm

from helpers.cohorts import Cohort
from tools.evidence.judging.measured import auc_row

CHANNELS = 10
SHRINKAGE = 0.02
"""Share of the channels' mean variance that is added to each (few hundred films)."""
WIDTH_PX = {"nodule": 12.0, "consolidation": 20.0}
"""Width of the channels at 128 px: of the order of the finding."""


def laguerre_gauss(side: int, width_px: float) -> np.ndarray:
    """Return Laguerre-Gauss channels, shape (CHANNELS, side * side), of length 1.

    Examples
    --------
    >>> channels = laguerre_gauss(65, 12.0)
    >>> bool(np.allclose(channels @ channels.T, np.eye(10), atol=1e-3))
    True

    References
    ----------
    Gallas BD, Barrett HH. J Opt Soc Am A 2003;20:1725-1738.
    """
    axis = np.arange(side) - (side - 1) / 2
    square = 2 * np.pi * (axis[:, None] ** 2 + axis[None] ** 2) / width_px**2
    channels = [np.exp(-square / 2) * eval_laguerre(n, square) for n in range(CHANNELS)]
    flat = np.stack(channels).reshape(CHANNELS, -1)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


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
    channels = laguerre_gauss(2 * half + 1, width_px)
    wide = np.pad(images, ((0, 0), (half, half), (half, half)), mode="edge")
    seen = np.empty((len(images), CHANNELS))
    for place, (row, column) in enumerate(np.rint(centres).astype(int)):
        part = wide[place, row : row + 2 * half + 1, column : column + 2 * half + 1]
        seen[place] = channels @ part.ravel().astype(float)
    return seen


def hotelling_template(present: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """Return the weights of the channels: inverse covariance times mean difference.

    Parameters
    ----------
    present, absent : arrays of shape (n, CHANNELS)
        What the channels see with and without the finding.
    """
    covariance = (np.cov(present.T) + np.cov(absent.T)) / 2
    level = np.trace(covariance) / len(covariance)
    covariance += SHRINKAGE * level * np.eye(len(covariance))
    return np.linalg.solve(covariance, present.mean(0) - absent.mean(0))


def judge_finding(cohort: Cohort, finding: str, twins: np.ndarray) -> Iterator[dict]:
    """Yield the observer's row: trained on the training patients, tested on others.

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
    template = hotelling_template(present[train], absent[train])
    score = np.concatenate([present[~train], absent[~train]]) @ template
    n = int((~train).sum())
    patients = cohort.table["patient_id"].to_numpy(str)[~train]
    yield auc_row(
        np.repeat([1, 0], n),
        score,
        np.tile(patients, 2),
        finding=finding,
        scored_by="channelised Hotelling observer, place known",
        test="internal test, with twins",
    )


def twins_of(cohort: Cohort, finding: str) -> tuple[Cohort, np.ndarray]:
    """Return the films with a finding, and the same films without it.

    Raises
    ------
    RuntimeError
        If the film is not drawn anew exactly as it is in the cohort: then its twin
        would differ in more than the finding.
    """
    from phantoms import ChestCohortSettings
    from phantoms.cohort.visits import study_of
    from phantoms.study.radiograph import image_study
    from phantoms.study.study import without_finding

    known = cohort.table["split"].isin(("train", "internal test")).to_numpy()
    chosen = cohort.select(known & (cohort.labels(finding) == 1))
    settings, size = ChestCohortSettings(), cohort.images.shape[1]
    twins = np.empty_like(chosen.images)
    names = chosen.table["study_id"]
    for place, name in enumerate(tqdm(names, desc=f"Twins, {finding}", unit="film")):
        study = study_of(settings, name)
        if place == 0:
            _check_same(image_study(study, size=size).image, chosen.images[0], name)
        twins[place] = image_study(without_finding(study, finding), size=size).image
    return chosen, twins


def _check_same(drawn: np.ndarray, stored: np.ndarray, name: str) -> None:
    """Raise unless a study drawn anew is the film of the cohort."""
    if not np.array_equal(drawn, stored):
        different = int((drawn != stored).sum())
        raise RuntimeError(
            f"Study {name} drawn anew differs from the cohort's film in {different} "
            "pixels; expected none. Load the cohort at its full size and remove a "
            "cohort of an older generator from the cache."
        )
