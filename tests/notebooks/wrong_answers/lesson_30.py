"""Known mistakes in the exercises of lesson 30."""

import numpy as np


def _normal_interval(successes, total):
    share = successes / total
    half = 1.96 * np.sqrt(share * (1 - share) / total)
    return share - half, share + half


def _one_sided_z(successes, total):
    z, share = 1.645, successes / total
    shrink = 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / shrink
    half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / shrink
    return centre - half, centre + half


def _centre_not_shrunk(successes, total):
    z, share = 1.96, successes / total
    half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return share - half / (1 + z**2 / total), share + half / (1 + z**2 / total)


def _pairs(reference, score, tie):
    diseased, healthy = score[reference == 1][:, None], score[reference == 0][None, :]
    return float(np.mean(diseased > healthy) + tie * np.mean(diseased == healthy))


def _accuracy_at_half(reference, score):
    return float(np.mean((score >= 0.5) == reference))


WRONG = {
    "30.1": {
        "threshold excluded": (3, 1, 3, 3),
        "TP, FN, FP, TN": (4, 2, 1, 3),
        "rates instead of counts": (4 / 6, 1 / 4, 3 / 4, 2 / 6),
    },
    "30.3": {
        "the plain formula p +- 1.96 SE": _normal_interval,
        "z of a one-sided interval": _one_sided_z,
        "centre left at the observed share": _centre_not_shrunk,
    },
    "30.5": {
        "a tie counts as lost": lambda reference, score: _pairs(reference, score, 0),
        "a tie counts as won": lambda reference, score: _pairs(reference, score, 1),
        "healthy against diseased": lambda reference, score: _pairs(
            1 - reference, score, 0.5
        ),
        "accuracy at 0.5": _accuracy_at_half,
    },
}
