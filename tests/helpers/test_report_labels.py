"""Report labels: sections, scope of denial and doubt, spelling, what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.report_labels import (
    ASSERTIONS,
    CHEST_FINDINGS,
    REPORT_RULES,
    RULES_OF_A,
    FindingWords,
    asserting_text,
    assertion_of,
    binary_labels,
    find_mentions,
    label_report,
    label_reports,
    mend_spelling,
    split_sections,
    split_sentences,
    words_of,
)

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


def heard(sentence, rules=REPORT_RULES):
    """Return {finding: assertion} of one sentence, mention by mention."""
    return {
        name: assertion_of(sentence, start, end, rules=rules)
        for name, start, end in find_mentions(sentence)
    }


def test_sections_keep_their_order_and_the_text_before_the_first_heading():
    report = "Dictated at night.\nINDICATION: Fever\nFINDINGS: Clear.\n 3: odd"
    assert split_sections(report) == [
        ("", "Dictated at night."),
        ("INDICATION", "Fever"),
        ("FINDINGS", "Clear.\n 3: odd"),
    ]


def test_request_and_comparison_assert_nothing():
    report = (
        "INDICATION: ?pneumothorax\nCOMPARISON: nodule in May\nFINDINGS: No effusion."
    )
    assert asserting_text(report) == "No effusion."
    assert label_report(report)["nodule"] == "not mentioned"
    assert label_report(report)["pneumothorax"] == "not mentioned"


def test_a_request_of_several_lines_hides_findings_without_a_heading_or_not():
    report = "Request: fever\nSmall effusion."
    assert label_report(report, rules=REPORT_RULES)["effusion"] == "positive"
    assert label_report(report, rules=RULES_OF_A)["effusion"] == "not mentioned"


def test_sentences_end_at_stops_and_lines_not_inside_numbers_or_titles():
    text = "Seen by Dr Miller.\nA 3.5 cm mass, e.g. a tumour. No effusion"
    assert split_sentences(text) == [
        "Seen by Dr Miller.",
        "A 3.5 cm mass, e.g. a tumour.",
        "No effusion",
    ]


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Small left effusion.", {"effusion": "positive"}),
        (
            "No effusion or pneumothorax.",
            {"effusion": "negated", "pneumothorax": "negated"},
        ),
        ("No effusion, but a nodule.", {"effusion": "negated", "nodule": "positive"}),
        ("Nodule; no effusion.", {"nodule": "positive", "effusion": "negated"}),
        ("Pneumothorax cannot be excluded.", {"pneumothorax": "uncertain"}),
        ("The effusion has now resolved.", {"effusion": "negated"}),
        ("No significant change in the effusion.", {"effusion": "positive"}),
        ("Findings may represent pneumonia.", {"consolidation": "uncertain"}),
        (
            "Cardiomegaly, although no oedema.",
            {"cardiomegaly": "positive", "oedema": "negated"},
        ),
        ("Nodular opacity is seen.", {"nodule": "positive"}),
    ],
)
@pytest.mark.parametrize("rules", [RULES_OF_A, REPORT_RULES])
def test_scope_of_denial_and_doubt(sentence, said, rules):
    assert heard(sentence, rules) == said


@pytest.mark.parametrize(
    ("sentence", "finding", "mended", "before"),
    [
        ("Pneumothorax: absent.", "pneumothorax", "negated", "positive"),
        ("?nodule right upper zone.", "nodule", "uncertain", "positive"),
        ("Nil effusion.", "effusion", "negated", "positive"),
        ("Nodule not seen.", "nodule", "negated", "positive"),
    ],
)
def test_grammar_of_other_hospitals_was_mended(sentence, finding, mended, before):
    assert heard(sentence, REPORT_RULES)[finding] == mended
    assert heard(sentence, RULES_OF_A)[finding] == before


def test_the_strongest_mention_decides():
    report = "No nodule on the left. Possible nodule on the right. Nodule in the apex."
    assert label_report(report)["nodule"] == "positive"
    assert label_report(report.replace("Nodule in", "Scar in"))["nodule"] == "uncertain"


def test_a_sentence_without_the_name_can_deny():
    said = label_report("Both costophrenic angles are sharp. The heart is normal.")
    assert said["effusion"] == "negated"
    assert said["cardiomegaly"] == "negated"
    assert said["nodule"] == "not mentioned"


def test_findings_of_ones_own():
    import re

    fracture = FindingWords(re.compile(r"fractures?", re.I), re.compile(r"(?!)"))
    said = label_report("No rib fracture.", findings={"fracture": fracture})
    assert said == {"fracture": "negated"}


def test_label_reports_keeps_the_index_and_names_the_row():
    reports = pd.Series(["No nodule.", "Effusion."], index=["s1", "s2"])
    table = label_reports(reports)
    assert list(table.index) == ["s1", "s2"]
    assert list(table.columns) == list(CHEST_FINDINGS)
    with pytest.raises(TypeError, match=r"Report 1 \(counted from 0\).*got nan"):
        label_reports(["No nodule.", np.nan])
    with pytest.raises(ValueError, match=r"Report 0 .*empty.*leave its row out"):
        label_reports(["  \n", "No nodule."])


def test_binary_labels_by_each_policy():
    said = pd.Series(list(ASSERTIONS), index=[3, 4, 5, 6])
    assert binary_labels(said, uncertain="ones").tolist() == [1, 1, 0, 0]
    assert binary_labels(said, uncertain="zeros").tolist() == [1, 0, 0, 0]
    ignored = binary_labels(said, uncertain="ignore")
    assert np.isnan(ignored[4])
    assert ignored.dropna().tolist() == [1, 0, 0]


def test_binary_labels_refuse_other_words():
    with pytest.raises(ValueError, match="uncertain is 'maybe', expected one of zeros"):
        binary_labels(pd.Series(["positive"]), uncertain="maybe")
    with pytest.raises(ValueError, match="assertions holds 'yes'"):
        binary_labels(pd.Series(["positive", "yes"]), uncertain="ones")
    with pytest.raises(ValueError, match="assertions holds nan"):
        binary_labels(pd.Series(["positive", np.nan]), uncertain="ones")


KNOWN = frozenset({"pleural", "effusion", "nodule", "left", "without"})


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("No pleural efffusion.", "No pleural effusion."),
        ("Nodlue, left", "nodule, left"),
        ("withuot effusion", "without effusion"),
        ("LEFT Pleural", "LEFT Pleural"),  # known in any case: left alone
        ("No air.", "No air."),  # three letters or fewer stay
        ("Tuberculosis", "Tuberculosis"),  # near to nothing
    ],
)
def test_spelling(typed, mended):
    assert mend_spelling(typed, KNOWN) == mended


@given(st.lists(st.sampled_from(sorted(KNOWN)), max_size=6))
def test_well_spelt_text_stays(words):
    text = " ".join(words)
    assert mend_spelling(text, KNOWN) == text


def test_words_are_counted_by_report():
    reports = ["effusion effusion effusion", "a nodule", "Nodule and effusion"]
    assert words_of(reports, at_least=2) == {"effusion", "nodule"}
    with pytest.raises(ValueError, match="occurs in 4 reports.*smaller at_least"):
        words_of(reports, at_least=4)


@given(st.text(max_size=200))
def test_any_text_is_labelled_or_refused_in_words(text):
    if text.strip():
        assert set(label_report(text).values()) <= set(ASSERTIONS)
    else:
        with pytest.raises(ValueError, match="The report is empty"):
            label_report(text)
