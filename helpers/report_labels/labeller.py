"""The labeller: mentions, the scope of denial and doubt, one assertion a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from helpers.report_labels.lexicon import (
    CHEST_FINDINGS,
    REPORT_RULES,
    FindingWords,
    Rules,
)
from helpers.report_labels.text import asserting_text, split_sentences

#: What a text can assert about a finding, the stronger first.
ASSERTIONS = ("positive", "uncertain", "negated", "not mentioned")
POLICIES = ("zeros", "ones", "ignore")


def find_mentions(
    sentence: str, findings: Mapping[str, FindingWords] = CHEST_FINDINGS
) -> list[tuple[str, int, int]]:
    """Return (finding, start, end) of every mention in a sentence, from the left.

    Parameters
    ----------
    sentence : str
    findings : mapping of str to FindingWords
        The names of each finding; default: seven findings of the chest.

    Examples
    --------
    >>> find_mentions("No effusion or pneumothorax.")
    [('effusion', 3, 11), ('pneumothorax', 15, 27)]
    """
    found = [
        (name, match.start(), match.end())
        for name, words in findings.items()
        for match in words.there.finditer(sentence)
    ]
    return sorted(found, key=lambda mention: mention[1:])


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


def label_report(
    report: str,
    *,
    findings: Mapping[str, FindingWords] = CHEST_FINDINGS,
    rules: Rules = REPORT_RULES,
) -> dict[str, str]:
    """Return what a report asserts about each finding, one of ``ASSERTIONS``.

    The strongest mention decides: one positive sentence outweighs any denial, as in the
    labeller of CheXpert.

    Parameters
    ----------
    report : str
        Free text with or without headings.
    findings : mapping of str to FindingWords
    rules : Rules

    Raises
    ------
    TypeError, ValueError
        If the report is no text, or empty.

    Examples
    --------
    >>> said = label_report("FINDINGS: Possible nodule. The heart is of normal size.")
    >>> said["nodule"], said["cardiomegaly"], said["effusion"]
    ('uncertain', 'negated', 'not mentioned')

    References
    ----------
    Irvin J et al. CheXpert. AAAI 2019. arXiv 1901.07031
    """
    said: dict[str, set[str]] = {name: set() for name in findings}
    text = asserting_text(report, request_is_one_line=rules.request_is_one_line)
    for sentence in split_sentences(text):
        for name, start, end in find_mentions(sentence, findings):
            said[name].add(assertion_of(sentence, start, end, rules=rules))
        for name, words in findings.items():
            if words.normal.search(sentence):
                said[name].add("negated")
    return {
        name: next((one for one in ASSERTIONS if one in heard), ASSERTIONS[-1])
        for name, heard in said.items()
    }


def label_reports(
    reports: Iterable[str],
    *,
    findings: Mapping[str, FindingWords] = CHEST_FINDINGS,
    rules: Rules = REPORT_RULES,
) -> pd.DataFrame:
    """Return what each report asserts: one row a report, one column a finding.

    Parameters
    ----------
    reports : iterable of str
        A column of a table keeps its index.
    findings, rules
        As for `label_report`.

    Raises
    ------
    TypeError, ValueError
        If a report is no text, or empty; the message says which row.

    Examples
    --------
    >>> label_reports(["No nodule."])["nodule"].tolist()
    ['negated']
    """
    index = reports.index if isinstance(reports, pd.Series) else None
    rows = []
    for place, report in enumerate(reports):
        try:
            rows.append(label_report(report, findings=findings, rules=rules))
        except (TypeError, ValueError) as error:
            raise type(error)(f"Report {place} (counted from 0): {error}") from None
    return pd.DataFrame(rows, index=index, columns=list(findings))


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
    if uncertain not in POLICIES:
        raise ValueError(
            f"uncertain is {uncertain!r}, expected one of {', '.join(POLICIES)}. It "
            "says what an uncertain mention becomes: 0, 1, or left out."
        )
    strange = sorted(set(assertions) - set(ASSERTIONS), key=str)
    if strange:
        raise ValueError(
            f"assertions holds {strange[0]!r}, expected {', '.join(ASSERTIONS)}. Pass "
            "a column of label_reports."
        )
    doubtful = {"zeros": 0.0, "ones": 1.0, "ignore": np.nan}[uncertain]
    meaning = {"positive": 1.0, "uncertain": doubtful}
    return assertions.map(lambda said: meaning.get(said, 0.0)).astype(float)
