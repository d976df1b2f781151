"""Wrong labels: planting them, and what they do to a measured performance.

Two rates describe wrong labels that depend on nothing but the truth: the share of true
positives labelled 0 (``missed``), and the share of true negatives labelled 1
(``invented``). From them follows what a test with such labels will show. Where errors
also depend on the image, as those of radiologists do, the formulas below no longer
hold: a faint finding is missed by reader and network alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from helpers.diagnostic_metrics import check_reference_and_score


def _check_share(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}, expected a share between 0 and 1.")


def flip_labels(
    truth: ArrayLike, *, missed: float, invented: float, seed: int
) -> np.ndarray:
    """Return labels of which an exact share is wrong, chosen by chance.

    Parameters
    ----------
    truth : array of shape (images,)
        0 or 1.
    missed : float
        Share of the ones that become 0; rounded to whole images.
    invented : float
        Share of the zeros that become 1.
    seed : int
        The same seed gives the same labels.

    Returns
    -------
    int array of shape (images,)

    Raises
    ------
    ValueError
        If a rate is outside 0 to 1, or a label is neither 0 nor 1.

    Examples
    --------
    >>> flip_labels([1, 1, 1, 1, 0, 0], missed=0.5, invented=0.0, seed=1).sum()
    np.int64(2)
    """
    _check_share(missed=missed, invented=invented)
    labels, _ = check_reference_and_score(truth, truth, both_classes=False)
    rng, noisy = np.random.default_rng(seed), labels.copy()
    for value, rate in ((1, missed), (0, invented)):
        rows = np.flatnonzero(labels == value)
        wrong = rng.permutation(rows)[: round(rate * len(rows))]
        noisy[wrong] = 1 - value
    return noisy


KINDS = ("flipped", "missed", "smallest missed")


def wrong_labels(
    truth: ArrayLike,
    *,
    kind: str,
    rate: float,
    seed: int = 0,
    size: ArrayLike | None = None,
) -> np.ndarray:
    """Return labels with one kind of error at one rate.

    Parameters
    ----------
    truth : array of shape (images,)
        0 or 1.
    kind : {"flipped", "missed", "smallest missed"}
        Both classes turned round by chance; findings missed by chance (class-dependent
        errors); the smallest findings missed (errors that depend on the image).
    rate : float
        Share of the labels concerned that are wrong, 0 to 1.
    seed : int
        Of the chance; the smallest are always the same.
    size : array of shape (images,), optional
        Size of the finding in any unit, for "smallest missed"; looked at where `truth`
        is 1.

    Raises
    ------
    ValueError
        If the kind is unknown, a size is missing where the finding is there, or as
        `flip_labels`.

    Examples
    --------
    >>> wrong_labels([1, 1, 0, 0], kind="flipped", rate=1).tolist()
    [0, 0, 1, 1]
    >>> size = [30, 5, 0, 20]
    >>> wrong_labels([1, 1, 0, 1], kind="smallest missed", rate=0.3, size=size).tolist()
    [1, 0, 0, 1]
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(KINDS)}.")
    invented = rate if kind == "flipped" else 0.0
    labels = flip_labels(truth, missed=rate, invented=invented, seed=seed)
    if kind != "smallest missed":
        return labels
    labels, _ = check_reference_and_score(truth, truth, both_classes=False)
    sizes, rows = np.asarray(size, dtype=float), np.flatnonzero(labels)
    if sizes.shape != labels.shape or np.isnan(sizes[rows]).any():
        raise ValueError(
            f"size has shape {sizes.shape}, expected {labels.shape}, none missing."
        )
    smallest = rows[np.argsort(sizes[rows], kind="stable")]
    labels[smallest[: round(rate * len(rows))]] = 0
    return labels


def predictive_values(
    *, prevalence: float, missed: float, invented: float
) -> tuple[float, float]:
    """Return how often a label 1, and a label 0, is true.

    Parameters
    ----------
    prevalence : float
        True share of images with the finding, 0 to 1.
    missed, invented : float
        Rates of wrong labels, 0 to 1.

    Returns
    -------
    true_ones, true_zeros : float
        Share of the labels 1 (of the labels 0) that are true, 0 to 1.

    Raises
    ------
    ValueError
        If a share is outside 0 to 1, or one kind of label does not occur.

    Examples
    --------
    >>> values = predictive_values(prevalence=0.2, missed=0.1, invented=0.1)
    >>> print("{:.2f} {:.2f}".format(*values))
    0.69 0.97
    """
    _check_share(prevalence=prevalence, missed=missed, invented=invented)
    ones = prevalence * (1 - missed) + (1 - prevalence) * invented
    if not 0 < ones < 1:
        raise ValueError(
            f"All labels would be {int(ones > 0)}, expected both kinds at a prevalence "
            f"of {prevalence}, missed {missed} and invented {invented}."
        )
    true_ones = prevalence * (1 - missed) / ones
    return true_ones, (1 - prevalence) * (1 - invented) / (1 - ones)


def apparent_auc(auc: float, *, true_ones: float, true_zeros: float) -> float:
    """Return the AUC that a test with wrong labels shows, for a score of known AUC.

    A pair of a label 1 and a label 0 is in truth one of four kinds: rightly ordered
    with the true AUC, turned round, or, twice, two images of the same truth, where the
    score is right in half of the pairs. Summed up, the distance of the AUC from 0.5
    shrinks by the factor ``true_ones + true_zeros - 1``.

    Parameters
    ----------
    auc : float
        True area under the ROC curve, 0 to 1.
    true_ones, true_zeros : float
        How often a label 1, and a label 0, is true; from `predictive_values` or
        counted. The errors must not depend on the score, given the truth.

    Raises
    ------
    ValueError
        If a value is outside 0 to 1.

    Examples
    --------
    >>> round(apparent_auc(0.9, true_ones=0.8, true_zeros=0.9), 2)
    0.78

    References
    ----------
    Menon AK et al. Learning from corrupted binary labels via class-probability
    estimation. ICML 2015 (the relation of clean and corrupted AUC).
    """
    _check_share(auc=auc, true_ones=true_ones, true_zeros=true_zeros)
    return 0.5 + (auc - 0.5) * (true_ones + true_zeros - 1)
