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
    places = sorted(place for _, *place in find_mentions(sentence))
    return [assertion_of(sentence, *place, rules=rules)[:3] for place in places]


def label(report, finding, rules=REPORT_RULES):
    return label_reports([report], rules=rules)[finding].item()


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Small left effusion.", "pos"),
        ("No effusion or pneumothorax.", "neg neg"),
        ("No effusion, but a nodule.", "neg pos"),
        ("Nodule; no effusion.", "pos neg"),
        ("Pneumothorax cannot be excluded.", "unc"),
        ("The effusion has now resolved.", "neg"),
        ("The effusion is no longer seen.", "neg"),
        ("Pneumothorax is not seen.", "neg"),
        ("A nodule is suspected.", "unc"),
        ("No significant change in the effusion.", "pos"),
        ("Not only a nodule.", "pos"),
        ("No change, and no nodule.", "neg"),
        ("Findings may represent pneumonia.", "unc"),
        ("Cannot exclude a nodule.", "unc"),
        ("Nodular opacity is noted.", "pos"),  # "no" only as a word
        # a word reaches to the nearest "but" or semicolon, forwards and backwards
        ("Effusion but a nodule is suspected; no pneumothorax.", "pos unc neg"),
        ("No effusion but possible nodule; cardiomegaly.", "neg unc pos"),
        ("Effusion, although not a nodule but oedema is likely.", "pos neg unc"),
    ],
)
@pytest.mark.parametrize("rules", [RULES_OF_A, REPORT_RULES])
def test_scope_of_denial_and_doubt(sentence, said, rules):
    assert heard(sentence, rules) == said.split()


@pytest.mark.parametrize(
    ("sentence", "mended"),
    [
        ("Pneumothorax: absent.", "neg"),
        ("?nodule right upper zone.", "unc"),
        ("Differential includes nodule.", "unc"),
        ("Nil effusion.", "neg"),
        ("Nodule not seen.", "neg"),
        ("Nodule in one two three four not seen.", "pos"),
    ],
)
def test_grammar_of_other_hospitals_was_mended(sentence, mended):
    assert heard(sentence, REPORT_RULES) == [mended]
    assert heard(sentence, RULES_OF_A) == ["pos"]


@pytest.mark.parametrize(
    ("finding", "words", "denied"),
    [
        ("consolidation", "infiltrate, air bronchograms", "The lungs are clear."),
        ("nodule", "coin lesion, rounded opacity, mass", "No nodule."),
        ("effusion", "fluid pleural fluid", "Both costophrenic angles are sharp."),
        ("pneumothorax", "pleural line", "The lungs are fully expanded."),
        ("cardiomegaly", "enlarged heart", "The heart is normal."),
        ("tuberculosis", "TB, cavities", "The apices are clear."),
        ("oedema", "edema, Kerley B lines", "Normal pulmonary vessels."),
    ],
)
def test_every_finding_has_its_words(finding, words, denied):
    for word in words.split(","):
        assert label(f"Some {word}.", finding) == "positive"
    said = label_reports([denied]).iloc[0]
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
    first, *others = split_sentences(text)
    assert first == "Seen by Dr. Miller."
    assert others == ["A 3.5 cm mass, e.g. a tumour?", "No effusion"]


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
