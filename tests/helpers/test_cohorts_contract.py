"""The contract: what a cohort offers, and every breach that its validator names."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.cohorts import CohortError, validate
from tests.data.cohort_parts import tiny_cohort, tiny_table


def test_validate_returns_a_cohort_that_keeps_the_contract():
    cohort = tiny_cohort()
    assert validate(cohort) is cohort


def test_split_returns_images_rows_and_masks_of_that_split():
    # rows 2 and 3 are tuning; image 2 begins with the value 2 * 16 = 32
    mask = np.zeros((6, 4, 4), bool)
    mask[3, 0, 0] = True
    tuning = tiny_cohort(masks={"nodule": mask}).split("tuning")
    assert tuning.images[:, 0, 0].tolist() == [32, 48]
    assert tuning.table["study_id"].tolist() == ["P2-1", "P2-2"]
    assert tuning.table.index.tolist() == [0, 1]
    assert tuning.masks["nodule"].sum(axis=(1, 2)).tolist() == [0, 1]
    assert tuning.labels("nodule").tolist() == [1, 0]


def test_select_takes_positions_in_the_order_given_and_bool_masks():
    cohort = tiny_cohort()
    assert cohort.select([4, 0]).table["patient_id"].tolist() == ["P3", "P1"]
    chosen = cohort.select(cohort.table["nodule"] == 1)
    assert chosen.table["study_id"].tolist() == ["P1-2", "P2-1", "P3-1"]
    assert len(cohort.select([])) == 0


def test_select_refuses_a_mask_of_another_length():
    with pytest.raises(CohortError, match="got 2 values for the 6 images of tiny"):
        tiny_cohort().select(np.array([True, False]))


def test_split_names_the_splits_there_are_when_one_is_missing():
    with pytest.raises(
        CohortError, match="no image in the split 'external test'.*tuning"
    ):
        tiny_cohort().split("external test")


def test_finding_takes_the_first_then_the_default_then_the_name():
    cohort = tiny_cohort()
    assert cohort.finding() == "nodule"
    assert cohort.finding("") == "nodule"
    table = tiny_table().assign(effusion=[0, 1, 0, 1, 0, 1])
    card = replace(cohort.card, default_finding="effusion")
    assert tiny_cohort(table=table, card=card).finding() == "effusion"
    assert tiny_cohort(table=table, card=card).finding("nodule") == "nodule"


def test_finding_lists_the_findings_when_the_name_is_unknown():
    with pytest.raises(CohortError, match="no finding 'fracture'.*nodule; effusion"):
        tiny_cohort().finding("fracture")
    with pytest.raises(CohortError, match="no finding 'fracture'"):
        tiny_cohort().labels("fracture")


def test_finding_refuses_one_class_only_and_offers_another():
    # effusion is absent in both images of the internal test
    message = (
        "'internal test' of tiny holds one class only for effusion: 0 of 2 images.*"
        "both classes in every split: nodule"
    )
    with pytest.raises(CohortError, match=message):
        tiny_cohort().finding("effusion")


def test_finding_of_a_part_is_not_asked_for_both_classes():
    assert tiny_cohort().split("internal test").finding("effusion") == "effusion"


def test_lacks_says_in_a_sentence_what_is_missing():
    cohort = tiny_cohort()
    assert cohort.lacks("patients") is None
    assert cohort.lacks("visits") is None
    assert cohort.lacks("masks") is None
    assert cohort.lacks("sites") == "The cohort tiny comes from one site only."
    bare = tiny_cohort(masks=None, card=replace(cohort.card, n_patients=None))
    assert bare.lacks("masks") == (
        "The cohort tiny has no masks: where a finding is, is not known."
    )
    assert bare.lacks("patients").startswith(
        "The cohort tiny does not say which images"
    )
    assert "more than one visit" in bare.lacks("visits")
    table = tiny_table().assign(site=["A", "A", "B", "B", "B", "B"])
    assert tiny_cohort(table=table).lacks("sites") is None


def test_lacks_refuses_a_question_it_does_not_know():
    with pytest.raises(
        CohortError, match="patients, visits, masks, sites; got 'reports'"
    ):
        tiny_cohort().lacks("reports")


def test_describe_states_counts_licence_and_standard():
    text = tiny_cohort().describe()
    assert "Images: 6 of 4 x 4" in text
    assert "patients: 4" in text
    assert "internal test: 2 images of 2 patients, nodule in 1" in text
    assert "Licence: CC0" in text
    assert "Pixel spacing: 2.5 mm" in text
    assert "Masks: nodule" in text


def test_fingerprint_changes_with_pixels_labels_and_splits_only():
    cohort = tiny_cohort()
    assert cohort.fingerprint == tiny_cohort(name="other", masks=None).fingerprint
    images = cohort.images.copy()
    images[5, 3, 3] += 1
    relabelled = tiny_table().assign(nodule=[1, 1, 1, 0, 1, 0])
    moved = tiny_table().assign(
        split=["train"] * 3 + ["tuning"] + ["internal test"] * 2
    )
    others = [
        tiny_cohort(images=images),
        tiny_cohort(table=relabelled),
        tiny_cohort(table=moved),
    ]
    prints = {cohort.fingerprint, *(other.fingerprint for other in others)}
    assert len(prints) == 4


def test_is_volume_tells_slices_from_colours():
    assert not tiny_cohort().is_volume
    assert not tiny_cohort(images=np.zeros((6, 4, 4, 3), np.uint8)).is_volume
    assert tiny_cohort(images=np.zeros((6, 5, 4, 4), np.uint8)).is_volume


def with_value(column, row, value):
    table = tiny_table()
    table[column] = table[column].astype(object)
    table.loc[row, column] = value
    return table


BREACHES = {
    "float images": (
        {"images": np.zeros((6, 4, 4), np.float32)},
        "type float32; expected uint8 display values",
    ),
    "16 bits": (
        {"images": np.zeros((6, 4, 4), np.uint16)},
        "type uint16; expected uint8",
    ),
    "a list": ({"images": [[1]]}, "type list; expected uint8"),
    "flat": (
        {"images": np.zeros((6, 16), np.uint8)},
        r"shape \(6, 16\); expected \(n, rows",
    ),
    "one image too few": (
        {"images": np.zeros((5, 4, 4), np.uint8)},
        "5 images but 6 rows in its table",
    ),
    "no image": (
        {"images": np.zeros((0, 4, 4), np.uint8), "table": tiny_table().iloc[:0]},
        "holds no image at all",
    ),
    "a column is missing": (
        {"table": tiny_table().drop(columns=["patient_id", "effusion"])},
        r"lacks the column\(s\) patient_id, effusion; it has study_id",
    ),
    "rows out of number": ({"table": tiny_table().iloc[::-1]}, r"numbered 0 to n - 1"),
    "patient missing": (
        {"table": with_value("patient_id", 3, None)},
        "Row 3 of tiny, column 'patient_id': found None; expected a text",
    ),
    "study empty": (
        {"table": with_value("study_id", 1, " ")},
        "Row 1 of tiny, column 'study_id': found ' '",
    ),
    "label NaN": (
        {"table": with_value("nodule", 2, np.nan)},
        r"Row 2 of tiny, column 'nodule': found no value \(NaN\); expected 0",
    ),
    "label 2": (
        {"table": with_value("effusion", 4, 2)},
        "Row 4 of tiny, column 'effusion': found 2; expected 0",
    ),
    "label text": (
        {"table": with_value("effusion", 4, "uncertain")},
        "Row 4 of tiny, column 'effusion': found uncertain",
    ),
    "split unknown": (
        {"table": with_value("split", 5, "validation")},
        "Row 5 of tiny, column 'split': found 'validation'; expected one of train",
    ),
    "split empty": (
        {"table": tiny_table().assign(split=["train"] * 4 + ["internal test"] * 2)},
        "The split 'tuning' of tiny is empty",
    ),
    "a patient in two splits": (
        {"table": with_value("patient_id", 4, "P1")},
        r"Patient P1 of tiny is in two splits: train and internal test \(rows 0, 4, "
        r"...\). 1 of 3 patients are so, with 3 images.*COHORT_SPLIT=by_patient",
    ),
    "mask of another shape": (
        {"masks": {"nodule": np.zeros((6, 4, 5), bool)}},
        r"mask of 'nodule' in tiny has the shape \(6, 4, 5\) and type bool; "
        r"expected \(6, 4, 4\)",
    ),
    "mask of numbers": (
        {"masks": {"nodule": np.zeros((6, 4, 4), np.uint8)}},
        "type uint8; expected",
    ),
    "mask of nothing": (
        {"masks": {"lung": np.zeros((6, 4, 4), bool)}},
        "a mask for 'lung', which is not a finding",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_validate_names_the_breach(name):
    changes, message = BREACHES[name]
    with pytest.raises(CohortError, match=message):
        validate(tiny_cohort(**changes))


def test_validate_refuses_a_card_without_findings():
    card = replace(tiny_cohort().card, findings=())
    with pytest.raises(CohortError, match="names no finding"):
        validate(tiny_cohort(card=card))


def test_validate_lets_a_part_have_one_split():
    part = tiny_cohort().split("train")
    assert validate(part) is part
