"""Mistyped words: changed into the one known word that is nearest, if there is one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z]{4,}")
NEAR = 0.79  # least similarity, 0 to 1: two letters swapped in a word of five


def words_of(reports: Iterable[str], *, at_least: int) -> frozenset[str]:
    """Return the words of four letters or more that occur in enough reports.

    Parameters
    ----------
    reports : iterable of str
        The training reports: what is common there is taken for well spelt.
    at_least : int
        Reports that a word must occur in.

    Raises
    ------
    ValueError
        If no word is that common.

    Examples
    --------
    >>> sorted(words_of(["Small effusion", "Large effusion"], at_least=2))
    ['effusion']
    """
    counts: Counter[str] = Counter()
    for report in reports:
        counts.update({word.lower() for word in _WORD.findall(report)})
    known = frozenset(word for word, number in counts.items() if number >= at_least)
    if not known:
        raise ValueError(
            f"No word of four letters occurs in {at_least} reports. Expected a set of "
            "training reports; pass more of them, or a smaller at_least."
        )
    return known


def mend_spelling(text: str, known: Collection[str]) -> str:
    """Return a text in which unknown words are the nearest known ones.

    Words of fewer than four letters, and words that are near to none, stay. The case
    of a mended word is lost.

    Parameters
    ----------
    text : str
    known : collection of str
        Lower case, for example from `words_of`.

    Examples
    --------
    >>> mend_spelling("No pleural efffusion.", {"pleural", "effusion"})
    'No pleural effusion.'
    """
    known = frozenset(known)

    def mended(match: re.Match) -> str:
        word = match[0]
        return word if word.lower() in known else _nearest(word.lower(), known) or word

    return _WORD.sub(mended, text)


@lru_cache(maxsize=20_000)
def _nearest(word: str, known: frozenset[str]) -> str:
    return next(iter(get_close_matches(word, known, n=1, cutoff=NEAR)), "")
