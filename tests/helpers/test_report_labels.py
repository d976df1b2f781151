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
    asserting_text,
    assertion_of,
    binary_labels,
    find_mentions,
    label_reports,
    mend_spelling,
    split_sentences,
    words_of,
)

settings.register_profile("course", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("course")


def heard(sentence, rules=REPORT_RULES):
    """Return what a sentence asserts, mention by mention, in the order of the text."""
    mentions = sorted(find_mentions(sentence), key=lambda mention: mention[1])
    return " ".join(
        f"{name}:{assertion_of(sentence, start, end, rules=rules)}"
        for name, start, end in mentions
    )


def label(report, finding, rules=REPORT_RULES):
    return label_reports([report], rules=rules)[finding].item()


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Small left effusion.", "effusion:positive"),
        ("No effusion or pneumothorax.", "effusion:negated pneumothorax:negated"),
        ("No effusion, but a nodule.", "effusion:negated nodule:positive"),
        ("Nodule; no effusion.", "nodule:positive effusion:negated"),
        ("Pneumothorax cannot be excluded.", "pneumothorax:uncertain"),
        ("The effusion has now resolved.", "effusion:negated"),
        ("The effusion is no longer seen.", "effusion:negated"),
        ("Pneumothorax is not seen.", "pneumothorax:negated"),
        ("A nodule is suspected.", "nodule:uncertain"),
        ("No significant change in the effusion.", "effusion:positive"),
        ("Not only a nodule.", "nodule:positive"),
        ("No change, and no nodule.", "nodule:negated"),
        ("Findings may represent pneumonia.", "consolidation:uncertain"),
        ("Cannot exclude a nodule.", "nodule:uncertain"),
        ("Nodular opacity is noted.", "nodule:positive"),  # "no" only as a word
        # a word reaches to the nearest "but" or semicolon, forwards and backwards
        (
            "Effusion but a nodule is suspected; no pneumothorax.",
            "effusion:positive nodule:uncertain pneumothorax:negated",
        ),
        (
            "No effusion but possible nodule; cardiomegaly.",
            "effusion:negated nodule:uncertain cardiomegaly:positive",
        ),
        ("Effusion, although a nodule is possible.", "effusion:positive nodule:"),
    ],
)
@pytest.mark.parametrize("rules", [RULES_OF_A, REPORT_RULES])
def test_scope_of_denial_and_doubt(sentence, said, rules):
    assert heard(sentence, rules).startswith(said)


@pytest.mark.parametrize(
    ("sentence", "mended", "before"),
    [
        ("Pneumothorax: absent.", "negated", "positive"),
        ("?nodule right upper zone.", "uncertain", "positive"),
        ("Differential includes nodule.", "uncertain", "positive"),
        ("Nil effusion.", "negated", "positive"),
        ("Nodule not seen.", "negated", "positive"),
        ("Nodule in one two three four not seen.", "positive", "positive"),
    ],
)
def test_grammar_of_other_hospitals_was_mended(sentence, mended, before):
    assert heard(sentence, REPORT_RULES).endswith(mended)
    assert heard(sentence, RULES_OF_A).endswith(before)


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ("consolidation", "infiltrate, air bronchograms"),
        ("nodule", "coin lesion, rounded opacity, mass"),
        ("effusion", "pleural fluid, blunted costophrenic angle"),
        ("pneumothorax", "pleural line"),
        ("cardiomegaly", "enlarged heart"),
        ("tuberculosis", "TB, cavities"),
        ("oedema", "edema, Kerley B lines"),
    ],
)
def test_every_finding_has_its_words(finding, words):
    assert all(
        label(f"Some {word}.", finding) == "positive" for word in words.split(",")
    )
    assert label(f"No {finding}.", finding) == "negated"


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ("The lungs are clear.", "consolidation"),
        ("Both costophrenic angles are sharp.", "effusion"),
        ("The lungs are fully expanded.", "pneumothorax"),
        ("The heart is normal.", "cardiomegaly"),
        ("The apices are clear.", "tuberculosis"),
        ("Normal pulmonary vessels.", "oedema"),
    ],
)
def test_a_sentence_without_the_name_can_deny(sentence, finding):
    said = label_reports([sentence]).iloc[0]
    assert said[finding] == "negated"
    assert (said.drop(finding) == "not mentioned").all()


