"""Known mistakes in the exercises of lesson 14."""

import re

import numpy as np

NO = r"\b(no|without)\b"


def _reach(sentence, name):
    """Return the words before the name, as far back as a denial reaches."""
    return re.split(r"\bbut\b|;", sentence.split(name)[0])[-1]


def _others(calls, reader, *, axis=1, tie=0):
    """Return what most of the others say; without a row instead of a reader: axis 0."""
    share = np.delete(calls, reader, axis=axis).mean(axis=1)
    return np.where(share == 0.5, tie, share > 0.5).astype(int)


def _kappa(table, by_chance, *, rescaled=True):
    gain = np.trace(table) / np.sum(table) - by_chance
    return gain / (1 - by_chance) if rescaled else gain


def _chance(table, *, second):
    """Return the agreement by chance of the habits along two axes."""
    share = np.asarray(table) / np.sum(table)
    return share.sum(axis=1) @ share.sum(axis=second)


WRONG = {
    "14.2": {
        "the whole sentence": lambda text, name: bool(re.search(NO, text)),
        "letters inside a word": lambda text, name: bool(
            re.search("no|without", _reach(text, name))
        ),
        "the next word only": lambda text, name: bool(
            re.search(rf"{NO}( \w+)? {name}", text)
        ),
        "through a 'but'": lambda text, name: bool(re.search(NO, text.split(name)[0])),
        "'no' alone": lambda text, name: bool(re.search(r"\bno\b", _reach(text, name))),
    },
    "14.5": {
        "agreement without chance": lambda table: np.trace(table) / np.sum(table),
        "every category equally usual": lambda table: _kappa(table, 1 / len(table)),
        "not divided by what is left": lambda table: _kappa(
            table, _chance(table, second=0), rescaled=False
        ),
        "one reader's habits twice": lambda t: _kappa(t, _chance(t, second=1)),
    },
    "14.6": {
        "all readers": lambda calls, reader: (calls.mean(axis=1) > 0.5).astype(int),
        "a tie counts as 1": lambda calls, reader: _others(calls, reader, tie=1),
        "a row left out": lambda calls, reader: _others(calls, reader, axis=0),
        "the reader alone": lambda calls, reader: calls[:, reader],
    },
}
