"""Known mistakes in the exercises of lesson 14."""

import re

import numpy as np


def _any_no(sentence, name):
    """Look in the whole sentence, before and after the name."""
    return bool(re.search(r"\b(no|without)\b", sentence))


def _letters(sentence, name):
    """Find the letters n and o inside other words."""
    reach = re.split(r"but|;", sentence.split(name)[0])[-1]
    return "no" in reach or "without" in reach


def _next_word_only(sentence, name):
    """Let the denial reach two words, and no further."""
    return bool(re.search(rf"\b(no|without)\b( \w+)? {name}", sentence))


def _through_but(sentence, name):
    return bool(re.search(r"\b(no|without)\b", sentence.split(name)[0]))


def _no_alone(sentence, name):
    reach = re.split(r"\bbut\b|;", sentence.split(name)[0])[-1]
    return bool(re.search(r"\bno\b", reach))


def _raw_agreement(table):
    return np.trace(table) / np.sum(table)


def _even_habits(table):
    """Take every category as equally usual (the kappa of Bennett)."""
    observed, by_chance = _raw_agreement(table), 1 / len(table)
    return (observed - by_chance) / (1 - by_chance)


def _not_rescaled(table):
    share = np.asarray(table) / np.sum(table)
    by_chance = np.trace(np.outer(share.sum(axis=1), share.sum(axis=0)))
    return np.trace(share) - by_chance


def _rows_twice(table):
    share = np.asarray(table) / np.sum(table)
    by_chance = np.sum(share.sum(axis=1) ** 2)
    return (np.trace(share) - by_chance) / (1 - by_chance)


WRONG = {
    "14.2": {
        "the whole sentence": _any_no,
        "letters inside a word": _letters,
        "the next word only": _next_word_only,
        "through a 'but'": _through_but,
        "'no' alone": _no_alone,
    },
    "14.5": {
        "agreement without chance": _raw_agreement,
        "every category equally usual": _even_habits,
        "not divided by what is left": _not_rescaled,
        "the habits of one reader twice": _rows_twice,
    },
    "14.6": {
        "all readers": lambda calls, reader: (calls.mean(axis=1) > 0.5).astype(int),
        "a tie counts as 1": lambda calls, reader: (
            np.delete(calls, reader, axis=1).mean(axis=1) >= 0.5
        ).astype(int),
        "a row left out": lambda calls, reader: (
            np.delete(calls, reader, axis=0).mean(axis=1) > 0.5
        ).astype(int),
        "the reader alone": lambda calls, reader: calls[:, reader],
    },
}
