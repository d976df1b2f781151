"""Labels from radiology reports: sections, sentences, mentions, what is asserted.

A rule-based labeller in the manner of NegEx and of the labeller of CheXpert. It says
what the *text* asserts; whether the text is right is another question, which only a
better reference standard can answer.

The words stand in data/report_words.csv, written from training reports and from general
knowledge of how chest films are reported in English. Such a list is never finished:
measure what it misses on reports that it was not written from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.files import PROJECT
from phantoms import FINDINGS

#: What a text can assert about a finding, the stronger first.
ASSERTIONS = ("positive", "uncertain", "negated", "not mentioned")


class Rules(NamedTuple):
    """Words that change what a mention asserts; each a regular expression.

    Attributes
    ----------
    denies, doubts : re.Pattern
        Before a mention: "no evidence of", "without"; "possible", "may represent".
    gone, open : re.Pattern
        After a mention: "has resolved", "is no longer seen"; "cannot be excluded".
    false_alarm : re.Pattern
        Looks like a denial and is none: "no change in", "not only".
    ends : re.Pattern
        Where the scope of a word ends inside a sentence: "but", a semicolon.
    request_is_one_line : bool
        Whether the text of a silent section (the request, the comparison) ends with
        its line, or only at the next heading.
    """

    denies: re.Pattern
    doubts: re.Pattern
    gone: re.Pattern
    open: re.Pattern
    false_alarm: re.Pattern
    ends: re.Pattern
    request_is_one_line: bool


_LISTS = pd.read_csv(PROJECT / "data" / "report_words.csv").groupby("list")["pattern"]


def _words(name: str) -> re.Pattern:
    """Return a list of the table as one regular expression of whole words."""
    patterns = "|".join(_LISTS.get_group(name))
    return re.compile(rf"\b(?:{patterns})\b", re.IGNORECASE)


def _more(pattern: re.Pattern, *added: str) -> re.Pattern:
    return re.compile("|".join((pattern.pattern, *added)), re.IGNORECASE)


#: Written from the training reports of hospital A and general knowledge, frozen before
#: any report of another hospital was read.
RULES_OF_A = Rules(
    denies=_words("denies"),
    doubts=_words("doubts"),
    gone=_words("gone"),
    open=_words("open"),
    false_alarm=_words("false alarm"),
    ends=_more(_words("ends"), ";"),
    request_is_one_line=False,
)

#: The same, mended after reading the training reports of hospital B and those of the
#: first forty patients of hospital C: "nil", "?nodule", "nodule: absent", "nodule not
#: seen", "differential includes", and findings without a heading of their own.
REPORT_RULES = RULES_OF_A._replace(
    denies=_more(RULES_OF_A.denies, r"\bnil\b"),
    doubts=_more(RULES_OF_A.doubts, r"\?", r"\bdifferential (?:includes|of)\b"),
    gone=_more(
        RULES_OF_A.gone,
        r"^(?: \w+){0,4} ?: ?(?:absent|none|nil|no)\b",
        r"^(?: \w+){0,4} (?:not|never) (?:seen|visible|present|identified|shown)\b",
    ),
    request_is_one_line=True,
)


class _FindingWords(NamedTuple):
    """The words for one finding; each a regular expression.

    Attributes
    ----------
    there : re.Pattern
        Names of the finding and of its signs: "effusion", "blunting".
    normal : re.Pattern
        Sentences that say without its name that it is not there: "the costophrenic
        angles are sharp".
    """

    there: re.Pattern
    normal: re.Pattern


CHEST_FINDINGS = {
    name: _FindingWords(there=_words(name), normal=_words(f"no {name}"))
    for name in FINDINGS
}

#: Headings whose text asserts nothing about this film.
_SILENT = re.compile(
    r"indication|clinical|history|request|reason|question|referral|comparison|compared"
    r"|previous|prior|technique|exam|procedure|view",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /]{2,40}?)[ \t]*:", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<!\bDr\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[A-Za-z]{4,}")
_NEAR = 0.79  # least similarity, 0 to 1: two letters swapped in a word of five


def asserting_text(report: str, *, request_is_one_line: bool = True) -> str:
    r"""Return the sections that say what is on the film, without their headings.

    A heading is a few words at the beginning of a line, ended by a colon. The request
    asks ("?pneumothorax") and the comparison remembers; neither says what is on the
    film.

    Parameters
    ----------
    report : str
    request_is_one_line : bool
        Whether a silent section ends with its line, so that findings below it need no
        heading; False: it goes on to the next heading, as a long history may.

    Raises
    ------
    TypeError, ValueError
        If the report is no text, such as the NaN of a missing one, or empty.

    Examples
    --------
    >>> asserting_text("INDICATION: ?oedema\nClear lungs.")
    'Clear lungs.'
    >>> asserting_text("INDICATION: ?oedema\nClear.", request_is_one_line=False)
    ''
    """
    if not isinstance(report, str):
        raise TypeError(f"A report must be text, got {report!r}. Leave its row out.")
    if not report.strip():
        raise ValueError("The report is empty, expected text. Leave its row out.")
    lead, *sections = _HEADING.split(report)
    kept = [lead.strip()]
    for heading, text in zip(sections[::2], sections[1::2], strict=True):
        if _SILENT.match(heading):
            below = text.strip().partition("\n")[2]
            text = below if request_is_one_line else ""
        kept.append(text.strip())
    return "\n".join(text for text in kept if text)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text: parts that end in a stop or at a line's end.

    A point inside a number ("3.5 cm") ends nothing.

    Examples
    --------
    >>> split_sentences("A 3.5 cm mass. No effusion.")
    ['A 3.5 cm mass.', 'No effusion.']
    """
    parts = (part.strip() for part in _SENTENCE_END.split(text))
    return [part for part in parts if part]


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
            f"No word of four letters occurs in {at_least} reports: pass more of them."
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
    return next(iter(get_close_matches(word, known, n=1, cutoff=_NEAR)), "")


