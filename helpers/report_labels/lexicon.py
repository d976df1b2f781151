"""Words: how findings are called, and how they are denied, doubted or said to be gone.

Written from training reports and from general knowledge of how chest films are reported
in English. Such a list is never finished: measure what it misses on reports that it was
not written from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Rules:
    """Words that change what a mention asserts; each a regular expression.

    Attributes
    ----------
    denies : re.Pattern
        Before a mention: "no evidence of", "without".
    doubts : re.Pattern
        Before a mention: "possible", "may represent".
    gone : re.Pattern
        After a mention: "has resolved", "is no longer seen".
    open : re.Pattern
        After a mention: "cannot be excluded", "is suspected".
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


def _words(*patterns: str) -> re.Pattern:
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE)


def _more(pattern: re.Pattern, *added: str) -> re.Pattern:
    return re.compile("|".join((pattern.pattern, *added)), re.IGNORECASE)


#: Written from the training reports of hospital A and general knowledge, frozen before
#: any report of another hospital was read.
RULES_OF_A = Rules(
    denies=_words(
        r"no",
        r"not",
        r"without",
        r"free of",
        r"negative for",
        r"absence of",
        r"absent",
        r"rules? out",
        r"ruled out",
        r"den(?:y|ies)",
    ),
    doubts=_words(
        r"possibl[ey]",
        r"probabl[ey]",
        r"likely",
        r"may",
        r"might",
        r"could",
        r"suspected",
        r"suspicious for",
        r"suggest(?:s|ive|ing)?(?: of)?",
        r"suspicion of",
        r"concern(?:ing)? for",
        r"questionable",
        r"query",
        r"equivocal",
        r"presumed",
        r"perhaps",
        r"(?:can ?not|cannot|can't|not) (?:be )?(?:entirely )?(?:exclude|rule out)d?",
        r"difficult to exclude",
        r"versus",
        r"vs",
    ),
    gone=_words(
        r"(?:has|have|had) (?:now |fully )*(?:resolved|cleared|disappeared)",
        r"(?:is|are) (?:now )?(?:resolved|absent|excluded|ruled out)",
        r"(?:is|are) (?:no longer|not) (?:seen|visible|present|identified|evident)",
        r"no longer (?:seen|visible|present|identified|evident)",
        r"(?:was|were) not (?:seen|found|identified)",
    ),
    open=_words(
        r"(?:can ?not|cannot|can't|could not) be (?:entirely |safely )?"
        r"(?:excluded|ruled out)",
        r"(?:is|are) (?:not excluded|possible|suspected|questionable|likely|probable)",
        r"not (?:entirely )?excluded",
        r"suspected",
    ),
    false_alarm=_words(
        r"no (?:significant |appreciable |interval |relevant |definite )*change",
        r"no (?:significant |interval )*(?:increase|decrease|progression)",
        r"not (?:significantly )?(?:changed|increased|decreased)",
        r"without (?:significant |interval )*change",
        r"no further",
        r"not only",
    ),
    ends=re.compile(
        r"\b(?:but|however|although|though|except|apart from|other than|aside from"
        r"|despite)\b|;",
        re.IGNORECASE,
    ),
    request_is_one_line=False,
)

#: The same, mended after reading the training reports of hospital B and those of the
#: first forty patients of hospital C: "nil", "?nodule", "nodule: absent", "nodule not
#: seen", "differential includes", and findings without a heading of their own.
REPORT_RULES = replace(
    RULES_OF_A,
    denies=_more(RULES_OF_A.denies, r"\bnil\b"),
    doubts=_more(RULES_OF_A.doubts, r"\?", r"\bdifferential (?:includes|of)\b"),
    gone=_more(
        RULES_OF_A.gone,
        r"^(?: \w+){0,4} ?: ?(?:absent|none|nil|no)\b",
        r"^(?: \w+){0,4} (?:not|never) (?:seen|visible|present|identified|shown)\b",
    ),
    request_is_one_line=True,
)