def test_silent_sections_assert_nothing():
    report = (
        "Seen at night.\nINDICATION: ?nodule\nCOMPARISON: mass in May\nFINDINGS: TB."
    )
    assert asserting_text(report) == "Seen at night.\nTB."
    assert label(report, "nodule") == "not mentioned"
    assert label(report, "tuberculosis") == "positive"
    # a number, or one letter, is no heading; findings may follow the request's line
    assert asserting_text("FINDINGS: Clear.\n 3: odd") == "Clear.\n 3: odd"
    report = "Request: fever\nSmall effusion.\nNo nodule."
    assert asserting_text(report) == "Small effusion.\nNo nodule."
    assert asserting_text(report, request_is_one_line=False) == ""
    assert label(report, "effusion", REPORT_RULES) == "positive"
    assert label(report, "effusion", RULES_OF_A) == "not mentioned"


def test_sentences_end_at_stops_and_lines_not_inside_numbers_or_titles():
    text = "Seen by Dr. Miller.\nA 3.5 cm mass, e.g. a tumour? No effusion"
    assert split_sentences(text) == [
        "Seen by Dr. Miller.",
        "A 3.5 cm mass, e.g. a tumour?",
        "No effusion",
    ]


def test_the_strongest_mention_decides():
    report = "No nodule on the left. Possible nodule on the right. Nodule in the apex."
    assert label(report, "nodule") == "positive"
    assert label(report.replace("Nodule in", "Scar in"), "nodule") == "uncertain"


def test_label_reports_keeps_the_index_and_names_the_row():
    reports = pd.Series(["No nodule.", "Effusion."], index=["s1", "s2"])
    table = label_reports(reports)
    assert list(table.index) == ["s1", "s2"]
    assert list(table.columns) == list(CHEST_FINDINGS)
    with pytest.raises(TypeError, match=r"Report 1 .*got nan"):
        label_reports(["No nodule.", np.nan])
    with pytest.raises(ValueError, match=r"Report 0 .*empty"):
        label_reports(["  \n", "No nodule."])


def test_binary_labels_by_each_policy():
    said = pd.Series(list(ASSERTIONS), index=[3, 4, 5, 6])
    for policy, doubtful in (("ones", 1), ("zeros", 0), ("ignore", np.nan)):
        found = binary_labels(said, uncertain=policy)
        np.testing.assert_array_equal(found, [1, doubtful, 0, 0])
        assert found.index.tolist() == [3, 4, 5, 6]
    with pytest.raises(ValueError, match="'maybe'"):
        binary_labels(pd.Series(["positive"]), uncertain="maybe")
    with pytest.raises(ValueError, match="nan, 'yes'"):
        binary_labels(pd.Series(["yes", np.nan]), uncertain="ones")


KNOWN = frozenset(
    {"pleural", "effusion", "nodule", "left", "without", "major", "films"}
)


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("No pleural efffusion.", "No pleural effusion."),
        ("Nodlue, left", "nodule, left"),
        ("maojr", "major"),  # two letters swapped in a word of five: 0.8
        ("fims", "films"),  # four letters
        ("flm", "flm"),  # three letters stay
        ("LEFT Pleural", "LEFT Pleural"),  # known in any case: left alone
        ("Tuberculosis", "Tuberculosis"),  # near to nothing
        ("lent", "lent"),  # 0.75 to left
    ],
)
def test_spelling(typed, mended):
    assert mend_spelling(typed, KNOWN) == mended


def test_words_are_counted_by_report():
    reports = ["mass effusion effusion", "a nodule, a mas", "Nodule and effusion"]
    assert words_of(reports, at_least=2) == {"effusion", "nodule"}
    with pytest.raises(ValueError, match="occurs in 4 reports"):
        words_of(reports, at_least=4)


@given(st.text(max_size=200).filter(str.strip))
def test_any_text_is_labelled(text):
    assert set(label_reports([text]).iloc[0]) <= set(ASSERTIONS)
