"""Known mistakes in the exercises of lesson 30."""

import numpy as np


def _normal_interval(successes, total):
    share = successes / total
    half = 1.96 * np.sqrt(share * (1 - share) / total)
    return share - half, share + half


def _wilson(successes, total, *, z=1.96, shrunk=True):
    share, shrink = successes / total, 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / shrink if shrunk else share
    half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / shrink
    return centre - half, centre + half


def _pairs(reference, score, tie):
    diseased, healthy = score[reference == 1][:, None], score[reference == 0][None, :]
    return float(np.mean(diseased > healthy) + tie * np.mean(diseased == healthy))


WRONG = {
    "30.1": {
        "threshold excluded": (3, 1, 3, 3),
        "TP, FN, FP, TN": (4, 2, 1, 3),
        "rates instead of counts": (4 / 6, 1 / 4, 3 / 4, 2 / 6),
    },
    "30.3": {
        "the plain formula p +- 1.96 SE": _normal_interval,
        "z of a one-sided interval": lambda k, n: _wilson(k, n, z=1.645),
        "centre left at the observed share": lambda k, n: _wilson(k, n, shrunk=False),
    },
    "30.5": {
        "a tie counts as lost": lambda reference, score: _pairs(reference, score, 0),
        "a tie counts as won": lambda reference, score: _pairs(reference, score, 1),
        "healthy against diseased": lambda ref, score: _pairs(1 - ref, score, 0.5),
        "accuracy at 0.5": lambda ref, score: float(np.mean((score >= 0.5) == ref)),
    },
}