@dataclass(frozen=True)
class FindingWords:
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


_CLEAR = r"(?:clear|normal|unremarkable)"
_HEART = r"(?:heart|cardiac silhouette|cardiac size|heart size|cardiac shadow)"

CHEST_FINDINGS: Mapping[str, FindingWords] = {
    "consolidation": FindingWords(
        there=_words(
            r"consolidations?",
            r"pneumoni(?:a|c)",
            r"infiltrates?",
            r"air[ -]?space (?:disease|opacit(?:y|ies)|shadowing|opacification)",
            r"(?:ill|poorly)[ -]defined (?:density|opacity)",
            r"air bronchograms?",
        ),
        normal=_words(
            rf"lungs? (?:fields? )?(?:is|are|remain) {_CLEAR}",
            r"clear lungs?(?: fields?)?",
        ),
    ),
    "nodule": FindingWords(
        there=_words(
            r"nodul(?:e|es|ar)",
            r"coin lesions?",
            r"(?:round|rounded) (?:opacity|density|lesion)",
            r"well[ -]defined (?:focal )?(?:density|opacity|lesion)",
            r"focal (?:lung |pulmonary )?lesions?",
            r"mass(?:es)?",
        ),
        normal=_words(r"(?!)"),
    ),
    "effusion": FindingWords(
        there=_words(
            r"effusions?",
            r"pleural fluid",
            r"costophrenic (?:angle )?blunting",
            r"blunt(?:ing|ed)(?: of)?(?: the)?(?: left| right)? costophrenic",
            r"costophrenic (?:angle|sulcus) is blunted",
        ),
        normal=_words(
            r"costophrenic (?:angles?|sulc(?:i|us)|recess(?:es)?) "
            r"(?:is|are|remain) (?:sharp|clear|preserved|free)",
            r"(?:sharp|clear) costophrenic (?:angles?|sulc(?:i|us))",
        ),
    ),
    "pneumothorax": FindingWords(
        there=_words(
            r"pneumothora(?:x|ces)",
            r"(?:visible )?pleural line",
            r"pleural air",
            r"lung edge (?:lies|is) (?:away|separated)",
        ),
        normal=_words(
            r"lungs? (?:is|are) (?:both )?(?:fully|well) (?:expanded|inflated)"
        ),
    ),
    "cardiomegaly": FindingWords(
        there=_words(
            r"cardiomegaly",
            r"(?:cardiac|heart) enlargement",
            r"enlarged (?:heart|cardiac silhouette|cardiac shadow)",
            rf"{_HEART} (?:is|appears) (?:mildly |markedly )?(?:enlarged|large|big)",
            r"(?:cardiothoracic ratio|ctr) (?:is )?(?:increased|raised|enlarged)",
        ),
        normal=_words(
            rf"{_HEART} (?:is|appears) (?:of )?(?:normal|not enlarged|unremarkable)",
            r"normal (?:heart|cardiac) (?:size|silhouette)",
            r"normal[ -]sized heart",
        ),
    ),
    "tuberculosis": FindingWords(
        there=_words(
            r"tubercul(?:osis|ous)",
            r"tb",
            r"(?:fibro)?cavit(?:y|ies|ary|ating|ation)",
        ),
        normal=_words(rf"apices (?:are|remain) {_CLEAR}", r"clear apices"),
    ),
    "oedema": FindingWords(
        there=_words(
            r"o?edema",
            r"septal (?:lines?|thickening)",
            r"kerley(?: b)? lines?",
            r"(?:pulmonary )?(?:venous|vascular) congestion",
            r"peribronchial cuffing",
            r"(?:upper lobe )?blood diversion",
        ),
        normal=_words(
            r"normal pulmonary (?:vascularity|vessels|vasculature)",
            r"pulmonary (?:vascularity|vasculature) (?:is|appears) normal",
        ),
    ),
}
