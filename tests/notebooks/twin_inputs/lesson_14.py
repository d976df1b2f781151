"""Inputs for the functions that lesson 14 teaches and helpers keep."""

import pandas as pd

from helpers.report_labels import REPORT_RULES, RULES_OF_A, find_mentions

_SENTENCES = (
    "No effusion, but a small nodule.",
    "An opacity may represent consolidation; no pneumothorax.",
    "Nodule cannot be excluded. The effusion has resolved.",
    "No significant change in the effusion.",
    "Pneumothorax: absent. ?nodule in the left upper zone.",
    "Cardiomegaly is seen, although the film is AP, without oedema.",
    "Nodule, however no effusion but consolidation.",
    "REQUEST: ?oedema\nNo nodule. Possible nodule. The lungs are clear.",
)

TWIN_INPUTS = {
    "helpers.report_labels.assertion_of": [
        ((sentence, start, end), {"rules": rules})
        for sentence in _SENTENCES
        for _, start, end in find_mentions(sentence)
        for rules in (RULES_OF_A, REPORT_RULES)
    ],
    "helpers.report_labels.label_reports": [
        ((pd.Series(_SENTENCES, index=range(5, 13)),), {"rules": rules})
        for rules in (RULES_OF_A, REPORT_RULES)
    ],
}
