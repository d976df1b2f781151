"""Known mistakes in the exercises of lesson 21."""

import numpy as np


def _entropies(labels, scores, log=np.log):
    return -(labels * log(scores) + (1 - labels) * log(1 - scores))


WRONG = {
    # r rows and c columns of the window, i channels of the input, n filters, b: bias
    "21.1": {
        "forgot the channels of the input": lambda r, c, i, n, b: n * (r * c + b),
        "one bias for each channel": lambda r, c, i, n, b: n * i * (r * c + b),
        "forgot the bias": lambda r, c, i, n, b: n * r * c * i,
        "took the window for a square": lambda r, c, i, n, b: n * (r * r * i + b),
    },
    "21.2": {
        "only images with the finding": lambda y, s: -np.mean(y * np.log(s)),
        "sum instead of mean": lambda y, s: np.sum(_entropies(y, s)),
        "logarithm to base 2": lambda y, s: np.mean(_entropies(y, s, np.log2)),
        "lost the minus sign": lambda y, s: -np.mean(_entropies(y, s)),
    },
    "21.3": {
        "counted the part batch": lambda images, batch: int(np.ceil(images / batch)),
        "left a broken number": lambda images, batch: images / batch,
        "rounded to the nearest": lambda images, batch: round(images / batch),
    },
    "21.5": {
        "counted epochs from 0": lambda loss: int(np.argmin(loss)),
        "took the last of equals": lambda loss: len(loss) - int(np.argmin(loss[::-1])),
        "took the last epoch": lambda loss: len(loss),
        "took the highest loss": lambda loss: int(np.argmax(loss)) + 1,
    },
}
