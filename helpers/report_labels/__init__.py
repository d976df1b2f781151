"""Labels from radiology reports: sections, sentences, mentions, what is asserted.

A rule-based labeller in the manner of NegEx and of the labeller of CheXpert. It says
what the *text* asserts; whether the text is right is another question, which only a
better reference standard can answer.
"""

from helpers.report_labels.labeller import (
    ASSERTIONS,
    assertion_of,
    binary_labels,
    find_mentions,
    label_report,
    label_reports,
)
from helpers.report_labels.lexicon import (
    CHEST_FINDINGS,
    REPORT_RULES,
    RULES_OF_A,
    FindingWords,
    Rules,
)
from helpers.report_labels.spelling import mend_spelling, words_of
from helpers.report_labels.text import asserting_text, split_sections, split_sentences

__all__ = [
    "ASSERTIONS",
    "CHEST_FINDINGS",
    "REPORT_RULES",
    "RULES_OF_A",
    "FindingWords",
    "Rules",
    "asserting_text",
    "assertion_of",
    "binary_labels",
    "find_mentions",
    "label_report",
    "label_reports",
    "mend_spelling",
    "split_sections",
    "split_sentences",
    "words_of",
]