def find_mentions(sentence: str) -> list[tuple[str, int, int]]:
    """Return (finding, start, end) of every mention in a sentence.

    Examples
    --------
    >>> find_mentions("No effusion or pneumothorax.")
    [('effusion', 3, 11), ('pneumothorax', 15, 27)]
    """
    return [
        (name, match.start(), match.end())
        for name, words in CHEST_FINDINGS.items()
        for match in words.there.finditer(sentence)
    ]


def assertion_of(
    sentence: str, start: int, end: int, *, rules: Rules = REPORT_RULES
) -> str:
    """Return what a sentence asserts about the mention at ``sentence[start:end]``.

    Words before the mention count from the last "but" or semicolon on, words after it
    up to the next. Doubt is looked for first: "cannot be excluded" denies nothing.

    Parameters
    ----------
    sentence : str
    start, end : int
        Place of the mention in the sentence, as from `find_mentions`.
    rules : Rules
        Words of denial and doubt; default: English.

    Returns
    -------
    str
        "positive", "uncertain" or "negated".

    Examples
    --------
    >>> assertion_of("No effusion, but a small nodule.", 3, 11)
    'negated'
    >>> assertion_of("No effusion, but a small nodule.", 25, 31)
    'positive'

    References
    ----------
    Chapman WW et al. J Biomed Inform 2001;34:301-310. doi:10.1006/jbin.2001.1029
    """
    before, after = sentence[:start], sentence[end:]
    for match in rules.ends.finditer(sentence):
        if match.end() <= start:
            before = sentence[match.end() : start]
        elif match.start() >= end:
            after = sentence[end : match.start()]
            break
    before = rules.false_alarm.sub(" ", before)
    if rules.doubts.search(before) or rules.open.search(after):
        return "uncertain"
    if rules.denies.search(before) or rules.gone.search(after):
        return "negated"
    return "positive"


def label_reports(
    reports: Iterable[str], *, rules: Rules = REPORT_RULES
) -> pd.DataFrame:
    """Return what each report asserts: one row a report, one column a finding.

    The strongest mention decides: one positive sentence outweighs any denial, as in the
    labeller of CheXpert.

    Parameters
    ----------
    reports : iterable of str
        Free text with or without headings. A column of a table keeps its index.
    rules : Rules

    Returns
    -------
    pandas.DataFrame of str
        Each cell is one of ``ASSERTIONS``.

    Raises
    ------
    TypeError, ValueError
        If a report is no text, or empty; the message says which row.

    Examples
    --------
    >>> said = label_reports(["FINDINGS: Possible nodule. Heart size is normal."])
    >>> said[["nodule", "cardiomegaly", "effusion"]].iloc[0].tolist()
    ['uncertain', 'negated', 'not mentioned']

    References
    ----------
    Irvin J et al. CheXpert. AAAI 2019. arXiv 1901.07031
    """
    index = reports.index if isinstance(reports, pd.Series) else None
    rows = []
    for place, report in enumerate(reports):
        try:
            text = asserting_text(report, request_is_one_line=rules.request_is_one_line)
        except (TypeError, ValueError) as error:
            raise type(error)(f"Report {place} (counted from 0): {error}") from None
        said = dict.fromkeys(CHEST_FINDINGS, ASSERTIONS[-1])
        for sentence in split_sentences(text):
            heard = [
                (name, assertion_of(sentence, start, end, rules=rules))
                for name, start, end in find_mentions(sentence)
            ]
            heard += [
                (name, "negated")
                for name, words in CHEST_FINDINGS.items()
                if words.normal.search(sentence)
            ]
            for name, one in heard:
                said[name] = min(said[name], one, key=ASSERTIONS.index)
        rows.append(said)
    return pd.DataFrame(rows, index=index, columns=list(CHEST_FINDINGS))


def binary_labels(assertions: pd.Series, *, uncertain: str) -> pd.Series:
    """Return 1, 0 or, for what is left out, NaN for each report.

    Parameters
    ----------
    assertions : pandas.Series of str
        One of ``ASSERTIONS`` a report.
    uncertain : {"zeros", "ones", "ignore"}
        What "uncertain" becomes: 0, 1, or NaN, so that the image is left out. "Not
        mentioned" becomes 0: whoever does not mention it did not see it.

    Raises
    ------
    ValueError
        If the policy or an assertion is unknown.

    Examples
    --------
    >>> said = pd.Series(["positive", "uncertain", "not mentioned"])
    >>> binary_labels(said, uncertain="ones").tolist()
    [1.0, 1.0, 0.0]

    References
    ----------
    Irvin J et al. CheXpert. AAAI 2019. arXiv 1901.07031
    """
    policies = {"zeros": 0.0, "ones": 1.0, "ignore": np.nan}
    strange = sorted(set(assertions) - set(ASSERTIONS), key=str)
    if uncertain not in policies or strange:
        raise ValueError(
            f"uncertain is {uncertain!r}, expected one of {', '.join(policies)}; "
            f"unknown assertions: {strange}, expected {', '.join(ASSERTIONS)}."
        )
    meaning = {"positive": 1.0, "uncertain": policies[uncertain]}
    return assertions.map(lambda said: meaning.get(said, 0.0)).astype(float)
